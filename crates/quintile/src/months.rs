//! The store month by month: what a merchant holds against the books.

use crate::annotations::of_month;
use crate::header::{ShownLeftOut, counted, grouped};
use crate::profile::named;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, When};
use jiff::civil;
use quintile_model::time::{Month, StoreZone};
use quintile_model::{AsOf, CustomerBatch, Money};
use quintile_profile::leave_out::{LeaveOut, LeftOut};
use quintile_profile::{Months, ProfileQuestion, facts_needed, months};
use quintile_store::Snapshot;
use std::collections::BTreeMap;

/// The months of a store, and what belongs to nobody.
pub(crate) struct Calendar {
    pub header: Header,
    /// Of customers.
    pub known: Months,
    /// Of nobody: orders and lines that name no customer.
    pub nobody: Months,
    /// The moment's date in the store's zone.
    pub today: civil::Date,
    /// What the orders came to that the settings leave out, before refunds.
    left_out_gross: i128,
}

impl Workspace {
    /// Orders and money by month, and all that is left out, each with its reason.
    pub fn check(&self, when: &When) -> Result<Answer, Error> {
        let mut answer = self.check_of(&self.calendar(when)?)?;
        answer.notes.extend(self.proposals(when)?.iter().map(|proposal| proposal.sentence()));
        Ok(answer)
    }

    pub(crate) fn check_of(&self, calendar: &Calendar) -> Result<Answer, Error> {
        let months = calendar.all_months();
        let known = |month: &Month| calendar.known.months.get(month).copied().unwrap_or_default();
        let nobody = |month: &Month| calendar.nobody.months.get(month).copied().unwrap_or_default();
        let rows: Vec<_> = months.iter().map(|month| (month.to_string(), known(month), nobody(month))).collect();
        let notes = self.findings(calendar)?;
        let amount = |name: &str, of: &dyn Fn(&(String, quintile_profile::MonthFigures, quintile_profile::MonthFigures)) -> i128| {
            AnswerColumn::amount(name, rows.iter().map(|row| Money::from_sum(of(row))))
        };
        let count = |name: &str, of: &dyn Fn(&(String, quintile_profile::MonthFigures, quintile_profile::MonthFigures)) -> u64| {
            AnswerColumn::count(name, rows.iter().map(|row| Some(of(row))))
        };
        let mut columns = vec![
            AnswerColumn::text("month", rows.iter().map(|row| Some(row.0.clone()))),
            count("orders", &|row| row.1.orders),
            amount("gross", &|row| row.1.gross),
            amount("refunded", &|row| row.1.refunded),
            amount("net", &|row| row.1.gross - row.1.refunded),
            count("buyers", &|row| row.1.buyers),
            count("new_buyers", &|row| row.1.new_buyers),
            count("cancelled", &|row| row.1.cancelled + row.2.cancelled),
            count("not_counted", &|row| row.1.not_counted + row.2.not_counted),
            count("without_rate", &|row| row.1.orders_without_rate + row.2.orders_without_rate),
            count("nobodys_orders", &|row| row.2.orders),
            amount("nobodys_gross", &|row| row.2.gross),
            amount("nobodys_refunded", &|row| row.2.refunded),
        ];
        columns.extend(self.read_annotations()?.column(months.iter().map(|month| Some(of_month(*month)))));
        Answer::new(calendar.header.clone(), columns, notes)
    }

    /// The months, in one pass.
    pub(crate) fn calendar(&self, when: &When) -> Result<Calendar, Error> {
        let stand = self.stand(when)?;
        let question = self.money_question(&stand)?;
        let Stand { snapshot, mut header, .. } = stand;
        let rules = self.leave_out_rules(&snapshot);
        let mut wanted = facts_needed(&question);
        rules.read(&mut wanted);
        let parts = snapshot.scan(&wanted, self.settings.threads, |batch| {
            self.go_on()?;
            CalendarPart::of_batch(batch, &rules, &question)
        })?;
        let nobody = self.calendar_of_nobody(&snapshot, &rules, &question)?;
        let mut left = LeftOut::default();
        parts.iter().chain(&nobody).for_each(|part| left.merge(part.left.clone()));
        header.leave_out(&left);
        Ok(Calendar::of(header, &question.as_of, parts, nobody))
    }

