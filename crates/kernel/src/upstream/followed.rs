//! Which resources of one conversation are followed: what is wanted, and what the server has agreed to.
//!
//! Must never report as agreed what the server was not asked yet.

use std::time::Duration;

use tokio::sync::watch;

/// How long a server may take to agree.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts changes of what is wanted, and up to which of them the server has agreed.
#[derive(Debug)]
pub(crate) struct Followed {
    wanted: watch::Sender<u64>,
    agreed: watch::Sender<u64>,
}

impl Followed {
    pub(super) fn new() -> Self {
        Self { wanted: watch::Sender::new(0), agreed: watch::Sender::new(0) }
    }

    /// What is wanted has changed; true once the server has agreed to it.
    pub(crate) async fn changed(&self) -> bool {
        let mut agreed = self.agreed.subscribe();
        let mut turn = 0;
        self.wanted.send_modify(|wanted| {
            *wanted += 1;
            turn = *wanted;
        });
        let known = agreed.wait_for(|agreed| *agreed >= turn);
        tokio::time::timeout(PATIENCE, known).await.is_ok_and(|known| known.is_ok())
    }

    /// Changes of what is wanted, to be waited for.
    pub(super) fn wanted(&self) -> watch::Receiver<u64> {
        self.wanted.subscribe()
    }

    /// The server has agreed to what was wanted at `turn`.
    pub(super) fn agree(&self, turn: u64) {
        self.agreed.send_if_modified(|agreed| {
            let newer = *agreed < turn;
            *agreed = turn.max(*agreed);
            newer
        });
    }
}
