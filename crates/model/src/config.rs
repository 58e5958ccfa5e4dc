//! The configuration file, `version: 1`. Every key is optional; unknown keys are errors.
//!
//! Plain data; reading files, the environment and flags is the binary's business.

mod approvals;
mod detect;

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

pub use approvals::{ApprovalsConfig, BadWebhook, Desktop, WebhookConfig, WebhookSecret};
pub use detect::{AllowedPattern, AllowedValue, DetectConfig, DetectKind, DetectRule};

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
    /// What is looked for in messages.
    #[serde(default = "DetectConfig::standard")]
    pub detect: DetectConfig,
    /// How approvers hear of what waits for them.
    #[serde(default = "ApprovalsConfig::standard")]
    pub approvals: ApprovalsConfig,
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
    /// Asking people for approval.
    Governance,
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
    /// What this installation is, e.g. `production`; rules can ask for it. What does not say so may be any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Rule files; `*` matches within a folder. Relative to the configuration file.
    #[serde(default)]
    pub files: Vec<String>,
    /// Approvers by role: `operator` for the passphrase, else names of operator tokens. Rules ask for them with
    /// `require_approvers: { needed: 2, roles: [finance] }`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub roles: IndexMap<String, Vec<String>>,
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

/// A built-in rule set; `ringfence policy presets show NAME` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Preset {
    /// The table of defaults by effect.
    #[serde(rename = "standard")]
    Standard,
    /// As `standard`, and asks before anything leaves the machine.
    #[serde(rename = "strict")]
    Strict,
    /// Allows everything that no guard stops, and marks it in the journal.
    #[serde(rename = "permissive")]
    Permissive,
    /// OWASP Top 10 for Agentic Applications 2026, ASI01 to ASI10.
    #[serde(rename = "owasp-asi-2026")]
    OwaspAsi2026,
    /// Nothing but reading.
    #[serde(rename = "read_only")]
    ReadOnly,
    /// No personal data in arguments.
    #[serde(rename = "no_pii")]
    NoPii,
    /// A person confirms what changes anything.
    #[serde(rename = "requires_approval")]
    RequiresApproval,
    /// Personal data stays inside.
    #[serde(rename = "pii-protection")]
    PiiProtection,
    /// Calls have a rate.
    #[serde(rename = "rate-limiting")]
    RateLimiting,
    /// Spending has a budget.
    #[serde(rename = "cost-control")]
    CostControl,
    /// Nothing is removed in bulk.
    #[serde(rename = "data-deletion")]
    DataDeletion,
    /// Credentials stay inside.
    #[serde(rename = "secrets-protection")]
    SecretsProtection,
    /// A person confirms what reaches others.
    #[serde(rename = "human-review")]
    HumanReview,
    /// The seed's template for the GDPR.
    #[serde(rename = "gdpr-compliance")]
    GdprCompliance,
    /// The seed's template for SOC 2.
    #[serde(rename = "soc2-security")]
    Soc2Security,
    /// The seed's template for HIPAA.
    #[serde(rename = "hipaa-healthcare")]
    HipaaHealthcare,
    /// The seed's template for PCI DSS.
    #[serde(rename = "pci-dss-payments")]
    PciDssPayments,
    /// Databases are read, not changed.
    #[serde(rename = "read-only-access")]
    ReadOnlyAccess,
    /// Changes to production are confirmed.
    #[serde(rename = "production-safety")]
    ProductionSafety,
    /// HIPAA Security Rule, 45 CFR 164.312.
    #[serde(rename = "hipaa")]
    Hipaa,
    /// SOC 2, trust services criteria.
    #[serde(rename = "soc2")]
    Soc2,
    /// PCI DSS 4.0.1.
    #[serde(rename = "pci_dss")]
    PciDss,
    /// General Data Protection Regulation.
    #[serde(rename = "gdpr")]
    Gdpr,
    /// FedRAMP, NIST SP 800-53.
    #[serde(rename = "fedramp")]
    Fedramp,
    /// California Consumer Privacy Act.
    #[serde(rename = "ccpa")]
    Ccpa,
    /// NIST Cybersecurity Framework 2.0.
    #[serde(rename = "nist")]
    Nist,
    /// ISO/IEC 27001:2022, Annex A.
    #[serde(rename = "iso27001")]
    Iso27001,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 27] = [
        Self::Standard,
        Self::Strict,
        Self::Permissive,
        Self::OwaspAsi2026,
        Self::ReadOnly,
        Self::NoPii,
        Self::RequiresApproval,
        Self::PiiProtection,
        Self::RateLimiting,
        Self::CostControl,
        Self::DataDeletion,
        Self::SecretsProtection,
        Self::HumanReview,
        Self::GdprCompliance,
        Self::Soc2Security,
        Self::HipaaHealthcare,
        Self::PciDssPayments,
        Self::ReadOnlyAccess,
        Self::ProductionSafety,
        Self::Hipaa,
        Self::Soc2,
        Self::PciDss,
        Self::Gdpr,
        Self::Fedramp,
        Self::Ccpa,
        Self::Nist,
        Self::Iso27001,
    ];

    /// Its name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Strict => "strict",
            Self::Permissive => "permissive",
            Self::OwaspAsi2026 => "owasp-asi-2026",
            Self::ReadOnly => "read_only",
            Self::NoPii => "no_pii",
            Self::RequiresApproval => "requires_approval",
            Self::PiiProtection => "pii-protection",
            Self::RateLimiting => "rate-limiting",
            Self::CostControl => "cost-control",
            Self::DataDeletion => "data-deletion",
            Self::SecretsProtection => "secrets-protection",
            Self::HumanReview => "human-review",
            Self::GdprCompliance => "gdpr-compliance",
            Self::Soc2Security => "soc2-security",
            Self::HipaaHealthcare => "hipaa-healthcare",
            Self::PciDssPayments => "pci-dss-payments",
            Self::ReadOnlyAccess => "read-only-access",
            Self::ProductionSafety => "production-safety",
            Self::Hipaa => "hipaa",
            Self::Soc2 => "soc2",
            Self::PciDss => "pci_dss",
            Self::Gdpr => "gdpr",
            Self::Fedramp => "fedramp",
            Self::Ccpa => "ccpa",
            Self::Nist => "nist",
            Self::Iso27001 => "iso27001",
        }
    }

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
    /// Open conversations with servers; the longest unused makes room.
    pub conversations: usize,
    /// Calls in flight of one session.
    pub in_flight: usize,
    /// What is remembered of what one principal's sessions have read; what is forgotten leaves its labels behind.
    pub provenance: Size,
    /// How long the user's own words count.
    pub user_words: Span,
}

