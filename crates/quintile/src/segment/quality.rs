//! Is a segment worth having? Six questions, each with a figure, a grade and a sentence.

use super::all::Counted;
use crate::backtest::Deeds;
use crate::header::{counted, grouped, money};
use crate::ledger::LedgerParts;
use crate::segment::{Asked, SegmentAsk, keys_of};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, RfmAsk, When};
use arrow::array::{Array, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Decimal64Type, Int8Type};
use quintile_insight::quality::effect::{Effect, Group, of_shares, standardised};
use quintile_insight::quality::overlap::{Overlap, in_both, overlap};
use quintile_insight::quality::sample::{least_lift, per_arm};
use quintile_insight::quality::taste::liked;
use quintile_model::columns::repeated_of;
use quintile_model::time::StoreZone;
use quintile_model::{AsOf, CustomerBatch, Money, ids};
use quintile_profile::{Item, counted as what_counts, counted_needed, facts_needed};
use quintile_segment::{Figures, Gathered, Moment, Program, World};
use std::collections::HashMap;

/// Days between the two moments over which a segment is looked at whether it is stable.
const STEP: i32 = 30;

/// So many steps back.
const STEPS: i32 = 6;

/// How often customers are drawn anew.
const DRAWS: u64 = 20;

/// The lift that an experiment should see.
const LIFT: f64 = 0.1;

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

/// One customer, as far as quality looks at them.
struct Person {
    key: u64,
    /// Every attribute that the segment reads has a value.
    known: bool,
    spent: i64,
    email: bool,
    sms: bool,
    push: bool,
    hour: Option<i8>,
    /// Whether anything is known of their consent.
    asked: bool,
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
        let mut rows = vec![identifiable(&program, &people, &members)];
        let then = self.members_back(ask, &stand, STEP)?;
        let rate = monthly_rate(&then, &deeds);
        let (substantial, accessible) = (self.substantial(&stand, &people, &members, rate), accessible(&people, &members));
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

    /// Every customer, with what quality looks at.
    fn looked_at(&self, ask: &SegmentAsk, program: &Program) -> Result<Vec<Person>, Error> {
        let read: Vec<String> = program.columns().iter().filter(|name| quintile_profile::columns::find(name).is_some()).cloned().collect();
        let mut names: Vec<String> = read.clone();
        names.extend(CONTACT.iter().map(|name| (*name).to_owned()).filter(|name| !read.contains(name)));
        let mut wanted = crate::profile::named(&names)?;
        wanted.push(quintile_profile::columns::customer_key());
        let profile = self.profile_of(&ask.when, wanted, &RfmAsk::default())?;
        let parts = profile.map(|rows| people_of(&rows, &read))?;
        Ok(parts.into_iter().flatten().collect())
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
            .filter_map(|segment| Some((segment.entry.id.clone(), overlap(members, &segment.members)?)))
            .collect();
        found.sort_by(|a, b| b.1.jaccard.total_cmp(&a.1.jaccard).then_with(|| a.0.cmp(&b.0)));
        Ok(found)
    }

