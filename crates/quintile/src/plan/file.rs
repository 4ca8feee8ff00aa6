//! The text of a plan. Amounts are read from the digits as they stand in the file, so that none passes through floating
//! point; every mistake is named with its line and what to write instead.

use super::{Aim, AimSize, HOURS_A_DAY, Plan, StagePlan};
use crate::Error;
use jiff::civil::Date;
use quintile_catalog::{Catalog, Partition};
use quintile_insight::opportunity::given::Given;
use quintile_model::nearest::nearest;
use quintile_model::{Money, ids};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// Months over which a target can be followed: each is a look at the whole store.
const MOST_MONTHS: i32 = 36;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PlanFile {
    currency: Option<Spanned<String>>,
    margin_share: Written,
    stage: Vec<StageFile>,
}

/// A figure as it was written.
type Written = Option<Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    id: Spanned<String>,
    goal: Option<Vec<Spanned<String>>>,
    goal_name: Option<String>,
    customers: Written,
    current_clv: Written,
    goal_clv: Written,
    usual_share: Written,
    best_share: Written,
    worth: Written,
    target_customers: Written,
    target_share: Written,
    set_on: Written,
    until: Written,
    margin_share: Written,
    reach_share: Written,
    cost_per_customer: Written,
    discount_per_mover: Written,
    fixed_cost: Written,
    effort_days: Written,
    effort_hours: Written,
}

/// Reads a plan and holds it against the catalogue.
pub(super) fn parse(path: &Path, text: &str, catalog: &Catalog) -> Result<Plan, Error> {
    let reading = Reading { path, text };
    let written: PlanFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| reading.line(span.start));
        Error::Settings { file: path.to_owned(), line, why: error.message().to_owned() }
    })?;
    let partition = catalog.partition(&catalog.guide.partition)?;
    let currency = written.currency.as_ref();
    let currency = currency.map(|code| crate::settings::currency_code(code.get_ref()).map_err(|why| reading.wrong(code.span().start, why)));
    let mut stages: Vec<StagePlan> = Vec::with_capacity(written.stage.len());
    for stage in &written.stage {
        let read = reading.stage(stage, catalog, partition)?;
        if stages.iter().any(|other| other.id == read.id) {
            return Err(reading.wrong(stage.id.span().start, format!("`{}` has two entries; put them into one", read.id)));
        }
        stages.push(read);
    }
    Ok(Plan {
        file: Some(path.to_owned()),
        currency: currency.transpose()?,
        margin_share: reading.share("margin_share", &written.margin_share)?,
        stages,
        hash: Some(ids::text_hash(text)),
    })
}

struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reading<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text[..at.min(self.text.len())].matches('\n').count()
    }

    fn wrong(&self, at: usize, why: String) -> Error {
        Error::Settings { file: self.path.to_owned(), line: Some(self.line(at)), why }
    }

    fn stage(&self, written: &StageFile, catalog: &Catalog, partition: &Partition) -> Result<StagePlan, Error> {
        let id = written.id.get_ref();
        let moves = catalog.guide.moves.iter().map(|of| of.stage.as_str());
        if !moves.clone().any(|stage| stage == id) {
            let meant = nearest(id, moves.clone()).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
            let known = moves.map(|stage| format!("`{stage}`")).collect::<Vec<_>>().join(", ");
            return Err(self.wrong(written.id.span().start, format!("there is no stage `{id}`{meant}; there are {known}")));
        }
        let effort = match (self.number("effort_days", &written.effort_days)?, self.number("effort_hours", &written.effort_hours)?) {
            (Some(_), Some(_)) => return Err(self.both(&written.effort_hours, "effort_days", "effort_hours")),
            (days, hours) => days.or(hours.map(|hours| hours / HOURS_A_DAY)),
        };
        Ok(StagePlan {
            id: id.clone(),
            goal: self.goal(written, partition)?,
            given: Given {
                customers: self.count("customers", &written.customers)?,
                average: self.amount("current_clv", &written.current_clv)?,
                goal_average: self.amount("goal_clv", &written.goal_clv)?,
                usual_rate: self.share("usual_share", &written.usual_share)?,
                best_rate: self.share("best_share", &written.best_share)?,
                worth: self.amount("worth", &written.worth)?,
            },
            target: self.target(written)?,
            margin_share: self.share("margin_share", &written.margin_share)?,
            reach_share: self.share("reach_share", &written.reach_share)?,
            cost_per_customer: self.cost("cost_per_customer", &written.cost_per_customer)?,
            discount_per_mover: self.cost("discount_per_mover", &written.discount_per_mover)?,
            fixed_cost: self.cost("fixed_cost", &written.fixed_cost)?,
            effort_days: effort,
        })
    }

    fn goal(&self, written: &StageFile, partition: &Partition) -> Result<Option<(Vec<String>, String)>, Error> {
        let Some(names) = &written.goal else {
            return match &written.goal_name {
                Some(_) => Err(self.wrong(written.id.span().start, "`goal_name` is there without `goal`; give both".to_owned())),
                None => Ok(None),
            };
        };
        let (mut classes, mut titles): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
        for name in names {
            let Some(found) = partition.classes_of(name.get_ref()) else {
                let known =
                    || partition.unions.iter().map(|union| union.id.as_str()).chain(partition.classes.iter().map(|c| c.id.as_str()));
                let meant = nearest(name.get_ref(), known()).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
                let known = known().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                return Err(self.wrong(name.span().start, format!("there is no goal `{}`{meant}; there are {known}", name.get_ref())));
            };
            if found == [written.id.get_ref().as_str()] {
                return Err(self.wrong(name.span().start, format!("`{}` is its own goal; an empty list keeps a stage", name.get_ref())));
            }
            let title = partition.unions.iter().find(|union| union.id == *name.get_ref()).map(|union| union.name.as_str());
            titles.push(title.or_else(|| partition.class(name.get_ref()).map(|class| class.name.as_str())).unwrap_or(name.get_ref()));
            for class in found {
                if !classes.iter().any(|known| known == class) {
                    classes.push(class.to_owned());
                }
            }
        }
        let title = if titles.is_empty() { "Keep".to_owned() } else { titles.join(" and ") };
        Ok(Some((classes, written.goal_name.clone().unwrap_or(title))))
    }

    fn target(&self, written: &StageFile) -> Result<Option<Aim>, Error> {
        let customers = self.count("target_customers", &written.target_customers)?;
        let share = self.share("target_share", &written.target_share)?;
        let size = match (customers, share) {
            (Some(_), Some(_)) => return Err(self.both(&written.target_share, "target_customers", "target_share")),
            (Some(customers), None) => AimSize::Customers(customers),
            (None, Some(share)) => AimSize::Share(share),
            (None, None) => {
                let lone = written.set_on.as_ref().or(written.until.as_ref());
                return match lone {
                    Some(lone) => {
                        Err(self
                            .wrong(lone.span().start, "there is a date and no target; add `target_customers` or `target_share`".to_owned()))
                    }
                    None => Ok(None),
                };
            }
        };
        let (set_on, until) = (self.date("set_on", &written.set_on)?, self.date("until", &written.until)?);
        let (Some(set_on), Some(until)) = (set_on, until) else {
            let why = format!("the target of `{}` needs `set_on`, the day it was set, and `until`, its last day", written.id.get_ref());
            return Err(self.wrong(written.id.span().start, why));
        };
        let at = written.until.as_ref().map_or(0, |until| until.span().start);
        if until < set_on {
            return Err(self.wrong(at, format!("`until` is {until}, before `set_on`, which is {set_on}")));
        }
        if set_on.checked_add(jiff::Span::new().months(MOST_MONTHS)).is_ok_and(|last| until > last) {
            return Err(self.wrong(at, format!("a target is followed for {MOST_MONTHS} months at the most; `until` is {until}")));
        }
        Ok(Some(Aim { size, set_on, until }))
    }

    fn both(&self, second: &Written, one: &str, other: &str) -> Error {
        let at = second.as_ref().map_or(0, |written| written.span().start);
        self.wrong(at, format!("`{one}` and `{other}` say the same in two ways; give one of them"))
    }

    /// The digits as they stand in the file; of a text, the text.
    fn digits(&self, written: &Spanned<toml::Value>) -> String {
        match written.get_ref() {
            toml::Value::String(text) => text.trim().to_owned(),
            _ => self.text[written.span()].replace('_', ""),
        }
    }

    /// A figure by what makes it one; `example` is shown where it is none.
    fn figure<T>(&self, name: &str, written: &Written, example: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Error> {
        let Some(written) = written else { return Ok(None) };
        let digits = self.digits(written);
        read(&digits).map(Some).ok_or_else(|| self.wrong(written.span().start, format!("`{name}` is `{digits}`; write {example}")))
    }

    fn count(&self, name: &str, written: &Written) -> Result<Option<u64>, Error> {
        // A column of counts holds no more.
        let most = |count: &u64| i64::try_from(*count).is_ok();
        self.figure(name, written, "a whole number such as 1200", |digits| digits.parse().ok().filter(most))
    }

    fn amount(&self, name: &str, written: &Written) -> Result<Option<Money>, Error> {
        let exact = |digits: &str| Money::parse(digits).ok().filter(|parsed| !parsed.rounded).map(|parsed| parsed.money);
        self.figure(name, written, "an amount of at most four decimals such as 49.90, without a currency sign", exact)
    }

    fn cost(&self, name: &str, written: &Written) -> Result<Option<Money>, Error> {
        let exact = |digits: &str| Money::parse(digits).ok().filter(|parsed| !parsed.rounded && parsed.money.0 >= 0);
        let example = "an amount of nought or more with at most four decimals such as 0.25, without a currency sign";
        Ok(self.figure(name, written, example, exact)?.map(|parsed| parsed.money))
    }

    fn share(&self, name: &str, written: &Written) -> Result<Option<f64>, Error> {
        let within = |digits: &str| digits.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
        self.figure(name, written, "a share between 0 and 1, such as 0.25 for a quarter", within)
    }

    fn number(&self, name: &str, written: &Written) -> Result<Option<f64>, Error> {
        let positive = |digits: &str| digits.parse::<f64>().ok().filter(|number| (0.0..=100_000.0).contains(number));
        self.figure(name, written, "a number of nought or more such as 2.5", positive)
    }

    fn date(&self, name: &str, written: &Written) -> Result<Option<Date>, Error> {
        self.figure(name, written, "a date such as 2025-03-01", |digits| digits.parse().ok().filter(|_| digits.len() == 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Plan, Error> {
        parse(Path::new("opportunities.toml"), text, &Catalog::built_in().unwrap())
    }

    #[test]
    fn amounts_are_read_from_their_digits() {
        let plan =
            read("[[stage]]\nid = 'loyal'\ncurrent_clv = 99_999_999_999.9999\ngoal_clv = '0.1'\ncustomers = 1_200\nfixed_cost = 3\n")
                .unwrap();
        let stage = &plan.stages[0];
        assert_eq!(stage.given.average, Some(Money(999_999_999_999_999)), "a float could not hold it to the last digit");
        assert_eq!(
            (stage.given.goal_average, stage.given.customers, stage.fixed_cost),
            (Some(Money(1_000)), Some(1_200), Some(Money(30_000)))
        );
    }

    #[test]
    fn goals_and_targets_are_those_of_the_catalogue_and_the_calendar() {
        let text = "[[stage]]\nid = 'at-risk-repeat'\ngoal = ['loyal', 'active-repeat']\ntarget_share = 0.1\nset_on = 2025-01-31\nuntil = '2025-03-01'\neffort_hours = 12\n";
        let stage = read(text).unwrap().stages.remove(0);
        assert_eq!(stage.goal, Some((vec!["loyal".into(), "active-repeat".into()], "Loyal and Active repeat".into())));
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(stage.target, Some(Aim { size: AimSize::Share(0.1), set_on: date("2025-01-31"), until: date("2025-03-01") }));
        assert_eq!(stage.effort_days, Some(1.5));
        let union = read("[[stage]]\nid = 'prospects'\ngoal = ['repeat']\n").unwrap();
        assert_eq!(union.stages[0].goal.as_ref().unwrap().0.len(), 4);
    }

    #[test]
    fn mistakes_are_named_with_their_line_and_what_to_write() {
        let check = |text: &str, expected: &str| {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let one = |line: &str| format!("[[stage]]\nid = 'loyal'\n{line}\n");
        check("[[stage]]\nid = 'loyl'\n", "line 2: there is no stage `loyl`, did you mean `loyal`?; there are `prospects`");
        check(&one("goal = ['repeet']"), "line 3: there is no goal `repeet`, did you mean `repeat`?");
        check(&one("goal = ['loyal']"), "is its own goal");
        check(&one("goal_name = 'x'"), "without `goal`");
        check(&one("customers = 1.5"), "line 3: `customers` is `1.5`; write a whole number such as 1200");
        check(&one("customers = -1"), "`customers` is `-1`");
        check(&one("goal_clv = '€ 5'"), "without a currency sign");
        check(&one("goal_clv = 0.00001"), "at most four decimals");
        check(&one("fixed_cost = -5"), "nought or more");
        check(&one("margin_share = 40"), "`margin_share` is `40`; write a share between 0 and 1");
        check(&one("best_share = nan"), "`best_share` is `nan`");
        check(&one("effort_days = 1\neffort_hours = 8"), "line 4: `effort_days` and `effort_hours` say the same");
        check(&one("target_customers = 5"), "needs `set_on`");
        check(&one("until = 2025-01-01"), "a date and no target");
        check(&one("target_customers = 5\nset_on = 2025-02-01\nuntil = 2025-01-01"), "line 5: `until` is 2025-01-01, before `set_on`");
        check(&one("target_customers = 5\nset_on = 2020-02-01\nuntil = 2025-01-01"), "36 months at the most");
        check(&one("target_customers = 5\nset_on = 2020-02-30\nuntil = 2025-01-01"), "line 4");
        check(&one("colour = 1"), "line 3: unknown field `colour`");
        check("[[stage]]\nid = 'loyal'\n[[stage]]\nid = 'loyal'\n", "line 4: `loyal` has two entries");
        check("currency = 'euro'", "line 1: `euro` is no currency");
    }
}
