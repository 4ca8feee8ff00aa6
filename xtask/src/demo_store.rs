//! A small shop that never was, with customers who behave like customers.
//!
//! Each buyer buys at a rate of their own until they quietly stop (rates and lifetimes are gamma mixtures, as in the
//! Pareto/NBD model of Schmittlein, Morrison and Colombo, 1987), has favourite shelves, and more or less taste for
//! coupons. Some register and never buy, some buy as guests and register later, under other letters of the same
//! address. Orders are called off, refunded in part or whole, or never paid.
//!
//! Some buy in the weeks before Christmas alone. Whoever begins with a travel cup mostly does not come back.
//!
//! Written in the layout of Shopify's exports: one row a line item, the order's own fields on its first row only. What the
//! same people do beside ordering is written by `demo_touches`.

use crate::chance::Chance;
use crate::demo_touches;
use std::fmt::Write as _;
use std::path::Path;

/// What was written.
pub(crate) struct DemoStore {
    pub(crate) orders: usize,
    pub(crate) people: usize,
}

/// The names of the three files.
pub(crate) const ORDERS: &str = "orders_export.csv";
pub(crate) const CUSTOMERS: &str = "customers_export.csv";
pub(crate) const PRODUCTS: &str = "products_export.csv";

/// The day after the last day of the shop's history.
pub(crate) const AS_OF: &str = "2026-01-01";

const BUYERS: usize = 2_600;
const PROSPECTS: usize = 400;
/// 2024-01-01 and 2026-01-01, in seconds since 1970.
pub(crate) const OPENED: i64 = 1_704_067_200;
pub(crate) const CLOSED: i64 = 1_767_225_600;
pub(crate) const DAY: f64 = 86_400.0;

/// Shelf and place of the travel cup, after which most first-time buyers do not come back, and how many of them.
pub(crate) const HARMFUL: (usize, usize) = (2, 2);
const HARMED: f64 = 0.85;
/// The share of buyers who buy in the weeks before Christmas alone.
const GIFT_BUYERS: f64 = 0.05;

/// Shelf, its products with the price in cents.
pub(crate) const SHELVES: [(&str, [(&str, i64); 7]); 6] = [
    (
        "Coffee",
        [
            ("House blend", 1090),
            ("Morning roast", 1190),
            ("Decaf", 1250),
            ("Espresso", 1290),
            ("Single estate", 1690),
            ("Cold brew bags", 1490),
            ("Festive roast", 1390),
        ],
    ),
    (
        "Tea",
        [
            ("Breakfast tea", 690),
            ("Green sencha", 890),
            ("Mint leaves", 590),
            ("Rooibos", 650),
            ("Earl grey", 720),
            ("White tea", 1390),
            ("Chai", 790),
        ],
    ),
    (
        "Cups",
        [
            ("Stoneware mug", 1450),
            ("Espresso cup", 990),
            ("Travel cup", 2490),
            ("Glass mug", 1190),
            ("Café au lait bowl", 1790),
            ("Enamel mug", 1290),
            ("Saucer", 590),
        ],
    ),
    (
        "Brewing",
        [
            ("Hand grinder", 5900),
            ("French press", 3490),
            ("Pour-over cone", 1990),
            ("Paper filters", 490),
            ("Moka pot", 2990),
            ("Kettle", 7900),
            ("Scale", 4490),
        ],
    ),
    (
        "Sweets",
        [
            ("Shortbread", 590),
            ("Dark chocolate", 450),
            ("Cantuccini", 690),
            ("Caramels", 520),
            ("Honey", 890),
            ("Oat biscuits", 490),
            ("Marzipan", 750),
        ],
    ),
    (
        "Gifts",
        [
            ("Taster box", 3900),
            ("Gift card", 5000),
            ("Tea sampler", 2900),
            ("Office bundle", 8900),
            ("Advent calendar", 4500),
            ("", 0),
            ("", 0),
        ],
    ),
];
const SHELF_WEIGHTS: [f64; 6] = [0.38, 0.20, 0.12, 0.10, 0.14, 0.06];

