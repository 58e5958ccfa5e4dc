use proptest::prelude::*;

use super::*;

fn decode(chunks: &[&[u8]], limit: usize) -> Result<(Vec<Event>, Decoder), TooLong> {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.feed(Bytes::copy_from_slice(chunk));
        while let Some(event) = decoder.next_event()? {
            events.push(event);
        }
    }
    Ok((events, decoder))
}

fn event(name: &str, data: &str) -> Event {
    Event { name: name.into(), data: Bytes::copy_from_slice(data.as_bytes()) }
}

#[test]
fn the_standard_s_examples_are_read_as_it_says() {
    let stocks = "data: YHOO\ndata: +2\ndata: 10\n\n";
    assert_eq!(decode(&[stocks.as_bytes()], 100).unwrap().0, [event("message", "YHOO\n+2\n10")]);
    let four = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n";
    let (events, decoder) = decode(&[four.as_bytes()], 100).unwrap();
    assert_eq!(events, [event("message", "first event"), event("message", "second event")]);
    assert_eq!(decoder.last_event_id(), "");
    let (events, _) = decode(&[b"data\n\ndata\ndata\n\ndata:"], 100).unwrap();
    assert_eq!(events, [event("message", ""), event("message", "\n")]);
    let (events, _) = decode(&[b"data:test\n\ndata: test\n\n"], 100).unwrap();
    assert_eq!(events, [event("message", "test"), event("message", "test")]);
}

#[test]
fn every_line_end_counts_once() {
    let text = "\u{feff}event: a\rdata: 1\r\n\r\ndata: 2\n\rdata: 3\r\r";
    let expected = [event("a", "1"), event("message", "2"), event("message", "3")];
    assert_eq!(decode(&[text.as_bytes()], 100).unwrap().0, expected);
    let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
    assert_eq!(decode(&bytes, 100).unwrap().0, expected);
}

#[test]
fn an_id_holds_from_the_end_of_its_event_on() {
    let (events, mut decoder) = decode(&[b"id: 7\nretry: 1500\ndata:\n\nid: 8\ndata: x"], 100).unwrap();
    assert_eq!(events, [event("message", "")]);
    assert_eq!((decoder.last_event_id(), decoder.retry()), ("7", Some(Duration::from_millis(1500))));
    decoder.feed(Bytes::from_static(b"\n\n"));
    assert_eq!(decoder.next_event(), Ok(Some(event("message", "x"))));
    assert_eq!(decoder.last_event_id(), "8");
    let (_, decoder) = decode(&[b"id: 1\n\nid: a\0b\nretry: 1x\n\n"], 100).unwrap();
    assert_eq!((decoder.last_event_id(), decoder.retry()), ("1", None));
}

#[test]
fn what_is_over_the_limit_is_refused_before_it_is_kept() {
    let long = vec![b'x'; 200];
    assert_eq!(decode(&[b"data: ", &long], 100).unwrap_err(), TooLong { limit: 100 });
    assert_eq!(decode(&[b": ", &long], 100).unwrap_err(), TooLong { limit: 100 });
    let many = b"data: 0123456789\n".repeat(20);
    assert_eq!(decode(&[&many], 100).unwrap_err(), TooLong { limit: 100 });
    let exact = [b"data: ".as_slice(), &long, b"\n\n"].concat();
    assert_eq!(decode(&[&exact], 200).unwrap().0.len(), 1);
}

#[test]
fn one_line_of_data_is_not_copied() {
    let chunk = Bytes::from_static(b"data: {\"a\":1}\n\n");
    let mut decoder = Decoder::new(100);
    decoder.feed(chunk.clone());
    let event = decoder.next_event().unwrap().unwrap();
    assert!(chunk.as_ptr_range().contains(&event.data.as_ptr()));
}

#[test]
fn a_priming_event_gives_a_place_to_resume_at() {
    let bytes = encode_priming(Field::new("s1/0").unwrap(), Some(Duration::from_secs(2)));
    assert_eq!(bytes, "id: s1/0\nretry: 2000\ndata:\n\n");
    let (_, decoder) = decode(&[&bytes, KEEP_ALIVE], 100).unwrap();
    assert_eq!((decoder.last_event_id(), decoder.retry()), ("s1/0", Some(Duration::from_secs(2))));
}

#[test]
fn a_field_cannot_begin_another_line() {
    for text in ["a\nb", "a\rb", "\0", "\n"] {
        assert_eq!(Field::new(text), None);
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_in_any_chunks(
        events in proptest::collection::vec(("[^\r\n\0]{0,8}", "[^\r\n\0]{0,8}", "[^\r]{0,30}"), 0..6),
        cuts in proptest::collection::vec(1_usize..20, 0..40),
    ) {
        let mut whole = Vec::new();
        for (name, id, data) in &events {
            let name = Field::new(name).filter(|_| !name.is_empty());
            whole.extend_from_slice(&encode(name, Field::new(id), data.as_bytes()));
        }
        let mut rest = whole.as_slice();
        let mut chunks = Vec::new();
        for cut in cuts {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        chunks.push(rest);
        let (read, decoder) = decode(&chunks, 1000).unwrap();
        // One leading space of a value belongs to the field's syntax, and the encoder puts one there.
        let expected: Vec<_> = events
            .iter()
            .map(|(name, _, data)| event(if name.is_empty() { "message" } else { name }, data))
            .collect();
        prop_assert_eq!(read, expected);
        prop_assert_eq!(decoder.last_event_id(), events.last().map_or("", |(_, id, _)| id.as_str()));
    }

    #[test]
    fn json_keeps_its_meaning(text in "[ \t\r\n]{0,3}\\{[ \t\r\n]{0,3}\"a\"[ \r\n]{0,2}:[ \r\n]{0,2}1[ \r\n]{0,2}\\}") {
        let (read, _) = decode(&[&encode(None, None, text.as_bytes())], 1000).unwrap();
        let spaceless = |text: &[u8]| text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>();
        prop_assert_eq!(spaceless(&read[0].data), spaceless(text.as_bytes()));
    }
}
