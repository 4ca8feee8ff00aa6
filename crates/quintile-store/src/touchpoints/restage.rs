//! Stored touchpoints that go to another customer are staged again under them, and withdrawn where they lay.
//!
//! A visitor's facts move when the visitor says who they are, a guest's when the guest is joined to a registered customer
//! or parted again, and a visitor's once more when an earlier tie is found. The facts settle with those of the import.

use super::columns::Columns;
use super::home::{claimed_visitor, home_of, visitor_claim};
use super::log::LogScatter;
use super::row::{Named, Touch};
use super::{Staged, Tie};
use crate::StoreError;
use crate::folder::Folder;
use crate::identity::guest_keys;
use crate::intake::range_of;
use crate::intern::Texts;
use crate::manifest::{FileKind, StoredFile};
use crate::moves::Plan;
use crate::run;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, UInt32Type};
use quintile_model::{FactKind, KeyMaker, Touchpoint, columns};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// Stages the facts that move; the withdrawals, as (customer, fact).
pub(crate) fn restage(
    folder: &Folder,
    stored: &[StoredFile],
    plan: &Plan,
    staged: &Staged,
    texts: &Texts,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut again = Again { staged, texts, scatter: LogScatter::new(), guests: KeyMaker::new("") };
    let mut new: Vec<u64> = Vec::new();
    let mut leaving: HashSet<u64> = plan.moved_guests.values().map(|(from, _)| *from).collect();
    for tie in &plan.new_ties {
        match plan.ties_before.find(tie.visitor) {
            None => new.push(tie.visitor),
            Some(before) => {
                let from = home_of(before, &plan.claims_before);
                if from != home_of(tie, &plan.claims) {
                    leaving.insert(from);
                }
            }
        }
    }
    again.visitors(folder, stored, plan, new)?;
    let mut leaving: Vec<u64> = leaving.into_iter().filter(|customer| *customer != 0).collect();
    leaving.sort_unstable();
    let withdrawn = again.customers(folder, stored, plan, leaving)?;
    again.scatter.flush(&staged.known)?;
    Ok(withdrawn)
}

struct Again<'a> {
    staged: &'a Staged,
    texts: &'a Texts,
    scatter: LogScatter,
    guests: KeyMaker,
}

impl Again<'_> {
    /// What lies with visitors who were nobody until now.
    fn visitors(&mut self, folder: &Folder, stored: &[StoredFile], plan: &Plan, mut visitors: Vec<u64>) -> Result<(), StoreError> {
        visitors.sort_unstable();
        let visitors: Arc<[u64]> = visitors.into();
        if visitors.is_empty() {
            return Ok(());
        }
        for (path, kind) in touchpoint_files(folder, stored, |kind| matches!(kind, FileKind::Visitors(_))) {
            run::read_of(&path, FactKind::Touchpoint(kind), &visitors, |rows| {
                let keys = columns::keys(rows, "customer_key");
                self.stage(rows, kind, |row| {
                    let visitor = keys.value(row);
                    let to = plan.ties.find(visitor).map(|tie| home_of(tie, &plan.claims))?;
                    Some((to, Named::Visitor, false, Some(visitor_claim(visitor))))
                })
            })?;
        }
        Ok(())
    }

    /// What leaves customers. Of a fact that is withdrawn, the rows that stay are written again, after the withdrawal.
    fn customers(&mut self, folder: &Folder, stored: &[StoredFile], plan: &Plan, leaving: Vec<u64>) -> Result<Vec<(u64, u64)>, StoreError> {
        let leaving: Arc<[u64]> = leaving.into();
        let files = touchpoint_files(folder, stored, |kind| matches!(kind, FileKind::Facts(_)));
        if leaving.is_empty() || files.is_empty() {
            return Ok(Vec::new());
        }
        let hidden = withdrawals(folder, stored, &leaving)?;
        let mut withdrawn: HashSet<(u64, u64)> = HashSet::new();
        for (path, kind) in &files {
            run::read_of(path, FactKind::Touchpoint(*kind), &leaving, |rows| {
                let facts = Visible::of(rows, &hidden);
                self.stage(rows, *kind, |row| {
                    let (from, fact, claim) = facts.get(row)?;
                    let to = target(plan, from, claim?)?;
                    withdrawn.insert((from, fact));
                    // A guest whose facts have gone is nobody any more.
                    if guest_keys(claim?).contains(&from) {
                        withdrawn.insert((from, from));
                    }
                    Some(self::named(to, claim?))
                })
            })?;
        }
        for (path, kind) in files.iter().filter(|_| !withdrawn.is_empty()) {
            run::read_of(path, FactKind::Touchpoint(*kind), &leaving, |rows| {
                let facts = Visible::of(rows, &hidden);
                self.stage(rows, *kind, |row| {
                    let (from, fact, claim) = facts.get(row)?;
                    let stays = claim.is_none_or(|claim| target(plan, from, claim).is_none());
                    (stays && withdrawn.contains(&(from, fact))).then(|| match claim {
                        Some(claim) => self::named(from, claim),
                        None => (from, Named::Registered, false, None),
                    })
                })
            })?;
        }
        let mut withdrawn: Vec<(u64, u64)> = withdrawn.into_iter().collect();
        withdrawn.sort_unstable();
        Ok(withdrawn)
    }

    /// Stages the rows that `place` gives a customer, a name, and whether that is who they name.
    fn stage(
        &mut self,
        rows: &RecordBatch,
        kind: Touchpoint,
        mut place: impl FnMut(usize) -> Option<(u64, Named, bool, Option<String>)>,
    ) -> Result<(), StoreError> {
        let own = Columns::of(rows, kind, self.texts, false);
        let (facts, at) = (columns::keys(rows, "fact_key"), columns::instants(rows, "at"));
        let versions = column::<Int64Type>(rows, "version")?;
        let source = columns::repeated(rows, "source");
        let sources = self.texts.codes_of(source);
        let number = Touchpoint::ALL.iter().position(|other| *other == kind).unwrap_or_default() as u8;
        for (row, version) in versions.into_iter().enumerate() {
            let Some((customer, named, own_row, name)) = place(row) else { continue };
            let touch = Touch {
                kind: number,
                named,
                own: own_row,
                customer,
                fact: facts.value(row),
                has_id: true,
                at: at.value(row),
                version,
                file: u32::MAX,
                source: source.code(row).map_or(0, |code| sources[code]),
                name: name.as_deref().unwrap_or_default(),
                email: "",
                phone: "",
            };
            let values = own.row(row, &self.guests, &self.guests);
            self.scatter.row(range_of(customer), &self.staged.known, |out| touch.write(values, out))?;
        }
        Ok(())
    }
}