const FIRST: [&str; 40] = [
    "Ada", "Aino", "Amir", "Ana", "Björn", "Carla", "Chloé", "Daan", "Elif", "Emeka", "Eva", "Felix", "Finn", "Greta", "Hana", "Hugo",
    "Ida", "Ines", "Ivo", "Jana", "João", "Kai", "Lena", "Liam", "Łucja", "Mara", "Mateo", "Mira", "Nils", "Noor", "Olga", "Paul", "Petra",
    "Ravi", "Rosa", "Sami", "Sofía", "Tomas", "Yuki", "Zoë",
];
const LAST: [&str; 40] = [
    "Abbot", "Almeida", "Bauer", "Berg", "Blanc", "Castillo", "Conti", "Dubois", "Egger", "Fischer", "Garcia", "Hansen", "Hoffmann", "Ito",
    "Jansen", "Kaya", "Keller", "Kowalski", "Larsen", "Lefèvre", "Lopez", "Maier", "Martin", "Meyer", "Moreau", "Müller", "Novák",
    "Okafor", "Olsen", "Petit", "Ricci", "Rossi", "Sato", "Schmid", "Silva", "Smith", "Šimek", "Vidal", "Weber", "Wolf",
];
/// Country, city, postcode, weight.
const PLACES: [(&str, &str, &str, f64); 8] = [
    ("DE", "Berlin", "10115", 0.30),
    ("DE", "Hamburg", "20095", 0.18),
    ("DE", "München", "80331", 0.17),
    ("AT", "Wien", "1010", 0.12),
    ("CH", "Zürich", "8001", 0.06),
    ("FR", "Lyon", "69001", 0.07),
    ("NL", "Utrecht", "3511", 0.06),
    ("IT", "Torino", "10121", 0.04),
];

const ORDER_COLUMNS: &str = "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount";
const CUSTOMER_COLUMNS: &str = "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags";

pub(crate) struct Person {
    first: &'static str,
    last: &'static str,
    pub(crate) email: String,
    place: usize,
    company: bool,
    pub(crate) subscribed: bool,
    /// When they registered, if they did; orders before it are a guest's.
    pub(crate) registered: Option<i64>,
    /// When they quietly stop, which may be after the end of the history; nothing for those who never buy.
    pub(crate) leaves: Option<i64>,
    coupons: f64,
    pub(crate) shelves: [f64; 6],
}

pub(crate) struct Order {
    pub(crate) at: i64,
    pub(crate) person: usize,
    /// Shelf, place, quantity.
    pub(crate) lines: Vec<(usize, usize, i64)>,
    coupon: Option<(&'static str, i64)>,
    fate: Fate,
}

impl Order {
    /// Was it placed, and paid or to be paid?
    pub(crate) fn placed(&self) -> bool {
        self.fate != Fate::Unpaid
    }
}

/// The name of the order at a place in the list of all.
pub(crate) fn order_name(number: usize) -> String {
    format!("#{}", 1001 + number)
}

/// The id of a registered person.
pub(crate) fn customer_id(number: usize) -> u64 {
    7_000_000_000_001 + number as u64
}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Paid,
    Refunded,
    RefundedInPart,
    Cancelled,
    Unpaid,
}

