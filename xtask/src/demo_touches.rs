//! What the people of the demo shop do beside ordering, and what happens to them.
//!
//! They look before they buy, leave carts behind, open mails as long as they like the shop, complain before they leave,
//! answer when asked, and bring friends. All of it follows from the orders and from a seed of its own, so that it changes
//! no order. `docs/reference/demo-store.md` says how often each thing happens.
//!
//! Written as plain tables whose columns are named as those of records.

use crate::chance::Chance;
use crate::demo_store::{CLOSED, DAY, HARMFUL, OPENED, Order, Person, SHELVES, customer_id, order_name, save, stamp};
use std::fmt::Write as _;
use std::path::Path;

/// The files, with their columns.
pub(crate) const FILES: [(&str, &str); 8] = [
    ("events.csv", "id,customer_id,email,visitor_id,at,name,visit,page,product,category,term,seconds,device,platform,channel,campaign"),
    ("carts.csv", "id,customer_id,email,at,checkout,emptied,order_id,value,currency,units,product"),
    ("messages.csv", "id,customer_id,email,at,channel,action,message,campaign,machine,link"),
    ("tickets.csv", "id,customer_id,email,at,channel,status,complaint,solved_at,score,product"),
    ("reviews.csv", "id,customer_id,email,at,product,rating"),
    ("surveys.csv", "id,customer_id,email,at,survey,question,measure,answer,score"),
    ("referrals.csv", "id,customer_id,email,at,code,referred_id,referred_email,order_id"),
    ("consents.csv", "id,customer_id,email,at,channel,state,method"),
];

/// What tickets and the winning of customers cost.
pub(crate) const COSTS: &str = "costs.csv";

const HOUR: i64 = 3_600;
/// The tenth of November of both years, from which on forty days bring more visits.
pub(crate) const CHRISTMASES: [i64; 2] = [1_731_196_800, 1_762_732_800];
const LAST_YEAR: i64 = 1_735_689_600;
/// Visitors who never say who they are.
const STRANGERS: usize = 300;
/// Newsletters go out every fortnight at ten.
const FORTNIGHT: i64 = 14 * 86_400;

/// The rows of all files, each with its time.
struct Files([Vec<(i64, String)>; 8]);

#[derive(Clone, Copy)]
enum File {
    Events,
    Carts,
    Messages,
    Tickets,
    Reviews,
    Surveys,
    Referrals,
    Consents,
}

impl Files {
    /// A row of somebody, at a time within the history; `rest` is what follows the time.
    fn add(&mut self, file: File, who: &str, at: i64, rest: &str) {
        if (OPENED..CLOSED).contains(&at) {
            self.0[file as usize].push((at, format!("{who},{},{rest}", stamp(at))));
        }
    }
}

/// What is drawn once for each person.
struct Ways {
    device: &'static str,
    app: bool,
    /// Half of all sources count visits themselves.
    counted: bool,
    channel: &'static str,
    /// How likely they open a mail while they like the shop.
    opens: f64,
    /// Their mail client loads all pictures.
    loads_pictures: bool,
}

pub(crate) fn write(folder: &Path, seed: u64, people: &[Person], orders: &[Order]) -> Result<(), String> {
    let mut chance = Chance::seeded(seed ^ 0x7011_C4E5);
    let mut files = Files(Default::default());
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); people.len()];
    orders.iter().enumerate().for_each(|(place, order)| own[order.person].push(place));
    for (number, person) in people.iter().enumerate() {
        let someone = Someone { number, person, orders: own[number].iter().map(|place| (*place, &orders[*place])).collect() };
        let ways = Ways {
            device: ["desktop", "mobile", "tablet"][chance.weighted(&[0.42, 0.5, 0.08])],
            app: chance.happens(0.15),
            counted: chance.happens(0.5),
            channel: ["google", "instagram", "newsletter", ""][chance.weighted(&[0.4, 0.25, 0.15, 0.2])],
            opens: 0.15 + 0.6 * chance.share(),
            loads_pictures: chance.happens(0.3),
        };
        visits(&mut chance, &mut files, &someone, &ways);
        let until = consents(&mut chance, &mut files, &someone);
        mails(&mut chance, &mut files, &someone, &ways, until);
        care(&mut chance, &mut files, &someone);
        answers(&mut chance, &mut files, &someone);
        // A friend is somebody else whose first order comes later.
        if someone.orders.len() >= 4 && chance.happens(0.3) {
            let friend = chance.below(people.len());
            referral(&mut files, &someone, friend, &people[friend], own[friend].first().map(|place| (*place, &orders[*place])));
        }
    }
    for stranger in 0..STRANGERS {
        let at = OPENED + (chance.share() * (CLOSED - OPENED) as f64) as i64;
        for view in 0..1 + chance.below(4) as i64 {
            let rest = format!("page_viewed,,/,,,,{},mobile,web,google,", 5 + chance.below(90));
            files.add(File::Events, &format!(",,stranger-{stranger}"), at + 40 * view, &rest);
        }
    }
    for ((name, header), mut rows) in FILES.into_iter().zip(files.0) {
        rows.sort();
        let mut text = format!("{header}\n");
        for (number, (_, row)) in rows.iter().enumerate() {
            let _ = writeln!(text, "{}-{},{row}", &name[..2], number + 1);
        }
        save(&folder.join(name), &text)?;
    }
    save(&folder.join(COSTS), &costs(&mut chance))
}

