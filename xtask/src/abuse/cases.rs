//! The list: every kind of abuse, each with its bounds. New kinds go here.

use std::time::Duration;

use super::Case;

mod crowds;
mod framing;
mod headers;
mod ids;
mod leaving;
mod states;
mod texts;
mod upstreams;

const fn case(
    name: &'static str,
    seconds: u64,
    megabytes: u64,
    run: fn(&super::Arena) -> Result<(), super::Failure>,
) -> Case {
    Case { name, within: Duration::from_secs(seconds), memory: megabytes * 1_024, run }
}

pub(super) const ALL: [Case; 33] = [
    case("an id twice in flight, in one session", 10, 16, ids::twice_in_one_session),
    case("an id twice in flight, in two sessions", 10, 16, ids::twice_in_two_sessions),
    case("replies to nothing, and to another client's question", 10, 16, ids::replies_to_nothing),
    case("a server that answers in reverse, and twice", 10, 16, ids::reverse_and_twice),
    case("a server that answers what was never asked", 10, 16, ids::stray_answers),
    case("progress for a token that is not the client's", 10, 16, ids::foreign_tokens),
    case("heads that come byte by byte", 20, 16, framing::slow_heads),
    case("bodies that never come", 20, 16, framing::slow_bodies),
    case("two lengths, length and chunks, broken chunks", 20, 16, framing::lengths_and_chunks),
    case("a request hidden in a body", 10, 16, framing::smuggled_requests),
    case("absolute targets, odd lines, foreign Host and Origin", 20, 16, framing::odd_heads),
    case("Mcp-* headers twice, missing, encoded, in other words", 10, 16, headers::smuggled),
    case("a key twice, at every level and in every spelling", 10, 16, texts::keys_twice),
    case("what is no JSON: NaN, odd numbers, half texts", 10, 16, texts::no_json),
    case("lone surrogates, NUL and huge numbers keep their bytes", 10, 16, texts::odd_texts),
    case("nesting bombs", 10, 48, texts::nesting),
    case("a request of 100 MB", 20, 48, texts::huge_request),
    case("a response of 1 GB", 30, 48, upstreams::huge_response),
    case("1,000 idle connections", 30, 32, crowds::idle_connections),
    case("1,000 idle sessions with a stream each", 60, 64, crowds::idle_streams),
    case("clients that never read", 30, 64, crowds::deaf_clients),
    case("a client that never reads its stream beside calls", 30, 64, crowds::deaf_listeners),
    case("a client of 2024-11-05 that never reads its answers", 30, 64, crowds::deaf_older),
    case("a state that was edited, expired, or of another call", 20, 16, states::request_states),
    case("session ids that are forged or of another endpoint", 10, 16, states::session_ids),
    case("ids and states of the kernel before", 20, 16, states::after_an_upgrade),
    case("a server that floods a call with progress", 30, 32, upstreams::flood),
    case("a server that floods between its answers", 30, 32, upstreams::flood_on_a_pipe),
    case("a server that writes and never reads", 30, 64, upstreams::deaf),
    case("a server that changes its tools all the time", 20, 32, upstreams::shifty),
    case("a server that dies in the middle of an event", 20, 16, upstreams::cut),
    case("a server that forgets its sessions", 20, 16, upstreams::forgetful),
    case("cancellation races", 150, 64, leaving::races),
];
