//! What travels between a running call and its client: notices, questions, and the word that the client is gone.
//!
//! Must never carry anything that was not released.

use std::sync::Arc;

use http::HeaderMap;
use ringfence_mcp::message::RpcError;
use ringfence_mcp::version::{Era, ProtocolVersion};
use ringfence_model::json::JsonText;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::call::Released;

pub use crate::extensions::passed as passed_extensions;

/// How many pieces may wait for a client that does not read.
pub const QUEUE: usize = 64;

/// The client's side of one call.
#[derive(Debug)]
pub struct Exchange {
    /// What the client said it can do.
    pub client: Arc<ClientTerms>,
    /// The client's own progress token, a string or number, where it wants progress.
    pub progress_token: Option<JsonText>,
    /// The `Mcp-Param-*` headers of a modern request over HTTP, which must repeat arguments; none on other transports.
    pub param_headers: Option<HeaderMap>,
    /// Where released pieces go. `None`: nobody listens before the answer.
    pub out: Option<mpsc::Sender<Interim>>,
    /// Where the client hears what servers say outside calls, which is what a subscription is kept under.
    pub aside: Option<mpsc::Sender<Interim>>,
    /// How a server's question reaches the client.
    pub way: Way,
    /// Ends when the client cancelled or left.
    pub cancel: CancellationToken,
}

/// How a server's question reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As a request of its own, answered at once.
    Asked,
    /// Inside of a result or an error; the answer, where there is one, comes with a later request.
    Carried,
}

/// What a client and we agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTerms {
    /// The protocol version in force.
    pub version: ProtocolVersion,
    /// What servers may ask of it.
    pub abilities: Abilities,
    /// The extensions that a modern client says it supports, by name with their settings; an object.
    pub extensions: Option<JsonText>,
    /// Least severe log message it wants; `None` wants none.
    pub log_level: Option<LogLevel>,
    /// What it calls itself. Claimed; never decides.
    pub claimed: Option<JsonText>,
}

/// One thing that a server may ask of a client which declared it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Ability {
    /// It shows forms to its user (`elicitation/create`, mode `form`).
    FormElicitation = 1,
    /// It shows URLs to its user (`elicitation/create`, mode `url`).
    UrlElicitation = 2,
    /// Its model writes texts (`sampling/createMessage`).
    Sampling = 4,
    /// Its model may use tools of the server for that.
    SamplingTools = 8,
    /// It names the folders that it works in (`roots/list`).
    Roots = 16,
    /// It says when they change (legacy).
    RootsChanges = 32,
    /// It comes back for the results of tasks: by its version (2025-11-25), or because it says so (modern).
    Tasks = 64,
    /// It goes on with `sampling/createMessage` as a task of its own (2025-11-25).
    SamplingTasks = 128,
    /// It goes on with `elicitation/create` as a task of its own (2025-11-25).
    ElicitationTasks = 256,
    /// It lists its tasks (2025-11-25).
    TaskList = 512,
    /// It gives up its tasks when told so (2025-11-25).
    TaskCancel = 1024,
}

/// The abilities that a client declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Abilities(u16);

/// Syslog severities (RFC 5424 section 6.2.1), least severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `debug`
    Debug,
    /// `info`
    Info,
    /// `notice`
    Notice,
    /// `warning`
    Warning,
    /// `error`
    Error,
    /// `critical`
    Critical,
    /// `alert`
    Alert,
    /// `emergency`
    Emergency,
}

/// A released piece on its way to the client while the call runs. Boxed: every call has a queue of these, and most stay
/// empty.
#[derive(Debug)]
pub enum Interim {
    /// A notification.
    Notice(Box<Released>),
    /// A request to the client, and where its answer goes. A dropped sender means that no answer will come.
    Ask(Box<Released>, oneshot::Sender<Result<JsonText, RpcError>>),
}

impl LogLevel {
    /// The level of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "debug" => Self::Debug,
            "info" => Self::Info,
            "notice" => Self::Notice,
            "warning" => Self::Warning,
            "error" => Self::Error,
            "critical" => Self::Critical,
            "alert" => Self::Alert,
            "emergency" => Self::Emergency,
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }
}

impl Abilities {
    /// A bit each.
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// These.
    #[must_use]
    pub fn of(abilities: impl IntoIterator<Item = Ability>) -> Self {
        Self(abilities.into_iter().fold(0, |all, ability| all | ability as u16))
    }

    /// True where it is among them.
    #[must_use]
    pub const fn has(self, ability: Ability) -> bool {
        self.0 & ability as u16 != 0
    }
}

impl ClientTerms {
    /// The capabilities that a server of this era sees on this client's behalf: what we pass on, nothing else.
    #[must_use]
    pub fn capabilities(&self, of_server: Era) -> JsonText {
        let yes = |ability| self.abilities.has(ability);
        let modes = [("form", Ability::FormElicitation), ("url", Ability::UrlElicitation)];
        let shown: Vec<_> =
            modes.into_iter().filter(|(_, mode)| yes(*mode)).map(|(name, _)| (name, nothing())).collect();
        let elicitation = (!shown.is_empty()).then(|| ("elicitation", JsonText::object(shown)));
        let tools = yes(Ability::SamplingTools).then(|| ("tools", nothing()));
        let sampling = yes(Ability::Sampling).then(|| ("sampling", JsonText::object(tools)));
        let changes = yes(Ability::RootsChanges).then(|| ("listChanged", true.into()));
        let roots = yes(Ability::Roots).then(|| ("roots", JsonText::object(changes)));
        let tasks = self.tasks().filter(|_| of_server == Era::Legacy).map(|tasks| ("tasks", tasks));
        JsonText::object([elicitation, sampling, roots, tasks].into_iter().flatten())
    }

    /// `ClientCapabilities.tasks` (2025-11-25), where it goes on with something.
    fn tasks(&self) -> Option<JsonText> {
        let requests = [
            ("sampling", "createMessage", Ability::SamplingTasks),
            ("elicitation", "create", Ability::ElicitationTasks),
        ];
        let has = |ability| self.abilities.has(ability);
        let requests: Vec<_> = requests
            .into_iter()
            .filter(|(.., ability)| has(*ability))
            .map(|(name, method, _)| (name, JsonText::object([(method, nothing())])))
            .collect();
        let requests = (!requests.is_empty()).then(|| ("requests", JsonText::object(requests)))?;
        let list = has(Ability::TaskList).then(|| ("list", nothing()));
        let cancel = has(Ability::TaskCancel).then(|| ("cancel", nothing()));
        Some(JsonText::object([list, cancel, Some(requests)].into_iter().flatten()))
    }
}

impl Way {
    /// The usual one of a client of this era.
    #[must_use]
    pub const fn of(era: Era) -> Self {
        match era {
            Era::Legacy => Self::Asked,
            Era::Modern => Self::Carried,
        }
    }
}

impl Exchange {
    /// An exchange on which nobody listens before the answer, for calls that we make ourselves.
    #[must_use]
    pub fn silent(client: Arc<ClientTerms>) -> Self {
        Self {
            progress_token: None,
            param_headers: None,
            out: None,
            aside: None,
            way: Way::of(client.version.era()),
            client,
            cancel: CancellationToken::new(),
        }
    }
}

fn nothing() -> JsonText {
    JsonText::empty_object()
}
