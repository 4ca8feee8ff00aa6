//! What columns of one batch have in common, each computed when the first of them wants it.

use crate::days::LocalTime;
use crate::engagement::Messages;
use crate::lines::{Coded, Sales};
use crate::orders::Orders;
use crate::question::{ProfileError, ProfileQuestion};
use crate::touches::{Nothing, Touches};
use crate::value::{OrderValues, Refunds};
use quintile_model::batch::CustomerBatch;
use quintile_model::columns::repeated;
use quintile_model::time::DayNumber;
use quintile_model::touchpoints::Touchpoint;
use std::borrow::Cow;
use std::cell::OnceCell;

/// A batch at work.
pub(crate) struct Work<'a> {
    pub(crate) batch: &'a CustomerBatch,
    pub(crate) question: &'a ProfileQuestion,
    pub(crate) orders: Orders<'a>,
    local: OnceCell<LocalTime<'a>>,
    days: OnceCell<Vec<DayNumber>>,
    purchases: OnceCell<Purchases>,
    values: OnceCell<Result<OrderValues, ProfileError>>,
    refunds: OnceCell<Result<Refunds, ProfileError>>,
    sales: OnceCell<Sales<'a>>,
    categories: OnceCell<Coded<'a>>,
    products: OnceCell<Coded<'a>>,
    messages: OnceCell<Messages>,
    nothing: Nothing,
}

/// Days with a counted order, each once, ascending, by customer.
pub(crate) struct Purchases {
    offsets: Vec<u32>,
    days: Vec<DayNumber>,
}

impl Purchases {
    /// The days of a customer.
    #[inline]
    pub(crate) fn of(&self, customer: usize) -> &[DayNumber] {
        &self.days[self.offsets[customer] as usize..self.offsets[customer + 1] as usize]
    }
}

impl<'a> Work<'a> {
    pub(crate) fn new(batch: &'a CustomerBatch, question: &'a ProfileQuestion) -> Self {
        Self::with_orders(batch, question, Orders::counted(batch, &question.as_of))
    }

    pub(crate) fn with_orders(batch: &'a CustomerBatch, question: &'a ProfileQuestion, orders: Orders<'a>) -> Self {
        Work {
            batch,
            question,
            orders,
            local: OnceCell::new(),
            days: OnceCell::new(),
            purchases: OnceCell::new(),
            values: OnceCell::new(),
            refunds: OnceCell::new(),
            sales: OnceCell::new(),
            categories: OnceCell::new(),
            products: OnceCell::new(),
            messages: OnceCell::new(),
            nothing: Nothing::default(),
        }
    }

    /// How many customers.
    pub(crate) fn customers(&self) -> usize {
        self.batch.keys.len()
    }

    /// The wall clock for counted orders.
    pub(crate) fn local(&self) -> &LocalTime<'a> {
        self.local.get_or_init(|| LocalTime::new(&self.question.as_of.zone, &self.orders.at))
    }

    /// The local day of each slot.
    pub(crate) fn days(&self) -> &[DayNumber] {
        self.days.get_or_init(|| self.local().days(&self.orders.at))
    }

    pub(crate) fn purchases(&self) -> &Purchases {
        self.purchases.get_or_init(|| {
            let all = self.days();
            let mut offsets = Vec::with_capacity(self.customers() + 1);
            let mut days: Vec<DayNumber> = Vec::with_capacity(all.len());
            offsets.push(0);
            for customer in 0..self.customers() {
                let start = days.len();
                let mut last = DayNumber::MIN;
                let mut ascending = true;
                for day in &all[self.orders.of(customer)] {
                    if *day != last || days.len() == start {
                        ascending &= *day >= last;
                        days.push(*day);
                        last = *day;
                    }
                }
                if !ascending {
                    // Where clocks go back over midnight, the day of a later instant can be the earlier one.
                    let mut own = days.split_off(start);
                    own.sort_unstable();
                    own.dedup();
                    days.extend(own);
                }
                offsets.push(days.len() as u32);
            }
            Purchases { offsets, days }
        })
    }

    /// Order values in the reporting currency.
    pub(crate) fn values(&self) -> Result<&OrderValues, ProfileError> {
        self.values.get_or_init(|| OrderValues::new(self)).as_ref().map_err(Clone::clone)
    }

    /// Refunds that count, in the reporting currency.
    pub(crate) fn refunds(&self) -> Result<&Refunds, ProfileError> {
        self.refunds.get_or_init(|| Refunds::new(self)).as_ref().map_err(Clone::clone)
    }

    pub(crate) fn sales(&self) -> &Sales<'a> {
        self.sales.get_or_init(|| Sales::of_batch(self.batch, self.orders.slots_of(&self.batch.line_order)))
    }

    pub(crate) fn categories(&self) -> &Coded<'a> {
        self.categories.get_or_init(|| self.coded_sales("category"))
    }

    pub(crate) fn products(&self) -> &Coded<'a> {
        self.products.get_or_init(|| self.coded_sales("product"))
    }

    fn coded_sales(&self, column: &str) -> Coded<'a> {
        let coded = Coded::of(repeated(&self.batch.lines.rows, column));
        Coded { codes: self.sales().gather(coded.codes), texts: coded.texts }
    }

    /// The units of each sale, in ten-thousandths.
    pub(crate) fn units(&self) -> Cow<'a, [i64]> {
        self.sales().amounts(quintile_model::columns::amounts(&self.batch.lines.rows, "quantity"))
    }

    /// Touchpoints of a kind; none where the store has none.
    pub(crate) fn touches(&self, kind: Touchpoint) -> Touches<'_> {
        let facts = self.batch.touchpoints(kind).unwrap_or_else(|| self.nothing.of_kind(kind, self.batch));
        Touches::of_facts(facts, &self.question.as_of)
    }

    /// Messages, each with what became of it.
    pub(crate) fn messages(&self) -> &Messages {
        self.messages.get_or_init(|| Messages::new(self))
    }

    /// A customer's key, for errors.
    pub(crate) fn key(&self, customer: usize) -> String {
        format!("{:016x}", self.batch.keys[customer])
    }
}
