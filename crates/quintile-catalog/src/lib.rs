//! Loads, checks and describes what lies in `catalog/`.
//!
//! - [`rfm`]: maps from three scores to named groups.
//! - [`partition`]: families of classes of which every customer is in exactly one, with a plain sentence each.
//! - [`guide`]: the moves between life stages that are worth pricing.
//! - [`plays`]: what brings customers of a stage to the next.
//! - [`segment`]: ready segments, with customers inside and outside; [`suggest`]: values for their parameters.
//! - [`load`]: the files compiled in, or a folder of them.
//!
//! A file that loads is right: each cell of a map lies in one group, each group has a cell, each placeholder of a
//! sentence and each class of a move exists. Which rule puts a customer into a class is not here: the profile decides.

pub mod guide;
pub mod load;
pub mod partition;
pub mod plays;
pub mod rfm;
pub mod segment;
pub mod suggest;

mod ready;

pub use guide::{Guide, Move};
pub use load::{Catalog, CatalogError};
pub use partition::{Class, Partition, Union};
pub use plays::{Frame, Impact, MainGoal, Play, Tactic};
pub use rfm::{Axes, Better, Group, RfmMap, ScoreRule};
pub use segment::{Example, ExampleOrder, ExampleShop, Parameter, Segment};
pub use suggest::Rule;
