//! Events of GA4, one a row, as its export is flattened into a warehouse.

use super::{EVENTS, Known, Sheet, known, needed, or_refuse, place, utc};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::mapping::beside::{event_name, path_of};
use crate::table::Table;
use crate::times::TimeForm;

pub(super) const TABLES: &[Known] = &[known(&["name", "timestamp", "user_pseudo_id", "platform"], Ok(Sheet::Ga4Events))];

pub(super) fn events(table: &mut dyn Table, times: TimeForm, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header();
    let at = |name: &str| place(header, name);
    let (id, user, visitor, time, name) = (at("_fivetran_id"), at("user_id"), at("user_pseudo_id"), at("timestamp"), at("name"));
    let (session, page, value, engaged) =
        (at("param_ga_session_id"), at("param_page_location"), at("value_in_usd"), at("param_engagement_time_msec"));
    let (device, platform, term) = (at("device_category"), at("platform"), at("param_search_term"));
    let mediums = [at("collected_traffic_source_manual_medium"), at("param_medium"), at("traffic_source_medium")];
    let campaign = at("param_campaign");
    let mut events = Records::new(
        EVENTS,
        &[
            "id",
            "customer_id",
            "visitor_id",
            "at",
            "name",
            "visit",
            "page",
            "term",
            "value",
            "seconds",
            "device",
            "platform",
            "channel",
            "campaign",
        ],
    );
    reading.each_row(table, |reading, row| {
        let at = or_refuse!(utc(row, time, "timestamp", times).and_then(|time| needed(time, "timestamp")));
        let name = row.cell(name);
        if name.is_empty() {
            return Ok(Err(Wrong::new("name", "the row has no value for `name`")));
        }
        let value = or_refuse!(reading.amount(row.cell(value), "value_in_usd")).filter(|value| *value != 0);
        let engaged = or_refuse!(reading.amount(row.cell(engaged), "param_engagement_time_msec"));
        let seconds = engaged.map_or(Cell::Null, |millis| Cell::Whole(millis / quintile_model::money::UNIT / 1000));
        let medium = mediums.iter().map(|column| row.cell(*column)).find(|text| !text.is_empty()).unwrap_or_default();
        let text = |column: usize| Cell::Text(row.cell(column));
        let cells = [
            text(id),
            text(user),
            text(visitor),
            Cell::At(at),
            Cell::Text(event_name(name)),
            text(session),
            Cell::Text(path_of(row.cell(page))),
            text(term),
            Cell::amount(value),
            seconds,
            text(device),
            text(platform),
            Cell::Text(medium),
            text(campaign),
        ];
        events.push(&cells, reading)?;
        Ok(Ok(()))
    })?;
    events.flush(reading)
}
