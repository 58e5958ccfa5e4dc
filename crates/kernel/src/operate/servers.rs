//! `servers.scan`: all that the configured servers say of themselves, looked at by the detectors of the path.
//!
//! Listing pins what is new and holds what is poisoned, as it does for a client; must never release anything.

use std::sync::Arc;

use ringfence_detect::names::{InDefinition, Likeness, Named, resemblances};
use ringfence_model::call::Listing;
use ringfence_model::json::Json;
use ringfence_model::name::ServerName;
use ringfence_model::pin::{Because, PinKind};
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::Request;
use crate::endpoint;
use crate::kernel::Kernel;
use crate::pins;
use crate::upstream::{Connection, Upstream, UpstreamError};

/// Most pages of one list.
const MOST_PAGES: usize = 100;
/// Most definitions of one page that are looked at, as for the pins.
const MOST_DEFINITIONS: usize = 10_000;

/// One definition and what is to be said of it.
#[derive(Debug, Serialize)]
struct Scanned {
    server: ServerName,
    kind: PinKind,
    /// The server's own name for it; empty for instructions.
    name: String,
    /// Why it is held, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<&'static str>,
    /// `{pointer, finding}` each.
    findings: Vec<Value>,
    /// Tools of other servers that its name may be taken for, ours among them: `{tool, likeness}` each.
    resembles: Vec<Value>,
}

impl Kernel {
    /// One item for each definition of each server, and one `{server, error, hint}` for each that could not be asked.
    pub(super) async fn scan_servers(self: &Arc<Self>, request: &Request) -> Vec<Value> {
        let (mut scanned, mut failed) = (Vec::new(), Vec::new());
        for upstream in self.upstreams.all() {
            match self.scan_server(&upstream, request).await {
                Ok(found) => scanned.extend(found),
                Err(error) => failed.push(json!({
                    "server": upstream.name(), "error": error.to_string(), "hint": error.hint(),
                })),
            }
        }
        self.compare_names(&mut scanned);
        scanned.iter().map(|one| json!(one)).chain(failed).collect()
    }

    async fn scan_server(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        request: &Request,
    ) -> Result<Vec<Scanned>, UpstreamError> {
        let connection = upstream.connection(self, &request.session, &request.exchange.client).await?;
        let mut scanned = Vec::new();
        if let Some(said) = connection.peer().instructions() {
            let found = pins::scan_instructions(&self.detectors, &said);
            scanned.push(of(&connection, PinKind::Instructions, "", said.value(), found));
        }
        for (what, kind) in [(Listing::Tools, PinKind::Tool), (Listing::Prompts, PinKind::Prompt)] {
            if !connection.lists(what) {
                continue;
            }
            for page in connection.pages(what, MOST_PAGES).await? {
                let list = page.value().get(what.member()).into_iter().flat_map(Json::elements);
                for definition in list.take(MOST_DEFINITIONS) {
                    let Some(name) = definition.get("name").and_then(Json::as_str) else { continue };
                    let found = pins::scan(&self.detectors, kind, definition);
                    scanned.push(of(&connection, kind, &name, definition, found));
                }
            }
        }
        Ok(scanned)
    }

    /// Notes for each tool which tools of other servers its name may be taken for.
    fn compare_names(&self, scanned: &mut [Scanned]) {
        let own = endpoint::own_name();
        let ours = self.builtins.keys().map(|name| (own.to_string(), name.to_string()));
        let tools = scanned.iter().filter(|one| one.kind == PinKind::Tool);
        let named: Vec<(String, String)> =
            tools.map(|one| (one.server.to_string(), one.name.clone())).chain(ours).collect();
        let names: Vec<Named<'_>> = named.iter().map(|(server, name)| Named { server, name }).collect();
        let (pairs, _) = resemblances(&names);
        let mut tools: Vec<&mut Scanned> =
            scanned.iter_mut().filter(|one| one.kind == PinKind::Tool).collect();
        for pair in pairs {
            let likeness = word(pair.likeness);
            for (one, other) in [(pair.first, pair.second), (pair.second, pair.first)] {
                if let (Some(tool), Some((server, name))) = (tools.get_mut(one), named.get(other)) {
                    tool.resembles.push(json!({ "tool": format!("{server}/{name}"), "likeness": likeness }));
                }
            }
        }
    }
}

fn of(
    connection: &Connection,
    kind: PinKind,
    name: &str,
    definition: Json<'_>,
    found: Vec<InDefinition>,
) -> Scanned {
    let digest = crate::digest::hex(definition.canonical().as_bytes());
    let findings = found.into_iter().map(|one| json!({ "pointer": one.pointer, "finding": one.finding }));
    Scanned {
        server: connection.server().name().clone(),
        kind,
        name: name.to_owned(),
        held: connection.refusal(kind, name, &digest).map(Because::as_str),
        findings: findings.collect(),
        resembles: Vec::new(),
    }
}

const fn word(likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::Same => "same",
        Likeness::Folded => "folded",
        Likeness::Extended => "extended",
        Likeness::OneEdit => "one_edit",
    }
}
