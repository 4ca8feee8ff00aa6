//! A mapping as a TOML file: for a person to read and mend.

use super::guess::check;
use super::{Always, MappedColumn, Mapping, Target};
use crate::amounts::Decimals;
use crate::error::ConnectError;
use crate::times::TimeForm;
use quintile_model::{RecordKind, StoreZone};
use serde::Deserialize;
use std::fmt::Write;

impl Mapping {
    /// The mapping as a file: what is guessed, how surely, and some values of each column as comments.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        // Writing to a string cannot fail.
        let _ = (|| -> std::fmt::Result {
            writeln!(text, "# Which column of a file is what. Change `to` where the guess is wrong, and give this file by --mapping.")?;
            writeln!(text, "# A column with `to = []` is left out.\n")?;
            writeln!(text, "name = {}", quoted(&self.name))?;
            let kinds: Vec<_> = self.kinds.iter().map(|kind| quoted(kind.name())).collect();
            writeln!(
                text,
                "# What the rows are: orders, lines, refunds, cancellations, customers or products; orders with lines when each row is both."
            )?;
            writeln!(text, "kinds = [{}]", kinds.join(", "))?;
            writeln!(text, "# Files with the same columns are read by this mapping without asking.")?;
            writeln!(text, "header = {}", quoted(&self.header))?;
            match &self.zone {
                Some(zone) => writeln!(text, "zone = {}", quoted(zone))?,
                None => writeln!(text, "# Zone of times without one; the store's unless it is given here.\n# zone = \"Europe/Berlin\"")?,
            }
            writeln!(text, "# `point` for 1,234.50 and `comma` for 1.234,50.")?;
            writeln!(
                text,
                "decimals = {}",
                quoted(match self.decimals {
                    Decimals::Point => "point",
                    Decimals::Comma => "comma",
                })
            )?;
            for always in &self.always {
                writeln!(text, "\n# The same in every row.\n[[always]]")?;
                writeln!(text, "to = {}\nvalue = {}", quoted(&always.to.to_string()), quoted(&always.value))?;
            }
            for column in &self.columns {
                writeln!(text, "\n[[column]]")?;
                if column.to.is_empty() {
                    writeln!(text, "# {}", one_line(&column.reason))?;
                } else {
                    writeln!(text, "# {:.0} % sure: {}", column.confidence * 100.0, one_line(&column.reason))?;
                }
                if !column.samples.is_empty() {
                    let samples: Vec<_> = column.samples.iter().map(|sample| format!("`{}`", one_line(sample))).collect();
                    writeln!(text, "# values such as {}", samples.join(", "))?;
                }
                writeln!(text, "from = {}", quoted(&column.from))?;
                let targets: Vec<_> = column.to.iter().map(|target| quoted(&target.to_string())).collect();
                writeln!(text, "to = [{}]", targets.join(", "))?;
                if column.holds_times() {
                    writeln!(text, "times = {}", quoted(column.times.name()))?;
                }
            }
            Ok(())
        })();
        text
    }

    /// Reads a mapping file.
    pub fn from_toml(text: &str) -> Result<Mapping, ConnectError> {
        let bad = |why: String| ConnectError::BadMapping { why };
        let written: Written = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        let mut columns = Vec::new();
        for column in written.column {
            let mut to = Vec::new();
            let names = match column.to {
                OneOrMany::One(name) => vec![name],
                OneOrMany::Many(names) => names,
            };
            for name in names {
                to.push(Target::named(&name).ok_or_else(|| {
                    bad(format!("`{name}`, the target of column `{}`, is unknown; {}", column.from, known_targets(&name)))
                })?);
            }
            let times = match &column.times {
                None => TimeForm::Plain,
                Some(name) => TimeForm::named(name).ok_or_else(|| {
                    let known: Vec<_> = TimeForm::ALL.iter().map(|form| format!("`{form}`")).collect();
                    bad(format!("`times = \"{name}\"` of column `{}` is unknown; use one of {}", column.from, known.join(", ")))
                })?,
            };
            columns.push(MappedColumn {
                from: column.from,
                to,
                times,
                confidence: 1.0,
                reason: "given in the mapping".to_owned(),
                samples: Vec::new(),
            });
        }
        let mut kinds = Vec::new();
        for name in written.kinds {
            let kind = RecordKind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind = kind.ok_or_else(|| {
                bad(format!("`{name}` in `kinds` is unknown; use one of those that `--as` knows, such as orders, lines or events"))
            })?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if let Some(zone) = &written.zone {
            StoreZone::named(zone).map_err(|error| bad(error.to_string()))?;
        }
        let decimals = match written.decimals.as_deref() {
            None | Some("point") => Decimals::Point,
            Some("comma") => Decimals::Comma,
            Some(other) => return Err(bad(format!("`decimals = \"{other}\"` is unknown; use `point` or `comma`"))),
        };
        let always = written.always.into_iter().map(constant).collect::<Result<_, _>>().map_err(bad)?;
        let mapping = Mapping {
            name: written.name,
            kinds,
            header: written.header.unwrap_or_default(),
            zone: written.zone,
            decimals,
            columns,
            always,
        };
        if let Some(always) = mapping.always.iter().find(|always| !mapping.kinds.contains(&always.to.kind)) {
            return Err(bad(format!("`{}` is in every row, and `kinds` has no `{}`", always.to, always.to.kind.name())));
        }
        for (index, column) in mapping.columns.iter().enumerate() {
            for target in &column.to {
                if !mapping.kinds.contains(&target.kind) {
                    return Err(bad(format!("column `{}` is `{target}`, and `kinds` has no `{}`", column.from, target.kind.name())));
                }
                if mapping.always.iter().any(|always| always.to == *target) {
                    return Err(bad(format!(
                        "`{target}` is column `{}`, and the same in every row; leave one of the two out",
                        column.from
                    )));
                }
                if let Some(other) = mapping.columns[..index].iter().find(|other| other.to.contains(target) && !target.takes_several()) {
                    return Err(bad(format!("both `{}` and `{}` are `{target}`; leave one out with `to = []`", other.from, column.from)));
                }
            }
        }
        check(&mapping).map_err(bad)?;
        Ok(mapping)
    }
}

