use super::*;

#[test]
fn a_server_cannot_have_its_stream_resumed_without_a_rest_nor_never() {
    for (asked, failures, rests) in [
        (None, 0, WAIT),
        (None, 2, WAIT * 4),
        (Some(Duration::from_millis(300)), 0, Duration::from_millis(300)),
        (Some(Duration::from_millis(300)), 1, Duration::from_millis(600)),
        (Some(Duration::ZERO), 0, SHORTEST_WAIT),
        (Some(Duration::ZERO), 9, SHORTEST_WAIT),
        (Some(Duration::MAX), 9, LONGEST_WAIT),
    ] {
        assert_eq!(rest(asked, failures), rests, "{asked:?} after {failures} failures");
    }
}
