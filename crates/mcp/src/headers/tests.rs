use proptest::prelude::*;

use super::*;

const SPOKEN: [ProtocolVersion; 1] = [ProtocolVersion::V2026_07_28];

fn json(text: &str) -> JsonText {
    JsonText::try_from(text.to_owned()).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers
            .append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn call(name: &str, meta: &str) -> JsonText {
    json(&format!(r#"{{"name":{name},"arguments":{{}},"_meta":{{{meta}}}}}"#))
}

const META: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}"#;
const VERSION: (&str, &str) = ("MCP-Protocol-Version", "2026-07-28");
const METHOD_IS: (&str, &str) = ("Mcp-Method", "tools/call");

fn check(pairs: &[(&str, &str)], params: &JsonText) -> Result<ProtocolVersion, i64> {
    let checked = check_request(&headers(pairs), "tools/call", Some(params), &SPOKEN);
    checked.map(|request| request.version).map_err(|error| error.code)
}

#[test]
fn a_request_whose_headers_repeat_its_body_passes() {
    let params = call("\"get_weather\"", META);
    assert_eq!(check(&[VERSION, METHOD_IS, ("Mcp-Name", "get_weather")], &params), Ok(SPOKEN[0]));
    let encoded = ("mcp-name", "=?base64?Z2V0X3dlYXRoZXI=?=");
    assert_eq!(check(&[VERSION, METHOD_IS, encoded], &params), Ok(SPOKEN[0]));
    let world = call("\"Hello, 世界\"", META);
    let encoded = ("mcp-name", "=?base64?SGVsbG8sIOS4lueVjA==?=");
    assert_eq!(check(&[VERSION, METHOD_IS, encoded], &world), Ok(SPOKEN[0]));
    let list = json(&format!(r#"{{"_meta":{{{META}}}}}"#));
    let pairs = headers(&[VERSION, ("Mcp-Method", "tools/list")]);
    assert!(check_request(&pairs, "tools/list", Some(&list), &SPOKEN).is_ok());
}

#[test]
fn every_way_to_disagree_is_a_mismatch() {
    let params = call("\"get_weather\"", META);
    let name = ("Mcp-Name", "get_weather");
    let cases: [&[(&str, &str)]; 13] = [
        &[METHOD_IS, name],
        &[VERSION, name],
        &[VERSION, METHOD_IS],
        &[VERSION, VERSION, METHOD_IS, name],
        &[VERSION, METHOD_IS, METHOD_IS, name],
        &[VERSION, METHOD_IS, name, name],
        &[("MCP-Protocol-Version", "2025-11-25"), METHOD_IS, name],
        &[VERSION, ("Mcp-Method", "tools/list"), name],
        &[VERSION, ("Mcp-Method", "TOOLS/CALL"), name],
        &[VERSION, METHOD_IS, ("Mcp-Name", "delete_all")],
        &[VERSION, METHOD_IS, ("Mcp-Name", "=?base64?!!!?=")],
        &[VERSION, METHOD_IS, ("Mcp-Name", "=?BASE64?Z2V0X3dlYXRoZXI=?=")],
        &[VERSION, METHOD_IS, ("Mcp-Name", "get_weather\u{e9}")],
    ];
    for case in cases {
        assert_eq!(check(case, &params), Err(HEADER_MISMATCH), "{case:?}");
    }
}

#[test]
fn what_meta_must_hold_is_required() {
    let pairs = [VERSION, METHOD_IS, ("Mcp-Name", "x")];
    for meta in [
        "",
        r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#,
        r#""io.modelcontextprotocol/clientCapabilities":{}"#,
        r#""io.modelcontextprotocol/protocolVersion":20260728,"io.modelcontextprotocol/clientCapabilities":{}"#,
        r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]"#,
    ] {
        assert_eq!(check(&pairs, &call("\"x\"", meta)), Err(INVALID_PARAMS), "{meta}");
    }
    assert_eq!(check(&pairs, &call("5", META)), Err(INVALID_PARAMS));
}

#[test]
fn a_version_that_is_not_offered_is_answered_with_those_that_are() {
    for version in ["1900-01-01", "2025-11-25"] {
        let meta = META.replace("2026-07-28", version);
        let pairs = headers(&[("MCP-Protocol-Version", version), METHOD_IS, ("Mcp-Name", "x")]);
        let error = check_request(&pairs, "tools/call", Some(&call("\"x\"", &meta)), &SPOKEN).unwrap_err();
        let data = error.data.map(|data| data.as_str().to_owned());
        let expected = format!(r#"{{"supported":["2026-07-28"],"requested":"{version}"}}"#);
        assert_eq!((error.code, data), (UNSUPPORTED_PROTOCOL_VERSION, Some(expected)));
    }
}

#[test]
fn our_own_headers_follow_the_specification_s_examples() {
    for (text, expected) in [
        ("us-west1", "us-west1"),
        ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
        (" padded ", "=?base64?IHBhZGRlZCA=?="),
        ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
        ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ("", ""),
    ] {
        let params = JsonText::object([("name", JsonText::string(text))]);
        assert_eq!(name_of("tools/call", &params.into()).unwrap(), expected, "{text}");
    }
    let read = json(r#"{"uri":"file:///a","name":"no"}"#);
    assert_eq!(name_of("resources/read", &read.clone().into()).unwrap(), "file:///a");
    assert_eq!(name_of("tools/list", &read.into()), None);
    assert_eq!(name_of("tools/call", &Params::default()), None);
}

const SCHEMA: &str = r#"{"type":"object","properties":{
    "region":{"type":"string","x-mcp-header":"Region"},
    "n":{"type":["integer","null"],"x-mcp-header":"Count"},
    "where":{"type":"object","properties":{"dry":{"type":"boolean","x-mcp-header":"Dry-Run"}}},
    "x-mcp-header":{"type":"string"},
    "free":{"type":"string","default":{"x-mcp-header":"not one"}}}}"#;

#[test]
fn annotated_arguments_are_repeated_in_headers() {
    let params = ParamHeaders::of(&json(SCHEMA)).unwrap();
    let emitted = |arguments: &str| {
        let pairs = params.emit(&json(arguments));
        pairs
            .into_iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        emitted(r#"{"region":"us\u002dwest1","n":42.0,"where":{"dry":false},"free":"x"}"#),
        ["mcp-param-region: us-west1", "mcp-param-count: 42", "mcp-param-dry-run: false"]
    );
    assert_eq!(emitted(r#"{"region":null,"n":-7,"where":{}}"#), ["mcp-param-count: -7"]);
    assert_eq!(emitted(r#"{"where":5}"#), [""; 0]);
    assert!(ParamHeaders::of(&json(r#"{"type":"object"}"#)).unwrap().is_empty());
}

#[test]
fn annotated_arguments_are_checked() {
    let params = ParamHeaders::of(&json(SCHEMA)).unwrap();
    let check = |pairs: &[(&str, &str)], arguments: &str| {
        params.check(&headers(pairs), &json(arguments)).map_err(|error| error.code)
    };
    let region = ("Mcp-Param-Region", "eu");
    assert_eq!(check(&[region, ("mcp-param-other", "x")], r#"{"region":"eu"}"#), Ok(()));
    assert_eq!(check(&[("mcp-param-region", "=?base64?ZXU=?=")], r#"{"region":"eu"}"#), Ok(()));
    assert_eq!(check(&[], r#"{"region":null}"#), Ok(()));
    assert_eq!(check(&[("mcp-param-count", "42")], r#"{"n":42.0}"#), Ok(()));
    assert_eq!(check(&[("mcp-param-count", "42.0")], r#"{"n":42}"#), Ok(()));
    assert_eq!(check(&[("mcp-param-dry-run", "true")], r#"{"where":{"dry":true}}"#), Ok(()));
    let wrong: [(&[(&str, &str)], &str); 7] = [
        (&[], r#"{"region":"eu"}"#),
        (&[region], "{}"),
        (&[region], r#"{"region":null}"#),
        (&[region, region], r#"{"region":"eu"}"#),
        (&[region], r#"{"region":"us"}"#),
        (&[("mcp-param-count", "43")], r#"{"n":42}"#),
        (&[("mcp-param-dry-run", "True")], r#"{"where":{"dry":true}}"#),
    ];
    for (pairs, arguments) in wrong {
        assert_eq!(check(pairs, arguments), Err(HEADER_MISMATCH), "{pairs:?} {arguments}");
    }
}

#[test]
fn an_annotation_against_the_rules_is_found() {
    let property = |text: &str| format!(r#"{{"properties":{{"a":{text}}}}}"#);
    for (schema, expected) in [
        (property(r#"{"type":"string","x-mcp-header":""}"#), BadAnnotation::Name),
        (property(r#"{"type":"string","x-mcp-header":"a b"}"#), BadAnnotation::Name),
        (property(r#"{"type":"string","x-mcp-header":"a\r\nb"}"#), BadAnnotation::Name),
        (property(r#"{"type":"string","x-mcp-header":5}"#), BadAnnotation::Name),
        (property(r#"{"type":"number","x-mcp-header":"N"}"#), BadAnnotation::Type),
        (property(r#"{"type":"object","x-mcp-header":"N"}"#), BadAnnotation::Type),
        (property(r#"{"type":["string","integer"],"x-mcp-header":"N"}"#), BadAnnotation::Type),
        (property(r#"{"x-mcp-header":"N"}"#), BadAnnotation::Type),
        (property(r#"{"type":"array","items":{"type":"string","x-mcp-header":"N"}}"#), BadAnnotation::Unreachable),
        (property(r#"{"anyOf":[{"type":"string","x-mcp-header":"N"}]}"#), BadAnnotation::Unreachable),
        (r#"{"type":"string","x-mcp-header":"N"}"#.into(), BadAnnotation::Unreachable),
        (r#"{"$defs":{"d":{"type":"string","x-mcp-header":"N"}}}"#.into(), BadAnnotation::Unreachable),
        (r#"{"if":{"properties":{"a":{"type":"string","x-mcp-header":"N"}}}}"#.into(), BadAnnotation::Unreachable),
        (r#"{"if":{"properties":{"a":{"type":"string","x\u002dmcp-header":"N"}}}}"#.into(), BadAnnotation::Unreachable),
        (
            r#"{"properties":{"a":{"type":"string","x-mcp-header":"N"},"b":{"type":"string","x-mcp-header":"n"}}}"#.into(),
            BadAnnotation::Twice,
        ),
    ] {
        assert_eq!(ParamHeaders::of(&json(&schema)), Err(expected), "{schema}");
    }
}

proptest! {
    #[test]
    fn any_text_survives_a_header(text in ".*") {
        let encoded = value::encode(&text).unwrap();
        prop_assert_eq!(value::decode(encoded.to_str().unwrap()).unwrap(), text);
    }
}
