//! Headers beside the body: a request passes only where they say the same.

use http::{HeaderMap, HeaderValue};
use ringfence_mcp::headers::{check_request, name_of};
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::json::JsonText;

const SPOKEN: [ProtocolVersion; 1] = [ProtocolVersion::V2026_07_28];

fn params(name: &str) -> JsonText {
    let text = serde_json::json!({ "name": name, "arguments": {}, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {} } });
    JsonText::try_from(text.to_string()).expect("JSON")
}

fn passes(name: &JsonText, header: HeaderValue) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert("mcp-protocol-version", HeaderValue::from_static("2026-07-28"));
    headers.insert("mcp-method", HeaderValue::from_static("tools/call"));
    headers.insert("mcp-name", header);
    check_request(&headers, "tools/call", Some(name), &SPOKEN).is_ok()
}

#[test]
fn the_name_that_we_write_is_the_name_that_we_read() {
    bolero::check!().with_type::<String>().for_each(|name| {
        let params = params(name);
        let header = name_of("tools/call", &params.clone().into());
        assert!(header.is_some_and(|header| passes(&params, header)), "{name:?}");
    });
}

#[test]
fn another_name_does_not_pass() {
    bolero::check!().with_type::<(String, String)>().for_each(|(header, name)| {
        let Ok(value) = HeaderValue::from_bytes(header.as_bytes()) else { return };
        let is_encoded = header.trim().starts_with("=?base64?");
        if passes(&params(name), value) && !is_encoded {
            assert_eq!(header.trim_matches([' ', '\t']), name);
        }
    });
}
