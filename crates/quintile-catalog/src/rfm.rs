//! RFM maps: from three scores to a named group.
//!
//! A map is a file of groups, each a list of score ranges or codes. It is checked when it loads: a cell in no group, a
//! cell in two, and a group without a cell are errors, because most grids in circulation have at least one of them.

use crate::load::{self, CatalogError};
use quintile_model::Money;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A checked map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmMap {
    /// Its name in settings and on the command line.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it answers.
    pub question: String,
    /// Which scores its groups look at.
    pub axes: Axes,
    /// Scores run from 1 to this.
    pub levels: u8,
    /// The groups of those who have ordered, best first.
    pub groups: Vec<Group>,
    /// How recency, frequency and money are scored, in this order.
    pub scores: [ScoreRule; 3],
    /// For each cell, the number of its group. INVARIANT: one entry for every cell of `axes` and `levels`.
    cells: Vec<u16>,
}

/// The group, in every map, of customers without an order, who have no scores.
pub const NOBODY: &str = "PROSPECTS";

/// A named group of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in columns.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who is in it, in a plain sentence.
    pub meaning: String,
}

/// Which scores the groups of a map look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axes {
    /// Recency, frequency and money, each for itself: codes of three digits.
    RecencyFrequencyMoney,
    /// Recency against the mean of frequency and money, in halves.
    RecencyFm,
    /// Recency against frequency; money plays no part.
    RecencyFrequency,
}

/// How one score is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreRule {
    /// A profile column.
    pub metric: String,
    /// Which end of it earns the top score.
    pub better: Better,
    /// Fixed cuts, ascending, one less than the levels; where absent the store's buyers are cut in equal parts.
    pub breaks: Option<Vec<Money>>,
}

/// Which end of a metric earns the top score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    High,
    /// Less is better.
    Low,
}

impl RfmMap {
    /// Reads and checks a map of the user's own.
    pub fn from_file(path: &Path) -> Result<RfmMap, CatalogError> {
        RfmMap::parse(&path.display().to_string(), &load::read(path)?)
    }

    /// Reads and checks a map; `file` is named in errors.
    pub fn parse(file: &str, text: &str) -> Result<RfmMap, CatalogError> {
        let wrong = |message: String| CatalogError::Wrong { file: file.to_owned(), message };
        let read: MapFile = load::read_toml(file, text)?;
        let axes = axes(&read.axes).map_err(wrong)?;
        if !(2..=9).contains(&read.levels) {
            return Err(wrong(format!("`levels` is {}; use 2 to 9", read.levels)));
        }
        let mut scores = default_rules();
        for (axis, rule) in read.scores {
            let at = ["R", "F", "M"].iter().position(|name| *name == axis);
            let at = at.ok_or_else(|| wrong(format!("scores of `{axis}`; the scores are R, F and M")))?;
            scores[at] = score_rule(&axis, rule, read.levels).map_err(wrong)?;
        }
        let grid = Grid { axes, levels: read.levels };
        let mut cells: Vec<Option<u16>> = vec![None; grid.size()];
        let mut groups: Vec<Group> = Vec::with_capacity(read.group.len());
        for group in read.group {
            let number = groups.len() as u16;
            if groups.iter().any(|other| other.id == group.id) || group.id == NOBODY {
                return Err(wrong(format!("two groups are called `{}`; give one another id", group.id)));
            }
            let mut covered = Vec::new();
            for range in &group.cells {
                covered.extend(grid.cells_of_range(range).map_err(|why| wrong(format!("group `{}`: {why}", group.id)))?);
            }
            for code in &group.codes {
                covered.push(grid.cell_of_code(code).map_err(|why| wrong(format!("group `{}`: {why}", group.id)))?);
            }
            if covered.is_empty() {
                return Err(wrong(format!("group `{}` has no cell, so nobody can be in it; give it `cells` or `codes`", group.id)));
            }
            for cell in covered {
                if let Some(other) = cells[cell] {
                    let other = if other == number { &group.id } else { &groups[other as usize].id };
                    let message = format!("{} lies in `{other}` and again in `{}`; take it out of one", grid.name(cell), group.id);
                    return Err(wrong(message));
                }
                cells[cell] = Some(number);
            }
            groups.push(Group { id: group.id, name: group.name, meaning: group.meaning });
        }
        let open: Vec<String> = (0..cells.len()).filter(|cell| cells[*cell].is_none()).map(|cell| grid.name(cell)).collect();
        if let Some(first) = open.first() {
            let more = if open.len() > 1 { format!(" and {} more", open.len() - 1) } else { String::new() };
            return Err(wrong(format!("{first}{more} lies in no group; add it to one")));
        }
        Ok(RfmMap {
            id: read.id,
            name: read.name,
            question: read.question,
            axes,
            levels: read.levels,
            groups,
            scores,
            cells: cells.into_iter().flatten().collect(),
        })
    }

