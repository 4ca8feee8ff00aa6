//! Goals, targets, costs and figures of one's own beside those of the store, and the spreadsheet that goes on calculating.

use crate::project::{Project, Table, whole};
use quintile::{When, Workbook, opportunities_from};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::Command;

fn when(date: &str) -> When {
    When::AsOf(date.to_owned())
}

/// Forty first-time buyers in January, of whom one a day comes again from the first of February on, for twenty days.
fn shop() -> Project {
    let project = Project::new();
    let mut orders = "order_id,customer_id,order_date,total,currency\n".to_owned();
    for customer in 0..40 {
        orders.push_str(&format!("a{customer},c{customer},2025-01-{:02},10,EUR\n", 1 + customer % 28));
    }
    for customer in 0..20 {
        orders.push_str(&format!("b{customer},c{customer},2025-02-{:02},30,EUR\n", 1 + customer));
    }
    project.import_text("orders.csv", orders);
    project
}

fn plan(project: &Project, text: &str) {
    std::fs::write(project.workspace.root().join(quintile::PLAN_FILE), text).unwrap();
}

fn possible(project: &Project, date: &str) -> Table {
    let answer = project.workspace.opportunities(&when(date)).unwrap_or_else(|error| panic!("{}", whole(&error)));
    Table::of(answer)
}

#[test]
fn figures_of_the_plan_go_before_those_of_the_store() {
    let project = shop();
    let before = possible(&project, "2025-02-01");
    assert_eq!((before.get("first-time-buyers", "customers"), before.get("first-time-buyers", "given")), ("40", "-"));
    let settings = project.workspace.opportunities(&when("2025-02-01")).unwrap().header.unwrap().settings;
    plan(&project, "[[stage]]\nid = 'first-time-buyers'\ncustomers = 1_000\ngoal_clv = 25.5\ngoal = ['loyal']\n");
    let answer = project.workspace.opportunities(&when("2025-02-01")).unwrap();
    assert_ne!(answer.header.as_ref().unwrap().settings, settings, "a plan changes answers");
    let after = Table::of(answer);
    let row = |name: &str| after.get("first-time-buyers", name).to_owned();
    assert_eq!((row("goal"), row("total_opportunity"), row("given")), ("Loyal".into(), "15500.0000".into(), "customers, goal_clv".into()));
    plan(&project, "[[stage]]\nid = 'first-time-buyer'\n");
    let error = project.workspace.opportunities(&when("2025-02-01")).unwrap_err();
    assert!(error.to_string().contains("line 2: there is no stage `first-time-buyer`, did you mean `first-time-buyers`?"), "{error}");
}

#[test]
fn a_target_is_held_against_what_was_reached_at_each_later_moment() {
    let project = shop();
    let target = "target_customers = 15\nset_on = 2025-02-01\nuntil = 2025-02-20\n";
    plan(&project, &format!("[[stage]]\nid = 'first-time-buyers'\n{target}"));
    let check = |date: &str, expected: [&str; 4]| {
        let table = possible(&project, date);
        let found = ["target", "moved", "expected_by_now", "course"].map(|name| table.get("first-time-buyers", name).to_owned());
        assert_eq!(found, expected, "{date}");
    };
    // Of 20 days n have gone by when day n + 1 begins, and n customers have come again: a customer a day, for 0.75 wanted.
    check("2025-01-31", ["15", "0", "0.0", "not-begun"]);
    check("2025-02-01", ["15", "0", "0.0", "on-course"]);
    check("2025-02-05", ["15", "4", "3.0", "on-course"]);
    check("2025-02-16", ["15", "15", "11.25", "reached"]);
    // What comes after its last day does not count.
    check("2025-03-15", ["15", "20", "15.0", "reached"]);
    let page = quintile::page(&project.workspace.report(&when("2025-02-05")).unwrap());
    assert!(
        page.contains("Targets beside what was reached") && page.contains("2025-02-01 through 2025-02-20") && page.contains("on course")
    );
    plan(&project, "[[stage]]\nid = 'first-time-buyers'\ntarget_share = 0.51\nset_on = 2025-02-01\nuntil = 2025-02-12\n");
    check("2025-02-05", ["21", "4", "7.0", "behind"]);
    check("2025-03-01", ["21", "12", "21.0", "missed"]);
}

