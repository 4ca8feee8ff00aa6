//! Random trees, and what is the same after going to text or JSON and back.

use crate::words::vocabulary;
use proptest::prelude::*;
use quintile_segment::syntax::decimal::Decimal;
use quintile_segment::syntax::tree::*;
use quintile_segment::syntax::{json, parse};

fn name() -> impl Strategy<Value = Named> {
    prop_oneof!["[a-z][a-z_0-9]{0,9}", "[a-z]{1,5}\\.[a-z_]{1,6}"]
        .prop_filter("no keyword", |name| {
            ![
                "and", "or", "not", "in", "is", "no", "null", "ends", "with", "then", "true", "false", "today", "regex", "starts",
                "within", "where", "between",
            ]
            .contains(&name.as_str())
                && !["segment", "anniversary", "average", "median", "sum", "percentile", "yesterday", "contains", "matches"]
                    .contains(&name.as_str())
        })
        .prop_map(Named::new)
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0_u8..6).prop_map(|(digits, scale)| Decimal { digits: i128::from(digits), scale })
}

fn length() -> impl Strategy<Value = Length> {
    (0..=Length::MOST, proptest::sample::select(&LengthUnit::ALL[..])).prop_map(|(count, unit)| Length { count, unit })
}

fn moment() -> impl Strategy<Value = jiff::civil::DateTime> {
    (1_i16..9999, 1_i8..13, 1_i8..29, 0_i8..24, 0_i8..60, 0_i8..60)
        .prop_map(|(y, m, d, h, min, s)| jiff::civil::date(y, m, d).at(h, min, s, 0))
}

fn term() -> impl Strategy<Value = Term> {
    let statistic = prop_oneof![
        Just(StatisticKind::Average),
        Just(StatisticKind::Median),
        Just(StatisticKind::Sum),
        (0_u8..=100).prop_map(StatisticKind::Percentile)
    ];
    let leaf = prop_oneof![
        "[ -~äß'\\\\\n]{0,8}".prop_map(TermKind::Text),
        decimal().prop_map(TermKind::Number),
        any::<bool>().prop_map(TermKind::Flag),
        moment().prop_map(|at| TermKind::Date(at.date())),
        moment().prop_map(TermKind::DateTime),
        (any::<bool>(), length()).prop_map(|(back, length)| TermKind::Offset { back, length }),
        Just(TermKind::Today),
        Just(TermKind::Yesterday),
        length().prop_map(TermKind::Length),
        name().prop_map(TermKind::Attribute),
        "[a-z][a-z_0-9]{0,5}".prop_map(TermKind::Parameter),
        (statistic, name()).prop_map(|(which, of)| TermKind::Statistic { which, of }),
        (decimal(), decimal()).prop_map(|(a, b)| TermKind::Point(a, b)),
    ];
    leaf.prop_map(Term::new).prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|term| Term::new(TermKind::Negative(Box::new(term)))),
            (proptest::sample::select(&BinaryOp::ALL[..]), inner.clone(), inner)
                .prop_map(|(op, left, right)| Term::new(TermKind::Binary { op, left: Box::new(left), right: Box::new(right) })),
        ]
    })
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        (proptest::sample::select(&CompareOp::ALL[..]), term()).prop_map(|(op, term)| Test::Compare(op, term)),
        (any::<bool>(), term(), term()).prop_map(|(negated, low, high)| Test::Between { negated, low, high }),
        (any::<bool>(), proptest::collection::vec(term(), 1..4)).prop_map(|(negated, list)| Test::In { negated, list }),
        (any::<bool>(), proptest::sample::select(&TextOp::ALL[..]), term()).prop_map(|(negated, how, term)| Test::Text {
            negated,
            how,
            term
        }),
        any::<bool>().prop_map(|negated| Test::Null { negated }),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    (name(), proptest::collection::vec((name(), test()), 0..4)).prop_map(|(name, params)| {
        let mut unique: Vec<Param> = Vec::new();
        for (name, test) in params {
            if !unique.iter().any(|param| param.name == name) {
                unique.push(Param { name, test });
            }
        }
        Call { name, params: unique, bare: false }
    })
}

fn sometimes_bare() -> impl Strategy<Value = Call> {
    (call(), any::<bool>()).prop_map(|(call, bare)| if bare { Call { params: Vec::new(), bare, ..call } } else { call })
}

