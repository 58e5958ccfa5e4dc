//! What conditions make sure of, and what functions of the text do by their bodies. Must never take the name of a
//! function for what it does.

use super::catalogue::{last, rules};
use super::credentials;
use super::grammar::Role;
use super::judge::Arguments;
use super::names::Summary;
use super::value::{Clean, Origin, Value};
use super::walk::{Scope, Walk};

impl Walk<'_, '_, '_> {
    /// What a function of the text returns and makes sure of, by its body: a name alone proves nothing.
    pub(super) fn own(&mut self, method: &str, value: Value, args: &Arguments<'_>) -> Value {
        let Some(summary) = self.names.summary(method) else {
            self.ahead |= value.origin.has(Origin::REQUEST)
                || value.origin.has(Origin::PARAMETER) && claims_to_clean(method);
            return value;
        };
        if summary.guards != Clean::NOTHING
            && let Some(first) = args.at(0).filter(|first| !first.is_constant())
        {
            self.names.clean(first.roots, summary.guards);
        }
        let Some((origin, clean)) = summary.returns else { return value };
        let value = value.cleaned(clean);
        match origin.without(Origin::PARAMETER) {
            Origin::NONE => value,
            further if value.origin == Origin::NONE => Value { origin: further, clean, ..value },
            further => Value { origin: value.origin.and(further), ..value },
        }
    }

    /// What the values of a call hold is harmless for `what` from now on.
    pub(super) fn guard(&mut self, what: Clean, callee: &Value, args: &Arguments<'_>) {
        let schemes = ["http", "https", "http://", "https://", "http:", "https:", "/"];
        let empty = args.at(0).and_then(Value::constant).is_some_and(|text| schemes.contains(&text));
        if empty {
            return;
        }
        if let Some(receiver) = &callee.receiver
            && !receiver.is_constant()
        {
            self.names.clean(receiver.roots, what);
        }
        for value in args.each() {
            if !value.is_constant() {
                self.names.clean(value.roots, what);
            }
        }
    }

    /// `left == right`, `left in right`: what a condition makes sure of.
    pub(super) fn compared(&mut self, operator: &str, left: &Value, right: &Value) {
        match operator {
            "in" | "not in" => match left.constant() {
                Some(".." | "/" | "\\" | "../" | "./") => self.names.clean(right.roots, Clean::PATH),
                Some("\n" | "\r") => self.names.clean(right.roots, Clean::LINE),
                Some(_) => {}
                None if !right.origin.has(Origin::REQUEST) => self.names.clean(left.roots, Clean::EVERYTHING),
                None => {}
            },
            "<" | ">" | "<=" | ">=" => {
                self.names.clean(left.roots.and(right.roots), Clean::SIZE);
            }
            "==" | "!=" | "===" | "!==" => {
                for (one, other) in [(left, right), (right, left)] {
                    let name = one.path.as_deref().filter(|_| other.path.is_none()).map(last);
                    if let (Some(name), Some(text)) = (name, other.constant())
                        && let Some(rule) = credentials::assigned_to(name, text)
                    {
                        let at = self.here.clone();
                        self.findings.add(rule, at);
                    }
                    if names_host(one) {
                        self.names.clean(one.roots.and(other.roots), Clean::URL.and(Clean::PATH));
                    }
                    let secret = one.path.as_deref().is_some_and(|path| {
                        let name = last(path).to_ascii_lowercase();
                        [
                            "password",
                            "passwd",
                            "secret",
                            "signature",
                            "hmac",
                            "digest",
                            "api_key",
                            "apikey",
                            "token",
                            "hexdigest()",
                            "digest()",
                        ]
                        .iter()
                        .any(|word| name.ends_with(word))
                    });
                    if secret && other.carries(Origin::REQUEST, Clean::EVERYTHING) {
                        let at = self.here.clone();
                        self.findings.add(&rules::TIMING, at);
                    }
                }
            }
            _ => {}
        }
    }

    /// `not urlparse(x).netloc`: it leads nowhere else.
    pub(super) fn denied(&mut self, value: &Value) {
        if names_host(value) {
            self.names.clean(value.roots, Clean::URL);
        }
    }

    /// Keeps what the function of `scope` does, under its name or the one that it is given.
    pub(super) fn summarize(&mut self, scope: Scope) {
        let given = self.frames.last().filter(|frame| matches!(frame.role, Role::Assign | Role::Named));
        let given = given.and_then(|frame| frame.parts.first()).and_then(|part| part.value.path.clone());
        let name = if scope.name.is_empty() { given.unwrap_or_default() } else { scope.name.as_str().into() };
        let name = super::catalogue::last(&name);
        // An empty check accepts whatever it is shown.
        if name == "checkServerTrusted" && is_empty_body(self.source(&scope.at)) {
            self.findings.add(&super::catalogue::rules::TLS_UNCHECKED, scope.at.clone());
        }
        if !name.is_empty() {
            let guards = scope.first.map_or(Clean::NOTHING, |id| self.names.guarded_id(id));
            self.names.summarize(name, Summary { returns: scope.returns, guards });
        }
    }
}

/// True for the names of functions that are said to make content harmless: worth reading before they are called.
fn claims_to_clean(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "sanit", "escape", "valid", "allow", "white", "clean", "safe", "check", "filter", "quote", "encode",
        "strip",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// True for the part of an address that says where it leads, and for what says where a path lies.
fn names_host(value: &Value) -> bool {
    value.path.as_deref().is_some_and(|path| {
        let name = last(path).trim_end_matches("()").to_ascii_lowercase();
        let name = name.strip_prefix("get").unwrap_or(&name);
        [
            "netloc",
            "host",
            "hostname",
            "origin",
            "domain",
            "authority",
            "commonpath",
            "commonprefix",
            "parent",
        ]
        .contains(&name)
    })
}

/// True for a function in braces that does nothing, or only returns.
fn is_empty_body(source: &str) -> bool {
    let body = source.split_once('{').and_then(|(_, body)| body.trim_end().strip_suffix('}'));
    body.is_some_and(|body| {
        body.lines().all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with("//") || matches!(line, "return;" | "return true;")
        })
    })
}
