use proptest::prelude::*;

use super::*;
use crate::message::encode_request_of;

fn json(text: &str) -> JsonText {
    JsonText::try_from(text.to_owned()).unwrap()
}

fn legacy(progress: Option<i64>) -> Entries<'static> {
    Entries { identity: None, capabilities: None, progress }
}

/// The params as they go into a message.
fn applied(entries: &Entries<'_>, params: Option<JsonText>) -> String {
    let mut params = params.into();
    entries.apply(&mut params);
    let message = encode_request_of(&RequestId::from(1), "x", &params);
    let message = std::str::from_utf8(&message).unwrap();
    let rest = message.strip_prefix(r#"{"jsonrpc":"2.0","id":1,"method":"x""#).unwrap();
    rest.strip_prefix(r#","params":"#).unwrap_or(rest).strip_suffix('}').unwrap().to_owned()
}

fn shares(one: &JsonText, other: &JsonText) -> bool {
    one.as_str().as_ptr() == other.as_str().as_ptr()
}

#[test]
fn what_the_protocol_keeps_in_meta_is_read() {
    let params = json(
        r#"{"name":"x","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
        "io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},
        "io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"debug",
        "progressToken":"\u0061","other/key":1}}"#,
    );
    let token = json("\"a\"");
    let expected = RequestMeta {
        protocol_version: Some("2026-07-28".into()),
        client_info: Some(json(r#"{"name":"c","version":"1"}"#)),
        client_capabilities: Some(json("{}")),
        log_level: Some("debug".into()),
        progress_token: RequestId::read(&token, token.value()),
    };
    assert_eq!(RequestMeta::read(Some(&params)), Ok(expected));
    assert_eq!(RequestMeta::read(Some(&json("{}"))), Ok(RequestMeta::default()));
    assert_eq!(RequestMeta::read(None), Ok(RequestMeta::default()));
}

#[test]
fn an_entry_of_the_wrong_type_is_named() {
    for (meta, wrong) in [
        ("[]", "_meta"),
        ("null", "_meta"),
        (r#"{"io.modelcontextprotocol/protocolVersion":1}"#, PROTOCOL_VERSION),
        (r#"{"io.modelcontextprotocol/clientInfo":"x"}"#, CLIENT_INFO),
        (r#"{"io.modelcontextprotocol/clientCapabilities":null}"#, CLIENT_CAPABILITIES),
        (r#"{"io.modelcontextprotocol/logLevel":{}}"#, LOG_LEVEL),
        (r#"{"progressToken":1.5}"#, PROGRESS_TOKEN),
    ] {
        let params = json(&format!(r#"{{"_meta":{meta}}}"#));
        assert_eq!(RequestMeta::read(Some(&params)), Err(BadMeta(wrong)), "{meta}");
    }
}

#[test]
fn entries_of_the_connection_replace_those_of_the_caller() {
    let params = json(
        r#"{"name" : "x","_meta":{"progressToken":"theirs","a/b": [1, 2],
        "io.modelcontextprotocol/protocolVersion":"1999-01-01"},"arguments":{ "z":1 }}"#,
    );
    let identity = identity(ProtocolVersion::V2026_07_28, &json(r#"{"name":"r"}"#), &json("{}"));
    let own = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"r"},"io.modelcontextprotocol/clientCapabilities":"#;
    let capabilities = json(r#"{"roots":{}}"#);
    let entries = Entries { identity: Some(&identity), capabilities: Some(&capabilities), progress: Some(7) };
    assert_eq!(
        applied(&entries, Some(params)),
        format!(
            r#"{{"name":"x","_meta":{{"progressToken":7,"a/b":[1, 2],{own}{{"roots":{{}}}}}},"arguments":{{ "z":1 }}}}"#
        )
    );
    let entries = Entries { identity: Some(&identity), capabilities: None, progress: None };
    let expected = format!(r#"{{"_meta":{{{own}{{}}}}}}"#);
    for params in [None, Some("{}"), Some(r#"{"_meta":{"progressToken":"theirs"}}"#), Some(r#"{"_meta":5}"#)]
    {
        assert_eq!(applied(&entries, params.map(json)), expected, "{params:?}");
    }
}

#[test]
fn a_token_of_the_caller_never_passes() {
    let params = json(r#"{"_meta":{"progressToken":"theirs","a/b":1}}"#);
    assert_eq!(applied(&legacy(None), Some(params)), r#"{"_meta":{"a/b":1}}"#);
    let spelled = json(r#"{"\u005fmeta":{"progress\u0054oken":1}}"#);
    let params = json(r#"{"_meta":{"progressToken":"theirs","a/b":1}}"#);
    let expected = r#"{"_meta":{"progressToken":9,"a/b":1}}"#;
    assert_eq!(applied(&legacy(Some(9)), Some(params)), expected);
    assert_eq!(applied(&legacy(Some(9)), None), r#"{"_meta":{"progressToken":9}}"#);
    assert_eq!(applied(&legacy(None), Some(spelled)), r#"{"_meta":{}}"#);
}

#[test]
fn nothing_to_do_costs_no_copy() {
    for text in ["{}", r#"{"a":1}"#, r#"{"_meta":{"a/b":1}}"#] {
        let params = json(text);
        assert!(shares(&strip_ours(&params), &params));
    }
    assert_eq!(applied(&legacy(None), None), "");
}

#[test]
fn our_keys_are_stripped_however_they_are_spelled() {
    for (text, expected) in [
        (r#"{"_meta":{"io.ringfence/receipt":{},"x":1},"a":2}"#, r#"{"_meta":{"x":1},"a":2}"#),
        (r#"{"a":2,"_meta":{"io.ringfence/receipt":{},"io.ringfence/denied":1}}"#, r#"{"a":2}"#),
        (r#"{"_meta":{"x":1,"io.ringf\u0065nce/session":"s"}}"#, r#"{"_meta":{"x":1}}"#),
        (r#"{"_meta":{"x":1,"io.ringfence\/session":"s"}}"#, r#"{"_meta":{"x":1}}"#),
        (r#"{"_meta":{"x":1,"io\u002Eringfence\u002fsession":"s"}}"#, r#"{"_meta":{"x":1}}"#),
        (r#"{"\u005Fmeta":{"x":1,"io.ringfence/":"s"}}"#, r#"{"\u005Fmeta":{"x":1}}"#),
    ] {
        assert_eq!(strip_ours(&json(text)).as_str(), expected, "{text}");
    }
}

#[test]
fn only_keys_of_meta_are_stripped() {
    for text in [
        r#"{"io.ringfence/receipt":1}"#,
        r#"{"_meta":{"x":"io.ringfence/receipt","io.ringfencer/x":1,"a":{"io.ringfence/receipt":1}}}"#,
        r#"{"content":[{"_meta":{"io.ringfence/receipt":1}}]}"#,
        r#"{"_meta":"io.ringfence/receipt"}"#,
    ] {
        let result = json(text);
        assert!(shares(&strip_ours(&result), &result), "{text}");
    }
}

proptest! {
    #[test]
    fn no_spelling_of_our_prefix_survives(spelling in proptest::collection::vec(0_u8..3, 13), name in "[a-z]{0,5}") {
        let key: String = OURS
            .chars()
            .zip(spelling)
            .map(|(character, how)| match (how, character) {
                (1, _) => format!("\\u{:04x}", u32::from(character)),
                (2, '/') => "\\/".to_owned(),
                (_, _) => character.to_string(),
            })
            .collect();
        let text = json(&format!(r#"{{"a":1,"_meta":{{"{key}{name}":1,"kept":2}}}}"#));
        prop_assert_eq!(strip_ours(&text).as_str().to_owned(), r#"{"a":1,"_meta":{"kept":2}}"#);
    }
}
