//! Walking the tree: variables, functions, aliases, pipes. Must never run a branch as if it certainly ran: what may or
//! may not be assigned is unknown afterwards.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::expand::{MAYBE, UNKNOWN, bounded};
use super::parse::parse;
use super::program;
use super::syntax::{Command, Commands, Grouping, RedirectKind, Simple, Word};
use super::variables::Value;
use crate::code::findings::Findings;
use crate::code::rule;

/// Most functions, aliases and texts being run inside one another.
const CALLS: usize = 12;
/// Most values that a loop is unrolled for.
const UNROLL: usize = 16;

/// Where a command is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lookup {
    /// Aliases and functions first.
    Shell,
    /// Builtins and programs only.
    Program,
}

/// What flows through a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stream {
    Nothing,
    Known(String),
    /// From the network.
    Remote,
    /// Out of a decoder.
    Decoded,
    /// From a file that holds credentials.
    Secret,
    Unknown,
}

pub(super) struct Machine<'f, 't> {
    pub(super) findings: &'f mut Findings<'t>,
    pub(super) variables: HashMap<String, Value>,
    functions: HashMap<String, Function>,
    pub(super) aliases: HashMap<String, String>,
    /// Aliases that were used.
    used: Vec<String>,
    pub(super) positional: Option<Vec<String>>,
    pub(super) bodies: Rc<[Word]>,
    calls: usize,
    /// How many constructs around may not run.
    pub(super) branches: usize,
    /// What the process substitutions of the current command give.
    pub(super) processes: Vec<Stream>,
    /// Functions being run, to see one that starts itself.
    running: Vec<Rc<Commands>>,
    /// The worst directory that the text may have changed to.
    pub(super) directory: Option<String>,
    /// Where the current command stands, for what has no place of its own.
    current: Range<usize>,
    /// True once the text has written a file: what then runs by its name may be that.
    pub(super) wrote: bool,
}

#[derive(Clone)]
struct Function {
    body: Rc<Commands>,
    bodies: Rc<[Word]>,
    span: Range<usize>,
    called: bool,
}

/// A program about to run.
pub(super) struct Call<'a> {
    /// The last part of its path, without `.exe`.
    pub(super) name: &'a str,
    pub(super) arguments: &'a [String],
    pub(super) input: &'a Stream,
    pub(super) span: Range<usize>,
}

impl<'f, 't> Machine<'f, 't> {
    pub(super) fn new(findings: &'f mut Findings<'t>) -> Self {
        Self {
            findings,
            variables: HashMap::new(),
            functions: HashMap::new(),
            aliases: HashMap::new(),
            used: Vec::new(),
            positional: None,
            bodies: Rc::from([]),
            calls: 0,
            branches: 0,
            processes: Vec::new(),
            running: Vec::new(),
            directory: None,
            current: 0..0,
            wrote: false,
        }
    }

    /// Parses and runs `text` with what is set so far.
    pub(super) fn script(&mut self, text: &str) -> Stream {
        if !self.findings.spend(text.len() + 16) {
            return Stream::Unknown;
        }
        let script = parse(text);
        for error in &script.errors {
            let end = text
                .get(error.at..)
                .and_then(|rest| rest.find('\n'))
                .map_or(text.len(), |line| error.at + line);
            self.findings.add(&rule::UNPARSED, error.at..end.max(error.at));
        }
        let outer = std::mem::replace(&mut self.bodies, Rc::from(script.bodies));
        let output = self.body(&script.commands, &Stream::Nothing);
        self.bodies = outer;
        output
    }

    /// Runs a text that stands inside the word at `at`: `eval`, an alias, backquotes.
    pub(super) fn nested(&mut self, text: &str, at: Range<usize>) -> Stream {
        if self.calls >= CALLS {
            self.findings.add(&rule::TRUNCATED, at);
            return Stream::Unknown;
        }
        self.calls += 1;
        let mut output = Stream::Unknown;
        // The closure needs the machine, whose findings are lent: take them apart for the time.
        let place = self.findings.enter_place(at);
        if text.contains([UNKNOWN, MAYBE]) {
            self.findings.add(&rule::UNRESOLVED_COMMAND, 0..text.len());
        }
        if place.is_some() {
            output = self.script(text);
        }
        self.findings.leave_place(place);
        self.calls -= 1;
        output
    }

