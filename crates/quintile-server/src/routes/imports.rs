//! Imports: how files would be read, imports and dry runs as jobs, what was refused, and taking an import out again.

use super::{jobs, uploads};
use crate::answered::{self, Answered};
use crate::app::App;
use crate::ask::Ask;
use crate::problem::{Problem, within};
use crate::rows;
use crate::{once, secrets};
use arrow::array::{ArrayRef, AsArray, StringArray};
use quintile::accounts::NewJob;
use quintile::model::RecordKind;
use quintile::{Always, Decimals, FileReport, ImportAsk, ImportReport, MappedColumn, Mapping, Target, TimeForm, UndoReport};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// What is asked of an import.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskImport {
    uploads: Vec<String>,
    as_kind: Option<String>,
    source: Option<String>,
    mapping: Option<AskMapping>,
    #[serde(default)]
    dry_run: bool,
}

/// An import that is to be undone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AskUndo {
    /// Its number.
    pub import: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskMapping {
    #[serde(default)]
    name: String,
    kinds: Vec<String>,
    header: String,
    zone: Option<String>,
    decimals: String,
    columns: Vec<AskColumn>,
    #[serde(default)]
    always: Vec<AskAlways>,
}

/// What every row has and no column holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskAlways {
    to: String,
    value: String,
}

/// As it was shown; how sure it was and the samples come back unread.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskColumn {
    from: String,
    to: Vec<String>,
    times: Option<String>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "it may come back")]
    confidence: Option<f64>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "it may come back")]
    reason: Option<String>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "they may come back")]
    samples: Option<Vec<String>>,
}

/// `POST /api/v1/imports/survey`.
pub fn survey(ask: &Ask) -> Result<Answered, Problem> {
    let asked: AskImport = ask.json()?;
    let (asked, _mapping) = self::asked(&ask.app, &asked)?;
    let files = ask.workspace()?.survey(&asked).map_err(|error| ask.problem(&error))?;
    let files = files.iter().map(|file| file_json(&ask.app, file)).collect::<Vec<_>>();
    Ok(answered::json(&json!({"files": files, "targets": targets_json()})))
}

/// Everything that a column of a file can be.
fn targets_json() -> Vec<Value> {
    let own = RecordKind::ALL.into_iter().flat_map(|kind| {
        kind.columns().into_iter().map(move |column| {
            json!({"name": format!("{}.{}", kind.name(), column.name), "meaning": column.meaning, "required": column.required})
        })
    });
    let derived = Target::DERIVED.into_iter().map(|target| json!({"name": target.to_string(), "meaning": "", "required": false}));
    own.chain(derived).collect()
}

/// `GET /api/v1/imports`. Files are named without the place where uploads wait.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let mut imports = ask.workspace()?.imports().map_err(|error| ask.problem(&error))?;
    if let Ok(at) = imports.rows.schema().index_of("files") {
        let mut columns = imports.rows.columns().to_vec();
        let shown = columns[at]
            .as_string::<i32>()
            .iter()
            .map(|files| files.map(|files| files.split(", ").map(|path| shown_name(Path::new(path))).collect::<Vec<_>>().join(", ")));
        columns[at] = Arc::new(shown.collect::<StringArray>()) as ArrayRef;
        let rows = arrow::array::RecordBatch::try_new(imports.rows.schema(), columns);
        imports.rows = rows.map_err(|error| ask.problem(&error.into()))?;
    }
    rows::answer(ask, "imports", &imports)
}

/// `POST /api/v1/imports`.
pub fn start(ask: &Ask) -> Result<Answered, Problem> {
    let asked: AskImport = ask.json()?;
    // What is wrong with it is said now, and not by a job that fails.
    drop(self::asked(&ask.app, &asked)?);
    let kind = if asked.dry_run { crate::jobs::DRY_RUN } else { crate::jobs::IMPORT };
    begin(ask, kind, &serde_json::to_string(&asked).map_err(|error| Problem::fault(error.to_string()))?)
}

