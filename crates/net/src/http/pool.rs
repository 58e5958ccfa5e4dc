//! The connections of a client: which are open, which are idle. Must never give out one that the peer has closed, or one
//! whose last response was not read to its end.

use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use bytes::Bytes;
use http::header::HeaderValue;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::{HttpOptions, NetError};
use crate::origin::Origin;
use crate::stream::{self, Stream};

/// What all clones of a client share.
pub(crate) struct Pool {
    pub(super) origin: Origin,
    pub(super) host: HeaderValue,
    options: HttpOptions,
    /// The one used last stands last and is taken first, so that the others can age.
    #[expect(
        clippy::vec_box,
        reason = "a connection is large and moves between pool, exchange and body on each call"
    )]
    idle: Mutex<Vec<Box<Connection>>>,
    pub(super) open: Arc<AtomicUsize>,
    tls: OnceLock<TlsConnector>,
}

/// One open connection. Whoever holds it drives it.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: http1::Connection<TokioIo<Stream>, Full<Bytes>>,
    /// The driver has ended and must not be polled again.
    ended: bool,
    used: Instant,
    /// The thread whose event loop hears of it.
    home: ThreadId,
    _open: Open,
}

/// One place under the bound of open connections, given back on drop.
struct Open(Arc<AtomicUsize>);

/// A failed exchange; the request comes back where nothing of it was written.
pub(super) struct Failed {
    pub(super) error: NetError,
    pub(super) unsent: Option<Request<Full<Bytes>>>,
}

impl Pool {
    pub(super) fn new(origin: Origin, host: HeaderValue, options: HttpOptions) -> Self {
        Self { origin, host, options, idle: Mutex::default(), open: Arc::default(), tls: OnceLock::new() }
    }

    /// An idle connection that is still open: the last used one of this thread, since one of another thread would wake
    /// that one for each answer; of any thread only where no more may be opened.
    pub(super) fn take(&self) -> Option<Box<Connection>> {
        loop {
            let mut connection = {
                let here = thread::current().id();
                let mut idle = self.idle.lock();
                match idle.iter().rposition(|connection| connection.home == here) {
                    Some(place) => idle.remove(place),
                    None if self.open.load(Ordering::Relaxed) >= self.options.connections => idle.pop()?,
                    None => return None,
                }
            };
            if connection.used.elapsed() < self.options.idle_timeout && connection.is_usable() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose response was read to its end, unless there are enough or it cannot be used again.
    pub(crate) fn give_back(&self, mut connection: Box<Connection>) {
        if !connection.is_usable() {
            return;
        }
        connection.used = Instant::now();
        let mut idle = self.idle.lock();
        let aged = idle.iter().take_while(|kept| kept.used.elapsed() >= self.options.idle_timeout).count();
        idle.drain(..aged);
        if idle.len() < self.options.idle {
            idle.push(connection);
        }
    }

    /// A new connection, where the bound allows one more.
    pub(super) async fn connect(&self) -> Result<Box<Connection>, NetError> {
        let open = Open(Arc::clone(&self.open));
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.options.connections {
            return Err(NetError::Busy(self.options.connections));
        }
        let limit = self.options.connect_timeout;
        let stream = tokio::time::timeout(limit, stream::connect(&self.origin, &self.tls))
            .await
            .map_err(|_| NetError::ConnectTimeout(limit))?
            .map_err(NetError::Connect)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(NetError::Exchange)?;
        Ok(Box::new(Connection {
            sender,
            driver,
            ended: false,
            used: Instant::now(),
            home: thread::current().id(),
            _open: open,
        }))
    }
}

impl Connection {
    /// Moves bytes; true when the connection has ended. The error behind an end reaches the response or its body.
    pub(crate) fn poll_ended(&mut self, cx: &mut Context<'_>) -> bool {
        Self::drive(&mut self.driver, &mut self.ended, cx)
    }

    /// Sends a request and moves bytes until the head of its response is here.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Failed> {
        let mut response = pin!(self.sender.try_send_request(request));
        poll_fn(|cx| {
            let ended = Self::drive(&mut self.driver, &mut self.ended, cx);
            match response.as_mut().poll(cx) {
                Poll::Pending if ended => Poll::Ready(Err(Failed { error: NetError::Closed, unsent: None })),
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
                Poll::Ready(Err(mut failed)) => {
                    let unsent = failed.take_message();
                    Poll::Ready(Err(Failed { error: NetError::Exchange(failed.into_error()), unsent }))
                }
            }
        })
        .await
    }

    fn drive(
        driver: &mut http1::Connection<TokioIo<Stream>, Full<Bytes>>,
        ended: &mut bool,
        cx: &mut Context<'_>,
    ) -> bool {
        *ended = *ended || Pin::new(driver).poll(cx).is_ready();
        *ended
    }

    /// True when the peer has not closed it and it waits for a request.
    fn is_usable(&mut self) -> bool {
        // Nobody waits for an idle connection: its end is seen when it is looked at.
        let mut nobody = Context::from_waker(Waker::noop());
        !self.poll_ended(&mut nobody) && self.sender.is_ready()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
