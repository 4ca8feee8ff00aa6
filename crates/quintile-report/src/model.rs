//! What a report says, before it is a page. All texts are plain text, of whatever a store's files contain: the page escapes them.

use serde::Serialize;

/// A report.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// What it is of: the name of the store.
    pub title: String,
    /// One line under it: as of when, in which currency.
    pub subtitle: String,
    /// The findings, most important first; three of them.
    pub findings: Vec<Finding>,
    /// The parts of the page, in order.
    pub sections: Vec<Section>,
    /// What everything holds for, as pairs of a name and a value: moment, zone, currency, store version, settings.
    pub provenance: Vec<(String, String)>,
}

/// A finding in plain words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// One short sentence with the figure in it.
    pub headline: String,
    /// What it means, in a sentence or two.
    pub detail: String,
    /// The id of the section that shows it.
    pub section: String,
}

/// A part of the page under its own heading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Unique on the page; ASCII letters, digits and hyphens.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What is to be seen here, in a sentence or two; may be empty.
    pub lead: String,
    /// What it consists of, in order.
    pub parts: Vec<Part>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// A list of remarks, quieter than text.
    Notes(Vec<String>),
    /// Single figures side by side.
    Tiles(Vec<Tile>),
    /// Groups side by side, each with its figures.
    Cards(Vec<Card>),
    /// A table.
    Table(Table),
    /// A table whose cells are shaded by their value.
    Grid(Grid),
    /// A picture, with its figures as a table behind it.
    Chart(Chart),
    /// Lists in four fields.
    TwoByTwo(TwoByTwo),
    /// What only some want to read, folded away until it is asked for; on paper it is left out.
    Folded(Folded),
}

/// Lists of short texts in four fields: what is told apart across, and what is told apart down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TwoByTwo {
    /// Unique on the page.
    pub id: String,
    /// What it shows.
    pub caption: String,
    /// Headings across.
    pub columns: [String; 2],
    /// Headings down.
    pub rows: [String; 2],
    /// Texts, by row and column; that of the first row and column are to be read first.
    pub cells: [[Vec<String>; 2]; 2],
}

/// Parts behind one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Folded {
    /// The line.
    pub title: String,
    /// What is behind it.
    pub parts: Vec<Part>,
}

/// A single figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The figure with its unit, such as `£8,300,065.81`.
    pub value: String,
    /// More beside it, such as an interval or a share; may be empty.
    pub detail: String,
    /// How it is defined.
    pub definition: String,
}

/// A group, such as of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// What it is called.
    pub title: String,
    /// Its size and its weight, in a sentence; may be empty.
    pub lead: String,
    /// Figures as pairs of a name and a value with its unit.
    pub figures: Vec<(String, String)>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Unique on the page.
    pub id: String,
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// How its figures are defined; may be empty.
    pub definition: String,
    /// Where its cells stand.
    pub align: Align,
}

/// Where cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Align {
    /// Words, at the start. The first such column heads its rows.
    Start,
    /// Figures, at the end.
    End,
}

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// Cells as they are shown.
    pub cells: Vec<String>,
    /// A remark on the row, shown under its first cell; may be empty.
    pub remark: String,
    /// A sum of the others.
    pub is_total: bool,
}

/// A table of two dimensions, shaded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grid {
    /// Unique on the page.
    pub id: String,
    /// What it shows.
    pub caption: String,
    /// What the rows are.
    pub row_title: String,
    /// What the columns are.
    pub column_title: String,
    /// Headings of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<GridRow>,
}

/// A row of a grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GridRow {
    /// Its heading.
    pub title: String,
    /// Cells; `None` where there is nothing, such as the future of a cohort.
    pub cells: Vec<Option<GridCell>>,
}

/// A cell of a grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GridCell {
    /// What is shown.
    pub text: String,
    /// More in small letters, such as a share or the name of a group; may be empty.
    pub detail: String,
    /// How deep its shade is, from 0 to 1.
    pub shade: f64,
}

/// A chart: what is drawn, not how.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Chart {
    /// Unique on the page, and its name on the command line.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What is to be seen, for those who do not see the picture.
    pub summary: String,
    /// The form.
    pub kind: ChartKind,
    /// Of the values, such as `GBP`, `customers`, `%`.
    pub unit: String,
    /// Places along the axis.
    pub categories: Vec<String>,
    /// One or more series, each with a value for every category.
    pub series: Vec<Series>,
    /// What happened along the axis, drawn over bars and lines.
    pub marks: Vec<Mark>,
}

/// Something that happened at a place along the axis, or from one place to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The place among the categories.
    pub from: usize,
    /// The last place; that of `from` where it is one alone.
    pub to: usize,
    /// What it was, with its date.
    pub text: String,
}

/// The form of a chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum ChartKind {
    /// Upright bars, side by side where there are several series.
    #[default]
    Bars,
    /// Upright bars, one series on another.
    StackedBars,
    /// Lying bars, for few categories with long names.
    LyingBars,
    /// Lines.
    Lines,
    /// Bands from the categories, where things come from, to the series, where they go (a Sankey diagram).
    Flow,
    /// Steps of one series, each no larger than the one before it.
    Funnel,
    /// Estimates with their intervals around nought: the series are the estimate, its lower and its upper end (a forest plot).
    Intervals,
}

/// A series of a chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its values; `None` where there is none.
    pub values: Vec<Option<f64>>,
}
