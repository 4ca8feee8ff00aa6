//! The customers export, of either age: the older one has no ids and goes by e-mail.

use super::{Names, consent, unquoted};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::{NO_COLUMN, Table};
use quintile_model::RecordKind;

/// Is it a customers export?
pub(crate) fn recognise(header: &[String]) -> bool {
    Names(header).has(&["First Name", "Last Name", "Email"])
        && Names(header).first(&["Accepts Email Marketing", "Accepts Marketing"]) != NO_COLUMN
}

/// Reads the export. The totals in it are not purchases and stay out.
pub(crate) fn read(table: &mut dyn Table, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let names = Names(table.header());
    let id = names.find("Customer ID");
    let (email, phone) = (names.find("Email"), names.first(&["Phone", "Default Address Phone"]));
    let (first_name, last_name) = (names.find("First Name"), names.find("Last Name"));
    let (email_consent, sms_consent) =
        (names.first(&["Accepts Email Marketing", "Accepts Marketing"]), names.find("Accepts SMS Marketing"));
    let country = names.first(&["Default Address Country Code", "Country Code", "Country"]);
    let region = names.first(&["Default Address Province Code", "Province Code", "Province"]);
    let city = names.first(&["Default Address City", "City"]);
    let postcode = names.first(&["Default Address Zip", "Zip"]);
    let company = names.first(&["Default Address Company", "Company"]);
    let tags = names.find("Tags");
    let mut customers = Records::new(
        RecordKind::Customers,
        &[
            "customer_id",
            "email",
            "phone",
            "first_name",
            "last_name",
            "tags",
            "email_consent",
            "sms_consent",
            "country",
            "region",
            "city",
            "postcode",
            "company",
        ],
    );
    reading.each_row(table, |reading, row| {
        let text = |column: usize| Cell::Text(row.cell(column));
        let own = unquoted(row.cell(id));
        let by_email = row.cell(email).to_lowercase();
        let customer_id = if own.is_empty() { by_email.as_str() } else { own };
        if customer_id.is_empty() {
            return Ok(Err(Wrong::new("Customer ID", "the customer has neither an id nor an e-mail")));
        }
        customers.push(
            &[
                Cell::Text(customer_id),
                text(email),
                Cell::Text(unquoted(row.cell(phone))),
                text(first_name),
                text(last_name),
                text(tags),
                Cell::Text(consent(row.cell(email_consent))),
                Cell::Text(consent(row.cell(sms_consent))),
                text(country),
                text(region),
                text(city),
                Cell::Text(unquoted(row.cell(postcode))),
                text(company),
            ],
            reading,
        )?;
        Ok(Ok(()))
    })?;
    customers.flush(reading)
}
