//! Is it known of customers whether they are in?

use super::people::Person;
use super::{Grade, Told, is_in};
use crate::header::grouped;
use quintile_segment::Program;

pub(super) fn told(program: &Program, people: &[Person], members: &[u64]) -> Told {
    let known = people.iter().filter(|person| person.known).count();
    let share = (!people.is_empty()).then(|| known as f64 / people.len() as f64);
    let unknown = people.iter().filter(|person| !person.known && is_in(members, person.key)).count();
    let reads = program.columns();
    let sentence = match (reads, share) {
        ([], _) | (_, None) => "it reads no attribute, only what customers did".to_owned(),
        (_, Some(share)) => format!(
            "{} known of {:.1} % of customers{}",
            if reads.len() == 1 { format!("`{}` is", reads[0]) } else { format!("all of `{}` are", reads.join("`, `")) },
            100.0 * share,
            if unknown > 0 {
                format!("; {} are members though one of them is missing", grouped(&unknown.to_string()))
            } else {
                String::new()
            }
        ),
    };
    let value = share.filter(|_| !reads.is_empty());
    Told {
        question: "identifiable",
        figure: "share of customers of whom all it reads is known",
        value,
        interval: None,
        wanted: "95 %",
        grade: value.map_or(if people.is_empty() { Grade::Unknown } else { Grade::Good }, |share| Grade::of(share, 0.95, 0.8)),
        sentence,
    }
}
