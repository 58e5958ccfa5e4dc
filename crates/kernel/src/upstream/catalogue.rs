//! The tools of one conversation as the server listed them, with what policy knows about each.

use std::collections::HashMap;
use std::sync::Arc;

use ringfence_mcp::headers::ParamHeaders;
use ringfence_model::effect::ToolFacts;
use ringfence_model::json::{Json, JsonText};
use ringfence_policy::Declarations;

use crate::shown;

/// Most tools of one server that are known.
const MOST_TOOLS: usize = 10_000;

/// Bytes of pages after which no further page is kept for comparison.
const REMEMBERED: usize = 4 << 20;

/// One tool.
#[derive(Debug, Clone)]
pub struct ToolEntry {
    /// What it does, and how we know.
    pub facts: Arc<ToolFacts>,
    /// SHA-256 of the canonical form of its definition, hex.
    pub digest: Arc<str>,
    /// Its definition as the server sent it.
    pub definition: JsonText,
    /// Which arguments HTTP headers repeat; a tool with invalid annotations is left out of the catalogue.
    pub params: ParamHeaders,
}

/// Tools by name, as they stood at one moment.
pub(crate) type Tools = HashMap<Arc<str>, Arc<ToolEntry>>;

/// What has been listed so far.
#[derive(Debug)]
pub(super) struct Catalogue {
    /// Shared with the sessions that were shown it; changed by taking another.
    tools: Arc<Tools>,
    /// Pages that have been read, so that an unchanged one costs a comparison.
    pages: Vec<JsonText>,
    complete: bool,
}

impl Catalogue {
    pub(super) fn new() -> Self {
        Self { tools: Arc::default(), pages: Vec::new(), complete: false }
    }

    /// True when the last page has been read and nothing has changed since.
    pub(super) const fn is_complete(&self) -> bool {
        self.complete
    }

    /// The list is longer than anybody reads: what is known is all that counts.
    pub(super) fn cut_off(&mut self) {
        self.complete = true;
        self.pages.truncate(1);
    }

    /// The server said that its list has changed.
    pub(super) fn outdate(&mut self) {
        self.complete = false;
        self.pages.clear();
    }

    /// True for a page that has been read since the list last changed.
    pub(super) fn knows(&self, page: &JsonText) -> bool {
        self.pages.contains(page)
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<ToolEntry>> {
        self.tools.get(name).cloned()
    }

    pub(super) fn tools(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<ToolEntry>)> {
        self.tools.iter()
    }

    /// All of them as they stand now.
    pub(super) fn snapshot(&self) -> Arc<Tools> {
        Arc::clone(&self.tools)
    }

    /// Reads one page of `tools/list`; false where it is one that was read before. The first page of a list that has
    /// changed replaces what was known.
    pub(super) fn read(&mut self, declared: &Declarations, page: &JsonText, first: bool) -> bool {
        if self.knows(page) {
            return false;
        }
        if first {
            self.tools = Arc::default();
            self.pages.clear();
        }
        for tool in page.value().get("tools").into_iter().flat_map(Json::elements) {
            let Some(name) = tool.get("name").and_then(Json::as_str) else { continue };
            let schema = tool
                .get("inputSchema")
                .map(|schema| page.share(schema))
                .unwrap_or_else(JsonText::empty_object);
            let params = match ParamHeaders::of(&schema) {
                Ok(params) => params,
                Err(error) => {
                    // 2026-07-28, Streamable HTTP, «Parameter Headers»: a client must drop such a tool.
                    let tool = shown::target(&name);
                    tracing::warn!(tool, %error, "a tool with invalid annotations is left out");
                    continue;
                }
            };
            let entry = ToolEntry {
                params,
                facts: Arc::new(declared.facts(tool)),
                digest: crate::digest::hex(tool.canonical().as_bytes()).into(),
                definition: page.share(tool),
            };
            if self.tools.len() < MOST_TOOLS {
                Arc::make_mut(&mut self.tools).insert(name.as_ref().into(), Arc::new(entry));
            }
        }
        self.complete = page.get("nextCursor").is_none();
        if self.pages.iter().map(|page| page.as_str().len()).sum::<usize>() < REMEMBERED {
            self.pages.push(page.clone());
        }
        true
    }
}
