//! `ringfence_status`: what a client may know of the kernel in front of it.

use ringfence_model::effect::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tool::{Context, Failure, Tool};

/// Show the state of the Ringfence kernel that this client talks to: its version, the policy in force, the upstream
/// servers and whether they work, and how many calls were allowed and denied since it started.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RingfenceStatus {}

/// The kernel's state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KernelState {
    /// Version of the kernel.
    pub version: String,
    /// The policy in force.
    pub policy: PolicyState,
    /// The upstream servers.
    pub servers: Vec<ServerState>,
    /// Calls since the kernel started.
    pub calls: Calls,
    /// Entries in the audit journal.
    pub journal_entries: u64,
}

/// The policy in force.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyState {
    /// `strict`, `permissive` or `audit`.
    pub mode: ringfence_model::config::PolicyMode,
    /// Number of rules.
    pub rules: usize,
    /// SHA-256 of the policy, hex.
    pub digest: String,
}

/// One upstream server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServerState {
    /// Its name.
    pub name: String,
    /// `open`, `idle`, or `resting` after a failure.
    pub state: String,
    /// Why it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Calls since the kernel started.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Calls {
    /// Allowed without a question.
    pub allowed: u64,
    /// Confirmed by the user.
    pub confirmed: u64,
    /// Denied.
    pub denied: u64,
}

impl Tool for RingfenceStatus {
    const NAME: &'static str = "ringfence_status";
    const TITLE: &'static str = "Kernel status";
    const EFFECTS: &'static [Effect] = &[Effect::Read];
    type Output = KernelState;

    async fn run(self, context: Context<'_>) -> Result<KernelState, Failure> {
        let status = context.kernel.status();
        let server = |server: ringfence_kernel::upstream::UpstreamReport| ServerState {
            name: server.name.to_string(),
            state: server.state.to_owned(),
            error: server.error,
        };
        Ok(KernelState {
            version: status.version.to_owned(),
            policy: PolicyState {
                mode: status.policy.mode,
                rules: status.policy.rules,
                digest: status.policy.digest,
            },
            servers: status.servers.into_iter().map(server).collect(),
            calls: Calls {
                allowed: status.calls.allowed,
                confirmed: status.calls.confirmed,
                denied: status.calls.denied,
            },
            journal_entries: status.journal_entries,
        })
    }
}
