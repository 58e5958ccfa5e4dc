//! Sessions: all wraps of one client process share one, and nobody else does.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::Home;
use super::installed::Server;

/// The sessions that connections hold open, without the one of the asking command line.
fn sessions(home: &Home) -> Vec<Value> {
    let status = home.status();
    let test = u64::from(std::process::id());
    let all = status["sessions"].as_array().unwrap().clone();
    all.into_iter()
        .filter(|session| session["links"] != 0 && session["shared_by"]["client_process"]["pid"] != test)
        .collect()
}

#[test]
fn two_wraps_of_one_client_share_a_session_and_two_clients_do_not() {
    let home = Home::new();
    let note = home.with_file("note.txt", "text\n");
    let files = wrapped(&home, "files", &direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]));
    let everything = wrapped(&home, "everything", &direct(Server::Everything, &[]));

    let mut one = Client::start(&home, Peer::Sdk, &Person::Absent, &[files, everything.clone()]);
    let two = Client::start(&home, Peer::Mcp, &Person::Absent, &[everything]);
    one.call(0, "read_text_file", json!({ "path": note }));
    let found = sessions(&home);
    let links: Vec<&Value> = found.iter().map(|session| &session["links"]).collect();
    assert_eq!(links, [2, 1], "{found:?}");
    assert_ne!(found[0]["id"], found[1]["id"]);
    assert_ne!(found[0]["shared_by"], found[1]["shared_by"]);
    assert_eq!(
        found[0]["floor"],
        json!({ "confidentiality": "internal", "pii": false, "integrity": "untrusted" }),
        "what was read through one wrap is known of the whole session"
    );
    assert_eq!(
        found[1]["floor"],
        json!({ "confidentiality": "public", "pii": false, "integrity": "trusted" })
    );

    one.call(1, "echo", json!({ "message": "x" }));
    let of_one: Vec<Value> = home.tool_calls().iter().map(|call| call["session"].clone()).collect();
    assert_eq!(of_one, [found[0]["id"].clone(), found[0]["id"].clone()]);
    drop(two);
}
