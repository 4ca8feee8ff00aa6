//! Customers: pages of their profiles, and everything about one.

use super::tables::known;
use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::cursor::Cursor;
use crate::masked::{masked, personal};
use crate::problem::Problem;
use crate::rights::Right;
use crate::rows;
use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{SortColumn, SortOptions, concat_batches, lexsort_to_indices, take_record_batch};
use axum::http::header;
use quintile::columns::{ALL, ColumnType};
use quintile::{Answer, Asked, Error, ProfileAsk, SegmentAsk, When, Workspace, columns as known_columns};
use serde_json::{Value, json};
use std::sync::Arc;

/// Columns of a page where nobody names any.
const COLUMNS: [&str; 8] = [
    "customer_id",
    "life_stage",
    "rfm_group",
    "number_of_orders",
    "amount_spent",
    "first_order_date",
    "last_order_date",
    "customer_countries",
];

/// `GET /api/v1/columns`.
pub fn columns(_: &Ask) -> Result<Answered, Problem> {
    let about = |column: &known_columns::Column| {
        json!({
            "name": column.name, "kind": kind(column.kind, column.unit), "theme": format!("{:?}", column.theme).to_lowercase(),
            "unit": column.unit, "meaning": column.meaning, "missing": column.missing, "personal": column.personal,
        })
    };
    Ok(answered::json(&json!({"data": ALL.iter().map(about).collect::<Vec<Value>>()})))
}

fn kind(of: ColumnType, unit: &str) -> &'static str {
    match of {
        ColumnType::Text | ColumnType::RepeatedText => "text",
        ColumnType::Texts => "texts",
        ColumnType::Count | ColumnType::Small | ColumnType::Day | ColumnType::Key => "count",
        ColumnType::Number if unit == "share" => "share",
        ColumnType::Number => "number",
        ColumnType::Amount => "amount",
        ColumnType::Instant => "instant",
        ColumnType::Flag => "flag",
        // Hidden columns alone.
        ColumnType::Gaps | ColumnType::Amounts => "texts",
    }
}

/// `GET /api/v1/customers`. The rows of a question are worked out once and kept, so that the next page costs nothing.
pub fn page(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let mut names = ask.names("columns");
    if names.is_empty() {
        names = COLUMNS.map(str::to_owned).to_vec();
    }
    let sort = ask.given("sort");
    let by = sort.map(|sort| sort.trim_start_matches('-').to_owned());
    // A column that is only sorted by is worked out and not shown.
    let mut asked = names.clone();
    asked.extend(by.iter().filter(|by| !names.contains(by)).cloned());
    let who = segment_of(ask)?;
    let question = format!("customers {asked:?} {who:?} {sort:?} {:?} {:?}", ask.given("as_of"), ask.given("until"));
    let cursor = ask.given("cursor").map(|text| Cursor::read(text, &question, &ask.app.cursor_key)).transpose()?;
    let when = match &cursor {
        Some(cursor) => When::AsOf(cursor.as_of.clone()),
        None => ask.when()?,
    };
    let answer = known(ask, &format!("{question} {when:?}"), |workspace| {
        let (answer, sort) = (whole(workspace, &when, who.as_ref(), &asked)?, sort.map(|sort| sort.starts_with('-')));
        match (by.as_deref(), sort) {
            (Some(by), Some(descending)) => sorted(answer, by, descending),
            _ => Ok(answer),
        }
    })?;
    let header = answer.header.as_ref().ok_or_else(|| Problem::fault("a page without a header"))?;
    if cursor.as_ref().is_some_and(|cursor| cursor.version != header.version) {
        return Err(Problem::conflict("facts have come in since the first page; begin with it again"));
    }
    let (from, limit, total) = (cursor.map_or(0, |cursor| cursor.position), ask.limit()?, answer.rows.num_rows());
    let from = from.min(total);
    let shown: Vec<usize> = (0..names.len()).collect();
    let slice = answer.rows.slice(from, limit.min(total - from)).project(&shown).map_err(|error| fault(error.into()))?;
    let slice = revealed(ask, slice, &format!("customers {}", who.as_ref().map_or("", |ask| ask.of.words())))?;
    let after = from + slice.num_rows();
    let next = (after < total)
        .then(|| Cursor { question, version: header.version, as_of: header.as_of.clone(), position: after }.shown(&ask.app.cursor_key));
    let answered = answered::json(&json!({
        "header": rows::header_json(header).map_err(fault)?,
        "columns": rows::columns(&slice),
        "rows": rows::rows(&slice).map_err(fault)?,
        "notes": answer.notes,
        "total": total,
        "next_cursor": next,
    }));
    Ok(match next {
        Some(next) => answered::with(answered, header::LINK, &link(ask, &next)),
        None => answered,
    })
}

