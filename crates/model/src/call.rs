//! A call: one request of a principal in a session. Everything an agent does is one of these.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{CallId, SessionId, Timestamp};
use crate::json::JsonText;
use crate::name::ServerName;
use crate::principal::Principal;

/// One request on the path.
#[derive(Debug, Clone)]
pub struct Call {
    /// Minted by the kernel.
    pub id: CallId,
    /// The session it belongs to.
    pub session: SessionId,
    /// Who asks.
    pub principal: Arc<Principal>,
    /// What is asked.
    pub action: Action,
    /// The call within which this one arose (progress, elicitation).
    pub parent: Option<CallId>,
    /// The call that this one repeats with an answer (MRTR, 2026-07-28 "Multi Round-Trip Requests").
    pub retries: Option<CallId>,
    /// When it reached us.
    pub received: Timestamp,
}

/// What is asked. Exhaustive: matches on it have no `_` arm.
#[derive(Debug, Clone)]
pub enum Action {
    /// `tools/call`.
    CallTool {
        /// Whose tool; ours are the server `ringfence`.
        server: ServerName,
        /// The server's own name for it.
        tool: Arc<str>,
        /// A JSON object.
        arguments: JsonText,
    },
    /// `resources/read`.
    ReadResource {
        /// Whose resource.
        server: ServerName,
        /// The server's own URI for it.
        uri: Arc<str>,
    },
    /// `prompts/get`.
    GetPrompt {
        /// Whose prompt.
        server: ServerName,
        /// The server's own name for it.
        prompt: Arc<str>,
        /// A JSON object.
        arguments: JsonText,
    },
    /// `completion/complete`.
    Complete {
        /// Whose prompt or resource template.
        server: ServerName,
        /// Prompt name or template URI.
        reference: Arc<str>,
        /// The `argument` member: name and value so far.
        argument: JsonText,
    },
    /// `tools/list`, `resources/list`, `resources/templates/list`, `prompts/list`.
    List {
        /// One server, or all behind the endpoint.
        server: Option<ServerName>,
        /// What is listed.
        what: Listing,
    },
    /// `initialize` (legacy) or `server/discover` (modern): what the servers behind the endpoint say of themselves.
    Greet {
        /// One server, or all behind the endpoint.
        server: Option<ServerName>,
    },
    /// `subscriptions/listen` (modern): a stream of notices outside calls.
    Listen {
        /// One server, or all behind the endpoint.
        server: Option<ServerName>,
    },
    /// `logging/setLevel` (legacy).
    SetLogLevel {
        /// Syslog severity name, RFC 5424.
        level: Arc<str>,
    },
    /// `resources/subscribe` (legacy), or a URI in `subscriptions/listen` (modern): to hear when a resource changes.
    Subscribe {
        /// Whose resource.
        server: ServerName,
        /// The server's own URI for it.
        uri: Arc<str>,
    },
    /// `resources/unsubscribe` (legacy), or the end of `subscriptions/listen` (modern).
    Unsubscribe {
        /// Whose resource.
        server: ServerName,
        /// The server's own URI for it.
        uri: Arc<str>,
    },
    /// `notifications/roots/list_changed` (legacy): servers may want to ask for the roots again.
    RootsChanged {
        /// One server, or all behind the endpoint.
        server: Option<ServerName>,
    },
    /// About a task, which is a call that its server goes on with after it has answered (2025-11-25, "Tasks", and the
    /// extension `io.modelcontextprotocol/tasks`). The task's call is the parent.
    Task {
        /// Whose task; for a list, one server, or all behind the endpoint.
        server: Option<ServerName>,
        /// What is wanted of it.
        wanted: TaskRequest,
        /// Answers to the task's questions by key, an object; empty but for [`TaskRequest::Update`].
        answers: JsonText,
    },
    /// A server asks something of the client: a request of its own (legacy), or part of an `input_required` result (modern).
    Ask {
        /// Who asks.
        server: ServerName,
        /// What it asks for.
        question: Question,
        /// The request's params.
        params: JsonText,
    },
    /// A notification of a server that reaches the client.
    Notify {
        /// Who says so.
        server: ServerName,
        /// Which one.
        notice: Notice,
        /// The notification's params.
        params: JsonText,
    },
    /// An operator verb of the command line.
    Operate {
        /// The verb, e.g. `audit.query`.
        verb: Arc<str>,
    },
}

/// What a list request lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// `tools/list`.
    Tools,
    /// `resources/list`.
    Resources,
    /// `resources/templates/list`.
    ResourceTemplates,
    /// `prompts/list`.
    Prompts,
}

