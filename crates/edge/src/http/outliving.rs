//! Work that is done in the caller's task while the caller waits, and goes on in a task of its own once it does not.
//!
//! A call must come to its outcome in the journal even when its client has left; most clients wait, and a task switch for
//! each of their calls would cost more than the call.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio_util::task::TaskTracker;

/// A future that is never dropped before it ends.
pub(super) struct Outliving {
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Waits for those that go on by themselves.
    afterwards: TaskTracker,
}

impl Outliving {
    /// `work`, which goes on as one of `afterwards` where it must.
    pub(super) fn new(work: impl Future<Output = ()> + Send + 'static, afterwards: &TaskTracker) -> Self {
        Self { work: Some(Box::pin(work)), afterwards: afterwards.clone() }
    }

    /// Works until `signal` is ready. What is left then, or when this future is dropped, goes on by itself.
    pub(super) async fn until<T>(mut self, signal: impl Future<Output = T>) -> T {
        let mut signal = pin!(signal);
        poll_fn(|context| {
            if let Some(work) = &mut self.work
                && work.as_mut().poll(context).is_ready()
            {
                self.work = None;
            }
            match signal.as_mut().poll(context) {
                Poll::Ready(value) => Poll::Ready(value),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

impl Drop for Outliving {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        // Outside a runtime there is nothing left that could go on.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Bounded by the limits of the call that it is.
            self.afterwards.spawn_on(work, &runtime);
        }
    }
}

#[cfg(test)]
mod tests;
