//! Calls whose arguments another engine looks at: shells, databases, evaluators, files, the network. Must never let a
//! call pass whose argument it could not read.

use std::ops::Range;

use super::catalogue::{Arg, Sink, last, rules};
use super::grammar::Tongue;
use super::judge::Arguments;
use super::value::{Clean, Origin, Shape, Value};
use super::walk::Walk;
use crate::code::rule::{self, Rule};
use crate::code::shell::{self, UNKNOWN};
use crate::code::sql::{self, Dialect};

/// What a first argument may be called.
const FIRST: &[&str] = &[
    "args",
    "cmd",
    "command",
    "sql",
    "query",
    "path",
    "source",
    "statement",
    "file",
    "text",
    "url",
    "uri",
    "filename",
    "statusQuery",
    "name",
    "object",
    "operation",
];

impl Walk<'_, '_, '_> {
    pub(super) fn sink(
        &mut self,
        sink: Sink,
        path: &str,
        callee: &Value,
        args: &Arguments<'_>,
        at: &Range<usize>,
    ) {
        let first = args.get(Arg(0, FIRST));
        match sink {
            Sink::Shell => {
                if let Some(value) = first {
                    self.command(value, at);
                }
            }
            Sink::Spawn => self.spawn(first, args, at),
            Sink::Words(skip) => self.words_of(skip, path, args, at),
            Sink::Sql => {
                if let Some(value) = first {
                    self.sql(last(path), value, args, at);
                }
            }
            Sink::Evaluate(rule) => self.evaluated(rule, first, at),
            Sink::DeleteTree(rule) => {
                if let Some(value) = first {
                    self.delete_tree(rule, value, at);
                }
            }
            Sink::DeleteFile => {
                let target = first.or_else(|| callee.receiver.as_deref().filter(|_| args.0.is_empty()));
                match target.map(|value| (value, value.constant())) {
                    Some((_, Some(text))) => {
                        let words = [Some("rm".to_owned()), Some(text.to_owned())];
                        shell::inspect_arguments(&words, at.clone(), self.findings);
                    }
                    Some((value, None)) => {
                        self.path(value, at);
                        self.findings.add(&rule::REMOVE_FILE, at.clone());
                    }
                    None => {}
                }
            }
            Sink::Open => self.open(first, args, at),
            Sink::Write => {
                if let Some(value) = first {
                    if value
                        .as_text()
                        .is_some_and(|text| text.starts_with("/tmp/") || text.starts_with("/var/tmp/"))
                    {
                        self.findings.add(&rules::TEMP_FILE, at.clone());
                    }
                    if let Some(text) = value.constant() {
                        shell::inspect_write(text, at.clone(), self.findings);
                    }
                    self.path(value, at);
                }
            }
            Sink::SetUser => match first.map(|value| &value.shape) {
                Some(Shape::Number(number)) if number.trim_matches(['0', '_', 'x', 'o']).is_empty() => {
                    self.findings.add(&rule::SETUID_ROOT, at.clone());
                }
                Some(_) | None => {}
            },
            Sink::Import => {
                if let Some(value) = first
                    && value.constant().is_none()
                {
                    let request = value.carries(Origin::REQUEST, Clean::EVERYTHING);
                    self.findings.add(
                        if request { &rules::UNSAFE_REFLECTION } else { &rule::DYNAMIC_IMPORT },
                        at.clone(),
                    );
                }
            }
            Sink::Attribute => self.attribute(args, at),
            Sink::Send => self.send(path, args, at),
        }
    }

    /// A text that a shell runs by its own syntax: backquotes.
    pub(super) fn shell_text(&mut self, value: &Value, at: &Range<usize>) {
        self.command(value, at);
    }

    fn command(&mut self, value: &Value, at: &Range<usize>) {
        for case in value.cases() {
            match &case.shape {
                Shape::Text(text) => self.shell(text, case, at),
                Shape::List(list) => self.words(words(list), at),
                Shape::Code => {}
                Shape::Unknown
                | Shape::Number(_)
                | Shape::Bool(_)
                | Shape::Null
                | Shape::Table(_)
                | Shape::Named(..)
                | Shape::Arguments(_)
                | Shape::Either(_) => {
                    let flows = case.carries(Origin::REQUEST.and(Origin::PARAMETER), Clean::SHELL);
                    self.findings
                        .add(if flows { &rule::SHELL_TRUE } else { &rule::UNRESOLVED_CALL }, at.clone());
                }
            }
        }
    }

    fn shell(&mut self, text: &str, value: &Value, at: &Range<usize>) {
        if text.contains(UNKNOWN) && !value.is_harmless(Clean::SHELL) {
            // A value between the words of a command can end it and begin another.
            self.findings.add(&rule::SHELL_TRUE, at.clone());
        }
        self.findings.within(at.clone(), |findings| shell::inspect(text, findings));
    }

    /// The words of a command that runs without a shell.
    pub(super) fn command_words(&mut self, list: &[Value], at: &Range<usize>) {
        self.words(words(list), at);
    }

    fn words(&mut self, words: Vec<Option<String>>, at: &Range<usize>) {
        if words.is_empty() {
            return self.findings.add(&rule::UNRESOLVED_CALL, at.clone());
        }
        let program =
            words.first().and_then(Option::as_deref).map(|word| word.rsplit('/').next().unwrap_or(word));
        let shell = matches!(
            program,
            Some(
                "sh" | "bash"
                    | "zsh"
                    | "dash"
                    | "ksh"
                    | "cmd"
                    | "cmd.exe"
                    | "powershell"
                    | "powershell.exe"
                    | "pwsh"
            )
        );
        let built =
            words.get(2).is_some_and(|word| word.as_deref().is_none_or(|word| word.contains(UNKNOWN)));
        if shell && built && words.len() <= 4 {
            self.findings.add(&rule::SHELL_TRUE, at.clone());
        }
        shell::inspect_arguments(&words, at.clone(), self.findings);
    }

    fn words_of(&mut self, skip: usize, path: &str, args: &Arguments<'_>, at: &Range<usize>) {
        // Ruby hands a single text to a shell.
        if self.grammar.tongue == Tongue::Ruby
            && let (Some(only), None) = (args.at(0), args.at(1))
        {
            return self.command(only, at);
        }
        // What is started was judged where it was made.
        if args
            .at(0)
            .and_then(|value| value.path.as_deref())
            .is_some_and(|path| path.ends_with("ProcessStartInfo()"))
        {
            return;
        }
        let mut list = Vec::new();
        let mut place = skip;
        while let Some(value) = args.at(place) {
            match &value.shape {
                Shape::List(inner) => list.extend(words(inner)),
                Shape::Text(_) | Shape::Number(_) => list.push(Some(value.in_text().to_string())),
                Shape::Table(_) | Shape::Code => {}
                Shape::Unknown
                | Shape::Bool(_)
                | Shape::Null
                | Shape::Named(..)
                | Shape::Arguments(_)
                | Shape::Either(_) => list.push(None),
            }
            place += 1;
        }
        let first = args.at(skip);
        if first.is_some_and(|value| {
            value.carries(Origin::REQUEST, Clean::EVERYTHING) && value.constant().is_none()
        }) {
            self.findings.add(&rules::SHELL_ARGUMENT, at.clone());
        }
        let list = if path.contains("exec") || path.contains("spawn") { argv(list) } else { list };
        self.words(list, at);
    }

    fn spawn(&mut self, first: Option<&Value>, args: &Arguments<'_>, at: &Range<usize>) {
        let Some(first) = first else { return };
        let shell = args
            .named("shell")
            .is_some_and(|value| value.shape != Shape::Bool(false) && value.shape != Shape::Null);
        let arguments = args.at(1).filter(|value| matches!(value.shape, Shape::List(_)));
        for case in first.cases() {
            match (&case.shape, arguments.map(Value::elements)) {
                // `spawn("rm", ["-rf", "/"])`
                (Shape::Text(program), Some(list)) => {
                    let all: Vec<Option<String>> =
                        std::iter::once(Some(program.to_string())).chain(words(list)).collect();
                    if shell {
                        let unknown = UNKNOWN.to_string();
                        let line: Vec<String> =
                            all.into_iter().map(|word| word.unwrap_or_else(|| unknown.clone())).collect();
                        self.shell(&line.join(" "), case, at);
                    } else {
                        self.words(all, at);
                    }
                }
                (Shape::Text(text), None) if shell => self.shell(text, case, at),
                // Without a shell the text is the program, or a line that is split into words.
                (Shape::Text(text), None) => {
                    if text.contains(UNKNOWN) && case.carries(Origin::REQUEST, Clean::SHELL) {
                        self.findings.add(&rules::SHELL_ARGUMENT, at.clone());
                    }
                    self.findings.within(at.clone(), |findings| shell::inspect(text, findings));
                }
                (Shape::List(list), _) if shell => match list.first().map(|value| (value, value.as_text())) {
                    Some((value, Some(text))) => self.shell(text, value, at),
                    Some((_, None)) | None => self.findings.add(&rule::UNRESOLVED_CALL, at.clone()),
                },
                (Shape::List(list), _) => {
                    let request = list.first().is_some_and(|value| {
                        value.constant().is_none() && value.carries(Origin::REQUEST, Clean::EVERYTHING)
                    });
                    if request {
                        self.findings.add(&rules::SHELL_ARGUMENT, at.clone());
                    }
                    self.words(words(list), at);
                }
                (Shape::Code, _) => {}
                _ => {
                    let what = if shell && !case.is_harmless(Clean::SHELL) {
                        &rule::SHELL_TRUE
                    } else if case.carries(Origin::REQUEST, Clean::SHELL) {
                        &rules::SHELL_ARGUMENT
                    } else if case.carries(Origin::PARAMETER, Clean::SHELL) {
                        &rules::COMMAND_VALUE
                    } else {
                        &rule::UNRESOLVED_CALL
                    };
                    self.findings.add(what, at.clone());
                }
            }
        }
    }

    fn sql(&mut self, method: &str, value: &Value, args: &Arguments<'_>, at: &Range<usize>) {
        for case in value.cases() {
            let Some(text) = case.as_text() else {
                let direct = matches!(case.shape, Shape::Unknown)
                    && case.path.as_deref().is_none_or(|path| !path.contains('('));
                let plain = method.to_ascii_lowercase();
                let runs = ["execute", "query", "raw", "executescript", "queryrawunsafe"]
                    .iter()
                    .any(|word| plain.ends_with(word));
                if direct
                    && runs
                    && args.0.len() == 1
                    && case.carries(Origin::REQUEST, Clean::SQL)
                    && case.as_text().is_none()
                {
                    self.findings.add(&rules::SQL_INJECTION, at.clone());
                }
                continue;
            };
            // Without words of its own an unknown stands for any of them.
            let readable = text.replace(UNKNOWN, " x ");
            if !sql::is_sql(readable.trim()) {
                continue;
            }
            if text.contains(UNKNOWN) && !case.is_harmless(Clean::SQL) {
                let request = case.carries(Origin::REQUEST, Clean::SQL);
                self.findings
                    .add(if request { &rules::SQL_INJECTION } else { &rule::SQL_CONCATENATION }, at.clone());
            }
            let readable = text.replace(UNKNOWN, " ? ");
            self.findings.within(at.clone(), |findings| sql::inspect(&readable, Dialect::Any, findings));
        }
    }

    fn evaluated(&mut self, rule: &'static Rule, first: Option<&Value>, at: &Range<usize>) {
        let timer = rule.message == rule::DELAYED.message;
        let Some(value) = first else { return };
        if value.path.as_deref().is_some_and(is_decoder) {
            self.findings.add(&rules::OBFUSCATED, at.clone());
        }
        if value.path.as_deref().is_some_and(is_fetcher) {
            self.findings.add(&rules::REMOTE_CODE, at.clone());
        }
        for case in value.cases() {
            match &case.shape {
                Shape::Text(text) if !text.contains(UNKNOWN) => {
                    // A constant is code that can be read. Python's is judged by what it says alone.
                    if self.grammar.tongue != Tongue::Python {
                        self.findings.add(rule, at.clone());
                    }
                    let (text, tongue) = (text.clone(), self.grammar.tongue);
                    self.findings
                        .within(at.clone(), |findings| super::inspect_tongue(&text, tongue, findings));
                }
                // A timer takes a function as well, which is the ordinary use.
                Shape::Code => {}
                Shape::Text(_) => self.findings.add(rule, at.clone()),
                Shape::Unknown
                | Shape::Number(_)
                | Shape::Bool(_)
                | Shape::Null
                | Shape::List(_)
                | Shape::Table(_)
                | Shape::Named(..)
                | Shape::Arguments(_)
                | Shape::Either(_) => {
                    if !timer {
                        self.findings.add(rule, at.clone());
                    }
                }
            }
        }
    }

    fn delete_tree(&mut self, rule: &'static Rule, value: &Value, at: &Range<usize>) {
        if let Some(text) = value.constant() {
            let before = self.findings.len();
            let words = [Some("rm".to_owned()), Some("-rf".to_owned()), Some(text.to_owned())];
            shell::inspect_arguments(&words, at.clone(), self.findings);
            let judged = self.findings.len() > before;
            if shell::is_dangerous_path(text) || !judged && !text.starts_with("/tmp") {
                self.findings.add(rule, at.clone());
            }
            return;
        }
        let temporary = value.path.as_deref().is_some_and(|path| {
            path.contains("tempfile.")
                || path.contains("mkdtemp")
                || path.contains("tmpdir")
                || path.contains("TempDir")
                || path.contains("MkdirTemp")
        });
        if !temporary {
            self.findings.add(rule, at.clone());
            self.path(value, at);
        }
    }

    fn open(&mut self, first: Option<&Value>, args: &Arguments<'_>, at: &Range<usize>) {
        let Some(value) = first else { return };
        let mode = args.get(Arg(1, &["mode", "flag", "flags"])).and_then(Value::constant);
        let writes = mode.is_some_and(|mode| mode.contains(['w', 'a', '+', 'x']) && mode.len() <= 4);
        for case in value.cases() {
            if let Some(path) = case.as_text() {
                if writes {
                    if case.constant().is_some() {
                        shell::inspect_write(path, at.clone(), self.findings);
                    }
                } else {
                    shell::inspect_read(path, at.clone(), self.findings);
                }
            }
        }
        self.path(value, at);
    }

    /// A path that comes from elsewhere.
    pub(super) fn path(&mut self, value: &Value, at: &Range<usize>) {
        if value.carries(Origin::REQUEST, Clean::PATH) {
            return self.findings.add(&rules::PATH_TRAVERSAL, at.clone());
        }
        if value.carries(Origin::ENTRY, Clean::PATH) {
            return self.findings.add(&rules::ARCHIVE, at.clone());
        }
        let built = value.cases().iter().any(|case| {
            case.as_text().is_some_and(|text| {
                text.contains(UNKNOWN) && text.contains(['/', '\\']) || text.matches(UNKNOWN).count() > 1
            })
        });
        if built && value.carries(Origin::PARAMETER, Clean::PATH) {
            self.findings.add(&rules::PATH_JOINED, at.clone());
        }
    }

    /// `getattr(os, name)`.
    fn attribute(&mut self, args: &Arguments<'_>, at: &Range<usize>) {
        let (Some(object), Some(name)) = (args.at(0), args.at(1)) else { return };
        let module = object.path.as_deref().unwrap_or_default();
        let module = module.strip_suffix("()").unwrap_or(module);
        let imported = ["__import__", "importlib.import_module"].contains(&module);
        match name.constant() {
            Some(name)
                if self.catalogue.runs(&format!("{module}.{name}"))
                    || imported && matches!(name, "system" | "popen" | "exec" | "eval") =>
            {
                self.findings.add(&rule::REFLECTION, at.clone());
            }
            Some(_) => {}
            None if name.carries(Origin::REQUEST, Clean::EVERYTHING) => {
                self.findings.add(&rules::UNSAFE_REFLECTION, at.clone());
            }
            None if imported || is_dangerous_module(module) => {
                self.findings.add(&rule::REFLECTION, at.clone())
            }
            None => {}
        }
    }

    /// A request to another machine: where to, and what with.
    fn send(&mut self, path: &str, args: &Arguments<'_>, at: &Range<usize>) {
        let place = usize::from(matches!(last(path), "request" | "stream"));
        let address = args.get(Arg(place, &["url", "uri", "endpoint", "address", "host", "hostname"]));
        if let Some(address) = address {
            self.address(address, at);
        }
        let constant = address.is_some_and(|value| {
            value.as_text().is_some_and(|text| text.contains("://")) && !is_local(value)
        });
        for value in args.0 {
            let (name, value) = value.as_named().unwrap_or(("", value));
            if value.origin.has(Origin::SECRET) && !matches!(name, "headers" | "auth" | "verify" | "cert") {
                return self.findings.add(&rules::EXFILTRATION, at.clone());
            }
            let posts = matches!(last(path), "post" | "put" | "urlopen" | "Request" | "fetch" | "request");
            if constant
                && posts
                && value.origin.has(Origin::OUTSIDE)
                && matches!(name, "data" | "files" | "json" | "body" | "content")
            {
                self.findings.add(&rules::SENDS_FILE, at.clone());
            }
        }
    }

    /// The address of a request: a fixed host with a path put in is no danger.
    pub(super) fn address(&mut self, value: &Value, at: &Range<usize>) {
        for case in value.cases() {
            let fixed = case.as_text().is_some_and(|text| {
                let rest = text.split_once("://").map_or("", |(_, rest)| rest);
                let host = rest.find(['/', '?', '#']).map(|end| rest.get(..end).unwrap_or_default());
                host.is_some_and(|host| !host.is_empty() && !host.contains(UNKNOWN))
                    || text.find(UNKNOWN).is_none_or(|unknown| {
                        rest.len() > 3
                            && text.len() - rest.len() + 3 < unknown
                            && rest.split(UNKNOWN).next().is_some_and(|start| start.contains('/'))
                    })
            });
            if fixed {
                continue;
            }
            if case.carries(Origin::REQUEST, Clean::URL) {
                self.findings.add(&rules::SSRF, at.clone());
            } else if case.is_built()
                && case.carries(Origin::PARAMETER, Clean::URL)
                && case.as_text().is_some_and(|text| text.contains("://"))
            {
                self.findings.add(&rules::SSRF_BUILT, at.clone());
            }
        }
    }
}