    /// The number in `groups` of a customer with these scores, each from 1 to `levels`.
    #[inline]
    pub fn group(&self, recency: u8, frequency: u8, money: u8) -> usize {
        let grid = Grid { axes: self.axes, levels: self.levels };
        self.cells[grid.cell(recency, frequency, money)] as usize
    }

    /// The same map over other metrics. A metric that changes loses its fixed cuts, which were made for the old one.
    pub fn with_metrics(mut self, metrics: [(String, Option<Better>); 3]) -> RfmMap {
        for (rule, (metric, better)) in self.scores.iter_mut().zip(metrics) {
            if rule.metric != metric {
                rule.better = usual_direction(&metric);
                rule.breaks = None;
                rule.metric = metric;
            }
            rule.better = better.unwrap_or(rule.better);
        }
        self
    }

    /// All triples of scores with the number of their group.
    pub fn triples(&self) -> impl Iterator<Item = ([u8; 3], usize)> + '_ {
        let scores = 1..=self.levels;
        let pairs = scores.clone().flat_map(move |r| scores.clone().map(move |f| (r, f)));
        pairs.flat_map(move |(r, f)| (1..=self.levels).map(move |m| ([r, f, m], self.group(r, f, m))))
    }
}

impl ScoreRule {
    /// The score of a value by fixed cuts; `None` where the rule has none. With `high` a value at a cut earns the
    /// better score, and with `low` too: "within 180 days", "three or more orders".
    pub fn score_by_breaks(&self, value: i128) -> Option<u8> {
        let breaks = self.breaks.as_ref()?;
        Some(match self.better {
            Better::High => 1 + breaks.iter().filter(|cut| i128::from(cut.0) <= value).count() as u8,
            Better::Low => 1 + breaks.iter().filter(|cut| value <= i128::from(cut.0)).count() as u8,
        })
    }
}

/// Which end of a profile column is the better one, where nobody says: of what is counted in days since, in lateness, in
/// risk and in returns, less is better.
pub fn usual_direction(metric: &str) -> Better {
    let low = metric.starts_with("days_since_")
        || metric.ends_with("_days_between_purchases")
        || matches!(
            metric,
            "expected_gap_days" | "overdue_ratio" | "churn_risk" | "refund_rate" | "return_rate" | "lapses" | "amount_refunded"
        );
    if low { Better::Low } else { Better::High }
}

fn default_rules() -> [ScoreRule; 3] {
    ["last_order_date", "number_of_orders", "amount_spent"].map(|metric| ScoreRule {
        metric: metric.to_owned(),
        better: Better::High,
        breaks: None,
    })
}

fn axes(names: &[String]) -> Result<Axes, String> {
    match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["R", "F", "M"] => Ok(Axes::RecencyFrequencyMoney),
        ["R", "FM"] => Ok(Axes::RecencyFm),
        ["R", "F"] => Ok(Axes::RecencyFrequency),
        _ => Err(format!("`axes` is {names:?}; use [\"R\", \"F\", \"M\"], [\"R\", \"FM\"] or [\"R\", \"F\"]")),
    }
}

