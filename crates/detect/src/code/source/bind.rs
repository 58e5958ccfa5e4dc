//! Giving names what they hold: targets of assignments, loops, parameters. Must never drop a name that a pattern has.

use std::rc::Rc;

use super::grammar::{Field, Role, Tongue};
use super::value::{Clean, Origin, Shape, Value};
use super::walk::{Part, Serves, Walk};

impl Walk<'_, '_, '_> {
    pub(super) fn bind_loop(&mut self, parts: &[Part]) {
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
    pub(super) fn bind_function(&mut self, parts: &[Part]) {
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
            if let Some(scope) = self.scopes.last_mut().filter(|_| !own) {
                scope.first.get_or_insert(id);
            }
            let known = if own { known } else { known.from(origin) };
            let known = if value.clean == Clean::EVERYTHING && value.computed {
                known.cleaned(Clean::EVERYTHING)
            } else {
                known
            };
            self.names.set(&name, Value { roots: known.roots.with(id), ..known });
        }
    }

    /// The names in `target` hold what `value` is from now on.
    pub(super) fn bind(&mut self, target: &Value, value: &Value) {
        // Patterns nest, but only as deep as values do.
        let mut open = vec![(target.clone(), value.clone())];
        while let Some((target, value)) = open.pop() {
            match &target.shape {
                Shape::List(list) | Shape::Arguments(list) => {
                    let single = list.len() == 1 && !matches!(value.shape, Shape::List(_));
                    let go = self.grammar.tongue == Tongue::Go;
                    for (at, inner) in list.iter().enumerate() {
                        let same = value.elements().len() == list.len();
                        let part = match value.elements().get(at).filter(|_| same) {
                            Some(element) => element.clone(),
                            None if single || go && at == 0 => {
                                value.elements().first().cloned().unwrap_or_else(|| value.clone())
                            }
                            None => Value { path: None, ..Value::unknown().flowing(&value) },
                        };
                        open.push((inner.clone(), part));
                    }
                }
                Shape::Table(list) => {
                    for inner in list.iter() {
                        let own = inner.path.as_deref().unwrap_or("?");
                        let (key, inner) = inner.as_named().unwrap_or((own, inner));
                        let part = self.reached(&value, key);
                        open.push((inner.clone(), part));
                    }
                }
                Shape::Unknown
                | Shape::Text(_)
                | Shape::Number(_)
                | Shape::Bool(_)
                | Shape::Null
                | Shape::Named(..)
                | Shape::Code
                | Shape::Either(_) => {
                    let Some(name) = &target.path else { continue };
                    let name = Rc::clone(name);
                    let value = Value { receiver: None, computed: false, ..value };
                    self.names.set(&name, value);
                }
            }
        }
    }

    /// `for x in xs` of a comprehension, `with f() as x`, `for k, v := range m`.
    pub(super) fn bind_clause(&mut self, parts: &[Part]) -> Value {
        let target = parts.iter().find(|part| matches!(part.field, Field::Left | Field::Name));
        let value =
            parts.iter().find(|part| !matches!(part.field, Field::Left | Field::Name | Field::Operator));
        match (target, value) {
            (Some(target), Some(value)) => {
                let whole = target.field == Field::Name;
                let each = if whole { value.value.clone() } else { Value::unknown().flowing(&value.value) };
                self.bind(&target.value, &each);
                Value::unknown().flowing(&value.value)
            }
            (_, _) => Value::unknown(),
        }
    }

    pub(super) fn parameter(&mut self, parts: &[Part]) -> Value {
        let typed = parts.iter().find(|part| part.field == Field::Type);
        let number = typed.and_then(|part| part.value.path.as_deref()).is_some_and(is_number_type);
        let name = parts
            .iter()
            .find(|part| matches!(part.field, Field::Name | Field::Left))
            .or_else(|| parts.iter().find(|part| !matches!(part.field, Field::Type | Field::Value)));
        let extracted = self.grammar.tongue == Tongue::Rust
            && typed.and_then(|part| part.value.path.as_deref()).is_some_and(is_extractor);
        let served = extracted || self.decorators.iter().any(|name| super::judge::is_bound_to_request(name));
        self.decorators.clear();
        let Some(name) = name else { return Value::unknown() };
        let value = name.value.clone();
        let marked = if number {
            Value { computed: true, ..value.cleaned(Clean::EVERYTHING) }
        } else {
            Value { clean: Clean::NOTHING, ..value }
        };
        self.bind_parameter(&marked, if served { Origin::REQUEST } else { Origin::NONE });
        if let (Some(path), Some(default)) =
            (marked.path.clone(), parts.iter().find(|part| part.field == Field::Value))
        {
            let at = default.value.range();
            let default = default.value.clone();
            self.given(&path, &default, &at);
        }
        marked
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

/// Types that web frameworks of Rust fill from a request: `web::Query<T>`, `Path<String>`.
fn is_extractor(name: &str) -> bool {
    let outer = name.split('<').next().unwrap_or(name);
    matches!(
        outer.rsplit(':').next().unwrap_or(outer).trim_start_matches(['&', ' ']),
        "Query"
            | "Path"
            | "Form"
            | "Json"
            | "Multipart"
            | "RawQuery"
            | "RawForm"
            | "TypedHeader"
            | "HttpRequest"
    )
}

/// Types whose values hold no text; `Path<u64>` is what it holds.
fn is_number_type(name: &str) -> bool {
    let inner = name.rsplit('<').next().unwrap_or(name).trim_end_matches(['>', '?', ' ']);
    matches!(
        inner.trim_start_matches(['&', '*', ' ']),
        "int"
            | "float"
            | "bool"
            | "long"
            | "short"
            | "double"
            | "boolean"
            | "number"
            | "Integer"
            | "Long"
            | "UUID"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "usize"
            | "isize"
            | "f32"
            | "f64"
            | "int32"
            | "int64"
            | "uint"
            | "uint32"
            | "uint64"
            | "float64"
            | "Guid"
            | "DateTime"
            | "size_t"
            | "IPAddress"
            | "InetAddress"
            | "LocalDate"
            | "Instant"
            | "BigInteger"
            | "BigDecimal"
            | "decimal"
            | "Decimal"
            | "uuid.UUID"
            | "datetime"
            | "date"
    )
}
