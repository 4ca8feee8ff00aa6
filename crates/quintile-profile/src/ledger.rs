//! The ledger of a batch: orders and refunds that count, with their days and money, by the rules of the profile.

use crate::baskets::Item;
use crate::days::LocalTime;
use crate::lines::{Coded, NO_TEXT};
use crate::question::{ProfileError, ProfileQuestion, facts_needed};
use crate::value::order_discounts;
use crate::who::chosen;
use crate::work::Work;
use arrow::array::Array;
use quintile_model::CustomerBatch;
use quintile_model::batch::FactColumns;
use quintile_model::columns::{instants, repeated};
use quintile_model::ledger::{self, Ledger, LedgerOrder, LedgerRefund};
use std::collections::HashMap;

/// What stands as the items of each order in a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerItems {
    /// Its goods.
    Goods(Item),
    /// The place it went to, else the one its customer is of, with the country: `Lyon, FR`.
    Place(PlaceLevel),
    /// What is said of its customer: each of their tags, and their gender as `gender:f`.
    Who,
}

/// How near a place is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceLevel {
    /// State or province.
    Region,
    /// City.
    City,
    /// Postcode.
    Postcode,
}

impl PlaceLevel {
    /// The column of orders and customers, which is also the name in answers.
    pub fn column(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::City => "city",
            Self::Postcode => "postcode",
        }
    }
}

/// Which facts [`ledger()`] reads.
pub fn ledger_needed(items: Option<LedgerItems>, question: &ProfileQuestion) -> FactColumns {
    let mut names = vec!["amount_spent", "country", "first_channel", "coupon_order_share"];
    if let Some(LedgerItems::Goods(item)) = items {
        names.push(item.needs());
    }
    let columns = names.into_iter().filter_map(crate::columns::find).collect();
    let mut wanted = facts_needed(&ProfileQuestion { columns, ..question.clone() });
    let mut lines = vec!["kind", "discount", "amount"];
    if !question.costs.is_empty() {
        lines.extend(["product", "quantity"]);
    }
    if matches!(items, Some(LedgerItems::Goods(_))) {
        lines.push("title");
    }
    let (mut orders, mut customers) = (vec!["discount", "country"], vec!["registered"]);
    match items {
        Some(LedgerItems::Place(level)) => {
            orders.push(level.column());
            customers.push(level.column());
        }
        Some(LedgerItems::Who) => customers.extend(["tags", "gender"]),
        Some(LedgerItems::Goods(_)) | None => {}
    }
    wanted = wanted.and(&FactColumns { orders, customers, lines: Some(lines), ..FactColumns::default() });
    wanted
}

/// The ledger of a batch, read with [`ledger_needed`] for the same items.
pub fn ledger(batch: &CustomerBatch, items: Option<LedgerItems>, question: &ProfileQuestion) -> Result<Ledger, ProfileError> {
    let work = Work::new(batch, question);
    let (values, refunds) = (work.values()?, work.refunds()?);
    let mut texts = Texts::default();
    let mut coded = |column: &str| -> Vec<u32> {
        let coded = Coded::of(repeated(&batch.orders.rows, column));
        let places = texts.places(&coded, |text| match column {
            "discount_codes" => text.split(',').next().unwrap_or_default().trim(),
            _ => text.trim(),
        });
        (0..work.orders.len()).map(|slot| place(coded.codes[work.orders.row(slot)], &places)).collect()
    };
    let (channels, countries, coupons) = (coded("channel"), coded("country"), coded("discount_codes"));
    let of_customers = Coded::of(repeated(&batch.customers.rows, "country"));
    let homes = texts.places(&of_customers, str::trim);
    let (discounts, costs, days) = (order_discounts(&work), costs(&work), work.days());
    let mut ledger = Ledger { keys: batch.keys.clone(), knows_costs: !question.costs.is_empty(), ..Ledger::default() };
    let refund_at: &[i64] = instants(&batch.refunds.rows, "at").values();
    let refund_days = LocalTime::new(&question.as_of.zone, refund_at).days(refund_at);
    let mut counted = refunds.counted.iter().peekable();
    for customer in 0..work.customers() {
        let home = chosen(&work, customer, |row| of_customers.codes[row] != NO_TEXT)
            .map_or(ledger::NO_TEXT, |row| place(of_customers.codes[row], &homes));
        for slot in work.orders.of(customer) {
            let rate = values.rate(slot);
            let in_currency = |amount: i128| i64::try_from(crate::rates::convert(amount, rate)).unwrap_or(i64::MAX);
            ledger.orders.push(LedgerOrder {
                day: days[slot],
                gross: values.gross(slot),
                discount: in_currency(discounts[slot].max(0)),
                cost: costs.get(slot).copied().unwrap_or(0),
                channel: channels[slot],
                country: if countries[slot] == ledger::NO_TEXT { home } else { countries[slot] },
                coupon: coupons[slot],
            });
        }
        ledger.order_ends.push(ledger.orders.len() as u32);
        let own = batch.refunds.of(customer);
        while let Some((row, amount)) = counted.next_if(|(row, _)| own.contains(&(*row as usize))) {
            ledger.refunds.push(LedgerRefund { day: refund_days[*row as usize], amount: *amount });
        }
        ledger.refund_ends.push(ledger.refunds.len() as u32);
    }
    ledger.texts = texts.all;
    match items {
        Some(LedgerItems::Goods(item)) => add_goods(&work, item, &mut ledger),
        Some(LedgerItems::Place(level)) => add_places(&work, level, &mut ledger),
        Some(LedgerItems::Who) => add_who(&work, &mut ledger),
        None => {}
    }
    Ok(ledger)
}

