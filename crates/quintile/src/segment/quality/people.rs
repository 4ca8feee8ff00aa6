//! Every customer, as far as quality looks at them.

use crate::segment::{SegmentAsk, keys_of};
use crate::workspace::Workspace;
use crate::{Error, RfmAsk};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal64Type, Int8Type};
use quintile_model::columns::repeated_of;
use quintile_segment::Program;

/// One customer, as far as quality looks at them.
pub(super) struct Person {
    pub(super) key: u64,
    /// Every attribute that the segment reads has a value.
    pub(super) known: bool,
    pub(super) spent: i64,
    pub(super) email: bool,
    pub(super) sms: bool,
    pub(super) push: bool,
    pub(super) hour: Option<i8>,
    /// Whether anything is known of their consent.
    pub(super) asked: bool,
}

impl Workspace {
    /// Every customer, with what quality looks at.
    pub(super) fn looked_at(&self, ask: &SegmentAsk, program: &Program) -> Result<Vec<Person>, Error> {
        let is_column = |name: &&String| quintile_profile::columns::find(name).is_some();
        let read: Vec<String> = program.columns().iter().filter(is_column).cloned().collect();
        let mut names: Vec<String> = read.clone();
        names.extend(CONTACT.iter().map(|name| (*name).to_owned()).filter(|name| !read.contains(name)));
        let mut wanted = crate::profile::named(&names)?;
        wanted.push(quintile_profile::columns::customer_key());
        let profile = self.profile_of(&ask.when, wanted, &RfmAsk::default())?;
        let parts = profile.map(|rows| people_of(&rows, &read))?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// Columns by which people can be reached, and what they spent.
const CONTACT: [&str; 6] = [
    "amount_spent",
    "email_subscription_status",
    "sms_subscription_status",
    "push_subscription_status",
    "customer_email_domain",
    "favourite_hour",
];

fn people_of(rows: &RecordBatch, read: &[String]) -> Result<Vec<Person>, Error> {
    let column = |name: &str| rows.column_by_name(name).ok_or_else(|| Error::Answer(format!("the profile lacks `{name}`")));
    let keys = keys_of(rows)?;
    let spent = column("amount_spent")?.as_primitive_opt::<Decimal64Type>().cloned();
    let hour = column("favourite_hour")?.as_primitive_opt::<Int8Type>().cloned();
    let (email, sms, push) =
        (column("email_subscription_status")?, column("sms_subscription_status")?, column("push_subscription_status")?);
    let address = column("customer_email_domain")?;
    let agreed = |array, row| repeated_of(array).and_then(|texts| texts.get(row)) == Some("SUBSCRIBED");
    let reads: Vec<_> = read.iter().filter_map(|name| rows.column_by_name(name)).collect();
    let person = |row: usize| Person {
        key: keys[row],
        known: reads.iter().all(|array| array.is_valid(row)),
        spent: spent.as_ref().filter(|spent| spent.is_valid(row)).map_or(0, |spent| spent.value(row)),
        email: agreed(email, row) && address.is_valid(row),
        sms: agreed(sms, row),
        push: agreed(push, row),
        hour: hour.as_ref().filter(|hour| hour.is_valid(row)).map(|hour| hour.value(row)),
        asked: email.is_valid(row) || sms.is_valid(row) || push.is_valid(row),
    };
    Ok((0..rows.num_rows()).map(person).collect())
}
