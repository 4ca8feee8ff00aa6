//! What happened in the shop that figures over time should be read with: sales, stock-outs, campaigns, holidays.
//!
//! They stand in `annotations.toml` of the project and change no figure. Charts over time mark them, and tables over time
//! name them beside the stretch in which they fall.

use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, workspace};
use jiff::civil::Date;
use quintile_model::AsOf;
use quintile_model::nearest::nearest;
use quintile_model::time::StoreZone;
use quintile_report::Mark;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The file, in the project's folder.
pub const FILE: &str = "annotations.toml";

/// Kinds of what happens.
pub const KINDS: [&str; 7] = ["sale", "campaign", "stock-out", "holiday", "price", "site", "other"];

/// Letters of a text at the most, so that it fits beside a row.
const LONGEST: usize = 120;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The first day.
    pub from: Date,
    /// The last day; `from` itself where it was one day.
    pub to: Date,
    /// What it was.
    pub text: String,
    /// One of [`KINDS`].
    pub kind: String,
}

impl Annotation {
    /// In one line, with its dates.
    pub fn words(&self) -> String {
        let dates = if self.from == self.to { self.from.to_string() } else { format!("{} to {}", self.from, self.to) };
        match self.kind.as_str() {
            "other" => format!("{dates}: {}", self.text),
            kind => format!("{dates}: {} ({kind})", self.text),
        }
    }
}

/// All that happened, by day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Annotations(Vec<Annotation>);

/// Days from the first through the last, both of them in it.
pub(crate) type Stretch = (Date, Date);

impl Workspace {
    /// The annotations of the project, by day; none where there is no file.
    pub fn annotations(&self) -> Result<Answer, Error> {
        let Annotations(all) = self.read_annotations()?;
        Answer::list(vec![
            AnswerColumn::text("from", all.iter().map(|one| Some(one.from.to_string()))),
            AnswerColumn::text("to", all.iter().map(|one| Some(one.to.to_string()))),
            AnswerColumn::text("kind", all.iter().map(|one| Some(one.kind.clone()))),
            AnswerColumn::text("text", all.iter().map(|one| Some(one.text.clone()))),
        ])
    }

    /// Writes another one at the end of the file, which is made where there is none; what stands in it stays as it is.
    pub fn annotate(&self, annotation: &Annotation) -> Result<PathBuf, Error> {
        let path = self.root().join(FILE);
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
            Err(source) => return Err(Error::File { doing: "read", path, source }),
        };
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let text = format!("{before}{gap}\n{}", written(annotation));
        // Whatever is wrong, with it or with what stood there before, is said before anything is written.
        parse(&path, &text)?;
        workspace::whole(self.root(), FILE, &text)?;
        Ok(path)
    }

    pub(crate) fn read_annotations(&self) -> Result<Annotations, Error> {
        let path = self.root().join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => parse(&path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Annotations::default()),
            Err(source) => Err(Error::File { doing: "read", path, source }),
        }
    }
}

impl Annotations {
    /// Those of which at least a day lies in a stretch.
    pub fn within(&self, (from, to): Stretch) -> impl Iterator<Item = &Annotation> {
        self.0.iter().filter(move |one| one.from <= to && one.to >= from)
    }

    /// A column beside rows that each stand for a stretch; `None` where nothing happened in any of them.
    pub fn column(&self, stretches: impl Iterator<Item = Option<Stretch>>) -> Option<AnswerColumn> {
        let words = |stretch: Stretch| self.within(stretch).map(Annotation::words).collect::<Vec<_>>().join("; ");
        let all: Vec<Option<String>> = stretches.map(|stretch| stretch.map(words).filter(|words| !words.is_empty())).collect();
        all.iter().any(Option::is_some).then(|| AnswerColumn::text("annotations", all.into_iter()))
    }

    /// Marks on a chart whose places along the axis are these stretches, which follow each other.
    pub fn marks(&self, stretches: &[Stretch]) -> Vec<Mark> {
        let mark = |one: &Annotation| {
            let overlaps = |stretch: &Stretch| one.from <= stretch.1 && one.to >= stretch.0;
            let from = stretches.iter().position(overlaps)?;
            let to = stretches.iter().rposition(overlaps)?;
            Some(Mark { from, to, text: one.words() })
        };
        self.0.iter().filter_map(mark).collect()
    }
}

