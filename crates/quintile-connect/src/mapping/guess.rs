//! Guesses a mapping from the names of columns and a sample of their values.

use super::words::{CONCEPTS, Concept, OTHER_TIMES, SUMMARY_WORDS, Values, bare};
use super::{MappedColumn, Mapping, Target, beside, header_fingerprint};
use crate::amounts::{self, Decimals};
use crate::times::{self, TimeForm};
use arrow::datatypes::DataType;
use quintile_model::RecordKind;
use quintile_model::money::Money;
use std::collections::{HashMap, HashSet};

/// A guess, and what a person should know about it.
pub(crate) struct Guess {
    pub mapping: Mapping,
    pub notes: Vec<String>,
}

/// Makes a mapping, or says why none can be made. `wanted` settles what the rows are.
pub(crate) fn guess(name: &str, header: &[String], rows: &[Vec<String>], wanted: Option<RecordKind>) -> Result<Guess, String> {
    let decimals = decimals_of(rows, header.len());
    let looks: Vec<Look> = header.iter().enumerate().map(|(index, name)| Look::of(name, index, rows, decimals)).collect();
    if let Some(kind @ (RecordKind::Touchpoint(_) | RecordKind::Costs)) = wanted {
        return guess_beside(kind, name, header, &looks, decimals);
    }
    let found = assign(&looks);
    let kinds = match wanted {
        Some(kind) => vec![kind],
        None => kinds_of(name, &found, &looks)?,
    };
    let mut notes = Vec::new();
    let mut columns: Vec<MappedColumn> = looks.iter().map(Look::unmapped).collect();
    let varies = |concept: &str| varies_within_orders(&found, concept, rows);
    for kind in &kinds {
        for (concept, place) in &found {
            let flat = kinds.contains(&RecordKind::Orders) && kinds.contains(&RecordKind::Lines);
            let Some(target) = target_of(*kind, concept, flat, &varies, &found) else { continue };
            // One column for one target: the first concept that claims it keeps it.
            if columns.iter().any(|column| column.to.contains(&target)) {
                continue;
            }
            let column = &mut columns[place.index];
            column.to.push(target);
            column.confidence = place.confidence;
            column.reason.clone_from(&place.reason);
        }
    }
    let header = header_fingerprint(header);
    let mapping = Mapping { name: name.to_owned(), kinds, header, zone: None, decimals, columns, always: Vec::new() };
    check(&mapping)?;
    for (column, look) in mapping.columns.iter().zip(&looks) {
        if let (false, Some((form, true))) = (column.to.is_empty(), look.time) {
            notes.push(format!(
                "`{}` could have the day or the month first; it is read as {form}; the mapping can say otherwise",
                column.from
            ));
        }
    }
    if decimals == Decimals::Comma {
        notes.push("amounts are read with a decimal comma".to_owned());
    }
    if mapping.kinds.contains(&RecordKind::Orders) && !mapping.has_order_ids() {
        notes.push("there is no order number: each row is an order, known by its customer, time and amount".to_owned());
    }
    if mapping.kinds.contains(&RecordKind::Orders)
        && !["customer_id", "email", "phone"].iter().any(|column| mapping.source_of(RecordKind::Orders, column).is_some())
    {
        notes.push(
            "no column names a customer: all orders would belong to nobody; where one does, write `to = \"orders.customer_id\"` in its mapping"
                .to_owned(),
        );
    }
    if mapping.kinds == [RecordKind::Customers] && looks.iter().any(Look::is_summary) {
        notes.push("sums over a customer (such as the number of orders) are not purchases and are left out".to_owned());
    }
    Ok(Guess { mapping, notes })
}

