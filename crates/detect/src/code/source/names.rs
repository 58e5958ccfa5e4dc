//! What names stand for: imports, aliases, variables with what was last given to them. Must never follow a name into a
//! function or a loop as a constant when it is given other values elsewhere.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::value::{Clean, Origin, Value};

/// Most names of one text.
const MOST_NAMES: usize = 20_000;

/// A variable.
#[derive(Debug, Clone)]
struct Variable {
    value: Value,
    /// How deep in branches and loops it was given its value.
    branches: usize,
    loops: usize,
}

/// What a function of the text does with its parameters and gives back, read from its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    /// Where what it returns comes from; `None` while nothing that it returns was seen.
    pub(super) returns: Option<(Origin, Clean)>,
    /// What a call makes sure of for the first argument.
    pub(super) guards: Clean,
}

impl Summary {
    /// What holds for both of two functions of one name.
    fn and(self, other: Self) -> Self {
        let returns = match (self.returns, other.returns) {
            (Some((one, clean)), Some((two, cleaned))) => Some((one.and(two), clean.both(cleaned))),
            (one, two) => one.or(two),
        };
        Self { returns, guards: self.guards.both(other.guards) }
    }
}

/// Names of one text.
#[derive(Debug)]
pub(super) struct Names {
    scopes: Vec<HashMap<Rc<str>, Variable>>,
    ids: HashMap<Rc<str>, u32>,
    /// The names by their numbers, from 1.
    by_id: Vec<Rc<str>>,
    /// What conditions made sure of, by the number of the name.
    guards: HashMap<u32, Clean>,
    /// A local name and the path that it stands for.
    imports: HashMap<Rc<str>, Rc<str>>,
    /// Modules of which everything was imported.
    pub(super) stars: Vec<Rc<str>>,
    /// How often a name is given a value.
    pub(super) given: HashMap<Rc<str>, u32>,
    /// Functions that the text defines itself.
    pub(super) defined: HashSet<Rc<str>>,
    /// What those do whose bodies have been read.
    summaries: HashMap<Rc<str>, Summary>,
    pub(super) branches: usize,
    pub(super) loops: usize,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            scopes: vec![HashMap::new()],
            ids: HashMap::new(),
            by_id: Vec::new(),
            guards: HashMap::new(),
            imports: HashMap::new(),
            stars: Vec::new(),
            given: HashMap::new(),
            defined: HashSet::new(),
            summaries: HashMap::new(),
            branches: 0,
            loops: 0,
        }
    }

    /// The number of a name, from 1.
    pub(super) fn id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = u32::try_from(self.ids.len()).unwrap_or(u32::MAX - 1).saturating_add(1);
        if self.ids.len() < MOST_NAMES {
            let name: Rc<str> = name.into();
            self.by_id.push(Rc::clone(&name));
            self.ids.insert(name, id);
        }
        id
    }

    pub(super) fn enter(&mut self) {
        self.scopes.push(HashMap::new());
    }

    pub(super) fn leave(&mut self) {
        if self.scopes.len() > 1 {
            self.scopes.pop();
        }
    }

    /// `local` stands for `path`.
    pub(super) fn import(&mut self, local: &str, path: &str) {
        if self.imports.len() < MOST_NAMES {
            self.imports.insert(local.into(), path.into());
        }
    }

    /// The path that `name` was imported as.
    pub(super) fn imported(&self, name: &str) -> Option<&Rc<str>> {
        self.imports.get(name)
    }

    /// What is known of the variable `name`.
    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let (depth, variable) = self
            .scopes
            .iter()
            .enumerate()
            .rev()
            .find_map(|(depth, scope)| Some((depth, scope.get(name)?)))?;
        let elsewhere = depth + 1 < self.scopes.len() || variable.loops < self.loops;
        let changes = self.given.get(name).is_some_and(|times| *times > 1);
        if elsewhere && changes && variable.value.is_constant() {
            // The function or the next turn of the loop may see another value.
            let path = variable.value.path.clone();
            return Some(Value { path, ..variable.value.clone().or(Value::unknown()) });
        }
        let value = variable.value.clone();
        if value.origin == Origin::NONE {
            return Some(value);
        }
        let made_of = self.guarded_all(value.roots);
        Some(value.cleaned(self.guarded(name).and(made_of)))
    }

    /// True for a name that the text gives a value, defines, imports or takes as a parameter.
    pub(super) fn is_known(&self, name: &str) -> bool {
        matches!(name, "this" | "self" | "cls")
            || self.given.contains_key(name)
            || self.defined.contains(name)
            || self.imports.contains_key(name)
            || self.scopes.iter().any(|scope| scope.contains_key(name))
    }

    /// Gives `name` a value; inside a branch the one from before stays possible.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        let (branches, loops) = (self.branches, self.loops);
        // A constant needs no guard, and takes none from what else the name may hold.
        if let Some(id) = self.ids.get(name).filter(|_| !value.is_constant()) {
            self.guards.remove(id);
        }
        let Some(scope) = self.scopes.last_mut() else { return };
        if scope.len() >= MOST_NAMES {
            return;
        }
        if let Some(known) = scope.get_mut(name) {
            let merged = if branches > known.branches {
                known.value.clone().or(value)
            } else {
                known.branches = branches;
                value
            };
            known.value = merged;
            known.loops = loops;
        } else {
            scope.insert(name.into(), Variable { value, branches, loops });
        }
    }

    /// What the variables `roots` hold is harmless for `what`, until they are given another value.
    pub(super) fn clean(&mut self, roots: super::value::Roots, what: Clean) {
        for id in roots.iter() {
            let known = self.guards.entry(id).or_insert(Clean::NOTHING);
            *known = known.and(what);
        }
    }

    /// The body of the function `name` has been read.
    pub(super) fn summarize(&mut self, name: &str, summary: Summary) {
        if self.summaries.len() < MOST_NAMES {
            let known = self.summaries.get(name).copied();
            self.summaries.insert(name.into(), known.map_or(summary, |known| known.and(summary)));
        }
    }

    /// What the function `name` of the text does, once its body has been read.
    pub(super) fn summary(&self, name: &str) -> Option<Summary> {
        self.summaries.get(name).copied()
    }

    /// Forgets all but what the functions of the text do.
    pub(super) fn start_again(self) -> Self {
        let (summaries, given, defined) = (self.summaries, self.given, self.defined);
        Self { summaries, given, defined, ..Self::new() }
    }

    /// What was made sure of for the variable with the number `id`.
    pub(super) fn guarded_id(&self, id: u32) -> Clean {
        self.guards.get(&id).copied().unwrap_or(Clean::NOTHING)
    }

    /// What was made sure of for all variables of `roots`, by themselves or by what they were made of.
    pub(super) fn guarded_all(&self, roots: super::value::Roots) -> Clean {
        // With no slot free some may be missing.
        if self.guards.is_empty() || roots.iter().count() >= super::value::Roots::MOST {
            return Clean::NOTHING;
        }
        let all = roots.iter().map(|id| self.guarded_deeply(id, 4));
        all.reduce(Clean::both).unwrap_or(Clean::NOTHING)
    }

    fn guarded_deeply(&self, id: u32, depth: u8) -> Clean {
        let own = self.guarded_id(id);
        let name = usize::try_from(id).ok().and_then(|id| self.by_id.get(id.wrapping_sub(1)));
        let variable = name.and_then(|name| self.scopes.iter().rev().find_map(|scope| scope.get(name)));
        let Some(variable) = variable.filter(|_| depth > 0) else { return own };
        if variable.value.origin == Origin::NONE {
            return Clean::EVERYTHING;
        }
        let made_of = variable.value.roots.iter().filter(|root| *root != id);
        let made_of = made_of.map(|root| self.guarded_deeply(root, depth - 1)).reduce(Clean::both);
        own.and(made_of.unwrap_or(Clean::NOTHING))
    }

    /// What was made sure of for the variable `name`.
    fn guarded(&self, name: &str) -> Clean {
        self.ids.get(name).and_then(|id| self.guards.get(id)).copied().unwrap_or(Clean::NOTHING)
    }
}
