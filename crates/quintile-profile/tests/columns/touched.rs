//! What columns of touchpoints say of a few customers one can read.

use super::{check, check_by, profile, question, shown};
use quintile_model::time::{Month, StoreZone};
use quintile_model::touchpoints::Touchpoint;
use quintile_model::{KeyMaker, Money};
use quintile_profile::{buyers_won, columns, facts_needed, first_pass};
use quintile_testkit::shop::{Order, Person, Shop, amount, time};

fn ada() -> Person {
    Person::new("ada")
}

#[test]
fn a_visit_ends_after_half_an_hour_without_an_event() {
    // 10:00 to 10:29:59 is one visit; what comes exactly half an hour later begins another.
    let person = ada().views(&["2026-01-05 10:00", "2026-01-05 10:29:59", "2026-01-05 10:59:59", "2026-01-06 09:00"]);
    check(person.clone(), "2026-02-01", &[("visits_30d", "3"), ("minutes_on_site_30d", "29.983333333333334")]);
    // The window ends with the last second before the moment, and begins 30 days of 24 hours earlier.
    check(person.clone(), "2026-02-05", &[("visits_30d", "1"), ("product_views_30d", "1"), ("minutes_on_site_30d", "0.0")]);
    check(person.clone(), "2026-01-05", &[("visits_30d", "0"), ("last_seen_date", "-"), ("views_per_order", "-")]);
    check(person, "2026-06-01", &[("last_seen_date", "2026-01-06T09:00:00Z"), ("visits_30d", "0"), ("minutes_on_site_30d", "0.0")]);
}

#[test]
fn the_source_s_id_of_a_visit_goes_before_the_clock() {
    let visit = |id: &'static str, seconds: Option<i64>| {
        move |event: &mut quintile_testkit::touches::Event| (event.visit, event.seconds) = (Some(id.into()), seconds)
    };
    let person = ada()
        .event("2026-01-05 10:00", "page_viewed", visit("a", Some(40)))
        .event("2026-01-05 10:01", "page_viewed", visit("b", None))
        .event("2026-01-05 12:00", "page_viewed", visit("a", Some(50)))
        .event("2026-01-05 12:01", "searched", |_| ())
        .event("2026-01-05 12:11", "page_viewed", visit("b", None));
    // Visits a, b, and one without an id: 90 seconds as stated, 130 minutes from first to last, nothing.
    check(person, "2026-01-10", &[("visits_30d", "3"), ("minutes_on_site_30d", "131.5"), ("product_views_30d", "0")]);
}

#[test]
fn views_are_held_against_orders_of_the_same_year() {
    let person = ada().views(&["2024-12-01", "2026-01-05 10:00", "2026-01-05 10:01", "2026-01-07"]).orders(&[
        "2024-12-01",
        "2026-01-06",
        "2026-01-08",
    ]);
    check(person, "2026-02-01", &[("views_per_order", "1.5"), ("product_views_30d", "3")]);
}

#[test]
fn the_main_device_has_most_events_then_the_latest_then_the_first_name() {
    let on = |device: &'static str| move |event: &mut quintile_testkit::touches::Event| event.device = Some(device.into());
    let person = ada()
        .event("2026-01-01", "page_viewed", on("mobile"))
        .event("2026-01-02", "page_viewed", on("desktop"))
        .event("2026-01-02", "page_viewed", on("tablet"))
        .event("2026-01-04", "page_viewed", on("mobile"));
    check(person.clone(), "2026-01-03", &[("main_device", "desktop")]);
    check(person.clone(), "2026-01-05", &[("main_device", "mobile"), ("app_user", "-")]);
    let app = |platform: &'static str| move |event: &mut quintile_testkit::touches::Event| event.platform = Some(platform.into());
    let person = person.event("2026-01-05", "page_viewed", app("web")).event("2026-01-07", "page_viewed", app("App"));
    check(person.clone(), "2026-01-06", &[("app_user", "false")]);
    check(person, "2026-01-08", &[("app_user", "true")]);
}

