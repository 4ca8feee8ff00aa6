//! The store held against another list of the same orders, such as the shop's own report: every difference has a reason.
//!
//! Orders are found in both by their id. The value there less the value here is, month by month, the sum of what the
//! reasons make of it; nothing is left unexplained.

use crate::header::counted;
use crate::import::ImportAsk;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, When};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal64Type, TimestampMicrosecondType};
use quintile_connect::survey;
use quintile_model::records::{RecordSink, Refusal, SinkError};
use quintile_model::time::{Month, StoreZone};
use quintile_model::{KeyMaker, Money, RecordKind};
use quintile_profile::{OrderFigures, Rates, order_figures};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// Why an order differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    OtherMonth,
    OtherCurrency,
    OtherValue,
    DoesNotCountHere,
    OnlyThere,
    OnlyHere,
}

impl Reason {
    const ALL: [Reason; 6] =
        [Self::OtherMonth, Self::OtherCurrency, Self::OtherValue, Self::DoesNotCountHere, Self::OnlyThere, Self::OnlyHere];

    fn column(self) -> &'static str {
        match self {
            Self::OtherMonth => "other_month",
            Self::OtherCurrency => "other_currency",
            Self::OtherValue => "other_value",
            Self::DoesNotCountHere => "does_not_count_here",
            Self::OnlyThere => "only_there",
            Self::OnlyHere => "only_here",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::OtherMonth => "in another month there: by the day of payment, or by another time zone",
            Self::OtherCurrency => "in another currency, whose amount is added there as it stands",
            Self::OtherValue => "with another value there",
            Self::DoesNotCountHere => "in the list that do not count here: cancelled, unpaid, failed, a draft or a test",
            Self::OnlyThere => "in the list that the store has never seen",
            Self::OnlyHere => "in the store that the list does not have",
        }
    }
}

/// One month of both.
#[derive(Debug, Clone, Default)]
struct Row {
    here: (u64, i128),
    there: (u64, i128),
    /// What each reason adds to the difference.
    reasons: BTreeMap<Reason, i128>,
}

impl Workspace {
    /// Holds the months of the store against a list of orders.
    pub fn check_against(&self, when: &When, paths: &[PathBuf]) -> Result<Answer, Error> {
        let there = self.listed(paths)?;
        let stand = self.stand(when)?;
        let here = self.order_list(&stand, true)?;
        // As written, to see whether the list adds up unlike currencies.
        let by_key = |orders: &[OrderFigures]| orders.iter().map(|order| (order.order_key, order.gross)).collect();
        let written: HashMap<u64, Option<i64>> =
            if stand.in_other_currencies > 0 { by_key(&self.order_list(&stand, false)?) } else { by_key(&here) };
        let (rows, counts) = compared(&here, &written, &there);
        let mut header = stand.header;
        header.thresholds.clear();
        let mut notes = vec!["difference = value there less value here, which the columns after it add up to".to_owned()];
        for reason in Reason::ALL {
            let count = counts.get(&reason).copied().unwrap_or(0);
            if count > 0 {
                notes.push(format!("{} {}", counted(count, "order", "orders"), reason.sentence()));
            }
        }
        if counts.is_empty() {
            notes.push("no order differs".to_owned());
        }
        let amount = |name: &str, of: &dyn Fn(&Row) -> i128| AnswerColumn::amount(name, rows.values().map(|row| Money::from_sum(of(row))));
        let mut columns = vec![
            AnswerColumn::text("month", rows.keys().map(|month| Some(month.to_string()))),
            AnswerColumn::count("orders_here", rows.values().map(|row| Some(row.here.0))),
            AnswerColumn::count("orders_there", rows.values().map(|row| Some(row.there.0))),
            amount("value_here", &|row| row.here.1),
            amount("value_there", &|row| row.there.1),
            amount("difference", &|row| row.there.1 - row.here.1),
        ];
        for reason in Reason::ALL {
            columns.push(amount(reason.column(), &|row| row.reasons.get(&reason).copied().unwrap_or(0)));
        }
        Answer::new(header, columns, notes)
    }

    /// Every order of the store, of customers and of nobody.
    fn order_list(&self, stand: &Stand, converted: bool) -> Result<Vec<OrderFigures>, Error> {
        let mut question = self.money_question(stand)?;
        if !converted {
            (question.currency, question.rates) = (None, Rates::none());
        }
        let (parts, nobody) = self.everybody(&stand.snapshot, &question, |batch| Ok(order_figures(batch, &question)?))?;
        Ok(parts.into_iter().chain(nobody).flatten().collect())
    }

    /// The orders of files, read as an import would read them, and not imported.
    fn listed(&self, paths: &[PathBuf]) -> Result<Vec<Listed>, Error> {
        let ask = ImportAsk { paths: paths.to_vec(), ..ImportAsk::default() };
        let mut listed = Vec::new();
        for file in survey(&ask.paths, &self.survey_options(&ask)?)? {
            let mut sink = List { keys: KeyMaker::new(&file.source), zone: &self.settings.zone, orders: Vec::new() };
            for part in file.parts(1, &self.settings.zone)? {
                part.read(&mut sink)?;
                self.go_on()?;
            }
            listed.append(&mut sink.orders);
        }
        if listed.is_empty() {
            return Err(Error::Usage("the files list no orders with a value; give the shop's own report of orders".to_owned()));
        }
        // An order listed more than once is the first of its rows.
        listed.sort_by_key(|order| order.order_key);
        listed.dedup_by_key(|order| order.order_key);
        Ok(listed)
    }
}

