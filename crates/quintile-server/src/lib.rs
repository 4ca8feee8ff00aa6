//! Answers the front door's questions over HTTP, to whoever may ask.