#[test]
fn a_cart_waits_an_hour_for_its_order() {
    let cart = || ada().cart("2026-01-05 10:00", "12.50", |cart| cart.checkout = Some(true));
    let left = &[
        ("carts_90d", "1"),
        ("carts_abandoned_90d", "1"),
        ("abandoned_cart_date", "2026-01-05T10:00:00Z"),
        ("abandoned_checkout_date", "2026-01-05T10:00:00Z"),
        ("abandoned_cart_value", "12.5000"),
    ];
    let kept = &[("carts_90d", "1"), ("carts_abandoned_90d", "0"), ("abandoned_checkout_date", "-"), ("abandoned_cart_value", "-")];
    check(cart(), "2026-01-06", left);
    check(cart().orders(&["2026-01-05 10:59:59"]), "2026-01-06", kept);
    check(cart().orders(&["2026-01-05 11:00"]), "2026-01-06", left);
    check(cart().orders(&["2026-01-05 09:59:59"]), "2026-01-06", left);
    // An order that is called off was placed; one that was never paid was not.
    check(cart().order(Order::on("2026-01-05 10:30").cancelled("2026-01-05 10:31")), "2026-01-06", kept);
    check(cart().order(Order::on("2026-01-05 10:30").with(|order| order.standing = Some("unpaid"))), "2026-01-06", left);
    // Its own order may be older than the last touch.
    let own = |at: &str| Order::on(at).with(|order| order.id = Some("7".into()));
    let named = || ada().cart("2026-01-05 10:00", "12.50", |cart| (cart.order, cart.checkout) = (Some("7".into()), Some(true)));
    check(named().order(own("2026-01-05 09:00")), "2026-01-06", kept);
    check(named().order(own("2026-01-05 12:00")), "2026-01-06", left);
    check(ada().cart("2026-01-05 10:00", "12.50", |cart| cart.emptied = Some(true)), "2026-01-06", kept);
    // Within the hour nothing is known yet, and after 90 days it is no longer recent.
    check(ada().cart("2026-01-05 23:00:01", "12.50", |_| ()), "2026-01-06", kept);
    check(ada().cart("2026-01-05 23:00", "12.50", |_| ()), "2026-01-06", &[("carts_abandoned_90d", "1"), ("abandoned_checkout_date", "-")]);
    check(cart(), "2026-05-01", &[("carts_90d", "0"), ("carts_abandoned_90d", "0"), ("abandoned_cart_value", "12.5000")]);
}

#[test]
fn carts_in_other_money_are_worth_their_rate() {
    let mut question = question("2026-03-01", "UTC");
    question.currency = Some("EUR".into());
    let person = || ada().cart("2026-01-05 10:00", "10", |cart| cart.currency = Some("USD".into()));
    check_by(person(), &question, &[("carts_abandoned_90d", "1"), ("abandoned_cart_value", "-")]);
    question.rates.add("USD", StoreZone::utc().day(time("2026-01-01")), 905_000_000);
    check_by(person(), &question, &[("abandoned_cart_value", "9.0500")]);
}

#[test]
fn a_message_is_opened_by_a_person() {
    let person = ada()
        .mail("2026-01-01 08:00", "a", "sent")
        .message("2026-01-01 08:01", "email", "opened", |own| (own.message, own.machine) = (Some("a".into()), Some(true)))
        .mail("2026-01-02 08:00", "b", "sent")
        .mail("2026-01-02 09:00", "b", "opened")
        .mail("2026-01-02 09:30", "b", "opened")
        .mail("2026-01-03 08:00", "c", "sent")
        .mail("2026-01-03 10:00", "c", "clicked")
        .mail("2026-01-04 08:00", "d", "sent")
        .mail("2026-01-04 08:01", "d", "bounced");
    check(
        person.clone(),
        "2026-01-05",
        &[
            ("messages_received_90d", "3"),
            ("messages_opened_90d", "2"),
            ("messages_clicked_90d", "1"),
            ("engagement_rate_90d", "0.6666666666666666"),
            ("opened_of_last_6", "2"),
            ("last_open_date", "2026-01-03T10:00:00Z"),
            ("last_click_date", "2026-01-03T10:00:00Z"),
        ],
    );
    check(person.clone(), "2026-01-03", &[("messages_received_90d", "2"), ("opened_of_last_6", "1"), ("last_click_date", "-")]);
    check(person.clone(), "2026-06-01", &[("messages_received_90d", "0"), ("engagement_rate_90d", "-"), ("opened_of_last_6", "2")]);
    check(ada(), "2026-06-01", &[("messages_received_90d", "0"), ("opened_of_last_6", "-"), ("last_open_date", "-")]);
}