/// The journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalConfig {
    /// What an acknowledged entry survives.
    #[serde(default = "Durability::process")]
    pub durability: Durability,
    /// Who keeps where the log stood, so that one that was cut off or written anew is noticed.
    #[serde(default)]
    pub witnesses: Vec<WitnessConfig>,
    /// How often they are told, where something was recorded.
    #[serde(default = "JournalConfig::minute")]
    pub witness_interval: Span,
}

/// A witness: a file or a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Absolute path of a file that checkpoints are added to. It belongs where who can write the data directory cannot take back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Where a witness of C2SP tlog-witness is asked: `add-checkpoint` follows. `https://`, or `http://` on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its key, `NAME+ID+KEY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
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
            detect: DetectConfig::standard(),
            approvals: ApprovalsConfig::standard(),
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
    /// What is in force with nothing configured.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            mode: PolicyMode::Strict,
            presets: Preset::standard(),
            environment: None,
            files: Vec::new(),
            roles: IndexMap::new(),
        }
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
        Self { durability: Durability::Process, witnesses: Vec::new(), witness_interval: Self::minute() }
    }

    const fn minute() -> Span {
        Span(Duration::from_secs(60))
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
            conversations: 512,
            in_flight: 256,
            provenance: Size(4 << 20),
            user_words: Span(Duration::from_secs(3_600)),
        }
    }
}
