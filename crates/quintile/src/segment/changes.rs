//! What putting the user's files in force would change: segments added, changed, renamed and removed, with who enters, who leaves and
//! the money that goes with them.

use crate::header::counted;
use crate::segment::compare::{Spent, money_of, only_in};
use crate::segment::members::MemberSet;
use crate::segment::own::{self, OwnSegment, Texts, Traits};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, When};
use quintile_model::Money;
use quintile_segment::syntax::tree::{Expr, ExprKind};
use quintile_segment::traits::PREFIX;
use quintile_segment::vocabulary::Kind;
use quintile_segment::{Ask, Plan, Vocabulary};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// More than this share of a segment's members may not change without a warning.
const LARGE_CHANGE: f64 = 0.2;

/// What becomes of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is new.
    Added,
    /// Its condition is another one.
    Changed,
    /// It has another name, and perhaps another condition.
    Renamed,
    /// It is in force and has no file any more.
    Removed,
    /// It says the same, and something said of it is new.
    Reworded,
    /// It stays, and segments that it names do not.
    Follows,
}

impl Fate {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Fate::Added => "added",
            Fate::Changed => "changed",
            Fate::Renamed => "renamed",
            Fate::Removed => "removed",
            Fate::Reworded => "reworded",
            Fate::Follows => "follows",
        }
    }
}

/// What changes of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What becomes of it.
    pub fate: Fate,
    /// Its name, that of a trait with `trait.` before it; of one that is removed, the name it had.
    pub segment: String,
    /// The name it had, where it is renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Members now; `None` of a new one, and of one that can no longer be asked.
    pub before: Option<u64>,
    /// Members then; `None` of one that is removed.
    pub after: Option<u64>,
    /// Who enters.
    pub entrants: u64,
    /// Who leaves.
    pub leavers: u64,
    /// What those who enter have spent, as a decimal.
    pub entrants_spent: Option<String>,
    /// What those who leave have spent.
    pub leavers_spent: Option<String>,
    /// Own segments that name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named_by: Vec<String>,
    /// What to keep in mind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    #[serde(skip)]
    money: [Option<Money>; 2],
}

/// A plan: the changes, and what they hold for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SegmentPlan {
    /// The form of this file.
    pub form: u32,
    /// The moment members were counted for.
    pub as_of: String,
    /// The state of the store.
    pub store_version: u32,
    /// A hash of the settings.
    pub settings: String,
    /// A hash of what is in force.
    pub in_force: String,
    /// A hash of the files.
    pub files: String,
    /// The changes, by name.
    pub changes: Vec<Change>,
    /// What the counts hold for; not part of a file.
    #[serde(skip)]
    pub header: Option<Header>,
}

const FORM: u32 = 1;

impl SegmentPlan {
    /// The changes as rows.
    pub fn answer(&self) -> Result<Answer, Error> {
        let changes = &self.changes;
        let warnings = |change: &Change| (!change.warnings.is_empty()).then(|| change.warnings.join("; "));
        Answer::of(
            self.header.clone(),
            vec![
                AnswerColumn::text("change", changes.iter().map(|change| Some(change.fate.word().to_owned()))),
                AnswerColumn::text("segment", changes.iter().map(|change| Some(change.segment.clone()))),
                AnswerColumn::text("was", changes.iter().map(|change| change.was.clone())),
                AnswerColumn::count("before", changes.iter().map(|change| change.before)),
                AnswerColumn::count("after", changes.iter().map(|change| change.after)),
                AnswerColumn::count("entrants", changes.iter().map(|change| Some(change.entrants))),
                AnswerColumn::count("leavers", changes.iter().map(|change| Some(change.leavers))),
                AnswerColumn::amount("entrants_spent", changes.iter().map(|change| change.money[0])),
                AnswerColumn::amount("leavers_spent", changes.iter().map(|change| change.money[1])),
                AnswerColumn::text("warnings", changes.iter().map(warnings)),
            ],
            Vec::new(),
        )
    }

