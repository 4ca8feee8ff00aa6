//! The sink's part that stages touchpoints, and their placing once it is known who is who.

use super::sink::{Buyers, ImportSink, OwnTexts, Times};
use super::{Gathered, Import, Shared};
use crate::StoreError;
use crate::identity::{Claim, Sort};
use crate::intake::{RANGES, Who, range_of};
use crate::moves::Plan;
use crate::run::{RunWriter, SortedFacts, WrittenFile};
use crate::settle::Settling;
use crate::touchpoints::{
    Columns, LogScatter, Named, Tie, TieSet, Ties, Touch, place_guests, place_visitors, restage, settle_touchpoints, stored_ties,
};
use arrow::array::Array;
use arrow::record_batch::RecordBatch;
use quintile_model::ids::mix;
use quintile_model::{Touchpoint, columns};
use rayon::prelude::*;
use std::collections::HashSet;

/// What one file says of touchpoints and their people. Events are many and their people few, so each claim is kept once.
pub(super) struct TouchSink {
    known: LogScatter,
    guests: LogScatter,
    visitors: LogScatter,
    claims: HashSet<Claim>,
    guest_keys: HashSet<u64>,
    ties: TieSet,
}

impl Default for TouchSink {
    fn default() -> TouchSink {
        TouchSink {
            known: LogScatter::new(),
            guests: LogScatter::new(),
            visitors: LogScatter::new(),
            claims: HashSet::new(),
            guest_keys: HashSet::new(),
            ties: TieSet::default(),
        }
    }
}

impl TouchSink {
    pub(super) fn finish(mut self, shared: &Shared, gathered: &mut Gathered) -> Result<(), StoreError> {
        self.known.flush(&shared.touchpoints.known)?;
        self.guests.flush(&shared.touchpoints.guests)?;
        self.visitors.flush(&shared.touchpoints.visitors)?;
        gathered.claims.extend(self.claims);
        gathered.guests.extend(self.guest_keys);
        gathered.ties.extend(self.ties.into_ties());
        Ok(())
    }
}

impl ImportSink {
    /// Touchpoints name their person by the source's id, an e-mail, a phone or a visitor's id, whichever comes first.
    pub(super) fn take_touchpoints(&mut self, kind: Touchpoint, batch: &RecordBatch) -> Result<(), StoreError> {
        let shared = self.shared.clone();
        let (staged, texts, touches) = (&shared.touchpoints, &shared.texts, &mut self.touches);
        let at = columns::instants(batch, "at").values();
        let version = Times::of(batch, "version");
        let (ids, visitors) = (OwnTexts::of(batch, "id"), OwnTexts::of(batch, "visitor_id"));
        let all_named = batch.column_by_name("id").is_some_and(|ids| ids.null_count() == 0);
        let own = Columns::of(batch, kind, texts, !all_named);
        let buyers = Buyers::of(batch);
        let number = Touchpoint::ALL.iter().position(|other| *other == kind).unwrap_or_default() as u8;
        let source = texts.code(&self.file.source);
        for row in 0..batch.num_rows() {
            let buyer = buyers.of_row(row, &self.keys, &self.guests);
            let visitor = visitors.given(row).map(|id| self.keys.visitor(id).0);
            let (named, customer) = match (buyer.who, visitor) {
                (Who::Registered, _) => (Named::Registered, buyer.key),
                (Who::Email, _) => (Named::Email, buyer.key),
                (Who::Phone, _) => (Named::Phone, buyer.key),
                (Who::Nobody, Some(visitor)) => (Named::Visitor, visitor),
                (Who::Nobody, None) => (Named::Nobody, 0),
            };
            let guest = matches!(named, Named::Email | Named::Phone);
            let id = ids.given(row);
            let fact = match id {
                Some(id) => mix(&[self.keys.fact(id).0, u64::from(number)]),
                None => mix(&[customer, at[row] as u64, u64::from(number), own.hash(row, &self.keys, &self.guests)]),
            };
            let (email, phone) = (buyer.email.as_deref().unwrap_or_default(), buyer.phone.as_deref().unwrap_or_default());
            let touch = Touch {
                kind: number,
                named,
                own: named != Named::Visitor,
                customer,
                fact,
                has_id: id.is_some(),
                at: at[row],
                version: version.get(row).unwrap_or(shared.now),
                file: self.file.number,
                source,
                name: match named {
                    Named::Registered => buyer.customer_id,
                    Named::Email => email,
                    Named::Phone => phone,
                    Named::Visitor | Named::Nobody => "",
                },
                email: if named == Named::Registered { email } else { "" },
                phone: if matches!(named, Named::Registered | Named::Email) { phone } else { "" },
            };
            let values = own.row(row, &self.keys, &self.guests);
            let (scatter, log) = match named {
                Named::Visitor => (&mut touches.visitors, &staged.visitors),
                Named::Email | Named::Phone => (&mut touches.guests, &staged.guests),
                Named::Registered | Named::Nobody => (&mut touches.known, &staged.known),
            };
            scatter.row(range_of(customer), log, |out| touch.write(values, out))?;
            if buyer.who == Who::Nobody {
                continue;
            }
            if !email.is_empty() || !phone.is_empty() {
                touches.claims.extend(buyer.claims(&self.guests));
            }
            if guest {
                touches.guest_keys.insert(customer);
            }
            if let Some(visitor) = visitor {
                touches.ties.add(Tie { visitor, at: at[row], person: customer, guest });
            }
        }
        Ok(())
    }
}

