//! What is left out of every answer: the lists in `quintile.toml`, and what looks as if it belonged on them.
//!
//! It is left out before anything else, in every question about customers. SQL facts, `customer show` and `check --against`
//! show the store as it is.

use crate::header::{counted, money};
use crate::profile::named;
use crate::settings::{self, Settings};
use crate::workspace::Workspace;
use crate::{Error, Overrides, When};
use quintile_model::batch::FactColumns;
use quintile_model::ids::{normal_email, normal_phone};
use quintile_model::nearest::nearest;
use quintile_model::{AsOf, CustomerBatch, KeyMaker, Money, money as units};
use quintile_profile::leave_out::{LeaveOut, LeftOut, Wholesale};
use quintile_profile::suspects::{Proposal, Suspects, What, suspects, suspects_needed};
use quintile_store::Snapshot;
use std::collections::BTreeSet;
use std::path::PathBuf;
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// A proposal, as it is told.
pub(crate) struct Told {
    proposal: Proposal,
    currency: String,
}

/// What was written into the settings.
#[derive(Debug, Clone, Default)]
pub struct LeaveOutReport {
    /// The settings file.
    pub file: PathBuf,
    /// Each proposal that was taken, with what it is about.
    pub taken: Vec<String>,
}

/// Takes every proposal.
const ALL: &str = "all";

impl Workspace {
    /// The rules of the settings, for customers as this state of the store names them.
    pub(crate) fn leave_out_rules(&self, snapshot: &Snapshot) -> LeaveOut {
        let written = &self.settings.leave_out;
        let plain = |list: &[String]| -> BTreeSet<String> { list.iter().map(|text| text.trim().to_lowercase()).collect() };
        let mut rules = LeaveOut {
            channels: plain(&written.channels),
            tags: plain(&written.tags),
            email_domains: written.email_domains.iter().map(|domain| domain.trim().trim_start_matches('@').to_lowercase()).collect(),
            ..LeaveOut::default()
        };
        let first = KeyMaker::new(snapshot.first_source().unwrap_or_default());
        for id in &written.customers {
            // Keys are made from names, so nobody has to be looked for.
            rules.customers.insert(first.registered(id).0);
            if let Some((source, id)) = id.split_once(':') {
                rules.customers.insert(KeyMaker::new(source).registered(id).0);
            }
            if let Some(phone) = normal_phone(id) {
                rules.customers.insert(KeyMaker::new("").guest_by_phone(&phone).0);
            }
            if let Some(email) = normal_email(id).filter(|email| email.contains('@')) {
                rules.customers.insert(KeyMaker::new("").guest_by_email(&email).0);
                rules.emails.insert(email);
            }
        }
        if written.wholesale {
            rules.wholesale = Some(Wholesale { units: written.wholesale_units.map(|count| i64::from(count).saturating_mul(units::UNIT)) });
        }
        rules
    }

    /// Gives every customer to `work` who is not left out, without the orders that are; and how much that is.
    pub(crate) fn scan<T: Send>(
        &self,
        snapshot: &Snapshot,
        wanted: &FactColumns,
        as_of: &AsOf,
        work: impl Fn(CustomerBatch) -> Result<T, Error> + Sync,
    ) -> Result<(Vec<T>, LeftOut), Error> {
        let rules = self.leave_out_rules(snapshot);
        let mut wanted = wanted.clone();
        rules.read(&mut wanted);
        let parts = snapshot.scan(&wanted, self.settings.threads, |batch| {
            self.go_on()?;
            let (batch, left) = rules.apply(batch, as_of)?;
            Ok::<_, Error>((work(batch)?, left))
        })?;
        let mut all = LeftOut::default();
        let found = parts.into_iter().map(|(found, left)| {
            all.merge(left);
            found
        });
        Ok((found.collect(), all))
    }

    /// The customers of a stretch of keys, as [`Workspace::scan`] gives them.
    pub(crate) fn stretch(
        &self,
        snapshot: &Snapshot,
        keys: std::ops::RangeInclusive<u64>,
        wanted: &FactColumns,
        as_of: &AsOf,
    ) -> Result<CustomerBatch, Error> {
        let rules = self.leave_out_rules(snapshot);
        let mut wanted = wanted.clone();
        rules.read(&mut wanted);
        Ok(rules.apply(snapshot.stretch(keys, &wanted)?, as_of)?.0)
    }

    /// What looks as if it should be left out, and is not yet.
    pub(crate) fn proposals(&self, when: &When) -> Result<Vec<Told>, Error> {
        let stand = self.stand(when)?;
        let mut question = self.money_question(&stand)?;
        question.columns = named(&["customer_id".to_owned(), "amount_spent".to_owned()])?;
        question.first_source = stand.snapshot.first_source().map(str::to_owned);
        let wanted = suspects_needed(&question);
        let (parts, _) = self.scan(&stand.snapshot, &wanted, &question.as_of, |batch| Ok(suspects(&batch, &question)?))?;
        let mut found = Suspects::default();
        parts.into_iter().for_each(|part| found.merge(part));
        let told = |proposal| Told { proposal, currency: stand.header.currency.clone() };
        let asked_already = |proposal: &Proposal| matches!(proposal.what, What::Wholesale { .. }) && self.settings.leave_out.wholesale;
        Ok(found.proposals().into_iter().filter(|proposal| !asked_already(proposal)).map(told).collect())
    }

