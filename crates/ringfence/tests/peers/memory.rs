//! server-memory: state of a server behind the kernel, a variable of its entry, and a removal that is asked.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, with_env, wrapped};
use super::home::Home;
use super::installed::Server;

#[test]
fn what_is_remembered_is_kept_and_forgetting_is_asked() {
    let home = Home::new();
    let store = home.file("memory.jsonl");
    let plain = with_env(direct(Server::Memory, &[]), json!({ "MEMORY_FILE_PATH": store }));
    let through = wrapped(&home, "memory", &plain);
    let servers = [plain, through];

    let mut client = Client::start(&home, Peer::Sdk, &Person::declines(), &servers);
    client.same(json!({ "op": "tools" }));
    let entity = json!({ "name": "Ada", "entityType": "person", "observations": ["writes ü"] });
    let created = client.call(1, "create_entities", json!({ "entities": [entity] }));
    assert_eq!(created["isError"], Value::Null, "{created}");
    let graph = client.same(json!({ "op": "call", "name": "read_graph", "arguments": {} }));
    assert_eq!(graph["structuredContent"]["entities"], json!([entity]));
    let kept = client.call(1, "delete_entities", json!({ "entityNames": ["Ada"] }));
    assert_eq!(kept["_meta"]["io.ringfence/denied"]["code"], 1001, "{kept}");
    client.same(json!({ "op": "call", "name": "open_nodes", "arguments": { "names": ["Ada"] } }));
    drop(client);

    let mut client = Client::start(&home, Peer::Sdk, &Person::allows(), &servers);
    client.call(1, "delete_entities", json!({ "entityNames": ["Ada"] }));
    let graph = client.same(json!({ "op": "call", "name": "read_graph", "arguments": {} }));
    assert_eq!(graph["structuredContent"]["entities"], json!([]));
}
