//! The MBG/NBD of Batislam, Denizel and Filiztekin: as the BG/NBD, and customers may leave after their first purchase too.
//!
//! Empirical validation and comparison of models for customer base analysis, International Journal of Research in Marketing 24 (2007). The
//! model to begin with: shops with many customers of a single purchase are the rule.

mod fit;
mod params;
mod predict;

pub use fit::fit;
pub(crate) use fit::fit_from;
pub use params::Params;