/// The stretches that end before each of some moments, which ascend: from the moment before it on, of the first from a
/// calendar month before it on.
pub(crate) fn before_each(moments: &[AsOf]) -> Vec<Stretch> {
    let date = |as_of: &AsOf| StoreZone::date_of(as_of.day());
    // A moment within a day has seen something of that day.
    let last_day = |as_of: &AsOf| StoreZone::date_of(as_of.zone.day(as_of.instant.0.saturating_sub(1)));
    let mut from = moments.first().map(|first| date(first).saturating_sub(jiff::Span::new().months(1)));
    let mut stretches = Vec::with_capacity(moments.len());
    for as_of in moments {
        stretches.push((from.unwrap_or_else(|| date(as_of)), last_day(as_of)));
        from = Some(date(as_of));
    }
    stretches
}

/// The days of a calendar month.
pub(crate) fn of_month(month: quintile_model::time::Month) -> Stretch {
    let first = month.first_day();
    (first, first.last_of_month())
}

/// A date as it is typed.
pub fn date(text: &str) -> Result<Date, Error> {
    text.trim().parse().map_err(|_| Error::Usage(format!("`{text}` is no date; use one such as 2011-11-25")))
}

const HEAD: &str = "# What happened in the shop: it is marked in charts and tables over time, and changes no figure.
# A day with `on`, or days with `from` and `to`; `kind` is one of sale, campaign, stock-out, holiday, price, site, other.
";

fn written(one: &Annotation) -> String {
    let text = toml::Value::String(one.text.clone());
    let dates = match one.from == one.to {
        true => format!("on = \"{}\"", one.from),
        false => format!("from = \"{}\"\nto = \"{}\"", one.from, one.to),
    };
    format!("[[annotation]]\n{dates}\nkind = {}\ntext = {text}\n", toml::Value::String(one.kind.clone()))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    annotation: Vec<Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    on: Option<Spanned<toml::Value>>,
    from: Option<Spanned<toml::Value>>,
    to: Option<Spanned<toml::Value>>,
    text: Spanned<String>,
    kind: Option<Spanned<String>>,
}

