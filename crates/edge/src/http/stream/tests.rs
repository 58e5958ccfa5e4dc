use super::*;

fn message(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn answer(text: &str) -> Option<Answered> {
    Some(Answered { message: message(text), error: None })
}

fn read_all(reader: &mut Reader) -> String {
    let mut out = String::new();
    let context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(event)) = reader.poll_next(&context) {
        out.push_str(std::str::from_utf8(&event).unwrap());
    }
    out
}

#[tokio::test]
async fn an_answer_alone_is_no_stream() {
    let stream = Stream::new();
    stream.end(answer("1"));
    assert_eq!(stream.head(None).await, Head::Answer(answer("1").unwrap()));
}

#[tokio::test]
async fn what_comes_before_the_answer_makes_it_a_stream() {
    let stream = Stream::new();
    stream.push(&message("1"));
    stream.end(answer("2"));
    assert_eq!(stream.head(None).await, Head::Events);
    assert_eq!(read_all(&mut stream.reader(None)), "data: 1\n\ndata: 2\n\n");
}

#[tokio::test]
async fn a_cancelled_request_has_no_answer() {
    let stream = Stream::new();
    stream.end(None);
    assert_eq!(stream.head(None).await, Head::Nothing);
    assert!(!stream.push(&message("late")));
}

#[tokio::test(start_paused = true)]
async fn a_long_request_can_be_resumed_after_its_client_left() {
    let stream = Stream::numbered(Some(7));
    assert_eq!(stream.head(Some(Duration::from_secs(1))).await, Head::Events);
    let mut first = stream.reader(None);
    let primed = read_all(&mut first);
    assert_eq!(primed, "id: 7-1\nretry: 1000\ndata:\n\n");
    stream.push(&message("2"));
    stream.end(answer("3"));
    let mut resumed = stream.reader(Some(1));
    assert_eq!(read_all(&mut resumed), "id: 7-2\ndata: 2\n\nid: 7-3\ndata: 3\n\n");
    assert_eq!(read_all(&mut first), "", "the old reader has been taken over");
}

#[tokio::test]
async fn unread_events_are_bounded_and_the_answer_is_kept() {
    let stream = Stream::numbered(Some(1));
    let big = message(&"x".repeat(100_000));
    for _ in 0..100 {
        stream.push(&big);
    }
    stream.end(answer("answer"));
    let all = read_all(&mut stream.reader(None));
    assert!(all.len() < KEPT + 200_000);
    assert!(all.ends_with("data: answer\n\n"));
}

#[tokio::test]
async fn a_client_that_reads_at_once_misses_nothing_however_much_there_is() {
    for stream in [Stream::new(), Stream::numbered(Some(1))] {
        let big = message(&"x".repeat(100_000));
        let mut reader = stream.reader(None);
        let mut seen = 0;
        for _ in 0..30 {
            assert!(stream.push(&big));
            seen += read_all(&mut reader).matches("data: ").count();
        }
        stream.end(answer("answer"));
        assert_eq!((seen, read_all(&mut reader).contains("data: answer\n\n")), (30, true));
    }
}

#[tokio::test]
async fn a_message_that_could_not_be_kept_is_refused() {
    let stream = Stream::new();
    assert!(!stream.push(&message(&"x".repeat(KEPT + 1))));
    assert!(stream.push(&message("small")));
}

#[tokio::test]
async fn what_an_ended_stream_holds_counts_as_read_once_a_reader_came_to_its_end() {
    let stream = Stream::numbered(Some(1));
    stream.push(&message("1"));
    let mut reader = stream.reader(None);
    assert_eq!((stream.holds(), stream.is_read()), (Holds::Running, true));
    stream.end(answer("2"));
    let events = "id: 1-1\ndata: 1\n\nid: 1-2\ndata: 2\n\n";
    assert_eq!(stream.holds(), Holds::Unread(events.len()));
    assert_eq!(read_all(&mut reader), events);
    drop(reader);
    assert_eq!((stream.holds(), stream.is_read()), (Holds::Read(events.len()), false));
    let unsent = Stream::numbered(Some(2));
    unsent.end(answer("alone"));
    assert_eq!(unsent.holds(), Holds::Unread(5));
}

#[test]
fn a_client_that_reads_no_answers_is_given_up_and_one_that_reads_is_not() {
    let (read, unread) = (Stream::new(), Stream::new());
    let (mut reader, mut deaf) = (read.reader(None), unread.reader(None));
    let long = Bytes::from(vec![b'x'; 1 << 20]);
    let mut waiting = 0;
    while unread.answer(&long) {
        waiting += 1;
        assert!(read.answer(&long));
        assert!(read_all(&mut reader).len() > long.len());
        assert!(waiting <= WAITING >> 19, "{waiting} MiB wait");
    }
    assert!(waiting >= WAITING >> 20, "no more than {waiting} MiB may wait");
    assert_eq!(read_all(&mut deaf), "", "what waits is let go");
    assert!(!unread.push(&message("late")));
}

#[test]
fn an_answer_that_waits_keeps_no_notices() {
    let stream = Stream::new();
    let mut reader = stream.reader(None);
    assert!(stream.answer(&message("an answer")));
    let notice = Bytes::from(vec![b'n'; 64 << 10]);
    for _ in 0..64 {
        assert!(stream.push(&notice));
    }
    let read = read_all(&mut reader);
    assert!(read.starts_with("data: an answer\n\ndata: nnn"), "{} bytes", read.len());
    assert!(read.len() < KEPT + (128 << 10), "{} bytes were kept", read.len());
}