    /// As a table in Markdown, for a comment in review.
    pub fn markdown(&self) -> String {
        if self.changes.is_empty() {
            return "No segment changes.\n".to_owned();
        }
        let mut text = "| | segment | before | after | enter | leave |\n| --- | --- | --: | --: | --: | --: |\n".to_owned();
        let number = |count: Option<u64>| count.map_or("".to_owned(), |count| crate::header::grouped(&count.to_string()));
        let currency = self.header.as_ref().map_or("", |header| header.currency.as_str());
        let with_money = |count: u64, spent: Option<Money>| match spent {
            Some(spent) if count > 0 => format!("{} ({} {currency} spent)", number(Some(count)), crate::header::money(spent, currency)),
            _ => number(Some(count)),
        };
        for change in &self.changes {
            let was = change.was.as_ref().map(|was| format!(" (was `{was}`)")).unwrap_or_default();
            text.push_str(&format!(
                "| {} | `{}`{was} | {} | {} | {} | {} |\n",
                change.fate.word(),
                change.segment,
                number(change.before),
                number(change.after),
                with_money(change.entrants, change.money[0]),
                with_money(change.leavers, change.money[1]),
            ));
        }
        for (change, warning) in self.changes.iter().flat_map(|change| change.warnings.iter().map(move |warning| (change, warning))) {
            text.push_str(&format!("\n- **`{}`**: {warning}", change.segment));
        }
        let end = if self.changes.iter().any(|change| !change.warnings.is_empty()) { "\n\n" } else { "\n" };
        text.push_str(&format!("{end}As of {}, store version {}.\n", self.as_of, self.store_version));
        text
    }

    /// As a file.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|error| Error::Answer(error.to_string()))
    }

    /// From a file.
    pub fn from_json(text: &str) -> Result<SegmentPlan, Error> {
        let plan: SegmentPlan = serde_json::from_str(text).map_err(|error| Error::Usage(format!("this is no plan: {error}")))?;
        match plan.form {
            FORM => Ok(plan),
            other => Err(Error::Usage(format!("the plan has form {other}, and this program knows {FORM}; make it again"))),
        }
    }
}

impl Workspace {
    /// What putting the files in force would change.
    pub fn segment_changes(&self, when: &When) -> Result<SegmentPlan, Error> {
        let stand = self.stand(when)?;
        let (files, in_force) = (self.own_files()?, self.own_in_force()?);
        let folder = self.segments_folder();
        let (then, now) = (files.segments(&folder)?, in_force.segments(&folder)?);
        let (traits_then, traits_now) = (files.traits(self.root()), in_force.traits(self.root()));
        let of_traits = trait_fates(&traits_now, &traits_then, &then);
        let mut changes = fates(&now, &then, !of_traits.is_empty())?;
        changes.extend(of_traits);
        let mut header = stand.header.clone();
        if !changes.is_empty() {
            let words = [self.words_with(now.values(), &traits_now, &[])?, self.words_with(then.values(), &traits_then, &[])?];
            self.check_traits(&traits_then, &words[1], &changes)?;
            header = self.weigh(&stand, &mut changes, &now, &then, &words)?;
        }
        Ok(SegmentPlan {
            form: FORM,
            as_of: stand.header.as_of.clone(),
            store_version: stand.header.version,
            settings: stand.header.settings.clone(),
            in_force: in_force.hash(),
            files: files.hash(),
            changes,
            header: Some(header),
        })
    }

    /// Puts the files in force, if all is still as it was planned.
    pub fn apply_segments(&self, plan: &SegmentPlan) -> Result<(), Error> {
        let (files, in_force) = (self.own_files()?, self.own_in_force()?);
        let stand = self.stand(&When::AsOf(plan.as_of.clone()))?;
        let moved = |what: String| Err(Error::PlanIsOld { what });
        if stand.header.version != plan.store_version {
            return moved(format!("the store moved from version {} to {}", plan.store_version, stand.header.version));
        }
        if stand.header.settings != plan.settings {
            return moved("the settings or exchange rates changed".to_owned());
        }
        if in_force.hash() != plan.in_force {
            return moved("other segments came in force".to_owned());
        }
        if files.hash() != plan.files {
            return moved(format!("files in `{}` changed", self.segments_folder().display()));
        }
        match self.put_in_force(&files, &in_force)? {
            true => Ok(()),
            false => moved("other segments came in force".to_owned()),
        }
    }

    /// Counts members before and after, and drops what turns out not to follow.
    fn weigh(
        &self,
        stand: &Stand,
        changes: &mut Vec<Change>,
        now: &BTreeMap<String, OwnSegment>,
        then: &BTreeMap<String, OwnSegment>,
        [words_now, words_then]: &[Vocabulary; 2],
    ) -> Result<Header, Error> {
        // Traits that are conditions have members as segments have.
        let conditions = |words: &Vocabulary| -> Vec<String> {
            let names = changes.iter().map(|change| change.segment.clone()).filter(|name| name.starts_with(PREFIX));
            names.filter(|name| words.attribute(name).is_some_and(|own| own.kept && own.kind == Kind::Flag)).collect()
        };
        let (traits_now, traits_then) = (conditions(words_now), conditions(words_then));
        // What is in force was sound once; where it is not any more there is nothing to count.
        let sound = |name: &&String| Plan::new(&[Ask::Name(name)], words_now).is_ok();
        let (before, _) = self.members_of(stand, now.keys().chain(&traits_now).filter(sound).cloned().collect(), words_now)?;
        let (after, header) = self.members_of(stand, then.keys().chain(&traits_then).cloned().collect(), words_then)?;
        let spent = self.spent(stand)?;
        for change in changes.iter_mut() {
            let old = before.get(change.was.as_ref().unwrap_or(&change.segment)).map(|found| &found.0);
            let new = after.get(&change.segment);
            measure(change, old, new.map(|found| &found.0), &spent);
            if let Some((_, lacks)) = new.filter(|(_, lacks)| !lacks.is_empty()) {
                change.warnings.push(format!("the store lacks {}, on which it rests", lacks.join(", ")));
            }
            if let Some(instead) = then.get(&change.segment).and_then(|segment| segment.deprecated.as_ref()) {
                change.warnings.push(format!("it is not to be used any more: {instead}"));
            }
        }
        changes.retain(|change| change.fate != Fate::Follows || change.entrants + change.leavers > 0);
        Ok(header)
    }

