//! Settings by environment variable and flag: defaults < file < environment < flags.
//!
//! One table; a `RINGFENCE_…` variable that is not in it is an error. Must never read the process environment itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use ringfence_model::config::{Config, Limits};
use serde::Deserialize;
use serde::de::IntoDeserializer;

use super::env::Environment;
use super::error::ConfigError;

/// A setting that can be given outside the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Listen,
    ListenHost,
    ListenPort,
    PolicyMode,
    PolicyPresets,
    Tools,
    Durability,
    Rate,
    RatePerMinute,
    Body,
    BodyBytes,
    Response,
    Depth,
    Timeout,
    Person,
    Approval,
    SlowClient,
    SessionIdle,
    KernelIdle,
    Connections,
    Sessions,
    InFlight,
    Provenance,
    UserWords,
}

/// Variables of the seeds that mean a setting of ours (`docs/migrating.md`). Ours win over them.
const ALIASES: [(&str, Setting); 7] = [
    ("AGENTOS_POLICY_MODE", Setting::PolicyMode),
    ("CLAUDE_AGENT_MCP_HOST", Setting::ListenHost),
    ("CLAUDE_AGENT_MCP_PORT", Setting::ListenPort),
    ("MCPKERNEL_PROXY__HOST", Setting::ListenHost),
    ("MCPKERNEL_PROXY__PORT", Setting::ListenPort),
    ("MCPKERNEL_PROXY__MAX_REQUEST_SIZE_BYTES", Setting::BodyBytes),
    ("MCPKERNEL_RATE_LIMIT__REQUESTS_PER_MINUTE", Setting::RatePerMinute),
];

/// Our variables.
const VARIABLES: [(&str, Setting); 20] = [
    ("RINGFENCE_LISTEN", Setting::Listen),
    ("RINGFENCE_POLICY_MODE", Setting::PolicyMode),
    ("RINGFENCE_POLICY_PRESETS", Setting::PolicyPresets),
    ("RINGFENCE_TOOLS", Setting::Tools),
    ("RINGFENCE_JOURNAL_DURABILITY", Setting::Durability),
    ("RINGFENCE_LIMITS_RATE", Setting::Rate),
    ("RINGFENCE_LIMITS_BODY", Setting::Body),
    ("RINGFENCE_LIMITS_RESPONSE", Setting::Response),
    ("RINGFENCE_LIMITS_DEPTH", Setting::Depth),
    ("RINGFENCE_LIMITS_TIMEOUT", Setting::Timeout),
    ("RINGFENCE_LIMITS_PERSON", Setting::Person),
    ("RINGFENCE_LIMITS_APPROVAL", Setting::Approval),
    ("RINGFENCE_LIMITS_SLOW_CLIENT", Setting::SlowClient),
    ("RINGFENCE_LIMITS_SESSION_IDLE", Setting::SessionIdle),
    ("RINGFENCE_LIMITS_KERNEL_IDLE", Setting::KernelIdle),
    ("RINGFENCE_LIMITS_CONNECTIONS", Setting::Connections),
    ("RINGFENCE_LIMITS_SESSIONS", Setting::Sessions),
    ("RINGFENCE_LIMITS_IN_FLIGHT", Setting::InFlight),
    ("RINGFENCE_LIMITS_PROVENANCE", Setting::Provenance),
    ("RINGFENCE_LIMITS_USER_WORDS", Setting::UserWords),
];

/// Our variables that other parts of the program read.
const ELSEWHERE: [&str; 5] = [
    "RINGFENCE_CONFIG",
    "RINGFENCE_DATA_DIR",
    "RINGFENCE_SERVERS",
    "RINGFENCE_LOG",
    "RINGFENCE_OPERATOR_TOKEN",
];

/// A setting, its text, and where the text stands, e.g. `--port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) setting: Setting,
    pub(crate) text: String,
    pub(crate) from: String,
}

