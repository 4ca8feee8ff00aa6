//! Segments: those of the catalogue, those that were saved, and those that are being written.

use crate::answered::{self, Answered};
use crate::ask::{Ask, plain};
use crate::masked::personal;
use crate::problem::{Problem, remark_json};
use crate::rights::Right;
use crate::{clock, rows, secrets};
use axum::http::{HeaderName, StatusCode, header};
use quintile::accounts::{SavedRow, SavedText, Stale};
use quintile::cell::plain_decimal;
use quintile::model::Money;
use quintile::segment::{SegmentEntry, SegmentExplanation, SegmentMoney, json as tree_json, new_form, parse};
use quintile::write::{Format, RowWriter, harmless};
use quintile::{Asked, Error, SegmentAsk, When};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Seek;

/// Digits behind the point of an amount.
const MONEY_SCALE: u32 = 4;

/// Ids that mean something else in a path.
const TAKEN: [&str; 1] = ["preview"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preview {
    query: Option<String>,
    tree: Option<Value>,
    as_of: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    conditions: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PutSegment {
    name: String,
    query: Option<String>,
    tree: Option<Value>,
    #[serde(default)]
    note: String,
}

/// A segment under its id.
enum Known {
    Catalogue(SegmentEntry),
    Saved(SavedRow),
}

/// `GET /api/v1/words`.
pub fn words(ask: &Ask) -> Result<Answered, Problem> {
    let words = ask.workspace()?.segment_words().map_err(|error| ask.problem(&error))?;
    let data: Vec<Value> = words.into_iter().map(|(name, kind, meaning)| json!({"name": name, "kind": kind, "meaning": meaning})).collect();
    Ok(answered::json(&json!({"data": data})))
}

/// `GET /api/v1/segments`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let saved = ask.app.accounts.saved_segments().map_err(|error| ask.problem(&error.into()))?;
    let saved = saved.iter().map(|row| {
        json!({
            "id": row.id, "name": row.saved.name, "origin": "saved", "family": "saved", "question": "", "text": row.saved.text,
            "version": row.version, "changed_at": row.at.to_iso(), "changed_by": row.who,
        })
    });
    let ready = ask.workspace()?.segments().into_iter().map(|entry| {
        json!({
            "id": entry.id, "name": entry.name, "origin": "catalogue", "family": entry.family, "question": entry.question,
            "text": entry.text, "version": null, "changed_at": null, "changed_by": null,
        })
    });
    Ok(answered::json(&json!({"data": saved.chain(ready).collect::<Vec<Value>>()})))
}

/// `GET /api/v1/segments/{id}`.
pub fn get(ask: &Ask) -> Result<Answered, Problem> {
    shown(ask, &find(ask, ask.part("id"))?)
}

/// `PUT /api/v1/segments/{id}`.
pub fn put(ask: &Ask) -> Result<Answered, Problem> {
    let id = ask.part("id");
    let PutSegment { name, query, tree, note } = ask.json()?;
    let is_id =
        id.len() <= 64 && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_id || TAKEN.contains(&id) {
        return Err(Problem::invalid(format!("`{id}` is no id of a segment; use small letters, digits and hyphens, at most 64")));
    }
    if ask.workspace()?.segment(id).is_ok() {
        return Err(Problem::conflict(format!("`{id}` is a segment of the catalogue, which nobody changes; save yours under another id")));
    }
    let name = plain("/name", &name, 200)?;
    let note = if note.trim().is_empty() { String::new() } else { plain("/note", &note, 1000)? };
    let text = text_of(query, tree)?;
    let expected = expected(ask, id)?;
    let asked = SegmentAsk { when: When::Latest, of: Asked::Text(text.clone()), parameters: Vec::new() };
    let reading = ask.workspace()?.segment_check(&asked).map_err(|error| ask.problem(&error))?;
    if !reading.is_sound() {
        let mut problem = Problem::invalid("the segment cannot be asked, and so is not saved");
        problem.kind = "segment";
        problem.errors = reading.problems.iter().map(|remark| remark_json(remark, &reading.text)).collect();
        return Err(problem);
    }
    let row = saved(ask, id, expected, Some(&SavedText { name, text, note: note.clone() }))?;
    ask.audit(if expected.is_none() { "segment.added" } else { "segment.changed" }, id, &note)?;
    shown(ask, &Known::Saved(row))
}

/// `DELETE /api/v1/segments/{id}`.
pub fn delete(ask: &Ask) -> Result<Answered, Problem> {
    let id = ask.part("id");
    if let Known::Catalogue(_) = find(ask, id)? {
        return Err(Problem::conflict(format!("`{id}` is a segment of the catalogue, which nobody removes")));
    }
    let expected = expected(ask, id)?;
    saved(ask, id, expected, None)?;
    ask.audit("segment.removed", id, "")?;
    Ok(answered::nothing(StatusCode::NO_CONTENT))
}

/// `GET /api/v1/segments/{id}/history`.
pub fn history(ask: &Ask) -> Result<Answered, Problem> {
    let id = ask.part("id");
    let versions = ask.app.accounts.segment_versions(id).map_err(|error| ask.problem(&error.into()))?;
    if versions.is_empty() {
        // One of the catalogue has no history, one that is not there has nothing.
        find(ask, id)?;
    }
    let data: Vec<Value> = versions
        .iter()
        .map(|row| {
            json!({
                "version": row.version, "name": row.saved.name, "text": row.saved.text, "note": row.saved.note,
                "changed_at": row.at.to_iso(), "changed_by": row.who, "deleted": row.deleted,
            })
        })
        .collect();
    Ok(answered::json(&json!({"data": data})))
}

/// `POST /api/v1/segments/preview`.
pub fn preview(ask: &Ask) -> Result<Answered, Problem> {
    let Preview { query, tree, as_of, parameters, conditions } = ask.json()?;
    let text = text_of(query, tree)?;
    let asked = SegmentAsk {
        when: as_of.map_or(When::Latest, When::AsOf),
        of: Asked::Text(text.clone()),
        parameters: parameters.into_iter().collect(),
    };
    let fault = |error| ask.problem(&error);
    let workspace = ask.workspace()?;
    let tree = tree_json::to_json(&new_form(&parse(&text).tree));
    let answer = if conditions.unwrap_or(true) {
        let found = workspace.segment_explain(&asked).map_err(fault)?;
        json!({
            "header": rows::header_json(&found.header).map_err(fault)?, "query": text, "tree": tree, "sentence": found.sentence,
            "count": found.count, "customers": found.customers, "conditions": conditions_json(&found),
            "problems": found.problems.iter().map(|remark| remark_json(remark, &text)).collect::<Vec<_>>(), "members_hash": null,
        })
    } else {
        let found = workspace.segment_count(&asked).map_err(fault)?;
        let reading = workspace.segment_check(&asked).map_err(fault)?;
        json!({
            "header": rows::header_json(&found.header).map_err(fault)?, "query": text, "tree": tree,
            "sentence": reading.sentence.unwrap_or_default(), "count": found.count, "customers": found.customers, "conditions": [],
            "problems": found.problems.iter().map(|remark| remark_json(remark, &text)).collect::<Vec<_>>(),
            "members_hash": found.members_hash,
        })
    };
    Ok(answered::json(&answer))
}

/// `GET /api/v1/segments/{id}/count`.
pub fn count(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let SegmentMoney { count: found, revenue, average } = ask.workspace()?.segment_money(&asked(ask)?).map_err(fault)?;
    let amount = |money: Option<Money>| money.map(|money| plain_decimal(i128::from(money.0), MONEY_SCALE));
    Ok(answered::json(&json!({
        "header": rows::header_json(&found.header).map_err(fault)?,
        "count": found.count, "customers": found.customers, "members_hash": found.members_hash,
        "revenue": amount(revenue), "average": amount(average),
        "problems": found.problems.iter().map(|remark| remark_json(remark, &found.text)).collect::<Vec<_>>(),
    })))
}

/// `GET /api/v1/segments/{id}/explain`.
pub fn explain(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let found = ask.workspace()?.segment_explain(&asked(ask)?).map_err(fault)?;
    Ok(answered::json(&json!({
        "header": rows::header_json(&found.header).map_err(fault)?, "sentence": found.sentence, "query": found.text,
        "count": found.count, "customers": found.customers, "conditions": conditions_json(&found),
        "problems": found.problems.iter().map(|remark| remark_json(remark, &found.text)).collect::<Vec<_>>(),
    })))
}

/// `GET /api/v1/segments/{id}/why/{customer}`.
pub fn why(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let found = ask.workspace()?.segment_explain_customer(&asked(ask)?, ask.part("customer")).map_err(fault)?;
    // A condition on a name or an address would show it.
    let hides = !ask.caller.may(Right::Personal);
    let conditions: Vec<Value> = found
        .conditions
        .iter()
        .map(|condition| {
            let values = condition.found.iter().map(|found| {
                let hidden = hides && !personal([found.of.as_str()]).is_empty();
                json!({"of": found.of, "value": if hidden { "•••" } else { &found.value }, "distance": found.distance})
            });
            json!({
                "depth": condition.depth, "text": condition.text, "holds": condition.holds, "found": values.collect::<Vec<_>>(),
                "flips": condition.flips,
            })
        })
        .collect();
    Ok(answered::json(&json!({
        "header": rows::header_json(&found.header).map_err(fault)?, "sentence": found.sentence, "is_member": found.is_member,
        "flips": found.flips, "conditions": conditions,
    })))
}

/// `GET /api/v1/segments/{id}/export`. The file is whole before its first byte is sent.
pub fn export(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let id = ask.part("id");
    let suffix = ask.one_of("format", &["csv", "jsonl", "parquet", "xlsx"])?;
    let format = Format::named(suffix).ok_or_else(|| Problem::fault("a format without a writer"))?;
    let names = ask.names("columns");
    let personal = personal(names.iter().map(String::as_str));
    if !personal.is_empty() {
        ask.must(Right::Personal, &format!("taking {} along", personal.join(", ")))?;
    }
    let asked = asked(ask)?;
    let made_safe = format == Format::Csv && !ask.flag("raw")?;
    let hides = !ask.caller.may(Right::Personal);
    let (profile, count) = ask.workspace()?.segment_members(&asked, &names).map_err(fault)?;
    let io = |error: std::io::Error| Problem::fault(format!("a temporary file: {error}"));
    let mut file = tempfile::tempfile().map_err(io)?;
    let shape = |batch: &arrow::array::RecordBatch| -> Result<arrow::array::RecordBatch, Error> {
        let batch = if hides { crate::masked::masked(batch)? } else { batch.clone() };
        if made_safe { harmless(&batch) } else { Ok(batch) }
    };
    let schema = shape(&arrow::array::RecordBatch::new_empty(profile.schema.clone())).map_err(fault)?.schema();
    let header = profile.header.clone();
    let mut writer = RowWriter::new(format, true, &schema, &header, file.try_clone().map_err(io)?).map_err(fault)?;
    let written = profile.each(|batches| {
        let shaped = batches.iter().map(shape).collect::<Result<Vec<_>, _>>()?;
        writer.write(&shaped)?;
        Ok(true)
    });
    written.map_err(fault)?;
    let written = writer.finish().map_err(fault)?;
    file.rewind().map_err(io)?;
    let columns = if names.is_empty() { "all but personal columns".to_owned() } else { names.join(", ") };
    ask.audit("export", &format!("segment {id}"), &format!("{written} of {} members as {suffix}: {columns}", count.count))?;
    let day = header.as_of.split('T').next().unwrap_or_default();
    answered::download(file, rows::media_type(suffix), &format!("{id}-{day}.{suffix}")).map_err(io)
}

/// The segment of an id, to be asked.
pub fn asked_of(ask: &Ask, id: &str) -> Result<Asked, Problem> {
    Ok(match find(ask, id)? {
        Known::Catalogue(entry) => Asked::Name(entry.id),
        Known::Saved(row) => Asked::Text(row.saved.text),
    })
}

fn asked(ask: &Ask) -> Result<SegmentAsk, Problem> {
    Ok(SegmentAsk { when: ask.when()?, of: asked_of(ask, ask.part("id"))?, parameters: Vec::new() })
}

/// By its id: a saved one, else one of the catalogue.
fn find(ask: &Ask, id: &str) -> Result<Known, Problem> {
    if let Some(row) = ask.app.accounts.saved_segment(id).map_err(|error| ask.problem(&error.into()))? {
        return Ok(Known::Saved(row));
    }
    ask.workspace()?.segment(id).map(Known::Catalogue).map_err(|error| ask.problem(&error))
}

fn shown(ask: &Ask, known: &Known) -> Result<Answered, Problem> {
    let (text, of) = match known {
        Known::Catalogue(entry) => (&entry.text, Asked::Name(entry.id.clone())),
        Known::Saved(row) => (&row.saved.text, Asked::Text(row.saved.text.clone())),
    };
    let asked = SegmentAsk { when: When::Latest, of, parameters: Vec::new() };
    let reading = ask.workspace()?.segment_check(&asked).map_err(|error| ask.problem(&error))?;
    let mut value = json!({
        "text": text, "tree": tree_json::to_json(&reading.tree), "sentence": reading.sentence,
        "problems": reading.problems.iter().map(|remark| remark_json(remark, &reading.text)).collect::<Vec<_>>(),
    });
    let own = match known {
        Known::Catalogue(entry) => json!({
            "id": entry.id, "name": entry.name, "origin": "catalogue", "family": entry.family, "question": entry.question,
            "goal": entry.goal, "plays": entry.plays, "version": null, "note": "", "changed_at": null, "changed_by": null,
            "parameters": entry.parameters.iter().map(|(name, default, range, meaning)| {
                json!({"name": name, "default": default, "range": range, "meaning": meaning})
            }).collect::<Vec<_>>(),
        }),
        Known::Saved(row) => json!({
            "id": row.id, "name": row.saved.name, "origin": "saved", "family": "saved", "question": "", "goal": "", "plays": [],
            "version": row.version, "note": row.saved.note, "changed_at": row.at.to_iso(), "changed_by": row.who, "parameters": [],
        }),
    };
    if let (Value::Object(value), Value::Object(own)) = (&mut value, own) {
        value.extend(own);
    }
    Ok(answered::with(answered::json(&value), header::ETAG, &etag(known)))
}

fn etag(known: &Known) -> String {
    match known {
        Known::Catalogue(entry) => format!("\"{}\"", &secrets::hash(&entry.text)[..16]),
        Known::Saved(row) => format!("\"{}-{}\"", row.id, row.version),
    }
}

/// The version that a change is meant for, by `If-Match` and `If-None-Match`; `None` of a new segment.
fn expected(ask: &Ask, id: &str) -> Result<Option<i64>, Problem> {
    let text = |name: HeaderName| ask.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (Some(tag), None) => {
            let version = tag.trim_matches('"').strip_prefix(&format!("{id}-")).and_then(|version| version.parse().ok());
            version.map(Some).ok_or_else(changed)
        }
        (None, Some("*")) => Ok(None),
        _ => {
            let detail = "send `If-Match` with the ETag that was read, or `If-None-Match: *` for a new segment";
            Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "version-wanted", detail))
        }
    }
}