fn score_rule(axis: &str, rule: ScoreFile, levels: u8) -> Result<ScoreRule, String> {
    let better = rule.better.unwrap_or_else(|| usual_direction(&rule.metric));
    let breaks = match rule.breaks {
        None => None,
        Some(values) => {
            let mut cuts = Vec::with_capacity(values.len());
            for value in values {
                let text = match &value {
                    toml::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let cut = Money::parse(&text).map_err(|why| format!("scores of {axis}: break `{text}` is {why}"))?;
                cuts.push(cut.money);
            }
            if cuts.len() + 1 != levels as usize {
                return Err(format!("scores of {axis}: {} breaks make {} scores, and the map has {levels}", cuts.len(), cuts.len() + 1));
            }
            if !cuts.is_sorted_by(|a, b| a < b) {
                return Err(format!("scores of {axis}: write the breaks in ascending order, each once"));
            }
            Some(cuts)
        }
    };
    Ok(ScoreRule { metric: rule.metric, better, breaks })
}

/// The cells of a map: which there are, their numbers and their names.
#[derive(Clone, Copy)]
struct Grid {
    axes: Axes,
    levels: u8,
}

impl Grid {
    /// Steps of the axis beside recency: halves for FM.
    fn steps(self) -> usize {
        let levels = self.levels as usize;
        match self.axes {
            Axes::RecencyFrequencyMoney => levels * levels,
            Axes::RecencyFm => 2 * levels - 1,
            Axes::RecencyFrequency => levels,
        }
    }

    fn size(self) -> usize {
        self.levels as usize * self.steps()
    }

    #[inline]
    fn cell(self, recency: u8, frequency: u8, money: u8) -> usize {
        let (r, f, m) = (recency as usize - 1, frequency as usize - 1, money as usize - 1);
        let step = match self.axes {
            Axes::RecencyFrequencyMoney => f * self.levels as usize + m,
            Axes::RecencyFm => f + m,
            Axes::RecencyFrequency => f,
        };
        r * self.steps() + step
    }

    fn name(self, cell: usize) -> String {
        let (r, step) = (cell / self.steps() + 1, cell % self.steps());
        match self.axes {
            Axes::RecencyFrequencyMoney => {
                let levels = self.levels as usize;
                format!("R {r}, F {}, M {}", step / levels + 1, step % levels + 1)
            }
            Axes::RecencyFm => format!("R {r}, FM {}{}", step / 2 + 1, if step % 2 == 1 { ".5" } else { "" }),
            Axes::RecencyFrequency => format!("R {r}, F {}", step + 1),
        }
    }

    fn cells_of_range(self, range: &BTreeMap<String, String>) -> Result<Vec<usize>, String> {
        let names: &[&str] = match self.axes {
            Axes::RecencyFrequencyMoney => &["R", "F", "M"],
            Axes::RecencyFm => &["R", "FM"],
            Axes::RecencyFrequency => &["R", "F"],
        };
        if let Some(other) = range.keys().find(|key| !names.contains(&key.as_str())) {
            return Err(format!("`{other}` is not one of the map's axes, {}", names.join(" and ")));
        }
        // In halves, so that FM and the rest read alike; an axis that is not named is taken whole.
        let halves = |axis: &str| -> Result<(usize, usize), String> {
            let (least, most) = (2, 2 * self.levels as usize);
            let Some(text) = range.get(axis) else { return Ok((least, most)) };
            let complaint = || format!("`{axis} = \"{text}\"` is no range of scores from 1 to {}, such as \"4\" or \"3-5\"", self.levels);
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            let read = |part: &str| -> Option<usize> {
                match part.trim().split_once('.') {
                    None => part.trim().parse::<usize>().ok().map(|whole| 2 * whole),
                    Some((whole, "5")) if axis == "FM" => whole.parse::<usize>().ok().map(|whole| 2 * whole + 1),
                    Some(_) => None,
                }
            };
            let (from, to) = (read(from).ok_or_else(complaint)?, read(to).ok_or_else(complaint)?);
            if from < least || to > most || from > to { Err(complaint()) } else { Ok((from, to)) }
        };
        let whole = |(from, to): (usize, usize)| from.div_ceil(2)..=to / 2;
        let (r, steps) = (whole(halves("R")?), self.steps());
        let mut beside = Vec::new();
        match self.axes {
            Axes::RecencyFm => {
                let (from, to) = halves("FM")?;
                beside.extend((from..=to).map(|half| half - 2));
            }
            Axes::RecencyFrequency => beside.extend(whole(halves("F")?).map(|f| f - 1)),
            Axes::RecencyFrequencyMoney => {
                let money = whole(halves("M")?);
                for f in whole(halves("F")?) {
                    beside.extend(money.clone().map(|m| (f - 1) * self.levels as usize + m - 1));
                }
            }
        }
        Ok(r.flat_map(|r| beside.iter().map(move |step| (r - 1) * steps + step)).collect())
    }

    fn cell_of_code(self, code: &str) -> Result<usize, String> {
        let complaint = || format!("code `{code}` is not three scores from 1 to {}, such as `{}11`", self.levels, self.levels.min(9));
        if self.axes != Axes::RecencyFrequencyMoney {
            return Err("codes need `axes = [\"R\", \"F\", \"M\"]`; use `cells` instead".to_owned());
        }
        let digits: Vec<u8> = code.bytes().map(|byte| byte.wrapping_sub(b'0')).collect();
        match digits[..] {
            [r, f, m] if digits.iter().all(|digit| (1..=self.levels).contains(digit)) => Ok(self.cell(r, f, m)),
            _ => Err(complaint()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    id: String,
    name: String,
    #[serde(default)]
    question: String,
    axes: Vec<String>,
    levels: u8,
    #[serde(default)]
    scores: BTreeMap<String, ScoreFile>,
    group: Vec<GroupFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    id: String,
    name: String,
    #[serde(default)]
    meaning: String,
    #[serde(default)]
    cells: Vec<BTreeMap<String, String>>,
    #[serde(default)]
    codes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreFile {
    metric: String,
    better: Option<Better>,
    breaks: Option<Vec<toml::Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    fn map(id: &str) -> RfmMap {
        Catalog::built_in().unwrap().rfm_map(id).unwrap().clone()
    }

    fn refused(text: &str) -> String {
        RfmMap::parse("own.toml", text).unwrap_err().to_string()
    }

    /// A row of groups for one recency, along FM (or F) from the lowest.
    fn check(id: &str, recency: u8, expected: &[&str]) {
        let map = map(id);
        let found: Vec<&str> = (0..expected.len())
            .map(|step| {
                let (f, m) = match map.axes {
                    Axes::RecencyFm => (1 + step as u8 / 2, 1 + step.div_ceil(2) as u8),
                    _ => (1 + step as u8, 1),
                };
                map.groups[map.group(recency, f, m)].id.as_str()
            })
            .collect();
        assert_eq!(found, expected, "{id}, R {recency}");
    }

    #[test]
    fn shopify_row_by_row() {
        let (c, a, l) = ("CHAMPIONS", "ACTIVE", "LOYAL");
        check("shopify", 5, &["NEW", a, a, a, a, c, c, c, c]);
        check("shopify", 4, &["PROMISING", a, a, a, a, l, l, l, l]);
        check("shopify", 3, &["ALMOST_LOST", "ALMOST_LOST", "ALMOST_LOST", "NEEDS_ATTENTION", "NEEDS_ATTENTION", l, l, l, l]);
        let away = ["DORMANT", "DORMANT", "DORMANT", "AT_RISK", "AT_RISK", "AT_RISK", "AT_RISK", "PREVIOUSLY_LOYAL", "PREVIOUSLY_LOYAL"];
        check("shopify", 2, &away);
        check("shopify", 1, &away);
    }

    #[test]
    fn putler_row_by_row() {
        let (p, l, c) = ("potential-loyalists", "loyal-customers", "champions");
        check("putler", 5, &["new-customers", p, p, p, l, l, c, c, c]);
        check("putler", 3, &["promising", p, "needing-attention", "needing-attention", "needing-attention", l, l, l, l]);
        check(
            "putler",
            2,
            &["about-to-sleep", "about-to-sleep", "needing-attention", "needing-attention", "needing-attention", l, l, l, l],
        );
        let risk = "at-risk";
        check("putler", 1, &["hibernating", "hibernating", risk, risk, risk, risk, "cant-lose-them", "cant-lose-them", "cant-lose-them"]);
    }

    #[test]
    fn ten_row_by_row() {
        check("ten", 5, &["new-customers", "potential-loyalists", "potential-loyalists", "champions", "champions"]);
        check("ten", 3, &["about-to-sleep", "about-to-sleep", "need-attention", "loyal-customers", "loyal-customers"]);
        check("ten", 1, &["hibernating", "hibernating", "at-risk", "at-risk", "cant-lose"]);
    }

    #[test]
    fn klaviyo_scores_days_by_fixed_cuts() {
        let map = map("klaviyo");
        let score = |days: i128| map.scores[0].score_by_breaks(days * 10_000).unwrap();
        assert_eq!([0, 180, 181, 365, 366].map(score), [3, 3, 2, 2, 1]);
        assert_eq!(map.groups[map.group(3, 3, 2)].id, "champions");
        assert_eq!(map.groups[map.group(1, 2, 1)].id, "inactive");
    }

    #[test]
    fn higher_is_better_counts_the_cut_itself() {
        let rule = ScoreRule { metric: "number_of_orders".into(), better: Better::High, breaks: Some(vec![Money(20_000), Money(30_000)]) };
        assert_eq!([10_000, 20_000, 30_000, 90_000].map(|v| rule.score_by_breaks(v).unwrap()), [1, 2, 3, 3]);
    }

    const HEAD: &str = "id = 'own'\nname = 'Own'\naxes = ['R', 'F']\nlevels = 2\n";

    #[test]
    fn a_map_with_holes_overlaps_or_empty_groups_is_refused() {
        let group = |id: &str, cells: &str| format!("[[group]]\nid = '{id}'\nname = '{id}'\ncells = {cells}\n");
        let hole = format!("{HEAD}{}", group("a", "[{ R = '2' }]"));
        assert_eq!(refused(&hole), "`own.toml`: R 1, F 1 and 1 more lies in no group; add it to one");
        let overlap = format!("{HEAD}{}{}", group("a", "[{ R = '1-2' }]"), group("b", "[{ R = '2', F = '1' }]"));
        assert_eq!(refused(&overlap), "`own.toml`: R 2, F 1 lies in `a` and again in `b`; take it out of one");
        let empty = format!("{HEAD}{}{}", group("a", "[{ R = '1-2' }]"), group("b", "[]"));
        assert_eq!(refused(&empty), "`own.toml`: group `b` has no cell, so nobody can be in it; give it `cells` or `codes`");
        let beyond = format!("{HEAD}{}", group("a", "[{ R = '1-3' }]"));
        assert!(refused(&beyond).contains("no range of scores from 1 to 2"), "{}", refused(&beyond));
    }

    #[test]
    fn own_breaks_are_checked() {
        let with = |breaks: &str| {
            format!(
                "{HEAD}[scores.M]\nmetric = 'amount_spent'\nbreaks = {breaks}\n[[group]]\nid = 'a'\nname = 'A'\ncells = [{{ R = '1-2' }}]\n"
            )
        };
        assert!(RfmMap::parse("own.toml", &with("[99.5]")).is_ok());
        assert_eq!(refused(&with("[1, 2]")), "`own.toml`: scores of M: 2 breaks make 3 scores, and the map has 2");
        assert_eq!(refused(&with("['many']")), "`own.toml`: scores of M: break `many` is not a number");
    }

    #[test]
    fn a_misspelt_key_names_its_line() {
        assert!(
            refused("id = 'own'\nnom = 'x'\n").starts_with("`own.toml`, line 2: unknown field `nom`"),
            "{}",
            refused("id = 'own'\nnom = 'x'\n")
        );
    }

    #[test]
    fn other_metrics_drop_the_cuts_made_for_the_old_ones() {
        let own = map("klaviyo").with_metrics([
            ("days_since_last_order".into(), None),
            ("orders_in_90d".into(), None),
            ("refund_rate".into(), None),
        ]);
        assert!(own.scores[0].breaks.is_some());
        assert_eq!(own.scores[2], ScoreRule { metric: "refund_rate".into(), better: Better::Low, breaks: None });
    }
}