/// Touchpoints and costs are what they are said to be: each column of the kind is looked for by its own words.
fn guess_beside(kind: RecordKind, name: &str, header: &[String], looks: &[Look], decimals: Decimals) -> Result<Guess, String> {
    let mut claims: Vec<(f32, usize, &'static str)> = Vec::new();
    for column in kind.columns() {
        let values = match column.data_type {
            _ if column.name == "email" => Values::Email,
            DataType::Timestamp(..) => Values::Time,
            DataType::Decimal64(..) | DataType::Int64 => Values::Number,
            _ => Values::Text,
        };
        let others = beside::words(kind, column.name);
        for (index, look) in looks.iter().enumerate() {
            // A field inside another is known by its own name, a little less.
            let last = bare(look.name.rsplit('.').next().unwrap_or_default());
            let (word, inner) = if last == look.bare { (&look.bare, 0.0) } else { (&last, 0.05) };
            let score = match others.iter().position(|other| other == word) {
                _ if *word == bare(column.name) => 0.98,
                Some(position) => 0.95 - 0.15 * position as f32 / others.len() as f32,
                None => continue,
            };
            if look.fits(values) {
                claims.push((score - inner, index, column.name));
            }
        }
    }
    claims.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut columns: Vec<MappedColumn> = looks.iter().map(Look::unmapped).collect();
    for (score, index, column) in claims {
        let target = Target { kind, column };
        if columns.iter().any(|known| known.to.contains(&target)) || !columns[index].to.is_empty() {
            continue;
        }
        columns[index].to.push(target);
        columns[index].confidence = score;
        columns[index].reason = "its name says so".to_owned();
    }
    let header = header_fingerprint(header);
    let mapping = Mapping { name: name.to_owned(), kinds: vec![kind], header, zone: None, decimals, columns, always: Vec::new() };
    check(&mapping).map_err(|why| format!("{why}; its columns are {}", shown(looks)))?;
    let mut notes = Vec::new();
    if let RecordKind::Touchpoint(_) = kind
        && !["customer_id", "email", "phone", "visitor_id"].iter().any(|column| mapping.source_of(kind, column).is_some())
    {
        notes.push("no column names a person: what is in the file belongs to nobody".to_owned());
    }
    for column in kind.columns().iter().filter(|column| column.required && mapping.source_of(kind, column.name).is_none()) {
        if let Some(word) = mapping.default_of(kind, column.name) {
            notes.push(format!("no column is the {}; every row is taken as `{word}`", column.name));
        }
    }
    Ok(Guess { mapping, notes })
}

/// Does the mapping have what its kinds require?
pub(crate) fn check(mapping: &Mapping) -> Result<(), String> {
    for kind in &mapping.kinds {
        for column in kind.columns().into_iter().filter(|column| column.required) {
            let without_id = *kind == RecordKind::Orders || (*kind == RecordKind::Lines && mapping.kinds.contains(&RecordKind::Orders));
            let constructed = column.name == "order_id"
                && without_id
                && mapping.source_of(RecordKind::Orders, "customer_id").or(mapping.source_of(RecordKind::Orders, "email")).is_some();
            if mapping.source_of(*kind, column.name).is_none() && !constructed && mapping.default_of(*kind, column.name).is_none() {
                return Err(format!("no column is `{}.{}` ({})", kind.name(), column.name, column.meaning));
            }
        }
    }
    if mapping.kinds.is_empty() { Err("it yields no kind of record".to_owned()) } else { Ok(()) }
}

/// A column as it looks.
struct Look {
    name: String,
    bare: String,
    samples: Vec<String>,
    filled: usize,
    emails: usize,
    numbers: usize,
    phones: usize,
    time: Option<(TimeForm, bool)>,
}

impl Look {
    fn of(name: &str, index: usize, rows: &[Vec<String>], decimals: Decimals) -> Self {
        let values: Vec<&str> =
            rows.iter().filter_map(|row| row.get(index)).map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
        let count = |test: &dyn Fn(&str) -> bool| values.iter().filter(|value| test(value)).count();
        let mut samples: Vec<String> = Vec::new();
        for value in &values {
            if samples.len() == 3 {
                break;
            }
            if !samples.iter().any(|known| known == value) {
                samples.push(crate::emit::brief(value).to_owned());
            }
        }
        Look {
            name: name.to_owned(),
            bare: bare(name),
            samples,
            filled: values.len(),
            emails: count(&|value| value.contains('@') && value.rsplit('@').next().is_some_and(|host| host.contains('.'))),
            numbers: count(&|value| Money::parse(value).is_ok() || amounts::plain(value, decimals).is_some()),
            phones: count(&|value| {
                value.bytes().filter(u8::is_ascii_digit).count() >= 6
                    && value.chars().all(|character| character.is_ascii_digit() || "+-() ./'".contains(character))
            }),
            time: times::form_of(values.iter().copied()),
        }
    }

    fn is_summary(&self) -> bool {
        SUMMARY_WORDS.contains(&self.bare.as_str())
    }

    /// Do the values look as those of the concept? A column without values contradicts nothing.
    fn fits(&self, values: Values) -> bool {
        let most = |count: usize| self.filled == 0 || count * 10 >= self.filled * 8;
        match values {
            Values::Email => most(self.emails),
            Values::Phone => most(self.phones),
            Values::Time => self.filled == 0 || self.time.is_some(),
            // Half is enough: the name speaks too, and a column of broken amounts must show as refusals.
            Values::Number => self.filled == 0 || self.numbers * 2 >= self.filled,
            Values::Id | Values::Text => true,
        }
    }

    fn unmapped(&self) -> MappedColumn {
        MappedColumn {
            from: self.name.clone(),
            to: Vec::new(),
            times: self.time.map_or(TimeForm::Plain, |(form, _)| form),
            confidence: 0.0,
            reason: "not used".to_owned(),
            samples: self.samples.clone(),
        }
    }
}

/// Where a concept was found.
struct Place {
    index: usize,
    confidence: f32,
    reason: String,
}

/// Finds the column of each concept: the best by name, held against its values.
fn assign(looks: &[Look]) -> Vec<(&'static str, Place)> {
    let mut claims: Vec<(f32, usize, &'static Concept, &'static str)> = Vec::new();
    for concept in CONCEPTS {
        for (index, look) in looks.iter().enumerate() {
            if let Some((score, reason)) = score(concept, look) {
                claims.push((score, index, concept, reason));
            }
        }
    }
    // Stable: at equal scores the order of concepts decides, then that of columns.
    claims.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut found: Vec<(&'static str, Place)> = Vec::new();
    for (score, index, concept, reason) in claims {
        if !found.iter().any(|(name, place)| *name == concept.name || place.index == index) {
            found.push((concept.name, Place { index, confidence: score, reason: reason.to_owned() }));
        }
    }
    let has = |name: &str| found.iter().any(|(found, _)| *found == name);
    if !has("at") {
        let free = |index: usize| !found.iter().any(|(_, place)| place.index == index);
        let mut times = looks.iter().enumerate().filter(|(index, look)| {
            free(*index) && look.time.is_some() && look.filled > 0 && !OTHER_TIMES.iter().any(|word| look.bare.contains(word))
        });
        if let (Some((index, _)), None) = (times.next(), times.next()) {
            found.push(("at", Place { index, confidence: 0.5, reason: "the only column of times".to_owned() }));
        }
    }
    if !found.iter().any(|(name, _)| *name == "email")
        && let Some(index) = looks.iter().position(|look| look.filled > 0 && look.emails * 10 >= look.filled * 9)
    {
        found.retain(|(_, place)| place.index != index);
        found.push(("email", Place { index, confidence: 0.9, reason: "its values are e-mail addresses".to_owned() }));
    }
    found
}

fn score(concept: &Concept, look: &Look) -> Option<(f32, &'static str)> {
    let position = concept.words.iter().position(|word| *word == look.bare);
    let base = match position {
        Some(position) => 0.98 - 0.15 * position as f32 / concept.words.len() as f32,
        // `shop_order_id` is an order id; short words would be found in anything.
        None if concept.words.iter().any(|word| word.len() >= 7 && look.bare.ends_with(word)) => 0.6,
        None => return None,
    };
    if !look.fits(concept.values) {
        return None;
    }
    Some(if position.is_some() { (base, "its name says so") } else { (base, "its name ends like one") })
}

/// What the rows are, by what was found.
fn kinds_of(name: &str, found: &[(&'static str, Place)], looks: &[Look]) -> Result<Vec<RecordKind>, String> {
    let has = |concept: &str| found.iter().any(|(name, _)| *name == concept);
    let stem = bare(name);
    let who = has("customer_id") || has("email");
    let of_lines = has("product") || has("quantity") || has("line_id") || has("line_amount") || (has("unit_price") && has("title"));
    let money = has("total") || has("order_total") || has("line_amount") || has("unit_price");
    let summary = looks.iter().any(Look::is_summary);
    if has("refund_id") || (has("order_id") && (stem.contains("refund") || has("refund_at")) && (has("refund") || has("total"))) {
        return Ok(vec![RecordKind::Refunds]);
    }
    if has("order_id") && of_lines {
        return Ok(if has("at") { vec![RecordKind::Orders, RecordKind::Lines] } else { vec![RecordKind::Lines] });
    }
    if has("order_id") && has("at") {
        return Ok(vec![RecordKind::Orders]);
    }
    if who && has("at") && money && !summary {
        return Ok(if has("product") || has("quantity") { vec![RecordKind::Orders, RecordKind::Lines] } else { vec![RecordKind::Orders] });
    }
    if has("customer_id") && !has("order_id") && !has("product") {
        return Ok(vec![RecordKind::Customers]);
    }
    if has("product") && !has("order_id") && (has("title") || has("category") || has("brand") || has("cost") || has("unit_price")) {
        return Ok(vec![RecordKind::Products]);
    }
    let missing = if !has("at") {
        "a time"
    } else if !who {
        "a customer or an order number"
    } else {
        "an amount, a product or an order number"
    };
    Err(format!(
        "its columns ({}) are those of no known layout, and {missing} was not found among them; say what the rows are by `--as` (customers, events, messages, tickets …), or give a mapping by `--mapping`",
        shown(looks)
    ))
}

fn shown(looks: &[Look]) -> String {
    let names: Vec<_> = looks.iter().take(12).map(|look| format!("`{}`", crate::emit::brief(&look.name))).collect();
    let more = if looks.len() > 12 { format!(" and {} more", looks.len() - 12) } else { String::new() };
    names.join(", ") + &more
}

/// What a concept is in a kind of record.
fn target_of(
    kind: RecordKind,
    concept: &str,
    flat: bool,
    varies: &dyn Fn(&str) -> Option<bool>,
    found: &[(&'static str, Place)],
) -> Option<Target> {
    let has = |concept: &str| found.iter().any(|(name, _)| *name == concept);
    // In rows of lines a plain "amount" can be the order's or the line's: the order's stays the same on all its rows.
    let amount_is_of_line = flat && has("order_id") && varies("total").unwrap_or(has("order_total") || !has("unit_price"));
    let name = match (kind, concept) {
        (RecordKind::Orders, "discount") => return (!flat).then_some(Target { kind, column: "discount" }),
        (RecordKind::Orders, "order_total") => "total",
        (RecordKind::Orders, "total") => {
            return (!(amount_is_of_line || flat && has("order_total"))).then_some(Target { kind, column: "total" });
        }
        (RecordKind::Lines, "total") => {
            return (!has("line_amount") && !has("unit_price") && (amount_is_of_line || !flat))
                .then_some(Target { kind, column: "amount" });
        }
        (RecordKind::Lines, "line_amount") => {
            return (!(has("unit_price") && has("quantity"))).then_some(Target { kind, column: "amount" });
        }
        (RecordKind::Orders, "unit_price") => {
            return (!flat && !has("total") && !has("order_total")).then_some(Target { kind, column: "total" });
        }
        (RecordKind::Orders, "line_amount") => {
            return (!flat && !has("total") && !has("order_total")).then_some(Target { kind, column: "total" });
        }
        (RecordKind::Refunds, "refund") => "amount",
        (RecordKind::Refunds, "total") => return (!has("refund")).then_some(Target { kind, column: "amount" }),
        (RecordKind::Refunds, "refund_at") => "at",
        (RecordKind::Refunds, "at") => return (!has("refund_at")).then_some(Target { kind, column: "at" }),
        (RecordKind::Customers, "status") => "account_status",
        (RecordKind::Customers, "title") => return None,
        (RecordKind::Products, "at") => return None,
        (_, other) => other,
    };
    Target::named(&format!("{}.{name}", kind.name()))
}

/// Does a number change between rows of one order? `None` when no order of the sample has two rows.
fn varies_within_orders(found: &[(&'static str, Place)], concept: &str, rows: &[Vec<String>]) -> Option<bool> {
    let index = |concept: &str| found.iter().find(|(name, _)| *name == concept).map(|(_, place)| place.index);
    let (order, number) = (index("order_id")?, index(concept)?);
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut compared = false;
    for row in rows {
        let (Some(order), Some(value)) = (row.get(order), row.get(number)) else { continue };
        match seen.get(order.as_str()) {
            Some(known) if *known != value => return Some(true),
            Some(_) => compared = true,
            None => {
                seen.insert(order, value);
            }
        }
    }
    compared.then_some(false)
}

fn decimals_of(rows: &[Vec<String>], width: usize) -> Decimals {
    // Only columns that are numbers under one of the signs have a say.
    let mut comma = 0;
    let mut point = 0;
    for index in 0..width {
        let values: Vec<&str> = rows
            .iter()
            .take(200)
            .filter_map(|row| row.get(index))
            .map(|value| value.trim())
            .filter(|value| value.contains(['.', ',']))
            .collect();
        let numeric = |decimals| values.iter().all(|value| amounts::plain(value, decimals).is_some());
        if values.is_empty() || !(numeric(Decimals::Comma) || numeric(Decimals::Point)) {
            continue;
        }
        match amounts::decimals_of(values.iter().copied()) {
            Decimals::Comma if numeric(Decimals::Comma) => comma += 1,
            _ => point += 1,
        }
    }
    if comma > point { Decimals::Comma } else { Decimals::Point }
}

/// The order ids of a sample, and whether they repeat.
pub(crate) fn order_ids(mapping: &Mapping, header: &[String], rows: &[Vec<String>]) -> (HashSet<String>, bool) {
    let column = [RecordKind::Orders, RecordKind::Lines].into_iter().find_map(|kind| mapping.source_of(kind, "order_id"));
    let Some(index) = column.and_then(|column| header.iter().position(|name| *name == column.from)) else { return (HashSet::new(), false) };
    let mut ids = HashSet::new();
    let mut repeat = false;
    for id in rows.iter().filter_map(|row| row.get(index)).filter(|id| !id.is_empty()) {
        repeat |= !ids.insert(id.clone());
    }
    (ids, repeat)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, rows: &[&str], kinds: &[RecordKind], expected: &[(&str, &str)]) -> Guess {
        let split = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let guess = guess("file", &split(header), &rows.iter().map(|row| split(row)).collect::<Vec<_>>(), None).unwrap();
        assert_eq!(guess.mapping.kinds, kinds, "{header}");
        for (from, to) in expected {
            let column = guess.mapping.columns.iter().find(|column| column.from == *from).unwrap();
            let targets: Vec<_> = column.to.iter().map(Target::to_string).collect();
            assert_eq!(targets.join(" "), *to, "{from}");
        }
        guess
    }

    #[test]
    fn orders_are_known_by_number_and_time() {
        check(
            "order_id,customer_id,ts,channel,country",
            &["1,7,2024-01-01 10:00:00,web,DE"],
            &[RecordKind::Orders],
            &[("order_id", "orders.order_id"), ("ts", "orders.at"), ("country", "orders.country"), ("customer_id", "orders.customer_id")],
        );
    }

    #[test]
    fn lines_with_their_order_beside_them_are_both() {
        check(
            "Order Number,Order Date,Email,SKU,Quantity,Item Cost,Amount",
            &["1,2024-01-01,a@b.co,X,1,2.00,9.00", "1,2024-01-01,a@b.co,Y,1,7.00,9.00"],
            &[RecordKind::Orders, RecordKind::Lines],
            &[
                ("Order Number", "orders.order_id lines.order_id"),
                ("Amount", "orders.total"),
                ("Item Cost", "lines.unit_price"),
                ("SKU", "lines.product"),
            ],
        );
        check(
            "order,date,customer,product,amount",
            &["1,2024-01-01,7,X,2.00", "1,2024-01-01,7,Y,7.00"],
            &[RecordKind::Orders, RecordKind::Lines],
            &[("amount", "lines.amount")],
        );
    }

    #[test]
    fn orders_of_nobody_are_told() {
        let guess = check("basket_id,date,sku,total", &["1,2024-01-01,X,2.00"], &[RecordKind::Orders, RecordKind::Lines], &[]);
        assert!(guess.notes.iter().any(|note| note.contains("belong to nobody")));
        let guess = check(
            "household_id,basket_id,date,sku,total",
            &["7,1,2024-01-01,X,2.00"],
            &[RecordKind::Orders, RecordKind::Lines],
            &[("household_id", "orders.customer_id")],
        );
        assert!(guess.notes.iter().all(|note| !note.contains("belong to nobody")));
    }

    #[test]
    fn purchases_without_a_number_are_orders() {
        let guess = check(
            "Kundennummer,Datum,Betrag",
            &["7,31.01.2024,2"],
            &[RecordKind::Orders],
            &[("Betrag", "orders.total"), ("Datum", "orders.at")],
        );
        assert!(guess.notes.iter().any(|note| note.contains("no order number")));
    }

    #[test]
    fn summaries_are_customers() {
        check(
            "customer_id,revenue,most_recent_visit,number_of_orders,first_name,email",
            &["7,10,2006-05-14,3,Ann,a@b.co"],
            &[RecordKind::Customers],
            &[("revenue", ""), ("email", "customers.email")],
        );
    }

    #[test]
    fn products_and_refunds_are_known() {
        check("sku,title,category,cost", &["X,Hat,Hats,2.00"], &[RecordKind::Products], &[("cost", "products.cost")]);
        check(
            "refund_id,order_id,amount,created_at",
            &["1,2,3.00,2024-01-01"],
            &[RecordKind::Refunds],
            &[("amount", "refunds.amount"), ("created_at", "refunds.at")],
        );
    }

    #[test]
    fn a_file_of_nothing_known_says_what_is_missing() {
        let error = guess("x", &["a".into(), "b".into()], &[vec!["1".into(), "2".into()]], None).err().unwrap();
        assert!(error.contains("`a`, `b`") && error.contains("--mapping"), "{error}");
    }

    #[test]
    fn a_decimal_comma_is_found() {
        let split = |text: &str| text.split(';').map(str::to_owned).collect::<Vec<_>>();
        let guess =
            guess("x", &split("order;date;customer;total"), &[split("1;2024-01-01;7;12,50"), split("2;2024-01-02;7;1.300,00")], None)
                .unwrap();
        assert_eq!(guess.mapping.decimals, Decimals::Comma);
    }
}
