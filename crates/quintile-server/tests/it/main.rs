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
//! | `schedule` | what is done by itself, seen from outside: settings, mail that arrives, reports |
//! | `privacy` | who sees whom, exports, the audit log |
//! | `attacks` | paths, queries, formulas, bombs |
//! | `encrypted` | TLS of the server, and of the way to a mail server |

mod answers;
mod attacks;
mod certificates;
mod client;
mod document;
mod encrypted;
mod imports;
mod insights;
mod mailbox;
mod privacy;
mod roles;
mod schedule;
mod schema;
mod segments;
mod server;
mod sessions;
