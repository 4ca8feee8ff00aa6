//! The clock goes where these tests put it; files are as old as they say.

use super::{begin_when_ready, look};
use crate::app::App;
use crate::ask::Stops;
use crate::jobs;
use crate::log::LogFormat;
use crate::options::Options;
use quintile::accounts::JobRow;
use quintile::model::Instant;
use quintile::{Overrides, Workspace, instant};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

fn at(text: &str) -> Instant {
    instant(text).unwrap()
}

fn app(schedule: &str) -> (tempfile::TempDir, Arc<App>) {
    let folder = tempfile::tempdir().unwrap();
    let overrides = Overrides { now: Some(at("2026-03-28T12:00:00Z")), ..Overrides::default() };
    Workspace::init(folder.path(), &overrides).unwrap();
    settings(folder.path(), schedule);
    let workspace = Workspace::open(folder.path(), &overrides).unwrap();
    let options = Options { log: LogFormat::Silent, ..Options::new("127.0.0.1:0".parse().unwrap()) };
    let app = Arc::new(App::new(workspace, overrides, options).unwrap());
    (folder, app)
}

fn settings(folder: &Path, schedule: &str) {
    let text = format!("zone = 'Europe/Berlin'\ncurrency = 'EUR'\n\n[run]\nmodels = ['value']\n\n[schedule]\n{schedule}\n");
    std::fs::write(folder.join("quintile.toml"), text).unwrap();
}

/// A file, written at a moment.
fn write(path: &Path, text: &str, when: Instant) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_micros(when.0.unsigned_abs())).unwrap();
}

fn orders(numbers: std::ops::Range<u32>) -> String {
    let rows = numbers.map(|n| format!("{n},c{},2025-{:02}-{:02} 10:00,{}.50,EUR\n", n % 40, 1 + n % 12, 1 + n % 28, 10 + n % 70));
    format!("Order ID,Customer ID,Order Date,Total,Currency\n{}", rows.collect::<String>())
}

/// The jobs so far, the oldest first, as kind and day of the store's noon.
fn made(app: &App) -> Vec<JobRow> {
    let mut jobs = app.accounts.jobs(1000).unwrap();
    jobs.reverse();
    jobs
}

/// Works on all that waits; how each ended, with its report.
fn work(app: &Arc<App>, now: Instant) -> Vec<(String, String, Value)> {
    let mut ended = Vec::new();
    while let Some(job) = app.accounts.next_job(now).unwrap() {
        jobs::work_on(app, &job);
        let job = app.accounts.job(job.id).unwrap().unwrap();
        let told = job.report.or(job.problem).unwrap_or_else(|| "null".to_owned());
        ended.push((job.kind, job.state, serde_json::from_str(&told).unwrap()));
    }
    ended
}

#[test]
fn times_come_by_the_clock_of_the_store_and_once() {
    let (_folder, app) = app("nightly = '02:30'\nreport = 'monday 07:00'");
    // A year in steps of eleven minutes, through both changes of the clock.
    let (mut now, end) = (at("2025-06-04T12:00:00Z"), at("2026-06-04T12:00:00Z"));
    while now < end {
        look(&app, now).unwrap();
        now = Instant(now.0 + 11 * 60 * 1_000_000);
    }
    let jobs = made(&app);
    let of = |kind: &str| jobs.iter().filter(|job| job.kind == kind).map(|job| job.created).collect::<Vec<_>>();
    assert_eq!((of("nightly").len(), of("report").len()), (365, 52));
    // Within one step of when it was due: 02:30 is 00:30 in summer and 01:30 in winter. In the night of spring there is no 02:30.
    let near = |kind: &str, due: &str| of(kind).iter().any(|made| (0..11 * 60 * 1_000_000).contains(&(made.0 - at(due).0)));
    for due in ["2025-07-01T00:30:00Z", "2025-10-26T00:30:00Z", "2025-10-27T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"] {
        assert!(near("nightly", due), "{due}");
    }
    assert!(near("report", "2025-10-20T05:00:00Z") && near("report", "2025-10-27T06:00:00Z"));
}

#[test]
fn what_passed_while_nobody_looked_is_made_up_for_once() {
    let (folder, app) = app("nightly = '03:00'");
    let looks = |texts: &[&str]| texts.iter().for_each(|text| look(&app, at(text)).unwrap());
    // What was due before anybody said so is not done.
    looks(&["2026-01-10T12:00:00Z", "2026-01-10T23:00:00Z"]);
    assert_eq!(made(&app).len(), 0);
    looks(&["2026-01-14T12:00:00Z", "2026-01-14T12:00:10Z"]);
    assert_eq!(made(&app).len(), 1);
    // Another rule begins anew. Whoever reads settings sees that the file is another by its time.
    std::thread::sleep(Duration::from_millis(20));
    settings(folder.path(), "nightly = '11:00'");
    looks(&["2026-01-14T12:01:00Z"]);
    assert_eq!(made(&app).len(), 1);
    looks(&["2026-01-15T10:00:00Z"]);
    assert_eq!(made(&app).len(), 2);
}

