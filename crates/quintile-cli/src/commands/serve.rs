//! `quintile serve`: the answers over HTTP, and the web page.

use crate::arguments::HELP;
use crate::session::Session;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use quintile::{Error, Workspace};
use quintile_server::{FirstOwner, LogFormat, Options, Server, SmtpLogin, TlsFiles};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The web page and the API
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile serve -C store
  quintile serve -C store --listen 0.0.0.0:7070 --url https://customers.shop.example
  quintile serve -C store --listen 0.0.0.0:443 --tls-certificate cert.pem --tls-key key.pem
  quintile serve -C store --read-only

The first start prints a link, good for one use, by which somebody becomes the owner. Where nobody can follow a link,
QUINTILE_OWNER_EMAIL and QUINTILE_OWNER_PASSWORD in the environment make the owner instead."
)]
pub struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7070", env = "QUINTILE_LISTEN", hide_env = true)]
    listen: SocketAddr,
    /// Change nothing but sessions and the audit log
    #[arg(long, env = "QUINTILE_READ_ONLY", hide_env = true, value_parser = FalseyValueParser::new())]
    read_only: bool,
    /// The address people see, where a proxy stands before the server; with https cookies are for https alone
    #[arg(long, value_name = "URL", env = "QUINTILE_URL", hide_env = true)]
    url: Option<String>,
    /// Encrypt with this certificate, and those that lead to its authority (PEM); read anew at SIGHUP. Without it a proxy does
    #[arg(long, value_name = "FILE", env = "QUINTILE_TLS_CERTIFICATE", hide_env = true, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The key of the certificate (PEM)
    #[arg(long, value_name = "FILE", env = "QUINTILE_TLS_KEY", hide_env = true, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// A folder with the built page, instead of the one in the program
    #[arg(long, value_name = "DIR", env = "QUINTILE_PAGE", hide_env = true)]
    page: Option<PathBuf>,
    /// How the log on stderr is written
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "QUINTILE_LOG_FORMAT", hide_env = true)]
    log_format: Log,
    /// The longest that a question may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: u64,
    /// The largest file that can be uploaded, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    upload_limit: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    /// A line a request
    Text,
    /// A JSON object a request
    Json,
}

pub fn run(arguments: ServeArgs, session: &Session) -> Result<ExitCode, Error> {
    let overrides = session.overrides()?;
    let workspace = Workspace::open(session.given.project.as_deref().unwrap_or(Path::new(".")), &overrides)?;
    if let Some(page) = arguments.page.as_ref().filter(|page| !page.join("index.html").is_file()) {
        return Err(Error::Usage(format!("`{}` holds no built page; it would have an index.html", page.display())));
    }
    let log = match (session.given.quiet, arguments.log_format) {
        (true, _) => LogFormat::Silent,
        (false, Log::Text) => LogFormat::Text,
        (false, Log::Json) => LogFormat::Json,
    };
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let options = Options {
        read_only: arguments.read_only,
        url: arguments.url,
        page: arguments.page,
        log,
        seconds_a_question: arguments.time_limit,
        upload_bytes: arguments.upload_limit << 20,
        tls: arguments.tls_certificate.zip(arguments.tls_key).map(|(certificate, key)| TlsFiles { certificate, key }),
        smtp: given("QUINTILE_SMTP_USER").zip(given("QUINTILE_SMTP_PASSWORD")).map(|(name, password)| SmtpLogin { name, password }),
        ..Options::new(arguments.listen)
    };
    let server = Server::bind(workspace, overrides, options)?;
    let owner = given("QUINTILE_OWNER_EMAIL").zip(given("QUINTILE_OWNER_PASSWORD"));
    let owner = owner.map(|(email, password)| FirstOwner { email, password });
    let link = server.first_start(owner.as_ref())?;
    // Where to go is said whatever else is not: without it nobody could come in.
    eprintln!("listening on {}", server.url());
    if let Some(link) = link {
        eprintln!("nobody may sign in yet; this link makes the owner, once, within a day:\n{link}");
    }
    server.run_until_signalled()?;
    Ok(ExitCode::SUCCESS)
}
