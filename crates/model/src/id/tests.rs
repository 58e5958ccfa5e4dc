use super::*;

#[test]
fn time_is_shown_as_rfc_3339() {
    assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
    assert_eq!(Timestamp(951_782_400_000_000_000).to_string(), "2000-02-29T00:00:00.000Z");
    assert_eq!(Timestamp(1_795_193_148_120_999_999).to_string(), "2026-11-20T16:45:48.120Z");
    assert_eq!(Timestamp(4_102_444_799_999_000_000).to_string(), "2099-12-31T23:59:59.999Z");
}

#[test]
fn ids_round_trip_and_refuse_other_text() {
    let id = CallId(0x0192_0000_0000_0000_0000_0000_0000_00ff);
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!("ff".parse::<CallId>(), Err(BadId));
    assert_eq!("+1920000000000000000000000000000".parse::<CallId>(), Err(BadId));
}

#[test]
fn a_time_is_read_as_it_is_shown() {
    for nanos in [0, 951_782_400_000_000_000, 1_795_193_148_120_000_000, 4_102_444_799_999_000_000] {
        assert_eq!(Timestamp(nanos).to_string().parse(), Ok(Timestamp(nanos)));
    }
    assert_eq!("2026-11-20".parse(), "2026-11-20T00:00:00Z".parse::<Timestamp>());
    for text in [
        "",
        "2026-13-01",
        "2026-02-29",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:00:00",
        "2026-11-20T10:00:00+01:00",
        "1969-12-31",
        "2026-11-20T10:00:00.Z",
    ] {
        assert_eq!(text.parse::<Timestamp>(), Err(BadTime), "{text}");
    }
}
