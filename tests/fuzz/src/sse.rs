//! Streams of events: what is read does not depend on how the bytes were cut, and what we write reads as written.

use bytes::Bytes;
use ringfence_mcp::sse::{Decoder, Event, Field, TooLong, encode};

use crate::pieces::{Events, events};

const LIMIT: usize = 256;

/// All events up to the end or the first fault.
fn read(chunks: &[&[u8]]) -> (Vec<Event>, Option<TooLong>, String) {
    let mut decoder = Decoder::new(LIMIT);
    let mut found = Vec::new();
    for chunk in chunks {
        decoder.feed(Bytes::copy_from_slice(chunk));
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => found.push(event),
                Ok(None) => break,
                Err(error) => return (found, Some(error), decoder.last_event_id().to_owned()),
            }
        }
    }
    (found, None, decoder.last_event_id().to_owned())
}

#[test]
fn how_a_stream_is_cut_changes_nothing() {
    bolero::check!().with_type::<(Vec<Events>, Vec<u8>)>().for_each(|(pieces, cuts)| {
        let bytes = events(pieces);
        let whole = read(&[&bytes]);
        let mut rest = bytes.as_slice();
        let mut chunks = Vec::new();
        for cut in cuts {
            let (chunk, after) = rest.split_at(usize::from(*cut).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        chunks.push(rest);
        assert_eq!(read(&chunks), whole);
        assert!(whole.0.iter().all(|event| event.data.len() <= LIMIT && !event.data.contains(&b'\r')));
    });
}

#[test]
fn an_event_reads_as_it_was_written() {
    bolero::check!().with_type::<(String, String, String)>().for_each(|(name, id, data)| {
        let (Some(name_field), Some(id_field)) = (Field::new(name), Field::new(id)) else { return };
        let data = data.replace(['\r'], "");
        let written = encode(Some(name_field), Some(id_field), data.as_bytes());
        if data.len() > LIMIT || name.len() > LIMIT / 2 || id.len() > LIMIT / 2 {
            return;
        }
        let (events, fault, last) = read(&[&written]);
        if data.is_empty() || data.lines().any(|line| line.len() + "data: ".len() > LIMIT) {
            return;
        }
        assert_eq!((fault, last.as_str()), (None, id.as_str()));
        let event = events.first().expect("an event");
        assert_eq!((&*event.data, events.len()), (data.as_bytes(), 1));
        assert_eq!(&*event.name, if name.is_empty() { "message" } else { name });
    });
}
