//! Tiny shops, random shops and slow, plain answers, for tests only.
//!
//! - [`shop`]: a few customers written down so that one can read them, and as a batch.
//! - [`touches`]: what they did beside ordering.
//! - [`random`]: shops nobody would think of.
//! - [`segment`]: whether a customer is in a segment, plainly.
//! - [`reference`]: the profile worked out one customer and one column at a time, plainly.

pub mod leave_out;
pub mod random;
pub mod reference;
pub mod segment;
pub mod shop;
pub mod touches;
