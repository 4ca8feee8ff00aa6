//! Files through the public door: small ones of each layout, broken ones, and real ones where they are at hand.

mod beside;
mod broken;
mod layouts;
mod real;
mod shop;