/// What a client can want of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskRequest {
    /// `tasks/get`: how it stands.
    Get,
    /// `tasks/result`: its result, waited for (2025-11-25).
    Result,
    /// `tasks/update`: answers to what it asks (the extension).
    Update,
    /// `tasks/cancel`.
    Cancel,
    /// `tasks/list`: all of the session (2025-11-25).
    List,
}

/// What a server can ask of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// `elicitation/create`: something of the user, by a form or at a URL.
    Elicit,
    /// `sampling/createMessage`: a text of the client's model.
    Sample,
    /// `roots/list`: the folders that the client works in.
    ListRoots,
    /// About a task of the client's own: a question that it goes on with after it has answered (2025-11-25, "Tasks"). The
    /// question's call is the parent.
    Task(TaskRequest),
}

/// A notification that a server sends towards the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// `notifications/progress`.
    Progress,
    /// `notifications/message`.
    Log,
    /// `notifications/tools/list_changed`.
    ToolsChanged,
    /// `notifications/resources/list_changed`.
    ResourcesChanged,
    /// `notifications/prompts/list_changed`.
    PromptsChanged,
    /// `notifications/resources/updated`.
    ResourceUpdated,
    /// `notifications/elicitation/complete` (2025-11-25).
    ElicitationComplete,
    /// `notifications/tasks/status` (2025-11-25).
    TaskStatus,
    /// `notifications/tasks` (the extension `io.modelcontextprotocol/tasks`).
    TaskChanged,
}

/// The kind of an action, without its content: what rules, journal and metrics name it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// [`Action::CallTool`].
    CallTool,
    /// [`Action::ReadResource`].
    ReadResource,
    /// [`Action::GetPrompt`].
    GetPrompt,
    /// [`Action::Complete`].
    Complete,
    /// [`Action::List`].
    List,
    /// [`Action::Greet`].
    Greet,
    /// [`Action::Listen`].
    Listen,
    /// [`Action::SetLogLevel`].
    SetLogLevel,
    /// [`Action::Subscribe`].
    Subscribe,
    /// [`Action::Unsubscribe`].
    Unsubscribe,
    /// [`Action::RootsChanged`].
    RootsChanged,
    /// [`Action::Task`], or [`Action::Ask`] with [`Question::Task`].
    Task,
    /// [`Action::Ask`] with [`Question::Elicit`].
    Elicit,
    /// [`Action::Ask`] with [`Question::Sample`].
    Sample,
    /// [`Action::Ask`] with [`Question::ListRoots`].
    ListRoots,
    /// [`Action::Notify`].
    Notify,
    /// [`Action::Operate`].
    Operate,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::CallTool,
        Self::ReadResource,
        Self::GetPrompt,
        Self::Complete,
        Self::List,
        Self::Greet,
        Self::Listen,
        Self::SetLogLevel,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::RootsChanged,
        Self::Task,
        Self::Elicit,
        Self::Sample,
        Self::ListRoots,
        Self::Notify,
        Self::Operate,
    ];

    /// The word used in rules, journal and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallTool => "call_tool",
            Self::ReadResource => "read_resource",
            Self::GetPrompt => "get_prompt",
            Self::Complete => "complete",
            Self::List => "list",
            Self::Greet => "greet",
            Self::Listen => "listen",
            Self::SetLogLevel => "set_log_level",
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::RootsChanged => "roots_changed",
            Self::Task => "task",
            Self::Elicit => "elicit",
            Self::Sample => "sample",
            Self::ListRoots => "list_roots",
            Self::Notify => "notify",
            Self::Operate => "operate",
        }
    }
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Action {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::CallTool { .. } => ActionKind::CallTool,
            Self::ReadResource { .. } => ActionKind::ReadResource,
            Self::GetPrompt { .. } => ActionKind::GetPrompt,
            Self::Complete { .. } => ActionKind::Complete,
            Self::List { .. } => ActionKind::List,
            Self::Greet { .. } => ActionKind::Greet,
            Self::Listen { .. } => ActionKind::Listen,
            Self::SetLogLevel { .. } => ActionKind::SetLogLevel,
            Self::Subscribe { .. } => ActionKind::Subscribe,
            Self::Unsubscribe { .. } => ActionKind::Unsubscribe,
            Self::RootsChanged { .. } => ActionKind::RootsChanged,
            Self::Task { .. } => ActionKind::Task,
            Self::Ask { question, .. } => question.kind(),
            Self::Notify { .. } => ActionKind::Notify,
            Self::Operate { .. } => ActionKind::Operate,
        }
    }

    /// The server it concerns; none for what concerns all of them or ourselves.
    #[must_use]
    pub const fn server(&self) -> Option<&ServerName> {
        match self {
            Self::CallTool { server, .. }
            | Self::ReadResource { server, .. }
            | Self::GetPrompt { server, .. }
            | Self::Complete { server, .. }
            | Self::Subscribe { server, .. }
            | Self::Unsubscribe { server, .. }
            | Self::Ask { server, .. }
            | Self::Notify { server, .. } => Some(server),
            Self::List { server, .. }
            | Self::Greet { server }
            | Self::Listen { server }
            | Self::RootsChanged { server }
            | Self::Task { server, .. } => server.as_ref(),
            Self::SetLogLevel { .. } | Self::Operate { .. } => None,
        }
    }

    /// What it names there: tool, URI, prompt, listing, level or verb, or the method of a question, a notice or what is
    /// wanted of a task; else empty.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::CallTool { tool, .. } => tool,
            Self::ReadResource { uri, .. } | Self::Subscribe { uri, .. } | Self::Unsubscribe { uri, .. } => {
                uri
            }
            Self::GetPrompt { prompt, .. } => prompt,
            Self::Complete { reference, .. } => reference,
            Self::List { what, .. } => what.method(),
            Self::SetLogLevel { level } => level,
            Self::Greet { .. } | Self::Listen { .. } | Self::RootsChanged { .. } => "",
            Self::Task { wanted, .. } => wanted.method(),
            Self::Ask { question, .. } => question.method(),
            Self::Notify { notice, .. } => notice.method(),
            Self::Operate { verb } => verb,
        }
    }

    /// The JSON that policy and detectors look at: arguments, or the params of what a server sends.
    #[must_use]
    pub const fn arguments(&self) -> Option<&JsonText> {
        match self {
            Self::CallTool { arguments, .. } | Self::GetPrompt { arguments, .. } => Some(arguments),
            Self::Complete { argument, .. } => Some(argument),
            Self::Ask { params, .. } | Self::Notify { params, .. } => Some(params),
            Self::Task { answers, .. } => Some(answers),
            Self::ReadResource { .. }
            | Self::Subscribe { .. }
            | Self::Unsubscribe { .. }
            | Self::RootsChanged { .. }
            | Self::List { .. }
            | Self::Greet { .. }
            | Self::Listen { .. }
            | Self::SetLogLevel { .. }
            | Self::Operate { .. } => None,
        }
    }
}