/// Texts of several columns, each once.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    places: HashMap<String, u32>,
}

impl Texts {
    /// For each code of a column the place of its text.
    fn places(&mut self, coded: &Coded<'_>, read: impl Fn(&str) -> &str) -> Vec<u32> {
        let mut place = |text: &str| if text.is_empty() { ledger::NO_TEXT } else { self.place(text) };
        coded.texts.iter().map(|text| text.map_or(ledger::NO_TEXT, |text| place(read(text)))).collect()
    }

    fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}

fn place(code: i32, places: &[u32]) -> u32 {
    usize::try_from(code).ok().and_then(|code| places.get(code)).copied().unwrap_or(ledger::NO_TEXT)
}

/// What the goods of each counted order cost, as far as costs of products are known; empty where none are.
fn costs(work: &Work<'_>) -> Vec<i64> {
    let costs = &work.question.costs;
    if costs.is_empty() {
        return Vec::new();
    }
    let (sales, units, products) = (work.sales(), work.units(), work.products());
    let of_product: Vec<_> = products.texts.iter().map(|product| costs.product(product?)).collect();
    let mut sums = vec![0_i64; work.orders.len()];
    for (sale, slot) in sales.slots.iter().enumerate().filter(|(sale, _)| products.codes[*sale] >= 0) {
        if let Some(cost) = of_product[products.codes[sale] as usize].and_then(|cost| cost.times_quantity(units[sale])) {
            let sum = &mut sums[*slot as usize];
            *sum = sum.saturating_add(cost.0);
        }
    }
    sums
}

/// The place of each order, by the order or its customer.
fn add_places(work: &Work<'_>, level: PlaceLevel, ledger: &mut Ledger) {
    let ordered = Coded::of(repeated(&work.batch.orders.rows, level.column()));
    let homes = Coded::of(repeated(&work.batch.customers.rows, level.column()));
    let mut names = Texts::default();
    for customer in 0..work.customers() {
        let home = chosen(work, customer, |row| homes.codes[row] != NO_TEXT).map_or("", |row| homes.text(homes.codes[row]).trim());
        for slot in work.orders.of(customer) {
            let code = ordered.codes[work.orders.row(slot)];
            let own = if code == NO_TEXT { "" } else { ordered.text(code).trim() };
            let place = if own.is_empty() { home } else { own };
            if !place.is_empty() {
                let number = match ledger.text(ledger.orders[slot].country) {
                    Some(country) => names.place(&format!("{place}, {country}")),
                    None => names.place(place),
                };
                ledger.items.push(number);
            }
            ledger.item_ends.push(ledger.items.len() as u32);
        }
    }
    ledger.item_titles = vec![String::new(); names.all.len()];
    ledger.item_names = names.all;
}

/// What is said of the customer of each order.
fn add_who(work: &Work<'_>, ledger: &mut Ledger) {
    let tags = Coded::of(repeated(&work.batch.customers.rows, "tags"));
    let genders = Coded::of(repeated(&work.batch.customers.rows, "gender"));
    let mut names = Texts::default();
    let mut own = Vec::new();
    for customer in 0..work.customers() {
        own.clear();
        if let Some(row) = chosen(work, customer, |row| tags.codes[row] != NO_TEXT) {
            let tags = tags.text(tags.codes[row]).split(',').map(str::trim).filter(|tag| !tag.is_empty());
            own.extend(tags.map(|tag| names.place(tag)));
        }
        if let Some(row) = chosen(work, customer, |row| genders.codes[row] != NO_TEXT) {
            own.push(names.place(&format!("gender:{}", genders.text(genders.codes[row]).trim())));
        }
        own.sort_unstable();
        own.dedup();
        for _ in work.orders.of(customer) {
            ledger.items.extend(&own);
            ledger.item_ends.push(ledger.items.len() as u32);
        }
    }
    ledger.item_titles = vec![String::new(); names.all.len()];
    ledger.item_names = names.all;
}

/// The goods of each order, each once.
fn add_goods(work: &Work<'_>, item: Item, ledger: &mut Ledger) {
    let coded = match item {
        Item::Product => work.products(),
        Item::Category => work.categories(),
    };
    let titles = repeated(&work.batch.lines.rows, "title");
    let rows: Vec<usize> = work.sales().rows_of_batch().collect();
    let mut places = vec![ledger::NO_TEXT; coded.texts.len()];
    let mut of_orders: Vec<(u32, u32)> = Vec::with_capacity(rows.len());
    for (sale, slot) in work.sales().slots.iter().enumerate() {
        let code = coded.codes[sale];
        if code == NO_TEXT || coded.text(code).is_empty() {
            continue;
        }
        let place = &mut places[code as usize];
        if *place == ledger::NO_TEXT {
            *place = ledger.item_names.len() as u32;
            ledger.item_names.push(coded.text(code).to_owned());
            let title = if item == Item::Product { titles.get(rows[sale]).unwrap_or_default() } else { "" };
            ledger.item_titles.push(title.to_owned());
        }
        of_orders.push((*slot, *place));
    }
    of_orders.sort_unstable();
    of_orders.dedup();
    let mut of_orders = of_orders.into_iter().peekable();
    for slot in 0..work.orders.len() as u32 {
        while let Some((_, place)) = of_orders.next_if(|(of, _)| *of == slot) {
            ledger.items.push(place);
        }
        ledger.item_ends.push(ledger.items.len() as u32);
    }
}
