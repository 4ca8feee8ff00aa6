//! Zendesk's tables, as they are copied into a warehouse.

use super::{Known, NO_FACTS, Sheet, TICKETS, contacts, known, needed, or_refuse, place, utc};
use crate::emit::{Cell, Reading, Records};
use crate::error::ConnectError;
use crate::table::Table;
use crate::times::TimeForm;

pub(super) const TABLES: &[Known] = &[
    known(&["id", "requester_id", "created_at", "status", "via_channel"], Ok(Sheet::ZendeskTickets)),
    known(&["id", "email", "role", "created_at", "ticket_restriction"], Ok(Sheet::ZendeskUsers)),
    known(&["tag", "ticket_id"], Err("it lacks when each tag was set and on whose ticket; Zendesk's tickets are read without it")),
    known(&["ticket_id", "schedule_id"], Err(NO_FACTS)),
    known(&["ticket_id", "sla_policy_id"], Err(NO_FACTS)),
    known(&["chat_id", "actor_id", "chat_index"], Err("it holds single words of chats; Zendesk's tickets say who asked, and when")),
    known(&["action", "actor_id", "change_description"], Err(NO_FACTS)),
    known(&["brand_url", "help_center_state"], Err(NO_FACTS)),
    known(&["time_zone", "daylight_offset"], Err(NO_FACTS)),
    known(&["organization_id", "domain_name"], Err(NO_FACTS)),
    known(&["organization_id", "tag"], Err(NO_FACTS)),
    known(&["id", "shared_comments", "shared_tickets"], Err(NO_FACTS)),
    known(&["schedule_id", "start_date", "end_date"], Err(NO_FACTS)),
    known(&["start_time_utc", "end_time_utc", "time_zone"], Err(NO_FACTS)),
    known(&["time_zone", "standard_offset"], Err(NO_FACTS)),
    known(&["id", "_fivetran_deleted", "_fivetran_synced", "created_at", "name", "updated_at", "url"], Err(NO_FACTS)),
];

/// Tickets, by who asked.
pub(super) fn tickets(table: &mut dyn Table, times: TimeForm, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header();
    let at = |name: &str| place(header, name);
    let (id, who, made, changed, status, by) =
        (at("id"), at("requester_id"), at("created_at"), at("updated_at"), at("status"), at("via_channel"));
    let (solved, tags, rated) = (at("solved_at"), at("tags"), at("satisfaction_rating_score"));
    let mut tickets = Records::new(TICKETS, &["id", "visitor_id", "at", "version", "channel", "status", "solved_at", "score", "tags"]);
    reading.each_row(table, |reading, row| {
        let made = or_refuse!(utc(row, made, "created_at", times).and_then(|time| needed(time, "created_at")));
        let changed = or_refuse!(utc(row, changed, "updated_at", times));
        let solved = or_refuse!(utc(row, solved, "solved_at", times));
        let score = match row.cell(rated) {
            "good" => Cell::Amount(5 * quintile_model::money::UNIT),
            "bad" => Cell::Amount(quintile_model::money::UNIT),
            _ => Cell::Null,
        };
        let text = |column: usize| Cell::Text(row.cell(column));
        let cells = [text(id), text(who), Cell::At(made), Cell::at(changed), text(by), text(status), Cell::at(solved), score, text(tags)];
        tickets.push(&cells, reading)?;
        Ok(Ok(()))
    })?;
    tickets.flush(reading)
}

/// Users who ask; those who answer are no customers.
pub(super) fn users(table: &mut dyn Table, times: TimeForm, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let role = place(table.header(), "role");
    contacts(table, "id", "email", "created_at", times, |row| row.cell(role) == "end-user", reading)
}