    /// Runs a text as a shell of its own would: nothing is set but what it sets.
    pub(super) fn fresh(&mut self, text: &str, positional: Option<Vec<String>>, at: Range<usize>) {
        let mut outer = (HashMap::new(), HashMap::new(), HashMap::new(), positional);
        let swap = |machine: &mut Self, other: &mut (_, _, _, _)| {
            std::mem::swap(&mut machine.variables, &mut other.0);
            std::mem::swap(&mut machine.functions, &mut other.1);
            std::mem::swap(&mut machine.aliases, &mut other.2);
            std::mem::swap(&mut machine.positional, &mut other.3);
        };
        // Exported variables are seen inside; taking all for exported resolves more and hides nothing.
        outer.0.clone_from(&self.variables);
        let directory = self.directory.clone();
        swap(self, &mut outer);
        self.nested(text, at);
        self.uncalled();
        swap(self, &mut outer);
        self.directory = directory;
    }

    /// Runs a text that will run later, when variables may have changed.
    pub(super) fn later(&mut self, text: &str, at: Range<usize>) {
        let variables = std::mem::take(&mut self.variables);
        self.nested(text, at);
        self.variables = variables;
    }

    /// Functions and aliases that nothing called are looked at with arguments unknown: a later text may call them.
    pub(super) fn uncalled(&mut self) {
        let aliases: Vec<String> = self
            .aliases
            .iter()
            .filter(|(name, _)| !self.used.contains(name))
            .map(|(_, text)| text.clone())
            .collect();
        for text in aliases {
            self.nested(&text, self.current.clone());
        }
        let uncalled: Vec<String> = self
            .functions
            .iter()
            .filter(|(_, function)| !function.called)
            .map(|(name, _)| name.clone())
            .collect();
        for name in uncalled {
            self.call_function(&name, None, Stream::Unknown);
        }
    }

    /// The output of commands in a subshell.
    pub(super) fn subshell(&mut self, body: &Commands) -> Stream {
        self.apart(|machine| machine.body(body, &Stream::Nothing))
    }

    /// The output of a backquoted text.
    pub(super) fn captured(&mut self, text: &str) -> Stream {
        let at = self.current.clone();
        self.apart(|machine| machine.nested(text, at))
    }

    /// Runs something in a process of its own: what it sets ends with it. Functions that it defines stay, to be
    /// looked at in the end.
    fn apart(&mut self, run: impl FnOnce(&mut Self) -> Stream) -> Stream {
        if !self.findings.spend(self.variables.len() * 4 + self.aliases.len() * 4) {
            return Stream::Unknown;
        }
        let before = (self.variables.clone(), self.aliases.clone(), self.directory.clone());
        let output = run(self);
        (self.variables, self.aliases, self.directory) = before;
        output
    }

    fn group(&mut self, body: &Commands, kind: Grouping, input: Stream) -> Stream {
        match kind {
            Grouping::Plain => self.body(body, &input),
            Grouping::Subshell => self.apart(|machine| machine.body(body, &input)),
            Grouping::Branch => self.perhaps(|machine| machine.body(body, &input)),
            Grouping::Loop => self.perhaps(|machine| {
                // Twice: what a round sets, the next one sees.
                machine.body(body, &input);
                machine.body(body, &input)
            }),
        }
    }

    /// Runs something that may not run: what it sets may or may not be set.
    fn perhaps(&mut self, run: impl FnOnce(&mut Self) -> Stream) -> Stream {
        self.branches += 1;
        let output = run(self);
        self.branches -= 1;
        output
    }

    pub(super) fn note_process(&mut self, output: Stream) {
        self.processes.push(output);
    }

    /// What a file argument of the current command reads, when it is a process substitution.
    pub(super) fn process_input(&self) -> Option<Stream> {
        self.processes.last().cloned()
    }

    fn command(&mut self, command: &Command, input: Stream) -> Stream {
        match command {
            Command::Simple(simple) => self.simple(simple, input),
            Command::Pipeline(parts) => {
                if is_relay(parts) {
                    self.findings.add(&rule::REVERSE_SHELL, self.current.clone());
                }
                let mut stream = input;
                for part in parts {
                    stream = self.apart(|machine| machine.command(part, stream));
                }
                stream
            }
            Command::Group { body, kind, redirects } => {
                let input = self.redirects(redirects, input);
                let output = self.group(body, *kind, input);
                self.redirected(redirects, output)
            }
            Command::For { variable, values, body, redirects } => {
                let input = self.redirects(redirects, input);
                let output = self.for_loop(variable, values.as_deref(), body, &input);
                self.redirected(redirects, output)
            }
            Command::Function { name, body, span } => {
                let function = Function {
                    body: Rc::new(body.clone()),
                    bodies: Rc::clone(&self.bodies),
                    span: span.clone(),
                    called: false,
                };
                // One that is replaced unused may still be what runs: the new definition may be in a branch.
                if self.functions.get(name).is_some_and(|before| !before.called) {
                    self.call_function(name, None, Stream::Unknown);
                }
                self.functions.insert(name.clone(), function);
                Stream::Nothing
            }
        }
    }

