//! Applies the catalogue: to calls, to what names are given, to what is returned and compared. Must never decide by the
//! name of a variable alone what a value is; only what it is meant for.

use std::ops::Range;
use std::rc::Rc;

use super::catalogue::{Arg, Is, Means, Sink, When, last, rules, takes_sql};
use super::grammar::Tongue;
use super::value::{Clean, Origin, Shape, Value};
use super::walk::{Serves, Walk, short};
use super::{credentials, hosts};
use crate::code::rule;

/// Arguments by place and by name.
pub(super) struct Arguments<'v>(pub(super) &'v [Value]);

impl<'v> Arguments<'v> {
    /// The argument at `place` among those without a name.
    pub(super) fn at(&self, place: usize) -> Option<&'v Value> {
        self.0.iter().filter(|value| !matches!(value.shape, Shape::Named(..))).nth(place)
    }

    /// The argument called `name`, also as a member of an object that is passed.
    pub(super) fn named(&self, name: &str) -> Option<&'v Value> {
        self.0.iter().find_map(|value| match value.as_named() {
            Some((known, value)) => Some(value).filter(|_| known == name),
            None if matches!(value.shape, Shape::Table(_)) => value.get(name),
            None => None,
        })
    }

    pub(super) fn get(&self, arg: Arg) -> Option<&'v Value> {
        self.at(arg.0).or_else(|| arg.1.iter().find_map(|name| self.named(name)))
    }

    /// All of them, named or not.
    pub(super) fn each(&self) -> impl Iterator<Item = &'v Value> {
        self.0.iter().map(|value| value.as_named().map_or(value, |(_, value)| value))
    }
}

