//! Anchors, each once on a page.

use std::collections::{HashMap, HashSet};

/// The anchors of a page.
pub(super) struct Ids {
    taken: HashSet<String>,
    sections: HashMap<String, String>,
}

impl Ids {
    /// None but those of the page itself.
    pub(super) fn new(own: &[&str]) -> Ids {
        Ids { taken: own.iter().map(|id| (*id).to_string()).collect(), sections: HashMap::new() }
    }

    /// The anchor of a section, to be found by its id; the first of two with the same id is found.
    pub(super) fn section(&mut self, id: &str) -> String {
        let anchor = self.take(id);
        self.sections.entry(id.to_string()).or_insert_with(|| anchor.clone());
        anchor
    }

    /// Where the section of an id is.
    pub(super) fn of_section(&self, id: &str) -> Option<&str> {
        self.sections.get(id).map(String::as_str)
    }

    /// An anchor as near to an id as may be.
    pub(super) fn take(&mut self, id: &str) -> String {
        let kept: String = id.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        let mut wanted = kept.trim_matches('-').to_string();
        if wanted.is_empty() {
            wanted = "part".to_string();
        }
        let mut anchor = wanted.clone();
        let mut number = 1;
        while !self.taken.insert(anchor.clone()) {
            number += 1;
            anchor = format!("{wanted}-{number}");
        }
        anchor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_cleaned_and_unique() {
        let mut ids = Ids::new(&["content"]);
        assert_eq!(ids.section("life stages"), "life-stages");
        assert_eq!(ids.take("life-stages"), "life-stages-2");
        assert_eq!(ids.take("content"), "content-2");
        assert_eq!(ids.take("\"><script>"), "script");
        assert_eq!(ids.take("£"), "part");
        assert_eq!(ids.of_section("life stages"), Some("life-stages"));
        assert_eq!(ids.of_section("elsewhere"), None);
    }
}