/// `GET /api/v1/customers/{id}`.
pub fn one(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let customer = ask.workspace()?.customer(&ask.when()?, ask.part("id")).map_err(fault)?;
    let schema = customer.profile.schema();
    let personal = personal(schema.fields().iter().map(|field| field.name().as_str()));
    let reveals = ask.flag("reveal")?;
    let profile = revealed(ask, customer.profile, ask.part("id"))?;
    let row = rows::rows(&profile).map_err(fault)?;
    Ok(answered::json(&json!({
        "header": rows::header_json(&customer.header).map_err(fault)?,
        "columns": rows::columns(&profile),
        "profile": row.get(0).cloned().unwrap_or_else(|| json!({})),
        "orders": rows::table(&customer.orders).map_err(fault)?,
        "refunds": rows::table(&customer.refunds).map_err(fault)?,
        "touchpoints": rows::table(&customer.touchpoints).map_err(fault)?,
        "masked": if reveals { Vec::new() } else { personal },
    })))
}

/// Rows as the caller may see them: masked, unless they ask to see more and may, which is written down.
fn revealed(ask: &Ask, shown: RecordBatch, what: &str) -> Result<RecordBatch, Problem> {
    let schema = shown.schema();
    let personal = personal(schema.fields().iter().map(|field| field.name().as_str()));
    if !ask.flag("reveal")? {
        return match ask.caller.may(Right::Personal) && personal.is_empty() {
            // Whoever may see addresses needs ids that lead on.
            true => Ok(shown),
            false => masked(&shown).map_err(|error| ask.problem(&error)),
        };
    }
    ask.must(Right::Personal, "seeing whom a row is about")?;
    if !personal.is_empty() {
        ask.audit("personal.revealed", what, &format!("{} rows: {}", shown.num_rows(), personal.join(", ")))?;
    }
    Ok(shown)
}

/// The segment of the query, by its name or its text.
fn segment_of(ask: &Ask) -> Result<Option<SegmentAsk>, Problem> {
    let text = match (ask.given("segment"), ask.given("query")) {
        (Some(_), Some(_)) => return Err(Problem::bad("`segment` and `query` both name a segment; give one of them")),
        (Some(id), None) => Asked::Name(id.to_owned()),
        (None, Some(text)) => Asked::Text(text.to_owned()),
        (None, None) => return Ok(None),
    };
    Ok(Some(SegmentAsk { when: ask.when()?, of: text, parameters: Vec::new() }))
}

fn whole(workspace: &Arc<Workspace>, when: &When, who: Option<&SegmentAsk>, names: &[String]) -> Result<Answer, Error> {
    let (profile, notes) = match who {
        None => (workspace.profile(&ProfileAsk { when: when.clone(), columns: names.to_vec(), ..ProfileAsk::default() })?, Vec::new()),
        Some(of) => {
            let (profile, count) = workspace.segment_members(&SegmentAsk { when: when.clone(), ..of.clone() }, names)?;
            (profile, quintile::segment::warnings(&count.problems, &count.text))
        }
    };
    let schema = profile.schema.clone();
    let mut batches = Vec::new();
    let header = profile.each(|some| {
        batches.extend(some);
        Ok(true)
    })?;
    Ok(Answer { header: Some(header), rows: concat_batches(&schema, &batches)?, notes })
}

/// By a column, what is missing last, and by the order of keys where it is equal.
fn sorted(answer: Answer, by: &str, descending: bool) -> Result<Answer, Error> {
    let column = answer.rows.column(answer.rows.schema().index_of(by)?).clone();
    if matches!(column.data_type(), arrow::datatypes::DataType::List(_)) {
        return Err(Error::Usage(format!("`{by}` holds several texts a row, by which nothing can be sorted")));
    }
    let places: ArrayRef = Arc::new(UInt32Array::from_iter_values((0..answer.rows.num_rows()).map(|row| row as u32)));
    let options = Some(SortOptions { descending, nulls_first: false });
    let order = lexsort_to_indices(&[SortColumn { values: column, options }, SortColumn { values: places, options: None }], None)?;
    Ok(Answer { rows: take_record_batch(&answer.rows, &order)?, ..answer })
}

/// The next page as RFC 8288 has it.
fn link(ask: &Ask, cursor: &str) -> String {
    let others = ask.query.iter().filter(|(name, _)| name != "cursor").map(|(name, value)| format!("{name}={}", escaped(value)));
    let query = others.chain([format!("cursor={}", escaped(cursor))]).collect::<Vec<_>>().join("&");
    format!("<{}?{query}>; rel=\"next\"", ask.instance)
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
        out
    })
}
