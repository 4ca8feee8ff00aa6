//! How a server is started.

use crate::log::LogFormat;
use crate::mail::SmtpLogin;
use crate::tls::TlsFiles;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Nothing is changed but sessions and the audit log.
    pub read_only: bool,
    /// A folder with the page, instead of the one that was built in.
    pub page: Option<PathBuf>,
    /// How the log is written.
    pub log: LogFormat,
    /// The address people see, such as `https://shop.example`, where a proxy stands before it. Its scheme decides whether
    /// cookies are for `https` alone; and callers are told apart by `X-Forwarded-For`, whose last entry the proxy writes.
    pub url: Option<String>,
    /// Requests a second of one caller, in the long run.
    pub requests_a_second: u32,
    /// The longest that a question may take, in seconds.
    pub seconds_a_question: u64,
    /// The largest file that can be uploaded, in bytes.
    pub upload_bytes: u64,
    /// Who signs in at the mail server; nobody does where `None`.
    pub smtp: Option<SmtpLogin>,
    /// Certificate and key of a server that encrypts by itself; else a proxy does.
    pub tls: Option<TlsFiles>,
}

impl Options {
    /// Those that stand unless others are given.
    pub fn new(listen: SocketAddr) -> Options {
        Options {
            listen,
            read_only: false,
            page: None,
            log: LogFormat::Text,
            url: None,
            requests_a_second: 100,
            seconds_a_question: 60,
            upload_bytes: 4 << 30,
            smtp: None,
            tls: None,
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.tls.is_some() || self.url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Is a proxy to be believed what it says of callers? Where the server encrypts by itself, whoever asks could have written it.
    pub(crate) fn is_behind_proxy(&self) -> bool {
        self.url.is_some() && self.tls.is_none()
    }
}
