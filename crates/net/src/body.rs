//! A response body that drives the connection it comes from. Read to its end it gives the connection back; dropped
//! earlier it closes it. Must never be kept without being read or dropped: the connection counts as open meanwhile.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};

use crate::http::{Connection, NetError, Pool};

/// The body of a response.
pub struct Body {
    incoming: Incoming,
    /// None once it has been given back.
    connection: Option<Box<Connection>>,
    pool: Arc<Pool>,
}

impl Body {
    pub(crate) fn new(incoming: Incoming, connection: Box<Connection>, pool: Arc<Pool>) -> Self {
        let mut body = Self { incoming, connection: Some(connection), pool };
        body.give_back_at_end();
        body
    }

    fn give_back_at_end(&mut self) {
        if hyper::body::Body::is_end_stream(&self.incoming) {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(connection);
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = NetError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NetError>>> {
        let body = &mut *self;
        let mut frame = Pin::new(&mut body.incoming).poll_frame(cx);
        if frame.is_pending() {
            let Some(connection) = &mut body.connection else { return Poll::Ready(None) };
            let ended = connection.poll_ended(cx);
            frame = Pin::new(&mut body.incoming).poll_frame(cx);
            if ended && frame.is_pending() {
                return Poll::Ready(Some(Err(NetError::Closed)));
            }
        }
        match frame {
            Poll::Ready(Some(Ok(frame))) => {
                body.give_back_at_end();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(NetError::Exchange(error)))),
            Poll::Ready(None) => {
                body.give_back();
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("reusable", &self.connection.is_none()).finish_non_exhaustive()
    }
}
