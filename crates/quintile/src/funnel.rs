//! How far do customers get, where do they stop, and which ways do they go?

use crate::header::{counted, grouped};
use crate::months::whole;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, SegmentAsk, When};
use quintile_insight::funnel::paths::Paths;
use quintile_insight::funnel::{Funnel, Step};
use quintile_profile::leave_out::LeftOut;
use quintile_profile::{Journey, Touch, journeys, journeys_needed};
use std::collections::BTreeMap;

/// Which funnel is asked for.
#[derive(Debug, Clone, Default)]
pub struct FunnelAsk {
    /// The moment.
    pub when: When,
    /// The members of this segment alone.
    pub segment: Option<SegmentAsk>,
    /// By the channel customers were won over.
    pub by_channel: bool,
    /// Channels, or ways, those with the most customers.
    pub most: usize,
    /// Touches of a way.
    pub touches: usize,
}

/// A step of the funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Visit,
    ProductView,
    Cart,
    Checkout,
    Purchase(usize),
}

const STAGES: [Stage; 8] = [
    Stage::Visit,
    Stage::ProductView,
    Stage::Cart,
    Stage::Checkout,
    Stage::Purchase(1),
    Stage::Purchase(2),
    Stage::Purchase(3),
    Stage::Purchase(4),
];

impl Stage {
    fn id(self) -> &'static str {
        match self {
            Stage::Visit => "visit",
            Stage::ProductView => "product-view",
            Stage::Cart => "cart",
            Stage::Checkout => "checkout",
            Stage::Purchase(1) => "first-purchase",
            Stage::Purchase(2) => "second-purchase",
            Stage::Purchase(3) => "third-purchase",
            Stage::Purchase(_) => "fourth-purchase",
        }
    }

    /// The first instant of it on a journey.
    fn first(self, journey: &Journey) -> Option<i64> {
        let of = |sort: Touch| journey.touches.iter().filter(move |(touch, _)| *touch == sort).map(|(_, at)| *at);
        match self {
            Stage::Visit => of(Touch::Visit).next(),
            Stage::ProductView => of(Touch::ProductView).next(),
            Stage::Cart => of(Touch::Cart).next(),
            Stage::Checkout => of(Touch::Checkout).next(),
            Stage::Purchase(nth) => of(Touch::Purchase).nth(nth - 1),
        }
    }

    /// Who did it, in the segment language; purchases are told by their number.
    fn did(self) -> Option<&'static str> {
        match self {
            Stage::Visit => Some("events MATCHES ()"),
            Stage::ProductView => Some("storefront.product_viewed MATCHES ()"),
            Stage::Cart => Some("(added_to_cart MATCHES () OR carts_abandoned MATCHES ())"),
            Stage::Checkout => Some("(events MATCHES (name = 'checkout_started') OR checkouts_started MATCHES ())"),
            Stage::Purchase(_) => None,
        }
    }
}

/// Those whose last step it is, in the segment language; `None` of the last step, behind which nobody is lost.
fn stopped(stages: &[Stage], at: usize) -> Option<String> {
    match stages[at] {
        Stage::Purchase(_) if at + 1 == stages.len() => None,
        Stage::Purchase(nth) => Some(format!("number_of_purchases = {nth}")),
        stage => {
            let mut parts: Vec<String> = stage.did().map(str::to_owned).into_iter().collect();
            parts.extend(stages[at + 1..].iter().filter_map(|later| later.did()).map(|did| format!("NOT {did}")));
            parts.push("number_of_purchases = 0".to_owned());
            Some(parts.join(" AND "))
        }
    }
}

impl Workspace {
    /// The steps, with how many get there, how long it takes, and who stopped as a segment.
    pub fn funnel(&self, ask: &FunnelAsk) -> Result<Answer, Error> {
        let stand = self.stand(&ask.when)?;
        let members = self.asked_members(&stand, ask)?;
        let (parts, left) = self.journeys(&stand, members.as_deref(), |journeys| funnels_of(journeys, ask.by_channel))?;
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        funnel_of(ask, parts, header)
    }

    /// The commonest ways customers went, with their times.
    pub fn paths(&self, ask: &FunnelAsk) -> Result<Answer, Error> {
        let stand = self.stand(&ask.when)?;
        let members = self.asked_members(&stand, ask)?;
        let (parts, left) = self.journeys(&stand, members.as_deref(), |journeys| {
            let mut paths = Paths::default();
            journeys
                .iter()
                .for_each(|journey| paths.add(journey.touches.iter().map(|(touch, at)| (*touch as u8, *at)), ask.touches.max(1)));
            paths
        })?;
        let mut all = Paths::default();
        parts.into_iter().for_each(|part| all.merge(part));
        let found = all.commonest(ask.most);
        let words = |touches: &[u8]| {
            touches.iter().filter_map(|touch| Touch::ALL.get(usize::from(*touch))).map(|touch| touch.id()).collect::<Vec<_>>().join(" > ")
        };
        let columns = vec![
            AnswerColumn::text("way", found.iter().map(|path| Some(words(&path.touches)))),
            AnswerColumn::count("customers", found.iter().map(|path| Some(path.customers))),
            AnswerColumn::share("share", found.iter().map(|path| Some(path.share))),
            AnswerColumn::number("median_days", found.iter().map(|path| path.days)),
        ];
        let mut notes = vec![format!(
            "{} of {} ways of {}; the first {} of each customer's touches count; median_days: from the first touch of the way to its last",
            grouped(&found.len().to_string()),
            grouped(&all.ways().to_string()),
            counted(all.customers(), "customer", "customers"),
            ask.touches.max(1)
        )];
        notes.push("a purchase is a day with an order; a visit stands at its first event".to_owned());
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        Answer::new(header, columns, notes)
    }

