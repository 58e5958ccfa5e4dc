//! Kernels that end: killed in mid-call, told to end while a call runs, gone and leaving a socket behind.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Legacy, MODERN, Modern, Piped, last, modern_meta, text, tool_call};
use super::fake::{Stage, is_gone};
use super::house::{Kernel, create, until};
use super::http::{Connection, request};

#[test]
fn a_kernel_killed_in_mid_call_leaves_a_journal_that_verifies_and_shows_the_open_intent() {
    let mut stage = Stage::new(Some("well"), json!({}));
    let ill = Legacy::open(&stage.kernel, "/servers/ill/mcp");
    assert_eq!(text(&ill.call(1, "echo", &json!({ "text": "done" }))), "done");
    let mut held = ill.start(2, "hold", &json!({ "file": stage.gate("never") }));
    stage.took("ill", "hold", 1);
    assert_eq!(stage.kernel.outcomes("hold"), ["open"], "the intent is written before the effect");
    let home = std::sync::Arc::clone(&stage.kernel.home);
    stage.kernel.signal(Signal::KILL);
    stage.kernel.ended();
    assert!(held.answer().is_none(), "the client sees its connection break");
    assert_eq!(home.verified()["valid"], true);
    is_gone(&home, "ill");
    drop(stage);

    let next = Kernel::start_in(&home);
    next.serves_others();
    assert_eq!(next.outcomes("hold"), ["unknown"], "nobody knows what came of it");
    assert_eq!(next.outcomes("echo"), ["ok"]);
    let again = Legacy::open(&next, "/servers/ill/mcp");
    assert_eq!(text(&again.call(1, "echo", &json!({ "text": "anew" }))), "anew");
    next.finish();
}

#[test]
fn a_torn_last_entry_is_cut_off_and_said() {
    let kernel = Kernel::start(&json!({}));
    kernel.serves_others();
    let home = std::sync::Arc::clone(&kernel.home);
    let mut kernel = kernel;
    kernel.signal(Signal::KILL);
    kernel.ended();
    drop(kernel);
    let segments = std::fs::read_dir(home.path("data/journal")).unwrap().map(|file| file.unwrap().path());
    let segment = segments.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes.truncate(bytes.len() - 7);
    std::fs::write(&segment, bytes).unwrap();
    let report = home.verified();
    assert!(report["torn"].as_u64().unwrap() > 0, "{report}");
    let next = Kernel::start_in(&home);
    next.finish();
    assert_eq!(home.verified()["torn"], 0);
}

/// A call that runs when the kernel is told to end, and how the client sees it end.
#[track_caller]
fn drained(stage: Stage, answer: impl FnOnce(&Stage, &mut dyn FnMut()) -> Value) {
    let gate = stage.gate("gate");
    let mut told = || {
        stage.kernel.signal(Signal::TERM);
        until("it does not take new clients", || std::net::TcpStream::connect(stage.kernel.address).is_err());
        create(&gate);
    };
    assert_eq!(text(&answer(&stage, &mut told)), "to the end");
    let Stage { mut kernel, .. } = stage;
    assert_eq!(kernel.ended().code(), Some(0), "{}", kernel.log());
    let report = kernel.home.verified();
    assert_eq!(report["torn"], 0, "{report}");
    let next = Kernel::start_in(&kernel.home);
    assert_eq!(next.outcomes("hold"), ["ok"]);
    next.finish();
}

#[test]
fn told_to_end_a_modern_call_that_runs_ends_with_its_answer() {
    drained(Stage::new(None, json!({})), |stage, told| {
        let modern = Modern::new(&stage.kernel, "/servers/well/mcp");
        let mut call = modern.start(1, "hold", &json!({ "file": stage.gate("gate"), "text": "to the end" }));
        stage.took("well", "hold", 1);
        told();
        last(&mut call)
    });
}

#[test]
fn told_to_end_a_legacy_call_that_runs_ends_with_its_answer() {
    drained(Stage::new(None, json!({})), |stage, told| {
        let legacy = Legacy::open(&stage.kernel, "/servers/well/mcp");
        // What listens for notices does not hold the end up.
        let mut listening = legacy.listen(None);
        assert_eq!(listening.head().unwrap().status, 200);
        let mut call = legacy.start(1, "hold", &json!({ "file": stage.gate("gate"), "text": "to the end" }));
        stage.took("well", "hold", 1);
        told();
        last(&mut call)
    });
}

