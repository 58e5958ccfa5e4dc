use bytes::Bytes;

use super::*;
use crate::client::Answered;

fn ended(number: u64, bytes: usize) -> (u64, Arc<Stream>) {
    let stream = Stream::numbered(Some(number));
    stream.end(Some(Answered { message: Bytes::from(vec![b' '; bytes]), error: None }));
    (number, stream)
}

fn read(number: u64, bytes: usize) -> (u64, Arc<Stream>) {
    let (_, stream) = ended(number, bytes);
    let mut reader = stream.reader(None);
    let context = std::task::Context::from_waker(std::task::Waker::noop());
    while let std::task::Poll::Ready(Some(_)) = reader.poll_next(&context) {}
    (number, stream)
}

fn kept(streams: impl IntoIterator<Item = (u64, Arc<Stream>)>, of_read: usize) -> Vec<u64> {
    let mut streams = streams.into_iter().collect();
    forget_most(&mut streams, of_read);
    streams.into_iter().map(|(number, _)| number).collect()
}

#[test]
fn answers_that_were_read_are_kept_within_a_budget_and_then_not_at_all() {
    let streams = || (1..=4).map(|number| read(number, READ / 3 - 100)).collect::<Vec<_>>();
    assert_eq!(kept(streams(), READ), [2, 3, 4], "the oldest goes first");
    assert_eq!(kept(streams(), 0), [] as [u64; 0]);
    assert_eq!(kept([read(1, READ)], READ), [] as [u64; 0], "one of more than the budget goes at once");
}

#[test]
fn answers_that_nobody_fetched_are_kept_within_a_budget_and_the_newest_in_any_case() {
    let running = (9, Stream::numbered(Some(9)));
    let streams = [ended(1, 1), ended(2, UNREAD), ended(3, 8 * UNREAD), running];
    assert_eq!(kept(streams, READ), [2, 3, 9]);
}
