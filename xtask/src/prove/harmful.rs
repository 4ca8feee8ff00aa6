//! Products after which fewer customers come back, where nothing is planted: how often one is named all the same.

use super::{Finding, Tools};
use crate::shell;

/// Made-up shops of 6,000 customers, each tested with 40 products; each time those of other seeds.
const SHOPS: &str = "2000";

pub(super) fn long(_tools: &Tools) -> Result<Vec<Finding>, String> {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut command = shell::cargo();
    command.args(["test", "--release", "--package", "quintile-insight", "--lib", "--", "--nocapture", "where_nothing_harms"]);
    command.env("QUINTILE_HARMFUL_SHOPS", SHOPS).env("QUINTILE_HARMFUL_SEED", seed.to_string());
    let said = String::from_utf8_lossy(&shell::output(&mut command)?).into_owned();
    let told = said.lines().find_map(|line| line.split_once("harmful: ")).map(|(_, told)| told.to_owned());
    let result = told.ok_or("the test said nothing; has it another name?")?;
    Ok(vec![Finding {
        what: format!("harmful products in shops where nothing is planted, from seed {seed}; one shop in twenty may have a false verdict"),
        result,
    }])
}
