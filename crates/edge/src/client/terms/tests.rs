use super::*;

fn terms(params: &str) -> ClientTerms {
    of_initialize(&JsonText::try_from(params.to_owned()).unwrap())
}

#[test]
fn the_version_asked_for_is_kept_where_we_speak_it() {
    for (asked, agreed) in [
        ("2025-06-18", ProtocolVersion::V2025_06_18),
        ("2025-11-25", ProtocolVersion::V2025_11_25),
        ("2026-07-28", ProtocolVersion::V2025_11_25),
        ("1999-01-01", ProtocolVersion::V2025_11_25),
    ] {
        assert_eq!(terms(&format!(r#"{{"protocolVersion":"{asked}"}}"#)).version, agreed, "{asked}");
    }
}

#[test]
fn elicitation_is_what_the_client_offers() {
    for (offer, form, url) in [
        ("{}", false, false),
        (r#"{"elicitation":{}}"#, true, false),
        (r#"{"elicitation":{"form":{}}}"#, true, false),
        (r#"{"elicitation":{"url":{}}}"#, false, true),
        (r#"{"elicitation":{"form":{},"url":{}}}"#, true, true),
    ] {
        let terms = terms(&format!(r#"{{"protocolVersion":"2025-11-25","capabilities":{offer}}}"#));
        assert_eq!((terms.form_elicitation, terms.url_elicitation), (form, url), "{offer}");
    }
}
