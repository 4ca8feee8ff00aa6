//! What is done by itself, seen from outside: who sets it, the mail that arrives, the report that is kept.

use crate::mailbox::{Mailbox, base64, decoded, decoded_last};
use crate::server::{OWNER, Running, options, shop};
use quintile_server::{Options, Role, SmtpLogin};
use serde_json::{Value, json};

/// A server on the shop of tests, whose mail goes to a mailbox.
fn with_mail(mailbox: &Mailbox, smtp: Option<SmtpLogin>) -> Running {
    let folder = shop();
    let path = folder.path().join("quintile.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mail = format!("[mail]\nserver = '{}'\nencryption = 'none'\nfrom = 'quintile@shop.example'", mailbox.address);
    std::fs::write(&path, text.replace("[mail]", &mail)).unwrap();
    Running::on(folder, Options { smtp, url: Some("https://customers.shop.example/".to_owned()), ..options() })
}

#[test]
fn a_schedule_is_set_and_shown_and_written_into_the_settings() {
    let server = Running::shop();
    let owner = server.owner();
    let none = owner.get("/api/v1/schedule").is(200);
    assert_eq!((&none["zone"], &none["nightly"]["rule"], &none["mail"]), (&json!("Europe/Berlin"), &Value::Null, &Value::Null));
    let change = json!({"nightly": "3:00", "report": "Monday 07:00", "mail_to": ["Ada@Shop.example"]});
    let set = owner.put("/api/v1/schedule", &change).is(200);
    assert_eq!(
        (&set["nightly"]["rule"], &set["report"]["rule"], &set["mail_to"]),
        (&json!("03:00"), &json!("monday 07:00"), &json!(["ada@shop.example"]))
    );
    let next = quintile::instant(set["report"]["next"].as_str().unwrap()).unwrap();
    let berlin = quintile::model::StoreZone::named("Europe/Berlin").unwrap();
    assert_eq!((berlin.weekday(next.0), berlin.hour(next.0)), (1, 7));
    let text = std::fs::read_to_string(server.path().join("quintile.toml")).unwrap();
    assert!(text.contains("\nnightly = \"03:00\"\n") && text.contains("\nmail-to = [\"ada@shop.example\"]\n"), "{text}");
    assert_eq!(owner.get("/api/v1/schedule").is(200), set);
    // Answers rest on none of it.
    assert_eq!(owner.put("/api/v1/schedule", &json!({"nightly": null, "report": null})).is(200)["mail_to"], json!([]));
    for wrong in [
        json!({"nightly": "late"}),
        json!({"report": "someday 07:00"}),
        json!({"mail_to": ["nobody"]}),
        json!({"mail_to": ["a@b.example\r\nBcc: c@d.example"]}),
        json!({"watch": "/etc"}),
        json!({"report_when_ready": true}),
    ] {
        owner.put("/api/v1/schedule", &wrong).is(422);
    }
    assert_eq!(owner.get("/api/v1/schedule").is(200)["nightly"]["rule"], Value::Null);
    let audit = owner.get("/api/v1/audit?action=schedule.changed").text();
    assert!(audit.contains("nightly 03:00, report monday 07:00") && audit.contains("ada@shop.example"), "{audit}");
    // Addresses of people are for those who manage.
    for role in [Role::Marketer, Role::Analyst, Role::Viewer] {
        server.somebody(role).get("/api/v1/schedule").is(403);
    }
    server.somebody(Role::Admin).get("/api/v1/schedule").is(200);
}

#[test]
fn a_test_mail_arrives_or_says_why_not() {
    let mailbox = Mailbox::open();
    let server = with_mail(&mailbox, Some(SmtpLogin { name: "shop".to_owned(), password: "a secret".to_owned() }));
    let owner = server.owner();
    assert_eq!(owner.get("/api/v1/schedule").is(200)["mail"]["signs_in"], true);
    assert_eq!(owner.post("/api/v1/schedule/test-mail", &json!({})).is(200)["to"], OWNER);
    owner.post("/api/v1/schedule/test-mail", &json!({"to": "Ada@shop.example"})).is(200);
    let taken = mailbox.taken();
    assert_eq!(taken.iter().map(|mail| mail.to.clone()).collect::<Vec<_>>(), [vec![OWNER.to_owned()], vec!["ada@shop.example".to_owned()]]);
    assert_eq!(taken[0].from, "quintile@shop.example");
    let login = &taken[0].login;
    let sent = match login[0].as_str() {
        "PLAIN" => base64(&login[1]),
        _ => [b"\0".to_vec(), base64(&login[1]), b"\0".to_vec(), base64(&login[2])].concat(),
    };
    assert_eq!(sent, b"\0shop\0a secret");
    assert!(taken[0].data.contains("Subject: A test of Quintile\n"), "{}", taken[0].data);
    assert!(decoded(&taken[0].data, "text/plain").contains("mail from Quintile arrives"));
    let refused = owner.post("/api/v1/schedule/test-mail", &json!({"to": "refused@shop.example"})).is(422);
    assert_eq!(refused["type"], "/problems/mail");
    assert!(
        refused["detail"].as_str().unwrap().contains("refused the mail: ")
            && refused["detail"].as_str().unwrap().contains("nobody of that name")
    );
    // No way leads a secret out, and a key says where to.
    let key = server.key(&["manage"]);
    key.post("/api/v1/schedule/test-mail", &json!({})).is(422);
    assert!(!owner.get("/api/v1/schedule").text().contains("a secret") && !owner.get("/api/v1/audit").text().contains("a secret"));
    // Nobody listens there any more.
    let gone = Running::shop();
    let detail = gone.owner().post("/api/v1/schedule/test-mail", &json!({})).is(422)["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("no mail server is named"), "{detail}");
}

#[test]
fn a_report_is_kept_and_mailed_with_its_findings_first() {
    let mailbox = Mailbox::open();
    let server = with_mail(&mailbox, None);
    let owner = server.owner();
    let to = ["ada@shop.example", "refused@shop.example", "bob@shop.example"];
    owner.put("/api/v1/schedule", &json!({"report": "monday 07:00", "mail_to": to})).is(200);
    let job = owner.post("/api/v1/schedule/run", &json!({"task": "report"})).is(202);
    let ended = server.ended(&job);
    assert_eq!((&ended["kind"], &ended["state"]), (&json!("report"), &json!("done")), "{ended}");
    let lines: Vec<&str> = ended["report"]["lines"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(lines[1], "mailed to 2 of 3", "{lines:?}");
    assert_eq!(lines[2], "1 could not be sent; the audit log says which, and why");
    let audit = owner.get("/api/v1/audit?action=report.not-mailed").text();
    assert!(audit.contains("refused@shop.example: the mail server") && audit.contains("nobody of that name"), "{audit}");
    // Who gets reports is for those who manage.
    let viewer = server.somebody(Role::Viewer);
    assert!(!viewer.get("/api/v1/jobs").text().contains("shop.example"));
    assert_eq!(owner.get("/api/v1/schedule").is(200)["report"]["last_job"], ended["id"]);

    let taken = mailbox.taken();
    assert_eq!(taken.iter().map(|mail| mail.to.join(" ")).collect::<Vec<_>>(), ["ada@shop.example", "bob@shop.example"]);
    let findings = owner.get("/api/v1/findings").is(200);
    assert!(taken[0].data.lines().any(|line| line.starts_with("Message-ID: <") && line.ends_with("@shop.example>")));
    let (text, html) = (decoded(&taken[0].data, "text/plain"), decoded(&taken[0].data, "text/html"));
    let mut places = Vec::new();
    for (place, finding) in findings["rows"].as_array().unwrap().iter().enumerate() {
        let headline = finding["headline"].as_str().unwrap();
        let at = text.find(&format!("{}. {headline}\n", place + 1)).unwrap_or_else(|| panic!("no `{headline}` in\n{text}"));
        places.push(at);
        let escaped = headline.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(html.contains(&escaped), "no `{escaped}` in\n{html}");
    }
    assert_eq!(places.len(), 3);
    assert!(places.is_sorted() && places[2] < text.find("The whole report is attached").unwrap());
    assert!(text.contains("It is also at https://customers.shop.example/report"), "{text}");
    // No mail names anybody else who gets it.
    assert!(!taken[0].data.contains("bob@") && !taken[1].data.contains("ada@"));

    // The page is attached as it is kept.
    let name = lines[0].split('`').nth(1).unwrap();
    assert_eq!(name, "answers/report-2024-12-27.html");
    let page = std::fs::read_to_string(server.path().join(name)).unwrap();
    assert!(taken[0].data.contains("Content-Disposition: attachment; filename=\"report-2024-12-27.html\""), "as of that day");
    let attached = decoded_last(&taken[0].data, "text/html");
    let differs = attached.trim_end().lines().zip(page.trim_end().lines()).find(|(attached, page)| attached != page);
    assert_eq!((differs, attached.trim_end().len()), (None, page.trim_end().len()));
    let audit = owner.get("/api/v1/audit?action=report.mailed").text();
    assert!(audit.contains("ada@shop.example, bob@shop.example"), "{audit}");
}

#[test]
fn a_report_that_nobody_can_be_sent_has_failed_and_is_kept() {
    let mailbox = Mailbox::open();
    let server = with_mail(&mailbox, None);
    let owner = server.owner();
    owner.put("/api/v1/schedule", &json!({"mail_to": ["refused@shop.example"]})).is(200);
    let ended = server.ended(&owner.post("/api/v1/schedule/run", &json!({"task": "report"})).is(202));
    assert_eq!((&ended["state"], &ended["problem"]["type"]), (&json!("failed"), &json!("/problems/mail")), "{ended}");
    assert!(!ended.to_string().contains("shop.example") && owner.get("/api/v1/audit").text().contains("nobody of that name"));
    let kept = std::fs::read_dir(server.path().join("answers"))
        .unwrap()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("report-"));
    assert!(kept);
    owner.post("/api/v1/schedule/run", &json!({"task": "dance"})).is(422);
    let night = server.ended(&owner.post("/api/v1/schedule/run", &json!({"task": "nightly"})).is(202));
    assert_eq!((&night["kind"], &night["state"]), (&json!("nightly"), &json!("done")), "{night}");
}
