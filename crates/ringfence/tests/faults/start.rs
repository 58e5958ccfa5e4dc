//! Kernels that cannot start: exit code 2, the place of the fault, and what to try.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;

use serde_json::json;

use super::house::{Home, Kernel, NOBODY, Ran, is_root};

/// `serve` with this configuration, which it does not take.
#[track_caller]
fn refused(config: &str) -> Ran {
    let home = Home::new();
    home.write("ringfence.yaml", config);
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert!(!home.path("data/journal").exists(), "nothing was begun");
    ran
}

#[test]
fn faults_of_the_configuration_are_named_with_their_place() {
    let cases = [
        (
            "an unknown key",
            "version: 1\nlisten: 127.0.0.1:0\nservres: {}\n",
            "HOME/ringfence.yaml:3:1: unknown key \"servres\"",
            "did you mean \"servers\"?",
        ),
        (
            "an unknown key further in",
            "limits:\n  depht: 3\n",
            "HOME/ringfence.yaml:2:3: unknown key \"depht\"",
            "did you mean \"depth\"?",
        ),
        ("a wrong type", "servers: 7\n", "HOME/ringfence.yaml:1:10: ", ""),
        ("a quantity without a unit", "limits:\n  timeout: 30\n", "HOME/ringfence.yaml:2:12: ", "30s"),
        (
            "a word that is none",
            "policy:\n  mode: lenient\n",
            "HOME/ringfence.yaml:2:9: unknown value \"lenient\"",
            "valid here: strict, permissive, audit",
        ),
        (
            "a key twice",
            "limits: {}\nlimits: {}\n",
            "HOME/ringfence.yaml:2:1: \"limits\" stands twice",
            "keep one of them",
        ),
        (
            "two servers of one name",
            "servers:\n  a: { command: x }\n  a: { command: y }\n",
            "HOME/ringfence.yaml:3:3: ",
            "",
        ),
        (
            "a server without a way to it",
            "servers:\n  a: {}\n",
            "HOME/ringfence.yaml:2:3: server \"a\" has neither `command` nor `url`",
            "`command: npx` starts a program",
        ),
        ("a version to come", "version: 2\n", "HOME/ringfence.yaml:1:10: ", "version 1"),
        ("no YAML", "servers: [\n", "HOME/ringfence.yaml:", ""),
        ("an address for everybody", "listen: 0.0.0.0:8000\n", "0.0.0.0", "127.0.0.1"),
    ];
    for (what, config, place, hint) in cases {
        let home = Home::new();
        home.write("ringfence.yaml", config);
        // Without --listen: it would hide a fault of `listen`.
        let ran = home.run(&["serve"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{what}: {ran:?}");
        assert!(ran.stderr.starts_with("error: "), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains(place) && ran.stderr.contains(hint), "{what}: {}", ran.stderr);
        assert!(!home.path("data/journal").exists(), "{what}: nothing was begun");
    }
}

#[test]
fn a_server_that_two_files_define_is_refused() {
    let home = Home::new();
    home.write("ringfence.yaml", "servers:\n  files: { command: one }\n");
    let named = home.write("mcp.json", r#"{"mcpServers": {"files": {"command": "two"}}}"#);
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0", "--servers", named.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("HOME/mcp.json:1:"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("a server \"files\" is already defined at HOME/ringfence.yaml:2:3"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("give each server its own name"), "{}", ran.stderr);
}

#[test]
fn a_configuration_that_is_no_text_or_not_there_is_refused() {
    let ran = refused("a: \u{0}\n");
    assert!(ran.stderr.contains("HOME/ringfence.yaml"), "{}", ran.stderr);
    let home = Home::new();
    std::fs::write(home.path("ringfence.yaml"), b"limits: \xff\xfe\n").unwrap();
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((ran.code, ran.stderr.contains("HOME/ringfence.yaml: not UTF-8")), (Some(2), true), "{ran:?}");
    std::fs::remove_file(home.path("ringfence.yaml")).unwrap();
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(
        (ran.code, ran.stderr.contains("HOME/ringfence.yaml: cannot be read")),
        (Some(2), true),
        "{ran:?}"
    );
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let home = Home::new();
    home.write("ringfence.yaml", "{}");
    home.write("data", "a file is in the way");
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.starts_with("error: HOME/data: cannot be created: "), "{}", ran.stderr);
}

#[test]
fn a_data_directory_that_is_not_writable_is_named() {
    let home = Home::new();
    home.write("ringfence.yaml", "{}");
    let folder = home.path("");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    if rustix::process::geteuid().is_root() {
        // Permissions do not hold root back.
        command.uid(NOBODY).gid(NOBODY);
    }
    let ran = home.shown(&command.output().unwrap());
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("HOME/data: cannot be created: Permission denied"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: give this user access to it"), "{}", ran.stderr);
}

#[test]
fn a_data_directory_of_others_is_refused() {
    let home = Home::new();
    home.write("ringfence.yaml", "{}");
    std::fs::create_dir(home.path("data")).unwrap();
    std::fs::set_permissions(home.path("data"), std::fs::Permissions::from_mode(0o777)).unwrap();
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("others may write to the data directory HOME/data"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: chmod 700 HOME/data"), "{}", ran.stderr);
    if is_root() {
        std::fs::set_permissions(home.path("data"), std::fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::chown(home.path("data"), Some(NOBODY), Some(NOBODY)).unwrap();
        let ran = home.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(
            ran.stderr.contains("the data directory HOME/data belongs to another user"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_port_that_is_taken_is_named_and_the_journal_closed_in_good_order() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = Home::new();
    home.write("ringfence.yaml", "{}");
    let ran = home.run(&["serve", "--listen", &address]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains(&format!("error: cannot listen on {address}: ")), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: is it taken? name another one"), "{}", ran.stderr);
    assert_eq!(home.verified()["torn"], 0);
    // And the data directory is free for the next.
    Kernel::start_in(&home).finish();
}

#[test]
fn a_second_kernel_on_one_data_directory_is_refused_and_the_first_goes_on() {
    let first = Kernel::start(&json!({}));
    first.serves_others();
    let second = first.home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(2), "{second:?}");
    assert!(second.stderr.contains("error: another kernel runs on this data directory"), "{}", second.stderr);
    assert!(second.stderr.contains("or name another --data-dir"), "{}", second.stderr);
    // Its socket was not taken away either.
    let status = first.home.run(&["status", "--json"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    first.finish();
}