#[test]
fn costs_and_margins_lower_the_gain_and_change_the_rank() {
    let project = shop();
    plan(
        &project,
        "margin_share = 0.5\n[[stage]]\nid = 'first-time-buyers'\ncustomers = 100\nusual_share = 0.1\nbest_share = 0.3\nworth = 50\nreach_share = 0.5\ncost_per_customer = 0.2\ndiscount_per_mover = 1\nfixed_cost = 7\neffort_hours = 4\n",
    );
    let answer = project.workspace.likely_opportunities(&when("2025-03-01")).unwrap();
    assert!(answer.notes.iter().any(|note| note.contains("the margin is known of every row")), "{:?}", answer.notes);
    let table = Table::of(answer);
    let row = |name: &str| table.get("first-time-buyers", name).to_owned();
    // 20 move more, each worth 50: 1000, of which a quarter is half of the margin of half of them. 50 x 0.2 + 15 x 1 + 7.
    assert_eq!(
        (row("value"), row("reached"), row("cost"), row("gain")),
        ("1000.0000".into(), "50.0".into(), "32.0000".into(), "218.0000".into())
    );
    assert_eq!((row("effort_days"), row("value_low")), ("0.5".into(), "-".into()));
}

#[test]
fn the_margin_comes_from_product_costs_where_enough_are_known() {
    let project = shop();
    project.mapping("products", &[("sku", "product"), ("name", "title"), ("unit_cost", "cost")]);
    project.mapping("lines", &[("order", "order_id"), ("sku", "product"), ("qty", "quantity"), ("price", "unit_price")]);
    // 20 of goods at a cost of 5, and 10 of goods whose cost nobody knows.
    project.import_text("products.csv", "sku,name,unit_cost\np,P,2.50\n");
    project.import_text("lines.csv", "order,sku,qty,price\na0,p,2,10\na1,q,1,10\n");
    let notes = project.workspace.likely_opportunities(&when("2025-03-01")).unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("the margin is 75.0 %") && note.contains("67 % of the goods sold")), "{notes:?}");
    project.import_text("more.csv", "order,sku,qty,price\na2,q,3,10\n");
    let notes = project.workspace.likely_opportunities(&when("2025-03-01")).unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("valued by revenue")), "a third of the goods is no margin of the store: {notes:?}");
}

/// Three stages typed in, and the goal of two of them known from the others.
const TYPED: &str = "currency = 'EUR'
[[stage]]
id = 'first-time-buyers'
goal = ['active-repeat', 'loyal']
customers = 600
current_clv = 50
usual_share = 0.05
best_share = 0.08
worth = 120
margin_share = 0.4
cost_per_customer = 0.25
[[stage]]
id = 'active-repeat'
customers = 200
current_clv = '180.10'
[[stage]]
id = 'loyal'
customers = 100
current_clv = 400
[[stage]]
id = 'prospects'
customers = 1000
goal_clv = 50
";

#[test]
fn a_table_needs_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.toml");
    std::fs::write(&file, TYPED).unwrap();
    let possible = opportunities_from(&file, false).unwrap();
    assert_eq!(column(&possible, "life_stage"), ["prospects", "first-time-buyers", "active-repeat", "loyal"]);
    // (200 x 180.10 + 100 x 400) / 300 = 253.40; less 50, times 600. And 400 less 180.10, times 200.
    assert_eq!(column(&possible, "total_opportunity"), ["50000.00", "122040.00", "43980.00", ""]);
    let likely = opportunities_from(&file, true).unwrap();
    // 600 x 0.03 x 120 = 2160; 40 % of it are 864, less 600 x 0.25.
    assert_eq!((column(&likely, "value")[0].as_str(), column(&likely, "gain")[0].as_str()), ("2160.00", "714.00"));
    std::fs::write(&file, TYPED.replace("id = 'loyal'\ncustomers = 100\n", "id = 'loyal'\n")).unwrap();
    let error = opportunities_from(&file, false).unwrap_err().to_string();
    assert!(
        error.contains("`first-time-buyers` lacks `goal_clv` (or the figures of `loyal`); `active-repeat` lacks `goal_clv`"),
        "{error}"
    );
    assert!(opportunities_from(&folder.path().join("none.toml"), false).unwrap_err().to_string().contains("cannot read"));
}