    fn asked_members(&self, stand: &Stand, ask: &FunnelAsk) -> Result<Option<Vec<u64>>, Error> {
        let Some(segment) = &ask.segment else { return Ok(None) };
        Ok(Some(self.run_segment(stand, segment)?.members))
    }

    /// What `work` finds in the journeys of the known customers of each batch, or of those among these.
    fn journeys<T: Send>(
        &self,
        stand: &Stand,
        members: Option<&[u64]>,
        work: impl Fn(&[Journey]) -> T + Sync,
    ) -> Result<(Vec<T>, LeftOut), Error> {
        let question = self.money_question(stand)?;
        self.scan(&stand.snapshot, &journeys_needed(&question), &question.as_of, |batch| {
            let mut all = journeys(&batch, &question);
            all.retain(|journey| journey.known && members.is_none_or(|members| members.binary_search(&journey.key).is_ok()));
            Ok(work(&all))
        })
    }
}

/// Funnels by channel; under no channel where they are not told apart by it.
pub(crate) type Funnels = BTreeMap<Option<String>, Funnel>;

/// The funnels of some journeys.
pub(crate) fn funnels_of(journeys: &[Journey], by_channel: bool) -> Funnels {
    let mut funnels = Funnels::new();
    for journey in journeys {
        let first: Vec<Option<i64>> = STAGES.iter().map(|stage| stage.first(journey)).collect();
        let channel = journey.channel.clone().filter(|_| by_channel);
        funnels.entry(channel).or_insert_with(|| Funnel::new(STAGES.len())).add(&first);
    }
    funnels
}

/// As a table.
pub(crate) fn funnel_of(ask: &FunnelAsk, parts: Vec<Funnels>, header: Header) -> Result<Answer, Error> {
    let mut funnels = Funnels::new();
    for (channel, funnel) in parts.into_iter().flatten() {
        funnels.entry(channel).or_insert_with(|| Funnel::new(STAGES.len())).merge(funnel);
    }
    let mut whole_shop = Funnel::new(STAGES.len());
    funnels.values().for_each(|funnel| whole_shop.merge(funnel.clone()));
    let (answer, notes) = told(ask, funnels, &whole_shop);
    Answer::new(header, answer, notes)
}

fn told(ask: &FunnelAsk, funnels: Funnels, whole_shop: &Funnel) -> (Vec<AnswerColumn>, Vec<String>) {
    // A step that nobody was ever seen to do is one that the store hears nothing of.
    let seen: Vec<usize> = (0..STAGES.len()).filter(|step| whole_shop.steps()[*step].seen > 0).collect();
    let stages: Vec<Stage> = seen.iter().map(|step| STAGES[*step]).collect();
    let mut funnels: Vec<(Option<String>, Funnel)> = funnels.into_iter().collect();
    funnels.sort_by(|a, b| b.1.customers().cmp(&a.1.customers()).then_with(|| a.0.cmp(&b.0)));
    let channels = funnels.len();
    funnels.truncate(if ask.by_channel { ask.most.max(1) } else { usize::MAX });
    let rows: Vec<(&Option<String>, usize, Step)> = funnels
        .iter()
        .flat_map(|(channel, funnel)| {
            let steps = funnel.steps();
            seen.iter().enumerate().map(move |(place, step)| (channel, place, steps[*step])).collect::<Vec<_>>()
        })
        .collect();
    let mut columns = Vec::new();
    if ask.by_channel {
        columns.push(AnswerColumn::text("channel", rows.iter().map(|row| row.0.clone())));
    }
    columns.extend([
        AnswerColumn::text("step", rows.iter().map(|row| Some(stages[row.1].id().to_owned()))),
        AnswerColumn::count("reached", rows.iter().map(|row| Some(row.2.reached))),
        AnswerColumn::share("of_before_share", rows.iter().map(|row| row.2.of_before.filter(|_| row.1 > 0))),
        AnswerColumn::share("of_all_share", rows.iter().map(|row| row.2.of_all)),
        AnswerColumn::number("median_days", rows.iter().map(|row| row.2.days_from_before.filter(|_| row.1 > 0))),
        AnswerColumn::count("seen", rows.iter().map(|row| Some(row.2.seen))),
        AnswerColumn::count("stopped", rows.iter().map(|row| Some(row.2.stopped))),
        AnswerColumn::text("segment", rows.iter().map(|row| stopped(&stages, row.1))),
    ]);
    let mut notes = vec![format!(
        "of {}; reached: did the step or a later one; stopped: came no further; median_days: from the step before, of those who did both",
        counted(whole_shop.customers(), "customer", "customers")
    )];
    if whole_shop.none() > 0 {
        notes.push(format!("{} did none of these steps", counted(whole_shop.none(), "customer", "customers")));
    }
    let unheard: Vec<&str> = (0..STAGES.len()).filter(|step| !seen.contains(step)).map(|step| STAGES[step].id()).collect();
    if !unheard.is_empty() {
        notes.push(format!("the store has heard of no {}; such steps are left out", unheard.join(", no ")));
    }
    if stages.iter().any(|stage| !matches!(stage, Stage::Purchase(_))) {
        notes.push("visitors who never said who they are are no customers and are not in it".to_owned());
    }
    if channels > funnels.len() {
        notes.push(format!("{} of {} channels shown; --top N shows more", whole(funnels.len() as u64), whole(channels as u64)));
    }
    (columns, notes)
}
