use super::*;

fn with(text: &str, check: impl FnOnce(&Source<'_>)) {
    let file = TextFile { path: "crates/net/src/lib.rs".to_owned(), text: text.to_owned() };
    check(&Source::of(&file).unwrap());
}

fn paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    with(text, |source| found = source.paths().iter().map(|path| path.segments.join("::")).collect());
    found
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a /* b /* c */ d */ \"e \\\" f\" r#\"g \" h\"# '\"' '\\'' 'i // j\nk";
    with(text, |source| {
        assert_eq!(source.code.split_whitespace().collect::<Vec<_>>(), ["a", "'i", "k"]);
        assert_eq!(
            source.comments.split_whitespace().collect::<Vec<_>>().join(" "),
            "/* b /* c */ d */ // j"
        );
        assert_eq!(source.code.lines().count(), 2);
    });
}

#[test]
fn raw_and_byte_strings_end_where_they_end() {
    assert_eq!(paths(r###"br##"x "# y"## ; after; for_r"z""###), ["b", "after", "for_r"]);
}

#[test]
fn the_members_of_a_group_are_paths_of_their_own() {
    assert_eq!(
        paths("use std::{fs, io::{self, Read as R}, time::*}; x.y()"),
        ["use", "std::fs", "std::io::self", "std::io::Read", "std::as", "std::R", "std::time::*", "x", "y"]
            .map(|path| path.replace("std::as", "std::io::as").replace("std::R", "std::io::R"))
    );
}

#[test]
fn a_path_knows_its_line_and_its_start() {
    with("fn f() {\n    let t = std::time::Instant::now();\n}", |source| {
        let path = source.paths().into_iter().find(|path| path.contains("Instant")).unwrap();
        assert_eq!(path.line, 2);
        assert!(path.starts_with(&["std", "time", "Instant"]));
        assert!(!path.starts_with(&["std", "time", "SystemTime"]));
    });
    with("use std::time::*;", |source| {
        assert!(source.paths().iter().any(|path| path.starts_with(&["std", "time", "Instant"])));
    });
}

#[test]
fn only_src_of_a_crate_is_shipped_and_tests_are_not() {
    let shipped = |path: &str| {
        let file = TextFile { path: path.to_owned(), text: String::new() };
        Source::of(&file).and_then(|source| source.shipped_by().map(str::to_owned))
    };
    assert_eq!(shipped("crates/net/src/dial.rs").as_deref(), Some("net"));
    for path in [
        "crates/net/src/dial/tests.rs",
        "crates/net/tests/it.rs",
        "xtask/src/main.rs",
        "crates/net/Cargo.toml",
    ] {
        assert_eq!(shipped(path), None, "{path}");
    }
}
