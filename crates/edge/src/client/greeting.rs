//! `initialize` and `server/discover`: what we say of ourselves, out of what the servers behind the endpoint say.

use ringfence_mcp::meta;
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::json::JsonText;

/// The result of `initialize`; `greeted` is the released result of the greeting call.
pub(super) fn initialize_result(version: ProtocolVersion, greeted: &JsonText) -> JsonText {
    let mut members = vec![
        ("protocolVersion", JsonText::string(version.as_str())),
        ("capabilities", part(greeted, "capabilities").unwrap_or_else(JsonText::empty_object)),
        ("serverInfo", server_info(greeted)),
    ];
    members.extend(part(greeted, "instructions").map(|text| ("instructions", text)));
    JsonText::object(members)
}

/// The result of `server/discover`.
pub(super) fn discover_result(greeted: &JsonText) -> JsonText {
    let mut versions = ProtocolVersion::ALL.map(|version| JsonText::string(version.as_str()));
    versions.reverse();
    let mut members = vec![
        ("resultType", JsonText::string("complete")),
        ("supportedVersions", JsonText::array(versions.iter().map(JsonText::value))),
        ("capabilities", part(greeted, "capabilities").unwrap_or_else(JsonText::empty_object)),
        ("ttlMs", JsonText::from(0)),
        ("cacheScope", JsonText::string("private")),
        ("_meta", JsonText::object([(meta::SERVER_INFO, server_info(greeted))])),
    ];
    members.extend(part(greeted, "instructions").map(|text| ("instructions", text)));
    JsonText::object(members)
}

fn server_info(greeted: &JsonText) -> JsonText {
    part(greeted, "serverInfo").unwrap_or_else(|| {
        JsonText::object([
            ("name", JsonText::string("ringfence")),
            ("version", JsonText::string(env!("CARGO_PKG_VERSION"))),
        ])
    })
}

fn part(greeted: &JsonText, member: &str) -> Option<JsonText> {
    greeted.value().get(member).map(|part| greeted.share(part))
}