/// `DELETE /api/v1/imports/{id}`.
pub fn undo(ask: &Ask) -> Result<Answered, Problem> {
    let import = u32::try_from(ask.number("id")?).map_err(|_| Problem::not_found("there is no such import"))?;
    ask.workspace()?.import_to_undo(import).map_err(|error| ask.problem(&error))?;
    begin(ask, crate::jobs::UNDO, &serde_json::to_string(&AskUndo { import }).map_err(|error| Problem::fault(error.to_string()))?)
}

/// `GET /api/v1/imports/{id}/rejects`.
pub fn rejects(ask: &Ask) -> Result<Answered, Problem> {
    let import = u32::try_from(ask.number("id")?).map_err(|_| Problem::not_found("there is no such import"))?;
    let path =
        ask.workspace()?.rejects(import).ok_or_else(|| Problem::not_found(format!("import {import} refused no rows, or there is none")))?;
    let io = |error: std::io::Error| Problem::fault(format!("refused rows: {error}"));
    let file = std::fs::File::open(path).map_err(io)?;
    ask.audit("export", &format!("refused rows of import {import}"), "")?;
    answered::download(file, "text/csv", &format!("import-{import}-refused.csv")).map_err(io)
}

/// Makes a job, and answers with it.
pub fn begin(ask: &Ask, kind: &str, what: &str) -> Result<Answered, Problem> {
    let once = once::key(ask)?;
    let asked = secrets::hash(&format!("{kind} {what}"));
    let who = ask.caller.name();
    let new = NewJob { kind, ask: what, who: &who, once, asked: &asked };
    let (job, before) = ask.app.accounts.add_job(&new, crate::clock::now()).map_err(|error| ask.problem(&error.into()))?;
    if before && job.asked != asked {
        return Err(once::other());
    }
    ask.app.jobs.wake();
    jobs::accepted(ask, &job)
}

/// What the front door is asked; the file of the mapping lasts as long as what is returned beside it.
pub fn asked(app: &App, ask: &AskImport) -> Result<(ImportAsk, Option<tempfile::NamedTempFile>), Problem> {
    if ask.uploads.is_empty() || ask.uploads.len() > 100 {
        return Err(Problem::invalid_at("/uploads", "an import takes 1 to 100 uploads"));
    }
    let paths = ask.uploads.iter().map(|id| uploads::find(app, id).map(|upload| upload.path)).collect::<Result<Vec<_>, _>>()?;
    let source = ask.source.as_deref().map(|source| crate::ask::plain("/source", source, 100)).transpose()?;
    if let Some(kind) = &ask.as_kind
        && !RecordKind::ALL.iter().any(|known| known.name() == kind)
    {
        let known = RecordKind::ALL.map(|kind| kind.name()).join(", ");
        return Err(Problem::invalid_at("/as_kind", format!("`{kind}` is nothing that rows can be; use one of {known}")));
    }
    let file = match &ask.mapping {
        None => None,
        Some(mapping) => {
            let text = mapping_of(mapping)?.to_toml();
            let io = |error: std::io::Error| Problem::fault(format!("a mapping: {error}"));
            let mut file = tempfile::Builder::new().suffix(".toml").tempfile().map_err(io)?;
            file.write_all(text.as_bytes()).map_err(io)?;
            Some(file)
        }
    };
    let mapping = file.as_ref().map(|file| file.path().to_owned());
    Ok((ImportAsk { paths, mapping, as_kind: ask.as_kind.clone(), source, dry_run: ask.dry_run }, file))
}

/// Uploads that are in the store now.
pub fn forget_uploads(app: &App, ask: &AskImport) {
    ask.uploads.iter().for_each(|id| uploads::remove(app, id));
}

