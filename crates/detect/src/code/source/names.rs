//! What names stand for: imports, aliases, variables with what was last given to them. Must never follow a name into a
//! function or a loop as a constant when it is given other values elsewhere.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::value::{Clean, Value};

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

/// Names of one text.
#[derive(Debug)]
pub(super) struct Names {
    scopes: Vec<HashMap<Rc<str>, Variable>>,
    ids: HashMap<Rc<str>, u32>,
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
    pub(super) branches: usize,
    pub(super) loops: usize,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            scopes: vec![HashMap::new()],
            ids: HashMap::new(),
            guards: HashMap::new(),
            imports: HashMap::new(),
            stars: Vec::new(),
            given: HashMap::new(),
            defined: HashSet::new(),
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
            self.ids.insert(name.into(), id);
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
        Some(variable.value.clone().cleaned(self.guarded(name)))
    }

    /// Gives `name` a value; inside a branch the one from before stays possible.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        let (branches, loops) = (self.branches, self.loops);
        if let Some(id) = self.ids.get(name) {
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

    /// What was made sure of for the variable `name`.
    fn guarded(&self, name: &str) -> Clean {
        self.ids.get(name).and_then(|id| self.guards.get(id)).copied().unwrap_or(Clean::NOTHING)
    }
}