/// What the environment sets, weakest first.
///
/// # Errors
/// [`ConfigError::UnknownSetting`] for each `RINGFENCE_…` variable that nothing reads.
pub(crate) fn of_environment(env: &Environment) -> Result<Vec<Given>, Vec<ConfigError>> {
    let ours = || VARIABLES.iter().map(|(name, _)| *name).chain(ELSEWHERE);
    let unknown: Vec<ConfigError> = env
        .names("RINGFENCE_")
        .filter(|name| !ours().any(|known| known == *name))
        .map(|name| ConfigError::UnknownSetting { name: name.to_owned(), valid: ours().collect() })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let given = ALIASES.iter().chain(&VARIABLES).filter_map(|(name, setting)| {
        let text = env.get(name)?.to_string_lossy().into_owned();
        Some(Given { setting: *setting, text, from: (*name).to_owned() })
    });
    Ok(given.collect())
}

/// Puts `given` into `config`.
///
/// # Errors
/// [`ConfigError::Setting`] names the variable or flag and the form that was expected.
pub(crate) fn apply(config: &mut Config, given: &Given) -> Result<(), ConfigError> {
    let text = given.text.as_str();
    let limits: &mut Limits = &mut config.limits;
    match given.setting {
        Setting::Listen => into(&mut config.listen, address(text)),
        Setting::ListenHost => host(text).map(|host| config.listen.set_ip(host)),
        Setting::ListenPort => number(text).map(|port| config.listen.set_port(port)),
        Setting::PolicyMode => into(&mut config.policy.mode, word(text)),
        Setting::PolicyPresets => into(&mut config.policy.presets, words(text)),
        Setting::Tools => into(&mut config.tools, words(text)),
        Setting::Durability => into(&mut config.journal.durability, word(text)),
        Setting::Rate => into(&mut limits.rate, quantity(text)),
        Setting::RatePerMinute => into(&mut limits.rate, quantity(&format!("{text}/m"))),
        Setting::Body => into(&mut limits.body, quantity(text)),
        Setting::BodyBytes => into(&mut limits.body, quantity(&format!("{text}B"))),
        Setting::Response => into(&mut limits.response, quantity(text)),
        Setting::Depth => into(&mut limits.depth, number(text)),
        Setting::Timeout => into(&mut limits.timeout, quantity(text)),
        Setting::Person => into(&mut limits.person, quantity(text)),
        Setting::Approval => into(&mut limits.approval, quantity(text)),
        Setting::SlowClient => into(&mut limits.slow_client, quantity(text)),
        Setting::SessionIdle => into(&mut limits.session_idle, quantity(text)),
        Setting::KernelIdle => into(&mut limits.kernel_idle, quantity(text)),
        Setting::Connections => into(&mut limits.connections, number(text)),
        Setting::Sessions => into(&mut limits.sessions, number(text)),
        Setting::InFlight => into(&mut limits.in_flight, number(text)),
        Setting::Provenance => into(&mut limits.provenance, quantity(text)),
        Setting::UserWords => into(&mut limits.user_words, quantity(text)),
    }
    .map_err(|message| ConfigError::Setting { from: given.from.clone(), message })
}

fn into<T>(target: &mut T, value: Result<T, String>) -> Result<(), String> {
    *target = value?;
    Ok(())
}

fn quantity<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number that fits"))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let text =
        text.strip_prefix("localhost:").map_or_else(|| text.into(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| format!("{text:?} is not an address: write 127.0.0.1:8000"))
}

fn host(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    text.trim_matches(['[', ']'])
        .parse()
        .map_err(|_| format!("{text:?} is not an IP address: write 127.0.0.1"))
}

fn word<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    T::deserialize(text.into_deserializer()).map_err(|error: serde::de::value::Error| error.to_string())
}

fn words<T: for<'de> Deserialize<'de>>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(|part| word(part.trim())).collect()
}