fn mapping_of(ask: &AskMapping) -> Result<Mapping, Problem> {
    let at = |pointer: String, message: String| Problem::invalid_at(&pointer, message);
    let kind = |(place, name): (usize, &String)| {
        let known = || RecordKind::ALL.map(|kind| kind.name()).join(", ");
        let found = RecordKind::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| at(format!("/mapping/kinds/{place}"), format!("`{name}` is nothing that rows can be; use one of {}", known())))
    };
    let column = |(place, column): (usize, &AskColumn)| {
        let target = |name: &String| {
            Target::named(name)
                .ok_or_else(|| at(format!("/mapping/columns/{place}/to"), format!("there is no `{name}`; write it as `orders.total`")))
        };
        let times = match &column.times {
            None => TimeForm::Plain,
            Some(name) => TimeForm::named(name)
                .ok_or_else(|| at(format!("/mapping/columns/{place}/times"), format!("times are not written as `{name}`")))?,
        };
        Ok(MappedColumn {
            from: column.from.clone(),
            to: column.to.iter().map(target).collect::<Result<_, Problem>>()?,
            times,
            confidence: 1.0,
            reason: "given".to_owned(),
            samples: Vec::new(),
        })
    };
    let always = |(place, always): (usize, &AskAlways)| {
        let at = |message: String| at(format!("/mapping/always/{place}"), message);
        let to = Target::named(&always.to).ok_or_else(|| at(format!("there is no `{}`; write it as `messages.action`", always.to)))?;
        Always::of(to, &always.value).map_err(at)
    };
    Ok(Mapping {
        name: if ask.name.trim().is_empty() { "mapping".to_owned() } else { ask.name.clone() },
        kinds: ask.kinds.iter().enumerate().map(kind).collect::<Result<_, _>>()?,
        header: ask.header.clone(),
        zone: ask.zone.clone(),
        decimals: match ask.decimals.as_str() {
            "point" => Decimals::Point,
            "comma" => Decimals::Comma,
            other => return Err(at("/mapping/decimals".to_owned(), format!("`{other}` is neither `point` nor `comma`"))),
        },
        columns: ask.columns.iter().enumerate().map(column).collect::<Result<_, Problem>>()?,
        always: ask.always.iter().enumerate().map(always).collect::<Result<_, Problem>>()?,
    })
}

fn mapping_json(mapping: &Mapping) -> Value {
    let column = |column: &MappedColumn| {
        json!({
            "from": column.from, "to": column.to.iter().map(ToString::to_string).collect::<Vec<_>>(), "times": column.times.name(),
            "confidence": (f64::from(column.confidence) * 100.0).round() / 100.0, "reason": column.reason, "samples": column.samples,
        })
    };
    json!({
        "name": mapping.name, "kinds": mapping.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>(), "header": mapping.header,
        "zone": mapping.zone,
        "decimals": match mapping.decimals {
            Decimals::Point => "point",
            Decimals::Comma => "comma",
        },
        "columns": mapping.columns.iter().map(column).collect::<Vec<_>>(),
        "always": mapping.always.iter().map(|always| json!({"to": always.to.to_string(), "value": always.value})).collect::<Vec<_>>(),
    })
}

/// The last part of a path: where uploads wait is nobody's business.
pub fn shown_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn file_json(app: &App, file: &FileReport) -> Value {
    let refusals = file
        .first_refusals
        .iter()
        .map(|refusal| json!({"line": refusal.line, "column": refusal.column, "reason": refusal.reason, "row": refusal.row}));
    json!({
        "name": shown_name(&file.path), "layout": file.layout, "source": file.source, "produces": file.produces,
        "known_since": file.known_since, "not_read": file.not_read, "rows": file.rows, "refused": file.refused,
        "first_refusals": refusals.collect::<Vec<_>>(),
        "notes": file.notes.iter().map(|note| within(note, app.root())).collect::<Vec<_>>(),
        "mapping": file.guess.as_ref().map(mapping_json),
    })
}

/// What came of an import.
pub fn report_json(app: &App, report: &ImportReport) -> Value {
    json!({
        "files": report.files.iter().map(|file| file_json(app, file)).collect::<Vec<_>>(),
        "import": report.summary.as_ref().map(|summary| summary.commit), "records": report.records, "refused": report.refused(),
        "rejects": report.rejects.is_some(), "assumed": report.assumed, "again": [],
    })
}

/// What came of an undoing.
pub fn undo_json(report: &UndoReport) -> Value {
    json!({
        "files": [], "import": report.import, "records": {}, "refused": 0, "rejects": false, "assumed": [], "again": report.again,
    })
}
