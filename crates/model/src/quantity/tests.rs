use super::*;

#[test]
fn what_people_write_is_read_and_written_back() {
    for text in ["10MiB", "1KiB", "7B", "3GiB"] {
        assert_eq!(text.parse::<Size>().map(|size| size.to_string()), Ok(text.to_string()));
    }
    for text in ["250ms", "30s", "10m", "2h", "7d"] {
        assert_eq!(text.parse::<Span>().map(|span| span.to_string()), Ok(text.to_string()));
    }
    for text in ["unlimited", "100/s", "6/m", "5/h", "1/d"] {
        assert_eq!(text.parse::<Rate>().map(|rate| rate.to_string()), Ok(text.to_string()));
    }
}

#[test]
fn what_is_ambiguous_or_overflows_is_refused() {
    for text in ["", "10", "10MB", "-1B", "1.5KiB", "99999999999999999999B", "18014398509481984KiB"] {
        assert!(text.parse::<Size>().is_err(), "{text}");
    }
    for text in ["", "10", "1w", "999999999999999999d"] {
        assert!(text.parse::<Span>().is_err(), "{text}");
    }
    for text in ["0/s", "1/w", "fast", "/s", "1/"] {
        assert!(text.parse::<Rate>().is_err(), "{text}");
    }
}
