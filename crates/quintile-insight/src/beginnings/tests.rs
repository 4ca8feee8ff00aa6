//! Made-up shops in which it is known what harms.

use super::*;
use quintile_model::ledger::LedgerOrder;

/// A plain generator of numbers (Steele, Lea and Flood 2014, SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn happens(&mut self, probability: f64) -> bool {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 <= probability
    }
}

const PRODUCTS: u64 = 40;
const HARMFUL: u32 = 0;
const CHEAP: u32 = 1;
const BAD_MONTH: u64 = 5;
const MONTHS: u64 = 10;
const WITHIN: i32 = 120;
const LAST_DAY: i32 = 30 * MONTHS as i32 + WITHIN;

/// A shop of so many customers in one bad month and nine others. Who comes back hangs on month, channel, country and how much
/// the first purchase was; with `planted`, on the harmful product too. A cheap product is sold mostly in the bad month.
fn shop(seed: u64, customers: u64, planted: bool) -> Ledger {
    let mut random = Random(seed);
    let mut ledger = Ledger {
        texts: ["web", "app", "DE", "FR", "SPRING"].map(str::to_owned).to_vec(),
        item_names: (0..PRODUCTS).map(|product| format!("p{product}")).collect(),
        item_titles: vec![String::new(); PRODUCTS as usize],
        ..Ledger::default()
    };
    for key in 0..customers {
        let month = random.below(MONTHS);
        let (channel, country, coupon) = (random.below(2), random.below(2), random.happens(0.2));
        let mut items: Vec<u32> = (0..1 + random.below(3)).map(|_| (2 + random.below(PRODUCTS - 2)) as u32).collect();
        if random.happens(0.06) {
            items.push(HARMFUL);
        }
        if random.happens(if month == BAD_MONTH { 0.5 } else { 0.01 }) {
            items.push(CHEAP);
        }
        items.sort_unstable();
        items.dedup();
        let value: i64 = items.iter().map(|item| if *item == CHEAP { 2_0000 } else { 10_0000 + i64::from(*item) * 1_0000 }).sum();
        let mut back = 0.40 + 0.05 * channel as f64 - 0.08 * country as f64 + if value > 60_0000 { 0.08 } else { 0.0 };
        back -= if month == BAD_MONTH { 0.25 } else { 0.0 } + if coupon { 0.07 } else { 0.0 };
        back -= if planted && items.contains(&HARMFUL) { 0.20 } else { 0.0 };
        let day = (month * 30 + random.below(30)) as i32;
        let mut order = |day: i32, gross: i64, items: &[u32]| {
            ledger.orders.push(LedgerOrder {
                day,
                gross: Some(gross),
                discount: 0,
                cost: 0,
                channel: channel as u32,
                country: 2 + country as u32,
                coupon: if coupon { 4 } else { NO_TEXT },
            });
            ledger.items.extend(items);
            ledger.item_ends.push(ledger.items.len() as u32);
        };
        order(day, value, &items);
        if random.happens(back) {
            order(day + 1 + random.below(WITHIN as u64) as i32, 20_0000 + random.below(60) as i64 * 1_0000, &[2]);
        }
        ledger.keys.push(key);
        ledger.order_ends.push(ledger.orders.len() as u32);
        ledger.refund_ends.push(0);
    }
    ledger
}

fn of<'a>(told: &'a [Beginning], name: &str) -> &'a Beginning {
    told.iter().find(|beginning| beginning.name.as_deref() == Some(name)).unwrap()
}

#[test]
fn the_harmful_product_is_named_and_the_cheap_one_of_a_bad_month_is_cleared() {
    for seed in 1..=10 {
        let beginnings = Beginnings::of(&shop(seed, 8_000, true), LAST_DAY, WITHIN);
        let told = beginnings.told(By::Item);
        let harmful = of(&told, "p0");
        assert_eq!(harmful.verdict, Verdict::Fewer, "{seed}: {harmful:?}");
        let matched = harmful.matched.unwrap();
        assert!(matched.interval.0 < -0.20 + 0.05 && matched.interval.1 < 0.0 && matched.later < 0.0, "{seed}: {matched:?}");
        let cheap = of(&told, "p1");
        let all = beginnings.back() as f64 / beginnings.customers() as f64;
        assert!(cheap.back_interval.1 < all - 0.05, "{seed}: the plain share of the cheap product looks bad: {cheap:?}");
        assert_ne!(cheap.verdict, Verdict::Fewer, "{seed}: {cheap:?}");
    }
}

