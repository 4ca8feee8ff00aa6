//! The models against numbers they were not made with: published tables, exact arithmetic, simulated customers, and laws that must hold.

mod edges;
mod golden;
mod lapse;
mod laws;
mod recovery;
mod shared;
mod simulate;
