//! Following a stream of events to the answer, across interruptions where the server supports it (2025-11-25,
//! "Streamable HTTP", section "Resumability and Redelivery"). Must never wait or try without a bound.

use std::collections::VecDeque;
use std::time::Duration;

use http_body_util::BodyExt as _;
use ringfence_model::json::Json;
use ringfence_net::Body;
use tokio::time::sleep;

use super::super::inbound::{Counts, is_about_a_task};
use super::super::{FromServer, Notice, PeerError};
use super::answer::Incoming;
use super::{Shared, is_broken_off};
use crate::message::{Answer, Message, Notification, Request, encode_result};
use crate::meta;
use crate::sse::Decoder;
use crate::version::Era;

/// Wait before a stream is resumed, where the server names none.
const WAIT: Duration = Duration::from_secs(1);
/// Shortest and longest wait that a server can ask for.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Longest id of an event that is remembered.
const LONGEST_ID: usize = 1_024;

/// One stream of messages, over as many connections as it takes.
pub(super) struct Stream {
    body: Option<Body>,
    decoder: Decoder,
    last_event_id: String,
    retry: Option<Duration>,
    /// What is left of a batch.
    rest: VecDeque<Message>,
}

impl Stream {
    pub(super) fn new(body: Option<Body>, shared: &Shared) -> Self {
        Self {
            body,
            decoder: Decoder::new(shared.response.bytes),
            last_event_id: String::new(),
            retry: None,
            rest: VecDeque::new(),
        }
    }

    /// The next message; none where the connection ended.
    pub(super) async fn next(&mut self, shared: &Shared) -> Result<Option<Message>, PeerError> {
        loop {
            if let Some(message) = self.rest.pop_front() {
                return Ok(Some(message));
            }
            while let Some(event) =
                self.decoder.next_event().map_err(|error| PeerError::TooLarge { limit: error.limit })?
            {
                // The standard names only this type; an event without data primes a later resumption.
                if &*event.name == "message" && shared.has_batches() && Message::is_batch(&event.data) {
                    let batch = Message::parse_batch(event.data, shared.response)?;
                    self.rest = batch.into_iter().collect::<Result<_, _>>()?;
                    break;
                }
                if &*event.name == "message" && !event.data.is_empty() {
                    return Ok(Some(Message::parse(event.data, shared.response)?));
                }
            }
            if !self.rest.is_empty() {
                continue;
            }
            let Some(body) = &mut self.body else { return Ok(None) };
            match body.frame().await {
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.decoder.feed(data);
                    }
                }
                None => return Ok(None),
            }
        }
    }

    /// Takes over what a connection left for the next one; true where it told a new place to resume at.
    pub(super) fn leave(&mut self, shared: &Shared) -> bool {
        self.body = None;
        self.retry = self.decoder.retry().or(self.retry);
        let last = self.decoder.last_event_id();
        let moved = (1..=LONGEST_ID).contains(&last.len()) && last != self.last_event_id;
        if moved {
            self.last_event_id = self.decoder.last_event_id().to_owned();
        }
        self.decoder = Decoder::new(shared.response.bytes);
        moved
    }

    /// Connects again, at the place where the last connection ended, after the wait that the server asked for, doubled
    /// for each of the `failures` so far.
    pub(super) async fn resume(&mut self, shared: &Shared, failures: u32) -> Result<(), PeerError> {
        sleep(rest(self.retry, failures)).await;
        self.body = Some(shared.get(&self.last_event_id).await?.into_body());
        Ok(())
    }

    pub(super) const fn can_resume(&self) -> bool {
        !self.last_event_id.is_empty()
    }
}

/// How long a stream rests before it is resumed: a server that wants no rest at all must not keep us at nothing else.
fn rest(asked: Option<Duration>, failures: u32) -> Duration {
    let wait = asked.unwrap_or(WAIT).saturating_mul(1 << failures.min(5));
    wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)
}

impl Incoming<'_> {
    /// Follows the stream until the answer.
    pub(super) async fn follow(&self, body: Body) -> Result<Answer, PeerError> {
        let mut stream = Stream::new(Some(body), self.shared);
        let mut failures = 0;
        loop {
            let broken = match self.read_on(&mut stream).await {
                Ok(Some(answer)) => {
                    self.shared.let_end(stream.body);
                    return Ok(answer);
                }
                Err(error) if !is_broken_off(&error) => return Err(error),
                Ok(None) | Err(_) => PeerError::Interrupted,
            };
            failures = if stream.leave(self.shared) { 0 } else { failures + 1 };
            let legacy = self.shared.settled.get().is_some_and(|settled| settled.era == Era::Legacy);
            if !legacy || !stream.can_resume() || failures > self.shared.resumes {
                return Err(broken);
            }
            match stream.resume(self.shared, failures).await {
                Ok(()) => {}
                Err(error) if is_broken_off(&error) => {}
                Err(_) => return Err(PeerError::Interrupted),
            }
        }
    }

    /// Reads until the answer; none where the connection ended first.
    async fn read_on(&self, stream: &mut Stream) -> Result<Option<Answer>, PeerError> {
        while let Some(message) = stream.next(self.shared).await? {
            if let Some(answer) = self.sort(message) {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// The answer, where the message is it; others go where they belong.
    pub(super) fn sort(&self, message: Message) -> Option<Answer> {
        match message {
            Message::Response(response) if self.is_ours(response.id.as_ref()) => return Some(response.body),
            Message::Response(_) => Counts::add(&self.shared.counts.unknown),
            Message::Notification(notification) => self.notice(notification),
            Message::Request(request) => self.request(request),
        }
        None
    }

    fn notice(&self, notification: Notification) {
        // On this stream everything is about this request; but a token that we did not give out is nobody's.
        let strange = &*notification.method == "notifications/progress" && {
            let params = notification.params.as_ref().map(|params| params.value());
            let token = params.and_then(|params| params.get(meta::PROGRESS_TOKEN)).and_then(Json::as_i64);
            !self.progress || token != Some(self.id)
        };
        let notice = FromServer::Notice(Box::new(Notice::from(notification)));
        if strange || self.events.try_send(notice).is_err() {
            Counts::add(&self.shared.counts.notices);
        }
    }

    fn request(&self, request: Request) {
        let legacy = self.shared.settled.get().is_some_and(|settled| settled.era == Era::Legacy);
        if legacy && &*request.method == "ping" {
            let pong = encode_result(&request.id, &ringfence_model::json::JsonText::empty_object());
            if !self.back.send(pong) {
                Counts::add(&self.shared.counts.unsent);
            }
        } else if !legacy {
            // 2026-07-28, "Streamable HTTP", section "Receiving Messages": servers send no requests.
            Counts::add(&self.shared.counts.requests);
        } else {
            let way = if is_about_a_task(&request.method) { &self.shared.outside } else { &self.events };
            if way.try_send(FromServer::request(request, self.back.clone())).is_err() {
                Counts::add(&self.shared.counts.requests);
            }
        }
    }
}

#[cfg(test)]
mod tests;
