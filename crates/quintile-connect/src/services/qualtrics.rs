//! Qualtrics: its export of responses, and its tables as they are copied into a warehouse.

use super::{Known, NO_FACTS, SURVEYS, Sheet, known, needed, or_refuse, place};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::Table;
use crate::times::{self, TimeForm};
use quintile_model::touchpoints::measure;
use quintile_model::{Money, StoreZone};

const NO_ANSWERS: &str = "it holds questions and no answers; take the export of responses as CSV \
                          (`StartDate`, `RecordedDate`, `ResponseId`, `RecipientEmail` and a column for each question)";

pub(super) const TABLES: &[Known] = &[
    known(&["ResponseId", "RecordedDate"], Ok(Sheet::QualtricsResponses)),
    known(&["id", "mailing_list_id", "email", "external_data_reference"], Ok(Sheet::QualtricsContacts)),
    known(&["response_id", "import_id", "key", "value"], Err("it lacks who answered, and when; take the export of responses as CSV")),
    known(&["id", "survey_id", "question_text"], Err(NO_ANSWERS)),
    known(&["key", "question_id", "survey_id"], Err(NO_ANSWERS)),
    known(&["block_id", "question_id", "survey_id"], Err(NO_ANSWERS)),
    known(&["id", "survey_id", "block_visibility"], Err(NO_ANSWERS)),
    known(&["id", "survey_status", "brand_base_url"], Err(NO_ANSWERS)),
    known(&["id", "brand_base_url", "brand_id"], Err(NO_ANSWERS)),
    known(
        &["recipient_mailing_list_id", "send_date", "survey_link_survey_id"],
        Err("it lacks the address of each recipient, and what came of it"),
    ),
    known(&["contact_id", "mailing_list_id", "unsubscribe_date"], Err("it lacks the address of each contact; Qualtrics' contacts have it")),
    known(&["id", "library_id", "category", "folder"], Err(NO_FACTS)),
    known(&["id", "deduplication_criteria_email"], Err(NO_FACTS)),
    known(&["directory_id", "owner_id", "creation_date"], Err(NO_FACTS)),
    known(&["id", "username", "user_type", "account_status"], Err(NO_FACTS)),
];

/// Columns of the export that are about the response and no question.
const ABOUT: [&str; 20] = [
    "StartDate",
    "EndDate",
    "Status",
    "IPAddress",
    "Progress",
    "Duration (in seconds)",
    "Finished",
    "RecordedDate",
    "ResponseId",
    "RecipientLastName",
    "RecipientFirstName",
    "RecipientEmail",
    "ExternalReference",
    "ExternalDataReference",
    "LocationLatitude",
    "LocationLongitude",
    "DistributionChannel",
    "UserLanguage",
    "Q_RecaptchaScore",
    "Email",
];

/// Answers: one for each question that a response answers. The export's times are those of the zone it was made in.
pub(super) fn responses(table: &mut dyn Table, form: TimeForm, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header().to_vec();
    let at = |name: &str| place(&header, name);
    let (id, time, who, reference) = (at("ResponseId"), at("RecordedDate"), at("RecipientEmail"), at("ExternalReference"));
    let email = if who == crate::table::NO_COLUMN { at("Email") } else { who };
    let questions: Vec<usize> = (0..header.len()).filter(|column| !ABOUT.contains(&header[*column].as_str())).collect();
    let mut surveys = Records::new(SURVEYS, &["id", "customer_id", "email", "at", "question", "measure", "answer", "score"]);
    reading.each_row(table, |reading, row| {
        let response = row.cell(id);
        // The export says twice more what its columns are.
        if response.starts_with("{\"ImportId\"") || response == "Response ID" {
            return Ok(Ok(()));
        }
        let text = row.cell(time);
        let written = if text.is_empty() { Ok(None) } else { times::parse(text, form).map(Some) };
        let written = written.map_err(|why| Wrong::time(text, "RecordedDate", why));
        let recorded = or_refuse!(written.and_then(|time| needed(time.map(|time| time.instant(zone)), "RecordedDate")));
        for question in &questions {
            let (name, answer) = (&header[*question], row.cell(*question));
            if answer.is_empty() {
                continue;
            }
            let score = Money::parse(answer).ok().map(|parsed| parsed.money.0);
            let lower = name.to_lowercase();
            let measure = match score {
                Some(_) if lower.contains("nps") && !lower.contains("group") => measure::NPS,
                Some(_) if lower.contains("csat") || lower.contains("satisf") => measure::CSAT,
                _ => "",
            };
            let known = format!("{response} {name}");
            let cells = [
                Cell::Text(&known),
                Cell::Text(row.cell(reference)),
                Cell::Text(row.cell(email)),
                Cell::At(recorded),
                Cell::Text(name),
                Cell::Text(measure),
                Cell::Text(answer),
                Cell::amount(score),
            ];
            surveys.push(&cells, reading)?;
        }
        Ok(Ok(()))
    })?;
    surveys.flush(reading)
}