fn words(list: &[Value]) -> Vec<Option<String>> {
    list.iter()
        .map(|value| {
            let known = value.as_text().is_some() || value.as_number().is_some();
            known.then(|| value.in_text().to_string())
        })
        .collect()
}

/// `os.execv(path, [argv0, …])`: the name that the program is told is left out.
fn argv(words: Vec<Option<String>>) -> Vec<Option<String>> {
    let mut words = words;
    let name =
        |word: &Option<String>| word.as_deref().and_then(|word| word.rsplit('/').next()).map(str::to_owned);
    let same = match (words.first(), words.get(1)) {
        (Some(one), Some(two)) => name(one).is_some() && name(one) == name(two),
        (_, _) => false,
    };
    if same {
        words.remove(1);
    }
    words
}

fn is_local(value: &Value) -> bool {
    value.as_text().is_some_and(|text| {
        text.contains("://localhost") || text.contains("://127.") || text.contains("://[")
    })
}

fn is_decoder(path: &str) -> bool {
    [
        "b64decode",
        "b32decode",
        "a85decode",
        "b85decode",
        "decompress()",
        "fromhex",
        "unhexlify",
        "atob",
        "base64_decode",
        "gzinflate",
        "gzuncompress",
        "str_rot13",
        "codecs.decode",
        "decodebytes",
        "Buffer.from",
        "unescape()",
        "decode64",
        "marshal.loads",
        "fromCharCode",
        "hex2bin",
    ]
    .iter()
    .any(|word| path.contains(word))
}

fn is_fetcher(path: &str) -> bool {
    [
        "requests.get()",
        "urlopen()",
        "httpx.get()",
        "urllib.request",
        "fetch()",
        "file_get_contents()",
        "requests.post()",
    ]
    .iter()
    .any(|word| path.contains(word))
}

/// Modules whose functions are sinks: reaching into them by a computed name is not resolved.
fn is_dangerous_module(module: &str) -> bool {
    matches!(
        module,
        "os" | "subprocess"
            | "shutil"
            | "builtins"
            | "__builtins__"
            | "sys"
            | "ctypes"
            | "pty"
            | "importlib"
            | "commands"
            | "posix"
            | "nt"
    )
}
