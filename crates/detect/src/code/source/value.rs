//! What an expression is known to be, and where its content may come from. Must never take a text for whole of which a
//! part is not known: that part is marked.

use std::ops::Range;
use std::rc::Rc;

use crate::code::shell::UNKNOWN;

/// Longest text that is put together of others; what is longer is not known.
const LONGEST_TEXT: usize = 4096;
/// Most elements of a list, and most values that a name may have, that are told apart.
const MOST_ELEMENTS: usize = 256;
const MOST_CASES: usize = 8;
/// Deepest value inside values.
const DEEPEST: u8 = 12;

/// Where content may come from. A set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Origin(u8);

impl Origin {
    pub(super) const NONE: Self = Self(0);
    /// Whoever sends a request, calls a tool or types on a terminal.
    pub(super) const REQUEST: Self = Self(1);
    /// The caller of the function.
    pub(super) const PARAMETER: Self = Self(2);
    /// A file, the network, a database.
    pub(super) const OUTSIDE: Self = Self(4);
    /// Credentials of the machine: the environment, key files.
    pub(super) const SECRET: Self = Self(8);
    /// The names that an archive gives its members.
    pub(super) const ENTRY: Self = Self(16);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What content has been made harmless for. A set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clean(u8);

impl Clean {
    pub(super) const NOTHING: Self = Self(0);
    pub(super) const SHELL: Self = Self(1);
    pub(super) const HTML: Self = Self(2);
    pub(super) const PATH: Self = Self(4);
    pub(super) const URL: Self = Self(8);
    pub(super) const SQL: Self = Self(16);
    pub(super) const LINE: Self = Self(32);
    /// It is a text or a number, never an object with members of its own.
    pub(super) const OBJECT: Self = Self(64);
    /// It was compared with how large it may be.
    pub(super) const SIZE: Self = Self(128);
    /// A number, a member of a list, the constant that the text itself holds.
    pub(super) const EVERYTHING: Self = Self(0xFF);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Variables that a value was made of; the first few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Roots([u32; 4]);

impl Roots {
    /// How many are kept.
    pub(super) const MOST: usize = 4;

    pub(super) fn with(mut self, name: u32) -> Self {
        if !self.0.contains(&name)
            && let Some(free) = self.0.iter_mut().find(|slot| **slot == 0)
        {
            *free = name;
        }
        self
    }

    pub(super) fn and(self, other: Self) -> Self {
        other.iter().fold(self, Self::with)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u32> {
        self.0.into_iter().filter(|name| *name != 0)
    }
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Unknown,
    /// A text; parts that are not known are marked.
    Text(Rc<str>),
    Number(Rc<str>),
    Bool(bool),
    Null,
    /// A list, a tuple, an array.
    List(Rc<[Value]>),
    /// A dictionary, an object: its members are [`Shape::Named`] where their name is known.
    Table(Rc<[Value]>),
    /// A keyword argument, a member of a table.
    Named(Rc<str>, Rc<Value>),
    /// The arguments of a call.
    Arguments(Rc<[Value]>),
    /// A function or a class.
    Code,
    /// One of these.
    Either(Rc<[Value]>),
}

/// What is known of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) shape: Shape,
    /// What it is called: `os.system`, `sqlite3.connect()`, `request.args`.
    pub(super) path: Option<Rc<str>>,
    pub(super) origin: Origin,
    pub(super) clean: Clean,
    pub(super) roots: Roots,
    pub(super) at: (usize, usize),
    /// What it is a member of, where that matters: the text of `"…".format`.
    pub(super) receiver: Option<Rc<Value>>,
    /// Reached by an index, not by a name.
    pub(super) computed: bool,
    /// Values inside values below it.
    pub(super) depth: u8,
}

impl Value {
    /// Nothing is known, nothing flows in.
    pub(super) const fn unknown() -> Self {
        Self::of(Shape::Unknown)
    }

    pub(super) const fn of(shape: Shape) -> Self {
        Self {
            shape,
            path: None,
            origin: Origin::NONE,
            clean: Clean::EVERYTHING,
            roots: Roots([0; 4]),
            at: (0, 0),
            receiver: None,
            computed: false,
            depth: 0,
        }
    }

    pub(super) fn text(text: &str) -> Self {
        Self::of(Shape::Text(text.into()))
    }

