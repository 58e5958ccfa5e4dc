use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn work_goes_on_when_nobody_waits_for_it() {
    let (gate, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (steps, afterwards) = (Arc::new(AtomicU32::new(0)), TaskTracker::new());
    let work = {
        let (gate, done, steps) = (Arc::clone(&gate), Arc::clone(&done), Arc::clone(&steps));
        async move {
            steps.fetch_add(1, Ordering::SeqCst);
            gate.notified().await;
            steps.fetch_add(1, Ordering::SeqCst);
            done.notify_one();
        }
    };
    {
        let waiting = Outliving::new(work, &afterwards).until(std::future::pending::<()>());
        let mut waiting = pin!(waiting);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), waiting.as_mut()).await.is_err());
        assert_eq!(steps.load(Ordering::SeqCst), 1, "it is worked on while somebody waits");
    }
    assert_eq!(afterwards.len(), 1, "who ends the kernel can wait for it");
    gate.notify_one();
    done.notified().await;
    assert_eq!(steps.load(Ordering::SeqCst), 2);
    afterwards.close();
    afterwards.wait().await;
}

#[tokio::test]
async fn the_signal_ends_the_wait_not_the_work() {
    let done = Arc::new(Notify::new());
    let work = {
        let done = Arc::clone(&done);
        async move {
            tokio::task::yield_now().await;
            done.notify_one();
        }
    };
    assert_eq!(Outliving::new(work, &TaskTracker::new()).until(std::future::ready(7)).await, 7);
    done.notified().await;
}
