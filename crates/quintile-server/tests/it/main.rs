//! The server as a whole: a real port, a real store, and nothing in between.
//!
//! Every answer that a test gets is held against `openapi.json` on the way: its status, its media type and its shape.
//!
//! | file | what holds |
//! | --- | --- |
//! | `document` | routes and document say the same |
//! | `roles` | each role and each key gets to what it may, and to nothing else |

mod client;
mod document;
mod roles;
mod schema;
mod server;
