//! Is it large enough, in customers, in money, and for an experiment?

use super::people::Person;
use super::{Grade, STEP, Told, is_in};
use crate::backtest::Deeds;
use crate::header::{counted, grouped, money};
use crate::workspace::{Stand, Workspace};
use quintile_insight::quality::sample::{least_lift, per_arm};
use quintile_model::Money;

/// The lift that an experiment should see.
const LIFT: f64 = 0.1;

impl Workspace {
    pub(super) fn substantial(&self, stand: &Stand, people: &[Person], members: &[u64], rate: Option<f64>) -> Told {
        let revenue = |of: &mut dyn Iterator<Item = &Person>| of.map(|person| i128::from(person.spent)).sum::<i128>();
        let all = revenue(&mut people.iter());
        let own = revenue(&mut people.iter().filter(|person| is_in(members, person.key)));
        let share = (all > 0).then(|| own as f64 / all as f64);
        // What members do of themselves in a month is what a message would have to raise.
        let needed = rate.and_then(|rate| per_arm(rate, LIFT)).map(|arm| (2.0 * arm).ceil());
        let seen = rate.and_then(|rate| least_lift(rate, members.len() as f64 / 2.0));
        let (sample, grade) = match (rate, needed) {
            (Some(rate), Some(needed)) => {
                let bears = match seen {
                    Some(seen) => format!("those there are can show a lift of {:.0} %", (100.0 * seen).ceil()),
                    None => "those there are can show no lift".to_owned(),
                };
                let grade = if members.len() as f64 >= needed { Grade::Good } else { Grade::of(-seen.unwrap_or(9.0), -LIFT, -0.3) };
                let sentence = format!(
                    "{:.1} % of the members of {STEP} days ago have bought since, so that an experiment needs {} to see a lift of {:.0} %, half of them held out; {bears}",
                    100.0 * rate,
                    grouped(&format!("{needed:.0}")),
                    100.0 * LIFT
                );
                (sentence, grade)
            }
            (Some(0.0), _) => {
                (format!("none of the members of {STEP} days ago has bought since, so that no sample can be told"), Grade::Unknown)
            }
            (Some(rate), None) => {
                (format!("{:.1} % of them buy in {STEP} days of themselves, which no message raises by a tenth", 100.0 * rate), Grade::Fair)
            }
            (None, _) => (format!("it had no members {STEP} days ago to tell a sample by"), Grade::Unknown),
        };
        let spent = Money::from_sum(own).map_or("more than can be shown".to_owned(), |own| money(own, &stand.header.currency));
        let of_revenue = share.map_or(String::new(), |share| format!(", {:.1} % of all", 100.0 * share));
        Told {
            question: "substantial",
            figure: "members",
            value: Some(members.len() as f64),
            interval: None,
            wanted: "enough to see a lift of 10 %",
            grade: if members.is_empty() { Grade::Poor } else { grade },
            sentence: format!(
                "{} who spent {spent} {}{of_revenue}; {sample}",
                counted(members.len() as u64, "member", "members"),
                stand.header.currency
            ),
        }
    }
}

/// Of the members of 30 days ago, the share who have made a purchase since; `None` of nobody.
pub(super) fn monthly_rate(then: &[u64], deeds: &Deeds) -> Option<f64> {
    let since = deeds.last_day - STEP;
    let bought = |customer: &usize| deeds.days_of(*customer).last().is_some_and(|last| *last > since);
    let came = (0..deeds.keys.len()).filter(|customer| is_in(then, deeds.keys[*customer])).filter(bought).count();
    (!then.is_empty()).then(|| came as f64 / then.len() as f64)
}
