//! Is a segment worth having? Six questions, each with a figure, a grade and a sentence.
//!
//! One file a question: `identifiable`, `substantial`, `accessible`, `stable`, `differentiable`, `operable`; `people` has what is
//! read of customers for them.

mod accessible;
mod differentiable;
mod identifiable;
mod operable;
mod people;
mod stable;
mod substantial;

use super::all::Counted;
use crate::header::counted;
use crate::segment::{Asked, SegmentAsk};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, When};
use quintile_insight::quality::overlap::{Overlap, overlap};
use quintile_model::time::StoreZone;

/// Days between the two moments over which a segment is looked at whether it is stable.
const STEP: i32 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    Good,
    Fair,
    Poor,
    Unknown,
}

impl Grade {
    fn id(self) -> &'static str {
        match self {
            Grade::Good => "good",
            Grade::Fair => "fair",
            Grade::Poor => "poor",
            Grade::Unknown => "unknown",
        }
    }

    fn of(figure: f64, good: f64, fair: f64) -> Grade {
        match figure {
            figure if figure >= good => Grade::Good,
            figure if figure >= fair => Grade::Fair,
            _ => Grade::Poor,
        }
    }
}

/// The answer to one question.
struct Told {
    question: &'static str,
    figure: &'static str,
    value: Option<f64>,
    interval: Option<(f64, f64)>,
    wanted: &'static str,
    grade: Grade,
    sentence: String,
}

impl Workspace {
    /// The six questions.
    pub fn segment_quality(&self, ask: &SegmentAsk) -> Result<Answer, Error> {
        let stand = self.stand(&ask.when)?;
        let found = self.run_segment(&stand, ask)?;
        let members = found.members;
        let vocabulary = self.words_for(&ask.of, &ask.parameters)?;
        let program = self.segment_plan(&ask.of, &vocabulary)?.program();
        let people = self.looked_at(ask, &program)?;
        let (deeds, _) = self.deeds(&stand)?;
        let overlaps = self.overlaps(ask, &members)?;
        let mut rows = vec![identifiable::told(&program, &people, &members)];
        let then = self.members_back(ask, &stand, STEP)?;
        let rate = substantial::monthly_rate(&then, &deeds);
        let (substantial, accessible) = (self.substantial(&stand, &people, &members, rate), accessible::told(&people, &members));
        rows.extend([substantial, accessible]);
        rows.push(self.stable(&stand, ask, &program, &members)?);
        rows.push(self.differentiable(ask, &deeds, &overlaps)?);
        rows.push(self.operable(&stand, ask, &people, &members)?);
        let mut notes = vec![format!(
            "{} of {}; figures are compared with what `docs/concepts/quality.md` calls good",
            counted(members.len() as u64, "member", "members"),
            counted(people.len() as u64, "customer", "customers")
        )];
        if let Some(lacks) = found.ran.lacks.first().filter(|lacks| !lacks.is_empty()) {
            notes.push(format!("the store lacks {}, on which the segment rests; who is in it cannot be told without", lacks.join(", ")));
        }
        for (name, twin) in overlaps.iter().filter(|(_, overlap)| overlap.is_twin()) {
            notes.push(format!(
                "nearly the same as `{name}`: {:.0} % of those in either are in both; keep one of the two",
                100.0 * twin.jaccard
            ));
        }
        let columns = vec![
            AnswerColumn::text("question", rows.iter().map(|row| Some(row.question.to_owned()))),
            AnswerColumn::text("grade", rows.iter().map(|row| Some(row.grade.id().to_owned()))),
            AnswerColumn::text("figure", rows.iter().map(|row| Some(row.figure.to_owned()))),
            AnswerColumn::number("measure", rows.iter().map(|row| row.value)),
            AnswerColumn::number("lower", rows.iter().map(|row| row.interval.map(|interval| interval.0))),
            AnswerColumn::number("upper", rows.iter().map(|row| row.interval.map(|interval| interval.1))),
            AnswerColumn::text("good", rows.iter().map(|row| Some(row.wanted.to_owned()))),
            AnswerColumn::text("sentence", rows.iter().map(|row| Some(row.sentence.clone()))),
        ];
        Answer::new(found.ran.header, columns, notes)
    }

    /// The members so many days ago; nobody before the store's first fact.
    fn members_back(&self, ask: &SegmentAsk, stand: &Stand, days: i32) -> Result<Vec<u64>, Error> {
        let when = When::AsOf(StoreZone::date_of(stand.as_of.day() - days).to_string());
        let earlier = self.stand(&when)?;
        if earlier.first_fact.is_none_or(|first| first >= earlier.as_of.instant) {
            return Ok(Vec::new());
        }
        Ok(self.run_segment(&earlier, &SegmentAsk { when, ..ask.clone() })?.members)
    }

    /// Every other segment that has a name, with how much of this one is in it, the largest first.
    fn overlaps(&self, ask: &SegmentAsk, members: &[u64]) -> Result<Vec<(String, Overlap)>, Error> {
        let (all, _, _) = self.counted(&ask.when, None, false)?;
        let own = |segment: &Counted| matches!(&ask.of, Asked::Name(name) | Asked::Draft(name) if *name == segment.entry.id);
        let asked_of = match &ask.of {
            Asked::Name(name) | Asked::Draft(name) => {
                all.iter().find(|segment| segment.entry.id == *name).and_then(|segment| segment.entry.other_name_of())
            }
            Asked::Text(_) => None,
        };
        let is_other_name =
            |segment: &Counted| segment.entry.other_name_of().is_some() || asked_of.as_ref().is_some_and(|of| *of == segment.entry.id);
        let mut found: Vec<(String, Overlap)> = all
            .iter()
            // Another name of the same is no twin.
            .filter(|segment| !own(segment) && !is_other_name(segment) && segment.lacks.is_empty())
            .filter_map(|segment| Some((segment.entry.id.clone(), overlap(members, &segment.members.keys())?)))
            .collect();
        found.sort_by(|a, b| b.1.jaccard.total_cmp(&a.1.jaccard).then_with(|| a.0.cmp(&b.0)));
        Ok(found)
    }
}

fn is_in(members: &[u64], key: u64) -> bool {
    members.binary_search(&key).is_ok()
}
