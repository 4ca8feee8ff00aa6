//! Read-only queries over facts and profiles.

use crate::answered::Answered;
use crate::ask::Ask;
use crate::problem::Problem;

#[cfg(not(feature = "sql"))]
/// `POST /api/v1/sql`.
pub fn query(_: &Ask) -> Result<Answered, Problem> {
    Err(Problem::not_found("this program was built without SQL"))
}

#[cfg(feature = "sql")]
pub use with_engine::query;

#[cfg(feature = "sql")]
mod with_engine {
    use super::{Answered, Ask, Problem};
    use crate::rights::Right;
    use crate::rows;
    use quintile::{SqlAsk, When};
    use serde::Deserialize;

    /// Rows of an answer unless it is said.
    const ROWS: usize = 1000;
    /// The most that an answer has.
    const MOST_ROWS: usize = 100_000;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sql {
        query: String,
        as_of: Option<String>,
        limit: Option<usize>,
    }

    /// `POST /api/v1/sql`. Who may not see whom a row is about finds no such columns.
    pub fn query(ask: &Ask) -> Result<Answered, Problem> {
        let Sql { query, as_of, limit } = ask.json()?;
        let rows = limit.unwrap_or(ROWS);
        if !(1..=MOST_ROWS).contains(&rows) {
            return Err(Problem::invalid_at("/limit", format!("an answer has 1 to {MOST_ROWS} rows")));
        }
        let asked = SqlAsk {
            when: as_of.map_or(When::Latest, When::AsOf),
            query,
            rows: Some(rows),
            time: Some(ask.app.time_limit()),
            personal: ask.caller.may(Right::Personal),
        };
        let answer = ask.workspace()?.sql(&asked).map_err(|error| ask.problem(&error))?;
        rows::answer(ask, "query", &answer)
    }
}
