//! Turns a segment's text into a program over whole-customer batches, or into an error that teaches.
//!
//! ```text
//! text --syntax--> Tree --check--> Condition --reduce--> Core --program--> members
//!        Parsed           Checked                                 Program
//! ```
//!
//! - [`syntax`]: text, and JSON, to the tree and back.
//! - [`vocabulary`]: the words there are, handed in as a value.
//! - [`check()`]: names, types and units.
//! - [`reduce()`]: to a dozen kinds of conditions.
//! - [`plan`]: segments that name each other, in order.
//! - [`traits`]: names that the user gave to numbers and conditions.
//! - [`explain`], [`flip`]: why somebody is a member, and when that changes by time alone.
//! - [`klaviyo`]: Klaviyo's JSON, read and printed.
//! - [`sentence()`]: a segment in plain English.
//! - [`program`]: all that are asked, over batches of customers.
//! - [`formula`]: a number of the whole store, to suggest the value of a parameter.
//!
//! Values in, values out: nothing here reads a file, a clock or a setting. The profile's columns, the store's known values and
//! what counts of a batch are handed in.

pub mod check;
pub mod explain;
pub mod flip;
pub mod formula;
pub mod klaviyo;
pub mod plan;
pub mod program;
pub mod reduce;
pub mod syntax;
pub mod traits;
pub mod vocabulary;

mod new_form;
mod patterns;
mod sentence;
mod with_parameters;

pub use check::{Checked, check};
pub use new_form::new_form;
pub use plan::{Ask, Plan, Ready, Refused};
pub use program::{Alone, Begun, Early, Figures, Gathered, Members, Moment, Program, RestsOn, Told, World};
pub use reduce::reduce;
pub use sentence::sentence;
pub use syntax::problem::{Problem, Severity};
pub use syntax::tree::Tree;
pub use syntax::{Parsed, parse};
pub use traits::{Says, TraitText};
pub use vocabulary::Vocabulary;
pub use with_parameters::with_parameters;