/// How a row of a guest or visitor names its person under a customer.
fn named(customer: u64, claim: &str) -> (u64, Named, bool, Option<String>) {
    let [email, phone] = guest_keys(claim);
    let named = match claimed_visitor(claim) {
        Some(_) => Named::Visitor,
        None if phone == customer || (email != customer && !claim.contains('@')) => Named::Phone,
        None => Named::Email,
    };
    (customer, named, named != Named::Visitor && (email == customer || phone == customer), Some(claim.to_owned()))
}

/// Where a fact of `from` with this claim goes, if it goes anywhere.
fn target(plan: &Plan, from: u64, claim: &str) -> Option<u64> {
    let Some(visitor) = claimed_visitor(claim) else { return plan.target(from, 0, Some(claim)) };
    let before: &Tie = plan.ties_before.find(visitor)?;
    let after = plan.ties.find(visitor)?;
    let to = home_of(after, &plan.claims);
    (home_of(before, &plan.claims_before) == from && to != from).then_some(to)
}

/// The rows of a batch that are not hidden.
struct Visible<'a> {
    customers: &'a [u64],
    facts: &'a [u64],
    commits: Vec<u32>,
    claims: &'a arrow::array::StringArray,
    hidden: &'a HashMap<(u64, u64), u32>,
}

impl<'a> Visible<'a> {
    fn of(rows: &'a RecordBatch, hidden: &'a HashMap<(u64, u64), u32>) -> Visible<'a> {
        Visible {
            customers: columns::keys(rows, "customer_key").values(),
            facts: columns::keys(rows, "fact_key").values(),
            commits: column::<UInt32Type>(rows, "commit").unwrap_or_default(),
            claims: columns::texts(rows, "claim"),
            hidden,
        }
    }

    /// Customer, fact and claim of a row.
    fn get(&self, row: usize) -> Option<(u64, u64, Option<&'a str>)> {
        let (customer, fact) = (self.customers[row], self.facts[row]);
        let visible = self.hidden.get(&(customer, fact)).is_none_or(|until| *until <= self.commits[row]);
        visible.then(|| (customer, fact, self.claims.is_valid(row).then(|| self.claims.value(row))))
    }
}

fn withdrawals(folder: &Folder, stored: &[StoredFile], of: &Arc<[u64]>) -> Result<HashMap<(u64, u64), u32>, StoreError> {
    let mut hidden: HashMap<(u64, u64), u32> = HashMap::new();
    for file in stored.iter().filter(|file| file.kind == FileKind::Facts(FactKind::Withdrawals)) {
        run::read_of(&folder.root().join(&file.path), FactKind::Withdrawals, of, |rows| {
            let (customers, facts) = (columns::keys(rows, "customer_key"), columns::keys(rows, "fact_key"));
            for (row, commit) in column::<UInt32Type>(rows, "commit")?.into_iter().enumerate() {
                let until = hidden.entry((customers.value(row), facts.value(row))).or_default();
                *until = (*until).max(commit);
            }
            Ok(())
        })?;
    }
    Ok(hidden)
}

fn touchpoint_files(folder: &Folder, stored: &[StoredFile], which: impl Fn(FileKind) -> bool) -> Vec<(std::path::PathBuf, Touchpoint)> {
    let root: &Path = folder.root();
    stored
        .iter()
        .filter(|file| which(file.kind))
        .filter_map(|file| match file.kind {
            FileKind::Facts(FactKind::Touchpoint(kind)) | FileKind::Visitors(FactKind::Touchpoint(kind)) => {
                Some((root.join(&file.path), kind))
            }
            _ => None,
        })
        .collect()
}

fn column<T: arrow::datatypes::ArrowPrimitiveType>(rows: &RecordBatch, name: &str) -> Result<Vec<T::Native>, StoreError> {
    let column = rows.column_by_name(name).and_then(|column| column.as_primitive_opt::<T>());
    Ok(column.ok_or_else(|| StoreError::Damaged(format!("`{name}` is missing in touchpoints")))?.values().to_vec())
}