impl Walk<'_, '_, '_> {
    /// `callee(arguments)`: what is found about it, and what it returns.
    pub(super) fn called(&mut self, callee: &Value, arguments: &[Value], at: &Range<usize>) -> Value {
        // One of several functions of the text: each is judged.
        if let Shape::Either(cases) = &callee.shape {
            let results: Vec<Value> = cases.iter().map(|case| self.called(case, arguments, at)).collect();
            return results.into_iter().reduce(Value::or).unwrap_or(Value::unknown());
        }
        let args = Arguments(arguments);
        // What is looked up by a key is not made of the key.
        let key = callee.path.as_deref().is_some_and(|path| LOOKUPS.contains(&last(path)))
            && callee.receiver.as_deref().is_some_and(|table| table.origin == Origin::NONE);
        let flows =
            arguments.iter().skip(usize::from(key)).fold(Value::unknown(), |sum, value| sum.flowing(value));
        let flows = callee
            .receiver
            .as_deref()
            .map_or_else(|| flows.clone(), |receiver| flows.clone().flowing(receiver));
        let Some(path) = self.callee_path(callee) else { return flows };
        // `$action()`: a request names what runs.
        if self.grammar.tongue == Tongue::Php
            && callee.receiver.is_none()
            && callee.carries(Origin::REQUEST, Clean::EVERYTHING)
        {
            self.findings.add(&rules::UNSAFE_REFLECTION, at.clone());
        }
        if !self.findings.spend(arguments.len() + 4) {
            return flows;
        }
        if callee.computed {
            if callee.path.as_deref().and_then(|path| path.strip_suffix("[]")).is_some_and(|object| {
                let first = object.split(['.', '[', '(']).next().unwrap_or(object);
                reaches_anything(object) || !self.names.is_known(first)
            }) {
                self.findings.add(&rule::UNRESOLVED_CALL, at.clone());
            } else if self.catalogue.runs(&path) || self.catalogue.runs(last(&path)) {
                self.findings.add(&rule::REFLECTION, at.clone());
            }
        }
        if EQUALITY.contains(&last(&path)) {
            let one = callee.receiver.as_deref().filter(|_| args.at(1).is_none()).or_else(|| args.at(0));
            let other = args.at(1).or_else(|| args.at(0));
            if let (Some(one), Some(other)) = (one, other) {
                self.compared("==", one, other);
            }
        }
        let mut made = false;
        let mut value = self.transformed(&path, callee, &args).unwrap_or_else(|| flows.clone());
        let mut known = false;
        for means in self.catalogue.means(&path) {
            match means {
                Means::Sink(sink) => {
                    known = true;
                    let before = self.findings.len();
                    self.sink(*sink, &path, callee, &args, at);
                    // Whoever opens a file of credentials holds what is in it.
                    made |= matches!(sink, Sink::Open) && self.findings.len() > before;
                    if matches!(sink, Sink::Open) {
                        value = Value::unknown().from(Origin::OUTSIDE);
                    }
                }
                Means::Call(rule, when) => {
                    known = true;
                    if when.iter().all(|when| self.holds(*when, &path, callee, &args)) {
                        self.findings.add(rule, at.clone());
                    }
                }
                Means::Mention(rule) => self.findings.add(rule, at.clone()),
                Means::Source(origin) => value = value.from(*origin),
                Means::SourceWith(origin, words) if self.mentions(words) => value = value.from(*origin),
                Means::SourceWith(..) => {}
                Means::Clean(clean) => value = value.cleaned(*clean),
                Means::Guard(clean) => self.guard(*clean, callee, &args),
                Means::Set(..) | Means::MarkedWithout(..) => {}
            }
        }
        // A command that is built by calls in a row is judged at the last of them.
        let ends = self.frames.last().is_none_or(|frame| frame.role != super::grammar::Role::Member);
        if ends
            && self.grammar.tongue == Tongue::Rust
            && path.contains("Command.new")
            && matches!(value.shape, Shape::List(_))
        {
            self.command_words(value.elements(), at);
        }
        if made {
            value = value.from(Origin::SECRET);
        }
        let method = last(&path);
        if !known
            && takes_sql(method)
            && (path.contains('.') || self.grammar.tongue == Tongue::Php || &*path == "text")
        {
            self.sink(Sink::Sql, &path, callee, &args, at);
        }
        if let Some(module) = args.at(0).and_then(Value::constant).filter(|_| is_importer(&path)) {
            return Value::named(short(module.trim_start_matches("node:")));
        }
        if !known && path.contains('.') && DROPPING.contains(&method) {
            self.findings.add(&rule::DROP_TABLE, at.clone());
        }
        if !known && self.names.defined.contains(method) {
            value = self.own(method, value, &args);
        }
        let returned = format!("{path}()");
        let named = value.path.is_some() && value.as_text().is_some();
        let path = if named { value.path.clone() } else { Some(short(&returned).into()) };
        Value { path, receiver: None, computed: false, ..value }
    }

    /// The path that is called: imports resolved, functions of the text itself apart.
    fn callee_path(&self, callee: &Value) -> Option<Rc<str>> {
        let path = callee.path.clone()?;
        let path: Rc<str> = path.strip_prefix("node:").map_or_else(|| Rc::clone(&path), Rc::from);
        if path.contains('.') {
            return Some(path);
        }
        if self.names.defined.contains(&path) && self.names.imported(&path).is_none() {
            return Some(format!("local.{path}").into());
        }
        if self.grammar.tongue == Tongue::Php {
            return Some(path.to_ascii_lowercase().into());
        }
        let full = self.names.stars.iter().map(|module| format!("{module}.{path}"));
        let full = full.into_iter().find(|full| self.catalogue.means(full).next().is_some());
        Some(full.map_or(path, Into::into))
    }

    /// `path = value`, also as a keyword argument or a member of an object.
    pub(super) fn given(&mut self, path: &str, value: &Value, at: &Range<usize>) {
        for means in self.catalogue.means(path) {
            if let Means::Set(rule, is) = means
                && (is_like(value, *is)
                    || matches!(is, Is::Text(_))
                        && value.as_list().is_some_and(|list| list.iter().any(|value| is_like(value, *is))))
            {
                self.findings.add(rule, at.clone());
            }
        }
        for case in value.cases() {
            if let Some(text) = case.constant()
                && case.path.is_none()
                && let Some(rule) = credentials::assigned_to(last(path), text)
            {
                self.findings.add(rule, at.clone());
            }
        }
    }

    /// A decorator or annotation.
    pub(super) fn mentioned(&mut self, path: &str, at: &Range<usize>) {
        for means in self.catalogue.means(path) {
            match means {
                Means::Mention(rule) => self.findings.add(rule, at.clone()),
                Means::MarkedWithout(rule, words) if !self.mentions(words) => {
                    self.findings.add(rule, at.clone());
                }
                Means::MarkedWithout(..)
                | Means::Sink(_)
                | Means::Call(..)
                | Means::Set(..)
                | Means::Source(_)
                | Means::SourceWith(..)
                | Means::Clean(_)
                | Means::Guard(_) => {}
            }
        }
    }

    /// `return value`: in a handler of requests it becomes a page.
    pub(super) fn returned(&mut self, value: &Value, at: &Range<usize>) {
        if let Some(scope) = self.scopes.last_mut() {
            let (origin, clean) = match value.origin {
                _ if value.is_constant() => (Origin::NONE, Clean::EVERYTHING),
                // What flowed in may have been lost on the way.
                Origin::NONE => (Origin::NONE, Clean::NOTHING),
                origin => (origin, value.clean),
            };
            scope.returns = Some(match scope.returns {
                Some((known, before)) => (known.and(origin), before.both(clean)),
                None => (origin, clean),
            });
        }
        let web = self.scopes.last().is_some_and(|scope| scope.serves == Serves::Web);
        if !web || self.mentions(&["fastapi", "FastAPI", "RestController", "jsonify("]) {
            return;
        }
        let direct = |case: &Value| {
            let plain =
                || case.path.as_deref().is_none_or(|path| !path.contains('(') || path.ends_with(".get()"));
            case.as_text().is_some() || case.shape == Shape::Unknown && plain()
        };
        let elements = value.as_list().map_or(Some(value), <[Value]>::first);
        if elements.is_some_and(|value| {
            value.cases().iter().any(|case| direct(case) && case.carries(Origin::REQUEST, Clean::HTML))
        }) {
            self.findings.add(&rules::XSS, at.clone());
        }
        if value.path.as_deref().is_some_and(|path| path.contains("format_exc")) {
            self.findings.add(&rules::LEAK, at.clone());
        }
    }

    /// A literal text: addresses of sites that collect what is sent to them.
    pub(super) fn literal_seen(&mut self, value: &Value, at: &Range<usize>) {
        if value.as_text().is_some_and(hosts::collects) {
            self.findings.add(&rules::DROP_HOST, at.clone());
        }
    }

    /// True when the text has one of `words` anywhere.
    pub(super) fn mentions(&mut self, words: &'static [&'static str]) -> bool {
        let text = self.text;
        let found =
            || words.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some());
        *self.mentions.entry((words.as_ptr() as usize, words.len())).or_insert_with(found)
    }

    fn holds(&mut self, when: When, path: &str, callee: &Value, args: &Arguments<'_>) -> bool {
        match when {
            When::Request(arg, clean) => {
                args.get(arg).is_some_and(|value| value.carries(Origin::REQUEST, clean))
            }
            When::AnyRequest(clean) => args.each().any(|value| value.carries(Origin::REQUEST, clean)),
            When::Flows(arg, clean) => {
                let origin = Origin::REQUEST.and(Origin::PARAMETER);
                args.get(arg).is_some_and(|value| value.carries(origin, clean))
            }
            When::From(origin, arg, clean) => args.get(arg).is_some_and(|value| value.carries(origin, clean)),
            When::Built(arg, clean) => {
                args.get(arg).is_some_and(|value| value.is_built() && !value.is_harmless(clean))
            }
            When::Variable(arg, clean) => {
                args.get(arg).is_some_and(|value| !value.is_constant() && !value.is_harmless(clean))
            }
            When::Is(arg, is) => args.get(arg).is_some_and(|value| is_like(value, is)),
            When::Not(arg, is) => !args.get(arg).is_some_and(|value| is_like(value, is)),
            When::Lacks(arg) => args.get(arg).is_none(),
            When::Any(is) => args.each().any(|value| is_like(value, is)),
            When::Under(words) => {
                let head = path.rsplit_once('.').map_or("", |(head, _)| head).to_ascii_lowercase();
                let receiver = callee.receiver.as_deref().and_then(|value| value.path.as_deref());
                let head = receiver
                    .map_or(head.clone(), |receiver| format!("{head} {}", receiver.to_ascii_lowercase()));
                words.iter().any(|word| head.contains(word))
            }
            When::ForSecret => self.for_secret(),
            When::Without(words) => !self.mentions(words),
            When::With(words) => self.mentions(words),
        }
    }

    /// True where what is computed is meant to be a secret, by the names it is given.
    fn for_secret(&self) -> bool {
        let scope = self.scopes.last().map(|scope| scope.name.as_str()).unwrap_or_default();
        if speaks_of_secret(scope) {
            return true;
        }
        for frame in self.frames.iter().rev().take(12) {
            if frame.role == super::grammar::Role::Body {
                break;
            }
            let target = frame.parts.first().and_then(|part| part.value.path.as_deref());
            if matches!(
                frame.role,
                super::grammar::Role::Assign | super::grammar::Role::Named | super::grammar::Role::Augment
            ) && target.is_some_and(|target| speaks_of_secret(last(target)))
            {
                return true;
            }
        }
        false
    }
}