fn constant(written: WrittenAlways) -> Result<Always, String> {
    let to = Target::named(&written.to)
        .ok_or_else(|| format!("`{}`, which every row has, is unknown; {}", written.to, known_targets(&written.to)))?;
    Always::of(to, &written.value)
}

impl MappedColumn {
    pub(crate) fn holds_times(&self) -> bool {
        self.to.iter().any(|target| matches!(target.column, "at" | "version" | "launched"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    name: String,
    kinds: Vec<String>,
    header: Option<String>,
    zone: Option<String>,
    decimals: Option<String>,
    #[serde(default)]
    column: Vec<WrittenColumn>,
    #[serde(default)]
    always: Vec<WrittenAlways>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAlways {
    to: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenColumn {
    from: String,
    #[serde(default)]
    to: OneOrMany,
    times: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::Many(Vec::new())
    }
}

fn known_targets(name: &str) -> String {
    let kind = RecordKind::ALL.into_iter().find(|kind| name.split('.').next() == Some(kind.name()));
    match kind {
        Some(kind) => {
            let derived = Target::DERIVED.into_iter().filter(|target| target.kind == kind).map(|target| target.column);
            let names: Vec<_> =
                kind.columns().iter().map(|column| column.name).chain(derived).map(|name| format!("`{}.{name}`", kind.name())).collect();
            format!("use one of {}", names.join(", "))
        }
        None => "write it as a kind and a column, such as `orders.total`".to_owned(),
    }
}

/// A text that stays in a comment.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::guess::guess;

    fn example() -> Mapping {
        let split = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        guess("orders", &split("order \"id\",Order ID,date,customer,total,rest"), &[split("x\ny,1,3/4/2024,7,2.50,z")], None)
            .unwrap()
            .mapping
    }

    #[test]
    fn what_is_written_reads_back() {
        let mapping = example();
        let text = mapping.to_toml();
        let read = Mapping::from_toml(&text).unwrap();
        assert_eq!(read.kinds, mapping.kinds);
        assert_eq!(read.header, mapping.header);
        for (read, written) in read.columns.iter().zip(&mapping.columns) {
            assert_eq!((&read.from, &read.to), (&written.from, &written.to));
            assert!(!written.holds_times() || read.times == written.times);
        }
        assert!(text.contains("% sure: its name says so") && text.contains("# values such as `3/4/2024`"), "{text}");
    }

    #[test]
    fn what_every_row_has_reads_back_in_our_words() {
        let text = "kinds = [\"messages\"]\n[[column]]\nfrom = \"t\"\nto = \"messages.at\"\n[[always]]\nto = \"messages.action\"\nvalue = \"Opened Email\"\n[[always]]\nto = \"messages.channel\"\nvalue = \"letter\"";
        let mapping = Mapping::from_toml(text).unwrap();
        assert_eq!(mapping.always.iter().map(|always| always.value.as_str()).collect::<Vec<_>>(), ["opened", "post"]);
        assert_eq!(Mapping::from_toml(&mapping.to_toml()).unwrap().always, mapping.always);
    }

    #[test]
    fn mistakes_are_explained() {
        let check = |text: &str, expected: &str| {
            let error = Mapping::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("kinds = [\"order\"]", "`order` in `kinds` is unknown");
        check("kinds = [\"orders\"]\n[[column]]\nfrom = \"a\"\nto = \"orders.totl\"", "use one of `orders.order_id`");
        check("kinds = [\"orders\"]\n[[column]]\nfrom = \"a\"\nto = \"total\"", "such as `orders.total`");
        check("kinds = [\"orders\"]", "no column is `orders.order_id`");
        check("kinds = [\"orders\"]\nzone = \"Mars\"", "unknown time zone");
        check("kinds = [", "not usable");
        let messages = "kinds = [\"messages\"]\n[[column]]\nfrom = \"t\"\nto = \"messages.at\"\n[[always]]\n";
        check(&format!("{messages}to = \"messages.action\"\nvalue = \"juggled\""), "none of sent, delivered");
        check(&format!("{messages}to = \"messages.at\"\nvalue = \"today\""), "only texts can be");
        check(&format!("{messages}to = \"orders.channel\"\nvalue = \"x\""), "`kinds` has no `orders`");
    }
}