#[test]
fn where_nothing_harms_next_to_nothing_is_named() {
    // `cargo xtask prove harmful` asks for more shops, and for others.
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (shops, seed) = (number("QUINTILE_HARMFUL_SHOPS", 200), number("QUINTILE_HARMFUL_SEED", 10_000));
    let mut wrong = Vec::new();
    let (mut told, mut verdicts) = (0, 0);
    for nth in 0..shops {
        let found = Beginnings::of(&shop(seed + nth, 6_000, false), LAST_DAY, WITHIN).told(By::Item);
        let some = found.iter().filter(|beginning| matches!(beginning.verdict, Verdict::Fewer | Verdict::More)).count();
        told += found.iter().filter(|beginning| beginning.verdict != Verdict::TooFew).count();
        verdicts += some;
        if some > 0 {
            wrong.push(nth);
        }
    }
    let rate = 100.0 * wrong.len() as f64 / shops as f64;
    println!("harmful: {} of {shops} shops ({rate:.1} %) have a false verdict, {verdicts} of {told} products", wrong.len());
    // Where nothing is there, any discovery is a false one: one shop in twenty may have some.
    let most = shops as f64 * FALSE_DISCOVERIES + 2.0 * (shops as f64 * FALSE_DISCOVERIES * (1.0 - FALSE_DISCOVERIES)).sqrt();
    let most = if shops == 200 && seed == 10_000 { shops as f64 * FALSE_DISCOVERIES } else { most };
    assert!(wrong.len() as f64 <= most, "{} of {shops}: {wrong:?}", wrong.len());
}

#[test]
fn parts_are_the_whole_and_channels_are_told_too() {
    let whole = shop(3, 4_000, true);
    let all = Beginnings::of(&whole, LAST_DAY, WITHIN);
    // The same customers in two parts, the second with other numbers for the same names.
    let mut later = Ledger { keys: whole.keys[2_000..].to_vec(), ..whole.clone() };
    let (order, item) = (whole.order_ends[1_999], whole.item_ends[whole.order_ends[1_999] as usize - 1]);
    later.orders = whole.orders[order as usize..].to_vec();
    later.order_ends = whole.order_ends[2_000..].iter().map(|end| end - order).collect();
    later.items = whole.items[item as usize..].iter().map(|place| PRODUCTS as u32 - 1 - place).collect();
    later.item_ends = whole.item_ends[order as usize..].iter().map(|end| end - item).collect();
    later.item_names.reverse();
    let mut earlier = whole.clone();
    earlier.keys.truncate(2_000);
    let mut parts = Beginnings::of(&earlier, LAST_DAY, WITHIN);
    parts.merge(Beginnings::of(&later, LAST_DAY, WITHIN));
    assert_eq!(parts.told(By::Item), all.told(By::Item));
    let channels = all.told(By::Channel);
    assert_eq!(channels.iter().map(|channel| channel.customers).sum::<u64>(), 4_000);
    assert_eq!(of(&channels, "app").verdict, Verdict::More, "{channels:?}");
}

#[test]
fn who_began_too_lately_says_nothing() {
    let ledger = shop(5, 500, false);
    let found = Beginnings::of(&ledger, LAST_DAY - 60, WITHIN);
    let young = (0..ledger.customers()).filter(|customer| ledger.orders[ledger.orders_of(*customer).start].day > LAST_DAY - 60 - WITHIN);
    assert_eq!(found.too_young, young.count() as u64);
    assert_eq!(found.customers() + found.too_young, 500);
    assert!(Beginnings::default().told(By::Item).is_empty());
}

#[test]
fn fifths_keep_equal_values_together() {
    assert_eq!(fifths((1..=10).collect()), [2, 4, 6, 8]);
    assert_eq!(fifths(vec![7; 10]), [7]);
    assert!(fifths(Vec::new()).is_empty());
}