#[test]
fn the_last_six_are_e_mails() {
    let mails = (1..=8).fold(ada(), |person, day| person.mail(&format!("2026-01-0{day}"), &format!("m{day}"), "sent"));
    let opened = [1, 2, 5, 8].iter().fold(mails, |person, mail| person.mail("2026-01-09", &format!("m{mail}"), "opened"));
    let person = opened.message("2026-01-09", "sms", "sent", |_| ());
    check(person, "2026-01-10", &[("opened_of_last_6", "2"), ("messages_received_90d", "9"), ("messages_opened_90d", "4")]);
}

#[test]
fn without_ids_what_follows_belongs_to_the_message_sent_last() {
    let of = |campaign: &'static str| move |own: &mut quintile_testkit::touches::Message| own.campaign = Some(campaign.into());
    let person = ada()
        .message("2026-01-01", "email", "opened", of("spring"))
        .message("2026-01-02", "email", "sent", of("spring"))
        .message("2026-01-03", "email", "delivered", of("spring"))
        .message("2026-01-04", "email", "sent", of("summer"))
        .message("2026-01-05", "email", "opened", of("spring"))
        .message("2026-01-06", "email", "delivered", of("autumn"))
        .message("2026-01-07", "email", "delivered", of("autumn"));
    // Spring, summer and twice autumn; the first open is of a message that nobody knows.
    check(
        person,
        "2026-01-08",
        &[("messages_received_90d", "4"), ("messages_opened_90d", "1"), ("last_open_date", "2026-01-05T00:00:00Z")],
    );
}

#[test]
fn the_newest_word_on_consent_holds() {
    let said = |version: &str, state: &str| ada().know(|known| (known.email_consent, known.version) = (Some(state.into()), time(version)));
    let status = "email_subscription_status";
    check(said("2026-01-10", "SUBSCRIBED"), "2026-01-05", &[(status, "SUBSCRIBED"), ("sms_subscription_status", "-")]);
    let left = || said("2026-01-10", "SUBSCRIBED").consent("2026-01-08", "email", "UNSUBSCRIBED");
    check(left(), "2026-01-09", &[(status, "UNSUBSCRIBED")]);
    check(left(), "2026-01-11", &[(status, "SUBSCRIBED")]);
    check(said("2026-01-10", "SUBSCRIBED").consent("2026-01-12", "email", "UNSUBSCRIBED"), "2026-01-13", &[(status, "UNSUBSCRIBED")]);
    let person = ada().consent("2026-01-01", "push", "SUBSCRIBED").consent("2026-01-02", "sms", "PENDING");
    check(person, "2026-01-03", &[("push_subscription_status", "SUBSCRIBED"), ("sms_subscription_status", "PENDING"), (status, "-")]);
}

#[test]
fn care_is_counted_and_averaged() {
    let person = ada()
        .orders(&["2026-01-01", "2026-01-02"])
        .ticket("2026-01-03", |ticket| {
            (ticket.complaint, ticket.score, ticket.solved_at) = (Some(true), Some(amount("2")), Some(time("2026-01-20")))
        })
        .ticket("2026-01-04", |ticket| ticket.complaint = Some(false))
        .ticket("2026-01-05", |ticket| ticket.score = Some(amount("5")))
        .score("2026-01-06", "csat", "4")
        .score("2026-01-06", "nps", "9")
        .score("2026-01-08", "nps", "3")
        .review("2026-01-07", "4")
        .review("2026-01-08", "5");
    check(
        person.clone(),
        "2026-01-10",
        &[
            ("tickets", "3"),
            ("complaints", "1"),
            ("ticket_rate", "1.5"),
            // The first ticket is scored when it is solved.
            ("csat", "4.5"),
            ("nps", "3.0"),
            ("reviews", "2"),
            ("review_mean", "4.5"),
        ],
    );
    check(person.clone(), "2026-01-21", &[("csat", "3.6666666666666665")]);
    check(person.clone(), "2026-01-08", &[("nps", "9.0"), ("reviews", "1"), ("review_mean", "4.0")]);
    check(person, "2026-01-02", &[("tickets", "0"), ("ticket_rate", "0.0"), ("csat", "-"), ("nps", "-"), ("review_mean", "-")]);
    check(ada().ticket("2026-01-03", |_| ()), "2026-02-01", &[("tickets", "1"), ("ticket_rate", "-")]);
}

