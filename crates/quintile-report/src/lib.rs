//! A report as one self-contained page, and its charts as pictures.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `model` | what a report says: sections of text, tables, grids and charts, already computed and worded |
//! | `page` | the page: one HTML file that needs no network and no script |
//! | `picture` | a chart as SVG, or PNG |
//! | `text` | texts and figures as they are written into markup |
//!
//! Nothing here computes a figure of the store or knows where one comes from.

mod model;
mod page;
mod picture;
mod text;

pub use model::{
    Align, Card, Chart, ChartKind, Column, Finding, Folded, Grid, GridCell, GridRow, Mark, Part, Report, Row, Section, Series, Table, Tile,
    TwoByTwo,
};
pub use page::page;
#[cfg(feature = "png")]
pub use picture::png;
pub use picture::{PictureError, Theme, svg};