/// Reads the file; every mistake is named with its line and what to write instead.
fn parse(path: &Path, text: &str) -> Result<Annotations, Error> {
    let line = |at: usize| 1 + text[..at.min(text.len())].matches('\n').count();
    let wrong = |at: usize, why: String| Error::Settings { file: path.to_owned(), line: Some(line(at)), why };
    let file: File = toml::from_str(text).map_err(|error| Error::Settings {
        file: path.to_owned(),
        line: error.span().map(|span| line(span.start)),
        why: error.message().to_owned(),
    })?;
    let date = |written: &Spanned<toml::Value>| -> Result<Date, Error> {
        let text = match written.get_ref() {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        text.parse().map_err(|_| wrong(written.span().start, format!("`{text}` is no date; write one such as \"2011-11-25\"")))
    };
    let mut all = Vec::with_capacity(file.annotation.len());
    for entry in &file.annotation {
        let (at, one) = (entry.span().start, entry.get_ref());
        let (from, to) = match (&one.on, &one.from, &one.to) {
            (Some(on), None, None) => (date(on)?, date(on)?),
            (None, Some(from), Some(to)) => (date(from)?, date(to)?),
            (None, Some(_), None) | (None, None, Some(_)) => {
                return Err(wrong(at, "days want both `from` and `to`; a single day is `on`".to_owned()));
            }
            (None, None, None) => return Err(wrong(at, "it has no date; give `on`, or `from` and `to`".to_owned())),
            (Some(_), _, _) => return Err(wrong(at, "`on` is a single day and stands without `from` and `to`".to_owned())),
        };
        if to < from {
            return Err(wrong(at, format!("it ends on {to}, before it begins on {from}")));
        }
        let said = one.text.get_ref().split_whitespace().collect::<Vec<_>>().join(" ");
        if said.is_empty() {
            return Err(wrong(one.text.span().start, "`text` is empty; say what happened".to_owned()));
        }
        if said.chars().count() > LONGEST {
            return Err(wrong(one.text.span().start, format!("`text` has more than {LONGEST} letters; say it shorter")));
        }
        let kind = one.kind.as_ref().map_or("other", |kind| kind.get_ref());
        if !KINDS.contains(&kind) {
            let meant = nearest(kind, KINDS.into_iter()).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
            let at = one.kind.as_ref().map_or(at, |kind| kind.span().start);
            return Err(wrong(at, format!("there is no kind `{kind}`{meant}; there are {}", KINDS.join(", "))));
        }
        all.push(Annotation { from, to, text: said, kind: kind.to_owned() });
    }
    all.sort_by(|a, b| (a.from, a.to, &a.text).cmp(&(b.from, b.to, &b.text)));
    Ok(Annotations(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let found = parse(Path::new("annotations.toml"), text).map_err(|error| error.to_string())?;
        Ok(found.0.iter().map(Annotation::words).collect())
    }

    #[test]
    fn days_and_stretches_are_read_in_order_of_time() {
        let text = "[[annotation]]\nfrom = 2011-12-01\nto = '2011-12-24'\ntext = 'Advent'\nkind='holiday'\n\
                    [[annotation]]\non = \"2011-11-25\"\ntext = \" Black  Friday \"\nkind = 'sale'\n\
                    [[annotation]]\non = '2011-11-25'\ntext = 'A new till'\n";
        let words = ["2011-11-25: A new till", "2011-11-25: Black Friday (sale)", "2011-12-01 to 2011-12-24: Advent (holiday)"];
        assert_eq!(read(text).unwrap(), words);
        assert_eq!(read("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let check = |entry: &str, expected: &str| {
            let message = read(&format!("# ours\n[[annotation]]\n{entry}")).unwrap_err();
            assert!(message.contains(expected), "{message}");
        };
        check("text = 'x'", "it has no date");
        check("on = '2011-11-31'\ntext = 'x'", "`2011-11-31` is no date");
        check("on = '2011-11-25'\nto = '2011-11-26'\ntext = 'x'", "single day");
        check("from = '2011-11-25'\ntext = 'x'", "both `from` and `to`");
        check("from = '2011-11-25'\nto = '2011-11-24'\ntext = 'x'", "before it begins");
        check("on = '2011-11-25'\ntext = '  '", "`text` is empty");
        check("on = '2011-11-25'\ntext = 'x'\nkind = 'sal'", "did you mean `sale`?");
        check("on = '2011-11-25'\ntext = 'x'\nkind = 'sal'", "line 5");
        check("on = '2011-11-25'\nwhat = 'x'", "what");
        check(&format!("on = '2011-11-25'\ntext = '{}'", "x".repeat(121)), "more than 120 letters");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let one = Annotation { from: day("2024-02-29"), to: day("2024-02-29"), text: "50 % \"off\" \\ 'all'".into(), kind: "sale".into() };
        let other = Annotation { from: day("2024-03-01"), to: day("2024-03-05"), text: "no tea".into(), kind: "stock-out".into() };
        let text = format!("{HEAD}\n{}\n{}", written(&one), written(&other));
        assert_eq!(parse(Path::new("annotations.toml"), &text).unwrap().0, [one, other]);
    }

    #[test]
    fn marks_stand_where_their_days_lie() {
        let text = "[[annotation]]\non='2011-11-30'\ntext='a'\n[[annotation]]\nfrom='2011-10-31'\nto='2012-02-01'\ntext='b'\n\
                    [[annotation]]\non='2010-01-01'\ntext='c'\n";
        let found = parse(Path::new("annotations.toml"), text).unwrap();
        let month = |text: &str| {
            let first: Date = format!("{text}-01").parse().unwrap();
            (first, first.last_of_month())
        };
        let marks = found.marks(&[month("2011-10"), month("2011-11"), month("2011-12")]);
        assert_eq!(marks.iter().map(|mark| (mark.from, mark.to)).collect::<Vec<_>>(), [(0, 2), (1, 1)]);
        let zone = StoreZone::utc();
        let at = |text: &str| AsOf::start_of(text.parse().unwrap(), &zone).unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let stretches = before_each(&[at("2011-11-01"), at("2011-12-01")]);
        assert_eq!(stretches, [(day("2011-10-01"), day("2011-10-31")), (day("2011-11-01"), day("2011-11-30"))]);
        assert!(found.column([Some(month("2012-03")), None].into_iter()).is_none());
        assert!(found.column(stretches.into_iter().map(Some)).is_some());
    }
}
