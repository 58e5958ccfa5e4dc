//! The walk over a syntax tree: one pass in the order of the text, each node evaluated when what is in it has been. The
//! stack is a list, never the machine's: text nests as deep as its author likes.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use tree_sitter::{Node, Tree};

use super::catalogue::Catalogue;
use super::grammar::{Field, Grammar, Role, Tongue};
use super::names::Names;
use super::value::{Clean, Origin, Shape, Value};
use super::{imports, literal};
use crate::code::findings::Findings;
use crate::code::rule;

/// Most parts of one node that are kept; each is looked at by itself all the same.
const MOST_PARTS: usize = 4000;

/// A node whose inside is being walked.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) role: Role,
    pub(super) field: Field,
    pub(super) at: Range<usize>,
    pub(super) parts: Vec<Part>,
    /// Its loop variables or parameters have been given what they hold.
    bound: bool,
}

/// A part of a node, evaluated.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) field: Field,
    pub(super) role: Role,
    pub(super) value: Value,
}

/// Whom a function answers, by its decorators. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Serves {
    #[default]
    Nobody,
    /// A model or a program that calls it as a tool.
    Tool,
    /// A browser.
    Web,
}

/// A function that the walk is inside of.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) name: String,
    /// Whom it answers.
    pub(super) serves: Serves,
    /// The number of its first parameter, but for itself.
    pub(super) first: Option<u32>,
    /// Where what it returns comes from.
    pub(super) returns: Option<(Origin, Clean)>,
    pub(super) at: Range<usize>,
}

pub(super) struct Walk<'w, 'f, 't> {
    pub(super) text: &'w str,
    pub(super) grammar: &'static Grammar,
    pub(super) catalogue: &'static Catalogue,
    pub(super) names: Names,
    pub(super) findings: &'f mut Findings<'t>,
    pub(super) frames: Vec<Frame>,
    pub(super) scopes: Vec<Scope>,
    /// Decorators and annotations of what comes next.
    pub(super) decorators: Vec<Rc<str>>,
    /// Where the node that is evaluated stands.
    pub(super) here: Range<usize>,
    /// Answers to "does the text mention one of these", by the place of the list.
    pub(super) mentions: HashMap<(usize, usize), bool>,
    /// Depth of the frame that is a target of an assignment: names in it are not looked up.
    target: Option<usize>,
    /// Depth of the frames where PHP's `<?=` began: what comes next is written to the page.
    echo: Option<usize>,
    /// A function was called whose body comes later and decides what its result is worth.
    pub(super) ahead: bool,
}

/// Walks `tree`, the tree of `text`.
pub(super) fn walk(text: &str, tree: &Tree, grammar: &'static Grammar, findings: &mut Findings<'_>) {
    let mark = findings.len();
    let mut walk = Walk::over(text, grammar, Names::new(), findings);
    walk.survey(tree);
    walk.run(tree);
    if walk.ahead {
        let names = walk.names.start_again();
        findings.rewind(mark);
        Walk::over(text, grammar, names, findings).run(tree);
    }
}

impl<'w, 'f, 't> Walk<'w, 'f, 't> {
    fn over(text: &'w str, grammar: &'static Grammar, names: Names, findings: &'f mut Findings<'t>) -> Self {
        Self {
            text,
            grammar,
            catalogue: Catalogue::of(grammar.tongue),
            names,
            findings,
            frames: Vec::new(),
            scopes: Vec::new(),
            decorators: Vec::new(),
            here: 0..0,
            mentions: HashMap::new(),
            target: None,
            echo: None,
            ahead: false,
        }
    }
}