    pub(super) fn named(path: &str) -> Self {
        Self { path: Some(path.into()), ..Self::unknown() }
    }

    pub(super) fn at(self, at: &Range<usize>) -> Self {
        Self { at: (at.start, at.end), ..self }
    }

    pub(super) const fn range(&self) -> Range<usize> {
        self.at.0..self.at.1
    }

    /// What comes from `origin` and has not been looked at.
    pub(super) const fn from(mut self, origin: Origin) -> Self {
        self.origin = self.origin.and(origin);
        self.clean = Clean::NOTHING;
        self
    }

    /// The same content, made harmless for `what`.
    pub(super) const fn cleaned(mut self, what: Clean) -> Self {
        self.clean = self.clean.and(what);
        self
    }

    /// Takes over where the content of `other` comes from.
    pub(super) fn flowing(mut self, other: &Self) -> Self {
        if other.origin != Origin::NONE {
            self.clean = if self.origin == Origin::NONE { other.clean } else { self.clean.both(other.clean) };
            self.origin = self.origin.and(other.origin);
        }
        self.roots = self.roots.and(other.roots);
        self
    }

    /// A list, table or argument list of `values`.
    pub(super) fn group(values: Vec<Self>, shape: fn(Rc<[Self]>) -> Shape) -> Self {
        let mut values = values;
        let depth = values.iter().map(|value| value.depth).max().unwrap_or_default() + 1;
        let empty = values.iter().fold(Self::unknown(), |sum, value| sum.flowing(value));
        if values.len() > MOST_ELEMENTS {
            // What is cut off may be anything.
            values.truncate(MOST_ELEMENTS);
            values.push(Self::unknown());
        }
        if depth > DEEPEST {
            return empty;
        }
        Self { shape: shape(values.into()), depth, ..empty }
    }

    /// A member called `name`.
    pub(super) fn member(name: &str, value: Self) -> Self {
        let depth = value.depth + 1;
        let sum = Self::unknown().flowing(&value);
        if depth > DEEPEST {
            return sum;
        }
        let at = value.at;
        Self { shape: Shape::Named(name.into(), Rc::new(value)), depth, at, ..sum }
    }

    /// One of `self` and `other`.
    pub(super) fn or(self, other: Self) -> Self {
        if self.shape == other.shape {
            let path = self.path.clone().or_else(|| other.path.clone());
            return Self { path, ..self }.flowing(&other);
        }
        let mut cases: Vec<Self> = Vec::new();
        for case in self.cases().iter().chain(other.cases()) {
            if !cases.iter().any(|known| known.shape == case.shape && known.origin == case.origin) {
                cases.push(case.clone());
            }
        }
        let sum = cases.iter().fold(Self::unknown(), |sum, value| sum.flowing(value));
        let path = self.path.clone().or_else(|| other.path.clone());
        let depth = cases.iter().map(|value| value.depth).max().unwrap_or_default() + 1;
        if depth > DEEPEST || cases.len() > MOST_CASES {
            return Self { path, ..sum };
        }
        Self { shape: Shape::Either(cases.into()), path, depth, ..sum }
    }

    /// What it may be: itself, or each of several.
    pub(super) fn cases(&self) -> &[Self] {
        match &self.shape {
            Shape::Either(cases) => cases,
            Shape::Unknown
            | Shape::Text(_)
            | Shape::Number(_)
            | Shape::Bool(_)
            | Shape::Null
            | Shape::List(_)
            | Shape::Table(_)
            | Shape::Named(..)
            | Shape::Arguments(_)
            | Shape::Code => std::slice::from_ref(self),
        }
    }

    /// The text, with marks where it is not known.
    pub(super) fn as_text(&self) -> Option<&str> {
        if let Shape::Text(text) = &self.shape { Some(text) } else { None }
    }

    /// The elements of a list.
    pub(super) fn as_list(&self) -> Option<&[Self]> {
        if let Shape::List(list) = &self.shape { Some(list) } else { None }
    }

    /// The number, as it is written.
    pub(super) fn as_number(&self) -> Option<&str> {
        if let Shape::Number(number) = &self.shape { Some(number) } else { None }
    }

    /// The name and the value of a keyword argument or a member.
    pub(super) fn as_named(&self) -> Option<(&str, &Self)> {
        if let Shape::Named(name, value) = &self.shape { Some((name, value)) } else { None }
    }