/// A ticket costs more from March of the second year on; channels cost something each month.
fn costs(chance: &mut Chance) -> String {
    let mut text = "what,channel,period,amount,currency\nticket,,2024-01-01,6.50,EUR\nticket,,2025-03-01,7.20,EUR\n".to_owned();
    for month in 0..24 {
        let period = format!("{}-{:02}", 2024 + month / 12, month % 12 + 1);
        for (channel, euros) in [("Google", 500), ("Instagram", 350), ("newsletter", 60)] {
            let _ = writeln!(text, "acquisition,{channel},{period},{}.50,EUR", euros + chance.below(200));
        }
    }
    text
}

/// One person with all orders, by place in the list of all.
struct Someone<'a> {
    number: usize,
    person: &'a Person,
    orders: Vec<(usize, &'a Order)>,
}

impl Someone<'_> {
    /// Customer id and e-mail, as files of people who are known name them.
    fn who(&self) -> String {
        match self.person.registered {
            Some(_) => format!("{},{}", customer_id(self.number), self.person.email),
            None => format!(",{}", self.person.email),
        }
    }

    /// When the shop first hears of them.
    fn joined(&self) -> i64 {
        let first = self.orders.first().map(|(_, order)| order.at);
        self.person.registered.into_iter().chain(first).min().unwrap_or(OPENED)
    }

    fn leaves(&self) -> i64 {
        self.person.leaves.unwrap_or(self.joined() + FORTNIGHT)
    }

    /// How much of their first liking is left: all of it until they leave, then less by the week.
    fn liking(&self, at: i64) -> f64 {
        (-((at - self.leaves()).max(0) as f64) / (45.0 * DAY)).exp()
    }

    /// Somewhere between hearing of the shop and losing interest in it.
    fn sometime(&self, chance: &mut Chance) -> i64 {
        let end = (self.leaves() + 30 * DAY as i64).min(CLOSED);
        self.joined() + (chance.share() * (end - self.joined()).max(1) as f64) as i64
    }
}

fn visits(chance: &mut Chance, files: &mut Files, someone: &Someone<'_>, ways: &Ways) {
    let mut number = 0;
    for (place, order) in &someone.orders {
        if !chance.happens(0.85) {
            continue;
        }
        number += 1;
        Visit::of(chance, someone, ways, number, order.at - 15 * 60).go(chance, files, someone, &order.lines);
        let touched = order.at - 30 - chance.below(400) as i64;
        cart(chance, files, someone, touched, Fate::Ordered(*place, order));
    }
    // Some come to look, more so before Christmas, and some of those leave a cart behind.
    let looks = if someone.orders.is_empty() { chance.below(5) } else { chance.below(2 + 2 * someone.orders.len().min(12)) };
    for _ in 0..looks {
        let mut at = someone.sometime(chance);
        if chance.happens(0.2) {
            at = if at < LAST_YEAR { CHRISTMASES[0] } else { CHRISTMASES[1] } + chance.below(40 * 86_400) as i64;
        }
        if at < someone.joined() {
            continue;
        }
        number += 1;
        Visit::of(chance, someone, ways, number, at).go(chance, files, someone, &[]);
        if chance.happens(0.35) {
            let fate = if chance.happens(0.08) { Fate::Emptied } else { Fate::Left { checkout: chance.happens(0.45) } };
            cart(chance, files, someone, at + 600, fate);
        }
    }
}

