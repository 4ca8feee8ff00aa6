//! What customers will probably still buy, and how far that can be believed.

use super::tables::known;
use crate::answered::Answered;
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use quintile::value::BacktestAsk;

/// `GET /api/v1/value`.
pub fn value(ask: &Ask) -> Result<Answered, Problem> {
    let when = ask.when()?;
    let view = ask.one_of("view", &["expected", "backtest"])?;
    let answer = known(ask, &format!("value {view}"), |workspace| match view {
        "backtest" => workspace.value_backtest(&BacktestAsk { when: when.clone(), ..BacktestAsk::default() }),
        _ => workspace.value_show(&when),
    })?;
    rows::answer(ask, "value", &answer)
}
