//! Facts beside orders: mapped tables, calls in the Segment specification, tables of other services.

use crate::shop::{Folder, Kept, options, read, read_paths, read_text};
use quintile_connect::{ConnectError, Layout, Sheet, SurveyOptions, survey};
use quintile_model::{RecordKind, StoreZone, Touchpoint};
use std::path::PathBuf;

const EVENTS: RecordKind = RecordKind::Touchpoint(Touchpoint::Events);
const CARTS: RecordKind = RecordKind::Touchpoint(Touchpoint::Carts);
const MESSAGES: RecordKind = RecordKind::Touchpoint(Touchpoint::Messages);
const TICKETS: RecordKind = RecordKind::Touchpoint(Touchpoint::Tickets);
const REVIEWS: RecordKind = RecordKind::Touchpoint(Touchpoint::Reviews);
const SURVEYS: RecordKind = RecordKind::Touchpoint(Touchpoint::Surveys);
const CONSENTS: RecordKind = RecordKind::Touchpoint(Touchpoint::Consents);

/// Reads a text as rows of a kind.
fn read_as(kind: RecordKind, name: &str, text: &str) -> Result<Kept, ConnectError> {
    let folder = Folder::with(&[(name, text.as_bytes())]);
    let path = folder.file(name);
    let asked = SurveyOptions { as_kind: Some(kind), ..options("UTC") };
    read(&survey(&[path], &asked)?, &StoreZone::utc())
}

#[test]
fn a_table_of_messages_is_mapped_by_its_names() {
    let text = "Email Address,event,timestamp,campaign name,messageid\n\
                Ann@example.com,Opened Email,2024-03-01T10:00:00Z,spring,m1\n\
                bo@example.com,bounce,2024-03-01T11:00:00Z,spring,m1\n\
                bo@example.com,juggled,2024-03-01T11:00:00Z,spring,m1\n";
    let kept = read_as(MESSAGES, "mail.csv", text).unwrap();
    assert_eq!(
        kept.table(MESSAGES, &["email", "at", "channel", "action", "message", "campaign"]),
        ["Ann@example.com|2024-03-01T10:00:00Z|email|opened|m1|spring", "bo@example.com|2024-03-01T11:00:00Z|email|bounced|m1|spring"]
    );
    let refusal = &kept.refusals[0];
    assert_eq!((refusal.line, refusal.column.as_deref()), (4, Some("event")));
    assert!(refusal.reason.contains("`juggled` is none of sent, delivered"), "{}", refusal.reason);
}

#[test]
fn events_are_mapped_the_same_from_csv_and_json_lines() {
    let text = "id,user_id,anonymous_id,time,event,url,sku,price,seconds\n\
                1,7,v,2024-03-01 10:00:00,Product Viewed,https://shop.example/p/1?x=y,hat,1.005,3\n\
                2,,v,2024-03-01 10:01:00,Twirled,/a,,,\n";
    let csv = read_as(EVENTS, "visits.csv", text).unwrap();
    let json = "{\"id\":1,\"user_id\":\"7\",\"anonymous_id\":\"v\",\"time\":\"2024-03-01 10:00:00\",\"event\":\"Product Viewed\",\"page\":{\"url\":\"https://shop.example/p/1?x=y\"},\"sku\":\"hat\",\"price\":1.005,\"seconds\":3}\n\
                {\"id\":2,\"anonymous_id\":\"v\",\"time\":\"2024-03-01 10:01:00\",\"event\":\"Twirled\",\"page\":{\"url\":\"/a\"}}\n\
                {\"id\":3,\"anonymous_id\" \"v\"}\n";
    let json = read_as(EVENTS, "visits.jsonl", json).unwrap();
    let names = ["id", "customer_id", "visitor_id", "at", "name", "page", "product", "value"];
    let expected = ["1|7|v|2024-03-01T10:00:00Z|product_viewed|/p/1|hat|1.005", "2||v|2024-03-01T10:01:00Z|Twirled|/a||"];
    assert_eq!(csv.table(EVENTS, &names), expected);
    assert_eq!(json.table(EVENTS, &names), expected);
    assert_eq!((json.refusals.len(), json.refusals[0].line), (1, 3));
    assert!(json.refusals[0].reason.contains("not valid JSON"), "{}", json.refusals[0].reason);
}

