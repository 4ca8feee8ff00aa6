use super::*;
use crate::{ChartKind, Series};

const KINDS: [ChartKind; 4] = [ChartKind::Bars, ChartKind::StackedBars, ChartKind::LyingBars, ChartKind::Lines];
const ALL_KINDS: [ChartKind; 7] = [
    ChartKind::Bars,
    ChartKind::StackedBars,
    ChartKind::LyingBars,
    ChartKind::Lines,
    ChartKind::Flow,
    ChartKind::Funnel,
    ChartKind::Intervals,
];

fn chart(kind: ChartKind, categories: &[&str], series: &[(&str, &[Option<f64>])]) -> Chart {
    Chart {
        id: "odd".into(),
        title: "An odd \"chart\" <b>".into(),
        summary: "Of odd values & names.".into(),
        kind,
        unit: "GBP".into(),
        categories: categories.iter().map(|name| (*name).to_string()).collect(),
        series: series.iter().map(|(name, values)| Series { name: (*name).to_string(), values: values.to_vec() }).collect(),
        marks: Vec::new(),
    }
}

/// Draws a chart in every way there is, and looks for what no picture may contain.
fn drawn(chart: &Chart) -> String {
    let light = svg(chart, Theme::Light).unwrap();
    let all = [light.clone(), svg(chart, Theme::Dark).unwrap(), inline(chart, Room::Wide).unwrap(), inline(chart, Room::Narrow).unwrap()];
    for svg in &all {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        for wrong in ["NaN", "inf", "<script", "<style", "<b>", "<i>", "onload=\"", " id=", "url(", "data-", "class=", "\u{E000}", "\u{0}"]
        {
            assert!(!svg.contains(wrong), "{wrong} in {svg}");
        }
        crate::page::check_balance(svg);
        for name in ["width", "height", "r"] {
            assert!(!svg.contains(&format!(" {name}=\"-")), "{svg}");
        }
    }
    light
}

fn titles(svg: &str) -> Vec<&str> {
    svg.split("<title>").skip(2).filter_map(|rest| rest.split("</title>").next()).collect()
}

