//! Held against numbers that other programs published, and against laws.

mod golden;
mod laws;
