use std::path::Path;

use ringfence_model::config::Config;
use serde_json::json;

use super::declarations;
use crate::config::file;

#[test]
fn what_is_listed_can_be_taken_over_into_the_configuration() {
    let listed = [
        json!({"server": "ringfence", "tool": "ringfence_status", "effects": ["read"], "source": "built_in"}),
        json!({"server": "files", "tool": "read \"it\"", "effects": ["read"], "source": "catalogue",
            "irreversible": false, "egress": false, "consequential": []}),
        json!({"server": "files", "tool": "odd", "effects": [], "source": "unknown"}),
        json!({"server": "mail", "tool": "send", "effects": ["network", "send"], "source": "inferred",
            "irreversible": true, "egress": true, "consequential": ["/to"]}),
        json!({"server": "dead", "error": "it does\nnot start"}),
    ];
    let shown = declarations(&listed).unwrap();
    insta::assert_snapshot!(shown);
    let merged = shown.replace("    tools:", "    command: x\n    tools:");
    let config: Config = file::parse(Path::new("ringfence.yaml"), &format!("version: 1\n{merged}")).unwrap();
    let tools: Vec<_> = config
        .servers
        .iter()
        .flat_map(|(server, entry)| entry.tools.keys().map(move |tool| format!("{server}: {tool}")))
        .collect();
    assert_eq!(tools, ["files: read \"it\"", "mail: send"]);
}

#[test]
fn without_servers_there_is_nothing_to_declare() {
    assert_eq!(declarations(&[json!({"server": "ringfence", "tool": "ringfence_status"})]), None);
    assert_eq!(declarations(&[json!({"server": "dead", "error": "no"})]), None);
}