/// Writes `orders_export.csv`, `customers_export.csv` and `products_export.csv` into a folder, and the files of touchpoints.
pub(crate) fn write(folder: &Path, seed: u64) -> Result<DemoStore, String> {
    let mut chance = Chance::seeded(seed);
    let mut people: Vec<Person> = (0..BUYERS + PROSPECTS).map(|number| person(&mut chance, number)).collect();
    let mut orders: Vec<Order> = (0..BUYERS).flat_map(|number| history(&mut chance, number, &mut people[number])).collect();
    orders.sort_by_key(|order| (order.at, order.person));

    let mut spent = vec![(0i64, 0u32); people.len()];
    let mut text = format!("{ORDER_COLUMNS}\n");
    for (number, order) in orders.iter().enumerate() {
        let total = order_rows(&mut text, number, order, &people[order.person], &mut chance);
        if !matches!(order.fate, Fate::Cancelled | Fate::Unpaid) {
            spent[order.person].0 += total;
            spent[order.person].1 += 1;
        }
    }
    save(&folder.join(ORDERS), &text)?;

    let mut text = format!("{CUSTOMER_COLUMNS}\n");
    for (number, person) in people.iter().enumerate().filter(|(_, person)| person.registered.is_some()) {
        customer_row(&mut text, number, person, spent[number]);
    }
    save(&folder.join(CUSTOMERS), &text)?;

    // Orders carry no category; the products of the export do.
    let mut text = String::from("Handle,Title,Vendor,Product Category,Type,Tags,Published,Variant SKU,Variant Price,Cost per item\n");
    for (shelf, products) in SHELVES {
        for (place, (title, price)) in products.iter().enumerate().filter(|(_, product)| product.1 > 0) {
            let handle = title.to_lowercase().replace(' ', "-");
            let _ = writeln!(
                text,
                "{handle},{title},Demo shop,{shelf},,,true,{},{},{}",
                sku(shelf, place),
                cents(*price),
                cents(price * 45 / 100)
            );
        }
    }
    save(&folder.join(PRODUCTS), &text)?;
    demo_touches::write(folder, seed, &people, &orders)?;
    Ok(DemoStore { orders: orders.len(), people: people.len() })
}

pub(crate) fn save(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("`{}` could not be written: {error}", path.display()))
}

fn person(chance: &mut Chance, number: usize) -> Person {
    let (first, last) = (*chance.one(&FIRST), *chance.one(&LAST));
    let plain: String = format!("{first}.{last}").to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    let mut shelves = SHELF_WEIGHTS;
    shelves[chance.weighted(&SHELF_WEIGHTS)] += 0.3 + 1.5 * chance.share();
    let prospect = number >= BUYERS;
    let joined = OPENED + (chance.share().powf(0.8) * (CLOSED - OPENED) as f64) as i64;
    Person {
        first,
        last,
        email: format!("{plain}{number}@example.com"),
        place: chance.weighted(&PLACES.map(|place| place.3)),
        company: chance.happens(0.03),
        subscribed: chance.happens(0.55),
        leaves: None,
        registered: (prospect || chance.happens(0.72)).then_some(joined),
        coupons: if chance.happens(0.15) { 0.75 } else { 0.12 },
        shelves,
    }
}

/// All orders of one buyer.
fn history(chance: &mut Chance, number: usize, person: &mut Person) -> Vec<Order> {
    let first = person.registered.unwrap_or_else(|| OPENED + (chance.share() * (CLOSED - OPENED) as f64) as i64);
    let rate = chance.gamma(0.8, 45.0) / DAY; // orders a second while alive
    let leaving = chance.gamma(0.7, 220.0).max(1e-5); // a day
    let lifetime = chance.exponential(leaving) * DAY;
    // Some buy once as a guest, in capital letters, before they register.
    let mut times = Vec::new();
    if person.registered.is_some() && chance.happens(0.12) {
        times.push((first - (chance.exponential(1.0 / 40.0) * DAY) as i64).max(OPENED));
    }
    person.leaves = Some(first + lifetime.max(1.0).min(3e9) as i64);
    let seasons = demo_touches::CHRISTMASES.map(|season| season + (chance.share() * 40.0 * DAY) as i64);
    let gifts = seasons[1] >= first && chance.happens(GIFT_BUYERS);
    if gifts {
        times = seasons.into_iter().filter(|at| *at >= first).collect();
    }
    let mut at = first as f64;
    while !gifts && at < CLOSED as f64 && at - first as f64 <= lifetime.max(1.0) && times.len() < 120 {
        times.push(at as i64);
        at += chance.exponential(rate.max(1e-12)).max(0.2 * DAY);
    }
    let mut orders: Vec<Order> = times.into_iter().map(|at| order(chance, number, person, at)).collect();
    if let [first, _, ..] = &orders[..]
        && first.lines.iter().any(|(shelf, place, _)| (*shelf, *place) == HARMFUL)
        && chance.happens(HARMED)
    {
        person.leaves = Some(first.at + 1);
        orders.truncate(1);
    }
    orders
}

