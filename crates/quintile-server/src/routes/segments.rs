//! Segments: those of the catalogue, those that were saved, and those that are being written.
//!
//! A saved segment is one of the project's own: a file in `segments/` that is in force at once, so that the command and other segments
//! know it by its name. Its versions, with who and why, are written down beside.

use crate::answered::{self, Answered};
use crate::ask::{Ask, plain};
use crate::masked::personal;
use crate::problem::{Problem, remark_json};
use crate::rights::Right;
use crate::{clock, rows, secrets};
use axum::http::{HeaderName, StatusCode, header};
use quintile::accounts::{SavedRow, SavedText};
use quintile::cell::plain_decimal;
use quintile::model::Money;
use quintile::segment::at_hand::sample::Size;
use quintile::segment::send::SendTo;
use quintile::segment::{OWN_FAMILY, PreviewedCondition, SegmentEntry, SegmentExplanation, SegmentMoney, json as tree_json};
use quintile::write::{Format, RowWriter, harmless};
use quintile::{Asked, Error, Kind, SegmentAsk, When};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Seek;

/// Digits behind the point of an amount.
const MONEY_SCALE: u32 = 4;

/// Headers of an export: how many of the members are in it, who was left out and why, and whether there are so few that the list says
/// who they are.
const MEMBERS: HeaderName = HeaderName::from_static("x-quintile-members");
const LEFT_OUT: HeaderName = HeaderName::from_static("x-quintile-left-out");
const SMALL: HeaderName = HeaderName::from_static("x-quintile-small");

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
    exact: Option<bool>,
    editor: Option<String>,
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

/// `GET /api/v1/words`.
pub fn words(ask: &Ask) -> Result<Answered, Problem> {
    let words = ask.workspace()?.segment_words().map_err(|error| ask.problem(&error))?;
    let data: Vec<Value> = words.into_iter().map(|(name, kind, meaning)| json!({"name": name, "kind": kind, "meaning": meaning})).collect();
    Ok(answered::json(&json!({"data": data})))
}

/// `GET /api/v1/segments`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let newest = ask.app.accounts.newest_versions().map_err(|error| ask.problem(&error.into()))?;
    let entries = ask.workspace()?.segments().map_err(|error| ask.problem(&error))?;
    let shown = entries.iter().map(|entry| {
        let version = newest.iter().find(|row| row.id == entry.id && is_of(row, entry));
        json!({
            "id": entry.id, "name": entry.name, "origin": origin(entry), "family": family(entry), "question": entry.question,
            "text": entry.text, "version": version.map(|row| row.version), "changed_at": version.map(|row| row.at.to_iso()),
            "changed_by": version.map(|row| row.who.as_str()),
        })
    });
    Ok(answered::json(&json!({"data": shown.collect::<Vec<Value>>()})))
}

/// `GET /api/v1/segments/{id}`.
pub fn get(ask: &Ask) -> Result<Answered, Problem> {
    shown(ask, ask.part("id"))
}

/// `PUT /api/v1/segments/{id}`.
pub fn put(ask: &Ask) -> Result<Answered, Problem> {
    let id = ask.part("id");
    let PutSegment { name, query, tree, note } = ask.json()?;
    if TAKEN.contains(&id) {
        return Err(Problem::invalid(format!("`{id}` means something else here; choose another id")));
    }
    let name = plain("/name", &name, 200)?;
    let note = if note.trim().is_empty() { String::new() } else { plain("/note", &note, 1000)? };
    let text = text_of(query, tree)?;
    let fault = |error| ask.problem(&error);
    let workspace = ask.workspace()?;
    if workspace.own_segment(id).map_err(fault)?.is_none() && workspace.segment(id).is_ok() {
        return Err(Problem::conflict(format!("`{id}` is a segment of the catalogue, which nobody changes; save yours under another id")));
    }
    let expected = expected(ask)?;
    let put = workspace.put_segment(id, &name, &text, expected.as_deref()).map_err(fault)?;
    let put = put.map_err(|stands| changed(id, expected.as_deref(), stands.as_deref()))?;
    let saved = SavedText { name: put.segment.name, text: put.segment.text, note: note.clone() };
    let written = ask.app.accounts.add_version(id, &saved, false, &ask.caller.name(), clock::now());
    written.map_err(|error| ask.problem(&error.into()))?;
    ask.audit(if expected.is_none() { "segment.added" } else { "segment.changed" }, id, &note)?;
    shown(ask, id)
}

