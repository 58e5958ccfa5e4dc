//! What servers say of how things are to be shown, and the kinds of blocks that results have: the same for a client of each
//! version, but for what that version would refuse.

use serde_json::{Map, Value, json};

use super::bridge::{Talker, VERSIONS, able, each_pair, server};
use super::fake::Stage;

fn shown(with: Value) -> Value {
    let mut all = json!({
        "title": "Shown",
        "icons": [{ "src": "https://icons.example/a.png", "mimeType": "image/png", "sizes": ["48x48"] }],
        "_meta": { "example.org/x": [1, 2.5] },
    });
    all.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    all
}

fn notes() -> Value {
    json!({ "audience": ["user"], "priority": 0.5, "lastModified": "2026-01-01T00:00:00Z" })
}

/// The resource of the server of `bridge.py` that says all that a resource may.
pub(crate) fn resource() -> Value {
    shown(json!({ "uri": "file:///c", "name": "c", "annotations": notes(), "size": 3 }))
}

/// The element of this name on one of a list's pages.
fn listed(client: &mut Talker, list: &str, name: &str) -> Value {
    let mut params = json!({});
    loop {
        let page = client.plain(&format!("{list}/list"), params);
        if let Some(found) = page[list].as_array().unwrap().iter().find(|element| element["name"] == name) {
            return found.clone();
        }
        params = json!({ "cursor": page.get("nextCursor").unwrap_or_else(|| panic!("no {name}: {page}")) });
    }
}

#[test]
fn icons_titles_and_annotations_are_passed_on() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        let annotations = json!({ "title": "R", "readOnlyHint": true, "openWorldHint": false });
        let tool = json!({ "name": "rich", "annotations": annotations, "inputSchema": { "type": "object" } });
        assert_eq!(listed(client, "tools", "rich"), shown(tool), "{pair}");
        assert_eq!(listed(client, "prompts", "last"), shown(json!({ "name": "last" })), "{pair}");
        assert_eq!(listed(client, "resources", "c"), resource(), "{pair}");
    });
}

#[test]
fn blocks_of_each_kind_are_passed_on_to_versions_that_have_them() {
    each_pair(|_, client, of_server| {
        let pair = format!("{} with {of_server}", client.version);
        let result = client.plain("tools/call", json!({ "name": "rich" }));
        let [words, link, sound, held] = result["content"].as_array().unwrap().as_slice() else {
            panic!("{pair}: {result}");
        };
        assert_eq!(words, &json!({ "type": "text", "text": "see", "annotations": notes() }), "{pair}");
        let mut whole = resource();
        whole["type"] = json!("resource_link");
        if client.version >= "2025-06-18" {
            assert_eq!(link, &whole, "{pair}");
        } else {
            assert_eq!(link["type"], "text", "{pair}: {link}");
            assert!(link["text"].as_str().unwrap().contains("file:///c"), "{pair}: {link}");
        }
        if client.version >= "2025-03-26" {
            let audio =
                json!({ "type": "audio", "data": "AAAA", "mimeType": "audio/wav", "annotations": notes() });
            assert_eq!(sound, &audio, "{pair}");
        } else {
            assert_eq!(sound["type"], "text", "{pair}: {sound}");
        }
        let inner = json!({ "uri": "file:///a", "mimeType": "text/plain", "text": "a" });
        assert_eq!(held, &json!({ "type": "resource", "annotations": notes(), "resource": inner }), "{pair}");
        assert_eq!(result["_meta"]["example.org/x"], json!([1, 2.5]), "{pair}: {result}");
    });
}

#[test]
fn links_and_resources_in_results_can_be_read_where_several_servers_stand_behind_one_endpoint() {
    let stage = Stage::with(json!({}), |home| {
        let servers = [("v2025", "2025-11-25"), ("v2026", "2026-07-28")];
        Map::from_iter(servers.map(|(name, version)| (name.to_owned(), server(home, version))))
    });
    for version in VERSIONS.into_iter().filter(|version| *version >= "2025-06-18") {
        let mut client = Talker::with(&stage.kernel, version, &json!("stdio"), able());
        for name in ["v2025", "v2026"] {
            let result = client.plain("tools/call", json!({ "name": format!("{name}__rich") }));
            for (block, own) in [("/content/1/uri", "file:///c"), ("/content/3/resource/uri", "file:///a")] {
                let uri = result.pointer(block).unwrap();
                assert_eq!(uri, &json!(format!("mcp+{name}+{own}")), "{version}");
            }
            // Each is read at its own server, although both have one of this name.
            let uri = result.pointer("/content/3/resource/uri").unwrap();
            let read = client.plain("resources/read", json!({ "uri": uri }));
            assert_eq!(
                (&read["contents"][0]["uri"], &read["contents"][0]["text"]),
                (uri, &json!("a")),
                "{version}"
            );
            let calls = stage.kernel.calls();
            let last = calls.iter().find(|call| call["action"] == "read_resource").unwrap();
            assert_eq!(last["server"], *name, "{last}");
        }
    }
    stage.kernel.finish();
}
