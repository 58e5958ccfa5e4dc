use super::*;

#[test]
fn a_version_is_read_as_it_is_written() {
    let read: Vec<_> = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
        .into_iter()
        .map(str::parse)
        .collect();
    assert_eq!(read, ProtocolVersion::ALL.map(Ok));
    assert_eq!(ProtocolVersion::ALL.map(|version| version.to_string().parse()), ProtocolVersion::ALL.map(Ok));
}

#[test]
fn what_we_do_not_speak_is_refused() {
    for text in ["", "2024-10-07", "2025-03-27", "2026-07-28 ", "2026-7-28", "DRAFT-2026"] {
        assert_eq!(text.parse::<ProtocolVersion>(), Err(UnknownVersion), "{text:?}");
    }
}

#[test]
fn only_versions_from_2026_07_28_on_are_modern() {
    let eras = ProtocolVersion::ALL.map(ProtocolVersion::era);
    assert_eq!(eras, [Era::Legacy, Era::Legacy, Era::Legacy, Era::Legacy, Era::Modern]);
    assert!(ProtocolVersion::ALL.is_sorted());
}