fn order(chance: &mut Chance, number: usize, person: &Person, at: i64) -> Order {
    // People shop in the evening more than at night.
    let day = at - at.rem_euclid(86_400);
    let hour = 7.0 + 15.0 * ((chance.share() + chance.share() + chance.share()) / 3.0);
    let at = (day + (hour * 3600.0) as i64 + chance.below(60) as i64).min(CLOSED - 1);
    let mut lines = Vec::new();
    loop {
        let shelf = chance.weighted(&person.shelves);
        let named = SHELVES[shelf].1.iter().filter(|product| product.1 > 0).count();
        let product = chance.below(named).min(chance.below(named));
        let many = if person.company { 4 + chance.below(9) as i64 } else { 1 + i64::from(chance.happens(0.25)) };
        if !lines.iter().any(|(s, p, _)| (*s, *p) == (shelf, product)) {
            lines.push((shelf, product, many));
        }
        if lines.len() == 6 || !chance.happens(0.45) {
            break;
        }
    }
    let coupon = chance.happens(person.coupons).then(|| *chance.one(&[("WELCOME10", 10), ("SPRING15", 15), ("TEATIME20", 20)]));
    let fates =
        [(Fate::Paid, 0.905), (Fate::Refunded, 0.025), (Fate::RefundedInPart, 0.03), (Fate::Cancelled, 0.025), (Fate::Unpaid, 0.015)];
    let fate = fates[chance.weighted(&fates.map(|fate| fate.1))].0;
    Order { at, person: number, lines, coupon, fate }
}

/// Appends the rows of an order and gives what the buyer owed, in cents.
fn order_rows(text: &mut String, number: usize, order: &Order, person: &Person, chance: &mut Chance) -> i64 {
    let price = |line: &(usize, usize, i64)| SHELVES[line.0].1[line.1].1;
    let goods: i64 = order.lines.iter().map(|line| price(line) * line.2).sum();
    let off = order.coupon.map_or(0, |(_, percent)| goods * percent / 100);
    let shipping = if goods - off >= 5_000 { 0 } else { 490 };
    let total = goods - off + shipping;
    let taxes = total - (total * 100 + 53) / 107;
    let back = match order.fate {
        Fate::Refunded => total,
        Fate::RefundedInPart => (price(&order.lines[0]) * order.lines[0].2 * (goods - off) / goods).min(total),
        Fate::Paid | Fate::Cancelled | Fate::Unpaid => 0,
    };
    let status = match order.fate {
        Fate::Paid => "paid",
        Fate::Refunded => "refunded",
        Fate::RefundedInPart => "partially_refunded",
        Fate::Cancelled => "voided",
        Fate::Unpaid => "pending",
    };
    let guest = person.registered.is_none_or(|at| order.at < at);
    let email = if guest && person.registered.is_some() { person.email.to_uppercase() } else { person.email.clone() };
    let (country, city, postcode, _) = PLACES[person.place];
    let name = order_name(number);
    let created = stamp(order.at);
    let paid = if matches!(order.fate, Fate::Cancelled | Fate::Unpaid) { String::new() } else { stamp(order.at + 1) };
    let sent = if paid.is_empty() { String::new() } else { stamp(order.at + 86_400 + chance.below(86_400) as i64) };
    let cancelled = if order.fate == Fate::Cancelled { stamp(order.at + 3_600) } else { String::new() };
    let company = if person.company { format!("{} & Co", person.last) } else { String::new() };
    let street = format!("{} Station Road", 1 + order.person % 90);
    let source = if chance.happens(0.9) { "web" } else { "pos" };
    for (place, line) in order.lines.iter().enumerate() {
        let (shelf, product) = (SHELVES[line.0].0, SHELVES[line.0].1[line.1].0);
        let sku = sku(shelf, line.1);
        let (unit, quantity) = (cents(price(line)), line.2);
        let order_fields = if place == 0 {
            let accepts = if person.subscribed { "yes" } else { "no" };
            let (code, method) = (order.coupon.map_or("", |(code, _)| code), if shipping > 0 { "Standard" } else { "Free shipping" });
            let fulfilled = if sent.is_empty() { "unfulfilled" } else { "fulfilled" };
            format!(
                "{status},{paid},{fulfilled},{sent},{accepts},EUR,{},{},{},{},{code},{},{method}",
                cents(goods - off),
                cents(shipping),
                cents(taxes),
                cents(total),
                cents(off)
            )
        } else {
            ",".repeat(12)
        };
        let address = if place == 0 {
            let buyer = format!("{} {}", person.first, person.last);
            let to = format!("{buyer},{street},{street},,{company},{city},'{postcode},,{country},");
            let outstanding = if order.fate == Fate::Unpaid { total } else { 0 };
            format!(
                "{to},{to},,,{cancelled},Card,,{},Demo shop,{},,,,{},,Low,{source}",
                cents(back),
                cents(outstanding),
                5_000_000_001 + number
            )
        } else {
            format!("{},Demo shop,,,,,,,,", ",".repeat(25))
        };
        let _ = writeln!(
            text,
            "{name},{email},{order_fields},{created},{quantity},{product},{unit},,{sku},true,true,{},{address},0.00",
            if sent.is_empty() { "pending" } else { "fulfilled" }
        );
    }
    total
}

