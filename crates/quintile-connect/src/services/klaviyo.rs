//! Klaviyo's tables, as they are copied into a warehouse.

use super::{EVENTS, Known, MESSAGES, Sheet, known, needed, or_refuse, place, utc};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::mapping::beside::{action_of, event_name, path_of};
use crate::mapping::rows::flag_of;
use crate::table::Table;
use crate::times::TimeForm;
use quintile_model::touchpoints::channel;

pub(super) const TABLES: &[Known] = &[
    known(&["id", "person_id", "metric_id", "type", "datetime"], Ok(Sheet::KlaviyoEvents)),
    known(&["id", "email", "created", "phone_number", "_fivetran_synced"], Ok(Sheet::KlaviyoPeople)),
    known(
        &["id", "from_email", "subject", "campaign_type", "send_time"],
        Err("it holds Klaviyo's campaigns, and nothing that happened to a person; Klaviyo's events name the campaign themselves"),
    ),
    known(
        &["id", "name", "customer_filter", "trigger_type"],
        Err("it holds Klaviyo's flows, and nothing that happened to a person; Klaviyo's events name the flow themselves"),
    ),
    known(
        &["id", "name", "integration_id", "integration_category"],
        Err("it holds the names of Klaviyo's metrics, and nothing that happened to a person; Klaviyo's events carry them in `type`"),
    ),
];

/// Messages where the metric is of one, and web events otherwise.
pub(super) fn events(table: &mut dyn Table, times: TimeForm, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header();
    let at = |name: &str| place(header, name);
    let (id, person, metric, time, deleted) = (at("id"), at("person_id"), at("type"), at("datetime"), at("_fivetran_deleted"));
    let (campaign_name, campaign, flow, message) = (at("property_campaign_name"), at("campaign_id"), at("flow_id"), at("flow_message_id"));
    let (variation, link, product, value, page) =
        (at("_variation"), at("property_url"), at("property_product_id"), at("property_value"), at("property_page"));
    let (os, machine) = (at("property_client_os"), at("property_apple_privacy_open"));
    let mut messages = Records::new(MESSAGES, &["id", "visitor_id", "at", "channel", "action", "message", "campaign", "machine", "link"]);
    let mut events = Records::new(EVENTS, &["id", "visitor_id", "at", "name", "page", "product", "value", "platform", "campaign"]);
    reading.each_row(table, |reading, row| {
        if flag_of(row.cell(deleted)) == Some(true) {
            return Ok(Ok(()));
        }
        let at = or_refuse!(utc(row, time, "datetime", times).and_then(|time| needed(time, "datetime")));
        let metric = row.cell(metric);
        if metric.is_empty() {
            return Ok(Err(Wrong::new("type", "the row does not say what happened: it has no `type`")));
        }
        let first = |columns: &[usize]| columns.iter().map(|column| row.cell(*column)).find(|text| !text.is_empty()).unwrap_or_default();
        let campaign = Cell::Text(first(&[campaign_name, campaign, flow]));
        let head = [Cell::Text(row.cell(id)), Cell::Text(row.cell(person)), Cell::At(at)];
        match action_of(metric) {
            Some(action) => {
                let lower = metric.to_lowercase();
                let by = if lower.contains("sms") {
                    channel::SMS
                } else if lower.contains("push") {
                    channel::PUSH
                } else {
                    channel::EMAIL
                };
                let machine = flag_of(row.cell(machine)).map_or(Cell::Null, Cell::Flag);
                let own = [Cell::Text(by), Cell::Text(action), Cell::Text(first(&[message, variation])), campaign, machine];
                messages.push(&[&head[..], &own, &[Cell::Text(row.cell(link))]].concat(), reading)?;
            }
            None => {
                let value = Cell::amount(or_refuse!(reading.amount(row.cell(value), "property_value")));
                let page = Cell::Text(path_of(first(&[page, link])));
                let own = [Cell::Text(event_name(metric)), page, Cell::Text(row.cell(product)), value, Cell::Text(row.cell(os)), campaign];
                events.push(&[&head[..], &own].concat(), reading)?;
            }
        }
        Ok(Ok(()))
    })?;
    messages.flush(reading)?;
    events.flush(reading)
}
