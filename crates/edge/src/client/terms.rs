//! What a client and we agree on, read from `initialize` (legacy) or from each request (modern).

use http::HeaderMap;
use ringfence_kernel::exchange::{Abilities, Ability, ClientTerms, LogLevel, passed_extensions};
use ringfence_mcp::headers::ModernRequest;
use ringfence_mcp::meta;
use ringfence_mcp::version::{Era as ProtocolEra, ProtocolVersion};
use ringfence_model::json::{Json, JsonText, Kind};

/// The modern versions that we speak.
pub(crate) const MODERN: [ProtocolVersion; 1] = [ProtocolVersion::V2026_07_28];

/// The era of one request, with what a modern one says of itself.
#[derive(Debug)]
pub(crate) enum Era {
    /// Up to 2025-11-25: agreed on by `initialize`.
    Legacy,
    /// From 2026-07-28 on: each request says it all. Over HTTP with the `Mcp-Param-*` headers that it came with.
    Modern(Box<ModernRequest>, Option<HeaderMap>),
}

/// True for params that say they are of a modern request.
pub(crate) fn is_modern(params: Option<&JsonText>) -> bool {
    let meta = params.and_then(|params| params.get("_meta"));
    meta.is_some_and(|meta| meta.get(meta::PROTOCOL_VERSION).is_some())
}

/// What `initialize` params come to: the version asked for where we speak it, else our newest.
pub(crate) fn of_initialize(params: &JsonText) -> ClientTerms {
    let value = params.value();
    let asked = value.get("protocolVersion").and_then(Json::as_str).unwrap_or_default();
    let version = asked
        .parse()
        .ok()
        .filter(|version: &ProtocolVersion| version.era() == ProtocolEra::Legacy)
        .unwrap_or(ProtocolVersion::V2025_11_25);
    ClientTerms {
        version,
        abilities: abilities(version, value.get("capabilities")),
        extensions: None,
        // Until it says otherwise, a legacy client gets what a server sends (2025-11-25, logging).
        log_level: Some(LogLevel::Debug),
        claimed: value.get("clientInfo").map(|info| params.share(info)),
    }
}

/// What a modern request comes to.
pub(crate) fn of_modern(request: &ModernRequest) -> ClientTerms {
    ClientTerms {
        version: request.version,
        abilities: abilities(request.version, Some(request.capabilities.value())),
        extensions: request
            .capabilities
            .value()
            .get("extensions")
            .and_then(|extensions| passed_extensions(&request.capabilities.share(extensions))),
        log_level: request.meta.log_level.as_deref().and_then(LogLevel::named),
        claimed: request.meta.client_info.clone(),
    }
}

/// What servers may ask of a client with these capabilities, as far as its version knows it. An empty `elicitation` object
/// means forms (2025-11-25).
fn abilities(version: ProtocolVersion, capabilities: Option<Json<'_>>) -> Abilities {
    let part = |name| capabilities.and_then(|all| all.get(name)).filter(|part| part.kind() == Kind::Object);
    let has = |part: Option<Json<'_>>, name| {
        part.and_then(|part| part.get(name)).is_some_and(|member| member.kind() == Kind::Object)
    };
    let (elicitation, sampling, roots) = (part("elicitation"), part("sampling"), part("roots"));
    let url = has(elicitation, "url");
    let extension = |name| version.era() == ProtocolEra::Modern && has(part("extensions"), name);
    let changes = roots.and_then(|roots| roots.get("listChanged")).and_then(Json::as_bool) == Some(true);
    let is_new = version >= ProtocolVersion::V2025_11_25;
    let elicits = version >= ProtocolVersion::V2025_06_18 && elicitation.is_some();
    let tasks = part("tasks").filter(|_| version == ProtocolVersion::V2025_11_25);
    let goes_on = |asked: &str, method| has(tasks.and_then(|tasks| tasks.pointer(asked)), method);
    let declared = [
        (Ability::FormElicitation, elicits && (has(elicitation, "form") || !url)),
        (Ability::UrlElicitation, url && is_new),
        (Ability::Sampling, sampling.is_some()),
        (Ability::SamplingTools, has(sampling, "tools") && is_new),
        (Ability::Roots, roots.is_some()),
        // Who calls a tool of 2025-11-25 as a task needs no capability of his own for it.
        (Ability::Tasks, version == ProtocolVersion::V2025_11_25 || extension(meta::TASKS_EXTENSION)),
        (Ability::SamplingTasks, sampling.is_some() && goes_on("/requests/sampling", "createMessage")),
        (Ability::ElicitationTasks, elicits && goes_on("/requests/elicitation", "create")),
        (Ability::TaskList, has(tasks, "list")),
        (Ability::TaskCancel, has(tasks, "cancel")),
        (Ability::RootsChanges, changes && version.era() == ProtocolEra::Legacy),
    ];
    Abilities::of(declared.into_iter().filter(|(_, has)| *has).map(|(ability, _)| ability))
}

#[cfg(test)]
mod tests;