    /// The text, if all of it is known.
    pub(super) fn constant(&self) -> Option<&str> {
        self.as_text().filter(|text| !text.contains(UNKNOWN))
    }

    /// Elements of a list or of arguments, members of a table.
    pub(super) fn elements(&self) -> &[Self] {
        if let Shape::List(list) | Shape::Arguments(list) | Shape::Table(list) = &self.shape {
            list
        } else {
            &[]
        }
    }

    /// The member `name` of a table, or the keyword argument.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let mut members = self.elements().iter().filter_map(Self::as_named);
        members.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// True when some case of it is put together of known text and unknown parts.
    pub(super) fn is_built(&self) -> bool {
        self.cases().iter().any(|case| {
            case.as_text().is_some_and(|text| {
                text.contains(UNKNOWN) && text.contains(|character: char| character != UNKNOWN)
            })
        })
    }

    /// True when each case is a constant.
    pub(super) fn is_constant(&self) -> bool {
        self.cases().iter().all(|case| match &case.shape {
            Shape::Text(text) => !text.contains(UNKNOWN),
            Shape::Number(_) | Shape::Bool(_) | Shape::Null | Shape::Code => true,
            Shape::List(list) | Shape::Table(list) => list.iter().all(|value| {
                let value = value.as_named().map_or(value, |(_, value)| value);
                value.constant().is_some() || is_scalar(&value.shape)
            }),
            Shape::Unknown | Shape::Named(..) | Shape::Arguments(_) | Shape::Either(_) => false,
        })
    }

    /// True when content from `origin` is in it that was not made harmless for `what`.
    pub(super) const fn carries(&self, origin: Origin, what: Clean) -> bool {
        self.origin.has(origin) && !self.clean.has(what)
    }

    /// True when nothing of it could be known, or what flowed in was made harmless for `what`.
    pub(super) fn is_harmless(&self, what: Clean) -> bool {
        self.origin != Origin::NONE && self.clean.has(what)
    }

    /// What stands for it inside a text.
    pub(super) fn in_text(&self) -> Rc<str> {
        match &self.shape {
            Shape::Text(text) | Shape::Number(text) => Rc::clone(text),
            Shape::Bool(_)
            | Shape::Null
            | Shape::Unknown
            | Shape::List(_)
            | Shape::Table(_)
            | Shape::Named(..)
            | Shape::Arguments(_)
            | Shape::Code
            | Shape::Either(_) => String::from(UNKNOWN).into(),
        }
    }

    /// The texts that may stand for it inside another of which there are `times`: each of a few constants, or a mark.
    pub(super) fn alternatives(&self, times: usize) -> Vec<Rc<str>> {
        let cases = self.cases();
        let few = cases.len() > 1 && cases.len() * times <= MOST_CASES;
        let texts =
            || cases.iter().map(|case| case.constant().map(Rc::from)).collect::<Option<Vec<Rc<str>>>>();
        few.then(texts).flatten().unwrap_or_else(|| vec![self.in_text()])
    }

    /// `self` followed by `other`, as texts.
    pub(super) fn concatenated(&self, other: &Self) -> Self {
        let own = self.cases();
        let behind = other.alternatives(own.len());
        let cases: Vec<Self> = own
            .iter()
            .flat_map(|case| behind.iter().map(move |text| (case, text)))
            .map(|(case, behind)| {
                let mut text = case.in_text().to_string();
                text.push_str(behind);
                Self::bounded(text).flowing(case).flowing(other)
            })
            .collect();
        let at = (self.at.0, other.at.1.max(self.at.1));
        let mut cases = cases.into_iter();
        let first = cases.next().unwrap_or(Self::unknown());
        Self { at, ..cases.fold(first, Self::or) }
    }

    /// A text that is not too long.
    pub(super) fn bounded(text: String) -> Self {
        let mut text = text;
        if text.len() > LONGEST_TEXT {
            let mut end = LONGEST_TEXT;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            text.push(UNKNOWN);
        }
        Self::of(Shape::Text(text.into()))
    }
}

const fn is_scalar(shape: &Shape) -> bool {
    matches!(shape, Shape::Number(_) | Shape::Bool(_) | Shape::Null)
}
