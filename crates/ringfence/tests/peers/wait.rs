//! Waiting for something outside this process, with a deadline.

use std::time::{Duration, Instant};

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at something that does not say when it changes.
const LOOK: Duration = Duration::from_millis(10);

/// What `look` finds, once it finds something.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::park_timeout(LOOK);
    }
}

#[expect(clippy::disallowed_methods, reason = "a deadline of the test itself")]
fn now() -> Instant {
    Instant::now()
}
