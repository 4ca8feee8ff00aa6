//! Traits of the user's own: what they are, and what is said of those that cannot be.

use crate::words::vocabulary;
use quintile_segment::vocabulary::{Kind, Unit, Vocabulary};
use quintile_segment::{Says, TraitText, check, parse};

fn value(name: &str, text: &str) -> TraitText {
    TraitText { name: name.to_owned(), says: Says::Value(text.to_owned()), meaning: String::new() }
}

fn condition(name: &str, text: &str) -> TraitText {
    TraitText { name: name.to_owned(), says: Says::Condition(text.to_owned()), meaning: String::new() }
}

fn with(texts: Vec<TraitText>) -> Vocabulary {
    let mut vocabulary = vocabulary();
    vocabulary.add_traits(texts);
    vocabulary
}

#[test]
fn a_trait_is_what_its_parts_are() {
    let check = |text: &str, kind: Kind, unit: Unit| {
        let vocabulary = with(vec![value("x", text)]);
        let own = vocabulary.attribute("trait.x").unwrap();
        assert_eq!((vocabulary.broken_trait("trait.x"), own.kind, own.unit, own.kept), (None, kind, unit, true), "{text}");
    };
    check("number_of_orders + 2", Kind::Whole, Unit::Plain);
    check("number_of_orders / 2", Kind::Number, Unit::Plain);
    check("1.5 * number_of_orders", Kind::Number, Unit::Plain);
    check("amount_spent / number_of_orders", Kind::Amount, Unit::Money);
    check("amount_spent / average(amount_spent)", Kind::Number, Unit::Plain);
    check("amount_spent - median(amount_spent)", Kind::Amount, Unit::Money);
    check("days_since_last_order / 2", Kind::Number, Unit::Days);
    check("orders_placed(count)", Kind::Whole, Unit::Plain);
    check("orders_placed(count_distinct_channel, date >= -90d)", Kind::Whole, Unit::Plain);
    check("orders_placed(sum_amount, date >= -90d)", Kind::Amount, Unit::Money);
    check("products_purchased(average_quantity, of_last = 3)", Kind::Number, Unit::Plain);
    let flag = with(vec![condition("x", "number_of_orders > 1")]).attribute("trait.x").unwrap();
    assert_eq!(flag.kind, Kind::Flag);
    // `customer.` may stand before every attribute.
    assert!(with(vec![value("x", "number_of_orders")]).attribute("customer.trait.x").is_some_and(|own| own.kept));
}

#[test]
fn what_cannot_be_a_trait_is_refused_with_what_to_write() {
    let refused = |text: TraitText, expected: &str| {
        let vocabulary = with(vec![text.clone()]);
        let why = vocabulary.broken_trait("trait.x").unwrap_or_else(|| panic!("{} is taken", text.says.text()));
        assert!(why.contains(expected), "{}: {why}", text.says.text());
        assert!(vocabulary.trait_names().is_empty());
    };
    let check = |text: &str, expected: &str| refused(value("x", text), expected);
    check("amount_spent > 3", "write it behind `condition = `");
    check("amount_spnt", "did you mean `amount_spent`?");
    check("amount_spent + number_of_orders", "count different things");
    check("favourite_category", "`favourite_category` is a text, and a number is expected");
    check("first_order_date", "is a date, and a number is expected");
    check("'vip'", "is no number");
    check("orders_plced(count)", "unknown function `orders_plced`, did you mean `orders_placed`?");
    check("orders_placed(cuont)", "did you mean `count`?");
    check("orders_placed(sum_channel)", "`channel` is no number");
    check("orders_placed()", "expected a figure such as `count` or `sum_amount`");
    check("orders_placed(count, channel)", "expected a comparison");
    check("orders_placed(count, count > 3)", "is a figure, and a trait is one");
    check("orders_placed(count) / 2", "give it a trait of its own");
    check("2 * orders_placed(count)", "there is no function `orders_placed` for values");
    check("orders_placed(count, amount > average(amount_spent))", "facts are told before figures of the store are known");
    check("orders_placed(count, nth > recency_score)", "facts are told before `recency_score` is known");
    check("number_of_orders + $least", "has no value here");
    check("", "expected");
    refused(condition("x", "number_of_orders > 1.5"), "is a whole number");
    refused(condition("x", "number_of_orders + 1"), "expected");
    refused(condition("x", "segment('low-vlaue')"), "did you mean `low-value`?");
    refused(condition("x", "trait.x = true"), "in a circle: `trait.x` -> `trait.x`");
}

#[test]
fn circles_are_shown_and_others_are_asked() {
    let vocabulary = with(vec![
        value("a", "trait.b + 1"),
        value("b", "average(buyers.trait.c)"),
        condition("c", "trait.a > 3"),
        value("d", "trait.e / 2"),
        value("e", "amount_spent"),
        value("f", "trait.c"),
    ]);
    assert_eq!(vocabulary.trait_names(), ["trait.e", "trait.d"]);
    let circle = |name| vocabulary.broken_trait(name).unwrap().to_owned();
    assert!(circle("trait.a").ends_with("in a circle: `trait.a` -> `trait.b` -> `trait.c` -> `trait.a`"), "{}", circle("trait.a"));
    assert!(circle("trait.c").ends_with("in a circle: `trait.c` -> `trait.a` -> `trait.b` -> `trait.c`"), "{}", circle("trait.c"));
    assert_eq!(circle("trait.f"), "it names a trait that is in a circle");
}

#[test]
fn a_segment_is_checked_by_what_the_trait_is() {
    let vocabulary = with(vec![value("share", "amount_spent / average(amount_spent)"), condition("often", "number_of_orders > 3")]);
    let said = |text: &str| {
        check(&parse(text).tree, &vocabulary).problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    for text in [
        "trait.share > 1",
        "trait.share > percentile(trait.share, 80)",
        "trait.often = true",
        "NOT trait.often = true",
        "trait.share IS NULL",
    ] {
        assert_eq!(said(text), "", "{text}");
    }
    assert_eq!(said("trait.shar > 1"), "unknown trait `trait.shar`, did you mean `trait.share`?");
    assert!(
        said("trait.share > days_since_last_order").contains("they cannot be compared"),
        "{}",
        said("trait.share > days_since_last_order")
    );
    assert!(said("trait.often > 1").contains("true or false"), "{}", said("trait.often > 1"));
    // One that nobody keeps may still come: a warning, and nobody has a value.
    assert!(said("trait.pet = 'cat'").contains("keeps nothing under `trait.pet`"));
}
