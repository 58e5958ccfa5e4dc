//! Imports of each language, from their nodes. Must never resolve a name that no import names.

use tree_sitter::Node;

use super::grammar::Tongue;
use super::names::Names;

/// Most names of one import.
const MOST: usize = 200;

/// Takes in the names that `node`, an import, brings.
pub(super) fn import(node: Node<'_>, text: &str, tongue: Tongue, names: &mut Names) {
    let source = text.get(node.byte_range()).unwrap_or_default();
    match tongue {
        Tongue::Python => python(source, names),
        Tongue::JavaScript | Tongue::TypeScript | Tongue::Tsx => javascript(source, names),
        Tongue::Go => go(source, names),
        Tongue::Rust => rust(source, names),
        Tongue::Java => java(source, names),
        Tongue::Ruby | Tongue::Php | Tongue::CSharp | Tongue::C | Tongue::Cpp => {}
    }
}

/// `import a.b as c`, `from a import b as c, d`, `from a import *`.
fn python(source: &str, names: &mut Names) {
    let (module, list) = match source.trim().strip_prefix("from") {
        Some(rest) => match rest.split_once("import") {
            Some((module, list)) => (Some(module.trim().trim_start_matches('.')), list),
            None => return,
        },
        None => (None, source.trim().trim_start_matches("import")),
    };
    for part in list.split([',', '\n']).take(MOST) {
        let part = part.split('#').next().unwrap_or_default();
        let mut words =
            part.split(|character: char| character.is_whitespace() || matches!(character, '(' | ')' | '\\'));
        let mut words = words.by_ref().filter(|word| !word.is_empty());
        let Some(name) = words.next() else { continue };
        let alias = words.next().filter(|word| *word == "as").and_then(|_| words.next());
        match (module, alias) {
            (Some(module), _) if name == "*" => names.stars.push(module.into()),
            (Some(module), alias) => names.import(alias.unwrap_or(name), &format!("{module}.{name}")),
            (None, Some(alias)) => names.import(alias, name),
            (None, None) => {
                let first = name.split('.').next().unwrap_or(name);
                names.import(first, first);
            }
        }
    }
}

/// `import d, { a as b } from 'm'`, `import * as m from 'm'`, `import m = require('m')`.
fn javascript(source: &str, names: &mut Names) {
    let quoted = |text: &str| {
        let text = text.trim().trim_end_matches(';').trim();
        text.trim_matches(['"', '\'', '`', ')', '(']).trim_start_matches("node:").to_owned()
    };
    let Some((list, module)) = source
        .rsplit_once(" from")
        .or_else(|| source.rsplit_once("}from"))
        .or_else(|| source.split_once("= require"))
    else {
        return;
    };
    let module = quoted(module);
    let list = list.trim_start_matches("import").trim_start_matches(" type ");
    let (outside, inside) = match list.split_once('{') {
        Some((outside, inside)) => (outside, inside.trim_end_matches('}')),
        None => (list, ""),
    };
    let local = |part: &str| {
        let name = part.rsplit(" as ").next().unwrap_or_default().trim();
        name.trim_end_matches([',', '}']).trim().to_owned()
    };
    for part in inside.split(',').take(MOST) {
        let name = part.split(" as ").next().unwrap_or_default().trim().trim_start_matches("type ");
        let name = name.trim_end_matches('}').trim();
        if !name.is_empty() {
            let path = if name == "default" { module.clone() } else { format!("{module}.{name}") };
            names.import(&local(part), &path);
        }
    }
    for part in outside.split(',').take(MOST) {
        let name = local(part);
        if !name.is_empty() {
            names.import(&name, &module);
        }
    }
}

/// `import r "math/rand"`, in brackets or not.
fn go(source: &str, names: &mut Names) {
    for line in source.split(['\n', ';', '(']).take(MOST) {
        let line = line.trim().trim_start_matches("import").trim();
        let Some((alias, rest)) = line.split_once('"') else { continue };
        let Some((module, _)) = rest.split_once('"') else { continue };
        let last = module.rsplit('/').find(|part| !is_version(part)).unwrap_or(module);
        let alias = alias.trim();
        let local = if alias.is_empty() || alias == "_" { last } else { alias };
        names.import(local, module);
    }
}

/// `v2`, the version that ends the path of a Go module.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `use a::b::{c, d as e, f::g};`
fn rust(source: &str, names: &mut Names) {
    let start = source.find("use ").map_or(0, |at| at + 4);
    let tree = source.get(start..).unwrap_or_default().trim_end_matches(';');
    let mut prefixes: Vec<String> = Vec::new();
    let mut prefix = String::new();
    let mut piece = String::new();
    let mut count = 0_usize;
    for character in tree.chars().chain([',']) {
        match character {
            '{' => {
                prefixes.push(prefix.clone());
                prefix.push_str(&std::mem::take(&mut piece));
            }
            ',' | '}' => {
                leaf(&prefix, piece.trim(), names);
                piece.clear();
                count += 1;
                if character == '}' {
                    prefix = prefixes.pop().unwrap_or_default();
                }
            }
            other => piece.push(other),
        }
        if count > MOST || prefix.len() + piece.len() > 1000 {
            return;
        }
    }
}

fn leaf(prefix: &str, piece: &str, names: &mut Names) {
    let (path, alias) = match piece.split_once(" as ") {
        Some((path, alias)) => (path.trim(), Some(alias.trim())),
        None => (piece, None),
    };
    let full = format!("{prefix}{path}").replace("::", ".");
    let full = full.trim_end_matches(".self");
    let last = full.rsplit('.').next().unwrap_or_default();
    let local = alias.unwrap_or(last);
    if path.is_empty() || matches!(local, "*" | "_" | "") {
        return;
    }
    names.import(local, full);
}

/// `import a.b.C;`: only the simple name matters, and what a static import is a member of.
fn java(source: &str, names: &mut Names) {
    let path = source.trim().trim_start_matches("import").trim().trim_end_matches(';');
    if let Some(path) = path.strip_prefix("static ") {
        let mut parts = path.rsplit('.');
        if let (Some(name), Some(class)) = (parts.next(), parts.next()) {
            names.import(name, &format!("{class}.{name}"));
        }
    }
}
