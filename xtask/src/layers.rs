//! Who may use whom: the drawing in ARCHITECTURE.md, held against what cargo knows.

#[cfg(test)]
mod tests {
    use crate::shell;
    use std::collections::{BTreeMap, BTreeSet};

    /// The crates of the drawing, top layer first.
    fn drawn() -> Vec<BTreeSet<String>> {
        let text = std::fs::read_to_string(shell::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
        let drawing = text.split("```layers\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a drawing marked `layers`");
        let crates = |line: &str| {
            let line = line.split("<-").next().unwrap_or_default();
            line.split_whitespace().filter(|word| *word == "quintile" || word.starts_with("quintile-")).map(str::to_owned).collect()
        };
        drawing.lines().map(crates).filter(|layer: &BTreeSet<String>| !layer.is_empty()).collect()
    }

    /// The crates of this workspace with those they use, tests apart.
    fn built() -> BTreeMap<String, BTreeSet<String>> {
        let folder = shell::root().join("crates");
        let mut built = BTreeMap::new();
        for entry in std::fs::read_dir(folder).expect("crates/ is there") {
            let name = entry.unwrap().file_name().into_string().unwrap();
            // `--depth 1` prints the crate and what it uses directly, one a line, the name first.
            let mut tree = shell::cargo();
            tree.args(["tree", "--offline", "--edges", "normal", "--depth", "1", "--prefix", "none", "--format", "{p}"]);
            // Some versions of cargo print every crate of the workspace, each after an empty line, whatever was asked.
            tree.args(["--no-dedupe", "--all-features", "--package", &name]);
            let tree = String::from_utf8(shell::output(&mut tree).expect("cargo tree works")).unwrap();
            let own = tree.split("\n\n").find(|own| own.split(' ').next() == Some(&name)).expect("the crate is in its tree");
            let uses = own.lines().skip(1).filter_map(|line| line.split(' ').next());
            let uses = uses.filter(|used| *used == "quintile" || used.starts_with("quintile-")).map(str::to_owned).collect();
            built.insert(name, uses);
        }
        built
    }

    #[test]
    fn crates_use_only_what_lies_below_them_in_the_drawing() {
        let (drawn, built) = (drawn(), built());
        let layer = |name: &str| drawn.iter().position(|layer| layer.contains(name));
        let named: BTreeSet<String> = drawn.iter().flatten().cloned().collect();
        let there: BTreeSet<String> = built.keys().cloned().collect();
        assert_eq!(named, there, "ARCHITECTURE.md draws other crates than there are in crates/");
        for (name, uses) in &built {
            for used in uses {
                let (above, below) = (layer(name).unwrap(), layer(used).unwrap());
                assert!(above < below, "`{name}` uses `{used}`, which does not lie below it in ARCHITECTURE.md");
            }
        }
    }

    #[test]
    fn the_engine_of_sql_is_named_in_one_crate() {
        for (name, manifest) in manifests() {
            let lines = || manifest.lines().map(str::trim);
            let names = |dependency: &str| lines().any(|line| line.starts_with(dependency));
            assert!(name == "quintile-sql" || !names("datafusion"), "`{name}` names DataFusion");
            assert!(name == "quintile-store" || !names("rusqlite"), "`{name}` names SQLite");
        }
    }

    #[test]
    fn tests_alone_use_the_test_kit() {
        for (name, uses) in built() {
            assert!(!uses.contains("quintile-testkit"), "`{name}` uses the test kit outside its tests");
        }
    }

    fn manifests() -> Vec<(String, String)> {
        let folder = std::fs::read_dir(shell::root().join("crates")).unwrap();
        let crates = folder.map(|entry| entry.unwrap().path());
        crates
            .map(|path| {
                let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap();
                (path.file_name().unwrap().to_string_lossy().into_owned(), manifest)
            })
            .collect()
    }
}