/// Functions that compare texts.
const EQUALITY: &[&str] =
    &["strcmp", "strncmp", "strcasecmp", "memcmp", "equals", "Equals", "equalsIgnoreCase", "localeCompare"];

/// Methods that find a value by a key.
const LOOKUPS: &[&str] = &["get", "fetch", "getOrDefault", "GetValueOrDefault", "TryGetValue"];

/// True for what holds functions that nobody listed: the globals, a module, whatever made an object.
fn reaches_anything(object: &str) -> bool {
    let object = object.trim_end_matches("[]").trim_end_matches("()");
    matches!(
        object,
        "" | "?"
            | "window"
            | "globalThis"
            | "global"
            | "self"
            | "top"
            | "parent"
            | "frames"
            | "process"
            | "child_process"
            | "module"
            | "require"
            | "globals"
            | "locals"
            | "vars"
            | "__builtins__"
            | "builtins"
            | "GLOBALS"
            | "os"
            | "subprocess"
            | "fs"
            | "sys.modules"
            | "__import__"
            | "importlib.import_module"
    ) || ["__globals__", "__dict__", "__subclasses__", "constructor"].contains(&last(object))
}

/// Methods that drop tables without SQL.
const DROPPING: &[&str] = &[
    "dropTable",
    "drop_table",
    "dropTableIfExists",
    "dropDatabase",
    "drop_database",
    "drop_all",
    "dropCollection",
    "drop_collection",
    "dropSchema",
    "delete_table",
    "deleteTable",
];