    /// The commands of a group: each may read what comes in.
    fn body(&mut self, body: &Commands, input: &Stream) -> Stream {
        let mut output = Stream::Nothing;
        for command in body {
            if !self.findings.spend(4) {
                return Stream::Unknown;
            }
            let next = self.command(command, input.clone());
            output = match (output, next) {
                (Stream::Nothing, next) => next,
                (first, Stream::Nothing) => first,
                (Stream::Known(first), Stream::Known(next)) => Stream::Known(bounded(first + &next)),
                (_, _) => Stream::Unknown,
            };
        }
        output
    }

    fn for_loop(
        &mut self,
        variable: &str,
        values: Option<&[Word]>,
        body: &Commands,
        input: &Stream,
    ) -> Stream {
        let values: Vec<String> = match values {
            Some(words) => words.iter().flat_map(|word| self.fields(word)).collect(),
            None => self.positional.clone().unwrap_or_else(|| vec![UNKNOWN.to_string()]),
        };
        // A pattern names files that are not known, inside the directory that it names.
        let unrolled = values.len() <= UNROLL;
        let runs: Vec<Value> =
            if unrolled { values.into_iter().map(Value::Known).collect() } else { vec![Value::Unknown] };
        let single = runs.len() == 1;
        self.branches += usize::from(!single);
        for value in runs {
            self.variables.insert(variable.to_owned(), value);
            self.body(body, input);
        }
        if !unrolled {
            self.body(body, input);
        }
        self.branches -= usize::from(!single);
        Stream::Unknown
    }

    fn simple(&mut self, simple: &Simple, input: Stream) -> Stream {
        let processes = std::mem::take(&mut self.processes);
        let output = self.simple_inner(simple, input);
        self.processes = processes;
        output
    }

    fn simple_inner(&mut self, simple: &Simple, input: Stream) -> Stream {
        self.current = simple.span.clone();
        // An assignment before a command holds for that command alone, but the words are expanded without it.
        let fields: Vec<String> = simple.words.iter().flat_map(|word| self.fields(word)).collect();
        let declares = simple.words.first().is_some_and(super::expand::is_declaration);
        let lasting = fields.is_empty() || declares;
        for assignment in &simple.assignments {
            self.assignment(assignment, lasting, simple.span.clone());
            if declares && fields.iter().any(|field| field.starts_with('-') && field.contains('n')) {
                // `declare -n`: two names of one variable. What is set by the one changes the other.
                let value = self.variable(&assignment.name).into_text();
                self.forget(&assignment.name);
                self.forget(&value);
            }
        }
        let input = self.redirects(&simple.redirects, input);
        let opens =
            |kinds: &[RedirectKind]| simple.redirects.iter().any(|redirect| kinds.contains(&redirect.kind));
        let nothing = fields.first().is_none_or(|name| matches!(name.as_str(), ":" | "true"));
        if nothing && simple.assignments.is_empty() && opens(&[RedirectKind::Write]) {
            self.empties(&simple.redirects, simple.span.clone());
        }
        let output = if !fields.is_empty() {
            self.run(&fields, input, simple.span.clone())
        } else if opens(&[RedirectKind::Read]) {
            // `$(<file)` is what the file holds.
            input
        } else {
            Stream::Nothing
        };
        self.redirected(&simple.redirects, output)
    }

    /// Runs a list of fields as a command of the shell: an alias, a function or a program.
    pub(super) fn run(&mut self, fields: &[String], input: Stream, span: Range<usize>) -> Stream {
        self.run_fields(fields, input, span, Lookup::Shell)
    }

    /// Runs a list of fields as a program or builtin: what starts it knows no alias and no function.
    pub(super) fn run_program(&mut self, fields: &[String], input: Stream, span: Range<usize>) -> Stream {
        self.run_fields(fields, input, span, Lookup::Program)
    }

