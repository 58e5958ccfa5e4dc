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
}

/// Walks `tree`, the tree of `text`.
pub(super) fn walk(text: &str, tree: &Tree, grammar: &'static Grammar, findings: &mut Findings<'_>) {
    let mut walk = Walk {
        text,
        grammar,
        catalogue: Catalogue::of(grammar.tongue),
        names: Names::new(),
        findings,
        frames: Vec::new(),
        scopes: Vec::new(),
        decorators: Vec::new(),
        here: 0..0,
        mentions: HashMap::new(),
        target: None,
    };
    walk.survey(tree);
    walk.run(tree);
}

impl Walk<'_, '_, '_> {
    pub(super) fn source(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }

    /// Which names are given values more than once, and which functions the text defines.
    fn survey(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        let mut above: Vec<Role> = Vec::new();
        loop {
            let node = cursor.node();
            let role = self.grammar.role(node);
            let field = self.grammar.field(cursor.field_id());
            if role == Role::Name || role == Role::Path && self.grammar.tongue == Tongue::Php {
                let name = self.text.get(node.byte_range()).unwrap_or_default();
                match (above.last(), field) {
                    (Some(Role::Assign | Role::Augment | Role::Loop), Field::Left | Field::Name)
                    | (Some(Role::List | Role::Group), Field::Left) => {
                        if self.names.given.len() < 20_000 {
                            *self.names.given.entry(name.into()).or_default() += 1;
                        }
                    }
                    (Some(Role::Function), Field::Name) => {
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
                self.scopes.push(Scope { name: String::new(), serves });
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

    fn scalar(&self, at: &Range<usize>, role: Role) -> Value {
        let source = self.source(at);
        if role == Role::Number {
            Value::of(Shape::Number(short(source).into()))
        } else if matches!(role, Role::True | Role::False) {
            Value::of(Shape::Bool(source.starts_with(['t', 'T'])))
        } else if role == Role::Null {
            Value::of(Shape::Null)
        } else {
            let value = Value::text(short(source.trim_matches('/')));
            Value { path: Some("regex".into()), ..value }
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

    fn bind_loop(&mut self, parts: &[Part]) {
        let named = |field: Field| parts.iter().find(|part| part.field == field).map(|part| &part.value);
        let target = named(Field::Left).or_else(|| named(Field::Name));
        let over = named(Field::Right).or_else(|| named(Field::Value));
        match (target, over) {
            (Some(target), Some(over)) => self.bind(target, &element(over)),
            (None, None) if self.grammar.tongue == Tongue::Php => {
                // `foreach ($list as $key => $value)`
                if let [over, target, ..] = parts {
                    let each = element(&over.value);
                    let names: Vec<Value> = match target.value.as_named() {
                        Some((key, value)) => vec![Value::named(key), value.clone()],
                        None => vec![target.value.clone()],
                    };
                    for name in names {
                        self.bind(&name, &each);
                    }
                }
            }
            (_, _) => {}
        }
    }

    /// The name of a function, known outside of it; and the parameter of one that has only one.
    fn bind_function(&mut self, parts: &[Part]) {
        let name =
            parts.iter().find(|part| part.field == Field::Name).and_then(|part| part.value.path.clone());
        if let (Some(name), Some(scope)) = (name, self.scopes.last_mut()) {
            scope.name = super::catalogue::last(&name).to_owned();
        }
        for part in parts {
            if part.field == Field::Parameter && part.role == Role::Name {
                self.bind_parameter(&part.value, Origin::NONE);
            }
        }
    }

    /// Gives the parameters in `value` what a caller may pass.
    pub(super) fn bind_parameter(&mut self, value: &Value, further: Origin) {
        let serves = self.scopes.last().is_some_and(|scope| scope.serves != Serves::Nobody);
        let origin = Origin::PARAMETER.and(further).and(if serves { Origin::REQUEST } else { Origin::NONE });
        for name in pattern_names(value) {
            let id = self.names.id(&name);
            let known = Value { path: Some(Rc::clone(&name)), ..Value::unknown() };
            let own = matches!(
                &*name,
                "self" | "cls" | "this" | "ctx" | "context" | "request" | "req" | "res" | "response"
            );
            let known = if own { known } else { known.from(origin) };
            let known = if value.clean == Clean::EVERYTHING && value.computed {
                known.cleaned(Clean::EVERYTHING)
            } else {
                known
            };
            self.names.set(&name, Value { roots: known.roots.with(id), ..known });
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
        if role == Role::Function {
            self.scopes.pop();
        }
        if self.target.is_some_and(|depth| depth >= self.frames.len()) {
            self.target = None;
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
        let mut text = String::new();
        let mut from = start;
        let mut whole = Value::unknown();
        let add = |range: Range<usize>, text: &mut String| {
            let piece = self.text.get(range).unwrap_or_default();
            if escapes { literal::unescaped(piece, text) } else { text.push_str(piece) }
        };
        for part in parts.iter().filter(|part| part.field != Field::Operator) {
            let range = part.value.range();
            if range.start < from || range.end > end {
                continue;
            }
            add(from..range.start, &mut text);
            let braced = tongue == Tongue::Php && text.ends_with('{');
            if braced {
                text.pop();
            }
            text.push_str(&part.value.in_text());
            whole = whole.flowing(&part.value);
            from = range.end + usize::from(braced);
        }
        add(from..end, &mut text);
        Value { shape: Shape::Text(text.into()), ..whole }.at(at)
    }
}

/// An element of `value`, whichever.
fn element(value: &Value) -> Value {
    let list = value.elements();
    if list.is_empty() || list.len() > 4 || matches!(value.shape, Shape::Table(_)) {
        let path = value.path.as_deref().map(|path| format!("{path}[]").into());
        return Value { path, ..Value::unknown().flowing(value) };
    }
    let mut elements = list.iter().cloned();
    let first = elements.next().unwrap_or(Value::unknown());
    elements.fold(first, Value::or)
}

/// The names in a target, `a`, `(a, b)`, `{ a, b: c }`.
pub(super) fn pattern_names(value: &Value) -> Vec<Rc<str>> {
    let mut names = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if let Some((_, inner)) = value.as_named() {
            open.push(inner);
        } else if let Shape::List(list) | Shape::Table(list) | Shape::Arguments(list) = &value.shape {
            open.extend(list.iter().take(64));
        } else {
            names.extend(value.path.clone());
        }
    }
    names
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