impl Walk<'_, '_, '_> {
    pub(super) fn source(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }

    /// Which names are given values more than once, and which functions the text defines.
    fn survey(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        let mut above: Vec<Role> = Vec::new();
        let mut assigned = 0..0;
        loop {
            let node = cursor.node();
            let role = self.grammar.role(node);
            let field = self.grammar.field(cursor.field_id());
            // `const f = (x) => …` defines `f`.
            if role == Role::Function && above.last() == Some(&Role::Assign) {
                let name = self.text.get(assigned.clone()).unwrap_or_default();
                if !name.is_empty() && self.names.defined.len() < 20_000 {
                    self.names.defined.insert(name.into());
                }
            }
            if role == Role::Name || role == Role::Path && self.grammar.tongue == Tongue::Php {
                let name = self.text.get(node.byte_range()).unwrap_or_default();
                match (above.last(), field) {
                    (Some(Role::Assign | Role::Augment | Role::Loop), Field::Left | Field::Name)
                    | (Some(Role::List | Role::Group), Field::Left) => {
                        assigned = node.byte_range();
                        if self.names.given.len() < 20_000 {
                            *self.names.given.entry(name.into()).or_default() += 1;
                        }
                    }
                    (Some(Role::Function), Field::Name) | (Some(Role::Group), Field::Name)
                        if above.last() == Some(&Role::Function)
                            || above.iter().nth_back(1) == Some(&Role::Function) =>
                    {
                        if self.names.defined.len() < 20_000 {
                            self.names.defined.insert(name.into());
                        }
                    }
                    (_, _) => {}
                }
            }
            if cursor.goto_first_child() {
                above.push(role);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                above.pop();
            }
        }
    }

    fn run(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        let mut unparsed = false;
        loop {
            let node = cursor.node();
            if !self.findings.spend(1) {
                return;
            }
            if !unparsed && (node.is_error() || node.is_missing()) {
                unparsed = true;
                self.findings
                    .add(&rule::UNPARSED, node.start_byte()..node.end_byte().max(node.start_byte() + 1));
            }
            let field = self.grammar.field(cursor.field_id());
            if self.enter(node, field) {
                if cursor.goto_first_child() {
                    continue;
                }
                self.leave();
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                self.leave();
            }
        }
    }

    /// Takes in `node`; true when its inside is to be walked.
    fn enter(&mut self, node: Node<'_>, field: Field) -> bool {
        let role = if self.frames.is_empty() { Role::Body } else { self.grammar.role(node) };
        let at = node.byte_range();
        if field == Field::Body || role == Role::Body {
            self.before_body();
        }
        match role {
            Role::Skip => {
                if self.grammar.tongue == Tongue::Php && self.source(&at) == "<?=" {
                    self.echo = Some(self.frames.len());
                }
                if field == Field::Operator || self.is_operator(node) {
                    let operator = Value::named(self.source(&at).trim());
                    self.push(Field::Operator, role, operator.at(&at));
                }
                return false;
            }
            Role::Name | Role::Path => {
                let value = self.name(&at, field, role);
                self.push(field, role, value.at(&at));
                return false;
            }
            Role::Type => {
                let source = self.source(&at).trim_start_matches(':').trim();
                let value = Value::named(short(source));
                self.push(Field::Type, role, value);
                return false;
            }
            Role::Number | Role::True | Role::False | Role::Null | Role::Regex => {
                let value = self.scalar(&at, role);
                self.push(field, role, value.at(&at));
                return false;
            }
            Role::Import => {
                imports::import(node, self.text, self.grammar.tongue, &mut self.names);
                return false;
            }
            Role::Function => {
                self.names.enter();
                let serves = super::judge::serves(&self.decorators);
                self.decorators.clear();
                self.scopes.push(Scope { serves, at: at.clone(), ..Scope::default() });
            }
            Role::Class => {
                self.names.enter();
                self.decorators.clear();
            }
            Role::Loop => {
                self.names.loops += 1;
                self.names.branches += 1;
            }
            Role::If | Role::Branch => self.names.branches += 1,
            Role::Parameters if self.in_function() => {
                let serves = super::judge::serves(&self.decorators);
                self.decorators.clear();
                if let Some(scope) = self.scopes.last_mut() {
                    scope.serves = scope.serves.max(serves);
                }
            }
            Role::Group
            | Role::Text
            | Role::Shell
            | Role::Concatenated
            | Role::Binary
            | Role::Unary
            | Role::Choice
            | Role::Member
            | Role::Index
            | Role::Call
            | Role::Statement(_)
            | Role::Arguments
            | Role::Named
            | Role::List
            | Role::Table
            | Role::Assign
            | Role::Augment
            | Role::Bind
            | Role::Parameters
            | Role::Parameter
            | Role::Decorator
            | Role::Return
            | Role::Macro
            | Role::Unsafe
            | Role::Body => {}
        }
        if self.target.is_none() && self.is_target(field, role) {
            self.target = Some(self.frames.len());
        }
        self.frames.push(Frame { role, field, at, parts: Vec::new(), bound: false });
        true
    }

    /// An operator that its grammar gives no field.
    fn is_operator(&self, node: Node<'_>) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.role, Role::Binary | Role::Unary))
            && !node.is_named()
            && node.end_byte() - node.start_byte() <= 10
    }

    /// True for the part of a node that is given something: names in it are not looked up.
    fn is_target(&self, field: Field, role: Role) -> bool {
        if role == Role::Parameters {
            return self.in_function();
        }
        let Some(parent) = self.frames.last() else { return false };
        let given = matches!(field, Field::Left | Field::Name);
        let list = parent.parts.is_empty() && self.grammar.tongue == Tongue::Php && role == Role::List;
        matches!(parent.role, Role::Assign | Role::Loop) && (given || list)
            || parent.role == Role::Bind && given
            || parent.role == Role::Parameter
                && !matches!(field, Field::Value | Field::Type)
                && role != Role::Decorator
            || parent.role == Role::Function && field == Field::Parameter
    }

    /// True inside the header of a function.
    fn in_function(&self) -> bool {
        self.frames.iter().rev().take(4).any(|frame| frame.role == Role::Function)
    }

    /// The value of a name.
    fn name(&mut self, at: &Range<usize>, field: Field, role: Role) -> Value {
        self.here = at.clone();
        let source = self.source(at).trim();
        let path: Rc<str> = if role == Role::Path { plain_path(source).into() } else { short(source).into() };
        let Some(parent) = self.frames.last() else { return Value::named(&path) };
        let later = !parent.parts.is_empty();
        let (role, php) = (parent.role, self.grammar.tongue == Tongue::Php);
        let targeted = self.target.is_some();
        let raw = if role == Role::Member {
            later
        } else if matches!(role, Role::Call | Role::Macro) {
            later && matches!(field, Field::Name | Field::Member) || field == Field::Type
        } else if role == Role::Named {
            !later && !php || targeted && later
        } else if matches!(role, Role::Assign | Role::Bind | Role::Loop) {
            matches!(field, Field::Left | Field::Name)
        } else if matches!(role, Role::Function | Role::Class) {
            matches!(field, Field::Name | Field::Parameter | Field::Other | Field::Type)
        } else if matches!(role, Role::Parameters | Role::Parameter) {
            role == Role::Parameters || field != Field::Value
        } else {
            targeted && !matches!(role, Role::Index | Role::Decorator | Role::Augment)
        };
        if raw {
            return Value::named(&path);
        }
        self.looked_up(&path)
    }

    /// What is known of the name or path `path`.
    pub(super) fn looked_up(&mut self, path: &str) -> Value {
        let id = self.names.id(path);
        if let Some(value) = self.names.get(path) {
            let path = value.path.clone().unwrap_or_else(|| path.into());
            let value = Value { path: Some(path), ..value };
            return Value { roots: value.roots.with(id), ..value };
        }
        let (head, tail) = path.split_once('.').map_or((path, ""), |(head, tail)| (head, tail));
        let full: Rc<str> = match self.names.imported(head) {
            Some(full) if tail.is_empty() => Rc::clone(full),
            Some(full) => format!("{full}.{tail}").into(),
            None => path.into(),
        };
        self.sourced(Value { path: Some(full), ..Value::unknown() })
    }

    fn scalar(&mut self, at: &Range<usize>, role: Role) -> Value {
        if role == Role::Regex && super::backtracking::is_exponential(self.source(at)) {
            self.findings.add(&super::catalogue::rules::REGEX_SLOW, at.clone());
        }
        let source = self.source(at);
        if role == Role::Number {
            Value::of(Shape::Number(short(source).into()))
        } else if matches!(role, Role::True | Role::False) {
            Value::of(Shape::Bool(source.starts_with(['t', 'T'])))
        } else if role == Role::Null {
            Value::of(Shape::Null)
        } else {
            let value = Value::text(short(source.trim_matches('/')));
            Value { path: Some("regex".into()), ..value }.at(at)
        }
    }

    /// Hands `value` to the node around.
    fn push(&mut self, field: Field, role: Role, value: Value) {
        if let Some(frame) = self.frames.last_mut()
            && frame.role != Role::Body
            && frame.parts.len() < MOST_PARTS
        {
            frame.parts.push(Part { field, role, value });
        }
    }

    /// What has to be known before the body of the node around is walked: loop variables, parameters.
    fn before_body(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.bound {
            return;
        }
        frame.bound = true;
        if frame.role == Role::Loop {
            let parts = std::mem::take(&mut frame.parts);
            self.bind_loop(&parts);
        } else if frame.role == Role::Function {
            let parts = std::mem::take(&mut frame.parts);
            self.bind_function(&parts);
        }
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.role == Role::Loop {
            self.names.loops = self.names.loops.saturating_sub(1);
        }
        if matches!(frame.role, Role::Loop | Role::If | Role::Branch) {
            self.names.branches = self.names.branches.saturating_sub(1);
        }
        let (field, role, at) = (frame.field, frame.role, frame.at.clone());
        let value = self.evaluate(frame);
        if role == Role::Function || role == Role::Class {
            self.names.leave();
        }
        if role == Role::Function
            && let Some(scope) = self.scopes.pop()
        {
            self.summarize(scope);
        }
        if self.target.is_some_and(|depth| depth >= self.frames.len()) {
            self.target = None;
        }
        if self.echo == Some(self.frames.len()) {
            self.echo = None;
            self.called(&Value::named("echo"), std::slice::from_ref(&value), &at);
        }
        if role != Role::Body && role != Role::Decorator {
            let at = if value.at == (0, 0) { value.at(&at) } else { value };
            self.push(field, role, at);
        }
    }

    /// The text of a literal, with marks where values are put in.
    pub(super) fn literal(&self, at: &Range<usize>, parts: &[Part]) -> Value {
        let source = self.source(at);
        let tongue = self.grammar.tongue;
        let (body, escapes) = literal::unquoted(source, tongue);
        let start = at.start + (body.as_ptr() as usize).saturating_sub(source.as_ptr() as usize);
        let end = start + body.len();
        // One text for each combination of constants that are put in.
        let mut texts = vec![String::new()];
        let mut from = start;
        let mut whole = Value::unknown();
        let add = |range: Range<usize>, texts: &mut Vec<String>| {
            let piece = self.text.get(range).unwrap_or_default();
            for text in texts {
                if escapes { literal::unescaped(piece, text) } else { text.push_str(piece) }
            }
        };
        for part in parts.iter().filter(|part| part.field != Field::Operator) {
            let range = part.value.range();
            if range.start < from || range.end > end {
                continue;
            }
            add(from..range.start, &mut texts);
            let braced = tongue == Tongue::Php && texts.iter().all(|text| text.ends_with('{'));
            if braced {
                for text in &mut texts {
                    text.pop();
                }
            }
            let put: Vec<Rc<str>> = part.value.alternatives(texts.len());
            texts = texts.iter().flat_map(|text| put.iter().map(move |put| format!("{text}{put}"))).collect();
            whole = whole.flowing(&part.value);
            from = range.end + usize::from(braced);
        }
        add(from..end, &mut texts);
        let all = texts.into_iter().map(|text| Value { shape: Shape::Text(text.into()), ..whole.clone() });
        all.reduce(Value::or).unwrap_or(whole).at(at)
    }
}

/// At most 200 bytes of `text`.
pub(super) fn short(text: &str) -> &str {
    let mut end = text.len().min(200);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// `a::b<T>::c`, `a\b` as `a.b.c`.
fn plain_path(source: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for character in short(source).chars() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            // Nothing stands before the first dot, and none beside another.
            ':' | '\\' | '.' if depth == 0 && (out.is_empty() || out.ends_with('.')) => {}
            ':' | '\\' | '.' if depth == 0 => out.push('.'),
            '$' | ' ' | '\n' => {}
            other if depth == 0 => out.push(other),
            _ => {}
        }
    }
    out
}
