//! Is a segment worth having? Figures for six questions: identifiable, substantial, accessible, stable, differentiable, operable.
//!
//! - [`effect`]: how far members and others lie apart.
//! - [`league`]: which way of segmenting parts customers best.
//! - [`sample`]: how many an experiment needs.
//! - [`overlap`]: which other segments have the same members.
//! - [`taste`]: what members buy more than others.
//!
//! Limits: a segment that is drawn by what customers spent parts them by what they will spend, and is no discovery for that.

pub mod effect;
pub mod league;
pub mod overlap;
pub mod sample;
pub mod taste;
