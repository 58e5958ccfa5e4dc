//! The language of code that nothing names: by its first line, by words that only one language has, and by which
//! grammar reads it with the fewest errors. Must never take long: only the start of a text is parsed.

use tree_sitter::Tree;

use super::grammar::{Grammar, Tongue};
use super::parse;
use crate::code::language::Language;
use crate::code::sql::{self, Dialect};

/// How much of a text is parsed to tell its language.
const LOOKED_AT: usize = 4096;

/// Words that speak for a language, and how much.
const MARKS: &[(Tongue, &[(&str, u32)])] = &[
    (
        Tongue::Python,
        &[
            ("def ", 3),
            ("import ", 1),
            ("elif ", 4),
            ("self.", 2),
            ("print(", 2),
            ("    return", 1),
            ("lambda ", 1),
            ("__name__", 5),
            ("None", 1),
            ("except ", 3),
            ("from ", 1),
            ("os.", 1),
            ("True", 1),
        ],
    ),
    (
        Tongue::JavaScript,
        &[
            ("const ", 3),
            ("let ", 2),
            ("=>", 2),
            ("function ", 3),
            ("require(", 4),
            ("await ", 1),
            ("console.log", 5),
            ("var ", 1),
            ("document.", 4),
            ("===", 4),
            ("module.exports", 5),
            ("async ", 1),
            ("new ", 1),
        ],
    ),
    (
        Tongue::TypeScript,
        &[
            ("interface ", 3),
            (": string", 4),
            (": number", 4),
            (": boolean", 4),
            ("const ", 2),
            ("=>", 1),
            ("import {", 3),
            (": any", 4),
            ("export ", 2),
            ("readonly ", 2),
        ],
    ),
    (
        Tongue::Go,
        &[
            ("package ", 4),
            ("func ", 4),
            (":=", 4),
            ("fmt.", 4),
            ("import (", 3),
            ("err != nil", 6),
            ("defer ", 3),
            ("chan ", 2),
        ],
    ),
    (
        Tongue::Rust,
        &[
            ("fn ", 4),
            ("let mut ", 6),
            ("impl ", 4),
            ("println!", 6),
            ("use std", 6),
            ("::new(", 3),
            ("&str", 4),
            ("-> ", 1),
            ("unsafe {", 4),
            ("pub fn", 5),
            ("match ", 2),
        ],
    ),
    (
        Tongue::Java,
        &[
            ("public class", 5),
            ("public static void", 5),
            ("System.out", 6),
            ("import java", 8),
            ("private ", 1),
            ("String ", 2),
            ("new ", 1),
            ("throws ", 4),
            ("@Override", 5),
            ("final ", 2),
        ],
    ),
    (
        Tongue::Ruby,
        &[
            ("def ", 2),
            ("\nend", 4),
            ("puts ", 4),
            ("require '", 5),
            (" do |", 6),
            ("@", 1),
            ("elsif ", 5),
            (".each", 3),
            ("unless ", 3),
            ("nil", 2),
        ],
    ),
    (
        Tongue::Php,
        &[
            ("<?php", 20),
            ("$_GET", 8),
            ("$_POST", 8),
            ("echo ", 3),
            ("->", 1),
            ("$this", 6),
            ("function ", 1),
            ("<?=", 10),
        ],
    ),
    (
        Tongue::CSharp,
        &[
            ("using System", 8),
            ("namespace ", 4),
            ("public class", 3),
            ("Console.Write", 8),
            ("var ", 1),
            ("string ", 2),
            ("async Task", 6),
            ("{ get; set; }", 8),
            ("new ", 1),
        ],
    ),
    (
        Tongue::C,
        &[
            ("#include", 6),
            ("int main(", 5),
            ("printf(", 3),
            ("char *", 4),
            ("malloc(", 4),
            ("NULL", 2),
            ("sizeof(", 2),
            ("void ", 2),
            ("struct ", 2),
        ],
    ),
    (
        Tongue::Cpp,
        &[
            ("#include <", 3),
            ("std::", 6),
            ("cout <<", 6),
            ("template <", 5),
            ("using namespace", 8),
            ("nullptr", 4),
            ("class ", 1),
            ("#include <iostream>", 6),
        ],
    ),
];

/// The language of `text`, `Other` where nothing speaks for one.
pub(in crate::code) fn guess(text: &str) -> Language {
    let first = text.trim_start().lines().next().unwrap_or_default();
    if let Some(program) = first.strip_prefix("#!") {
        let name = program.rsplit(['/', ' ']).next().unwrap_or_default();
        return Language::parse(
            name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.'),
        );
    }
    if sql::is_sql(text) {
        return Language::Sql(Dialect::Any);
    }
    let start = start(text);
    let mut scored: Vec<(u32, Tongue)> = MARKS
        .iter()
        .map(|(tongue, marks)| {
            let score = marks.iter().filter(|(mark, _)| start.contains(mark)).map(|(_, weight)| weight).sum();
            (score, *tongue)
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.truncate(3);
    let best = scored
        .iter()
        .filter_map(|(score, tongue)| {
            let errors = parse::parse(start, Grammar::of(*tongue)).map_or(100, |tree| errors(&tree));
            Some((i64::from(*score) - 4 * i64::from(errors), *tongue)).filter(|(total, _)| *total > -8)
        })
        .max_by_key(|(total, _)| *total);
    match best.map(|(_, tongue)| tongue) {
        Some(Tongue::Python) => Language::Python,
        Some(Tongue::JavaScript) => Language::JavaScript,
        Some(Tongue::TypeScript | Tongue::Tsx) => Language::TypeScript,
        Some(Tongue::Go) => Language::Go,
        Some(Tongue::Rust) => Language::Rust,
        Some(Tongue::Java) => Language::Java,
        Some(Tongue::Ruby) => Language::Ruby,
        Some(Tongue::Php) => Language::Php,
        Some(Tongue::CSharp) => Language::CSharp,
        Some(Tongue::C) => Language::C,
        Some(Tongue::Cpp) => Language::Cpp,
        None => Language::Other(String::new()),
    }
}

/// The start of `text`, at the end of a line where there is one.
fn start(text: &str) -> &str {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or_default();
    if head.len() == text.len() { head } else { head.rsplit_once('\n').map_or(head, |(lines, _)| lines) }
}

/// How many nodes of `tree` are errors, at most 20.
fn errors(tree: &Tree) -> u32 {
    let mut cursor = tree.walk();
    let mut count = 0;
    loop {
        let node = cursor.node();
        count += u32::from(node.is_error() || node.is_missing());
        if count < 20 && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if count >= 20 || !cursor.goto_parent() {
                return count;
            }
        }
    }
}
