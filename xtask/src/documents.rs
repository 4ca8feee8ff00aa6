//! What README.md says of the command line, held against the binary.

#[cfg(test)]
mod tests {
    use crate::shell;
    use std::collections::BTreeSet;
    use std::process::Command;

    /// The verbs that a help page lists.
    fn verbs(words: &[&str]) -> BTreeSet<String> {
        let help = shell::output(Command::new(shell::tested_binary()).args(words).arg("--help")).unwrap();
        let help = String::from_utf8(help).unwrap();
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        listed
            .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
            .filter(|verb| !verb.is_empty() && *verb != "help")
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn readme_has_every_verb_and_no_other() {
        let readme = std::fs::read_to_string(shell::root().join("README.md")).unwrap();
        let examples = readme.lines().filter_map(|line| line.strip_prefix("| ")?.split('`').nth(1).filter(|_| line.contains("`quintile ")));
        let named: BTreeSet<String> =
            examples.filter_map(|verb| verb.split(' ').find(|word| *word != "quintile")).map(str::to_owned).collect();
        assert_eq!(named, verbs(&[]));
    }
}
