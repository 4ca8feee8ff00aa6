//! Tables of other services, as their warehouse copies and exports write them: Klaviyo, Mailchimp, GA4, Zendesk, Qualtrics.
//!
//! A service knows its contacts by ids of its own. Those are read as ids of visitors: the table of contacts says whose
//! e-mail an id is, and what the contact did goes to that person, whichever table comes first.

mod ga4;
mod klaviyo;
mod mailchimp;
mod qualtrics;
mod zendesk;

use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::{NO_COLUMN, Row, Table};
use crate::times::{self, TimeForm};
use quintile_model::touchpoints::event;
use quintile_model::{RecordKind, StoreZone, Touchpoint};

/// A table of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sheet {
    /// Klaviyo's events: messages, and what else its metrics count.
    KlaviyoEvents,
    /// Klaviyo's people.
    KlaviyoPeople,
    /// Mailchimp's activity of recipients.
    MailchimpActivity,
    /// Mailchimp's members of a list.
    MailchimpMembers,
    /// Mailchimp's export of an audience.
    MailchimpAudience,
    /// Events of GA4, one a row.
    Ga4Events,
    /// Zendesk's tickets.
    ZendeskTickets,
    /// Zendesk's users.
    ZendeskUsers,
    /// Qualtrics' contacts.
    QualtricsContacts,
    /// Qualtrics' export of responses.
    QualtricsResponses,
}

const EVENTS: RecordKind = RecordKind::Touchpoint(Touchpoint::Events);
const MESSAGES: RecordKind = RecordKind::Touchpoint(Touchpoint::Messages);
const CONSENTS: RecordKind = RecordKind::Touchpoint(Touchpoint::Consents);
const TICKETS: RecordKind = RecordKind::Touchpoint(Touchpoint::Tickets);
const SURVEYS: RecordKind = RecordKind::Touchpoint(Touchpoint::Surveys);

impl Sheet {
    /// The source a table of this service is of, unless told otherwise.
    pub fn source(self) -> &'static str {
        match self {
            Self::KlaviyoEvents | Self::KlaviyoPeople => "klaviyo",
            Self::MailchimpActivity | Self::MailchimpMembers | Self::MailchimpAudience => "mailchimp",
            Self::Ga4Events => "ga4",
            Self::ZendeskTickets | Self::ZendeskUsers => "zendesk",
            Self::QualtricsContacts | Self::QualtricsResponses => "qualtrics",
        }
    }

    /// The kinds of records it yields.
    pub fn produces(self) -> &'static [RecordKind] {
        match self {
            Self::KlaviyoEvents => &[EVENTS, MESSAGES],
            Self::KlaviyoPeople | Self::ZendeskUsers | Self::QualtricsContacts | Self::Ga4Events => &[EVENTS],
            Self::MailchimpActivity => &[MESSAGES],
            Self::MailchimpMembers => &[EVENTS, CONSENTS],
            Self::MailchimpAudience => &[CONSENTS],
            Self::ZendeskTickets => &[TICKETS],
            Self::QualtricsResponses => &[SURVEYS],
        }
    }

    /// What it is called in messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::KlaviyoEvents => "Klaviyo events",
            Self::KlaviyoPeople => "Klaviyo people",
            Self::MailchimpActivity => "Mailchimp activity",
            Self::MailchimpMembers => "Mailchimp members",
            Self::MailchimpAudience => "Mailchimp audience export",
            Self::Ga4Events => "GA4 events",
            Self::ZendeskTickets => "Zendesk tickets",
            Self::ZendeskUsers => "Zendesk users",
            Self::QualtricsContacts => "Qualtrics contacts",
            Self::QualtricsResponses => "Qualtrics responses",
        }
    }

    /// The column by which the form of its times is found.
    pub(crate) fn time_column(self, header: &[String]) -> usize {
        let name = match self {
            Self::KlaviyoEvents => "datetime",
            Self::KlaviyoPeople => "created",
            Self::MailchimpActivity | Self::Ga4Events => "timestamp",
            Self::MailchimpMembers => "timestamp_opt",
            Self::MailchimpAudience => "OPTIN_TIME",
            Self::ZendeskTickets | Self::ZendeskUsers => "created_at",
            Self::QualtricsContacts => "_fivetran_synced",
            Self::QualtricsResponses => "RecordedDate",
        };
        place(header, name)
    }
}

