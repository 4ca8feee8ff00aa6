//! Which way of telling customers apart says most of what they do later?

use super::figures::{Figures, notes_beside, numbers, shown, texts};
use crate::Error;
use crate::table::Answer;
use quintile_report::{Chart, ChartKind, Part, Section, Series};

pub(super) fn section(found: &Answer, figures: &Figures<'_>) -> Result<Option<Section>, Error> {
    if found.rows.num_rows() < 2 {
        return Ok(None);
    }
    let names: Vec<String> = texts(found, "way")?.iter().map(|way| named(way)).collect();
    let shares = numbers(found, "of_spending_share")?;
    let hundredths = |values: &[Option<f64>]| values.iter().map(|value| value.map(|value| value * 100.0)).collect();
    let chart = Chart {
        id: "league".to_owned(),
        title: "How far apart the classes of each way lie in what customers later spent".to_owned(),
        summary: "Of the variance in what buyers spent afterwards, the share that lies between the classes; 0 parts nobody.".to_owned(),
        kind: ChartKind::LyingBars,
        unit: "%".to_owned(),
        categories: names.clone(),
        series: vec![Series { name: "Of spending".to_owned(), values: hundredths(&shares) }],
        ..Chart::default()
    };
    let columns = [
        shown("way", "Way", "what puts each customer in a class"),
        shown("classes", "Classes", "classes with customers"),
        shown(
            "of_spending_share",
            "Of spending",
            "share of the variance in what buyers then spent, by its logarithm, that lies between the classes",
        ),
        shown("of_buying_share", "Of buying", "the same of whether they bought"),
    ];
    let mut table = figures.table(found, "league-table", "Ways of telling customers apart, the best first", &columns, None)?;
    table.rows.iter_mut().zip(&names).for_each(|(row, name)| row.cells[0].clone_from(name));
    let lead = match (names.first(), shares.first().copied().flatten()) {
        (Some(best), Some(share)) => {
            format!(
                "{best} part customers best: {:.0} % of the differences in what they later spent lie between the classes.",
                share * 100.0
            )
        }
        _ => "No way parts customers by what they later spent.".to_owned(),
    };
    Ok(Some(Section {
        id: "league".to_owned(),
        title: "Which way of telling customers apart says most?".to_owned(),
        lead,
        parts: vec![Part::Chart(chart), Part::Table(table), Part::Notes(notes_beside(found))],
    }))
}

fn named(way: &str) -> String {
    match way {
        "life_stage" => "Life stages",
        "retention_state" => "Retention states",
        "rfm_group" => "RFM groups",
        "buying_group" => "Buying groups",
        "core_group" => "Core groups",
        "country" => "Countries",
        "first_channel" => "First channels",
        "favourite_category" => "Favourite categories",
        other => other,
    }
    .to_owned()
}
