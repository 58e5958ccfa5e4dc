//! Streams whose answer has been read: a server ends them at once, but in a packet of its own. Reading up to that end
//! saves a new connection per call. Must never keep a stream that goes on.

use std::time::Duration;

use http_body_util::BodyExt as _;
use ringfence_net::Body;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Most streams ending at once; others are closed.
pub(super) const AT_ONCE: usize = 64;
/// Longest time that the end may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// Most frames before it.
const FRAMES: usize = 16;

/// Reads streams out until nobody is left who could hand one over.
pub(super) async fn read_out(mut answered: mpsc::Receiver<Body>) {
    let mut ending = JoinSet::new();
    while let Some(body) = answered.recv().await {
        while ending.try_join_next().is_some() {}
        if ending.len() < AT_ONCE {
            ending.spawn(read_briefly(body));
        }
    }
}

/// A body that is read to its end gives its connection back. One that goes on is closed.
pub(in super::super) async fn read_briefly(mut body: Body) {
    let to_its_end = async {
        for _ in 0..FRAMES {
            match body.frame().await {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    };
    let _ended = timeout(PATIENCE, to_its_end).await;
}