#[test]
fn what_a_table_lacks_is_said() {
    let error = read_as(EVENTS, "visits.csv", "user_id,page\n7,/a\n").err().unwrap().to_string();
    assert!(error.contains("no column is `events.at`") && error.contains("`user_id`, `page`"), "{error}");
    let kept = read_as(CONSENTS, "c.csv", "email,date,status\nann@example.com,2024-01-01,yes\nbo@example.com,,no\n").unwrap();
    assert_eq!(kept.table(CONSENTS, &["email", "channel", "state"]), ["ann@example.com|email|SUBSCRIBED"]);
    assert_eq!(kept.refusals[0].reason, "the row has no value for `date`");
    let kept = read_as(RecordKind::Costs, "ads.csv", "channel,month,spend,currency\ncpc,2024-01,120.50,EUR\ncpc,January,1,EUR\n").unwrap();
    assert_eq!(kept.table(RecordKind::Costs, &["what", "channel", "period", "amount"]), ["acquisition|cpc|2024-01|120.50"]);
    assert!(kept.refusals[0].reason.contains("no day or month"), "{:?}", kept.refusals);
}

#[test]
fn customers_have_attributes() {
    let text = "customer_id,email,gender,date_of_birth,customer_type,acquisition_source,lead_source\n7,a@b.co,f,1990-05-31,company,cpc,newsletter\n";
    let kept = read_as(RecordKind::Customers, "people.csv", text).unwrap();
    assert_eq!(
        kept.table(RecordKind::Customers, &["customer_id", "gender", "birthday", "organisation_type", "acquisition_source", "lead_source"]),
        ["7|f|1990-05-31|company|cpc|newsletter"]
    );
}

#[test]
fn calls_become_events_carts_messages_and_reviews() {
    let text = r#"{"type":"page","messageId":"1","anonymousId":"v","timestamp":"2024-03-01T10:00:00.500Z","properties":{"path":"/a?b"},"context":{"campaign":{"name":"spring","medium":"email"}}}
{"type":"track","messageId":"2","anonymousId":"v","timestamp":"2024-03-01T10:01:00Z","event":"Checkout Started","properties":{"order_id":"o1","value":30,"currency":"EUR","products":[{"product_id":"p1"},{"product_id":"p2"}]}}
{"type":"identify","messageId":"3","anonymousId":"v","userId":"7","timestamp":"2024-03-01T10:02:00Z","traits":{"email":"ann@example.com"}}
{"type":"alias","messageId":"4","previousId":"w","userId":"7","timestamp":"2024-03-01T10:03:00Z"}
{"type":"track","messageId":"5","userId":"7","timestamp":"2024-03-01T10:04:00Z","event":"Email Opened","properties":{"email_id":"m","campaign_name":"spring"}}
{"type":"track","messageId":"6","userId":"7","timestamp":"2024-03-01T10:05:00Z","event":"Product Reviewed","properties":{"product_id":"p1","review_id":"r1","rating":"5"}}
{"type":"track","messageId":"7","userId":"7","event":"No Time"}
{"type":"juggle","messageId":"8","timestamp":"2024-03-01T10:05:00Z"}
"#;
    let (file, kept) = read_text("calls.jsonl", text.as_bytes());
    assert_eq!((file.layout, file.source.as_str()), (Layout::Segment, "segment"));
    assert_eq!(
        kept.table(EVENTS, &["id", "customer_id", "email", "visitor_id", "at", "name", "page", "product", "value", "channel", "campaign"]),
        [
            "1|||v|2024-03-01T10:00:00.5Z|page_viewed|/a|||email|spring",
            "2|||v|2024-03-01T10:01:00Z|checkout_started||p1|30.00||",
            "3|7|ann@example.com|v|2024-03-01T10:02:00Z|identified|||||",
            "4|7||w|2024-03-01T10:03:00Z|identified|||||",
        ]
    );
    assert_eq!(kept.table(CARTS, &["id", "visitor_id", "order_id", "value", "currency"]), ["o1|v|o1|30.00|EUR"]);
    assert_eq!(kept.table(MESSAGES, &["customer_id", "channel", "action", "message", "campaign"]), ["7|email|opened|m|spring"]);
    assert_eq!(kept.table(REVIEWS, &["id", "customer_id", "product", "rating"]), ["r1|7|p1|5.00"]);
    let refused: Vec<(u64, Option<&str>)> = kept.refusals.iter().map(|refusal| (refusal.line, refusal.column.as_deref())).collect();
    assert_eq!(refused, [(7, Some("timestamp")), (8, Some("type"))]);
}

