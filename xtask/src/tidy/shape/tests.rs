use super::*;
use crate::workspace::TextFile;

const MODEL: (&str, &str) =
    ("crates/model/src/verdict.rs", "//! Verdicts.\nenum Decision {}\nenum Severity {}\n");

/// Breaches of a tree that is right but for `files`.
fn found(files: &[(&str, &str)]) -> Vec<(String, usize)> {
    let files: Vec<TextFile> = std::iter::once(&MODEL)
        .chain(files)
        .map(|(path, text)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    let sources: Vec<Source<'_>> = files.iter().filter_map(Source::of).collect();
    breaches(&sources, &["crates/edge/src/made.rs"])
        .into_iter()
        .map(|breach| (breach.path, breach.line))
        .collect()
}

fn at(path: &str, line: usize) -> Vec<(String, usize)> {
    vec![(path.to_owned(), line)]
}

#[test]
fn a_file_has_600_lines_at_most_unless_it_is_a_test_or_generated() {
    let long = format!("//! Long.\n{}", "\n".repeat(600));
    let full = format!("//! Full.\n{}", "\n".repeat(599));
    assert_eq!(found(&[("crates/net/src/a.rs", &long)]), at("crates/net/src/a.rs", 601));
    assert_eq!(found(&[("crates/net/src/a.rs", &full)]), []);
    assert_eq!(found(&[("crates/net/src/a/tests.rs", &long), ("crates/edge/src/made.rs", &long)]), []);
}

#[test]
fn modules_open_with_their_doc_and_are_no_mod_rs() {
    assert_eq!(found(&[("crates/net/src/a.rs", "\nuse x;\n")]), at("crates/net/src/a.rs", 1));
    assert_eq!(found(&[("crates/net/src/a/tests.rs", "use x;\n")]), []);
    assert_eq!(found(&[("crates/net/src/a/mod.rs", "//! A.\n")]), at("crates/net/src/a/mod.rs", 1));
}

#[test]
fn tests_stand_beside() {
    let inside = "//! A.\n\n#[cfg(test)]\nmod tests {\n}\n";
    assert_eq!(found(&[("crates/net/src/a.rs", inside)]), at("crates/net/src/a.rs", 4));
    assert_eq!(found(&[("crates/net/src/a.rs", "//! A.\n\n#[cfg(test)]\nmod tests;\n")]), []);
}

#[test]
fn names_name_a_concept() {
    for name in ["utils", "session_helpers", "common", "pool_manager", "test_support", "wire_v2"] {
        let path = format!("crates/net/src/{name}.rs");
        assert_eq!(found(&[(&path, "//! A.\n")]), at(&path, 1), "{name}");
        let inline = format!("//! A.\nmod {name} {{}}\n");
        assert_eq!(found(&[("crates/net/src/a.rs", &inline)]), at("crates/net/src/a.rs", 2), "{name}");
    }
    for name in ["support", "vendor", "commonplace", "ipv4", "v2"] {
        assert_eq!(found(&[(&format!("crates/net/src/{name}.rs"), "//! A.\n")]), [], "{name}");
    }
}

#[test]
fn one_decision_and_one_severity() {
    let second = "//! A.\npub enum Severity { Low }\nstruct Decision;\n// enum Decision\n";
    assert_eq!(found(&[("crates/detect/src/a.rs", second)]), at("crates/detect/src/a.rs", 2));
    assert_eq!(breaches(&[], &[]).len(), 2);
}
