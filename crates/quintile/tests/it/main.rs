//! The foundation from end to end: files go in through a workspace, and its answers are held against what they must be.
//!
//! | file | what holds |
//! | --- | --- |
//! | `as_of` | the profile at a past date is that of a store which knows no later fact |
//! | `edges` | shops that have next to nothing, or all of it in one place |
//! | `backtest` | what segments and thresholds would have foretold, against golden figures; nothing later is read |
//! | `bad_input` | files that are wrong cost what is wrong with them, and say so |
//! | `beside` | events, messages and other facts beside orders meet their customers |
//! | `again` | the same thing twice, half a thing, and an old thing late |
//! | `undo` | a store out of which imports were taken answers like one that never had them |
//! | `funnel` | how far customers get, by hand and against segments |
//! | `mapped` | what a mapping can say beyond one column for one, and questions that rest on it |
//! | `leave_out` | what is left out is as if it had never been, and what is proposed is what looks like it |
//! | `opportunities` | goals, targets, costs, figures of one's own, and the spreadsheet |
//! | `metrics` | what members of segments bring and how they behave, now and at every date of a trend |
//! | `likely` | the way to an amount, forecasts beside what came, overlaps of segments, thresholds moved |
//! | `report` | months, concentration, likely opportunities, and the page they are shown on |
//! | `history` | many moments from one reading are separate runs at each; who moved between them |
//! | `cohorts` | those who began in one month, month by month, against golden triangles |
//! | `clusters` | groups are found, named and kept |
//! | `catalogue` | the ready segments split the customers of whole stores, and partitions hold each once |
//! | `quality` | whether segments are worth having, who came back, what is bought after what |
//! | `real` | real shops (`QUINTILE_SHARED` names the folder they are in) |
//!
//! `QUINTILE_CASES` sets the number of random shops; `QUINTILE_LONG` makes the large cases as large as they get.

mod again;
mod as_of;
mod backtest;
mod bad_input;
mod beside;
mod catalogue;
mod clusters;
mod cohorts;
mod edges;
mod funnel;
mod history;
mod leave_out;
mod likely;
mod mapped;
mod metrics;
mod opportunities;
mod previews;
mod project;
mod quality;
mod real;
mod report;
mod segments;
mod traits;
mod undo;
mod value;

// The shop of `cargo xtask demo`, which is no library.
#[path = "../../../../xtask/src/chance.rs"]
mod chance;
#[allow(dead_code, reason = "the chore shows more of it")]
#[path = "../../../../xtask/src/demo_store.rs"]
mod demo_store;
#[path = "../../../../xtask/src/demo_touches.rs"]
mod demo_touches;
