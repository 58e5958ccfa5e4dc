//! Which resources and tasks of one conversation are followed: what is wanted, and what the server has agreed to.
//!
//! Must never report as agreed what the server was not asked yet.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;

/// How long a server may take to agree.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts changes of what is wanted, and up to which of them the server has agreed.
#[derive(Debug)]
pub(crate) struct Followed {
    wanted: watch::Sender<u64>,
    agreed: watch::Sender<Agreed>,
}

/// What the server has agreed to.
#[derive(Debug, Default)]
struct Agreed {
    turn: u64,
    /// The tasks that it will tell of, by its own ids.
    tasks: BTreeSet<String>,
}

impl Followed {
    pub(super) fn new() -> Self {
        Self { wanted: watch::Sender::new(0), agreed: watch::Sender::new(Agreed::default()) }
    }

    /// What is wanted has changed; true once the server has agreed to it.
    pub(crate) async fn changed(&self) -> bool {
        let mut agreed = self.agreed.subscribe();
        let mut turn = 0;
        self.wanted.send_modify(|wanted| {
            *wanted += 1;
            turn = *wanted;
        });
        let known = agreed.wait_for(|agreed| agreed.turn >= turn);
        tokio::time::timeout(PATIENCE, known).await.is_ok_and(|known| known.is_ok())
    }

    /// Changes of what is wanted, to be waited for.
    pub(super) fn wanted(&self) -> watch::Receiver<u64> {
        self.wanted.subscribe()
    }

    /// The server has agreed to what was wanted at `turn`, and of the tasks to these.
    pub(super) fn agree(&self, turn: u64, tasks: BTreeSet<String>) {
        self.agreed.send_if_modified(|agreed| {
            let newer = agreed.turn < turn;
            *agreed = Agreed { turn: turn.max(agreed.turn), tasks };
            newer
        });
    }

    /// True where the server has agreed to tell of this task.
    pub(super) fn has_task(&self, own: &str) -> bool {
        self.agreed.borrow().tasks.contains(own)
    }
}
