use super::*;

const NOW: Instant = Instant(1_000_000_000_000);
const LATER: Instant = Instant(2_000_000_000_000);

fn accounts() -> (tempfile::TempDir, Accounts) {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Store::create(folder.path()).unwrap().accounts().unwrap();
    (folder, accounts)
}

#[test]
fn the_last_owner_stays() {
    let (_folder, accounts) = accounts();
    let ada = accounts.add_person("ada@example.com", "Ada", "owner", Some("h"), NOW).unwrap().unwrap();
    assert_eq!(accounts.add_person("ada@example.com", "Other", "viewer", None, NOW).unwrap(), None);
    assert!(!accounts.remove_person(ada.id, "owner").unwrap());
    assert!(!accounts.change_person(&PersonRow { role: "viewer".to_owned(), ..ada.clone() }, "owner").unwrap());
    assert!(!accounts.change_person(&PersonRow { disabled: true, ..ada.clone() }, "owner").unwrap());
    assert_eq!(accounts.people().unwrap(), std::slice::from_ref(&ada));
    let bob = accounts.add_person("bob@example.com", "Bob", "owner", None, NOW).unwrap().unwrap();
    assert!(accounts.remove_person(ada.id, "owner").unwrap());
    assert_eq!(accounts.people().unwrap(), [bob]);
}

#[test]
fn a_session_ends_by_time_by_idleness_by_hand_and_with_its_person() {
    let (_folder, accounts) = accounts();
    let owner = accounts.add_person("o@example.com", "O", "owner", None, NOW).unwrap().unwrap();
    let ada = accounts.add_person("ada@example.com", "Ada", "viewer", None, NOW).unwrap().unwrap();
    let alive = |hash: &str, now: Instant, idle: Instant| accounts.session(hash, now, idle).unwrap().is_some();
    let begin = |hash: &str| accounts.begin_session(hash, ada.id, NOW, LATER).unwrap();
    begin("a");
    let (soon, long_ago) = (Instant(NOW.0 + 1), Instant(0));
    assert!(alive("a", soon, long_ago));
    assert!(!alive("b", soon, long_ago));
    assert!(!alive("a", LATER, long_ago));
    assert!(!alive("a", soon, NOW));
    accounts.end_session("a").unwrap();
    assert!(!alive("a", soon, long_ago));
    begin("b");
    accounts.set_password(ada.id, "hash", Some("b")).unwrap();
    assert!(alive("b", soon, long_ago));
    accounts.set_password(ada.id, "hash", None).unwrap();
    assert!(!alive("b", soon, long_ago));
    begin("c");
    assert!(accounts.change_person(&PersonRow { disabled: true, ..ada.clone() }, "owner").unwrap());
    assert!(!alive("c", soon, long_ago));
    begin("d");
    assert!(!alive("d", soon, long_ago));
    assert!(accounts.remove_person(ada.id, "owner").unwrap());
    assert!(!alive("d", soon, long_ago) && accounts.person(owner.id).unwrap().is_some());
}

#[test]
fn a_link_works_once_and_a_new_one_ends_the_old() {
    let (_folder, accounts) = accounts();
    accounts.invite("first", None, LATER).unwrap();
    accounts.invite("second", None, LATER).unwrap();
    assert_eq!(accounts.invited("first", NOW).unwrap(), None);
    assert_eq!(accounts.invited("second", NOW).unwrap(), Some(None));
    assert_eq!(accounts.invited("second", LATER).unwrap(), None);
    assert!(accounts.use_invitation("second").unwrap());
    assert!(!accounts.use_invitation("second").unwrap());
}

#[test]
fn a_key_ends_by_time_and_by_hand() {
    let (_folder, accounts) = accounts();
    let row = KeyRow {
        id: 0,
        name: "export".to_owned(),
        prefix: "qk_live_ab".to_owned(),
        scopes: "read".to_owned(),
        created: NOW,
        created_by: "ada@example.com".to_owned(),
        expires: Some(LATER),
        used: None,
        revoked: None,
    };
    let id = accounts.add_key("hash", &row).unwrap();
    assert_eq!(accounts.key("hash", NOW).unwrap().unwrap().scopes, "read");
    assert_eq!(accounts.keys().unwrap()[0].used, Some(NOW));
    assert!(accounts.key("hash", LATER).unwrap().is_none());
    assert!(accounts.revoke_key(id, NOW).unwrap() && !accounts.revoke_key(id, NOW).unwrap());
    assert!(accounts.key("hash", NOW).unwrap().is_none());
}

#[test]
fn every_version_of_a_segment_is_written_down() {
    let (_folder, accounts) = accounts();
    let add = |id: &str, text: &str, deleted: bool| {
        let saved = SavedText { name: "Late".to_owned(), text: text.to_owned(), note: String::new() };
        accounts.add_version(id, &saved, deleted, "ada", NOW).unwrap()
    };
    assert_eq!([add("late", "a", false), add("late", "b", false), add("early", "c", false), add("late", "b", true)], [1, 2, 1, 3]);
    let versions = accounts.segment_versions("late").unwrap();
    assert_eq!(versions.iter().map(|row| (row.version, row.deleted)).collect::<Vec<_>>(), [(3, true), (2, false), (1, false)]);
    let newest = accounts.newest_versions().unwrap();
    assert_eq!(newest.iter().map(|row| (row.id.as_str(), row.version)).collect::<Vec<_>>(), [("early", 1), ("late", 3)]);
}