#[test]
fn told_to_end_a_call_of_a_shim_that_runs_ends_with_its_answer() {
    drained(Stage::new(None, json!({})), |stage, told| {
        let mut piped = Piped::open(&stage.kernel, &json!("stdio"));
        let arguments = json!({ "file": stage.gate("gate"), "text": "to the end" });
        piped.say(&tool_call(1, "well__hold", &arguments));
        stage.took("well", "hold", 1);
        told();
        piped.answer(1)
    });
}

#[test]
fn told_to_end_subscriptions_are_ended_and_hold_nothing_up() {
    let stage = Stage::new(None, json!({}));
    let mut message = json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
        "params": { "notifications": { "toolsListChanged": true }, "_meta": modern_meta() } });
    let headers = [("MCP-Protocol-Version", MODERN), ("Mcp-Method", "subscriptions/listen")];
    let sent = request("POST", "/mcp", &headers, message.to_string());
    let mut listening = Connection::with(stage.kernel.address, &sent);
    assert_eq!(listening.head().unwrap().status, 200);
    let acknowledged = json!("notifications/subscriptions/acknowledged");
    assert_eq!(listening.message()["method"], acknowledged);
    let mut piped = Piped::welcomed(&stage.kernel, &json!("stdio"));
    message["id"] = json!(2);
    piped.say(&message);
    assert_eq!(piped.hear().unwrap()["method"], acknowledged);

    let Stage { mut kernel, .. } = stage;
    kernel.signal(Signal::TERM);
    // Each ends with its answer, and is not cut off when the kernel's patience is at its end.
    assert_eq!(listening.message()["result"]["resultType"], "complete");
    assert_eq!(listening.event(), None);
    assert_eq!(piped.answer(2)["result"]["resultType"], "complete");
    assert_eq!(kernel.ended().code(), Some(0), "{}", kernel.log());
    kernel.home.verified();
}

#[test]
fn a_call_that_never_ends_does_not_keep_a_kernel_from_ending() {
    let stage = Stage::new(None, json!({}));
    let modern = Modern::new(&stage.kernel, "/servers/well/mcp");
    let mut call = modern.start(1, "hold", &json!({ "file": stage.gate("never") }));
    stage.took("well", "hold", 1);
    let Stage { mut kernel, .. } = stage;
    kernel.signal(Signal::TERM);
    assert_eq!(kernel.ended().code(), Some(0), "{}", kernel.log());
    assert!(call.answer().is_none());
    kernel.home.verified();
    let next = Kernel::start_in(&kernel.home);
    assert_ne!(next.outcomes("hold"), ["open"], "what became of it is written down");
    next.finish();
}

#[test]
fn a_socket_that_a_killed_kernel_left_behind_is_in_nobodys_way() {
    let mut kernel = Kernel::start(&json!({}));
    let home = std::sync::Arc::clone(&kernel.home);
    kernel.signal(Signal::KILL);
    kernel.ended();
    assert!(home.path("data/run/kernel.sock").exists(), "it is left behind");
    drop(kernel);
    let next = Kernel::start_in(&home);
    let status = home.run(&["status", "--json"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    let mut piped = Piped::open(&next, &json!("stdio"));
    piped.say(&tool_call(1, "ringfence_status", &json!({})));
    assert!(piped.answer(1)["result"]["structuredContent"].is_object());
    drop(piped);
    next.finish();
    assert!(!home.path("data/run/kernel.sock").exists(), "a kernel that ends takes its socket away");
}

#[test]
fn a_shim_survives_the_kernel_and_its_next_call_is_answered() {
    let mut stage = Stage::new(Some("well"), json!({}));
    let mut shim = stage.kernel.home.command(&["serve", "--stdio"]);
    let mut shim = shim.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut client = super::client::Shim::of(&mut shim);
    client.open();
    client.say(&tool_call(1, "ill__hold", &json!({ "file": stage.gate("never") })));
    stage.took("ill", "hold", 1);
    let home = std::sync::Arc::clone(&stage.kernel.home);
    stage.kernel.signal(Signal::KILL);
    stage.kernel.ended();
    // The shim starts the next one itself, in the background.
    let lost = client.answer(1);
    assert_eq!(lost["error"]["code"], 1003, "{lost}");
    client.say(&tool_call(2, "ill__echo", &json!({ "text": "on" })));
    assert_eq!(text(&client.answer(2)), "on");
    drop(client);
    assert_eq!(shim.wait().unwrap().code(), Some(0));
    let status = home.run(&["status", "--json"]);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    let pid =
        rustix::process::Pid::from_raw(i32::try_from(status["pid"].as_i64().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    until("the background kernel has ended", || !home.path("data/run/kernel.sock").exists());
    home.verified();
}
