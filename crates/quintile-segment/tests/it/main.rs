//! The language against what it promises.

mod agreement;
mod catalogue;
mod errors;
mod flips;
mod klaviyo;
mod names;
mod page;
mod published;
mod shopify;
mod traits;
mod trees;
mod words;
