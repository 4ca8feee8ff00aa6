//! Every segment that has a name, counted in one question.

use crate::segment::members::MemberSet;
use crate::segment::own::Meaning;
use crate::segment::{SegmentEntry, parameters};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, When};
use quintile_catalog::Rule;
use quintile_segment::{Ask, Plan, Vocabulary};
use std::collections::BTreeMap;

/// A segment with who is in it.
pub(super) struct Counted {
    pub entry: SegmentEntry,
    pub members: MemberSet,
    /// What the store lacks for it.
    pub lacks: Vec<String>,
    /// Values of its parameters that this store's data suggest and the catalogue has otherwise, by name.
    pub with: BTreeMap<String, String>,
}

impl Workspace {
    /// How many are in each segment that has a name. Of those that rest on facts which the store lacks it is said what they lack, and
    /// not how many: nobody knows.
    ///
    /// With a family, those of it alone; one's own are of the family `own`. `suggested`: with the values that this store's data suggest
    /// for the parameters, which are named.
    pub fn segment_count_all(&self, when: &When, family: Option<&str>, suggested: bool) -> Result<Answer, Error> {
        let (mut counted, unsound, header) = self.counted(when, family, suggested)?;
        // What can be told comes first; the sort keeps the order of the list.
        counted.sort_by_key(|segment| !segment.lacks.is_empty());
        let customers = header.customers.unwrap_or_default();
        let told = |segment: &Counted| segment.lacks.is_empty().then(|| segment.members.len());
        let share = |segment: &Counted| told(segment).filter(|_| customers > 0).map(|count| count as f64 / customers as f64);
        let lacking = counted.iter().filter(|segment| !segment.lacks.is_empty()).count();
        let mut notes = vec![format!("{} segments", counted.len())];
        if lacking > 0 {
            notes[0] += &format!("; {lacking} of them rest on facts that the store lacks, so that nobody can say who is in them");
        }
        let places = counted.iter().filter(|segment| segment.lacks.is_empty() && self.names_a_value(&segment.entry.id)).count();
        if !suggested && places > 0 {
            notes.push(format!(
                "{places} of them ask for a value that the shop has its own of, such as a country or a product, and were asked with an \
                 example; --suggested takes the values that this store's data suggest"
            ));
        }
        let with = |segment: &Counted| {
            let words = segment.with.iter().map(|(name, value)| format!("${name} = {value}")).collect::<Vec<_>>().join(", ");
            (!words.is_empty()).then_some(words)
        };
        notes.extend(unsound.into_iter().map(|(name, why)| format!("`{name}` cannot be asked: {why}")));
        let mut columns = vec![
            AnswerColumn::text("segment", counted.iter().map(|segment| Some(segment.entry.id.clone()))),
            AnswerColumn::text("family", counted.iter().map(|segment| Some(segment.entry.family.clone()))),
            AnswerColumn::count("customers", counted.iter().map(told)),
            AnswerColumn::share("share", counted.iter().map(share)),
        ];
        if suggested {
            columns.push(AnswerColumn::text("with", counted.iter().map(with)));
        }
        columns.push(AnswerColumn::text("lacks", counted.iter().map(|s| (!s.lacks.is_empty()).then(|| s.lacks.join(", ")))));
        columns.push(AnswerColumn::text("members_hash", counted.iter().map(|s| told(s).map(|_| s.members.hash()))));
        Answer::new(header, columns, notes)
    }

    /// Has a segment a parameter whose default is an example, and whose value the store's data can say?
    fn names_a_value(&self, id: &str) -> bool {
        self.segment_parameters(id)
            .is_ok_and(|all| all.values().any(|parameter| matches!(parameter.suggest, Some(Rule::MostCommon(_) | Rule::Pair(_)))))
    }

    /// All that have a name and can be asked, in one program; those that cannot, with the reason; and the header.
    #[expect(clippy::type_complexity, reason = "three things that come of one question")]
    pub(super) fn counted(
        &self,
        when: &When,
        family: Option<&str>,
        suggested: bool,
    ) -> Result<(Vec<Counted>, Vec<(String, String)>, Header), Error> {
        let stand = self.stand(when)?;
        let mut vocabulary = self.words_of(Meaning::InForce, &[])?;
        let (mut sound, mut unsound) = (Vec::new(), Vec::new());
        let entries = self.segments()?;
        if let Some(family) = family.filter(|family| !entries.iter().any(|entry| entry.family == *family)) {
            let mut known: Vec<String> = entries.iter().map(|entry| format!("`{}`", entry.family)).collect();
            known.dedup();
            return Err(Error::Usage(format!("no segment is of the family `{family}`; there are {}", known.join(", "))));
        }
        let entries: Vec<SegmentEntry> = entries.into_iter().filter(|entry| family.is_none_or(|family| entry.family == family)).collect();
        let mut with = BTreeMap::new();
        if suggested {
            with = self.suggestions_of(entries.iter().map(|entry| entry.id.as_str()), when)?;
            for (id, values) in &mut with {
                let Some(named) = vocabulary.segments.get_mut(id) else { continue };
                let given: Vec<(String, String)> = values.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                for (name, term) in parameters(&given)? {
                    // What the catalogue has already need not be told.
                    if named.parameters.get(&name) == Some(&term) {
                        values.remove(&name);
                    }
                    named.parameters.insert(name, term);
                }
            }
        }
        for entry in entries {
            match why_not(&entry.id, &vocabulary) {
                None => sound.push(entry),
                Some(why) => unsound.push((entry.id, why)),
            }
        }
        let asks: Vec<Ask<'_>> = sound.iter().map(|entry| Ask::Name(&entry.id)).collect();
        let plan = Plan::new(&asks, &vocabulary).map_err(|refused| Error::Segment(Box::new(refused)))?;
        let ran = self.run_program(&stand, plan.program())?;
        let found = sound.into_iter().zip(ran.members).zip(ran.lacks);
        let counted = found.map(|((entry, members), lacks)| {
            let with = with.remove(&entry.id).unwrap_or_default();
            Counted { entry, members, lacks, with }
        });
        let counted = counted.collect();
        Ok((counted, unsound, ran.header))
    }
}

/// Why a segment cannot be asked, in one line.
fn why_not(name: &str, vocabulary: &Vocabulary) -> Option<String> {
    let refused = Plan::new(&[Ask::Name(name)], vocabulary).err()?;
    Some(refused.to_string().lines().next().unwrap_or_default().to_owned())
}
