//! Mailchimp's tables, as they are copied into a warehouse, and its export of an audience.

use super::{CONSENTS, EVENTS, Known, MESSAGES, NO_FACTS, Sheet, known, needed, or_refuse, place, utc};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::mapping::beside::action_of;
use crate::table::Table;
use crate::times::TimeForm;
use quintile_model::touchpoints::{channel, event};

pub(super) const TABLES: &[Known] = &[
    known(&["action", "campaign_id", "member_id", "timestamp"], Ok(Sheet::MailchimpActivity)),
    known(&["id", "email_address", "list_id", "status"], Ok(Sheet::MailchimpMembers)),
    known(&["Email Address", "MEMBER_RATING", "OPTIN_TIME"], Ok(Sheet::MailchimpAudience)),
    known(
        &["campaign_id", "member_id", "list_id", "combination_id"],
        Err("it lacks when each message was sent, and the address of each member; take Mailchimp's activity of recipients \
             (`action`, `campaign_id`, `member_id`, `timestamp`) and its members (`id`, `email_address`, `list_id`, `status`)"),
    ),
    known(
        &["automation_email_id", "member_id", "list_id"],
        Err("it lacks when each message was sent, and the address of each member; take Mailchimp's activity of automation \
             recipients (`action`, `member_id`, `timestamp`) and its members (`id`, `email_address`, `list_id`, `status`)"),
    ),
    known(&["segment_id", "member_id", "list_id"], Err("it lacks when each member came into the segment; segments are made here anew")),
    known(&["id", "workflow_type"], Err(NO_FACTS)),
    known(&["id", "trigger_settings", "list_id"], Err(NO_FACTS)),
    known(&["id", "automation_id", "subject_line"], Err(NO_FACTS)),
    known(&["id", "subject_line", "send_time", "list_id"], Err("it holds Mailchimp's campaigns, and nothing that happened to a person")),
    known(&["id", "beamer_address", "list_rating"], Err(NO_FACTS)),
    known(&["id", "list_id", "member_count"], Err(NO_FACTS)),
];

/// What recipients did with a message.
pub(super) fn activity(table: &mut dyn Table, times: TimeForm, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header();
    let at = |name: &str| place(header, name);
    let (action, campaign, member, time, link) = (at("action"), at("campaign_id"), at("member_id"), at("timestamp"), at("url"));
    let mut messages = Records::new(MESSAGES, &["visitor_id", "at", "channel", "action", "message", "campaign", "link"]);
    reading.each_row(table, |reading, row| {
        let at = or_refuse!(utc(row, time, "timestamp", times).and_then(|time| needed(time, "timestamp")));
        let text = row.cell(action);
        let Some(action) = action_of(text) else {
            return Ok(Err(Wrong::new("action", format!("`{}` is nothing that happens to a message", crate::emit::brief(text)))));
        };
        let campaign = Cell::Text(row.cell(campaign));
        let own = [Cell::Text(channel::EMAIL), Cell::Text(action), campaign, campaign, Cell::Text(row.cell(link))];
        messages.push(&[&[Cell::Text(row.cell(member)), Cell::At(at)][..], &own].concat(), reading)?;
        Ok(Ok(()))
    })?;
    messages.flush(reading)
}

/// Members: their address, and their consent since they gave or took it back.
pub(super) fn members(table: &mut dyn Table, times: TimeForm, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header();
    let at = |name: &str| place(header, name);
    let (id, email, status, opted, changed) = (at("id"), at("email_address"), at("status"), at("timestamp_opt"), at("last_changed"));
    let mut ties = Records::new(EVENTS, &["id", "email", "visitor_id", "at", "name"]);
    let mut consents = Records::new(CONSENTS, &["email", "at", "channel", "state"]);
    reading.each_row(table, |reading, row| {
        let (opted, changed) = (or_refuse!(utc(row, opted, "timestamp_opt", times)), or_refuse!(utc(row, changed, "last_changed", times)));
        let email = Cell::Text(row.cell(email));
        if matches!(email, Cell::Text("")) {
            return Ok(Err(Wrong::new("email_address", "the row has no value for `email_address`")));
        }
        let state = match row.cell(status) {
            "subscribed" => "SUBSCRIBED",
            "unsubscribed" => "UNSUBSCRIBED",
            "cleaned" => "INVALID",
            "pending" => "PENDING",
            _ => "NOT_SUBSCRIBED",
        };
        let since = if state == "SUBSCRIBED" { opted.or(changed) } else { changed.or(opted) };
        let since = or_refuse!(needed(since, "last_changed"));
        let known = format!("contact {}", row.cell(id));
        let first = opted.unwrap_or(since);
        ties.push(&[Cell::Text(&known), email, Cell::Text(row.cell(id)), Cell::At(first), Cell::Text(event::IDENTIFIED)], reading)?;
        consents.push(&[email, Cell::At(since), Cell::Text(channel::EMAIL), Cell::Text(state)], reading)?;
        Ok(Ok(()))
    })?;
    ties.flush(reading)?;
    consents.flush(reading)
}

/// An audience: consent by address. Which of its files it is shows in its columns.
pub(super) fn audience(table: &mut dyn Table, times: TimeForm, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header();
    let at = |name: &str| place(header, name);
    let (email, opted, left) = (at("Email Address"), at("OPTIN_TIME"), at("UNSUB_TIME"));
    let mut consents = Records::new(CONSENTS, &["email", "at", "channel", "state"]);
    reading.each_row(table, |reading, row| {
        for (column, name, state) in [(opted, "OPTIN_TIME", "SUBSCRIBED"), (left, "UNSUB_TIME", "UNSUBSCRIBED")] {
            if let Some(since) = or_refuse!(utc(row, column, name, times)) {
                let cells = [Cell::Text(row.cell(email)), Cell::At(since), Cell::Text(channel::EMAIL), Cell::Text(state)];
                consents.push(&cells, reading)?;
            }
        }
        Ok(Ok(()))
    })?;
    consents.flush(reading)
}
