//! The tests of the whole, with the large cases as large as they get and many more random shops.

use super::{Finding, Tools};
use crate::shell;

/// Random shops of the property that a profile knows nothing later, instead of a dozen.
const CASES: &str = "300";

pub(super) fn long(_tools: &Tools) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    let forms = [
        ("bad_input", "bad input: a line of 1 GB, a gzip bomb of 640 parts, and the rest"),
        ("edges", "edge stores: a customer with 1,000,000 lines, and the rest"),
        ("as_of", "profiles at past dates of random shops that learned of their facts in any order"),
        ("undo", "imports of random shops undone in any order, against stores that never had them"),
    ];
    for (module, what) in forms {
        // Of the store alone, and of the whole.
        let tests: &[&str] = if module == "undo" { &["--lib", "--test", "it"] } else { &["--test", "it"] };
        let mut command = shell::cargo();
        command.args(["test", "--workspace"]).args(tests).args(["--", module]).env("QUINTILE_LONG", "1").env("QUINTILE_CASES", CASES);
        // Other shops each time.
        command.env_remove("PROPTEST_RNG_SEED");
        let said = String::from_utf8_lossy(&shell::output(&mut command)?).into_owned();
        let passed: u32 =
            said.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<u32>().ok()).sum();
        if passed == 0 {
            return Err(format!("there are no tests of `{module}`"));
        }
        let cases = if matches!(module, "as_of" | "undo") { format!(", {CASES} random shops") } else { String::new() };
        findings.push(Finding { what: what.to_owned(), result: format!("{passed} tests passed{cases}") });
    }
    Ok(findings)
}
