//! A kernel on the data of an earlier one: everything that was recorded is there, and what clients carry from it is refused
//! in the words that make them begin anew.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::client::{Legacy, MODERN, modern_meta, text};
use super::house::{Home, Kernel};
use super::http::{Connection, request};

/// Copies a folder as the kernel keeps it: for its own user only.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    std::fs::set_permissions(to, Permissions::from_mode(0o700)).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
            std::fs::set_permissions(&to, Permissions::from_mode(0o600)).unwrap();
        }
    }
}

#[test]
fn the_data_of_an_earlier_kernel_opens_and_what_clients_carry_from_it_begins_anew() {
    let previous = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/previous");
    let home = Home::new();
    for part in ["journal", "keys"] {
        copy(&previous.join(part), &home.path("data").join(part));
    }
    std::fs::copy(previous.join("state.db"), home.path("data/state.db")).unwrap();
    std::fs::set_permissions(home.path("data/state.db"), Permissions::from_mode(0o600)).unwrap();
    home.write("ringfence.yaml", "version: 1\n");
    let carried: Value =
        serde_json::from_slice(&std::fs::read(previous.join("carried.json")).unwrap()).unwrap();
    let kernel = Kernel::start_in(&home);

    let ran = home.run(&["audit", "query", "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    let calls: Vec<_> = rows
        .iter()
        .filter(|row| row["action"] == "call_tool")
        .map(|row| (row["tool"].as_str().unwrap(), row["decision"].as_str().unwrap()))
        .collect();
    assert_eq!(
        calls,
        [("ringfence_status", "ask"), ("no_such_tool", "deny"), ("verify_code_safety", "allow")],
        "{ran:?}"
    );

    let session = carried["session"].as_str().unwrap();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let headers = [("Mcp-Session-Id", session), ("MCP-Protocol-Version", "2025-11-25")];
    let answer =
        Connection::with(kernel.address, &request("POST", "/mcp", &headers, &list)).answer().unwrap();
    assert_eq!(answer.status, 404, "{answer:?}");
    let retry = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
        "name": "ringfence_status", "arguments": {}, "_meta": modern_meta(), "requestState": carried["state"],
        "inputResponses": { "io.ringfence/confirm": { "action": "accept", "content": { "allow": true } } },
    } });
    let headers =
        [("MCP-Protocol-Version", MODERN), ("Mcp-Method", "tools/call"), ("Mcp-Name", "ringfence_status")];
    let sent = request("POST", "/mcp", &headers, retry.to_string());
    let answer = Connection::with(kernel.address, &sent).answer().unwrap();
    assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");

    let anew = Legacy::open(&kernel, "/mcp");
    let checked = anew.call(1, "verify_code_safety", &json!({ "code": "ls", "language": "bash" }));
    assert!(text(&checked).contains("safe"), "{checked}");
    kernel.finish();
    home.verified();
}
