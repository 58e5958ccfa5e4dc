use super::*;
use crate::workspace::TextFile;

const NONE: [usize; 0] = [];

fn found(path: &str, text: &str) -> Vec<(usize, String)> {
    let file = TextFile { path: path.to_owned(), text: text.to_owned() };
    breaches(&[Source::of(&file).unwrap()], &[])
        .into_iter()
        .map(|breach| (breach.line, breach.message))
        .collect()
}

fn lines(path: &str, text: &str) -> Vec<usize> {
    found(path, text).into_iter().map(|(line, _)| line).collect()
}

#[test]
fn the_pure_layers_touch_no_io_however_it_is_imported() {
    let text = "use std::{\n    fs,\n    net::{IpAddr, TcpStream},\n};\nuse std::time::{Duration, Instant};\n\
                // std::env is only named\nfn f() { tokio::spawn(x); \"std::process\"; }\nuse std::time::*;\n";
    assert_eq!(lines("crates/policy/src/lib.rs", text), [2, 3, 5, 7, 8]);
    assert_eq!(lines("crates/policy/src/rule/tests.rs", "use std::fs;\n"), NONE);
    assert_eq!(lines("crates/net/src/lib.rs", "use std::time::Instant;\nuse std::fs;\n"), NONE);
}

#[test]
fn the_message_says_what_to_do() {
    assert_eq!(
        found("crates/model/src/lib.rs", "use std::fs;\n"),
        [(
            1,
            "`model` is pure and must not use `std::fs`: take the bytes, or `include_bytes!` a data file"
                .to_owned()
        )]
    );
}

#[test]
fn listening_sql_and_unsafe_have_one_home() {
    let text = "use std::net::TcpListener;\nuse sqlx::Row;\nfn f() { unsafe { g() } }\n";
    assert_eq!(lines("crates/kernel/src/lib.rs", text), [1, 2, 3]);
    assert_eq!(lines("crates/edge/src/lib.rs", text), [2, 3]);
    assert_eq!(lines("crates/store/src/lib.rs", text), [1, 3]);
    assert_eq!(lines("crates/sandbox/src/lib.rs", text), [1, 2]);
    assert_eq!(lines("xtask/src/fixture.rs", text), [3]);
    assert_eq!(lines("crates/mcp/tests/http.rs", text), [3]);
    assert_eq!(lines("crates/kernel/src/lib.rs", "#![deny(unsafe_code)] // unsafe\n"), NONE);
}
