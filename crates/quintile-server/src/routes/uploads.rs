//! Files that were uploaded and wait to be imported: each in a folder of its own, under a clean name.

use crate::answered::{self, Answered, file_name};
use crate::app::App;
use crate::ask::{Ask, plain};
use crate::problem::Problem;
use crate::{clock, secrets};
use axum::body::Body;
use axum::http::{StatusCode, header};
use futures::StreamExt;
use quintile::model::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use tokio::io::AsyncWriteExt;

/// How long a piece of a file may be waited for.
const PIECE_TIME: Duration = Duration::from_secs(60);
/// Files that wait at once.
const MOST: usize = 500;
/// Says beside the file whose it is; no file that was sent is called so, for none is hidden.
const ABOUT: &str = ".about.json";

#[derive(Serialize, Deserialize)]
struct About {
    by: String,
}

/// An upload.
pub struct Upload {
    /// Its id.
    pub id: String,
    /// The file.
    pub path: PathBuf,
}

/// `GET /api/v1/uploads`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let mut data: Vec<(Instant, Value)> = all(&ask.app).into_iter().filter_map(|upload| shown(&upload)).collect();
    data.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(answered::json(&json!({"data": data.into_iter().map(|(_, value)| value).collect::<Vec<_>>()})))
}

/// `POST /api/v1/uploads`: whole under its name, or not there.
pub async fn take(ask: Ask, body: Body) -> Result<Answered, Problem> {
    let io = |error: std::io::Error| Problem::fault(format!("an upload: {error}"));
    let most = ask.app.options.upload_bytes;
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format!("a file has at most {most} bytes"));
    let name = ask.given("name").ok_or_else(|| Problem::bad("`name` is missing: the name of the file"))?;
    let name = file_name(&plain("/name", name, 200)?);
    let media_type = ask.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("application/octet-stream");
    if media_type.starts_with("multipart/") || media_type.starts_with("application/x-www-form-urlencoded") {
        let detail = "the bytes of the file are the body, with `Content-Type: application/octet-stream`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail));
    }
    let said = ask.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
    if said.is_some_and(|bytes| bytes > most) {
        return Err(too_large());
    }
    if all(&ask.app).len() >= MOST {
        return Err(Problem::conflict(format!("{MOST} uploads wait already; import or remove some")));
    }
    let id = secrets::random(16).map_err(|error| Problem::fault(error.to_string()))?;
    // Under a name that no upload has until all of it is on disk; a request that is given up takes its folder with it.
    std::fs::create_dir_all(ask.app.uploads()).map_err(io)?;
    let folder = tempfile::Builder::new().prefix(".coming-").tempdir_in(ask.app.uploads()).map_err(io)?;
    let mut file = tokio::fs::File::create(folder.path().join(&name)).await.map_err(io)?;
    let (mut body, mut bytes) = (body.into_data_stream(), 0_u64);
    loop {
        let piece = tokio::time::timeout(PIECE_TIME, body.next()).await;
        let piece = piece.map_err(|_| Problem::bad("the file did not go on coming"))?;
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|_| Problem::bad("the file ended early"))?;
        bytes += piece.len() as u64;
        if bytes > most {
            return Err(too_large());
        }
        file.write_all(&piece).await.map_err(io)?;
    }
    file.sync_all().await.map_err(io)?;
    let about = serde_json::to_vec(&About { by: ask.caller.name() }).map_err(|error| Problem::fault(error.to_string()))?;
    std::fs::write(folder.path().join(ABOUT), about).map_err(io)?;
    std::fs::rename(folder.keep(), ask.app.uploads().join(&id)).map_err(io)?;
    ask.audit("upload.added", &name, &format!("{bytes} bytes"))?;
    let value = json!({"id": id, "name": name, "bytes": bytes, "at": clock::now().to_iso(), "by": ask.caller.name()});
    Ok(answered::json_as(StatusCode::CREATED, &value))
}

/// `DELETE /api/v1/uploads/{id}`.
pub fn delete(ask: &Ask) -> Result<Answered, Problem> {
    let upload = find(&ask.app, ask.part("id"))?;
    remove(&ask.app, &upload.id);
    ask.audit("upload.removed", &upload.path.file_name().unwrap_or_default().to_string_lossy(), "")?;
    Ok(answered::nothing(StatusCode::NO_CONTENT))
}

/// The upload of an id. Nothing but our own ids is looked for, so that no id leads out of the folder.
pub fn find(app: &App, id: &str) -> Result<Upload, Problem> {
    let shown: String = id.chars().take(40).collect();
    of(app, id).ok_or_else(|| Problem::not_found(format!("there is no upload `{shown}`; it may have been imported or removed")))
}

/// Removes an upload; one that is gone already is no matter.
pub fn remove(app: &App, id: &str) {
    if is_id(id) {
        let _ = std::fs::remove_dir_all(app.uploads().join(id));
    }
}

fn is_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn of(app: &App, id: &str) -> Option<Upload> {
    if !is_id(id) {
        return None;
    }
    let entries = std::fs::read_dir(app.uploads().join(id)).ok()?;
    let path = entries.flatten().map(|entry| entry.path()).find(|path| path.file_name().is_some_and(|name| name != ABOUT))?;
    Some(Upload { id: id.to_owned(), path })
}

fn all(app: &App) -> Vec<Upload> {
    let entries = std::fs::read_dir(app.uploads()).into_iter().flatten().flatten();
    entries.filter_map(|entry| of(app, &entry.file_name().to_string_lossy())).collect()
}

fn shown(upload: &Upload) -> Option<(Instant, Value)> {
    let about = std::fs::metadata(&upload.path).ok()?;
    let since = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let at = Instant(i64::try_from(since.as_micros()).ok()?);
    let by = by(&upload.path).unwrap_or_default();
    let name = upload.path.file_name()?.to_string_lossy();
    Some((at, json!({"id": upload.id, "name": name, "bytes": about.len(), "at": at.to_iso(), "by": by})))
}

fn by(path: &Path) -> Option<String> {
    let text = std::fs::read(path.parent()?.join(ABOUT)).ok()?;
    serde_json::from_slice::<About>(&text).ok().map(|about| about.by)
}
