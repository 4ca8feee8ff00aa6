//! `quintile completions`: for the shell.

use crate::arguments::{Cli, HELP};
use crate::output::broken;
use crate::session::Session;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use quintile::Error;
use std::io::Write;
use std::process::ExitCode;

/// Completions for a shell
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile completions bash > ~/.local/share/bash-completion/completions/quintile
  quintile completions zsh > ~/.zfunc/_quintile"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub fn run(arguments: CompletionsArgs, _: &Session) -> Result<ExitCode, Error> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "quintile", &mut text);
    std::io::stdout().write_all(&text).map_err(broken)?;
    Ok(ExitCode::SUCCESS)
}