/// Functions that return the module that their argument names.
fn is_importer(path: &str) -> bool {
    matches!(path, "require" | "import" | "__import__" | "importlib.import_module" | "builtins.__import__")
}

/// Whom a function with these decorators answers.
pub(super) fn serves(decorators: &[Rc<str>]) -> Serves {
    decorators
        .iter()
        .map(|path| {
            let path = path.trim_end_matches("()");
            let member = path.contains('.');
            match last(path) {
                "tool" | "call_tool" | "resource" | "read_resource" | "get_prompt" | "prompt" if member => {
                    Serves::Tool
                }
                "tool" | "mcp_tool" | "function_tool" => Serves::Tool,
                "route" | "get" | "post" | "put" | "delete" | "patch" | "websocket" | "api_route"
                    if member =>
                {
                    Serves::Web
                }
                "api_view" | "view_config" | "expose" | "GetMapping" | "PostMapping" | "PutMapping"
                | "DeleteMapping" | "PatchMapping" | "RequestMapping" | "HttpGet" | "HttpPost"
                | "HttpPut" | "HttpDelete" | "Route" | "GET" | "POST" | "Get" | "Post" | "Put" | "Delete"
                | "Patch" => Serves::Web,
                _ => Serves::Nobody,
            }
        })
        .max()
        .unwrap_or_default()
}

