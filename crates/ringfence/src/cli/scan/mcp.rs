//! MCP configurations of clients: what is started, what is connected to, what credentials stand there, what is let
//! through unasked. Must never resolve a variable nor start anything.

use std::borrow::Cow;

use ringfence_detect::code::Language;
use ringfence_detect::secret::is_placeholder;
use ringfence_detect::url;
use ringfence_model::finding::{Category, Finding, Severity, Span};
use serde_json::{Map, Value};

use super::engines::{Engines, is_event};
use super::subject::Subject;

/// Keys under which clients list servers, wherever they stand.
const LISTS: [&str; 3] = ["mcpServers", "context_servers", "mcp_servers"];
/// Deepest object that is searched for one: Claude Code keeps one for each project.
const DEEPEST: usize = 6;
/// Most servers of a file.
const MOST_SERVERS: usize = 500;
/// Shortest value that is taken for a credential.
const SHORTEST_CREDENTIAL: usize = 8;

pub(super) fn inspect(engines: &Engines, subject: &Subject, text: &str) -> Vec<Finding> {
    if *subject != Subject::McpConfig {
        return Vec::new();
    }
    let place = Place { text, name: "" };
    let Ok(config) = serde_json::from_str::<Value>(text) else {
        let message = "The configuration is no JSON: the servers in it were not inspected";
        return vec![place.say(
            "mcp_config_unparsed",
            Category::Uninspected,
            Severity::Medium,
            message,
            "CWE-693",
        )];
    };
    let mut servers = Vec::new();
    collect(&config, 0, &mut servers);
    let lists = [config.get("servers"), config.pointer("/mcp/servers")];
    servers.extend(lists.into_iter().flatten().filter_map(Value::as_object).flatten());
    let mut findings = Vec::new();
    for (name, server) in servers.into_iter().take(MOST_SERVERS) {
        if let Some(server) = server.as_object() {
            Place { text, name }.server(engines, server, &mut findings);
        }
    }
    findings
}

fn collect<'v>(value: &'v Value, depth: usize, servers: &mut Vec<(&'v String, &'v Value)>) {
    let Some(members) = value.as_object().filter(|_| depth < DEEPEST) else { return };
    for (key, member) in members {
        match member.as_object() {
            Some(list) if LISTS.contains(&key.as_str()) => servers.extend(list),
            _ => collect(member, depth + 1, servers),
        }
    }
}

/// A server in the text.
struct Place<'t> {
    text: &'t str,
    name: &'t str,
}

