//! What a result has in one era only: added or left out, whatever server it came from.
//!
//! Must never touch content beyond what the client's version cannot hold.

mod content;

use ringfence_mcp::message::{INVALID_PARAMS, RpcError};
use ringfence_mcp::version::{Era, ProtocolVersion};
use ringfence_model::call::{Action, Listing, TaskRequest};
use ringfence_model::json::{Json, JsonText, Kind, Splice};

/// A resource that does not exist (up to 2025-11-25).
const RESOURCE_NOT_FOUND: i64 = -32002;

/// Members of results that a legacy client does not know.
const OF_MODERN: [&str; 3] = ["resultType", "ttlMs", "cacheScope"];

/// For a modern client: every result says that it is complete, and what may be cached says for whom and how long.
pub(super) fn modern(action: &Action, result: &JsonText) -> JsonText {
    let value = result.value();
    let mut splice = Splice::new(result);
    let mut new: Vec<(&str, JsonText)> = Vec::new();
    if result.get("resultType").is_none() {
        new.push(("resultType", JsonText::string("complete")));
    }
    if is_cacheable(action) {
        // What we filter for one principal must not be served to another from a cache (2026-07-28, caching).
        match result.get("cacheScope") {
            Some(scope) => splice.replace(scope, &JsonText::string("private")),
            None => new.push(("cacheScope", JsonText::string("private"))),
        }
        if result.get("ttlMs").is_none() {
            new.push(("ttlMs", JsonText::from(0)));
        }
    }
    for (name, member) in new {
        splice.set(value, name, &member);
    }
    splice.finish()
}

/// For a legacy client: without what only modern ones know, with `structuredContent` and its schema only where they are
/// about an object (up to 2025-11-25), and with content blocks that its version has.
pub(super) fn legacy(action: &Action, version: ProtocolVersion, result: &JsonText) -> JsonText {
    let plain = content::of_version(version, &without(result, &OF_MODERN));
    match action {
        Action::CallTool { .. } | Action::Task { wanted: TaskRequest::Result, .. } => {
            match plain.get("structuredContent") {
                Some(content) if content.kind() != Kind::Object => without(&plain, &["structuredContent"]),
                Some(_) | None => plain,
            }
        }
        Action::List { what: Listing::Tools, .. } => with_object_schemas(&plain),
        Action::List { what: Listing::Resources | Listing::ResourceTemplates | Listing::Prompts, .. }
        | Action::ReadResource { .. }
        | Action::GetPrompt { .. }
        | Action::Complete { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::Subscribe { .. }
        | Action::Unsubscribe { .. }
        | Action::RootsChanged { .. }
        | Action::Task { .. }
        | Action::Ask { .. }
        | Action::Notify { .. }
        | Action::Operate { .. } => plain,
    }
}

/// A resource that is not there has a code of its own up to 2025-11-25. Later it is one of the invalid params; what else
/// could be wrong with those of a `resources/read` that we made is nothing.
pub(super) fn not_found(client: Era, server: Era, mut error: RpcError) -> RpcError {
    error.code = match (client, server, error.code) {
        (Era::Modern, Era::Legacy, RESOURCE_NOT_FOUND) => INVALID_PARAMS,
        (Era::Legacy, Era::Modern, INVALID_PARAMS) => RESOURCE_NOT_FOUND,
        (Era::Modern | Era::Legacy, Era::Modern | Era::Legacy, code) => code,
    };
    error
}

const fn is_cacheable(action: &Action) -> bool {
    match action {
        Action::List { .. } | Action::ReadResource { .. } => true,
        Action::CallTool { .. }
        | Action::GetPrompt { .. }
        | Action::Complete { .. }
        | Action::Greet { .. }
        | Action::Listen { .. }
        | Action::SetLogLevel { .. }
        | Action::Subscribe { .. }
        | Action::Unsubscribe { .. }
        | Action::RootsChanged { .. }
        | Action::Task { .. }
        | Action::Ask { .. }
        | Action::Notify { .. }
        | Action::Operate { .. } => false,
    }
}

fn without(result: &JsonText, names: &[&str]) -> JsonText {
    let there = |name: &&&str| result.get(name).is_some();
    let mut plain = result.clone();
    // One at a time: the commas of neighbours are one edit's.
    for name in names.iter().filter(there) {
        let mut splice = Splice::new(&plain);
        splice.remove(plain.value(), name);
        plain = splice.finish();
    }
    plain
}

/// A list of tools without the output schemas of other types than `object`.
fn with_object_schemas(list: &JsonText) -> JsonText {
    let mut splice = Splice::new(list);
    for tool in list.value().get("tools").into_iter().flat_map(Json::elements) {
        let schema = tool.get("outputSchema");
        let kind = schema.and_then(|schema| schema.get("type")).and_then(Json::as_str);
        if schema.is_some() && kind.as_deref() != Some("object") {
            splice.remove(tool, "outputSchema");
        }
    }
    splice.finish()
}