/// Stored ties and those of this import.
pub(super) struct AllTies {
    pub before: Ties,
    pub after: Ties,
    pub new: Vec<Tie>,
}

impl AllTies {
    pub(super) fn of(files: &[std::path::PathBuf], found: Vec<Tie>) -> Result<AllTies, StoreError> {
        let before = stored_ties(files)?;
        let all = Ties::of(before.iter().copied().chain(found).collect());
        let new = all.iter().filter(|tie| before.find(tie.visitor) != Some(tie)).copied().collect();
        Ok(AllTies { before, after: all, new })
    }

    /// Guests that visitors are tied to.
    pub(super) fn guests(&self) -> impl Iterator<Item = u64> {
        self.before.iter().chain(self.after.iter()).filter(|tie| tie.guest).map(|tie| tie.person)
    }
}

impl Import {
    /// Puts the staged touchpoints of guests and visitors, of this import and of the store, where they belong, and writes
    /// those of visitors who are nobody yet.
    pub(super) fn place_touchpoints(&self, plan: &Plan, settling: &Settling<'_>) -> Result<Vec<WrittenFile>, StoreError> {
        let staged = &self.shared.touchpoints;
        let groups = self.groups();
        let size = RANGES.div_ceil(groups);
        let folder = self.folder.facts().join("visitors");
        let written: Vec<Result<Vec<WrittenFile>, StoreError>> = self.pool.install(|| {
            (0..groups)
                .into_par_iter()
                .map(|group| {
                    let mut writer = RunWriter::new(&folder, format!("{}-{group:02}", self.stem));
                    for range in group * size..((group + 1) * size).min(RANGES) {
                        place_guests(staged, range, &plan.joined)?;
                        let left = place_visitors(staged, range, plan)?;
                        let settled = settle_touchpoints(settling, &left)?;
                        writer.write(&SortedFacts { kinds: settled.kinds })?;
                    }
                    writer.finish()
                })
                .collect()
        });
        let mut files = Vec::new();
        for group in written {
            files.extend(group?);
        }
        Ok(files)
    }

    /// Stages what moves in the store again. Before settling, since it brings texts of its own.
    pub(super) fn restage(&self, plan: &mut Plan) -> Result<(), StoreError> {
        plan.withdrawn = restage(&self.folder, &self.stored, plan, &self.shared.touchpoints, &self.shared.texts)?;
        Ok(())
    }

    /// Into how many groups of ranges the writing is parted; each writes files of its own.
    pub(super) fn groups(&self) -> usize {
        let orders = self.shared.owners().map_or(0, |owners| owners.all().len() as u64);
        if orders + self.shared.touchpoints.rows() < 200_000 { 1 } else { (self.options.threads.max(1) * 4).min(RANGES) }
    }
}

/// Claims that say there are facts of these guests.
pub(super) fn guest_claims(guests: &HashSet<u64>) -> impl Iterator<Item = Claim> {
    guests.iter().map(|key| Claim { key: *key, customer: *key, sort: Sort::Guest })
}