    /// The months of what names no customer, without what the settings leave out.
    pub(crate) fn calendar_of_nobody(
        &self,
        snapshot: &Snapshot,
        rules: &LeaveOut,
        question: &ProfileQuestion,
    ) -> Result<Option<CalendarPart>, Error> {
        let mut wanted = facts_needed(question);
        rules.read(&mut wanted);
        let nobody = snapshot.nobody(&wanted)?;
        if nobody.keys.is_empty() { Ok(None) } else { CalendarPart::of_batch(nobody, rules, question).map(Some) }
    }

    /// What `work` finds in the facts a question reads, of all customers batch by batch, and of nobody where there is any;
    /// also in those that the settings leave out.
    pub(crate) fn everybody<T: Send>(
        &self,
        snapshot: &Snapshot,
        question: &ProfileQuestion,
        work: impl Fn(&CustomerBatch) -> Result<T, Error> + Sync,
    ) -> Result<(Vec<T>, Option<T>), Error> {
        let wanted = facts_needed(question);
        let known = snapshot.scan(&wanted, self.settings.threads, |batch| {
            self.go_on()?;
            work(&batch)
        })?;
        let nobody = snapshot.nobody(&wanted)?;
        let nobody = if nobody.keys.is_empty() { None } else { Some(work(&nobody)?) };
        Ok((known, nobody))
    }

    /// What is asked of money, in the reporting currency.
    pub(crate) fn money_question(&self, stand: &Stand) -> Result<ProfileQuestion, Error> {
        let mut question = ProfileQuestion::new(stand.as_of.clone());
        question.columns = named(&["amount_spent".to_owned()])?;
        question.currency = stand.currency.clone();
        question.rates = stand.rates.clone();
        Ok(question)
    }

    /// What to know before believing the rows.
    pub(crate) fn findings(&self, calendar: &Calendar) -> Result<Vec<String>, Error> {
        let currency = &calendar.header.currency;
        let money =
            |sum: i128| Money::from_sum(sum).map_or("more than can be shown".to_owned(), |money| crate::header::money(money, currency));
        let mut notes = Vec::new();
        if let Some(first) = calendar.all_months().first() {
            notes.push(format!("history starts in {first}; who bought for the first time early on may have bought before"));
        }
        let sum = |months: &Months, of: fn(&quintile_profile::MonthFigures) -> i128| months.months.values().map(of).sum::<i128>();
        let (known, nobody) = (&calendar.known, &calendar.nobody);
        let nobodys = sum(nobody, |month| i128::from(month.orders));
        if nobodys > 0 {
            let theirs = sum(nobody, |month| month.gross - month.refunded);
            let all = theirs + sum(known, |month| month.gross - month.refunded);
            notes.push(format!(
                "{} no customer: {} of {} after refunds; they are in no profile, no stage and no opportunity",
                counted(nobodys as u64, "order names", "orders name"),
                money(theirs),
                money(all)
            ));
        }
        let both = |of: fn(&quintile_profile::MonthFigures) -> i128| sum(known, of) + sum(nobody, of);
        let mut left_out = |count: i128, one: &str, more: &str, why: &str| {
            if count > 0 {
                notes.push(format!("{} {why}", counted(count as u64, one, more)));
            }
        };
        left_out(both(|m| i128::from(m.cancelled)), "order was", "orders were", "cancelled and do not count");
        left_out(both(|m| i128::from(m.not_counted)), "order is", "orders are", "unpaid, failed, a draft or a test and do not count");
        left_out(
            both(|m| i128::from(m.orders_without_rate)),
            "order has",
            "orders have",
            "no exchange rate: counted as orders and in no amount (`quintile rates import`)",
        );
        if !calendar.header.left_out.is_empty() {
            let shown: Vec<String> = calendar.header.left_out.iter().map(ShownLeftOut::sentence).collect();
            notes.push(format!(
                "left out by [leave-out] in quintile.toml: {}; they came to {} before refunds and are in no answer",
                shown.join(", "),
                money(calendar.left_out_gross)
            ));
        }
        let refused: u64 = self.store.imported()?.iter().map(|file| file.refused).sum();
        if refused > 0 {
            notes.push(format!(
                "{} refused when imported; each lies with its reason in `{}`",
                counted(refused, "row was", "rows were"),
                self.store.rejects_folder().display()
            ));
        }
        if let Some(last) = calendar.all_months().last().filter(|last| last.first_day() == calendar.today.first_of_month()) {
            notes.push(format!("{last} is not over: it holds the days before {}", calendar.today));
        }
        Ok(notes)
    }
}