    /// A trait that is wrong is not put in force, and none is taken from those who name it.
    fn check_traits(&self, traits: &Traits, words: &Vocabulary, changes: &[Change]) -> Result<(), Error> {
        for name in traits.keys() {
            if let Some(why) = words.broken_trait(&format!("{PREFIX}{name}")) {
                let file = self.root().join(own::TRAITS).join(format!("{name}.toml"));
                return Err(Error::Settings { file, line: None, why: why.to_owned() });
            }
        }
        let gone = changes.iter().filter(|change| change.fate == Fate::Removed && change.segment.starts_with(PREFIX));
        match gone.filter_map(|change| Some((change, change.named_by.first()?))).next() {
            Some((change, by)) => {
                let name = change.segment.trim_start_matches(PREFIX);
                Err(Error::Usage(format!("`{by}` names `{}`, which has no file `{}/{name}.toml` any more", change.segment, own::TRAITS)))
            }
            None => Ok(()),
        }
    }

    #[expect(clippy::type_complexity, reason = "by name, who is in it and what the store lacks for it")]
    fn members_of(
        &self,
        stand: &Stand,
        names: Vec<String>,
        words: &Vocabulary,
    ) -> Result<(BTreeMap<String, (Vec<u64>, Vec<String>)>, Header), Error> {
        let asks: Vec<Ask<'_>> = names.iter().map(|name| Ask::Name(name)).collect();
        let plan = Plan::new(&asks, words).map_err(|refused| Error::Segment(Box::new(refused)))?;
        let ran = self.run_program(stand, plan.program())?;
        let found = names.into_iter().zip(ran.members.iter().map(MemberSet::keys).zip(ran.lacks));
        Ok((found.collect(), ran.header))
    }
}

/// What becomes of each segment that does not simply stay.
fn fates(now: &BTreeMap<String, OwnSegment>, then: &BTreeMap<String, OwnSegment>, traits_change: bool) -> Result<Vec<Change>, Error> {
    let mut changes: Vec<Change> = Vec::new();
    let mut renamed: BTreeSet<&str> = BTreeSet::new();
    for (id, segment) in then {
        let Some(old) = now.get(id) else {
            let gone = |old: &&OwnSegment| !then.contains_key(&old.id) && !renamed.contains(old.id.as_str());
            let said = segment.was.as_ref().and_then(|was| now.get(was)).filter(gone);
            let was = said.or_else(|| now.values().filter(gone).find(|old| old.says_the_same(segment)));
            renamed.extend(was.map(|old| old.id.as_str()));
            changes.push(Change::of(if was.is_some() { Fate::Renamed } else { Fate::Added }, id, was.map(|old| old.id.clone())));
            continue;
        };
        match () {
            () if !old.says_the_same(segment) => changes.push(Change::of(Fate::Changed, id, None)),
            () if old != segment => changes.push(Change::of(Fate::Reworded, id, None)),
            () => changes.push(Change::of(Fate::Follows, id, None)),
        }
    }
    for (id, old) in now.iter().filter(|(id, _)| !then.contains_key(*id) && !renamed.contains(id.as_str())) {
        if old.protected {
            return Err(Error::Protected(id.clone()));
        }
        changes.push(Change::of(Fate::Removed, id, None));
    }
    if !traits_change && changes.iter().all(|change| change.fate == Fate::Follows) {
        return Ok(Vec::new());
    }
    for change in &mut changes {
        let old = change.was.as_ref().unwrap_or(&change.segment);
        let names = |segment: &&OwnSegment| {
            let named = names_in(&segment.text);
            named.contains(old) || named.contains(&change.segment)
        };
        change.named_by = then.values().filter(names).map(|segment| segment.id.clone()).collect();
    }
    changes.sort_by(|a, b| a.segment.cmp(&b.segment));
    Ok(changes)
}

