//! A store out of which imports were taken answers like one that never had them.

use crate::as_of::{Case, FILES, Fact, cases};
use crate::project::Project;
use proptest::collection::vec;
use proptest::prelude::*;
use quintile::{Error, ImportAsk, Kind};
use quintile_store::{Store, StoreError};
use std::path::PathBuf;

/// Imports the facts as the import of that number in the case, and gives the number it has in the store. The last is
/// of a source of its own. No two imports have a file in common, which would be passed over the second time.
fn import(project: &Project, number: usize, facts: &[&Fact]) -> Option<u32> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for (kind, (name, columns)) in FILES.iter().enumerate() {
        let rows: Vec<&str> = facts.iter().filter(|fact| fact.kind == kind).map(|fact| fact.text.as_str()).collect();
        if !rows.is_empty() {
            let header: Vec<&str> = columns.iter().map(|(from, _)| *from).collect();
            let text = format!("{}\n{}\n{}", header.join(","), rows.join("\n"), "\n".repeat(number));
            paths.push(project.file(&format!("{name}-{number}.csv"), text));
        }
    }
    if paths.is_empty() {
        return None;
    }
    let ask = ImportAsk { paths, source: (number == 3).then(|| "till".to_owned()), ..ImportAsk::default() };
    let report = project.workspace.import(&ask, &|_| {}).unwrap();
    assert_eq!(report.refused(), 0);
    Some(report.summary.unwrap().commit)
}

fn empty() -> Project {
    let project = Project::of("Europe/Berlin", "EUR");
    FILES.iter().for_each(|(kind, columns)| project.mapping(kind, columns));
    project
}

fn same(a: &Project, b: &Project, moment: &str, why: &str) -> Result<(), String> {
    for at in ["", moment] {
        let told = |difference| Err(format!("{why}, profile at `{at}`: {difference}"));
        a.profile(at).differs(&b.profile(at)).map_or(Ok(()), told)?;
        let ((months, notes), (twins, twin_notes)) = (a.check(at), b.check(at));
        months.differs(&twins).map_or(Ok(()), |difference| Err(format!("{why}, months at `{at}`: {difference}")))?;
        if notes != twin_notes {
            return Err(format!("{why}: {notes:?} / {twin_notes:?}"));
        }
    }
    Ok(())
}

/// `undone`: which of the imports are undone, and in which order.
fn check(case: &Case, undone: &[usize]) -> Result<(), String> {
    let imports: Vec<Vec<&Fact>> = (0..4)
        .map(|import| case.facts.iter().zip(&case.imports).filter(|(_, of)| of.contains(&import)).map(|(fact, _)| fact).collect())
        .collect();
    let project = empty();
    let numbers: Vec<Option<u32>> = imports.iter().enumerate().map(|(number, facts)| import(&project, number, facts)).collect();
    for gone in undone {
        if let Some(number) = numbers[*gone] {
            project.workspace.undo(number, &|_| {}).map_err(|error| error.to_string())?;
        }
    }
    let other = empty();
    for (number, facts) in imports.iter().enumerate().filter(|(number, _)| !undone.contains(number)) {
        import(&other, number, facts);
    }
    same(&project, &other, &case.moment, "undone / never made")?;
    // They come back, in another order than they came first.
    for gone in undone {
        import(&project, *gone, &imports[*gone]);
        import(&other, *gone, &imports[*gone]);
    }
    same(&project, &other, &case.moment, "made again / made later")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("QUINTILE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6),
        max_shrink_iters: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn undone_imports_leave_nothing(case in cases(), order in vec(any::<u32>(), 4), count in 1..4_usize) {
        let mut undone: Vec<usize> = (0..4).collect();
        undone.sort_by_key(|import| order[*import]);
        undone.truncate(count);
        if let Err(difference) = check(&case, &undone) {
            let rows: Vec<String> = case.facts.iter().zip(&case.imports).map(|(fact, imports)| format!("{imports:?} {}: {}", FILES[fact.kind].0, fact.text)).collect();
            prop_assert!(false, "undone {undone:?}, at {}: {difference}\n{}", case.moment, rows.join("\n"));
        }
    }
}

fn orders(rows: &[&str]) -> String {
    format!("order_id,customer_id,order_date,total\n{}\n", rows.join("\n"))
}

#[test]
fn an_undone_import_is_listed_as_undone_and_its_file_can_come_again() {
    let project = Project::new();
    project.import_text("a.csv", orders(&["1,ada,2025-01-05,10", "2,eve,2025-01-06,20"]));
    let before = project.profile("2025-06-01");
    project.import_text("b.csv", orders(&["3,ada,2025-02-05,30"]));
    let with_b = project.profile("2025-06-01");
    let undone = project.workspace.undo(2, &|_| {}).unwrap();
    assert_eq!((undone.import, undone.files.len(), undone.again.len(), undone.version), (2, 1, 0, 3));
    let after = project.profile("2025-06-01");
    before.same_as(&after, "undone");
    assert_eq!(after.header.version, 3, "an answer kept under the old version is not this one");
    let listed = project.workspace.imports().unwrap();
    assert_eq!(listed.rows.num_rows(), 2);
    let undone = listed.rows.column_by_name("undone").unwrap();
    assert_eq!((undone.is_null(0), undone.is_null(1)), (true, false));
    assert_eq!(project.import(&[project.path("b.csv")]).summary.unwrap().commit, 4);
    with_b.same_as(&project.profile("2025-06-01"), "and again");
}

#[test]
fn what_cannot_be_undone_says_why() {
    let project = Project::new();
    project.import_text("a.csv", orders(&["1,ada,2025-01-05,10"]));
    let error = project.workspace.undo(5, &|_| {}).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.kind()), ("there is no import 5; the only one is 1", Kind::NotFound));
    let store = Store::open(project.workspace.root()).unwrap();
    let options = quintile_store::ImportOptions { now: quintile::instant("2026-01-01T00:00:00Z").unwrap(), memory_bytes: 0, threads: 1 };
    let writing = store.begin_import(options).unwrap();
    let error = project.workspace.undo(1, &|_| {}).unwrap_err();
    assert!(matches!(&error, Error::Store(StoreError::Locked(_))) && error.kind() == Kind::Conflict, "{error}");
    drop(writing);
    // Stopped on the way, it is as it was.
    let profile = project.profile("2025-06-01");
    let flag = project.workspace.stop_flag();
    flag.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(matches!(project.workspace.undo(1, &|_| {}), Err(Error::Stopped)));
    flag.store(false, std::sync::atomic::Ordering::Relaxed);
    profile.same_as(&project.profile("2025-06-01"), "stopped");
    project.workspace.undo(1, &|_| {}).unwrap();
    assert_eq!(project.profile("2025-06-01").rows.len(), 0);
}

#[test]
fn refused_rows_of_an_undone_import_are_forgotten() {
    let project = Project::new();
    project.import_text("a.csv", orders(&["1,ada,2025-01-05,10"]));
    let report = project.try_import(&[project.file("b.csv", orders(&["2,ada,2025-01-06,10", "3,eve,soon,1"]))]).unwrap();
    assert!(report.rejects.as_ref().is_some_and(|path| path.exists()));
    assert!(project.check("").1.iter().any(|note| note.contains("1 row was refused")));
    project.workspace.undo(2, &|_| {}).unwrap();
    assert!(report.rejects.is_some_and(|path| !path.exists()));
    assert!(!project.check("").1.iter().any(|note| note.contains("refused")));
}
