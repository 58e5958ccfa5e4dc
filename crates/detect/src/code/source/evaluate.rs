//! What a node is worth, once what is in it is known. Must never drop where content comes from.

use std::rc::Rc;

use super::catalogue::{Means, last};
use super::grammar::{Field, Role, Tongue};
use super::literal::{self, Marks};
use super::value::{Clean, Origin, Shape, Value};
use super::walk::{Frame, Part, Walk, short};
use crate::code::shell::UNKNOWN;

impl Walk<'_, '_, '_> {
    /// The value of the node of `frame`.
    pub(super) fn evaluate(&mut self, frame: Frame) -> Value {
        let Frame { role, field, at, parts, .. } = frame;
        self.here = at.clone();
        match role {
            Role::Text => {
                let value = self.literal(&at, &parts);
                self.literal_seen(&value, &at);
                value
            }
            Role::Shell => {
                let value = self.literal(&at, &parts);
                self.shell_text(&value, &at);
                value
            }
            Role::Concatenated => {
                let texts: Vec<&Value> = parts.iter().map(|part| &part.value).collect();
                let first = texts.first().map_or(Value::unknown(), |value| Value::clone(value));
                texts.iter().skip(1).fold(first, |sum, value| sum.concatenated(value)).at(&at)
            }
            Role::Binary => self.binary(&parts).at(&at),
            Role::Unary => self.unary(&parts, &at).at(&at),
            Role::Choice => choice(&parts).at(&at),
            Role::Member => self.member(&parts).at(&at),
            Role::Index => self.index(&parts).at(&at),
            Role::Call => self.call(&parts, &at).at(&at),
            Role::Statement(name) => {
                let arguments: Vec<Value> = parts.into_iter().map(|part| part.value).collect();
                let arguments = spread(arguments);
                self.called(&Value::named(name), &arguments, &at).at(&at)
            }
            Role::Macro => self.macro_call(&parts, &at).at(&at),
            Role::Arguments => Value::group(values(parts), Shape::Arguments).at(&at),
            Role::List => Value::group(values(parts), Shape::List).at(&at),
            Role::Table => self.table(parts).at(&at),
            Role::Named => self.named(&parts, &at),
            Role::Assign => self.assign(&parts, &at),
            Role::Augment => self.augment(&parts, &at),
            Role::Bind => self.bind_clause(&parts),
            Role::Parameter => self.parameter(&parts),
            Role::Parameters => {
                if field != Field::Type {
                    for part in &parts {
                        if part.role != Role::Parameter {
                            self.bind_parameter(&part.value, Origin::NONE);
                        }
                    }
                }
                Value::group(values(parts), Shape::Arguments).at(&at)
            }
            Role::Decorator => {
                for part in &parts {
                    if let Some(path) = &part.value.path {
                        self.decorators.push(Rc::clone(path));
                        self.mentioned(path, &at);
                    }
                }
                Value::unknown()
            }
            Role::Return => {
                if let Some(part) = parts.last() {
                    let value = part.value.clone();
                    self.returned(&value, &at);
                }
                Value::unknown()
            }
            Role::Unsafe => {
                self.findings.add(&super::catalogue::rules::UNSAFE_BLOCK, at.start..at.start + 6);
                Value::unknown()
            }
            Role::Function => {
                // `x => f(x)`: the body is what is returned.
                if let Some(part) =
                    parts.last().filter(|part| part.field == Field::Body && part.role != Role::Body)
                {
                    let value = part.value.clone();
                    self.returned(&value, &at);
                }
                Value::of(Shape::Code).at(&at)
            }
            Role::Class => Value::of(Shape::Code).at(&at),
            Role::Loop | Role::If | Role::Branch | Role::Body => Value::unknown(),
            Role::Group
            | Role::Skip
            | Role::Name
            | Role::Path
            | Role::Type
            | Role::Number
            | Role::True
            | Role::False
            | Role::Null
            | Role::Regex
            | Role::Import => match (self.grammar.tongue, parts.as_slice()) {
                // `name(parameters)` of a C function is its name.
                (Tongue::C | Tongue::Cpp, [name, list, ..]) if list.role == Role::Parameters => {
                    Value { path: name.value.path.clone(), ..Value::unknown() }.at(&at)
                }
                (_, _) => group(parts).at(&at),
            },
        }
    }

    /// Sources that a name is by itself.
    pub(super) fn sourced(&mut self, value: Value) -> Value {
        let Some(path) = value.path.clone() else { return value };
        let mut value = value;
        for means in self.catalogue.means(&path) {
            match means {
                Means::Source(origin) => value = value.from(*origin),
                Means::SourceWith(origin, words) if self.mentions(words) => value = value.from(*origin),
                Means::Clean(clean) => value = value.cleaned(*clean),
                Means::Mention(rule) => {
                    let at = self.here.clone();
                    self.findings.add(rule, at);
                }
                Means::SourceWith(..)
                | Means::Sink(_)
                | Means::Call(..)
                | Means::Set(..)
                | Means::MarkedWithout(..)
                | Means::Guard(_) => {}
            }
        }
        value
    }

    fn binary(&mut self, parts: &[Part]) -> Value {
        let mut operands = parts.iter().filter(|part| part.field != Field::Operator).map(|part| &part.value);
        let operator = parts.iter().find(|part| part.field == Field::Operator);
        let operator = operator.and_then(|part| part.value.path.as_deref()).unwrap_or_default();
        let (Some(left), right) = (operands.next(), operands.next()) else { return Value::unknown() };
        let right = right.unwrap_or(left);
        match operator {
            "+" | "." | ".." | "~" => add(left, right, operator == "."),
            "<<" if matches!(self.grammar.tongue, Tongue::Ruby | Tongue::Cpp) => add(left, right, false),
            // `std::cin >> name`
            ">>" if self.grammar.tongue == Tongue::Cpp && left.origin.has(Origin::REQUEST) => {
                let read = Value { path: None, ..Value::unknown().flowing(left) };
                self.bind(right, &read);
                left.clone()
            }
            "%" if left.as_text().is_some() => {
                let fill: Vec<Value> = if let Shape::List(list) | Shape::Table(list) = &right.shape {
                    list.to_vec()
                } else {
                    vec![right.clone()]
                };
                formatted(left, &fill, Marks::Percent)
            }
            "or" | "||" | "??" | "?:" | "and" | "&&" => left.clone().or(right.clone()),
            "in" | "not in" | "==" | "!=" | "===" | "!==" | "is" | "is not" | "<" | ">" | "<=" | ">="
            | "<>" | "=~" | "!~" | "instanceof" => {
                self.compared(operator, left, right);
                Value::unknown()
            }
            // A text or a list repeated holds what it held.
            "*" if left.constant().is_some() || matches!(left.shape, Shape::List(_)) => left.clone(),
            "*" if !left.is_constant() || !right.is_constant() => {
                Value { path: Some("*".into()), ..Value::unknown().flowing(left).flowing(right) }
            }
            "/" if left.path.as_deref().is_some_and(|path| path.contains("Path")) => {
                // `Path("a") / b`
                let joined = left.clone().or(Value::unknown()).flowing(right);
                Value { shape: joined_path(&[left, right]), path: Some("pathlib.Path()".into()), ..joined }
            }
            _ => Value::unknown().flowing(left).flowing(right),
        }
    }

    fn unary(&mut self, parts: &[Part], at: &std::ops::Range<usize>) -> Value {
        let source = self.source(at);
        let Some(part) = parts.iter().find(|part| part.field != Field::Operator) else {
            return Value::unknown();
        };
        if source.starts_with(['!', '~']) || source.starts_with("not") || source.starts_with("typeof") {
            let value = part.value.clone();
            self.denied(&value);
            return Value::unknown();
        }
        if let (Shape::Number(number), true) = (&part.value.shape, source.starts_with('-')) {
            return Value::of(Shape::Number(format!("-{number}").into()));
        }
        part.value.clone()
    }

    fn member(&mut self, parts: &[Part]) -> Value {
        let Some(object) = parts.first().map(|part| &part.value) else { return Value::unknown() };
        let name = parts.iter().skip(1).rfind(|part| part.field != Field::Operator);
        let Some(name) = name.and_then(|part| part.value.path.clone()) else { return object.clone() };
        self.reached(object, &name)
    }

    /// The member `name` of `object`.
    pub(super) fn reached(&mut self, object: &Value, name: &str) -> Value {
        if let Some(value) = object.get(name) {
            return value.clone();
        }
        let path = format!("{}.{name}", object.path.as_deref().unwrap_or("?"));
        let path = short(&path);
        if let Some(known) = self.names.get(path) {
            let path = known.path.clone().unwrap_or_else(|| path.into());
            return Value { path: Some(path), ..known }.flowing(object);
        }
        let receiver = Value { receiver: None, ..object.clone() };
        let value = Value { path: Some(path.into()), receiver: Some(Rc::new(receiver)), ..Value::unknown() };
        let value = value.flowing(object);
        let value = self.sourced(value);
        // What was made sure of holds for its members, too.
        if value.origin == Origin::NONE { value } else { value.cleaned(self.names.guarded_all(object.roots)) }
    }

    fn index(&mut self, parts: &[Part]) -> Value {
        let mut parts = parts.iter().filter(|part| part.field != Field::Operator);
        let Some(object) = parts.next().map(|part| &part.value) else { return Value::unknown() };
        let Some(index) = parts.next().map(|part| &part.value) else {
            let path = object.path.as_deref().map(|path| format!("{path}[]").into());
            return Value { path, ..Value::unknown().flowing(object) };
        };
        let index = index.elements().first().unwrap_or(index);
        if let Shape::Number(number) = &index.shape
            && let Shape::List(list) = &object.shape
            && let Some(element) = number.parse().ok().and_then(|at: usize| list.get(at))
        {
            return element.clone();
        }
        match index.constant() {
            Some(name) if name.len() < 80 => {
                let value = self.reached(object, name);
                Value { computed: true, ..value }
            }
            _ if let Some(value) = member_of(object) => value,
            _ => {
                let path = format!("{}[]", object.path.as_deref().unwrap_or("?"));
                let number = matches!(index.shape, Shape::Number(_));
                let value = Value { path: Some(short(&path).into()), ..Value::unknown().flowing(object) };
                Value { computed: !number, ..value }
            }
        }
    }

    fn table(&mut self, parts: Vec<Part>) -> Value {
        let list = values(parts);
        let named = list.iter().any(|value| matches!(value.shape, Shape::Named(..)));
        if !named && self.grammar.tongue == Tongue::Php {
            return Value::group(list, Shape::List);
        }
        Value::group(list, Shape::Table)
    }

    /// `name: value`, `name=value`, `name => value`.
    fn named(&mut self, parts: &[Part], at: &std::ops::Range<usize>) -> Value {
        let [key, .., value] = parts else {
            return parts.first().map_or(Value::unknown(), |part| part.value.clone());
        };
        let name = key.value.constant().map(Rc::from).or_else(|| key.value.path.clone());
        let Some(name) = name.filter(|name: &Rc<str>| name.len() <= 120) else {
            return Value::unknown().flowing(&key.value).flowing(&value.value);
        };
        let name = name.trim_start_matches(':').to_owned();
        self.given(&name, &value.value, at);
        // What is compared by `$eq` is taken for a value, whatever it holds.
        let value = value.value.clone();
        let value = if name == "$eq" { value.cleaned(Clean::OBJECT) } else { value };
        Value::member(&name, value).at(at)
    }

    fn assign(&mut self, parts: &[Part], at: &std::ops::Range<usize>) -> Value {
        let places: Vec<&Part> =
            parts.iter().filter(|part| !matches!(part.field, Field::Type | Field::Operator)).collect();
        let target = places
            .iter()
            .position(|part| matches!(part.field, Field::Left | Field::Name | Field::Member))
            .unwrap_or_default();
        let value = places
            .iter()
            .rposition(|part| matches!(part.field, Field::Right | Field::Value))
            .unwrap_or_else(|| places.len().saturating_sub(1));
        let (Some(target), Some(value)) = (places.get(target).filter(|_| target != value), places.get(value))
        else {
            return Value::unknown();
        };
        let (target, mut value) = (target.value.clone(), value.value.clone());
        // `std::ifstream file(name);`
        if let (Tongue::Cpp, Shape::Arguments(arguments)) = (self.grammar.tongue, &value.shape) {
            let made = self
                .frames
                .last()
                .and_then(|frame| frame.parts.iter().find(|part| part.field == Field::Type));
            if let Some(made) = made.map(|part| part.value.clone()) {
                let arguments = arguments.to_vec();
                value = self.called(&made, &arguments, at);
            }
        }
        // `A = 1` among the initializers of a C# object names a member.
        if self.grammar.tongue == Tongue::CSharp
            && self.frames.last().is_some_and(|frame| frame.role == Role::List)
        {
            let name = target.path.clone().unwrap_or_else(|| "?".into());
            self.given(&name, &value, at);
            return Value::member(&name, value);
        }
        self.give(&target, &value, at);
        value
    }

    fn augment(&mut self, parts: &[Part], at: &std::ops::Range<usize>) -> Value {
        let mut places = parts.iter().filter(|part| part.field != Field::Operator);
        let (Some(target), Some(value)) = (places.next(), places.next()) else { return Value::unknown() };
        let php = self.grammar.tongue == Tongue::Php;
        let sum = add(&target.value, &value.value, php);
        let source = target.value.range();
        let written = self.source(&source).trim_start_matches('$').to_owned();
        let target = Value::named(short(&written));
        self.give(&target, &sum, at);
        sum
    }

    /// `target = value`: the name keeps it, and rules look at both.
    fn give(&mut self, target: &Value, value: &Value, at: &std::ops::Range<usize>) {
        if let Some(path) = target.path.clone() {
            self.given(&path, value, at);
        }
        self.bind(target, value);
    }

    fn call(&mut self, parts: &[Part], at: &std::ops::Range<usize>) -> Value {
        let arguments_at = parts.iter().position(|part| matches!(part.value.shape, Shape::Arguments(_)));
        let split = arguments_at.unwrap_or(parts.len());
        let callee: Vec<&Part> = parts
            .get(..split)
            .unwrap_or_default()
            .iter()
            .filter(|part| part.field != Field::Operator && part.field != Field::Condition)
            .collect();
        let mut arguments: Vec<Value> =
            parts.get(split).map(|part| spread(part.value.elements().to_vec())).unwrap_or_default();
        // Tagged templates, blocks, initializers.
        for part in parts.get(split + 1..).unwrap_or_default() {
            match part.value.as_list() {
                Some(list) => arguments.extend(list.iter().take(64).cloned()),
                None => arguments.push(part.value.clone()),
            }
        }
        let callee = match callee.as_slice() {
            [] => return Value::unknown(),
            [only] => only.value.clone(),
            [tag, template] if arguments_at.is_none() && template.value.as_text().is_some() => {
                arguments.push(template.value.clone());
                tag.value.clone()
            }
            // Between functions Go reads `f(x)` as a conversion to a type.
            [only, operand] if only.field == Field::Type => {
                arguments.push(operand.value.clone());
                only.value.clone()
            }
            [object, .., name] => {
                let name = name.value.path.clone().unwrap_or_else(|| "?".into());
                self.reached(&object.value, &name)
            }
        };
        self.called(&callee, &arguments, at)
    }

    /// `format!("…", a)`, `vec![…]`: the tokens in the brackets are as good as arguments.
    fn macro_call(&mut self, parts: &[Part], at: &std::ops::Range<usize>) -> Value {
        let name = parts.first().and_then(|part| part.value.path.clone()).unwrap_or_else(|| "?".into());
        let arguments = parts.last().map(|part| part.value.elements().to_vec()).unwrap_or_default();
        match last(&name) {
            "vec" => Value::group(arguments, Shape::List),
            "format" | "concat" | "format_args" => match arguments.split_first() {
                Some((first, rest)) => formatted(first, rest, Marks::Braces),
                None => Value::text(""),
            },
            _ => self.called(&Value::named(&format!("{name}!")), &arguments, at),
        }
    }
}