/// An order of the list.
#[derive(Debug, Clone, Copy)]
struct Listed {
    order_key: u64,
    month: Month,
    value: i64,
}

/// Takes orders out of what a file says.
struct List<'a> {
    keys: KeyMaker,
    zone: &'a StoreZone,
    orders: Vec<Listed>,
}

impl RecordSink for List<'_> {
    fn records(&mut self, kind: RecordKind, batch: RecordBatch) -> Result<(), SinkError> {
        let (Some(ids), Some(at), Some(totals)) =
            (batch.column_by_name("order_id"), batch.column_by_name("at"), batch.column_by_name("total"))
        else {
            return Ok(());
        };
        if kind != RecordKind::Orders {
            return Ok(());
        }
        let (ids, at, totals) =
            (ids.as_string::<i32>(), at.as_primitive::<TimestampMicrosecondType>(), totals.as_primitive::<Decimal64Type>());
        for row in (0..batch.num_rows()).filter(|row| totals.is_valid(*row)) {
            let month = Month::of_day(self.zone.day(at.value(row)));
            self.orders.push(Listed { order_key: self.keys.order(ids.value(row)).0, month, value: totals.value(row) });
        }
        Ok(())
    }

    fn refuse(&mut self, _: Refusal) -> Result<(), SinkError> {
        // What cannot be read there is missing here, and shows as such.
        Ok(())
    }

    fn progress(&mut self, _: u64, _: u64) -> Result<(), SinkError> {
        Ok(())
    }
}

/// The months of both, and how many orders each reason concerns.
fn compared(here: &[OrderFigures], written: &HashMap<u64, Option<i64>>, there: &[Listed]) -> (BTreeMap<Month, Row>, BTreeMap<Reason, u64>) {
    let mut rows: BTreeMap<Month, Row> = BTreeMap::new();
    let mut counts: BTreeMap<Reason, u64> = BTreeMap::new();
    let listed: HashMap<u64, &Listed> = there.iter().map(|order| (order.order_key, order)).collect();
    let known: HashMap<u64, &OrderFigures> = here.iter().map(|order| (order.order_key, order)).collect();
    let mut differs = |rows: &mut BTreeMap<Month, Row>, reason: Reason, amounts: &[(Month, i128)]| {
        *counts.entry(reason).or_default() += 1;
        for (month, amount) in amounts {
            *rows.entry(*month).or_default().reasons.entry(reason).or_default() += amount;
        }
    };
    for order in here.iter().filter(|order| order.counts) {
        let value = i128::from(order.gross.unwrap_or(0));
        let row = rows.entry(order.month).or_default();
        (row.here.0, row.here.1) = (row.here.0 + 1, row.here.1 + value);
        if !listed.contains_key(&order.order_key) {
            differs(&mut rows, Reason::OnlyHere, &[(order.month, -value)]);
        }
    }
    for order in there {
        let value = i128::from(order.value);
        let row = rows.entry(order.month).or_default();
        (row.there.0, row.there.1) = (row.there.0 + 1, row.there.1 + value);
        let Some(own) = known.get(&order.order_key) else {
            differs(&mut rows, Reason::OnlyThere, &[(order.month, value)]);
            continue;
        };
        if !own.counts {
            differs(&mut rows, Reason::DoesNotCountHere, &[(order.month, value)]);
            continue;
        }
        let here = i128::from(own.gross.unwrap_or(0));
        if own.month != order.month {
            differs(&mut rows, Reason::OtherMonth, &[(own.month, -here), (order.month, here)]);
        }
        if value != here {
            let as_written = written.get(&order.order_key).copied().flatten().map(i128::from);
            let foreign = as_written == Some(value) && as_written != Some(here);
            let reason = if foreign { Reason::OtherCurrency } else { Reason::OtherValue };
            differs(&mut rows, reason, &[(order.month, value - here)]);
        }
    }
    (rows, counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(order_key: u64, month: i32, gross: Option<i64>, counts: bool) -> OrderFigures {
        OrderFigures { order_key, month: Month(month), gross, counts }
    }

    #[test]
    fn reasons_add_up_to_the_difference_in_every_month() {
        let here = [
            own(1, 1, Some(100), true),
            own(2, 1, Some(50), true),
            own(3, 1, None, true),
            own(4, 2, None, false),
            own(5, 2, Some(30), true),
        ];
        let written = HashMap::from([(1, Some(100)), (2, Some(50)), (3, Some(70)), (5, Some(30))]);
        let listed = |order_key, month, value| Listed { order_key, month: Month(month), value };
        // The first is the same; the second a month later and dearer; the third in another currency; the fourth cancelled.
        let there = [listed(1, 1, 100), listed(2, 2, 55), listed(3, 1, 70), listed(4, 2, 10), listed(6, 3, 9)];
        let (rows, counts) = compared(&here, &written, &there);
        for (month, row) in &rows {
            assert_eq!(row.there.1 - row.here.1, row.reasons.values().sum::<i128>(), "{month}");
        }
        assert_eq!(counts, Reason::ALL.map(|reason| (reason, 1)).into());
        let of = |month: i32, reason: Reason| rows[&Month(month)].reasons.get(&reason).copied().unwrap_or(0);
        assert_eq!((of(1, Reason::OtherMonth), of(2, Reason::OtherMonth), of(2, Reason::OtherValue)), (-50, 50, 5));
        assert_eq!(
            (of(1, Reason::OtherCurrency), of(2, Reason::DoesNotCountHere), of(3, Reason::OnlyThere), of(2, Reason::OnlyHere)),
            (70, 10, 9, -30)
        );
    }
}
