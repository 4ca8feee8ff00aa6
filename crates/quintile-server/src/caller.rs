//! Who asks: a person by the cookie of a session, a program by its key, or nobody.

use crate::app::App;
use crate::problem::Problem;
use crate::rights::{Right, Role};
use crate::{clock, secrets};
use axum::http::{HeaderMap, header};
use quintile::Error;
use quintile::accounts::{KeyRow, PersonRow};
use quintile::model::Instant;

/// The name of the cookie.
pub const COOKIE: &str = "quintile_session";
/// How a key begins.
pub const KEY_BEGINS: &str = "qk_live_";
/// A session ends after so many seconds, whatever happens in it.
pub const SESSION_SECONDS: i64 = 7 * 24 * 3600;
/// A session ends when nothing happened in it for so long.
const IDLE_SECONDS: i64 = 12 * 3600;

/// Who asks.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody who is known.
    Nobody,
    /// A person who signed in.
    Person {
        /// Who.
        person: PersonRow,
        /// What they are.
        role: Role,
        /// The hash of the session's secret.
        session: String,
        /// What the page has to send with changes.
        csrf: String,
        /// When the session ends.
        expires: Instant,
    },
    /// A program.
    Key {
        /// Its key.
        key: KeyRow,
        /// What it may do.
        scopes: Vec<Right>,
    },
}

impl Caller {
    /// Who asks, by what a request carries. A key or session that does not hold is a problem where it is a key, and nobody where
    /// it is a session, which may just be over.
    pub fn of(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
        let now = clock::now();
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let refused = || Problem::unknown("the key is unknown, or has ended; send `Authorization: Bearer qk_live_…`");
            let (scheme, secret) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(refused)?;
            if !scheme.eq_ignore_ascii_case("bearer") || !secret.starts_with(KEY_BEGINS) {
                return Err(refused());
            }
            let key = app.accounts.key(&secrets::hash(secret.trim()), now).map_err(|error| app.problem(&Error::from(error)))?;
            let key = key.ok_or_else(refused)?;
            let scopes = key.scopes.split(',').filter_map(Right::named).collect();
            return Ok(Caller::Key { key, scopes });
        }
        let Some(secret) = cookie(headers) else { return Ok(Caller::Nobody) };
        let session = secrets::hash(&secret);
        let found = app.accounts.session(&session, now, clock::after(now, -IDLE_SECONDS));
        Ok(match found.map_err(|error| app.problem(&Error::from(error)))? {
            None => Caller::Nobody,
            Some((person, expires)) => {
                let role = Role::named(&person.role).ok_or_else(|| Problem::fault(format!("person {} has no known role", person.id)))?;
                Caller::Person { person, role, session, csrf: csrf(&secret), expires }
            }
        })
    }

    /// May they?
    pub fn may(&self, right: Right) -> bool {
        match self {
            Caller::Nobody => false,
            Caller::Person { role, .. } => role.rights().contains(&right),
            Caller::Key { scopes, .. } => scopes.contains(&right),
        }
    }

    /// As the audit log names them.
    pub fn name(&self) -> String {
        match self {
            Caller::Nobody => "nobody".to_owned(),
            Caller::Person { person, .. } => person.email.clone(),
            Caller::Key { key, .. } => format!("key {}", key.name),
        }
    }

    /// As the log and the limits name them: without a name.
    pub fn number(&self) -> String {
        match self {
            Caller::Nobody => "nobody".to_owned(),
            Caller::Person { person, .. } => format!("person {}", person.id),
            Caller::Key { key, .. } => format!("key {}", key.id),
        }
    }
}

/// What the page sends with changes: only who can read the session's answers knows it.
pub fn csrf(secret: &str) -> String {
    secrets::mark(secret, "csrf")
}

/// The secret of the session's cookie.
fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, secret)| secret.to_owned())
}
