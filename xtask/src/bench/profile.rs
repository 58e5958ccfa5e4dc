//! What callgrind counted: which functions ran and how often they called each other (Callgrind Format Specification).

use std::collections::{HashMap, HashSet};

/// The functions of a dump, by name.
pub(super) struct Profile {
    /// In the order of the dump.
    functions: Vec<String>,
    /// How often each called which.
    calls: HashMap<String, Vec<(u64, String)>>,
}

/// Names are written once and then by number.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Profile {
    /// Reads a dump.
    pub(super) fn of(dump: &str) -> Self {
        let mut names = Names::default();
        let mut ran = HashSet::new();
        let mut profile = Self { functions: Vec::new(), calls: HashMap::new() };
        let (mut caller, mut callee) = (String::new(), String::new());
        for line in dump.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                caller = names.of(name);
                if ran.insert(caller.clone()) {
                    profile.functions.push(caller.clone());
                }
            } else if let Some(name) = line.strip_prefix("cfn=") {
                callee = names.of(name);
            } else if let Some(counts) = line.strip_prefix("calls=") {
                let count = counts.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0);
                profile.calls.entry(caller.clone()).or_default().push((count, callee.clone()));
            }
        }
        profile
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.calls.contains_key(name) || self.functions.iter().any(|function| function == name)
    }

    /// All functions, each followed by those that it calls, what it calls most first: what runs one after the other stands
    /// together.
    pub(super) fn order(&self) -> Vec<String> {
        let called: HashSet<&str> =
            self.calls.values().flatten().map(|(_, callee)| callee.as_str()).collect();
        let (inner, outer): (Vec<&String>, Vec<&String>) =
            self.functions.iter().partition(|name| called.contains(name.as_str()));
        let mut placed = HashSet::new();
        let mut order = Vec::new();
        // The first is taken first.
        let mut open: Vec<&String> = outer.into_iter().chain(inner).rev().collect();
        while let Some(name) = open.pop() {
            if !placed.insert(name) {
                continue;
            }
            order.push(name.clone());
            let mut callees: Vec<_> = self.calls.get(name).into_iter().flatten().collect();
            callees.sort();
            open.extend(callees.into_iter().map(|(_, callee)| callee));
        }
        order
    }
}

impl Names {
    /// `(7) name` the first time, `(7)` afterwards. Of a recursion, callgrind tells the depths apart.
    fn of(&mut self, written: &str) -> String {
        let (number, name) = written.split_once(' ').unwrap_or((written, ""));
        let name = match name.rsplit_once('\'') {
            Some((name, depth)) if depth.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => name,
        };
        if !name.is_empty() {
            self.0.insert(number.to_owned(), name.to_owned());
        }
        self.0.get(number).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
