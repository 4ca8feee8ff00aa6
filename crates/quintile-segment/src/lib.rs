//! Turns a segment's text into a program over whole-customer batches, or into an error that teaches.
//!
//! ```text
//! text --syntax--> Tree --check--> Checked --reduce--> Core --program--> memberships
//! ```
//!
//! - [`syntax`]: text, and JSON, to the tree and back.

pub mod syntax;
