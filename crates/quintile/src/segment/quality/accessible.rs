//! May its members be written to?

use super::people::Person;
use super::{Grade, Told, is_in};
use crate::header::grouped;

pub(super) fn told(people: &[Person], members: &[u64]) -> Told {
    let own: Vec<&Person> = people.iter().filter(|person| is_in(members, person.key)).collect();
    let asked = people.iter().any(|person| person.asked);
    let reached = own.iter().filter(|person| person.email || person.sms || person.push).count();
    let share = (asked && !own.is_empty()).then(|| reached as f64 / own.len() as f64);
    let by = |name: &str, has: fn(&Person) -> bool| {
        format!("{} by {name}", grouped(&own.iter().filter(|person| has(person)).count().to_string()))
    };
    Told {
        question: "accessible",
        figure: "share with consent and an address",
        value: share,
        interval: None,
        wanted: "50 %",
        grade: share.map_or(Grade::Unknown, |share| Grade::of(share, 0.5, 0.25)),
        sentence: match share {
            Some(share) => format!(
                "{:.1} % of the members may be reached: {}, {}, {}",
                100.0 * share,
                by("e-mail", |person| person.email),
                by("SMS", |person| person.sms),
                by("push notice", |person| person.push)
            ),
            None if asked => "it has no members".to_owned(),
            None => "the store knows of nobody's consent; import subscriptions to tell".to_owned(),
        },
    }
}
