//! Content blocks that a version does not know, said in words: a client that checks types would refuse the whole result.
//!
//! Must never touch a block of a kind that the version has.

use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::json::{Json, JsonText, Splice};

/// The result with blocks that this version has: `audio` exists from 2025-03-26 on, `resource_link` from 2025-06-18 on.
pub(super) fn of_version(version: ProtocolVersion, result: &JsonText) -> JsonText {
    if version >= ProtocolVersion::V2025_06_18 {
        return result.clone();
    }
    let value = result.value();
    let in_messages = value
        .get("messages")
        .into_iter()
        .flat_map(Json::elements)
        .filter_map(|message| message.get("content"));
    let mut splice = Splice::new(result);
    for block in value.get("content").into_iter().flat_map(Json::elements).chain(in_messages) {
        let kind = block.get("type").and_then(Json::as_str);
        let words = match kind.as_deref() {
            Some("resource_link") => {
                Some(format!("Resource {}: {}", text(block, "name"), text(block, "uri")))
            }
            Some("audio") if version < ProtocolVersion::V2025_03_26 => Some(format!(
                "Audio ({}) that protocol version {version} cannot carry.",
                text(block, "mimeType")
            )),
            Some(_) | None => None,
        };
        if let Some(words) = words {
            let said =
                JsonText::object([("type", JsonText::string("text")), ("text", JsonText::string(&words))]);
            splice.replace(block, &said);
        }
    }
    splice.finish()
}

fn text(block: Json<'_>, member: &str) -> String {
    block.get(member).and_then(Json::as_str).unwrap_or_default().into_owned()
}
