//! A kernel that is killed again and again while clients call: what was acknowledged is in the journal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Legacy, tool_call};
use super::house::{Home, Kernel};
use super::http::{Connection, request};

const CLIENTS: usize = 4;

/// How often it is killed; `cargo xtask nightly` says more.
fn kills() -> usize {
    option_env!("RINGFENCE_KILLS").map_or(4, |kills| kills.parse().expect("a number"))
}

#[test]
fn nothing_acknowledged_is_missing_and_the_journal_verifies() {
    let home = Home::new();
    home.write("ringfence.yaml", "version: 1\n");
    let (mut acknowledged, kills) = (0, kills());
    let mut recorded = 0;
    for round in 0..kills {
        let mut kernel = Kernel::start_in(&home);
        let answered = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let client = Legacy::open(&kernel, "/mcp");
                let mut connection = Connection::open(kernel.address);
                let answered = &answered;
                scope.spawn(move || {
                    for id in 0.. {
                        let arguments = json!({ "code": format!("ls {id}"), "language": "bash" });
                        let call = tool_call(id, "verify_code_safety", &arguments).to_string();
                        connection.send(&request("POST", "/mcp", &client.headers(), call));
                        let Some(answer) = connection.answer() else { return };
                        assert_eq!(answer.status, 200, "{answer:?}");
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            // At another moment of its work each time.
            std::thread::sleep(Duration::from_millis(20 + (round as u64 * 37) % 180));
            kernel.signal(Signal::KILL);
            kernel.ended();
        });
        acknowledged += answered.into_inner();
        let report = home.verified();
        // What the kernel signed is never more than what is there.
        assert!(report["signed"].as_u64().unwrap_or(0) <= report["entries"].as_u64().unwrap(), "{report}");
        let entries = report["entries"].as_u64().unwrap();
        assert!(entries >= recorded, "round {round}: {entries} after {recorded}");
        recorded = entries;
    }
    let kernel = Kernel::start_in(&home);
    let outcomes = outcomes(&home);
    let done = outcomes.iter().filter(|outcome| *outcome == "ok").count();
    // The answer of a call that was recorded may have been lost with the kernel, one for each client and kill.
    assert!(
        (acknowledged..=acknowledged + CLIENTS * kills).contains(&done),
        "{acknowledged} acknowledged, {done} done"
    );
    assert!(outcomes.iter().all(|outcome| outcome == "ok" || outcome == "unknown"), "{outcomes:?}");
    assert!(acknowledged > kills, "{acknowledged}: the clients had no time to call");
    kernel.finish();
}

/// How the calls ended, page by page.
fn outcomes(home: &Home) -> Vec<String> {
    let mut all = Vec::new();
    let mut before = u64::MAX >> 1;
    loop {
        let page =
            ["audit", "query", "--json", "--limit", "10000", "--target", "verify_code_safety", "--before"];
        let ran = home.run(&[&page[..], &[&before.to_string()]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let rows: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
        let Some(last) = rows.last() else { return all };
        before = last["index"].as_u64().unwrap();
        all.extend(rows.iter().map(|row| row["outcome"].as_str().unwrap_or("open").to_owned()));
    }
}