/// What becomes of each trait that does not simply stay. A file that cannot be read says something else than any other.
fn trait_fates(now: &Traits, then: &Traits, segments: &BTreeMap<String, OwnSegment>) -> Vec<Change> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fate = |name: &String| match (now.get(name), then.get(name)) {
        (None, _) => Some(Fate::Added),
        (_, None) => Some(Fate::Removed),
        (Some(Ok(old)), Some(Ok(new))) if old == new => None,
        (Some(Ok(old)), Some(Ok(new))) => {
            let same =
                std::mem::discriminant(&old.says) == std::mem::discriminant(&new.says) && words(old.says.text()) == words(new.says.text());
            Some(if same { Fate::Reworded } else { Fate::Changed })
        }
        (Some(Err(_)), Some(_)) | (Some(_), Some(Err(_))) => Some(Fate::Changed),
    };
    let names: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let Some(fate) = fate(name) else { continue };
        let full = format!("{PREFIX}{name}");
        let in_segments = segments.values().filter(|segment| says_word(&segment.text, &full)).map(|segment| segment.id.clone());
        let in_traits = then.iter().filter(|(_, own)| own.as_ref().is_ok_and(|own| says_word(own.says.text(), &full)));
        let named_by = in_segments.chain(in_traits.map(|(other, _)| format!("{PREFIX}{other}"))).collect();
        changes.push(Change { named_by, ..Change::of(fate, &full, None) });
    }
    changes
}

/// Does a text have a word in it?
fn says_word(text: &str, word: &str) -> bool {
    let tokens = quintile_segment::parse(text).tokens;
    let is = |token: &quintile_segment::syntax::Token| text.get(token.span.start..token.span.end).is_some_and(|found| found == word);
    tokens.iter().any(is)
}

impl Change {
    fn of(fate: Fate, segment: &str, was: Option<String>) -> Change {
        Change {
            fate,
            segment: segment.to_owned(),
            was,
            before: None,
            after: None,
            entrants: 0,
            leavers: 0,
            entrants_spent: None,
            leavers_spent: None,
            named_by: Vec::new(),
            warnings: Vec::new(),
            money: [None, None],
        }
    }
}

fn measure(change: &mut Change, old: Option<&Vec<u64>>, new: Option<&Vec<u64>>, spent: &Spent) {
    let none = Vec::new();
    let (entering, leaving) = (only_in(new.unwrap_or(&none), old.unwrap_or(&none)), only_in(old.unwrap_or(&none), new.unwrap_or(&none)));
    change.before = old.map(|members| members.len() as u64);
    change.after = new.map(|members| members.len() as u64);
    change.entrants = entering.len() as u64;
    change.leavers = leaving.len() as u64;
    change.money = [money_of(spent, entering.iter()), money_of(spent, leaving.iter())];
    let decimal = |money: Option<Money>| money.map(|money| crate::cell::plain_decimal(i128::from(money.0), 4));
    [change.entrants_spent, change.leavers_spent] = change.money.map(decimal);
    let moved = change.entrants + change.leavers;
    if let (Some(before), true) = (change.before.filter(|before| *before > 0), !matches!(change.fate, Fate::Removed))
        && moved as f64 > LARGE_CHANGE * before as f64
    {
        let share = moved as f64 / before as f64 * 100.0;
        change.warnings.push(format!("{} in or out: {share:.0} % of its members now", counted(moved, "customer comes", "customers come")));
    }
    if !change.named_by.is_empty() && matches!(change.fate, Fate::Removed | Fate::Renamed) {
        let by = change.named_by.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        change.warnings.push(format!("named by {by}"));
    }
}

/// The segments that a text names.
fn names_in(text: &str) -> BTreeSet<String> {
    fn look(expr: &Expr, names: &mut BTreeSet<String>) {
        match &expr.kind {
            ExprKind::And(list) | ExprKind::Or(list) => list.iter().for_each(|part| look(part, names)),
            ExprKind::Not(inner) => look(inner, names),
            ExprKind::Segment(name) => {
                names.insert(name.name.clone());
            }
            ExprKind::Test { .. } | ExprKind::Did { .. } | ExprKind::Sequence { .. } | ExprKind::Broken => {}
        }
    }
    let mut names = BTreeSet::new();
    look(&quintile_segment::parse(text).tree.root, &mut names);
    names
}

/// Which texts are in force, for whoever compares.
impl Workspace {
    /// The text of one of the user's own segments as it is in force, and as its file says.
    pub fn segment_versions(&self, id: &str) -> Result<(Option<String>, Option<String>), Error> {
        let folder = self.segments_folder();
        let text = |texts: Texts| Ok::<_, Error>(texts.segments(&folder)?.get(id).map(|segment| segment.text.clone()));
        Ok((text(self.own_in_force()?)?, text(self.own_files()?)?))
    }
}
