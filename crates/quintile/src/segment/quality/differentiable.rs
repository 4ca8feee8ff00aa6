//! Did its members do other things later than everybody else?

use super::{Grade, Told, is_in};
use crate::Error;
use crate::backtest::Deeds;
use crate::header::counted;
use crate::segment::SegmentAsk;
use crate::workspace::Workspace;
use quintile_insight::quality::effect::{Effect, Group, of_shares, standardised};
use quintile_insight::quality::overlap::Overlap;
use quintile_model::time::StoreZone;

impl Workspace {
    pub(super) fn differentiable(&self, ask: &SegmentAsk, deeds: &Deeds, overlaps: &[(String, Overlap)]) -> Result<Told, Error> {
        let nearest = overlaps.first();
        let told = |value, interval, grade, sentence: String| Told {
            question: "differentiable",
            figure: "effect on later spend",
            value,
            interval,
            wanted: "above 0.2, likeness under 80 %",
            grade,
            sentence,
        };
        let alike = match nearest {
            Some((name, overlap)) => format!("; most alike is `{name}`, {:.0} % of those in either are in both", 100.0 * overlap.jaccard),
            None => String::new(),
        };
        let Some(cut) = deeds.cuts(None, None).ok().and_then(|cuts| cuts.last().copied()) else {
            return Ok(told(None, None, Grade::Unknown, format!("the history is too short to see what members did later{alike}")));
        };
        let when = cut.when();
        let then = self.run_segment(&self.stand(&when)?, &SegmentAsk { when, ..ask.clone() })?.members;
        let (mut spends, mut orders, mut bought) = ([Group::default(); 2], [Group::default(); 2], [(0_u64, 0_u64); 2]);
        for customer in (0..deeds.keys.len()).filter(|customer| deeds.days_of(*customer)[0] <= cut.day) {
            let side = usize::from(!is_in(&then, deeds.keys[customer]));
            let (came, spent) = deeds.after(customer, cut);
            let spent = spent as f64 / quintile_model::money::UNIT as f64;
            // A few large buyers would drown all others, so spending counts by its logarithm.
            spends[side].add(spent.max(0.0).ln_1p());
            bought[side] = (bought[side].0 + u64::from(came), bought[side].1 + 1);
            if came {
                orders[side].add(spent.max(0.0).ln_1p());
            }
        }
        let Some(effect) = standardised(&spends[0], &spends[1]) else {
            return Ok(told(
                None,
                None,
                Grade::Unknown,
                format!("too few members, or others, had bought by {}{alike}", StoreZone::date_of(cut.day)),
            ));
        };
        let words = |effect: Option<Effect>| {
            effect
                .map_or("unknown".to_owned(), |effect| format!("{:.2} ({:.2} to {:.2})", effect.size, effect.interval.0, effect.interval.1))
        };
        let sentence = format!(
            "in the {} after {}, members and others lie {} standard deviations apart in what they spent, {} in whether they bought, {} in what buyers spent{alike}",
            counted(cut.horizon as u64, "day", "days"),
            StoreZone::date_of(cut.day),
            words(Some(effect)),
            words(of_shares(bought[0], bought[1])),
            words(standardised(&orders[0], &orders[1]))
        );
        let twin = nearest.is_some_and(|(_, overlap)| overlap.is_twin());
        let grade = match (effect.is_shown(), effect.size.abs() > 0.2) {
            (true, true) if !twin => Grade::Good,
            (true, _) => Grade::Fair,
            _ => Grade::Poor,
        };
        Ok(told(Some(effect.size), Some(effect.interval), grade, sentence))
    }
}