#[test]
fn a_job_that_was_interrupted_waits_again_and_one_name_is_one_job() {
    let (folder, accounts) = accounts();
    let new = NewJob { kind: "import", ask: "{}", who: "ada", once: Some("k"), asked: "h" };
    let (job, before) = accounts.add_job(&new, NOW).unwrap();
    assert!(!before && accounts.add_job(&new, NOW).unwrap() == (job.clone(), true));
    assert!(!accounts.add_job(&NewJob { who: "bob", ..new }, NOW).unwrap().1);
    assert_eq!(accounts.next_job(NOW).unwrap().map(|job| job.id), Some(job.id));
    drop(accounts);
    let accounts = Store::open(folder.path()).unwrap().accounts().unwrap();
    assert_eq!(accounts.jobs_wait_again().unwrap(), 1);
    assert_eq!(accounts.next_job(NOW).unwrap().map(|job| job.id), Some(job.id));
    assert!(accounts.end_job(job.id, "done", Some("{}"), None, LATER).unwrap());
    assert!(!accounts.end_job(job.id, "cancelled", None, None, LATER).unwrap());
    assert_eq!(accounts.job(job.id).unwrap().unwrap().state, "done");
    let a_day_on = Instant(NOW.0 + 25 * 3600 * 1_000_000);
    assert!(!accounts.add_job(&new, a_day_on).unwrap().1);
}

#[test]
fn the_audit_log_is_read_backwards_in_pages() {
    let (_folder, accounts) = accounts();
    for n in 0..5 {
        accounts.audit(NOW, "ada", if n % 2 == 0 { "export" } else { "sign-in" }, &n.to_string(), "").unwrap();
    }
    let page = accounts.audited(None, None, 2).unwrap();
    assert_eq!(page.iter().map(|row| row.what.as_str()).collect::<Vec<_>>(), ["4", "3"]);
    let page = accounts.audited(Some(page[1].id), Some("export"), 9).unwrap();
    assert_eq!(page.iter().map(|row| row.what.as_str()).collect::<Vec<_>>(), ["2", "0"]);
}

#[test]
fn what_is_due_is_done_once_and_a_new_rule_begins_anew() {
    let (_folder, accounts) = accounts();
    let at = |hours: i64| Instant(NOW.0 + hours * 3600 * 1_000_000);
    let new = NewJob { kind: "nightly", ask: "{}", who: "the schedule", once: None, asked: "" };
    let add = |rule: &str, due: i64, now: i64| {
        let task = DueTask { name: "nightly", rule, due: at(due), begins: at(now) };
        accounts.add_due_job(&task, &new, at(now)).unwrap().is_some()
    };
    // What was due before anybody wrote the rule is not done.
    assert!(!add("03:00", -9, 0));
    assert!(!add("03:00", -9, 1));
    assert!(add("03:00", 15, 15));
    assert!(!add("03:00", 15, 16));
    // Nobody looked for days: the last time alone is made up for.
    assert!(add("03:00", 87, 90));
    assert!(!add("03:00", 87, 91));
    assert!(!add("04:00", 88, 92));
    assert!(add("04:00", 112, 112));
    assert_eq!(accounts.jobs(9).unwrap().len(), 3);
    // One that may begin before its rule was written.
    let ready = DueTask { name: "ready", rule: "ready", due: at(5), begins: Instant(0) };
    assert!(accounts.add_due_job(&ready, &new, at(6)).unwrap().is_some());
    assert!(accounts.add_due_job(&ready, &new, at(7)).unwrap().is_none());
    assert_eq!(accounts.newest_job("nightly").unwrap().map(|job| job.created), Some(at(6)));
    assert_eq!(accounts.newest_job("report").unwrap(), None);
}

#[test]
fn a_watched_file_is_kept_as_it_was_taken_up() {
    let (_folder, accounts) = accounts();
    let new = NewJob { kind: "watch", ask: "{}", who: "the schedule", once: None, asked: "" };
    let file = |bytes| WatchedFile { bytes, changed: NOW };
    accounts.add_watched_job(&[("a.csv".to_owned(), file(1)), ("b.csv".to_owned(), file(2))], &new, NOW).unwrap();
    accounts.add_watched_job(&[("a.csv".to_owned(), file(3))], &new, LATER).unwrap();
    let known: Vec<_> = accounts.watched().unwrap().into_iter().map(|(path, file)| (path, file.bytes)).collect();
    assert_eq!(known, [("a.csv".to_owned(), 3), ("b.csv".to_owned(), 2)]);
    assert_eq!(accounts.jobs(9).unwrap().len(), 2);
}