#[test]
fn whoever_brought_a_customer_first_has_their_revenue() {
    let shop = Shop::of([
        ada().brought("2026-01-01", "ben").brought("2026-01-01", "zoe").brought("2026-01-01", "ada").orders(&["2026-01-01"]),
        Person::new("ben").orders(&["2026-01-03", "2026-01-05"]).refund("2026-01-06", "2.50"),
        Person::new("cleo").brought("2026-01-02", "ben").brought("2026-01-04", "dan"),
        Person::new("dan").brought("2026-01-09", "ben"),
        Person::new("eva"),
    ]);
    let value = |as_of: &str, id: &str, column: &str| {
        let (rows, _) = profile(&shop, &question(as_of, "UTC"));
        let ids = rows.column_by_name("customer_id").unwrap();
        let row = (0..rows.num_rows()).find(|row| shown(ids, *row) == id).unwrap();
        shown(rows.column_by_name(column).unwrap(), row)
    };
    let revenue = |as_of: &str, id: &str| value(as_of, id, "referral_revenue");
    assert_eq!(revenue("2026-02-01", "ada"), "17.5000");
    assert_eq!(revenue("2026-01-04", "ada"), "10.0000");
    assert_eq!(revenue("2026-02-01", "cleo"), "0.0000");
    assert_eq!(revenue("2026-02-01", "eva"), "0.0000");
    assert_eq!(value("2026-02-01", "cleo", "referrals"), "2");
    // Who has bought once and brings others is promising.
    assert_eq!(value("2026-01-10", "ada", "buying_group"), "promising");
    // By address, too, as long as one customer alone has it.
    let email = |person: Person| person.know(|known| known.email = Some("Ben@Example.com ".into()));
    let by_address = |others: Vec<Person>| {
        let mut cleo = Person::new("cleo").brought("2026-01-02", "-");
        cleo.touched.referrals[0].referred = Some(KeyMaker::new("").guest_by_email("ben@example.com").0);
        let shop = Shop::of([vec![cleo, email(Person::new("ben").orders(&["2026-01-03"]))], others].concat());
        let (rows, _) = profile(&shop, &question("2026-02-01", "UTC"));
        let ids = rows.column_by_name("customer_id").unwrap();
        let row = (0..rows.num_rows()).find(|row| shown(ids, *row) == "cleo").unwrap();
        shown(rows.column_by_name("referral_revenue").unwrap(), row)
    };
    assert_eq!(by_address(vec![]), "10.0000");
    assert_eq!(by_address(vec![email(Person::new("bea"))]), "0.0000");
    let nameless = ada().brought("2026-01-01", "ben");
    let nameless =
        Person { touched: quintile_testkit::touches::Touches { referrals: vec![Default::default()], ..nameless.touched }, ..nameless };
    check(nameless, "2026-02-01", &[("referrals", "1"), ("referral_revenue", "-")]);
}

#[test]
fn traits_are_as_the_source_says_else_as_answered() {
    let person = ada()
        .answer("2026-01-01", "You are?", "gender", "x")
        .answer("2026-01-02", "You are?", "gender", " female ")
        .answer("2026-01-02", "Born?", "birthday", "1990-02-10")
        .answer("2026-01-03", "Born?", "birthday", "in spring")
        .answer("2026-01-03", "For whom?", "organisation_type", "school");
    check(
        person.clone(),
        "2026-02-10",
        &[("gender", "female"), ("birthday", "1990-02-10"), ("age", "36"), ("organisation_type", "school")],
    );
    check(person.clone(), "2026-02-09", &[("age", "35")]);
    let told = person.know(|known| (known.gender, known.birthday) = (Some("other".into()), Some("--05-17".into())));
    check(told, "2026-02-10", &[("gender", "other"), ("birthday", "--05-17"), ("age", "-")]);
}

#[test]
fn an_answer_stands_until_the_question_is_answered_anew() {
    let person = ada()
        .answer("2026-01-01", "What?", "interest", "tea, mugs")
        .answer("2026-01-01", "Else?", "interest", "jam")
        .answer("2026-01-05", "What?", "interest", "coffee")
        .answer("2026-01-05", "What?", "interest", "tea")
        .answer("2026-01-05", "Why?", "need", "a gift")
        .answer("2026-01-05", "What counts?", "value", "fair trade");
    check(person.clone(), "2026-01-03", &[("interests", "[jam, mugs, tea]"), ("needs", "-"), ("values", "-")]);
    check(person, "2026-01-06", &[("interests", "[coffee, jam, tea]"), ("needs", "[a gift]"), ("values", "[fair trade]")]);
}

