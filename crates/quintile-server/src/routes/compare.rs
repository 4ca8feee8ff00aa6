//! Segments beside each other, how much many of them overlap, whether one is worth having; and the values that conditions can ask for.

use super::tables::known;
use crate::answered::Answered;
use crate::ask::Ask;
use crate::masked::personal;
use crate::problem::Problem;
use crate::rights::Right;
use crate::rows;
use quintile::{Asked, SegmentAsk, ValuesAsk};

/// Values that are shown at once.
const MOST: u64 = 50;

/// Segments of which each pair is looked at.
const SEGMENTS: usize = 20;

/// `GET /api/v1/compare`.
pub fn compare(ask: &Ask) -> Result<Answered, Problem> {
    let side = |name: &str| match ask.given(name) {
        Some(text) => segment_of(ask, text),
        None => Err(Problem::bad(format!("say which segment `{name}` is, by its name or as text"))),
    };
    let (one, other) = (side("one")?, side("other")?);
    let question = format!("compare {:?} {:?}", one.of, other.of);
    rows::answer(ask, "compare", &*known(ask, &question, |workspace| workspace.segments_beside(&one, &other))?)
}

/// `GET /api/v1/overlap`.
pub fn overlap(ask: &Ask) -> Result<Answered, Problem> {
    let (when, names) = (ask.when()?, ask.names("segments"));
    if names.len() == 1 || names.len() > SEGMENTS {
        return Err(Problem::bad(format!("`segments` names {}; name 2 to {SEGMENTS}, or none for all pairs that are alike", names.len())));
    }
    let asked: Vec<Asked> = names.into_iter().map(Asked::Name).collect();
    rows::answer(ask, "overlap", &*known(ask, &format!("overlap {asked:?}"), |workspace| workspace.segment_overlap(&when, &asked))?)
}

/// `GET /api/v1/segments/{id}/quality`.
pub fn quality(ask: &Ask) -> Result<Answered, Problem> {
    let asked = SegmentAsk { when: ask.when()?, of: Asked::Name(ask.part("id").to_owned()), parameters: Vec::new() };
    rows::answer(ask, "quality", &*known(ask, &format!("quality {:?}", asked.of), |workspace| workspace.segment_quality(&asked))?)
}

/// `GET /api/v1/segments/{id}/moved`.
pub fn moved(ask: &Ask) -> Result<Answered, Problem> {
    let from = ask.given("from").ok_or_else(|| Problem::bad("say since when: `from` is the earlier moment"))?;
    let asked = SegmentAsk { when: ask.when()?, of: Asked::Name(ask.part("id").to_owned()), parameters: Vec::new() };
    let question = format!("moved {:?} {from}", asked.of);
    rows::answer(ask, "moved", &*known(ask, &question, |workspace| workspace.segment_moved(&asked, from))?)
}

/// `GET /api/v1/columns/{name}/values`.
pub fn values(ask: &Ask) -> Result<Answered, Problem> {
    let column = ask.part("name").to_owned();
    if !personal([column.as_str()]).is_empty() || column == "customer_id" {
        ask.must(Right::Personal, &format!("listing the values of `{column}`"))?;
    }
    let most = ask.number_within("limit", 1, 1000)?.unwrap_or(MOST) as usize;
    let asked = ValuesAsk { when: ask.when()?, column, search: ask.given("search").unwrap_or_default().to_owned(), most };
    rows::answer(ask, "values", &*known(ask, &format!("{asked:?}"), |workspace| workspace.values(&asked))?)
}

/// A segment by its name, or as text.
pub fn segment_of(ask: &Ask, text: &str) -> Result<SegmentAsk, Problem> {
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let of = if is_name { Asked::Name(text.to_owned()) } else { Asked::Text(text.to_owned()) };
    Ok(SegmentAsk { when: ask.when()?, of, parameters: Vec::new() })
}
