use super::*;
use crate::{Align, Card, Chart, ChartKind, Column, Grid, GridCell, GridRow, Row, Series, Table, Tile};

/// Checks that every tag is closed by its own, and that nothing in a tag stands outside of quotes.
pub(crate) fn check_balance(markup: &str) {
    const VOID: [&str; 4] = ["meta", "!DOCTYPE", "br", "img"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let end = end_of(tag);
        let (tag, after) = (&tag[..end], &tag[end + 1..]);
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "before {}", &after.chars().take(80).collect::<String>());
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Where a tag ends: the first `>` outside of quotes.
fn end_of(tag: &str) -> usize {
    let mut is_quoted = false;
    for (at, letter) in tag.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => return at,
            '<' => panic!("a tag in a tag: {tag}"),
            _ => {}
        }
    }
    panic!("a tag without an end: {tag}");
}

fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn small(text: &str) -> Report {
    let t = || text.to_string();
    let column = |align| Column { title: t(), definition: t(), align };
    let table = Table {
        id: t(),
        caption: t(),
        columns: vec![column(Align::End), column(Align::Start), column(Align::Start)],
        rows: vec![
            Row { cells: vec![t(), t()], remark: t(), is_total: false },
            Row { cells: vec![t(), t(), t(), t()], remark: String::new(), is_total: true },
        ],
    };
    let cell = |shade| Some(GridCell { text: t(), detail: t(), shade });
    let grid = Grid {
        id: t(),
        caption: t(),
        row_title: t(),
        column_title: t(),
        columns: vec![t(), t(), t()],
        rows: vec![
            GridRow { title: t(), cells: vec![cell(0.5), None] },
            GridRow { title: t(), cells: vec![cell(f64::NAN), cell(7.0), cell(-1.0)] },
        ],
    };
    let chart = |kind| Chart {
        id: t(),
        title: t(),
        summary: t(),
        kind,
        unit: t(),
        categories: vec![t(), t()],
        series: vec![Series { name: t(), values: vec![Some(1.5), None] }, Series { name: t(), values: vec![Some(-2.0), Some(3.0)] }],
        marks: vec![crate::Mark { from: 0, to: 0, text: t() }, crate::Mark { from: 0, to: 1, text: t() }],
    };
    let fields = crate::TwoByTwo {
        id: t(),
        caption: t(),
        columns: [t(), t()],
        rows: [t(), t()],
        cells: [[vec![t(), t()], vec![]], [vec![t()], vec![]]],
    };
    Report {
        title: t(),
        subtitle: t(),
        findings: vec![
            Finding { headline: t(), detail: t(), section: t() },
            Finding { headline: t(), detail: t(), section: "elsewhere".into() },
        ],
        sections: vec![
            Section {
                id: t(),
                title: t(),
                lead: t(),
                parts: vec![
                    Part::Text(t()),
                    Part::Notes(vec![t(), t()]),
                    Part::Tiles(vec![Tile { label: t(), value: t(), detail: t(), definition: t() }]),
                    Part::Cards(vec![Card { title: t(), lead: t(), figures: vec![(t(), t()), (t(), t())] }]),
                    Part::Table(table.clone()),
                    Part::Grid(grid),
                    Part::Chart(chart(ChartKind::Bars)),
                    Part::Chart(chart(ChartKind::StackedBars)),
                ],
            },
            Section {
                id: t(),
                title: t(),
                lead: t(),
                parts: vec![
                    Part::Chart(chart(ChartKind::LyingBars)),
                    Part::Chart(chart(ChartKind::Lines)),
                    Part::TwoByTwo(fields),
                    Part::Folded(crate::Folded { title: t(), parts: vec![Part::Table(table), Part::Text(t())] }),
                    Part::Chart(chart(ChartKind::Flow)),
                    Part::Chart(chart(ChartKind::Funnel)),
                    Part::Chart(chart(ChartKind::Intervals)),
                ],
            },
        ],
        provenance: vec![(t(), t())],
    }
}