#[test]
fn origin_is_what_came_before_the_first_order() {
    let from = |channel: &'static str, campaign: &'static str| {
        move |event: &mut quintile_testkit::touches::Event| (event.channel, event.campaign) = (Some(channel.into()), Some(campaign.into()))
    };
    let person = ada()
        .event("2026-01-01", "page_viewed", |_| ())
        .event("2026-01-02", "page_viewed", from("ads", "spring"))
        .event("2026-01-03", "form_submitted", |event| event.page = Some("/club".into()))
        .event("2026-01-04", "page_viewed", from("news", "summer"));
    let known = &[("acquisition_source", "ads"), ("acquisition_campaign", "spring"), ("lead_source", "/club")];
    check(person.clone(), "2026-02-01", known);
    check(person.clone().orders(&["2026-01-03"]), "2026-02-01", known);
    let late = &[("acquisition_source", "-"), ("acquisition_campaign", "-"), ("lead_source", "-")];
    check(person.clone().orders(&["2026-01-01 12:00"]), "2026-02-01", late);
    let told = person.know(|known| (known.acquisition_source, known.lead_source) = (Some("fair".into()), Some("contest".into())));
    check(told, "2026-02-01", &[("acquisition_source", "fair"), ("acquisition_campaign", "spring"), ("lead_source", "contest")]);
}

#[test]
fn contribution_is_what_is_left_after_known_costs() {
    let person = || {
        ada()
            .know(|known| known.acquisition_source = Some("Ads".into()))
            .order(Order::on("2026-01-05").line("tea", "drinks", 3, "5").line("mug", "kitchen", 1, "8").refund("2026-01-10", "5"))
            .ticket("2026-01-06", |_| ())
            .ticket("2026-01-20", |_| ())
    };
    let mut question = question("2026-02-01", "UTC");
    check_by(person(), &question, &[("amount_spent", "18.0000"), ("contribution", "-")]);
    question.costs.add_product("tea", Money(amount("2.2001")));
    check_by(person(), &question, &[("contribution", "11.3997")]);
    question.costs.add_ticket(StoreZone::utc().day(time("2026-01-10")), Money(amount("4")));
    check_by(person(), &question, &[("contribution", "7.3997")]);
    let won = buyers_won(&Shop::of([person()]).batch(), &question);
    let month = Month(2026 * 12);
    assert_eq!(won.into_iter().collect::<Vec<_>>(), [(("ads".to_owned(), month), 1)]);
    question.costs.add_winning("ADS", month, Money(amount("10")), 4);
    check_by(person(), &question, &[("contribution", "4.8997")]);
    check_by(Person::new("ben").orders(&["2026-01-05"]), &question, &[("contribution", "-")]);
}

#[test]
fn touchpoints_are_read_where_a_column_needs_them() {
    let mut asked = question("2026-02-01", "UTC");
    let needed = |asked: &quintile_profile::ProfileQuestion| facts_needed(asked).touchpoints;
    for (column, kinds) in [
        ("rfm_group", vec![]),
        ("amount_spent", vec![]),
        ("visits_30d", vec![(Touchpoint::Events, vec!["at", "visit"])]),
        ("last_open_date", vec![(Touchpoint::Messages, vec!["at", "action", "machine"])]),
        ("buying_group", vec![(Touchpoint::Referrals, vec!["at"])]),
        ("referral_revenue", vec![(Touchpoint::Referrals, vec!["at", "referred_key"])]),
    ] {
        asked.columns = vec![columns::find(column).unwrap()];
        assert_eq!(needed(&asked), kinds, "{column}");
    }
}

#[test]
fn a_store_without_touchpoints_has_none() {
    let mut batch = Shop::of([ada().orders(&["2026-01-05"])]).batch();
    batch.touchpoints.clear();
    let rows = first_pass(&batch, &question("2026-02-01", "UTC")).unwrap().batch;
    for (column, expected) in
        [("visits_30d", "0"), ("messages_received_90d", "0"), ("tickets", "0"), ("csat", "-"), ("last_seen_date", "-")]
    {
        assert_eq!(shown(rows.column_by_name(column).unwrap(), 0), expected, "{column}");
    }
}