/// One of the values of `table`, whichever, where all of them are in the text: the key picks, it does not flow in.
pub(super) fn member_of(table: &Value) -> Option<Value> {
    if !matches!(table.shape, Shape::Table(_) | Shape::List(_)) {
        return None;
    }
    let values: Option<Vec<&Value>> = table
        .elements()
        .iter()
        .map(|value| match (&table.shape, value.as_named()) {
            (Shape::List(_), _) => Some(value),
            (_, Some((_, value))) => Some(value),
            (_, None) => None,
        })
        .collect();
    let (first, rest) = values.as_deref()?.split_first()?;
    Some(rest.iter().fold(Value::clone(first), |sum, value| sum.or(Value::clone(value))))
}

/// `left + right`; texts are put together, lists joined.
fn add(left: &Value, right: &Value, texts: bool) -> Value {
    let is_text = |value: &Value| value.cases().iter().any(|case| case.as_text().is_some());
    if let Some(list) = left.as_list() {
        let more = right.as_list().map_or_else(|| vec![Value::unknown().flowing(right)], <[Value]>::to_vec);
        return Value::group(list.iter().cloned().chain(more).collect(), Shape::List);
    }
    if texts || is_text(left) || is_text(right) {
        return left.concatenated(right);
    }
    if let (Shape::Number(_), Shape::Number(_)) = (&left.shape, &right.shape) {
        return Value::of(Shape::Number("?".into()));
    }
    Value::unknown().flowing(left).flowing(right)
}