#[test]
fn calls_are_the_same_in_a_list_and_in_lines() {
    let call =
        |i: usize| format!("{{\"type\":\"page\",\"messageId\":\"{i}\",\"anonymousId\":\"v\",\"timestamp\":\"2024-03-01T10:00:00Z\"}}");
    let calls: Vec<String> = (0..50).map(call).collect();
    let (_, lines) = read_text("calls.jsonl", calls.join("\n").as_bytes());
    let (file, list) = read_text("calls.json", format!("[{}]", calls.join(",")).as_bytes());
    assert_eq!(file.layout, Layout::Segment);
    assert_eq!(lines.table(EVENTS, &["id", "name"]), list.table(EVENTS, &["id", "name"]));
    assert_eq!(lines.count(EVENTS), 50);
}

#[test]
fn a_large_file_of_lines_is_read_in_shares_and_knows_its_lines() {
    let filler = "x".repeat(2000);
    let mut text = String::new();
    for i in 0..30_000 {
        if i == 29_000 {
            text.push_str("{\"type\":\"page\",broken\n");
        }
        text.push_str(&format!(
            "{{\"type\":\"page\",\"messageId\":\"{i}\",\"anonymousId\":\"v\",\"timestamp\":\"2024-03-01T10:00:00Z\",\"x\":\"{filler}\"}}\n"
        ));
    }
    let folder = Folder::with(&[("calls.jsonl", text.as_bytes())]);
    let files = survey(&[folder.file("calls.jsonl")], &options("UTC")).unwrap();
    assert!(files[0].parts(2, &StoreZone::utc()).unwrap().len() > 1);
    let kept = read(&files, &StoreZone::utc()).unwrap();
    let ids: Vec<usize> = kept.column(EVENTS, "id").iter().map(|id| id.parse().unwrap()).collect();
    assert!(ids.into_iter().eq(0..30_000));
    assert_eq!(kept.refusals.iter().map(|refusal| refusal.line).collect::<Vec<_>>(), [29_001]);
}

fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("QUINTILE_SHARED")?).join("connectors").join(folder);
    assert!(path.exists(), "QUINTILE_SHARED is set and {} is missing", path.display());
    Some(path)
}

#[test]
fn samples_of_services_are_read() {
    let Some(klaviyo) = shared("klaviyo") else { return };
    let (files, kept) = read_paths(&[klaviyo.join("event.csv")]);
    assert_eq!(files[0].layout, Layout::Service(Sheet::KlaviyoEvents));
    assert_eq!((kept.count(MESSAGES), kept.count(EVENTS), kept.refusals.len()), (3, 1, 0));
    let first = "3gBNHPGp|MCX88q|2020-04-05T20:02:45Z|email|sent|1586116963:LyZ7re";
    assert_eq!(kept.table(MESSAGES, &["id", "visitor_id", "at", "channel", "action", "campaign"])[0], first);
    let (files, kept) = read_paths(&[shared("ga4").unwrap().join("event_data.csv")]);
    assert_eq!(files[0].layout, Layout::Service(Sheet::Ga4Events));
    let names = kept.table(EVENTS, &["customer_id", "visitor_id", "name", "visit", "value", "channel"]);
    assert_eq!(names[1], "user_456|pseudo_456|added_to_cart|session_456||paid_search");
    assert_eq!((names.len(), names[0].as_str()), (6, "user_123|pseudo_123|purchase|session_123|29.99|organic"));
    let zendesk = shared("zendesk").unwrap();
    let (_, kept) = read_paths(&[zendesk.join("ticket_data.csv")]);
    assert_eq!((kept.count(TICKETS), kept.refusals.len()), (10, 0));
    assert_eq!(
        kept.table(TICKETS, &["id", "visitor_id", "at", "version", "status", "channel"])[1],
        "16988|1500656884401|2020-12-22T00:19:23Z|2021-01-13T18:42:39Z|solved|email"
    );
    let (_, kept) = read_paths(&[zendesk.join("user_data.csv")]);
    assert!(kept.table(EVENTS, &["visitor_id", "email", "name"]).contains(&"2222|example@email.com|identified".to_owned()));
    let (_, kept) = read_paths(&[shared("surveys_qualtrics").unwrap().join("core_contact.csv")]);
    assert_eq!(kept.table(EVENTS, &["visitor_id", "email"]), ["hersanid|bingbong@example.com"]);
}