/// What holds for every page.
fn check(html: &str) {
    let body = html.split("</style>").nth(1).unwrap();
    let head = html.split("<style>").next().unwrap();
    check_balance(&format!("{head}{body}"));
    let ids = attributes(body, "id");
    let unique: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for id in &ids {
        assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{id}");
    }
    for target in attributes(body, "href") {
        assert!(ids.contains(&target.strip_prefix('#').unwrap()), "{target}");
    }
    for target in attributes(body, "aria-labelledby") {
        assert!(ids.contains(&target), "{target}");
    }
    for shade in attributes(body, "style") {
        let shade: f64 = shade.strip_prefix("--shade:").unwrap().parse().unwrap();
        assert!((0.0..=1.0).contains(&shade));
    }
    assert_eq!(body.matches("<h1>").count(), 1);
    assert!(!html.contains("NaN"));
    let elsewhere = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for wrong in ["http://", "https://", "//", "<script", "<link", "<iframe", "@import", "url("] {
        assert!(!elsewhere.contains(wrong), "{wrong}");
    }
    for name in ["src", "onerror", "onload", "action"] {
        assert!(attributes(body, name).is_empty(), "{name}");
    }
}

#[test]
fn texts_stay_texts() {
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=\"alert(1)\">",
        "' onload='x",
        "</style></title></svg><b>",
        "&lt;&#x22;",
        "a\u{0}b\u{1b}\u{85}",
    ] {
        let html = page(&small(hostile));
        check(&html);
        for wrong in ["<script", "<img", "</style></title>", "<b>", "\u{0}", "\u{1b}"] {
            assert!(!html.contains(wrong), "{wrong}");
        }
    }
}

#[test]
fn pages_with_little_on_them() {
    check(&page(&Report::default()));
    check(&page(&small("")));
    let html = page(&small("One"));
    check(&html);
    assert!(html.contains("<title>One</title>") && html.contains("lang=\"en\"") && html.contains("default-src 'none'"));
}

#[test]
fn the_future_of_a_cohort_is_told_in_words() {
    let html = page(&small("cohort"));
    assert_eq!(html.matches("<td class=\"none\"><span class=\"hidden\">not yet</span></td>").count(), 2);
}

#[test]
fn the_first_column_of_words_heads_its_rows() {
    let html = page(&small("x"));
    let row = "<tr class=\"remarked\"><td class=\"figure\">x</td><th scope=\"row\">x</th><td></td></tr>";
    assert!(html.contains(row), "{html}");
    assert!(html.contains("<tr class=\"total\"><td class=\"figure\">x</td><th scope=\"row\">x</th><td>x</td></tr>"));
}

#[test]
fn a_usual_page_is_small() {
    let chart = |number: usize| {
        Part::Chart(Chart {
            id: format!("chart-{number}"),
            title: "Net sales by month".into(),
            summary: "Sales rise.".into(),
            kind: [ChartKind::Bars, ChartKind::StackedBars, ChartKind::Lines, ChartKind::LyingBars][number % 4],
            unit: "GBP".into(),
            categories: (0..24).map(|month| format!("{}-{:02}", 2010 + month / 12, month % 12 + 1)).collect(),
            series: ["New", "Returning", "Quiet"]
                .map(|name| Series { name: name.into(), values: (0..24).map(|month| Some(f64::from(month) * 1234.56)).collect() })
                .to_vec(),
            marks: Vec::new(),
        })
    };
    let section = |number| Section {
        id: format!("section-{number}"),
        parts: small("some text of a usual length").sections.remove(0).parts,
        title: "A section".into(),
        lead: String::new(),
    };
    let mut report = Report { sections: (0..5).map(section).collect(), ..small("x") };
    report.sections.extend((0..8).map(|number| Section {
        id: format!("pictures-{number}"),
        title: "Pictures".into(),
        lead: String::new(),
        parts: vec![chart(number)],
    }));
    let html = page(&report);
    check(&html);
    assert!(html.len() < 400_000, "{}", html.len());
}

#[test]
fn a_small_page() {
    let mut report = small("words");
    report.sections.truncate(1);
    report.sections[0].parts.truncate(5);
    let html = page(&report);
    insta::assert_snapshot!(html.split("</style>").nth(1).unwrap());
}