#[test]
fn draws_whatever_there_is() {
    let hostile = "\"><script>alert(1)</script><img onload=\"x\" src='y'>\u{0}\u{7}\n\u{E000}";
    let long = "A name that goes on and on, as names of products do, in very many words indeed";
    let many: Vec<String> = (0..400).map(|place| format!("place {place}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let values: Vec<Option<f64>> = (0..400).map(|place| Some(f64::from(place) * 7.3 - 900.0)).collect();
    for kind in ALL_KINDS {
        drawn(&chart(kind, &[], &[]));
        drawn(&chart(kind, &["a"], &[]));
        drawn(&chart(kind, &[], &[("nothing", &[])]));
        assert!(drawn(&chart(kind, &["a", "b"], &[("none", &[None, None])])).contains("No figures yet"));
        drawn(&chart(kind, &["a"], &[("one", &[Some(1.0)])]));
        drawn(&chart(kind, &["a"], &[("nought", &[Some(0.0)])]));
        drawn(&chart(kind, &["a", "b"], &[("tiny", &[Some(1e-300), Some(0.0003)]), ("below", &[Some(-0.02), None])]));
        drawn(&chart(kind, &["a", "b"], &[("huge", &[Some(f64::MAX), Some(f64::MIN)]), ("more", &[Some(f64::MAX), Some(1.0)])]));
        drawn(&chart(kind, &["a", "b", "c"], &[("no number", &[Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY)])]));
        drawn(&chart(kind, &["a", "b"], &[("short", &[Some(3.0)]), ("too long", &[Some(1.0), Some(2.0), Some(3.0)])]));
        drawn(&chart(kind, &[hostile, long, "{c}", ""], &[(hostile, &[Some(1.0); 4]), (long, &[Some(-2.0); 4]), ("", &[None; 4])]));
        drawn(&chart(kind, &many, &[("many", &values)]));
        let nine: Vec<(&str, &[Option<f64>])> = (0..9).map(|_| ("one of nine", &values[..3])).collect();
        drawn(&chart(kind, &["a", "b", "c"], &nine));
    }
}

#[test]
fn each_shape_says_its_own_value() {
    for kind in KINDS {
        let svg = drawn(&chart(kind, &["May", "June"], &[("Old", &[Some(1_234_567.891), None]), ("New", &[Some(-5.0), Some(20.5)])]));
        let mut titles = titles(&svg);
        titles.sort_unstable();
        assert_eq!(titles, ["June, New: 20.50 GBP", "May, New: \u{2212}5.00 GBP", "May, Old: 1,234,567.89 GBP"], "{kind:?}");
    }
}

#[test]
fn titles_come_in_the_order_of_the_shapes() {
    for kind in KINDS {
        let chart = chart(kind, &["a", "b", "c"], &[("n", &[Some(1.0), None, Some(2.0)]), ("m", &[Some(-1.0), Some(2.0), Some(3.0)])]);
        let drawn = draw::draw(&chart, Theme::Light, Room::Wide).unwrap().svg;
        let named = |name: &str| -> Vec<String> {
            let attribute = format!(" data-{name}=\"");
            let parts = drawn.split(&attribute).skip(1).filter_map(|rest| rest.split('"').next());
            parts.map(|part| part.trim().to_string()).collect()
        };
        let shapes: Vec<String> =
            named("category").iter().zip(named("series")).map(|(place, series)| format!("{place}, {series}")).collect();
        let titles = finish::titles(&chart);
        assert_eq!(titles.iter().filter_map(|title| title.split(':').next()).collect::<Vec<_>>(), shapes, "{kind:?}");
    }
}

#[test]
fn labels_of_the_axis_are_short() {
    let labels = |values: &[Option<f64>], unit: &str| {
        let mut chart = chart(ChartKind::Lines, &["a", "b"], &[("n", values)]);
        chart.unit = unit.into();
        let svg = drawn(&chart);
        let texts = svg.split('>').filter_map(|text| text.strip_suffix("</text")).filter(|text| !["a", "b"].contains(text));
        texts.map(str::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(labels(&[Some(1_234_567.0), None], "GBP"), "1.5M 1M 0.5M 0");
    assert_eq!(labels(&[Some(8_300_000_000.0), None], "GBP"), "10bn 8bn 6bn 4bn 2bn 0");
    assert_eq!(labels(&[Some(0.034), Some(-0.01)], ""), "0.04 0.03 0.02 0.01 0 \u{2212}0.01");
    assert_eq!(labels(&[Some(100.0), Some(40.0)], "%"), "100% 80% 60% 40% 20% 0%");
    assert_eq!(labels(&[Some(7.0), Some(3.0)], "orders"), "8 6 4 2 0");
}

#[test]
fn bands_go_from_every_class_to_every_class_that_anybody_went_to() {
    let values: [(&str, &[Option<f64>]); 3] =
        [("Loyal", &[Some(30.0), Some(5.0)]), ("Late", &[Some(10.0), None]), ("Gone", &[Some(0.0), None])];
    let svg = drawn(&chart(ChartKind::Flow, &["Loyal", "Late"], &values));
    assert_eq!(titles(&svg), ["Loyal to Loyal: 30 GBP", "Loyal to Late: 10 GBP", "Late to Loyal: 5 GBP"]);
    // What stands on each side is said beside its pillar; nobody went to the last class, which has none.
    for label in [">Loyal 40<", ">Late 5<", ">Loyal 35<", ">Late 10<"] {
        assert!(svg.contains(label), "{label} in {svg}");
    }
    assert!(!svg.contains("Gone"), "{svg}");
}

#[test]
fn steps_say_their_share_of_the_step_before() {
    let svg = drawn(&chart(ChartKind::Funnel, &["Visit", "Cart", "Order"], &[("Reached", &[Some(200.0), Some(50.0), Some(49.0)])]));
    assert_eq!(titles(&svg), ["Visit: 200 GBP", "Cart: 50 GBP", "Order: 49 GBP"]);
    assert!(svg.contains("25.0 % of before") && svg.contains("98.0 % of before"), "{svg}");
}

#[test]
fn estimates_stand_out_where_their_interval_does_not_hold_nought() {
    let series: [(&str, &[Option<f64>]); 3] = [
        ("Difference", &[Some(-30.0), Some(5.0), Some(12.5)]),
        ("Lower", &[Some(-40.0), Some(-1.0), Some(2.0)]),
        ("Upper", &[Some(-20.0), Some(11.0), Some(23.0)]),
    ];
    let mut forest = chart(ChartKind::Intervals, &["Cup", "Bean", "Leaf"], &series);
    forest.unit = "%".into();
    let svg = drawn(&forest);
    assert_eq!(
        titles(&svg),
        ["Cup: \u{2212}30.0% (\u{2212}40.0 to \u{2212}20.0)", "Bean: 5.0% (\u{2212}1.0 to 11.0)", "Leaf: 12.5% (2.0 to 23.0)"]
    );
    let palette = palette::Palette::of(Theme::Light);
    for (at, colour) in [(0, &palette.series[1]), (1, &palette.series[2]), (2, &palette.series[0])] {
        let dot = svg.split("<circle ").nth(at + 1).unwrap();
        assert!(dot.split('>').next().unwrap().contains(&colour.hex()), "{dot}");
    }
}

#[test]
fn an_axis_may_end_at_a_thousand() {
    for kind in [ChartKind::Bars, ChartKind::Lines] {
        let svg = drawn(&chart(kind, &["a", "b"], &[("n", &[Some(865.0), Some(-3.0)])]));
        assert!(svg.contains(">1000<") && svg.contains(">800<"), "{svg}");
    }
}

#[test]
fn a_letter_has_a_place_of_its_own() {
    let mut chart = chart(ChartKind::Bars, &["a", "b", "c"], &[("n", &[Some(1.0), Some(2.0), Some(3.0)])]);
    chart.marks = ["x", "y"].map(|text| crate::Mark { from: 1, to: 1, text: text.into() }).to_vec();
    let svg = drawn(&chart);
    let x = |letter: &str| -> f32 {
        let before = svg.split(&format!(">{letter}</text>")).next().unwrap();
        before.rsplit_once(" x=\"").unwrap().1.split('"').next().unwrap().parse().unwrap()
    };
    assert!(x("B") - x("A") > 8.0, "{svg}");
}

#[test]
fn what_happened_stands_at_its_place() {
    let values: &[Option<f64>] = &[Some(1.0), None, Some(3.0), Some(4.0)];
    for kind in [ChartKind::Bars, ChartKind::StackedBars, ChartKind::Lines] {
        let mut chart = chart(kind, &["a", "b", "c", "d"], &[("n", values)]);
        chart.marks = vec![
            crate::Mark { from: 2, to: 2, text: "2011-11-25 Black <Friday>".into() },
            crate::Mark { from: 0, to: 1, text: "a sale".into() },
        ];
        let svg = drawn(&chart);
        let path = |said: &str| -> (f32, &str) {
            let tag = svg.split("<path d=\"M").skip(1).find(|tag| tag.split("</path>").next().unwrap().contains(said)).unwrap();
            let (x, rest) = tag.split_once(' ').unwrap();
            (x.parse().unwrap(), rest)
        };
        // The mark stands where the third place does, and the stretch ends halfway between the second and it.
        let ((x, _), (left, shade)) = (path("Black"), path("<title>a sale"));
        let width: f32 = shade.split_once('h').unwrap().1.split('v').next().unwrap().parse().unwrap();
        assert!(left < 0.35 * x && left + width < x && left + width > 0.6 * x, "{left} {width} {x}");
        assert!(svg.contains("Black &lt;Friday&gt;") && svg.contains("A: 2011-11-25"), "{svg}");
        // Where there is nothing to stand by, nothing stands.
        chart.series[0].values = vec![None; 4];
        assert!(!drawn(&chart).contains("stroke-dasharray=\"4,3\""));
    }
}

#[test]
fn a_small_picture() {
    insta::assert_snapshot!(svg(&chart(ChartKind::Bars, &["May", "June"], &[("Orders", &[Some(12.0), Some(30.0)])]), Theme::Dark).unwrap());
}
