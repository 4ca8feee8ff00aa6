//! Partitions: families of classes of which every customer is in exactly one.

use crate::load::{self, CatalogError};
use serde::Deserialize;

/// A family of classes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// The profile column that holds it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it answers.
    pub question: String,
    /// Its classes, in the order they are shown.
    #[serde(rename = "class")]
    pub classes: Vec<Class>,
    /// Names for several classes at once.
    #[serde(default, rename = "union")]
    pub unions: Vec<Union>,
}

/// A class of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its name in columns.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who is in it, with thresholds in braces: `{usual_gap_days}`.
    pub sentence: String,
    /// The same where states go by the probability of no purchase, which a value model gives; `sentence` where it makes no difference.
    #[serde(default)]
    pub by_probability: Option<String>,
}

/// A name for several classes at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Union {
    /// Its name in questions.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The classes it joins.
    pub classes: Vec<String>,
}

/// The thresholds a sentence may name, each with its meaning.
pub const PLACEHOLDERS: [(&str, &str); 11] = [
    ("usual_gap_days", "the store's usual gap between purchases, in days"),
    ("last_call_days", "the day by which most second orders have come"),
    ("first_gap_days", "the gap that stands for a customer's own after one purchase: a quarter of the last call"),
    ("risk", "how many usual gaps late a customer is at risk"),
    ("inactive", "how many usual gaps late a customer is inactive"),
    ("loyal_orders", "how many purchases make a loyal customer"),
    ("loyal_window_days", "within how many days they are counted"),
    ("promising", "how many purchases make a promising customer"),
    ("big_order_value", "the 80th percentile of buyers' median net order values"),
    ("horizon_days", "the days within which a customer should have bought again, where a value model decides states"),
    ("small_order_value", "the 25th percentile of buyers' median net order values"),
];

impl Partition {
    /// Reads and checks a partition; `file` is named in errors.
    pub fn parse(file: &str, text: &str) -> Result<Partition, CatalogError> {
        let wrong = |message: String| CatalogError::Wrong { file: file.to_owned(), message };
        let partition: Partition = load::read_toml(file, text)?;
        for (number, class) in partition.classes.iter().enumerate() {
            if partition.classes[..number].iter().any(|other| other.id == class.id) {
                return Err(wrong(format!("two classes are called `{}`; give one another id", class.id)));
            }
            for name in [&class.sentence].into_iter().chain(&class.by_probability).flat_map(|sentence| placeholders(sentence)) {
                let name = name.ok_or_else(|| wrong(format!("class `{}`: a brace is left open in its sentence", class.id)))?;
                if !PLACEHOLDERS.iter().any(|(known, _)| *known == name) {
                    let known = PLACEHOLDERS.map(|(known, _)| format!("{{{known}}}")).join(", ");
                    return Err(wrong(format!("class `{}`: unknown threshold {{{name}}}; there is {known}", class.id)));
                }
            }
        }
        for union in &partition.unions {
            if partition.class(&union.id).is_some() {
                return Err(wrong(format!("`{}` is a class and a union; give one another id", union.id)));
            }
            if let Some(class) = union.classes.iter().find(|class| partition.class(class).is_none()) {
                return Err(wrong(format!("union `{}`: there is no class `{class}`", union.id)));
            }
        }
        Ok(partition)
    }

    /// A class by its id.
    pub fn class(&self, id: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.id == id)
    }

    /// The classes behind a name: of a union all of its classes, of a class itself.
    pub fn classes_of(&self, id: &str) -> Option<Vec<&str>> {
        match self.unions.iter().find(|union| union.id == id) {
            Some(union) => Some(union.classes.iter().map(String::as_str).collect()),
            None => self.class(id).map(|class| vec![class.id.as_str()]),
        }
    }
}

impl Class {
    /// The sentence with its thresholds filled in; one that is not known reads `unknown`. Where there is a horizon, states go by probability.
    pub fn describe(&self, threshold: impl Fn(&str) -> Option<String>) -> String {
        let by_probability = self.by_probability.as_ref().filter(|_| threshold("horizon_days").is_some());
        let sentence = by_probability.unwrap_or(&self.sentence);
        let mut text = String::with_capacity(sentence.len());
        let mut rest = sentence.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(&threshold(name).unwrap_or_else(|| "unknown".to_owned()));
            rest = after;
        }
        text + rest
    }
}

/// The names in braces; `None` for a brace that is never closed.
fn placeholders(sentence: &str) -> Vec<Option<&str>> {
    sentence.split('{').skip(1).map(|part| part.split_once('}').map(|(name, _)| name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn a_sentence_shows_its_thresholds() {
        let catalog = Catalog::built_in().unwrap();
        let loyal = catalog.partition("life_stage").unwrap().class("loyal").unwrap();
        let sentence = loyal.describe(|name| (name == "loyal_orders").then(|| "3".to_owned()));
        assert_eq!(sentence, "Active, and bought on 3 or more days within the last unknown days.");
    }

    #[test]
    fn a_horizon_means_that_states_go_by_probability() {
        let catalog = Catalog::built_in().unwrap();
        let lost = catalog.partition("retention_state").unwrap().class("lost").unwrap();
        let sentence = lost.describe(|name| (name == "horizon_days").then(|| "91".to_owned()));
        assert_eq!(sentence, "Will hardly buy in the next 91 days: twice the odds of churn risk.");
        assert!(lost.describe(|_| None).starts_with("Silent for more than"));
    }

    #[test]
    fn unions_are_their_classes() {
        let catalog = Catalog::built_in().unwrap();
        let stages = catalog.partition("life_stage").unwrap();
        assert_eq!(stages.classes_of("inactive").unwrap(), ["inactive-repeat", "inactive-first-time"]);
        assert_eq!(stages.classes_of("loyal").unwrap(), ["loyal"]);
        assert_eq!(stages.classes_of("happy"), None);
        assert_eq!(stages.classes_of("all").unwrap().len(), stages.classes.len());
    }

    #[test]
    fn a_sentence_with_an_unknown_threshold_is_refused() {
        let text = "id = 'x'\nname = 'X'\nquestion = '?'\n[[class]]\nid = 'a'\nname = 'A'\nsentence = 'Late by {usual_gap}.'\n";
        let error = Partition::parse("x.toml", text).unwrap_err().to_string();
        assert!(error.starts_with("`x.toml`: class `a`: unknown threshold {usual_gap}; there is {usual_gap_days}, "), "{error}");
    }
}