/// A visit of some minutes.
struct Visit {
    /// Who they are, once they have said so, and their browser.
    who: String,
    visitor: String,
    id: String,
    counted: bool,
    /// Device, platform, channel and campaign.
    how: String,
    stranger: bool,
    at: i64,
}

impl Visit {
    fn of(chance: &mut Chance, someone: &Someone<'_>, ways: &Ways, number: usize, at: i64) -> Self {
        let platform = if ways.app && chance.happens(0.6) { "app" } else { "web" };
        let channel = if number == 1 || chance.happens(0.5) { ways.channel } else { "" };
        let campaign = if channel == "instagram" { "cups-in-spring" } else { "" };
        Visit {
            who: someone.who(),
            visitor: format!("visitor-{}", someone.number),
            id: if ways.counted { format!("v{}-{number}", someone.number) } else { String::new() },
            counted: ways.counted,
            how: format!("{},{platform},{channel},{campaign}", ways.device),
            // The first visit of many is of a stranger until they say who they are.
            stranger: number == 1 && chance.happens(0.5),
            at,
        }
    }

    /// They look around, and at what they are about to buy.
    fn go(mut self, chance: &mut Chance, files: &mut Files, someone: &Someone<'_>, bought: &[(usize, usize, i64)]) {
        self.add(chance, files, "page_viewed", "/,,,");
        for view in 0..bought.len().max(1) + chance.below(4) {
            let line = bought.get(view).map(|(shelf, place, _)| (*shelf, *place));
            let (shelf, place) = line.unwrap_or_else(|| (chance.weighted(&someone.person.shelves), chance.below(5)));
            let (shelf, products) = SHELVES[shelf];
            self.add(chance, files, "product_viewed", &format!("/products,{},{shelf},", products[place].0));
        }
        if chance.happens(0.2) {
            let term = SHELVES[chance.below(6)].0.to_lowercase();
            self.add(chance, files, "searched", &format!("/search,,,{term}"));
        }
        if self.stranger {
            self.stranger = false;
            self.add(chance, files, "identified", "/account,,,");
        }
    }

    /// `what` is page, product, category and term.
    fn add(&mut self, chance: &mut Chance, files: &mut Files, name: &str, what: &str) {
        let Visit { who, visitor, id, how, .. } = &*self;
        let who = if self.stranger { format!(",,{visitor}") } else { format!("{who},{visitor}") };
        let seconds = 5 + chance.below(140);
        let said = if self.counted { seconds.to_string() } else { String::new() };
        files.add(File::Events, &who, self.at, &format!("{name},{id},{what},{said},{how}"));
        self.at += (seconds + chance.below(30)) as i64;
    }
}

/// What becomes of a cart.
enum Fate<'a> {
    Ordered(usize, &'a Order),
    Left { checkout: bool },
    Emptied,
}

fn cart(chance: &mut Chance, files: &mut Files, someone: &Someone<'_>, at: i64, fate: Fate<'_>) {
    let (checkout, emptied, order, lines) = match fate {
        Fate::Ordered(place, order) => {
            let name = if order.placed() { order_name(place) } else { String::new() };
            (true, false, name, order.lines.clone())
        }
        Fate::Left { checkout } => (checkout, false, String::new(), vec![something(chance, someone)]),
        Fate::Emptied => (false, true, String::new(), vec![something(chance, someone)]),
    };
    let worth: i64 = lines.iter().map(|(shelf, place, units)| SHELVES[*shelf].1[*place].1 * units).sum();
    let units: i64 = lines.iter().map(|(.., units)| units).sum();
    let product = SHELVES[lines[0].0].1[lines[0].1].0;
    let rest = format!("{checkout},{emptied},{order},{}.{:02},EUR,{units},{product}", worth / 100, worth % 100);
    files.add(File::Carts, &someone.who(), at, &rest);
}

fn something(chance: &mut Chance, someone: &Someone<'_>) -> (usize, usize, i64) {
    (chance.weighted(&someone.person.shelves), chance.below(5), 1)
}