#[test]
fn every_sample_is_read_or_says_what_it_lacks() {
    let Some(root) = shared("") else { return };
    let mut read = Vec::new();
    for folder in ["klaviyo", "mailchimp", "ga4", "zendesk", "surveys_qualtrics", "segment"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".md") || name.starts_with("openapi") {
                continue;
            }
            match survey(std::slice::from_ref(&path), &options("UTC")) {
                Ok(files) => {
                    assert_ne!(files[0].layout, Layout::Mapped, "{name} is guessed at");
                    read.push(name);
                }
                Err(error) => {
                    let why = error.to_string();
                    assert!(["it lacks", "it holds"].iter().any(|begin| why.contains(begin)), "{folder}/{name} is not understood: {why}");
                }
            }
        }
    }
    read.sort();
    let expected = [
        "common_examples.jsonl",
        "core_contact.csv",
        "ecommerce_v2_track_calls.jsonl",
        "email_examples.jsonl",
        "event.csv",
        "event_data.csv",
        "identify_examples.jsonl",
        "ticket_data.csv",
        "track_examples.jsonl",
        "user_data.csv",
    ];
    assert_eq!(read, expected);
    let (_, kept) = read_paths(&[root.join("segment/common_examples.jsonl")]);
    assert_eq!(
        kept.table(EVENTS, &["customer_id", "at", "name", "campaign"]),
        ["97980cfea0067|2015-12-10T04:08:31.905Z|Report Submitted|TPS Innovation Newsletter"]
    );
    let (_, kept) = read_paths(&[root.join("segment/ecommerce_v2_track_calls.jsonl")]);
    assert!(kept.refusals.len() > 15 && kept.refusals.iter().all(|refusal| refusal.reason.contains("the call has no time")));
}

#[test]
fn answers_of_an_export_of_responses() {
    let text = "StartDate,EndDate,RecordedDate,ResponseId,RecipientEmail,Q1_NPS,Q2\n\
                Start Date,End Date,Recorded Date,Response ID,Recipient Email,How likely?,Why?\n\
                \"{\"\"ImportId\"\":\"\"startDate\"\"}\",x,\"{\"\"ImportId\"\":\"\"recordedDate\"\"}\",\"{\"\"ImportId\"\":\"\"_recordId\"\"}\",x,x,x\n\
                2024-01-01 10:00:00,2024-01-01 10:05:00,2024-01-01 10:05:01,R_1,ann@example.com,9,fast\n";
    let (file, kept) = read_text("survey.csv", text.as_bytes());
    assert_eq!(file.layout, Layout::Service(Sheet::QualtricsResponses));
    assert_eq!(
        kept.table(SURVEYS, &["id", "email", "at", "question", "measure", "answer", "score"]),
        ["R_1 Q1_NPS|ann@example.com|2024-01-01T10:05:01Z|Q1_NPS|nps|9|9.00", "R_1 Q2|ann@example.com|2024-01-01T10:05:01Z|Q2||fast|"]
    );
}