/// A table that must have some columns, and what follows.
struct Known {
    columns: &'static [&'static str],
    is: Result<Sheet, &'static str>,
}

const fn known(columns: &'static [&'static str], is: Result<Sheet, &'static str>) -> Known {
    Known { columns, is }
}

const NO_FACTS: &str = "it holds settings of a service and nothing that customers did; leave it out";

/// Which table this is, by its columns; the inner error is of a table that cannot be imported, and says what it lacks.
pub(crate) fn recognise(header: &[String]) -> Option<Result<Sheet, &'static str>> {
    let tables: [&[Known]; 5] = [klaviyo::TABLES, mailchimp::TABLES, ga4::TABLES, zendesk::TABLES, qualtrics::TABLES];
    let has = |name: &&str| header.iter().any(|known| known == name);
    tables.into_iter().flatten().find(|table| table.columns.iter().all(has)).map(|table| table.is)
}

/// Reads a table of a service.
pub(crate) fn read(
    sheet: Sheet,
    table: &mut dyn Table,
    times: TimeForm,
    zone: &StoreZone,
    reading: &mut Reading<'_>,
) -> Result<(), ConnectError> {
    match sheet {
        Sheet::KlaviyoEvents => klaviyo::events(table, times, reading),
        Sheet::KlaviyoPeople => contacts(table, "id", "email", "created", times, |_| true, reading),
        Sheet::MailchimpActivity => mailchimp::activity(table, times, reading),
        Sheet::MailchimpMembers => mailchimp::members(table, times, reading),
        Sheet::MailchimpAudience => mailchimp::audience(table, times, reading),
        Sheet::Ga4Events => ga4::events(table, times, reading),
        Sheet::ZendeskTickets => zendesk::tickets(table, times, reading),
        Sheet::ZendeskUsers => zendesk::users(table, times, reading),
        Sheet::QualtricsContacts => contacts(table, "id", "email", "_fivetran_synced", times, |_| true, reading),
        Sheet::QualtricsResponses => qualtrics::responses(table, times, zone, reading),
    }
}

fn place(header: &[String], name: &str) -> usize {
    header.iter().position(|known| known == name).unwrap_or(NO_COLUMN)
}

/// A time of a warehouse copy, which is UTC where it says nothing. `None` of an empty cell.
fn utc(row: &Row, column: usize, name: &str, form: TimeForm) -> Result<Option<i64>, Wrong> {
    match row.cell(column) {
        "" => Ok(None),
        text => match times::parse(text, form) {
            Ok(written) => Ok(Some(written.instant(&StoreZone::utc()))),
            Err(why) => Err(Wrong::time(text, name, why)),
        },
    }
}

fn needed(time: Option<i64>, name: &str) -> Result<i64, Wrong> {
    time.ok_or_else(|| Wrong::new(name, format!("the row has no value for `{name}`")))
}

/// Unwraps what was read of a row, or gives the reason as the row's.
macro_rules! or_refuse {
    ($read:expr) => {
        match $read {
            Ok(read) => read,
            Err(wrong) => return Ok(Err(wrong)),
        }
    };
}
use or_refuse;

/// Contacts: which id of the service is whose e-mail.
fn contacts(
    table: &mut dyn Table,
    id: &str,
    email: &str,
    at: &str,
    times: TimeForm,
    counts: impl Fn(&Row) -> bool,
    reading: &mut Reading<'_>,
) -> Result<(), ConnectError> {
    let header = table.header();
    let (id, email, at_column) = (place(header, id), place(header, email), place(header, at));
    let mut ties = Records::new(EVENTS, &["id", "email", "visitor_id", "at", "name"]);
    reading.each_row(table, |reading, row| {
        // A contact without an address is nobody that anything could be given to.
        if row.cell(email).is_empty() || !counts(row) {
            return Ok(Ok(()));
        }
        let time = or_refuse!(utc(row, at_column, at, times).and_then(|time| needed(time, at)));
        let known = format!("contact {}", row.cell(id));
        let cells =
            [Cell::Text(&known), Cell::Text(row.cell(email)), Cell::Text(row.cell(id)), Cell::At(time), Cell::Text(event::IDENTIFIED)];
        ties.push(&cells, reading)?;
        Ok(Ok(()))
    })?;
    ties.flush(reading)
}