#[test]
fn files_are_taken_up_when_nobody_writes_them_any_more() {
    let (folder, app) = app("watch = 'incoming'\nreport-when-ready = true\nnightly = '13:30'");
    let incoming = folder.path().join("incoming");
    let (early, now) = (at("2026-01-10T09:00:00Z"), at("2026-01-10T12:00:00Z"));
    let later = |seconds: i64| Instant(now.0 + seconds * 1_000_000);
    // The folder is not there yet, which keeps nothing else from being done.
    for (when, nights) in [(early, 0), (now, 0), (at("2026-01-10T12:30:00Z"), 1)] {
        assert!(look(&app, when).unwrap_err().to_string().contains("incoming"));
        assert_eq!(made(&app).len(), nights);
    }
    assert_eq!(work(&app, now).len(), 1);
    write(&incoming.join("orders.csv"), &orders(0..200), early);
    write(&incoming.join("more/late.csv"), &orders(200..300), early);
    write(&incoming.join(".hidden.csv"), &orders(0..9), early);
    write(&incoming.join("coming.csv.part"), &orders(0..9), early);
    write(&incoming.join("empty.csv"), "", early);
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("quintile.toml"), incoming.join("link.csv")).unwrap();
    look(&app, now).unwrap();
    assert_eq!(made(&app).len(), 1, "one look tells nothing");
    // This one is still written: first it grows, then it is too young.
    write(&incoming.join("more/late.csv"), &orders(200..320), later(5));
    look(&app, later(10)).unwrap();
    let ended = work(&app, later(11));
    let files = |told: &Value| told["files"].as_array().unwrap().iter().map(|file| file["name"].to_string()).collect::<Vec<_>>();
    assert_eq!((ended[0].0.as_str(), ended[0].1.as_str(), files(&ended[0].2)), ("watch", "done", vec!["\"orders.csv\"".to_owned()]));
    // New facts bring the report of the day, once a day.
    assert_eq!(ended.iter().map(|(kind, state, _)| format!("{kind} {state}")).collect::<Vec<_>>(), ["watch done", "report done"]);
    look(&app, later(20)).unwrap();
    assert_eq!(work(&app, later(21)), []);
    look(&app, later(40)).unwrap();
    let ended = work(&app, later(41));
    assert_eq!(
        ended.iter().map(|(kind, state, told)| (kind.as_str(), state.as_str(), files(told))).collect::<Vec<_>>(),
        [("watch", "done", vec!["\"late.csv\"".to_owned()])]
    );
    // What is known is not taken up again, also after a restart, which forgets what it saw.
    for seconds in [50, 60, 70] {
        look(&app, later(seconds)).unwrap();
    }
    assert_eq!(work(&app, later(71)), []);
    // One that changes is; the others stay.
    write(&incoming.join("orders.csv"), &orders(0..210), later(80));
    look(&app, later(120)).unwrap();
    look(&app, later(130)).unwrap();
    assert_eq!(work(&app, later(131)).len(), 1);
    assert_eq!(app.workspace().unwrap().version().unwrap(), 3);
}

#[test]
fn a_file_that_cannot_be_read_takes_no_other_with_it() {
    let (folder, app) = app("watch = 'incoming'");
    let now = at("2026-01-10T12:00:00Z");
    write(&folder.path().join("incoming/orders.csv"), &orders(0..50), at("2026-01-10T09:00:00Z"));
    write(&folder.path().join("incoming/notes.txt"), "buy milk\nand bread\n", at("2026-01-10T09:00:00Z"));
    look(&app, now).unwrap();
    look(&app, Instant(now.0 + 10_000_000)).unwrap();
    let ended = work(&app, now);
    let mut told: Vec<String> = ended.iter().map(|(kind, state, _)| format!("{kind} {state}")).collect();
    told.sort();
    assert_eq!(told, ["watch done", "watch failed", "watch failed"]);
    assert_eq!(app.workspace().unwrap().version().unwrap(), 1);
    // It is not tried again as it is.
    look(&app, Instant(now.0 + 20_000_000)).unwrap();
    look(&app, Instant(now.0 + 30_000_000)).unwrap();
    assert_eq!(work(&app, now), []);
}

#[test]
fn a_report_when_something_is_ready_comes_once_a_day_of_the_store() {
    let (_folder, app) = app("watch = 'incoming'\nreport-when-ready = true");
    let workspace = app.workspace().unwrap();
    // Berlin's day begins at 23:00 the evening before.
    for (now, made_so_far) in [
        ("2026-01-10T12:00:00Z", 1),
        ("2026-01-10T22:59:59Z", 1),
        ("2026-01-10T23:00:00Z", 2),
        ("2026-01-11T12:00:00Z", 2),
        ("2026-01-14T12:00:00Z", 3),
    ] {
        begin_when_ready(&app, &workspace, at(now)).unwrap();
        assert_eq!(made(&app).len(), made_so_far, "{now}");
    }
}

#[test]
fn the_night_works_answers_out_that_are_kept_for_the_day() {
    let (folder, app) = app("nightly = '03:00'");
    let path = folder.path().join("orders.csv");
    write(&path, &orders(0..400), at("2026-01-10T09:00:00Z"));
    app.workspace().unwrap().import(&quintile::ImportAsk { paths: vec![path], ..Default::default() }, &|_| {}).unwrap();
    look(&app, at("2026-01-10T01:00:00Z")).unwrap();
    look(&app, at("2026-01-10T02:00:00Z")).unwrap();
    let ended = work(&app, at("2026-01-10T02:00:01Z"));
    assert_eq!((ended.len(), ended[0].0.as_str(), ended[0].1.as_str()), (1, "nightly", "done"), "{ended:?}");
    let lines: Vec<&str> = ended[0].2["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(lines[0].starts_with("value: "), "{lines:?}");
    for name in ["overview", "findings", "rfm", "rfm grid", "opportunities", "movement"] {
        assert!(lines.contains(&format!("{name}: worked out").as_str()), "{lines:?}");
    }
    assert!(app.kept.len() >= 8, "{}", app.kept.len());
    // Whoever asks in the morning gets them as they are kept.
    let before = app.kept.len();
    for (name, query, answer) in crate::routes::ahead() {
        super::nightly::answered(&app, &Stops::default(), query, answer).unwrap_or_else(|problem| panic!("{name}: {}", problem.detail));
    }
    assert_eq!(app.kept.len(), before);
}