    /// Takes proposals of `quintile check` into the settings file, by name; `all` takes all of them. Comments and everything
    /// else in the file stay as they are.
    pub fn leave_out(&self, when: &When, names: &[String]) -> Result<LeaveOutReport, Error> {
        let proposals = self.proposals(when)?;
        let mut taken: Vec<&Told> = Vec::new();
        for name in names {
            if name == ALL {
                taken.extend(&proposals);
                continue;
            }
            let found = proposals.iter().find(|told| told.proposal.name() == *name);
            taken.push(found.ok_or_else(|| unknown(name, &proposals))?);
        }
        let file = self.root().join(settings::FILE);
        let text = std::fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let changed = with_proposals(&text, taken.iter().map(|told| &told.proposal.what)).map_err(|why| Error::Settings {
            file: file.clone(),
            line: None,
            why,
        })?;
        // What could not be read again is not written.
        Settings::of_text(&changed, &file, &Overrides::default())?;
        self.write_settings(&changed)?;
        Ok(LeaveOutReport { file, taken: taken.into_iter().map(Told::about).collect() })
    }
}

fn unknown(name: &str, proposals: &[Told]) -> Error {
    let names: Vec<String> = proposals.iter().map(|told| told.proposal.name()).collect();
    let meant = nearest(name, names.iter().map(String::as_str)).map_or(";".to_owned(), |name| format!(", did you mean `{name}`?"));
    let known = match names.as_slice() {
        [] => "nothing is proposed".to_owned(),
        names => format!("proposed are {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    Error::Usage(format!("no proposal `{name}`{meant} {known}; anything else goes into [leave-out] of quintile.toml by hand"))
}

impl Told {
    /// What it is, how much it is, and how to leave it out.
    pub(crate) fn sentence(&self) -> String {
        format!("{}; leave them out with `quintile check --leave-out {}`", self.about(), quoted(&self.proposal.name()))
    }

    fn about(&self) -> String {
        let Proposal { what, looks_like, customers, orders, gross } = &self.proposal;
        let orders = counted(*orders, "order", "orders");
        let people = counted(*customers, "customer", "customers");
        let which = match what {
            What::Channel(name) => format!("{orders} of channel `{name}`"),
            What::Tag(name) if *customers == 0 => format!("{orders} with tag `{name}`"),
            What::Tag(name) => format!("{orders} with tag `{name}`, or of {people} with it"),
            What::EmailDomain(name) => format!("{people} at `{name}` with {orders}"),
            What::Customer(id) => format!("customer `{id}` with {orders}, all free by a discount"),
            What::Wholesale { units } => {
                format!("{people} with {orders} who name a company or take {units} units or more in the median order")
            }
        };
        let gross = Money::from_sum(*gross).map_or("more than can be shown".to_owned(), |gross| money(gross, &self.currency));
        format!("looks like {looks_like}: {which}, {gross} {} before refunds", self.currency)
    }
}

/// As a shell takes it.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '-' | '_' | '@');
    if name.chars().all(plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

/// The settings with some more left out.
fn with_proposals<'a>(text: &str, proposals: impl Iterator<Item = &'a What>) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let section = document.entry("leave-out").or_insert_with(|| Item::Table(Table::new()));
    let section = section.as_table_like_mut().ok_or("`leave-out` is no section")?;
    for what in proposals {
        let (list, name) = match what {
            What::Channel(name) => ("channels", name),
            What::Tag(name) => ("tags", name),
            What::EmailDomain(name) => ("email-domains", name),
            What::Customer(id) => ("customers", id),
            What::Wholesale { units } => {
                section.insert("wholesale", value(true));
                section.insert("wholesale-units", value(*units));
                continue;
            }
        };
        let list = section.entry(list).or_insert_with(|| value(Array::new()));
        let list = list.as_array_mut().ok_or_else(|| format!("`leave-out.{name}` is no list"))?;
        if !list.iter().any(|known| known.as_str() == Some(name)) {
            list.push(name);
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_go_into_the_file_and_everything_else_stays() {
        let text = "# ours\nzone = 'UTC' # always\n\n[leave-out] # by hand\n# tills\nchannels = [ 'pos' ] # the shop\n";
        let what = [
            What::Channel("pos".into()),
            What::Channel("ama\"zon".into()),
            What::EmailDomain("x.test".into()),
            What::Wholesale { units: 40 },
        ];
        let changed = with_proposals(text, what.iter()).unwrap();
        for kept in ["# ours\n", "zone = 'UTC' # always\n", "[leave-out] # by hand\n", "# tills\n", " # the shop\n"] {
            assert!(changed.contains(kept), "{changed}");
        }
        let settings = Settings::of_text(&changed, std::path::Path::new("quintile.toml"), &Overrides::default()).unwrap();
        let left = settings.leave_out;
        assert_eq!(left.channels, ["pos", "ama\"zon"]);
        assert_eq!((left.email_domains, left.wholesale, left.wholesale_units), (vec!["x.test".to_owned()], true, Some(40)));
        // A file without the section gets one.
        assert!(with_proposals("zone = 'UTC'\n", what[..1].iter()).unwrap().ends_with("\n[leave-out]\nchannels = [\"pos\"]\n"));
        assert!(with_proposals("leave-out = 3", what[..1].iter()).is_err());
    }

    #[test]
    fn names_go_through_a_shell() {
        assert_eq!(quoted("channel:pos"), "channel:pos");
        assert_eq!(quoted("tag:it's b2b"), "'tag:it'\\''s b2b'");
    }
}