    fn run_fields(&mut self, fields: &[String], input: Stream, span: Range<usize>, lookup: Lookup) -> Stream {
        let Some((first, arguments)) = fields.split_first() else { return Stream::Nothing };
        if !self.findings.spend(fields.len() * 8 + 32) {
            return Stream::Unknown;
        }
        if self.calls >= CALLS {
            self.findings.add(&rule::TRUNCATED, span);
            return Stream::Unknown;
        }
        let maybe = first.contains(MAYBE);
        let path: String = first.chars().filter(|character| *character != MAYBE).collect();
        // An option that may be another still is one.
        let plain = |argument: &String| -> String {
            argument.chars().filter(|character| *character != MAYBE).collect()
        };
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| if argument.starts_with('-') { plain(argument) } else { argument.clone() })
            .collect();
        let arguments = arguments.as_slice();
        if maybe || path.contains(UNKNOWN) {
            self.findings.add(&rule::UNRESOLVED_COMMAND, span.clone());
        }
        if path.contains(UNKNOWN) {
            return Stream::Unknown;
        }
        self.calls += 1;
        // zsh: `=rm` is the path of `rm`.
        let path = path.strip_prefix('=').filter(|name| !name.is_empty()).unwrap_or(&path);
        let output = match lookup {
            Lookup::Shell => self.run_path(path, arguments, input, span),
            Lookup::Program => self.program(path, arguments, input, span),
        };
        self.calls -= 1;
        output
    }

    fn run_path(&mut self, path: &str, arguments: &[String], input: Stream, span: Range<usize>) -> Stream {
        if let Some(text) = self.aliases.get(path).cloned() {
            self.used.push(path.to_owned());
            // An alias does not expand inside itself.
            self.aliases.remove(path);
            let line = arguments.iter().fold(text.clone(), |line, argument| line + " " + &quote(argument));
            let output = self.nested(&line, span);
            self.aliases.insert(path.to_owned(), text);
            return output;
        }
        if self.functions.contains_key(path) {
            return self.call_function(path, Some(arguments.to_vec()), input);
        }
        self.program(path, arguments, input, span)
    }

    fn program(&mut self, path: &str, arguments: &[String], input: Stream, span: Range<usize>) -> Stream {
        let name = path.trim_matches(['\r', '\n']).rsplit(['/', '\\']).next().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let name = lower.strip_suffix(".exe").map_or(name, |stem| name.get(..stem.len()).unwrap_or(name));
        let call = Call { name, arguments, input: &input, span: span.clone() };
        if let Some(output) = program::run(self, &call, path) {
            return output;
        }
        self.findings.add(&rule::UNKNOWN_PROGRAM, span);
        Stream::Unknown
    }

    fn call_function(&mut self, name: &str, arguments: Option<Vec<String>>, input: Stream) -> Stream {
        let Some(function) = self.functions.get_mut(name) else { return Stream::Unknown };
        function.called = true;
        let function = function.clone();
        // By its body: inside a function its name may be given to another one.
        if self.running.iter().any(|running| Rc::ptr_eq(running, &function.body)) {
            // It starts itself; twice in its own pipe, or in the background, it never ends.
            if multiplies(&function.body, name) {
                self.findings.add(&rule::FORK_BOMB, function.span);
            }
            return Stream::Unknown;
        }
        if self.running.len() >= CALLS {
            self.findings.add(&rule::UNKNOWN_PROGRAM, function.span);
            return Stream::Unknown;
        }
        self.running.push(Rc::clone(&function.body));
        let positional = std::mem::replace(&mut self.positional, arguments);
        let bodies = std::mem::replace(&mut self.bodies, function.bodies);
        let output = self.body(&function.body, &input);
        self.bodies = bodies;
        self.positional = positional;
        self.running.pop();
        output
    }
}

/// True when a shell and a program that talks to the network stand in one pipe.
fn is_relay(parts: &[Command]) -> bool {
    let name = |command: &Command| match command {
        Command::Simple(simple) => simple.words.first().and_then(|word| match word.pieces.as_slice() {
            [super::syntax::Piece::Bare(text)] => text.rsplit('/').next().map(str::to_owned),
            _ => None,
        }),
        Command::Pipeline(_) | Command::Group { .. } | Command::For { .. } | Command::Function { .. } => None,
    };
    let any = |names: &[&str]| parts.iter().filter_map(name).any(|name| names.contains(&name.as_str()));
    any(&["sh", "bash", "zsh", "dash", "ksh", "ash", "csh", "fish"])
        && any(&["nc", "ncat", "netcat", "telnet", "socat"])
}

/// True when running `name` starts it again more than once at the same time: in a pipe with itself, or twice.
fn multiplies(body: &Commands, name: &str) -> bool {
    fn count(commands: &Commands, name: &str) -> usize {
        commands
            .iter()
            .map(|command| match command {
                Command::Simple(simple) => usize::from(simple.words.first().is_some_and(|word| {
                    word.pieces.iter().any(|piece| match piece {
                        super::syntax::Piece::Bare(text) | super::syntax::Piece::Quoted(text) => text == name,
                        super::syntax::Piece::Parameter(_)
                        | super::syntax::Piece::Substitution { .. }
                        | super::syntax::Piece::Backquoted { .. }
                        | super::syntax::Piece::Process(_)
                        | super::syntax::Piece::Arithmetic(_) => false,
                    })
                })),
                Command::Pipeline(parts) => count(parts, name),
                Command::Group { body, .. } | Command::For { body, .. } => count(body, name),
                Command::Function { .. } => 0,
            })
            .sum()
    }
    count(body, name) >= 2
}

/// `text` as one word again.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
