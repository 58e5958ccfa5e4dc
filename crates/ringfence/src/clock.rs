//! The wall clock of the command line, which is a client and has no `kernel::Env`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_model::id::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "a command has no kernel::Env; nothing here is replayed")]
pub(crate) fn now() -> Timestamp {
    nanos(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// `span` before now.
pub(crate) fn ago(span: Duration) -> Timestamp {
    Timestamp(now().0.saturating_sub(nanos(span).0))
}

fn nanos(span: Duration) -> Timestamp {
    Timestamp(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}