/// One of two values; the condition is none of them.
fn choice(parts: &[Part]) -> Value {
    let mut values = parts.iter().filter(|part| !matches!(part.field, Field::Condition | Field::Operator));
    match (values.next(), values.next(), values.next()) {
        // Python: value, condition, value.
        (Some(one), Some(_), Some(two)) | (Some(one), Some(two), None) => {
            one.value.clone().or(two.value.clone())
        }
        (Some(only), _, _) => only.value.clone(),
        (None, _, _) => Value::unknown(),
    }
}

/// What is in a node together; the node of one thing is that thing.
fn group(parts: Vec<Part>) -> Value {
    let mut list: Vec<Value> = parts
        .into_iter()
        .filter(|part| !matches!(part.field, Field::Type | Field::Operator))
        .map(|part| part.value)
        .collect();
    if list.len() == 1 {
        return list.pop().unwrap_or(Value::unknown());
    }
    list.iter().fold(Value::unknown(), |sum, value| sum.flowing(value))
}

fn values(parts: Vec<Part>) -> Vec<Value> {
    parts
        .into_iter()
        .filter(|part| part.field != Field::Operator && !matches!(part.role, Role::Decorator | Role::Bind))
        .map(|part| part.value)
        .collect()
}

/// Arguments that are themselves lists of arguments.
fn spread(arguments: Vec<Value>) -> Vec<Value> {
    if let [only] = arguments.as_slice()
        && let Shape::Arguments(inner) = &only.shape
    {
        return inner.to_vec();
    }
    arguments
}

