//! Answers the front door's questions over HTTP, to whoever may ask.
//!
//! Every request takes one way, [`pass`]: who asks ([`caller`]), may they ([`rights`], by the one table in [`routes`]), does it
//! come from the page, is there room. Then a route asks `quintile::Workspace` and puts the answer into the form that is wanted
//! ([`rows`]). No number is made here, and no rule of the shop is known here.
//!
//! | file | what it decides |
//! | --- | --- |
//! | `server`, `tls` | listening, in the open or encrypted; the first owner, stopping in order |
//! | `pass` | the way every request takes |
//! | `routes` | what there is, who may, one file a resource |
//! | `caller`, `rights` | who asks, and what their role or key may do |
//! | `secrets` | passwords, sessions and keys as hashes |
//! | `limits` | how often somebody may ask, and how fast passwords can be tried |
//! | `problem` | what went wrong, as RFC 9457 has it |
//! | `rows`, `answered`, `masked`, `cursor` | answers as JSON, CSV, Parquet, pages; personal columns masked |
//! | `kept` | answers that were given before |
//! | `edits`, `once` | of one editor the newest question alone is answered; what is made under a key is made once |
//! | `jobs` | imports and what is done by itself, one after the other; they outlive a restart |
//! | `schedule`, `mail` | the watched folder, the night, the report and its mail |
//! | `page` | the web page, or a placeholder |
//! | `document` | `openapi.json`, which a test holds against the routes and their answers |
//! | `log`, `metrics`, `clock` | what operators see |

mod answered;
mod app;
mod ask;
mod caller;
mod clock;
mod cursor;
mod document;
mod edits;
mod jobs;
mod kept;
mod limits;
mod log;
mod mail;
mod masked;
mod metrics;
mod once;
mod options;
mod page;
mod pass;
mod problem;
mod rights;
mod routes;
mod rows;
mod schedule;
mod secrets;
mod server;
mod tls;

pub use document::TEXT as DOCUMENT;
pub use log::LogFormat;
pub use mail::SmtpLogin;
pub use options::Options;
pub use rights::{Right, Role};
pub use routes::{Listed, listed};
pub use server::{FirstOwner, Server};
pub use tls::TlsFiles;
