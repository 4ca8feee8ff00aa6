//! Tables that can be asked about are described: `docs/reference/files.md` against the code.

use quintile_model::FactKind;

#[test]
fn every_column_of_every_kind_is_described() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/files.md")).unwrap();
    let described = |section: &str| -> Vec<String> {
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let names = rows.filter_map(|row| row.split('|').nth(1));
        names.flat_map(|cell| cell.split(',').map(|name| name.trim().trim_matches('`').to_owned())).collect()
    };
    let shared = described(text.split("### ").next().and_then(|head| head.split("Every fact begins").nth(1)).unwrap());
    for kind in FactKind::ALL {
        let section = text.split(&format!("### {}\n", kind.name())).nth(1);
        let section = section.unwrap_or_else(|| panic!("files.md does not describe `{}`", kind.name()));
        let mut found = described(section.split("\n### ").next().unwrap());
        if !found.iter().any(|name| name == "customer_key") {
            found.insert(0, "customer_key".to_owned());
        }
        found.extend(shared.clone());
        let there: Vec<String> = kind.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(found, there, "columns of `{}`", kind.name());
    }
}
