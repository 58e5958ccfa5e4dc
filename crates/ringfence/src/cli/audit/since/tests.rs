use std::time::Duration;

use ringfence_model::id::Timestamp;
use ringfence_model::quantity::Span;

use super::{BadTime, Since};

#[test]
fn times_read_back_as_they_are_shown() {
    for time in [
        "1970-01-01T00:00:00.000Z",
        "2000-02-29T23:59:59.999Z",
        "2026-11-20T16:45:48.120Z",
        "2100-02-28T00:00:00.001Z",
    ] {
        let Ok(Since::Time(read)) = time.parse() else { panic!("{time}") };
        assert_eq!(read.to_string(), time);
    }
    assert_eq!("1970-01-02".parse(), Ok(Since::Time(Timestamp(86_400_000_000_000))));
    assert_eq!("1970-01-01 00:00:01.5Z".parse(), Ok(Since::Time(Timestamp(1_500_000_000))));
}

#[test]
fn ago_is_a_span() {
    assert_eq!("12h".parse(), Ok(Since::Ago(Span(Duration::from_secs(43_200)))));
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-29",
        "2026-11-31",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:00:00",
        "2026-11-20T10:00:00+02:00",
        "2026-11-20T10:00Z",
        "2026-11-20T10:00:00.Z",
        "1969-12-31",
        "20261-1-1",
        "+026-1-1",
    ] {
        assert_eq!(text.parse::<Since>(), Err(BadTime), "{text}");
    }
}
