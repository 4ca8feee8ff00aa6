//! The language against what it promises.

mod trees;
