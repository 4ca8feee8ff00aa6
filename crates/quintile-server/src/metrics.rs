//! What Prometheus reads: how many requests of which route ended how and how long they took. No number here is of a customer.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the histogram, in seconds.
const BOUNDS: [f64; 9] = [0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0];

/// Counters and gauges.
#[derive(Default)]
pub struct Metrics {
    routes: Mutex<BTreeMap<(&'static str, String), Counted>>,
    /// Requests under way.
    pub in_flight: AtomicI64,
}

#[derive(Default, Clone)]
struct Counted {
    by_status: BTreeMap<u16, u64>,
    buckets: [u64; BOUNDS.len()],
    seconds: f64,
    count: u64,
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, route: &'static str, method: &str, status: u16, took: Duration) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = routes.entry((route, method.to_owned())).or_default();
        let seconds = took.as_secs_f64();
        *counted.by_status.entry(status).or_default() += 1;
        counted.count += 1;
        counted.seconds += seconds;
        for (bucket, bound) in counted.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
    }

    /// The Prometheus text format, with some gauges more.
    pub fn text(&self, gauges: &[(&str, &str, i64)]) -> String {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text =
            String::from("# HELP quintile_requests_total Requests that were answered.\n# TYPE quintile_requests_total counter\n");
        // Writing to a string cannot fail.
        let _ = (|| -> std::fmt::Result {
            for ((route, method), counted) in routes.iter() {
                for (status, count) in &counted.by_status {
                    writeln!(text, "quintile_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}")?;
                }
            }
            text.push_str("# HELP quintile_request_seconds How long requests took.\n# TYPE quintile_request_seconds histogram\n");
            for ((route, method), counted) in routes.iter() {
                let labels = format!("route=\"{route}\",method=\"{method}\"");
                for (bound, bucket) in BOUNDS.iter().zip(counted.buckets) {
                    writeln!(text, "quintile_request_seconds_bucket{{{labels},le=\"{bound}\"}} {bucket}")?;
                }
                writeln!(text, "quintile_request_seconds_bucket{{{labels},le=\"+Inf\"}} {}", counted.count)?;
                writeln!(text, "quintile_request_seconds_sum{{{labels}}} {}", counted.seconds)?;
                writeln!(text, "quintile_request_seconds_count{{{labels}}} {}", counted.count)?;
            }
            let in_flight = ("quintile_requests_in_flight", "Requests under way.", self.in_flight.load(Ordering::Relaxed));
            for (name, help, value) in std::iter::once(&in_flight).chain(gauges) {
                writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}")?;
            }
            Ok(())
        })();
        text
    }
}