/// `DELETE /api/v1/segments/{id}`.
pub fn delete(ask: &Ask) -> Result<Answered, Problem> {
    let id = ask.part("id");
    let fault = |error| ask.problem(&error);
    let workspace = ask.workspace()?;
    let entry = workspace.segment(id).map_err(fault)?;
    if origin(&entry) == CATALOGUE {
        return Err(Problem::conflict(format!("`{id}` is a segment of the catalogue, which nobody removes")));
    }
    let expected = expected(ask)?.ok_or_else(version_wanted)?;
    let removed = workspace.remove_segment(id, &expected).map_err(fault)?;
    removed.map_err(|stands| changed(id, Some(&expected), stands.as_deref()))?;
    let saved = SavedText { name: entry.name, text: entry.text, note: String::new() };
    let written = ask.app.accounts.add_version(id, &saved, true, &ask.caller.name(), clock::now());
    written.map_err(|error| ask.problem(&error.into()))?;
    ask.audit("segment.removed", id, "")?;
    Ok(answered::nothing(StatusCode::NO_CONTENT))
}

/// `GET /api/v1/segments/{id}/history`.
pub fn history(ask: &Ask) -> Result<Answered, Problem> {
    let id = ask.part("id");
    let versions = ask.app.accounts.segment_versions(id).map_err(|error| ask.problem(&error.into()))?;
    if versions.is_empty() {
        // One that nobody saved here has no history, one that is not there has nothing.
        ask.workspace()?.segment(id).map_err(|error| ask.problem(&error))?;
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
    let Preview { query, tree, as_of, parameters, conditions, exact, editor } = ask.json()?;
    let text = text_of(query, tree)?;
    let editor = editor.map(|editor| plain("/editor", &editor, 100)).transpose()?;
    let editing = editor.map(|editor| ask.app.edits.begin(format!("{} {editor}", ask.caller.number()), &ask.stops));
    let asked = SegmentAsk {
        when: as_of.map_or(When::Latest, When::AsOf),
        of: Asked::Text(text.clone()),
        parameters: parameters.into_iter().collect(),
    };
    let fault = |error: Error| match &editing {
        Some(editing) if editing.is_over() && error.kind() == Kind::Stopped => superseded(),
        _ => ask.problem(&error),
    };
    let found = ask.workspace()?.segment_preview(&asked, &ask.app.at_hand, exact.unwrap_or(true)).map_err(fault)?;
    let interval = |size: Size| size.interval.map(|(low, high)| json!([low, high]));
    let condition = |condition: &PreviewedCondition| {
        json!({
            "depth": condition.depth, "text": condition.text, "count": condition.size.count, "interval": interval(condition.size),
            "removes": condition.removes.map(|size| size.count), "removes_interval": condition.removes.and_then(interval),
        })
    };
    let shown = conditions.unwrap_or(true);
    Ok(answered::json(&json!({
        "header": rows::header_json(&found.header).map_err(|error| ask.problem(&error))?, "query": text,
        "tree": tree_json::to_json(&found.tree), "sentence": found.sentence, "exact": found.sampled.is_none(), "sampled": found.sampled,
        "count": found.size.count, "interval": interval(found.size), "customers": found.customers,
        "conditions": found.conditions.iter().filter(|_| shown).map(condition).collect::<Vec<_>>(),
        "problems": found.problems.iter().map(|remark| remark_json(remark, &text)).collect::<Vec<_>>(),
        "members_hash": found.members_hash, "lacks": found.lacks,
    })))
}

fn superseded() -> Problem {
    Problem::new(StatusCode::CONFLICT, "superseded", "the same editor has asked something else since")
}

/// `GET /api/v1/segments/{id}/count`.
pub fn count(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let SegmentMoney { count: found, revenue, average } = ask.workspace()?.segment_money(&asked(ask)?).map_err(fault)?;
    let amount = |money: Option<Money>| money.map(|money| plain_decimal(i128::from(money.0), MONEY_SCALE));
    Ok(answered::json(&json!({
        "header": rows::header_json(&found.header).map_err(fault)?,
        "count": found.count, "customers": found.customers, "members_hash": found.members_hash, "lacks": found.lacks, "notice": found.notice,
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
        "count": found.count, "customers": found.customers, "conditions": conditions_json(&found), "lacks": found.lacks,
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
    let suffix = ask.one_of("format", &["csv", "jsonl", "parquet", "xlsx", "arrows"])?;
    let format = Format::named(suffix).ok_or_else(|| Problem::fault("a format without a writer"))?;
    let names = ask.names("columns");
    let personal = personal(names.iter().map(String::as_str));
    if !personal.is_empty() {
        ask.must(Right::Personal, &format!("taking {} along", personal.join(", ")))?;
    }
    let to = SendTo::of(ask.given("for"), ask.given("layout")).map_err(fault)?;
    if let Some(layout) = to.and_then(|to| to.layout) {
        ask.must(Right::Personal, &format!("a list for {}, which has names and addresses,", layout.name()))?;
        if !names.is_empty() || format != Format::Csv {
            return Err(Problem::bad(format!(
                "a list for {} is a CSV of its own columns; leave `columns` and `format` out",
                layout.name()
            )));
        }
    }
    let asked = asked(ask)?;
    let made_safe = format == Format::Csv && !ask.flag("raw")?;
    let hides = !ask.caller.may(Right::Personal);
    let workspace = ask.workspace()?;
    let (profile, count, left_out) = match to {
        None => workspace.segment_members(&asked, &names).map(|(profile, count)| (profile, count, None)).map_err(fault)?,
        Some(to) => {
            let list = workspace.segment_send_list(&asked, to, &names).map_err(fault)?;
            let left_out = list.sentence();
            (list.profile, list.count, left_out)
        }
    };
    let small = profile.small;
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
    let columns = match to.and_then(|to| to.layout) {
        Some(layout) => format!("the columns of {}", layout.name()),
        None if names.is_empty() => "all but personal columns".to_owned(),
        None => names.join(", "),
    };
    let mut note = format!("{written} of {} members as {suffix}: {columns}", count.count);
    if let Some(to) = to {
        note += &format!("; for {}, {}", to.channel.name(), left_out.as_deref().unwrap_or("nobody left out"));
    }
    ask.audit("export", &format!("segment {id}"), &note)?;
    let day = header.as_of.split('T').next().unwrap_or_default();
    let answered = answered::download(file, rows::media_type(suffix), &format!("{id}-{day}.{suffix}")).map_err(io)?;
    let answered = answered::with(answered, MEMBERS, &format!("{written} of {}", count.count));
    let answered = left_out.iter().fold(answered, |answered, left_out| answered::with(answered, LEFT_OUT, left_out));
    Ok(if small { answered::with(answered, SMALL, "true") } else { answered })
}

fn asked(ask: &Ask) -> Result<SegmentAsk, Problem> {
    Ok(SegmentAsk { when: ask.when()?, of: Asked::Name(ask.part("id").to_owned()), parameters: Vec::new() })
}

const CATALOGUE: &str = "catalogue";

fn origin(entry: &SegmentEntry) -> &'static str {
    if entry.family == OWN_FAMILY { "saved" } else { CATALOGUE }
}

fn family(entry: &SegmentEntry) -> &str {
    if entry.family == OWN_FAMILY { "saved" } else { &entry.family }
}

/// Is it the version that stands? A file may have been put in force since.
fn is_of(row: &SavedRow, entry: &SegmentEntry) -> bool {
    !row.deleted && row.saved.text == entry.text && row.saved.name == entry.name
}

fn shown(ask: &Ask, id: &str) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let workspace = ask.workspace()?;
    let entry = workspace.segment(id).map_err(fault)?;
    let asked = SegmentAsk { when: When::Latest, of: Asked::Name(id.to_owned()), parameters: Vec::new() };
    let reading = workspace.segment_check(&asked).map_err(fault)?;
    let versions = ask.app.accounts.segment_versions(id).map_err(|error| ask.problem(&error.into()))?;
    let version = versions.first().filter(|row| is_of(row, &entry));
    let value = json!({
        "id": entry.id, "name": entry.name, "origin": origin(&entry), "family": family(&entry), "question": entry.question,
        "goal": entry.goal, "plays": entry.plays, "text": entry.text, "tree": tree_json::to_json(&reading.tree),
        "sentence": reading.sentence,
        "problems": reading.problems.iter().map(|remark| remark_json(remark, &reading.text)).collect::<Vec<_>>(),
        "parameters": entry.parameters.iter().map(|(name, default, range, meaning)| {
            json!({"name": name, "default": default, "range": range, "meaning": meaning})
        }).collect::<Vec<_>>(),
        "version": version.map(|row| row.version), "note": version.map_or("", |row| &row.saved.note),
        "changed_at": version.map(|row| row.at.to_iso()), "changed_by": version.map(|row| row.who.as_str()),
    });
    let mark = match workspace.own_segment(id).map_err(fault)? {
        Some(own) => own.mark,
        None => secrets::hash(&entry.text)[..16].to_owned(),
    };
    Ok(answered::with(answered::json(&value), header::ETAG, &format!("\"{mark}\"")))
}

/// The version that a change is meant for, by `If-Match` and `If-None-Match`; `None` of a new segment.
fn expected(ask: &Ask) -> Result<Option<String>, Problem> {
    let text = |name: HeaderName| ask.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (Some(tag), None) => Ok(Some(tag.trim_matches('"').to_owned())),
        (None, Some("*")) => Ok(None),
        _ => Err(version_wanted()),
    }
}

fn version_wanted() -> Problem {
    let detail = "send `If-Match` with the ETag that was read, or `If-None-Match: *` for a new segment";
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "version-wanted", detail)
}

fn changed(id: &str, expected: Option<&str>, stands: Option<&str>) -> Problem {
    let detail = match (expected, stands) {
        (None, Some(_)) => format!("there is a segment `{id}` already; read it and change it, or choose another id"),
        (_, None) => format!("the segment `{id}` has been removed since it was read"),
        _ => "somebody else has changed the segment since it was read; read it again, and see what both of you want".to_owned(),
    };
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