fn saved(ask: &Ask, id: &str, expected: Option<i64>, text: Option<&SavedText>) -> Result<SavedRow, Problem> {
    let saved = ask.app.accounts.save_segment(id, expected, text, &ask.caller.name(), clock::now());
    saved.map_err(|error| ask.problem(&error.into()))?.map_err(|Stale(stands)| match (expected, stands) {
        (None, Some(_)) => {
            let detail = format!("there is a segment `{id}` already; read it and change it, or choose another id");
            Problem::new(StatusCode::PRECONDITION_FAILED, "changed", detail)
        }
        _ => changed(),
    })
}

fn changed() -> Problem {
    let detail = "somebody else has changed the segment since it was read; read it again, and see what both of you want";
    Problem::new(StatusCode::PRECONDITION_FAILED, "changed", detail)
}

/// The text of a segment that came as text or as tree.
fn text_of(query: Option<String>, tree: Option<Value>) -> Result<String, Problem> {
    match (query, tree) {
        (Some(text), None) => Ok(text),
        (None, Some(tree)) => tree_json::from_json(&tree).map(|tree| tree.to_string()).map_err(|error| {
            let place = error.path.replace('.', "/").replace('[', "/").replace(']', "");
            let pointer = if place.is_empty() { "/tree".to_owned() } else { format!("/tree/{place}") };
            Problem::invalid_at(&pointer, error.message)
        }),
        _ => Err(Problem::invalid("give the segment as `query` or as `tree`, and not as both")),
    }
}

fn conditions_json(found: &SegmentExplanation) -> Vec<Value> {
    let condition = |(depth, text, count, removes): &(usize, String, u64, Option<u64>)| json!({"depth": depth, "text": text, "count": count, "removes": removes});
    found.conditions.iter().map(condition).collect()
}
