//! The `quintile` command: reads arguments, asks the front door, prints.
//!
//! A command is a file in `commands/`, named as it is typed. What was asked for goes to stdout, everything else to stderr.

mod arguments;
mod commands;
mod output;
mod session;

use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let matches = arguments::Cli::command().get_matches();
    let mut cli = arguments::Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.everywhere.settle(&matches);
    let session = session::Session::new(cli.everywhere);
    match commands::run(cli.command, &session) {
        Ok(code) => code,
        Err(error) => session.fail(&error),
    }
}
