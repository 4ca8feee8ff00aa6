//! Answers over HTTP: JSON, nothing, files.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;
use tokio::io::AsyncReadExt;

/// An answer.
pub type Answered = Response<Body>;

/// JSON.
pub fn json(value: &Value) -> Answered {
    with_type(Body::from(value.to_string()), HeaderValue::from_static("application/json"))
}

/// JSON with another status.
pub fn json_as(status: StatusCode, value: &Value) -> Answered {
    let mut answered = json(value);
    *answered.status_mut() = status;
    answered
}

/// Nothing but a status.
pub fn nothing(status: StatusCode) -> Answered {
    let mut answered = Response::new(Body::empty());
    *answered.status_mut() = status;
    answered
}

/// Bytes of a media type.
pub fn bytes(bytes: impl Into<Bytes>, media_type: &'static str) -> Answered {
    with_type(Body::from(bytes.into()), HeaderValue::from_static(media_type))
}

/// A file to be saved under a name, read while it is sent.
pub fn download(file: std::fs::File, media_type: &'static str, name: &str) -> std::io::Result<Answered> {
    let length = file.metadata()?.len();
    let file = tokio::fs::File::from_std(file);
    let chunks = futures::stream::unfold(Some(file), |file| async move {
        let mut file = file?;
        let mut chunk = vec![0; 1 << 16];
        match file.read(&mut chunk).await {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok(Bytes::from(chunk)), Some(file)))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    let mut answered = with_type(Body::from_stream(chunks), HeaderValue::from_static(media_type));
    answered.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(saved_as(answered, name))
}

/// The answer is to be saved under a name, of which nothing is left that a file system or a header could take amiss.
pub fn saved_as(answered: Answered, name: &str) -> Answered {
    let name = file_name(name);
    with(answered, header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""))
}

/// The answer with a header more. What a header cannot hold is left out.
pub fn with(mut answered: Answered, name: HeaderName, value: &str) -> Answered {
    if let Ok(value) = HeaderValue::from_str(value) {
        answered.headers_mut().insert(name, value);
    }
    answered
}

fn with_type(body: Body, media_type: HeaderValue) -> Answered {
    let mut answered = Response::new(body);
    answered.headers_mut().insert(header::CONTENT_TYPE, media_type);
    answered
}

/// A name that any file system takes: ASCII letters, digits, `-`, `_` and `.`, not hidden, not a path.
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let clean: String = last.chars().map(plain).collect();
    let clean = clean.trim_matches(['.', '-']);
    // The suffix says what a file is, so that it is the beginning of a long name that goes.
    let long = clean.len().saturating_sub(100);
    let clean = clean[long..].trim_start_matches(['.', '-']);
    if clean.is_empty() { "file".to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_clean() {
        let check = |name: &str, expected: &str| assert_eq!(file_name(name), expected);
        check("orders.csv", "orders.csv");
        check("../../etc/passwd", "passwd");
        check("..\\..\\boot.ini", "boot.ini");
        check("..", "file");
        check(".hidden", "hidden");
        check("", "file");
        check("a\"b\r\nc.csv", "a-b--c.csv");
        check("Bestellungen März.csv", "Bestellungen-M-rz.csv");
        check("a/", "file");
        assert_eq!(file_name(&format!("{}.csv", "x".repeat(500))).len(), 100);
        assert!(file_name(&format!("{}.csv", "x".repeat(500))).ends_with("x.csv"));
    }
}
