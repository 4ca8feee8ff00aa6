//! Progress on stderr, on a terminal only.

use crate::session::Session;
use indicatif::{ProgressBar, ProgressStyle};
use quintile::Progress;
use std::sync::atomic::{AtomicU64, Ordering};

/// A bar of bytes with rate and time left.
pub struct Bar {
    bar: ProgressBar,
    rows: AtomicU64,
}

impl Bar {
    pub fn new(session: &Session) -> Bar {
        let bar = if session.shows_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:32!} {bar:24} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Bar { bar, rows: AtomicU64::new(0) }
    }

    pub fn hear(&self, progress: Progress<'_>) {
        match progress {
            Progress::Planned { bytes, .. } => self.bar.set_length(bytes),
            Progress::Read { bytes, rows } => {
                let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
                self.bar.set_message(format!("{} rows", quintile::header::grouped(&rows.to_string())));
                self.bar.inc(bytes);
            }
            Progress::Stage(stage) => {
                self.bar.set_message(stage.to_owned());
                self.bar.enable_steady_tick(std::time::Duration::from_millis(200));
            }
        }
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