/// True for an annotation of a parameter that a request fills.
pub(super) fn is_bound_to_request(name: &str) -> bool {
    matches!(
        last(name).trim_end_matches("()"),
        "RequestParam"
            | "PathVariable"
            | "RequestBody"
            | "RequestHeader"
            | "CookieValue"
            | "QueryParam"
            | "PathParam"
            | "FormParam"
            | "HeaderParam"
            | "FromQuery"
            | "FromRoute"
            | "FromBody"
            | "FromForm"
            | "FromHeader"
            | "Query"
            | "Param"
            | "Body"
            | "Headers"
    )
}

fn speaks_of_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "token",
        "secret",
        "passw",
        "pwd",
        "passphrase",
        "salt",
        "nonce",
        "otp",
        "session",
        "csrf",
        "apikey",
        "api_key",
        "secret_key",
        "private_key",
        "encryption_key",
        "auth",
        "credential",
        "reset",
        "activation",
        "verification",
        "_key",
        "coupon",
        "captcha",
        "pin_code",
        "invite",
    ]
    .iter()
    .any(|word| lower.contains(word))
        || matches!(lower.as_str(), "key" | "pin" | "iv" | "sid" | "session_id")
}

/// What `value` is like.
pub(super) fn is_like(value: &Value, is: Is) -> bool {
    value.cases().iter().any(|case| match is {
        Is::Anything => true,
        Is::True => case.shape == Shape::Bool(true) || plain_number(case) == Some("1"),
        Is::False => case.shape == Shape::Bool(false) || plain_number(case) == Some("0"),
        Is::Null => case.shape == Shape::Null,
        Is::Below(most) => {
            let number = case.as_number().and_then(|number| number.replace('_', "").parse::<u64>().ok());
            number.is_some_and(|number| number < most)
        }
        Is::WorldWritable => match case.as_number() {
            Some(number) => lets_others_write(number),
            None => case
                .path
                .as_deref()
                .is_some_and(|path| path.ends_with("S_IWOTH") || path.ends_with("S_IRWXO")),
        },
        Is::Text(words) => {
            case.constant().is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
        }
        Is::Holds(words) => {
            let lower = |text: &str| text.to_ascii_lowercase();
            let text = case.as_text().map(lower).unwrap_or_default();
            let path = case.path.as_deref().map(lower).unwrap_or_default();
            words.iter().any(|word| text.contains(word) || path.contains(word))
        }
        Is::Constant => case.constant().map_or(case.as_number().is_some(), |text| !text.is_empty()),
        Is::Varying => !case.is_constant(),
        Is::Mixed => case.is_built() && !case.is_harmless(Clean::SQL),
        Is::Product => case.path.as_deref() == Some("*"),
        Is::Requested => case.carries(Origin::REQUEST, Clean::HTML),
    })
}

/// The digits of a number, without what says its type: `0L`.
fn plain_number(value: &Value) -> Option<&str> {
    value.as_number().map(|number| number.trim_end_matches(['l', 'L', 'u', 'U']))
}

/// `0o777`, `0777`, `511`: the bit that lets everybody write.
fn lets_others_write(number: &str) -> bool {
    let plain = number.replace('_', "");
    let parsed = match plain.strip_prefix("0o").or_else(|| plain.strip_prefix("0O")) {
        Some(octal) => u32::from_str_radix(octal, 8),
        None => match plain.strip_prefix('0').filter(|rest| !rest.is_empty()) {
            Some(octal) => u32::from_str_radix(octal, 8),
            None => plain.parse(),
        },
    };
    parsed.is_ok_and(|mode| mode & 0o002 != 0)
}
