//! The columns that networks read.
//!
//! Klaviyo and Mailchimp take addresses as they are, into lists that people import by hand. Meta takes hashes: each value is made
//! plain by the network's own rules and hashed with SHA-256, so that the same person gives the same hash there.

use super::Channel;
use crate::Error;
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// The columns of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Klaviyo's import of a list.
    Klaviyo,
    /// Mailchimp's import of contacts; the segment is a tag.
    Mailchimp,
    /// A customer list for Meta's custom audiences.
    Meta,
}

/// What layouts are made of.
const READS: [&str; 5] = ["customer_id", "email", "first_name", "last_name", "country"];

impl Layout {
    /// All of them.
    pub const ALL: [Layout; 3] = [Layout::Klaviyo, Layout::Mailchimp, Layout::Meta];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Layout::Klaviyo => "klaviyo",
            Layout::Mailchimp => "mailchimp",
            Layout::Meta => "meta",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Layout> {
        Layout::ALL.into_iter().find(|layout| layout.name() == name)
    }

    /// On which way such a list is used.
    pub fn channel(self) -> Channel {
        match self {
            Layout::Klaviyo | Layout::Mailchimp => Channel::Email,
            Layout::Meta => Channel::Ads,
        }
    }

    /// The columns of the profile that it is made of.
    pub fn reads(self) -> [&'static str; 5] {
        READS
    }

    /// Its own columns.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Layout::Klaviyo => &["Email", "First Name", "Last Name", "Country", "External ID"],
            Layout::Mailchimp => &["Email Address", "First Name", "Last Name", "Tags"],
            Layout::Meta => &["email", "fn", "ln", "country", "extern_id"],
        }
    }

    pub(crate) fn schema(self) -> SchemaRef {
        Arc::new(Schema::new(self.columns().iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>()))
    }

    /// Profile rows in these columns.
    pub(crate) fn rows(self, rows: &RecordBatch, segment: &str) -> Result<RecordBatch, Error> {
        let [id, email, first, last, country] = READS.map(|name| texts(rows, name));
        let (id, email, first, last, country) = (id?, email?, first?, last?, country?);
        let arrays: Vec<ArrayRef> = match self {
            Layout::Klaviyo => vec![as_is(&email), as_is(&first), as_is(&last), as_is(&country), as_is(&id)],
            Layout::Mailchimp => {
                vec![as_is(&email), as_is(&first), as_is(&last), Arc::new(StringArray::from(vec![segment; rows.num_rows()]))]
            }
            Layout::Meta => vec![
                each(&email, |text| hashed(&meta::email(text))),
                each(&first, |text| hashed(&meta::letters(text))),
                each(&last, |text| hashed(&meta::letters(text))),
                each(&country, |text| hashed(&meta::letters(text))),
                each(&id, |text| Some(meta::external_id(text))),
            ],
        };
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema(), arrays, &options)?)
    }
}

/// How Meta makes values plain before they are hashed, as its own library does for audiences.
pub mod meta {
    /// Without spaces around, in lower case.
    pub fn email(text: &str) -> String {
        text.trim().to_lowercase()
    }

    /// Of names, towns, regions and countries the letters a to z alone are left.
    pub fn letters(text: &str) -> String {
        text.to_lowercase().chars().filter(char::is_ascii_lowercase).collect()
    }

    /// Of telephone numbers the digits, the country's first.
    pub fn phone(text: &str) -> String {
        text.chars().filter(char::is_ascii_digit).collect()
    }

    /// Of postcodes all but the spaces around, in lower case.
    pub fn postcode(text: &str) -> String {
        text.trim().to_lowercase()
    }

    /// Not hashed: it means nothing outside of the shop.
    pub fn external_id(text: &str) -> String {
        text.trim().to_lowercase()
    }
}

/// The hash of a text in hexadecimal digits; of nothing there is none.
pub fn hashed(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(digits, "{byte:02x}");
    }
    Some(digits)
}

fn texts(rows: &RecordBatch, name: &str) -> Result<Vec<Option<String>>, Error> {
    let array = rows.column_by_name(name).ok_or_else(|| Error::Answer(format!("the rows lack `{name}`")))?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Ok(texts.iter().map(owned).collect());
    }
    let coded = array.as_dictionary_opt::<Int32Type>().and_then(|coded| coded.downcast_dict::<StringArray>());
    let coded = coded.ok_or_else(|| Error::Answer(format!("`{name}` is no text")))?;
    Ok(coded.into_iter().map(owned).collect())
}

fn as_is(texts: &[Option<String>]) -> ArrayRef {
    Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())
}

fn each(texts: &[Option<String>], of: impl Fn(&str) -> Option<String>) -> ArrayRef {
    Arc::new(texts.iter().map(|text| text.as_deref().and_then(&of)).collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_networks_own_code() {
        let Some(shared) = std::env::var_os("QUINTILE_SHARED") else {
            println!("no QUINTILE_SHARED: not held against the networks' own hashes");
            return;
        };
        let path = std::path::Path::new(&shared).join("connectors/audience_hash_vectors/vectors.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut held = 0;
        for vector in vectors["meta_custom_audience"].as_array().unwrap() {
            let [key, input, output] = ["key", "input", "output"].map(|name| vector[name].as_str().unwrap());
            let found = match key {
                "EMAIL" => hashed(&meta::email(input)),
                "PHONE" => hashed(&meta::phone(input)),
                "FN" | "LN" | "CT" | "ST" | "COUNTRY" => hashed(&meta::letters(input)),
                "ZIP" => hashed(&meta::postcode(input)),
                "EXTERN_ID" => Some(meta::external_id(input)),
                other => panic!("no rule for {other}"),
            };
            assert_eq!(found.as_deref(), Some(output), "{key} {input}");
            held += 1;
        }
        assert_eq!(held, 16);
    }

    #[test]
    fn what_has_no_letter_left_has_no_hash() {
        assert_eq!(hashed(&meta::letters("王")), None);
        // FIPS 180-2, appendix B.1.
        assert_eq!(hashed("abc").as_deref(), Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }
}
