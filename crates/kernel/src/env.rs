//! The only source of time, ids and chance in the kernel. Must never be bypassed: `clippy.toml` bans the clocks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use ringfence_model::id::{ApprovalId, CallId, SessionId, Timestamp};

/// Clocks, ids and randomness.
pub struct Env {
    wall: Box<dyn Fn() -> Timestamp + Send + Sync>,
    random: SystemRandom,
    boot: u64,
    next: AtomicU64,
}

/// The operating system gave no randomness; nothing can be sealed or named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub struct NoRandomness;

impl Env {
    /// The machine's clock and random numbers.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn system() -> Result<Self, NoRandomness> {
        Self::with_clock(Box::new(system_time))
    }

    /// The machine's random numbers and a clock of the caller's.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn with_clock(wall: Box<dyn Fn() -> Timestamp + Send + Sync>) -> Result<Self, NoRandomness> {
        let random = SystemRandom::new();
        let mut boot = [0; 8];
        random.fill(&mut boot).map_err(|_| NoRandomness)?;
        Ok(Self { wall, random, boot: u64::from_le_bytes(boot), next: AtomicU64::new(0) })
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.wall)()
    }

    /// A random number that differs from one start of the kernel to the next.
    #[must_use]
    pub const fn boot(&self) -> u64 {
        self.boot
    }

    /// A new call id.
    #[must_use]
    pub fn call_id(&self) -> CallId {
        CallId(self.id())
    }

    /// A new session id.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        SessionId(self.id())
    }

    /// A new approval id.
    #[must_use]
    pub fn approval_id(&self) -> ApprovalId {
        ApprovalId(self.id())
    }

    /// Fills `bytes` with unpredictable ones.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.random.fill(bytes).map_err(|_| NoRandomness)
    }

    /// 48 bits of milliseconds, 40 bits of this start, 40 bits of counter: unique and ordered, not secret.
    fn id(&self) -> u128 {
        const LOW_40: u128 = (1 << 40) - 1;
        let count = u128::from(self.next.fetch_add(1, Ordering::Relaxed));
        (u128::from(self.now().millis()) << 80) | ((u128::from(self.boot) & LOW_40) << 40) | (count & LOW_40)
    }
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env").finish_non_exhaustive()
    }
}

fn system_time() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
