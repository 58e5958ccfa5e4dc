//! What of a server's definitions may be used: pages are taken into the pins before anything else sees them, and shown without
//! what is held. Must never show a definition that the pins have not seen.

use ringfence_detect::injection::Context;
use ringfence_model::call::Listing;
use ringfence_model::finding::Severity;
use ringfence_model::json::{Json, JsonText};
use ringfence_model::pin::{Because, Definition, PinKind, SeenList};

use super::{Connection, MOST_PROMPT_PAGES};
use crate::call::Naming;
use crate::kernel::Kernel;
use crate::pins::{self, Part};
use crate::upstream::PoolKey;

impl Connection {
    /// None where a definition of the server may be used, else why not.
    #[must_use]
    pub fn refusal(&self, kind: PinKind, name: &str, digest: &str) -> Option<Because> {
        let Some(kernel) = self.kernel.upgrade() else { return Some(Because::Added) };
        kernel.pins.refusal(&self.pinned, kind, name, digest)
    }

    /// Why the prompt of this name may not be used, where something of it is held.
    #[must_use]
    pub fn holds_prompt(&self, name: &str) -> Option<Because> {
        self.kernel.upgrade()?.pins.waits(&self.pinned, PinKind::Prompt, name)
    }

    /// The server's instructions, where they may be used.
    #[must_use]
    pub fn instructions(&self) -> Option<JsonText> {
        let said = self.peer.instructions()?;
        let digest = crate::digest::hex(said.value().canonical().as_bytes());
        self.refusal(PinKind::Instructions, "", &digest).is_none().then_some(said)
    }

    /// Takes a page of definitions in, unless it is known. Before anything else sees it: what is not pinned is held.
    pub(super) fn take_in_page(&self, what: Listing, page: &JsonText, first: bool) {
        let Some(kernel) = self.kernel.upgrade() else { return };
        let known = match what {
            Listing::Tools => self.catalogue.lock().knows(page),
            Listing::Prompts => self.prompts.lock().contains(page),
            Listing::Resources | Listing::ResourceTemplates => true,
        };
        if known {
            return;
        }
        let Some((kind, definitions)) = pins::definitions(&kernel.detectors, what, page) else { return };
        let part = Part { first, last: page.value().get("nextCursor").is_none() };
        if self.take_in(&kernel, kind, definitions, part) && what == Listing::Prompts {
            let mut known = self.prompts.lock();
            known.truncate(MOST_PROMPT_PAGES - 1);
            known.insert(0, page.clone());
        }
    }

    /// False where it could not be recorded, and so is not accepted.
    pub(super) fn take_in(
        &self,
        kernel: &Kernel,
        kind: PinKind,
        definitions: Vec<Definition>,
        part: Part,
    ) -> bool {
        let abilities = match (&self.key, kind) {
            (PoolKey::Session(_, _, abilities), PinKind::Tool | PinKind::Prompt) => abilities.bits(),
            (PoolKey::Session(..) | PoolKey::Principal(..) | PoolKey::Everyone(_), _) => 0,
        };
        let list = SeenList { kind, abilities };
        let taken = kernel.pins.take_in(kernel, &self.pinned, list, definitions, part);
        if let Err(error) = &taken {
            tracing::error!(server = %self.server.name(), %error, "definitions could not be recorded; they are held");
        }
        taken.is_ok()
    }

    /// A page without what is held; the same bytes where nothing is.
    #[must_use]
    pub fn without_held(&self, what: Listing, page: &JsonText, naming: Naming) -> JsonText {
        if what == Listing::Tools
            && naming == Naming::Plain
            && let Some(kernel) = self.kernel.upgrade()
        {
            // It follows from the page, the catalogue and the pins.
            return self.offers.of(page, kernel.pins.generation(), || self.offered(what, page, naming));
        }
        self.offered(what, page, naming)
    }

    fn offered(&self, what: Listing, page: &JsonText, naming: Naming) -> JsonText {
        let Some(list) = page.get(what.member()) else { return page.clone() };
        let poisoned = self.poisoned(what, page);
        let held = |element: &Json<'_>| match what {
            Listing::Tools => self.is_held(*element, naming),
            Listing::Prompts => {
                let name = element.get("name").and_then(Json::as_str).unwrap_or_default();
                let digest = crate::digest::hex(element.canonical().as_bytes());
                self.refusal(PinKind::Prompt, &name, &digest).is_some()
            }
            Listing::Resources | Listing::ResourceTemplates => {
                let start = element.raw().as_ptr().addr() - page.as_str().as_ptr().addr();
                let range = start..start + element.raw().len();
                poisoned.iter().any(|at| range.contains(at))
            }
        };
        if !list.elements().any(|tool| held(&tool)) {
            return page.clone();
        }
        let mut splice = ringfence_model::json::Splice::new(page);
        splice.replace(list, &JsonText::array(list.elements().filter(|element| !held(element))));
        splice.finish()
    }

    /// Where in a list of resources something gives the model orders: such a list is data, so it is not pinned but looked at
    /// each time.
    fn poisoned(&self, what: Listing, page: &JsonText) -> Vec<usize> {
        let Some(kernel) = self.kernel.upgrade() else { return Vec::new() };
        match what {
            Listing::Tools | Listing::Prompts => Vec::new(),
            Listing::Resources | Listing::ResourceTemplates => {
                let orders = kernel.detectors.message(page, Context::Resource).orders;
                let grave = orders.into_iter().filter(|order| order.finding.severity >= Severity::High);
                grave.map(|order| order.at.start).collect()
            }
        }
    }
}