#[test]
fn hostile_texts_stay_texts_in_the_spreadsheet() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.toml");
    let hostile = "=HYPERLINK(\\\"http://example.com\\\",\\\"x\\\")";
    std::fs::write(&file, TYPED.replace("'active-repeat', 'loyal']", &format!("'active-repeat', 'loyal']\ngoal_name = \"{hostile}\"")))
        .unwrap();
    let book = written(&Workbook::of_file(&file).unwrap());
    let mut formulas = 0;
    for name in names(&book).iter().filter(|name| name.starts_with("xl/worksheets/")) {
        let sheet = part(&book, name);
        formulas += sheet.matches("<f>").count();
        assert!(!sheet.contains("HYPERLINK") && !sheet.contains("<hyperlink"), "{name}");
    }
    assert!(formulas > 20 && part(&book, "xl/sharedStrings.xml").contains("=HYPERLINK("), "{formulas} formulas");
}

#[test]
fn a_spreadsheet_program_finds_the_same_totals_and_others_when_a_figure_is_edited() {
    if Command::new("soffice").arg("--version").output().is_err() {
        println!("no LibreOffice here: nothing was recalculated");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.toml");
    std::fs::write(&file, TYPED).unwrap();
    let book = written(&Workbook::of_file(&file).unwrap());
    // Without the results it was written with, so that every figure is calculated anew.
    let bare = edited(&book, without_results);
    let sheets = recalculated(folder.path(), "bare", &bare);
    let possible = sheets.column("Possible", "Total opportunity");
    assert_eq!(possible, ["50000", "122040", "43980", "", "216020"], "{possible:?}");
    assert_eq!(sheets.column("Likely", "Gain")[0], "714");
    assert_eq!(sheets.column("Likely", "Cost")[0], "150");
    // Six hundred first-time buyers become a thousand: 203,400 instead of 122,040.
    let more = edited(&bare, |sheet| {
        let changed = sheet.replacen("<v>600</v>", "<v>1000</v>", 1);
        without_results(&changed)
    });
    let sheets = recalculated(folder.path(), "more", &more);
    assert_eq!(sheets.column("Possible", "Total opportunity")[1..].join(" "), "203400 43980  297380");
    // 1000 x 0.03 x 120 x 0.4 - 250.
    assert_eq!(sheets.column("Likely", "Gain")[0], "1190");
}

/// A column of an answer, as its CSV has it.
fn column(answer: &quintile::Answer, name: &str) -> Vec<String> {
    let mut text = Vec::new();
    answer.write(quintile::write::Format::Csv, true, &mut text).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_slice());
    let at = rows.headers().unwrap().iter().position(|own| own == name).unwrap();
    rows.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

fn written(book: &Workbook) -> Vec<u8> {
    let mut bytes = Vec::new();
    book.write(&mut bytes).unwrap();
    bytes
}

fn names(book: &[u8]) -> Vec<String> {
    zip::ZipArchive::new(Cursor::new(book)).unwrap().file_names().map(str::to_owned).collect()
}

fn part(book: &[u8], name: &str) -> String {
    let mut text = String::new();
    zip::ZipArchive::new(Cursor::new(book)).unwrap().by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// A workbook with other sheets.
fn edited(book: &[u8], edit: impl Fn(&str) -> String) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names(book) {
        let text = part(book, &name);
        let text = if name.starts_with("xl/worksheets/sheet") { edit(&text) } else { text };
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// Formulas without what came of them.
fn without_results(sheet: &str) -> String {
    let mut parts = sheet.split("</f><v>");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once("</v>").map_or(part, |(_, rest)| rest);
        out.push_str("</f>");
        out.push_str(rest);
    }
    out
}

/// What a spreadsheet program makes of a workbook: a text for each sheet.
struct Recalculated(std::path::PathBuf, String);

fn recalculated(folder: &Path, name: &str, book: &[u8]) -> Recalculated {
    let file = folder.join(format!("{name}.xlsx"));
    std::fs::write(&file, book).unwrap();
    // Full precision rather than as shown, every sheet into a file of its own.
    let filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1";
    let mut command = Command::new("soffice");
    command.arg(format!("-env:UserInstallation=file://{}", folder.join("profile").display()));
    let done = command.args(["--headless", "--convert-to", filter, "--outdir"]).arg(folder).arg(&file).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Recalculated(folder.to_owned(), name.to_owned())
}

impl Recalculated {
    /// The cells of a column from below its name to the last row.
    fn column(&self, sheet: &str, name: &str) -> Vec<String> {
        let path = self.0.join(format!("{}-{sheet}.csv", self.1));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        let names = rows.iter().position(|row| row.iter().any(|cell| cell == name)).unwrap();
        let at = rows[names].iter().position(|cell| cell == name).unwrap();
        rows[names + 1..].iter().map(|row| row.get(at).unwrap_or_default().trim().to_owned()).collect()
    }
}