    fn substantial(&self, stand: &Stand, people: &[Person], members: &[u64], rate: Option<f64>) -> Told {
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

    fn stable(&self, stand: &Stand, ask: &SegmentAsk, program: &Program, members: &[u64]) -> Result<Told, Error> {
        let mut later = members.to_vec();
        let mut kept: Vec<f64> = Vec::new();
        let mut expected = None;
        let today = stand.as_of.day();
        for step in 1..=STEPS {
            let then = self.members_back(ask, stand, step * STEP)?;
            if then.is_empty() {
                break;
            }
            kept.push(in_both(&then, &later) as f64 / then.len() as f64);
            if step == 1 {
                let since = StoreZone::date_of(today - STEP);
                let since = AsOf::start_of(since, &stand.as_of.zone).unwrap_or_else(|| stand.as_of.clone());
                let by_time = self.members_by_time_alone(stand, program, &since)?;
                expected = Some(in_both(&then, &by_time) as f64 / then.len() as f64);
            }
            later = then;
        }
        let Some(last) = kept.first().copied() else {
            return Ok(Told {
                question: "stable",
                figure: "still in after 30 days",
                value: None,
                interval: None,
                wanted: "80 %",
                grade: Grade::Unknown,
                sentence: format!("it had no members {STEP} days ago"),
            });
        };
        let mut sorted = kept.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted[sorted.len() / 2];
        let mut sentence = format!(
            "{:.0} % of the members of {STEP} days ago still are; over {} back, {:.0} % as a rule",
            100.0 * last,
            counted(kept.len() as u64, "such step", "such steps"),
            100.0 * median
        );
        if let Some(expected) = expected {
            sentence += &format!("; had nobody done anything, {:.0} % would, by the definition alone", 100.0 * expected);
        }
        let again = self.drawn_again(ask, program, members)?;
        sentence += &match again {
            Some(alike) => format!("; drawn from other customers like these, {:.0} % of its members would be the same", 100.0 * alike),
            None if program.statistics().is_empty() && !rests_on_classes(program) => {
                "; it rests on no figure of the store, so that other customers change nothing in it".to_owned()
            }
            None => "; the figures of the store on which it rests were not drawn anew".to_owned(),
        };
        // A definition that lets go by itself, such as "new this week", is not blamed for it.
        let by_itself = expected.is_some_and(|expected| expected < 0.8 && last >= expected - 0.1);
        let grade = match Grade::of(last.min(again.unwrap_or(1.0)), 0.8, 0.6) {
            Grade::Poor if by_itself => Grade::Fair,
            grade => grade,
        };
        Ok(Told {
            question: "stable",
            figure: "still in after 30 days",
            value: Some(last),
            interval: None,
            wanted: "80 %",
            grade,
            sentence,
        })
    }

    /// Who would be in the segment now had nothing happened since an earlier moment.
    fn members_by_time_alone(&self, stand: &Stand, program: &Program, since: &AsOf) -> Result<Vec<u64>, Error> {
        let (prepared, _) = self.prepare(stand, program.clone(), &[])?;
        let question = &prepared.question;
        let mut facts = facts_needed(question);
        let mut parts = quintile_model::CountedParts::default();
        if let Some((columns, needed)) = prepared.program.facts() {
            parts = needed;
            facts = facts.and(columns).and(&counted_needed(&needed, question));
        }
        let of_batch = |batch: CustomerBatch| {
            let batch = batch.before(since.instant);
            let rows = prepared.rows(&batch, question)?;
            let keys = keys_of(&rows)?;
            let counts = what_counts(&batch, &parts, question)?;
            let members = prepared.program.members(&World::new(&rows, &keys, &batch, &counts), &prepared.moment, &prepared.figures);
            Ok(members.first().map(|own| own.set_indices().map(|row| keys[row]).collect::<Vec<u64>>()).unwrap_or_default())
        };
        let (found, _) = self.scan(&stand.snapshot, &facts, &question.as_of, of_batch)?;
        Ok(found.concat())
    }

    /// The mean likeness (Jaccard) of the segment with itself where its averages and percentiles come of customers drawn anew; `None`
    /// where it rests on none, or on single facts or traits, which are not drawn.
    fn drawn_again(&self, ask: &SegmentAsk, program: &Program, members: &[u64]) -> Result<Option<f64>, Error> {
        if program.statistics().is_empty() || program.facts().is_some() || members.is_empty() || !program.traits().is_empty() {
            return Ok(None);
        }
        let mut wanted = crate::profile::named(program.columns())?;
        wanted.push(quintile_profile::columns::customer_key());
        let profile = self.profile_of(&ask.when, wanted, &RfmAsk::default())?;
        let moment = Moment::of(profile.question.as_of.clone());
        let mut sum = 0.0;
        for draw in 0..DRAWS {
            self.go_on()?;
            let gathered = profile.map(|rows| {
                let first = keys_of(&rows)?.first().copied().unwrap_or_default();
                let drawn = take_record_batch(&rows, &drawn(rows.num_rows(), ids::mix(&[draw, first])))?;
                Ok(Gathered::of(program.statistics(), &drawn))
            })?;
            let figures = Figures::of(program.statistics(), gathered);
            let found = profile.map(|rows| {
                let keys = keys_of(&rows)?;
                let own = program.members(&World::of_rows(&rows), &moment, &figures);
                Ok(own.first().map(|own| own.set_indices().map(|row| keys[row]).collect::<Vec<u64>>()).unwrap_or_default())
            })?;
            sum += overlap(members, &found.concat()).map_or(0.0, |overlap| overlap.jaccard);
        }
        Ok(Some(sum / DRAWS as f64))
    }

    fn differentiable(&self, ask: &SegmentAsk, deeds: &Deeds, overlaps: &[(String, Overlap)]) -> Result<Told, Error> {
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

    fn operable(&self, stand: &Stand, ask: &SegmentAsk, people: &[Person], members: &[u64]) -> Result<Told, Error> {
        let entry = match &ask.of {
            Asked::Name(name) | Asked::Draft(name) => self.segment(name).ok(),
            Asked::Text(_) => None,
        };
        let goal = entry.as_ref().map(|entry| entry.goal.clone()).filter(|goal| !goal.is_empty());
        let plays = entry.map(|entry| entry.plays).unwrap_or_default();
        let likes = self.likes(stand, members)?;
        let own = || people.iter().filter(|person| is_in(members, person.key));
        let mut hours = [0_u64; 24];
        own().filter_map(|person| usize::try_from(person.hour?).ok()).filter(|hour| *hour < 24).for_each(|hour| hours[hour] += 1);
        let hour = (0..24).max_by_key(|hour| (hours[*hour], 24 - *hour)).filter(|hour| hours[*hour] > 0);
        let channels = [
            ("email", own().filter(|person| person.email).count()),
            ("sms", own().filter(|person| person.sms).count()),
            ("push", own().filter(|person| person.push).count()),
        ];
        let channel = channels.iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0);
        let has = [goal.is_some(), !plays.is_empty(), !likes.is_empty(), channel.is_some(), hour.is_some()];
        let count = has.iter().filter(|has| **has).count();
        let list = |none: &str, words: Option<String>| words.unwrap_or_else(|| none.to_owned());
        let sentence = [
            list("it has no goal", goal.map(|goal| format!("goal: {}", goal.trim_end_matches('.')))),
            list("no play fits it", (!plays.is_empty()).then(|| format!("plays: {}", plays.join(", ")))),
            list(
                "it buys no product more than others",
                (!likes.is_empty()).then(|| format!("buys more than others: {}", likes.join(", "))),
            ),
            list(
                "nobody is known to agree to messages",
                channel.map(|(name, count)| format!("most may be reached by {name} ({})", grouped(&count.to_string()))),
            ),
            list("no hour is known", hour.map(|hour| format!("orders most at {hour} o'clock"))),
        ]
        .join("; ");
        Ok(Told {
            question: "operable",
            figure: "of 5 things to act by",
            value: Some(count as f64),
            interval: None,
            wanted: "goal, play, taste, channel, hour",
            grade: match (has[0] && has[1], count) {
                (true, 4..) => Grade::Good,
                (_, 2..) => Grade::Fair,
                _ => Grade::Poor,
            },
            sentence,
        })
    }

    /// Products that members buy more than others, the three of the largest lift.
    fn likes(&self, stand: &Stand, members: &[u64]) -> Result<Vec<String>, Error> {
        let parts = LedgerParts { items: Some(Item::Product), costs: false };
        let (found, _) = self.ledgers(stand, parts, |ledger| {
            let mut counts: HashMap<String, (u64, u64, String)> = HashMap::new();
            let (mut buyers, mut own_buyers) = (0_u64, 0_u64);
            for customer in 0..ledger.customers() {
                let own = is_in(members, ledger.keys[customer]);
                let mut items: Vec<u32> = ledger.orders_of(customer).flat_map(|order| ledger.items_of(order)).copied().collect();
                items.sort_unstable();
                items.dedup();
                buyers += u64::from(!ledger.orders_of(customer).is_empty());
                own_buyers += u64::from(own && !ledger.orders_of(customer).is_empty());
                for item in items {
                    let known = counts.entry(ledger.item_names[item as usize].clone()).or_default();
                    *known = (known.0 + u64::from(own), known.1 + 1, std::mem::take(&mut known.2));
                    if known.2.is_empty() {
                        known.2.clone_from(&ledger.item_titles[item as usize]);
                    }
                }
            }
            Ok((counts, own_buyers, buyers))
        })?;
        let (mut all, mut own_buyers, mut buyers): (HashMap<String, (u64, u64, String)>, u64, u64) = (HashMap::new(), 0, 0);
        for (counts, own, every) in found {
            own_buyers += own;
            buyers += every;
            for (name, (own, every, title)) in counts {
                let known = all.entry(name).or_default();
                *known = (known.0 + own, known.1 + every, if known.2.is_empty() { title } else { std::mem::take(&mut known.2) });
            }
        }
        let mut items: Vec<(String, (u64, u64, String))> = all.into_iter().collect();
        items.sort();
        let pairs: Vec<(u64, u64)> = items.iter().map(|(_, counts)| (counts.0, counts.1)).collect();
        let name = |at: usize| match items[at].1.2.as_str() {
            "" => items[at].0.clone(),
            title => title.to_owned(),
        };
        let least = (own_buyers / 100).max(10);
        let found = liked(&pairs, own_buyers, buyers, least);
        Ok(found.into_iter().take(3).map(|liked| format!("{} ({:.1} times)", name(liked.item), liked.lift)).collect())
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

fn identifiable(program: &Program, people: &[Person], members: &[u64]) -> Told {
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

fn accessible(people: &[Person], members: &[u64]) -> Told {
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

/// Does it read classes or scores, which rest on all customers?
fn rests_on_classes(program: &Program) -> bool {
    program.columns().iter().filter_map(|name| quintile_profile::columns::find(name)).any(|column| column.second_pass())
}

fn is_in(members: &[u64], key: u64) -> bool {
    members.binary_search(&key).is_ok()
}

/// Of the members of 30 days ago, the share who have made a purchase since; `None` of nobody.
fn monthly_rate(then: &[u64], deeds: &Deeds) -> Option<f64> {
    let since = deeds.last_day - STEP;
    let bought = |customer: &usize| deeds.days_of(*customer).last().is_some_and(|last| *last > since);
    let came = (0..deeds.keys.len()).filter(|customer| is_in(then, deeds.keys[*customer])).filter(bought).count();
    (!then.is_empty()).then(|| came as f64 / then.len() as f64)
}

/// As many rows as there are, each drawn from all of them.
fn drawn(rows: usize, seed: u64) -> UInt32Array {
    (0..rows as u64).map(|row| (ids::mix(&[seed, row]) % rows.max(1) as u64) as u32).collect()
}