impl Listing {
    /// Every listing.
    pub const ALL: [Self; 4] = [Self::Tools, Self::Resources, Self::ResourceTemplates, Self::Prompts];

    /// The JSON-RPC method.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Resources => "resources/list",
            Self::ResourceTemplates => "resources/templates/list",
            Self::Prompts => "prompts/list",
        }
    }

    /// The member of the result that holds the list.
    #[must_use]
    pub const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::ResourceTemplates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }
}

impl TaskRequest {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Get, Self::Result, Self::Update, Self::Cancel, Self::List];

    /// The JSON-RPC method.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Get => "tasks/get",
            Self::Result => "tasks/result",
            Self::Update => "tasks/update",
            Self::Cancel => "tasks/cancel",
            Self::List => "tasks/list",
        }
    }

    /// What this method wants.
    #[must_use]
    pub fn of_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wanted| wanted.method() == method)
    }
}

impl Question {
    /// Every question that a server puts to whom the client stands for.
    pub const ALL: [Self; 3] = [Self::Elicit, Self::Sample, Self::ListRoots];

    /// The JSON-RPC method.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Elicit => "elicitation/create",
            Self::Sample => "sampling/createMessage",
            Self::ListRoots => "roots/list",
            Self::Task(wanted) => wanted.method(),
        }
    }

    /// The question that this method asks.
    #[must_use]
    pub fn of_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.method() == method)
    }

    const fn kind(self) -> ActionKind {
        match self {
            Self::Elicit => ActionKind::Elicit,
            Self::Sample => ActionKind::Sample,
            Self::ListRoots => ActionKind::ListRoots,
            Self::Task(_) => ActionKind::Task,
        }
    }
}

impl Notice {
    /// The JSON-RPC method.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Progress => "notifications/progress",
            Self::Log => "notifications/message",
            Self::ToolsChanged => "notifications/tools/list_changed",
            Self::ResourcesChanged => "notifications/resources/list_changed",
            Self::PromptsChanged => "notifications/prompts/list_changed",
            Self::ResourceUpdated => "notifications/resources/updated",
            Self::ElicitationComplete => "notifications/elicitation/complete",
            Self::TaskStatus => "notifications/tasks/status",
            Self::TaskChanged => "notifications/tasks",
        }
    }
}
