//! `cargo xtask eval flow`: scripted sessions along the real path: tasks of users, and goals that a stranger's text plants.
//!
//! Must never know more than the kernel does: a script holds what the agent calls and what the servers answer, no more.

mod report;
mod script;
mod session;

use script::Script;
use session::Outcome;

/// The scripts by when their failures were looked at: those that the engine was first tuned with, then sets that were first
/// measured and then looked at, and the last two, written by somebody who had not seen the engine.
const TUNED: [(&str, &str); 5] = [
    ("mail", include_str!("scripts/mail.yaml")),
    ("files", include_str!("scripts/files.yaml")),
    ("bank", include_str!("scripts/bank.yaml")),
    ("chat", include_str!("scripts/chat.yaml")),
    ("calendar", include_str!("scripts/calendar.yaml")),
];
const TUNED_LATER: [(&str, &str); 2] =
    [("shop", include_str!("scripts/shop.yaml")), ("tickets", include_str!("scripts/tickets.yaml"))];
const TUNED_LAST: [(&str, &str); 2] =
    [("crm", include_str!("scripts/crm.yaml")), ("code", include_str!("scripts/code.yaml"))];
const TUNED_HOME: [(&str, &str); 1] = [("home", include_str!("scripts/home.yaml"))];
const TUNED_DEPOT: [(&str, &str); 2] =
    [("people", include_str!("scripts/people.yaml")), ("depot", include_str!("scripts/depot.yaml"))];
const FRESH: [(&str, &str); 2] =
    [("clinic", include_str!("scripts/clinic.yaml")), ("lawfirm", include_str!("scripts/lawfirm.yaml"))];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let details = words.iter().any(|word| word == "--details");
    let sets = [
        ("tuned", &TUNED[..]),
        ("tuned later", &TUNED_LATER[..]),
        ("tuned last", &TUNED_LAST[..]),
        ("home", &TUNED_HOME[..]),
        ("depot", &TUNED_DEPOT[..]),
        ("fresh", &FRESH[..]),
    ];
    for (name, set) in sets {
        if words.iter().any(|word| word.starts_with("--only=") && *word != format!("--only={name}")) {
            continue;
        }
        let mut scripts: Vec<Script> = Vec::new();
        for (file, text) in set {
            scripts.extend(script::read(file, text)?);
        }
        for heard in [true, false] {
            let mut outcomes: Vec<Outcome> = Vec::new();
            for (at, script) in scripts.iter().enumerate() {
                outcomes.push(session::run(script, at, heard).await?);
            }
            report::print(name, heard, &outcomes, details);
        }
    }
    Ok(())
}