/// `template` with `fill` put in.
pub(super) fn formatted(template: &Value, fill: &[Value], marks: Marks) -> Value {
    let Some(text) = template.as_text() else {
        return fill.iter().fold(Value::unknown().flowing(template), Value::flowing);
    };
    let mut next = fill.iter().filter(|value| !matches!(value.shape, Shape::Named(..)));
    let unknown: Rc<str> = String::from(UNKNOWN).into();
    let text = literal::filled(text, marks, |name| {
        let name = name.split([':', '!', '.', '[']).next().unwrap_or_default();
        let mut named = fill.iter().filter_map(Value::as_named);
        let by_name = named.find(|(known, _)| *known == name).map(|(_, value)| value);
        let by_place = name.parse().ok().and_then(|at: usize| fill.get(at));
        let value = by_name.or(by_place).or_else(|| next.next().filter(|_| name.is_empty()));
        value.map_or_else(|| Rc::clone(&unknown), Value::in_text)
    });
    fill.iter().fold(Value::bounded(text).flowing(template), Value::flowing)
}

/// A path made of `parts`.
pub(super) fn joined_path(parts: &[&Value]) -> Shape {
    let mut out = String::new();
    for part in parts {
        let text = part.in_text();
        if text.starts_with('/') {
            out.clear();
        } else if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(&text);
    }
    Value::bounded(out).shape
}
