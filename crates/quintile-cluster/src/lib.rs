//! Groups customers nobody has grouped yet: from a table of numbers to a few named clusters, or to "no clear groups".
//!
//! | file | what it knows |
//! | --- | --- |
//! | [`prepare`] | raw columns to comparable ones: logarithm, cut tails, robust scale, near-duplicates left out |
//! | [`points`] | the table that everything below works on |
//! | [`k_means`] | k groups around their means |
//! | [`mixture`] | k normal distributions, and what the BIC says of k |
//! | [`kinds`] | columns of kinds as codes |
//! | [`prototypes`] | k groups of rows with numbers and kinds |
//! | [`separation`] | silhouette, Calinski-Harabasz, Davies-Bouldin: are the groups apart? |
//! | [`stability`] | do the groups come back when customers are resampled? |
//! | [`gap`] | is there more structure than in points thrown at random? |
//! | [`choose_k`] | all of it for each k, and the rule that decides |
//! | [`naming`] | a name a person would give |
//! | [`grouping`] | what was found, and the group of anybody since |
//! | [`matching`] | which cluster of an earlier fit each one is |
//! | [`chance`] | random numbers from a seed, the same in every release |
//!
//! Values in, values out: no files, no clock, no environment. Every seed is an argument. Sums are taken in an order that
//! does not depend on how many threads work, so neither do labels.

pub mod chance;
pub mod choose_k;
pub mod gap;
pub mod grouping;
pub mod k_means;
pub mod kinds;
pub mod matching;
pub mod mixture;
pub mod naming;
pub mod points;
pub mod prepare;
pub mod prototypes;
pub mod separation;
pub mod stability;

mod error;

pub use error::Error;
pub use points::Points;