impl Place<'_> {
    fn server(&self, engines: &Engines, server: &Map<String, Value>, findings: &mut Vec<Finding>) {
        let text = |key: &str| server.get(key).and_then(Value::as_str);
        let arguments: Vec<&str> = server
            .get("args")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if let Some(command) = text("command") {
            findings.extend(self.command(engines, command, &arguments));
            findings.extend(self.unpinned(command, &arguments));
        }
        for key in ["url", "serverUrl", "httpUrl"] {
            if let Some(url) = text(key) {
                findings.extend(self.url(url));
            }
        }
        for key in ["env", "headers"] {
            let members = server.get(key).and_then(Value::as_object).into_iter().flatten();
            findings.extend(members.filter_map(|(name, value)| self.credential(name, value.as_str()?)));
        }
        findings.extend(arguments.windows(2).filter_map(|pair| match pair {
            [flag, value] if flag.starts_with("--") && !flag.contains('=') => self.credential(flag, value),
            _ => None,
        }));
        let joined = arguments.iter().filter(|argument| argument.starts_with("--"));
        findings.extend(
            joined.filter_map(|argument| argument.split_once('=')).filter_map(|(n, v)| self.credential(n, v)),
        );
        let approved = ["autoApprove", "alwaysAllow"].into_iter().any(|key| {
            server
                .get(key)
                .is_some_and(|value| value.as_array().map_or(value == true, |list| !list.is_empty()))
        });
        if approved || server.get("trust") == Some(&Value::Bool(true)) {
            let message = "The client lets calls of this server through without asking";
            findings.push(self.say(
                "mcp_auto_approved",
                Category::Command,
                Severity::Medium,
                message,
                "CWE-862",
            ));
        }
    }

    /// What the command that starts the server does beyond starting one.
    fn command(&self, engines: &Engines, command: &str, arguments: &[&str]) -> Vec<Finding> {
        let words: Vec<String> =
            std::iter::once(&command).chain(arguments).map(|word| quoted(word)).collect();
        let report = engines.detectors.code(&words.join(" "), &Language::Shell);
        let dangerous = |finding: &Finding| {
            is_event(finding) && finding.category != Category::Secret && finding.severity >= Severity::High
        };
        let here = |finding: Finding| Finding { span: self.span(), ..finding };
        report.findings.into_iter().filter(dangerous).map(here).collect()
    }

    /// A package that is fetched anew at each start, in whatever version is the newest.
    fn unpinned(&self, command: &str, arguments: &[&str]) -> Option<Finding> {
        let program = command.rsplit(['/', '\\']).next()?.trim_end_matches(".cmd").trim_end_matches(".exe");
        let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
        let package = match program {
            "npx" | "bunx" | "pnpx" | "uvx" => words.next()?,
            "pnpm" | "yarn" => words.by_ref().find(|word| **word == "dlx").and_then(|_| words.next())?,
            "pipx" | "uv" => words.by_ref().find(|word| **word == "run").and_then(|_| words.next())?,
            _ => return None,
        };
        let version = package
            .get(1..)?
            .split_once('@')
            .or_else(|| package.split_once("=="))
            .map(|(_, version)| version);
        let is_exact = version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        let is_local =
            package.starts_with(['.', '/', '~']) || package.ends_with(".py") || package.ends_with(".js");
        if is_exact || is_local {
            return None;
        }
        let message = "The server's package is fetched in whatever version is the newest when it starts";
        let finding = self.say("mcp_unpinned_package", Category::Command, Severity::Low, message, "CWE-494");
        Some(Finding { alternative: Some("name an exact version".to_owned()), ..finding })
    }

    /// The operator chose the address, so only what nobody means is told: metadata services, disguises, credentials in
    /// the URL, and remote servers without TLS.
    fn url(&self, url: &str) -> Vec<Finding> {
        let report = url::check_url(url);
        let is_near = |finding: &Finding| {
            matches!(&*finding.id, "loopback_address" | "private_address" | "internal_name")
        };
        let near = report.findings.iter().any(is_near);
        let told = |finding: &Finding| finding.severity >= Severity::High || finding.id == "url_userinfo";
        let here = |finding: Finding| Finding { span: self.span(), ..finding };
        let mut findings: Vec<Finding> = report.findings.into_iter().filter(told).map(here).collect();
        if !near && url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
            let message = "The server is reached over the network without TLS";
            findings.push(self.say("mcp_plain_http", Category::Url, Severity::Medium, message, "CWE-319"));
        }
        findings
    }

    /// A credential that stands in the file, where a reference to a variable would do.
    fn credential(&self, name: &str, value: &str) -> Option<Finding> {
        let lower = name.trim_start_matches('-').to_ascii_lowercase().replace('-', "_");
        let named = [
            "token",
            "secret",
            "password",
            "passwd",
            "api_key",
            "apikey",
            "access_key",
            "private_key",
            "authorization",
        ]
        .iter()
        .any(|word| lower.contains(word));
        let is_path =
            value.starts_with(['/', '~', '.']) || lower.ends_with("_file") || lower.ends_with("_path");
        let value = value.trim_start_matches("Bearer ").trim_start_matches("Basic ");
        let is_reference = value.contains("${") || value.starts_with('$') || value.contains("://");
        if !named || is_path || is_reference || value.len() < SHORTEST_CREDENTIAL || is_placeholder(value) {
            return None;
        }
        let message = "A credential stands in the configuration in plain text";
        let finding =
            self.say("mcp_literal_credential", Category::Secret, Severity::High, message, "CWE-798");
        Some(Finding {
            alternative: Some("refer to a variable: ${NAME}".to_owned()),
            confidence: 70,
            ..finding
        })
    }

    fn say(
        &self,
        id: &'static str,
        category: Category,
        severity: Severity,
        message: &str,
        reference: &'static str,
    ) -> Finding {
        let message =
            if self.name.is_empty() { message.to_owned() } else { format!("{}: {message}", self.name) };
        Finding {
            id: Cow::Borrowed(id),
            category,
            severity,
            confidence: 90,
            span: self.span(),
            message,
            alternative: None,
            reference: Some(Cow::Borrowed(reference)),
        }
    }

    /// The server's name in the text, where it stands there as it is.
    fn span(&self) -> Span {
        let key = format!("\"{}\"", self.name);
        let at = if self.name.is_empty() { None } else { self.text.find(&key) };
        at.map_or_else(|| Span::of(self.text, 0, 0), |at| Span::of(self.text, at, at + key.len()))
    }
}

/// `word` as one word of a shell command.
fn quoted(word: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '=' | ':' | '@' | ',' | '+' | '%')
    };
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