pub fn expr() -> impl Strategy<Value = Expr> {
    let step = (any::<bool>(), sometimes_bare(), proptest::option::of(length())).prop_map(|(negated, call, within)| Step {
        negated,
        call,
        within,
    });
    let leaf = prop_oneof![
        4 => (name(), test()).prop_map(|(name, test)| ExprKind::Test { subject: Subject::Attribute(name), test }),
        1 => (name(), test()).prop_map(|(name, test)| ExprKind::Test { subject: Subject::Anniversary(name), test }),
        2 => (call(), any::<bool>()).prop_map(|(call, negated)| ExprKind::Did { call, negated }),
        1 => (sometimes_bare(), proptest::collection::vec(step, 1..3)).prop_map(|(first, steps)| ExprKind::Sequence { first, steps }),
        1 => "[ -~ß'\\\\]{0,12}".prop_map(|name| ExprKind::Segment(Named::new(name))),
    ];
    let comments = prop_oneof![5 => Just(Vec::new()), 1 => proptest::collection::vec("[!-~ß][ -~]{0,6}[!-~]", 1..3)];
    let leaf = (leaf, comments).prop_map(|(kind, comments)| Expr { comments, ..Expr::new(kind) });
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..5).prop_map(Expr::all),
            proptest::collection::vec(inner.clone(), 2..5).prop_map(Expr::any),
            inner.prop_map(|inner| Expr::new(ExprKind::Not(Box::new(inner)))),
        ]
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    (expr(), prop_oneof![4 => Just(Vec::new()), 1 => Just(vec!["the end".to_owned()])]).prop_map(|(root, trailing)| Tree { root, trailing })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150), ..ProptestConfig::default() })]

    #[test]
    fn printed_text_reads_back(tree in tree()) {
        let text = tree.to_string();
        let parsed = parse(&text);
        prop_assert!(parsed.problems.is_empty(), "{}: {:?}", text, parsed.problems);
        prop_assert_eq!(&parsed.tree, &tree, "{}", text);
        prop_assert_eq!(parsed.tree.to_string(), text);
    }

    #[test]
    fn json_reads_back(tree in tree()) {
        let value = json::to_json(&tree);
        let text = value.to_string();
        let back = json::from_json(&serde_json::from_str(&text).unwrap());
        prop_assert_eq!(back, Ok(tree), "{}", text);
    }

    #[test]
    fn every_text_has_an_answer(text in "[ -~äß'\"\\\\\n\u{0}\u{feff}]{0,80}") {
        let parsed = parse(&text);
        let joined: String = parsed.tokens.iter().map(|token| &text[token.span.start..token.span.end]).collect();
        prop_assert_eq!(&joined, &text);
        if parsed.is_sound() {
            let printed = parsed.tree.to_string();
            prop_assert_eq!(parse(&printed).tree, parsed.tree, "{}", printed);
        }
        for problem in &parsed.problems {
            prop_assert!(!problem.shown(&text).to_string().is_empty());
        }
    }

    #[test]
    fn every_byte_string_has_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        // As far as bytes are a text at all; the rest is refused where bytes are read.
        let text = String::from_utf8_lossy(&bytes);
        let parsed = parse(&text);
        prop_assert!(parsed.is_sound() || !parsed.problems.is_empty());
        let _ = quintile_segment::Plan::new(&[quintile_segment::Ask::Text(&text)], &vocabulary());
        if let Ok(value) = serde_json::from_slice(&bytes) {
            let _ = json::from_json(&value);
        }
    }

    #[test]
    fn spoilt_segments_have_an_answer(tree in tree(), at in any::<proptest::sample::Index>(), with in "[()',$=<>0-9dANORMTCHES ]{0,3}", cut in 0_usize..4) {
        let mut characters: Vec<char> = tree.to_string().chars().collect();
        let place = at.index(characters.len() + 1);
        let end = (place + cut).min(characters.len());
        characters.splice(place..end, with.chars());
        let text: String = characters.into_iter().collect();
        let parsed = parse(&text);
        if parsed.is_sound() {
            let printed = parsed.tree.to_string();
            prop_assert_eq!(parse(&printed).tree, parsed.tree, "{}", printed);
        } else {
            prop_assert!(parsed.problems.iter().all(|problem| problem.span.end <= text.len()));
        }
    }
}