/// What a batch has for the calendar.
#[derive(Debug, Default)]
pub(crate) struct CalendarPart {
    months: Months,
    /// What the settings leave out.
    pub left: LeftOut,
    /// What that came to before refunds, in ten-thousandths.
    left_gross: i128,
}

impl CalendarPart {
    /// Of a batch as it is read, with what is left out.
    fn of_batch(batch: CustomerBatch, rules: &LeaveOut, question: &ProfileQuestion) -> Result<CalendarPart, Error> {
        if rules.is_empty() {
            return Ok(CalendarPart { months: months(&batch, question)?, ..CalendarPart::default() });
        }
        let (kept, left) = rules.apply(batch.clone(), &question.as_of)?;
        Ok(CalendarPart { left, ..Self::of_kept(&batch, &kept, question)? })
    }

    /// Of a batch, whole and without what is left out.
    pub fn of_kept(whole: &CustomerBatch, kept: &CustomerBatch, question: &ProfileQuestion) -> Result<CalendarPart, Error> {
        let gross = |months: &Months| months.months.values().map(|month| month.gross).sum::<i128>();
        let months = months(kept, question)?;
        let left_gross = if std::ptr::eq(whole, kept) { 0 } else { gross(&quintile_profile::months(whole, question)?) - gross(&months) };
        Ok(CalendarPart { months, left: LeftOut::default(), left_gross })
    }
}

impl Calendar {
    /// Of what was found batch by batch, and of nobody.
    pub fn of(mut header: Header, as_of: &AsOf, parts: Vec<CalendarPart>, nobody: Option<CalendarPart>) -> Calendar {
        let nobody = nobody.unwrap_or_default();
        let left_out_gross = parts.iter().map(|part| part.left_gross).sum::<i128>() + nobody.left_gross;
        let mut known = Months::default();
        parts.into_iter().for_each(|part| known.merge(part.months));
        // Nothing is classed here, so that no threshold has a say.
        header.thresholds.clear();
        Calendar { header, known, nobody: nobody.months, today: StoreZone::date_of(as_of.day()), left_out_gross }
    }

    /// Every month in which anything happened, in order.
    pub fn all_months(&self) -> Vec<Month> {
        let mut months: Vec<Month> = self.known.months.keys().chain(self.nobody.months.keys()).copied().collect();
        months.sort_unstable();
        months.dedup();
        months
    }
}

/// A cohort: customers of a first month, and of each month since how many ordered.
pub(crate) struct Cohort {
    pub month: Month,
    pub customers: u64,
    /// By months since; `None` in the future of the cohort.
    pub buyers: Vec<Option<u64>>,
}

/// The last cohorts, youngest last.
pub(crate) fn cohorts(calendar: &Calendar, at_most: usize) -> Vec<Cohort> {
    let Some(last) = calendar.known.months.keys().next_back().copied() else { return Vec::new() };
    let cohorts: Vec<(&Month, &BTreeMap<Month, quintile_profile::CohortFigures>)> = calendar.known.cohorts.iter().collect();
    let shown = &cohorts[cohorts.len().saturating_sub(at_most)..];
    let ages = shown.first().map_or(0, |(first, _)| last.0 - first.0 + 1);
    shown
        .iter()
        .map(|(month, by_month)| Cohort {
            month: **month,
            customers: by_month.get(month).map_or(0, |first| first.buyers),
            buyers: (0..ages)
                .map(|age| {
                    let at = month.later(age);
                    (at <= last).then(|| by_month.get(&at).map_or(0, |figures| figures.buyers))
                })
                .collect(),
        })
        .collect()
}

/// A whole number as people read it.
pub(crate) fn whole(count: u64) -> String {
    grouped(&count.to_string())
}
