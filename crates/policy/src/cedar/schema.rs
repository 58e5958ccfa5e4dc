//! What Cedar policies can ask about. The actions are those of the kernel.

use std::fmt::Write as _;

use cedar_policy::Schema;
use ringfence_model::call::ActionKind;

/// The schema but for its actions.
const SCHEMA: &str = r#"entity Realm;
entity Scope;
entity Server;
entity Principal in [Realm, Scope] = { name: String };
entity Target in [Server] = { name: String, effects: Set<String>, irreversible: Bool, egress: Bool };
// By JSON pointer: texts, numbers and booleans as text; and whole numbers.
entity Arguments tags String;
entity Numbers tags Long;
type Known = {
  arguments: Arguments,
  numbers: Numbers,
  findings: Set<String>,
  severity: Long,
  words: Set<String>,
  confidentiality: Long,
  untrusted: Bool,
  pii: Bool,
  environment?: String,
  sandboxed: Bool,
  answerable: Bool,
};
"#;

/// The whole of it.
pub(super) fn parsed() -> Result<Schema, String> {
    let mut text = SCHEMA.to_owned();
    for kind in ActionKind::ALL {
        let _ = writeln!(
            text,
            "action {kind} appliesTo {{ principal: [Principal], resource: [Target], context: Known }};"
        );
    }
    Schema::from_cedarschema_str(&text).map(|(schema, _warnings)| schema).map_err(|error| error.to_string())
}
