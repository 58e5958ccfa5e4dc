//! What a listener does when it cannot accept: most likely no file descriptor is left, and the next try would fail at once.
//!
//! Must never loop without a pause, and never write a line for each failure.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// How long a listener rests after a failure.
const REST: Duration = Duration::from_millis(50);

/// How often failures are reported.
const REPORT: Duration = Duration::from_secs(1);

/// The failures of one listener.
#[derive(Debug)]
pub(crate) struct Faults {
    reported: Option<Instant>,
    unreported: u64,
}

impl Faults {
    pub(crate) const fn new() -> Self {
        Self { reported: None, unreported: 0 }
    }

    /// Rests after one failure, and reports those since the last report where it is time to.
    pub(crate) async fn rest(&mut self, error: &io::Error) {
        if let Some(failures) = self.due() {
            tracing::warn!(%error, failures, "connections cannot be accepted");
        }
        tokio::time::sleep(REST).await;
    }

    /// Counts one failure; how many there are to report, where it is time to.
    fn due(&mut self) -> Option<u64> {
        self.unreported += 1;
        let now = Instant::now();
        if self.reported.is_some_and(|reported| now.duration_since(reported) < REPORT) {
            return None;
        }
        self.reported = Some(now);
        Some(std::mem::take(&mut self.unreported))
    }
}

#[cfg(test)]
mod tests;