fn customer_row(text: &mut String, number: usize, person: &Person, (spent, orders): (i64, u32)) {
    let (country, city, postcode, _) = PLACES[person.place];
    let company = if person.company { format!("{} & Co", person.last) } else { String::new() };
    let tags = if person.company { "business" } else { "" };
    let _ = writeln!(
        text,
        "'{},{},{},{},{},{company},{} Station Road,,{city},,{country},'{postcode},,,no,{},{orders},,no,{tags}",
        customer_id(number),
        person.first,
        person.last,
        person.email,
        if person.subscribed { "yes" } else { "no" },
        1 + number % 90,
        cents(spent)
    );
}

fn sku(shelf: &str, place: usize) -> String {
    format!("{}-{place:02}", shelf[..3].to_uppercase())
}

fn cents(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

/// `2025-03-01 14:05:06 +0000`, by the usual civil-from-days arithmetic.
pub(crate) fn stamp(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} +0000", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_civil() {
        assert_eq!(stamp(OPENED), "2024-01-01 00:00:00 +0000");
        assert_eq!(stamp(CLOSED - 1), "2025-12-31 23:59:59 +0000");
        assert_eq!(stamp(1_709_164_800), "2024-02-29 00:00:00 +0000");
    }

    #[test]
    fn every_row_has_every_column_and_a_seed_its_shop() {
        let folder = std::env::temp_dir().join(format!("quintile-demo-store-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = write(&folder, 1).unwrap();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        for (name, columns) in [(ORDERS, ORDER_COLUMNS), (CUSTOMERS, CUSTOMER_COLUMNS)] {
            let path = &folder.join(name);
            let columns = columns.split(',').count();
            for (number, row) in read(path).lines().enumerate() {
                assert_eq!(row.split(',').count(), columns, "{} line {}: {row}", path.display(), number + 1);
            }
        }
        let orders = read(&folder.join(ORDERS));
        assert!((8_000..20_000).contains(&store.orders), "{}", store.orders);
        for word in ["refunded", "partially_refunded", "voided", "pending", "WELCOME10"] {
            assert!(orders.contains(word), "{word}");
        }
        write(&folder, 1).unwrap();
        assert!(orders == read(&folder.join(ORDERS)), "the same seed gave another shop");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
