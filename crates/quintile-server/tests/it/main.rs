//! The server as a whole: a real port, a real store, and nothing in between.
//!
//! Every answer that a test gets is held against `openapi.json` on the way: its status, its media type and its shape.
//!
//! | file | what holds |
//! | --- | --- |
//! | `document` | routes and document say the same |
//! | `roles` | each role and each key gets to what it may, and to nothing else |
//! | `sessions` | signing in and out, one-time links, guessing, requests of other pages |
//! | `answers` | one number over HTTP and from the front door; pages hold together; forms |
//! | `insights` | products, ways, values, segments beside each other, goals and thresholds, against what customers add up to |
//! | `segments` | two people and one segment; text and tree; wrong text |
//! | `imports` | uploads, mappings, jobs, refused rows, undoing, restarts |
//! | `privacy` | who sees whom, exports, the audit log |
//! | `attacks` | paths, queries, formulas, bombs |

mod answers;
mod attacks;
mod client;
mod document;
mod imports;
mod insights;
mod privacy;
mod roles;
mod schema;
mod segments;
mod server;
mod sessions;