/// Gives consents, and says until when mails may be sent.
fn consents(chance: &mut Chance, files: &mut Files, someone: &Someone<'_>) -> Option<i64> {
    let (who, joined) = (someone.who(), someone.joined());
    if chance.happens(0.12) {
        files.add(File::Consents, &who, joined + HOUR, "sms,SUBSCRIBED,checkout");
    }
    if chance.happens(0.08) {
        files.add(File::Consents, &who, joined + 2 * HOUR, "push,SUBSCRIBED,app");
    }
    if !someone.person.subscribed {
        return None;
    }
    if chance.happens(0.3) {
        files.add(File::Consents, &who, joined, "email,PENDING,form");
    }
    files.add(File::Consents, &who, joined + 60, "email,SUBSCRIBED,form");
    // Most never take it back, and those who do, mostly after they have left.
    let ends = chance.happens(0.25).then(|| someone.leaves() + (chance.exponential(1.0 / 60.0) * DAY) as i64);
    if let Some(at) = ends.filter(|at| *at > joined + 60) {
        files.add(File::Consents, &who, at, "email,UNSUBSCRIBED,link");
    }
    Some(ends.unwrap_or(CLOSED))
}

fn mails(chance: &mut Chance, files: &mut Files, someone: &Someone<'_>, ways: &Ways, until: Option<i64>) {
    let Some(until) = until else { return };
    let who = someone.who();
    for issue in 0..(CLOSED - OPENED) / FORTNIGHT {
        let sent = OPENED + issue * FORTNIGHT + 10 * HOUR;
        if sent <= someone.joined() + 60 || sent >= until {
            continue;
        }
        let (message, campaign) = (format!("n{issue}-{}", someone.number), format!("newsletter-{}", issue + 1));
        let mut add = |at: i64, action: &str, machine: &str, link: &str| {
            files.add(File::Messages, &who, at, &format!("email,{action},{message},{campaign},{machine},{link}"));
        };
        add(sent, "sent", "", "");
        if chance.happens(0.015) {
            add(sent + 20, "bounced", "", "");
            continue;
        }
        if ways.loads_pictures {
            add(sent + 90, "opened", "true", "");
        }
        if chance.happens(ways.opens * someone.liking(sent)) {
            let opened = sent + 300 + (chance.exponential(1.0 / 9.0) * HOUR as f64) as i64;
            add(opened, "opened", "false", "");
            if chance.happens(0.15) {
                add(opened + 30, "clicked", "false", "/new");
            }
        }
    }
    if until < CLOSED {
        let rest = format!("email,unsubscribed,last-{},farewell,,", someone.number);
        files.add(File::Messages, &who, until, &rest);
    }
}

fn care(chance: &mut Chance, files: &mut Files, someone: &Someone<'_>) {
    let who = someone.who();
    let product = |line: &(usize, usize, i64)| SHELVES[line.0].1[line.1].0;
    for (_, order) in &someone.orders {
        let harmed = order.lines.iter().any(|(shelf, place, _)| (*shelf, *place) == HARMFUL);
        if chance.happens(if harmed { 0.25 } else { 0.05 }) {
            let at = order.at + (1 + chance.below(6) as i64) * 86_400;
            let score = if harmed { 1 + chance.below(2) } else { 3 + chance.below(3) };
            let rest = format!("email,solved,{harmed},{},{score},{}", stamp(at + 20 * HOUR), product(&order.lines[0]));
            files.add(File::Tickets, &who, at, &rest);
        }
        if chance.happens(0.08) {
            let rating = if harmed { 1 + chance.below(2) } else { 3 + chance.below(3) };
            let at = order.at + (8 + chance.below(20) as i64) * 86_400;
            files.add(File::Reviews, &who, at, &format!("{},{rating}", product(&order.lines[0])));
        }
    }
    // Many of those who leave after several orders have complained a few days before their last one.
    if let [_, .., (_, last)] = &someone.orders[..]
        && someone.leaves() < CLOSED - 60 * DAY as i64
        && chance.happens(0.35)
    {
        let at = last.at - (1 + chance.below(10) as i64) * 86_400;
        let rest = format!("chat,closed,true,{},{},{}", stamp(at + 50 * HOUR), 1 + chance.below(2), product(&last.lines[0]));
        files.add(File::Tickets, &who, at, &rest);
    }
}

