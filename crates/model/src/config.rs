//! The configuration file, `version: 1`. Every key is optional; unknown keys are errors.
//!
//! Plain data; reading files, the environment and flags is the binary's business.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::effect::Effects;
use crate::label::{Confidentiality, Integrity};
use crate::name::ServerName;
use crate::principal::Scope;
use crate::quantity::{Rate, Size, Span};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Version of this format.
    #[serde(default = "Config::version")]
    pub version: FormatVersion,
    /// Loopback address of the HTTP endpoint.
    #[serde(default = "Config::listen")]
    pub listen: SocketAddr,
    /// What is allowed.
    #[serde(default = "PolicyConfig::standard")]
    pub policy: PolicyConfig,
    /// Who may call.
    #[serde(default = "AuthConfig::standard")]
    pub auth: AuthConfig,
    /// Upstream servers by name.
    #[serde(default)]
    pub servers: IndexMap<ServerName, ServerConfig>,
    /// Bounds.
    #[serde(default = "Limits::standard")]
    pub limits: Limits,
    /// The journal.
    #[serde(default = "JournalConfig::standard")]
    pub journal: JournalConfig,
    /// Families of built-in tools to list.
    #[serde(default = "Config::tools")]
    pub tools: Vec<Family>,
}

/// The format version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u32", into = "u32")]
pub struct FormatVersion(#[schemars(range(min = 1, max = 1))] u32);

impl TryFrom<u32> for FormatVersion {
    type Error = String;
    fn try_from(number: u32) -> Result<Self, String> {
        if number == 1 {
            Ok(Self(1))
        } else {
            Err(format!("version {number} is not known: this build reads version 1"))
        }
    }
}

impl From<FormatVersion> for u32 {
    fn from(version: FormatVersion) -> Self {
        version.0
    }
}

/// A family of built-in tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Code safety, the audit log, the kernel's status.
    Safety,
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    /// How strictly violations count.
    #[serde(default = "PolicyMode::strict")]
    pub mode: PolicyMode,
    /// Built-in rule sets.
    #[serde(default = "Preset::standard")]
    pub presets: Vec<Preset>,
    /// Rule files; `*` matches within a folder. Relative to the configuration file.
    #[serde(default)]
    pub files: Vec<String>,
}

/// How strictly violations count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyMode {
    /// Any violation decides.
    Strict,
    /// Only rules of severity critical block, the rest warn.
    Permissive,
    /// Policy never blocks and records what it would have done.
    Audit,
}

impl PolicyMode {
    const fn strict() -> Self {
        Self::Strict
    }
}

/// A built-in rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The table of defaults by effect.
    Standard,
    /// As `standard`, and asks before anything leaves the machine.
    Strict,
}

impl Preset {
    fn standard() -> Vec<Self> {
        vec![Self::Standard]
    }
}

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// Scopes of a local client of the same user.
    #[serde(default = "AuthConfig::local_scopes")]
    pub stdio_scopes: Vec<Scope>,
}

/// An upstream server: a command to start, or a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Program to start; speaks MCP on stdin and stdout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Added to the fixed base (`PATH`, `HOME`, `LANG`, `TMPDIR`, `TZ`). `${VAR}` is replaced.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub env: IndexMap<String, String>,
    /// Its working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<PathBuf>,
    /// Streamable HTTP endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Added to each request. `${VAR}` is replaced.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// Whose word its results are.
    #[serde(default = "ServerConfig::untrusted")]
    pub content: Integrity,
    /// Who shares one connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// How long one call may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// What its tools do, by name or glob.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tools: IndexMap<String, ToolConfig>,
}

impl ServerConfig {
    const fn untrusted() -> Integrity {
        Integrity::Untrusted
    }
}

/// Who shares one connection to an upstream server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// One for each session: for servers that keep state.
    Session,
    /// One for each principal.
    Principal,
    /// One for all: only for a server that keeps no state.
    All,
}

/// What the operator says of a tool. What is left out is taken from the catalogue or inferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolConfig {
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effects: Option<Effects>,
    /// Whose word its results are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Integrity>,
    /// How confidential its results are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidentiality: Option<Confidentiality>,
    /// It carries data out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress: Option<bool>,
    /// Arguments that steer the effect, as JSON pointers (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequential: Option<Vec<String>>,
    /// What it does cannot be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<bool>,
}

/// Bounds of everything that could grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default = "Limits::standard")]
pub struct Limits {
    /// Calls of one principal.
    pub rate: Rate,
    /// A message from a client.
    pub body: Size,
    /// A message from an upstream server.
    pub response: Size,
    /// Nesting of a message.
    pub depth: usize,
    /// One call; waiting for a person does not count.
    pub timeout: Span,
    /// Waiting for a person.
    pub person: Span,
    /// Waiting for somebody other than the caller to allow a call, and for the call to be repeated.
    pub approval: Span,
    /// Time for a request's head and body to arrive.
    pub slow_client: Span,
    /// A session without a call.
    pub session_idle: Span,
    /// A kernel that was started in the background, without a client.
    pub kernel_idle: Span,
    /// Open connections.
    pub connections: usize,
    /// Open sessions.
    pub sessions: usize,
    /// Calls in flight of one session.
    pub in_flight: usize,
}

/// The journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalConfig {
    /// What an acknowledged entry survives.
    #[serde(default = "Durability::process")]
    pub durability: Durability,
}

/// What an acknowledged entry survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// A crash of ours: written to the operating system before the effect.
    Process,
    /// A power cut: `fdatasync` before the effect.
    Power,
}

impl Durability {
    const fn process() -> Self {
        Self::Process
    }
}

impl Config {
    /// What is in force with nothing configured.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: Self::version(),
            listen: Self::listen(),
            policy: PolicyConfig::standard(),
            auth: AuthConfig::standard(),
            servers: IndexMap::new(),
            limits: Limits::standard(),
            journal: JournalConfig::standard(),
            tools: Self::tools(),
        }
    }

    const fn version() -> FormatVersion {
        FormatVersion(1)
    }

    const fn listen() -> SocketAddr {
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8000)
    }

    fn tools() -> Vec<Family> {
        vec![Family::Safety]
    }
}

impl PolicyConfig {
    fn standard() -> Self {
        Self { mode: PolicyMode::Strict, presets: Preset::standard(), files: Vec::new() }
    }
}

impl AuthConfig {
    fn standard() -> Self {
        Self { stdio_scopes: Self::local_scopes() }
    }

    fn local_scopes() -> Vec<Scope> {
        vec![Scope::Call, Scope::Confirm]
    }
}

impl JournalConfig {
    const fn standard() -> Self {
        Self { durability: Durability::Process }
    }
}

impl Limits {
    /// The bounds in force with nothing configured.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            rate: Rate::Unlimited,
            body: Size(10 << 20),
            response: Size(64 << 20),
            depth: 128,
            timeout: Span(Duration::from_secs(600)),
            person: Span(Duration::from_secs(300)),
            approval: Span(Duration::from_secs(24 * 3_600)),
            slow_client: Span(Duration::from_secs(15)),
            session_idle: Span(Duration::from_secs(3_600)),
            kernel_idle: Span(Duration::from_secs(600)),
            connections: 1_024,
            sessions: 1_024,
            in_flight: 256,
        }
    }
}
