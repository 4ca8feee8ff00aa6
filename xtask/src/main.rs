//! Chores: `cargo xtask demo`, `test`, `prove`, `catalogue`.

mod catalogue;
mod chance;
mod demo;
mod demo_store;
mod demo_touches;
mod documents;
mod layers;
mod prove;
mod shell;
mod tests_of_all;
mod web;

use std::process::ExitCode;

const USAGE: &str = "\
Chores of this repository.

cargo xtask demo [--no-open] [--dir DIR] [--seed N]
    Makes a small shop, imports it, asks the first questions, and opens the page on it.
    --dir DIR    where the shop and the store go (default: demo)
    --seed N     another shop (default: 1)
    --no-open    does not open the page at the end; off a terminal it is never opened

cargo xtask test [ARGUMENT...]
    Everything a change has to pass. Arguments go to `cargo test`.

cargo xtask catalogue
    After a change in catalog/segments/: lists its files anew for the compiler, and writes docs/reference/segments.md.

cargo xtask prove [NAME...]
    The long proofs: kills, large, fuzz, checks, page, bench. All of them without a name.
    The table goes to docs/reference/proofs.md.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (chore, rest) = match arguments.split_first() {
        Some((chore, rest)) => (chore.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match chore {
        "demo" => demo::run(rest),
        "test" => tests_of_all::run(rest),
        "prove" => prove::run(rest),
        "catalogue" => catalogue::run(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("there is no chore `{other}`\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