fn answers(chance: &mut Chance, files: &mut Files, someone: &Someone<'_>) {
    let who = someone.who();
    if let Some((_, first)) = someone.orders.first()
        && chance.happens(0.25)
    {
        let at = first.at + 20 * 86_400;
        // Who is still there is glad of the shop, and who has left is not.
        let stays = someone.leaves() > at + 60 * 86_400;
        let nps = if stays { 7 + chance.below(4) } else { chance.below(8) };
        files.add(File::Surveys, &who, at, &format!("after the first order,Would you recommend us?,nps,,{nps}"));
        let csat = if stays { 4 + chance.below(2) } else { 1 + chance.below(4) };
        files.add(File::Surveys, &who, at, &format!("after the first order,How satisfied are you?,csat,,{csat}"));
    }
    if someone.person.registered.is_some() && chance.happens(0.2) {
        let at = someone.joined() + 120;
        let favourite = someone.person.shelves.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(shelf, _)| shelf);
        let second = SHELVES[chance.below(6)].0;
        let likes = format!("{}, {second}", SHELVES[favourite].0);
        let need = *chance.one(&["a gift", "a treat", "the office"]);
        let value = *chance.one(&["fair trade", "price", "taste"]);
        let gender = *chance.one(&["female", "male", "other"]);
        let (year, month, day) = (1950 + chance.below(55), 1 + chance.below(12), 1 + chance.below(28));
        for (question, measure, answer) in [
            ("What do you like?", "interest", format!("\"{likes}\"")),
            ("What are you looking for?", "need", need.to_owned()),
            ("What counts for you?", "value", value.to_owned()),
            ("You are?", "gender", gender.to_owned()),
            ("When were you born?", "birthday", format!("{year}-{month:02}-{day:02}")),
        ] {
            files.add(File::Surveys, &who, at, &format!("welcome,{question},{measure},{answer},"));
        }
    }
}

fn referral(files: &mut Files, someone: &Someone<'_>, friend: usize, who: &Person, first: Option<(usize, &Order)>) {
    let Some((place, order)) = first.filter(|(_, order)| friend != someone.number && order.at > someone.joined()) else { return };
    let id = who.registered.map(|_| customer_id(friend).to_string()).unwrap_or_default();
    let rest = format!("FRIEND-{},{id},{},{}", someone.number, who.email, order_name(place));
    // No two people bring a friend at one moment, so that one of them was the first.
    files.add(File::Referrals, &someone.who(), order.at - 60 - someone.number as i64, &rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo_store;

    fn shop(seed: u64) -> Vec<String> {
        let folder = std::env::temp_dir().join(format!("quintile-demo-touches-{seed}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        demo_store::write(&folder, seed).unwrap();
        let texts = FILES.map(|(name, _)| std::fs::read_to_string(folder.join(name)).unwrap()).to_vec();
        std::fs::remove_dir_all(&folder).unwrap();
        texts
    }

    #[test]
    fn every_row_has_every_column_and_a_seed_its_shop() {
        let texts = shop(11);
        for ((name, header), text) in FILES.iter().zip(&texts) {
            let columns = header.split(',').count();
            assert!(text.lines().count() > 60, "{name}");
            for row in text.lines() {
                // Likes stand in quotes and hold a comma.
                let quoted = usize::from(row.contains('"'));
                assert_eq!(row.split(',').count(), columns + quoted, "{name}: {row}");
            }
        }
        assert!(texts == shop(11), "the same seed gave another shop");
    }

    /// The share of rows with this word among rows with that one.
    fn share(text: &str, of: &str, word: &str) -> f64 {
        let all: Vec<&str> = text.lines().filter(|row| row.contains(of)).collect();
        all.iter().filter(|row| row.contains(word)).count() as f64 / all.len() as f64
    }

    #[test]
    fn what_was_planted_has_grown() {
        let texts = shop(12);
        let (carts, tickets) = (&texts[File::Carts as usize], &texts[File::Tickets as usize]);
        let left = share(carts, ",EUR,", ",false,,");
        assert!((0.2..0.8).contains(&left), "carts without an order: {left}");
        let complaints = share(tickets, "Travel cup", ",true,");
        assert!(complaints > 0.4, "complaints about the travel cup: {complaints}");
    }
}
