//! Whoever knocks and may not come in: other versions, nonsense, other users.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::bridge::server;
use super::client::{Legacy, MODERN, Modern, Piped, initialize, modern_meta, text, tool_call};
use super::headers::journal_of;
use super::house::{Kernel, NOBODY, is_root, until};
use super::http::{Connection, request};

/// What the kernel says to this first line; it then closes the connection.
#[track_caller]
fn refused(kernel: &Kernel, hello: &[u8]) -> Value {
    let mut piped = Piped::connect(&kernel.socket());
    piped.say_raw(hello);
    let said = piped.hear().expect("a refusal");
    assert_eq!(piped.hear(), None, "and nothing more");
    said["refused"].clone()
}

#[test]
fn a_shim_of_another_version_is_told_what_to_do() {
    let kernel = Kernel::start(&json!({}));
    let version = env!("CARGO_PKG_VERSION");
    for role in [json!("stdio"), json!("control")] {
        let hello = json!({ "control": 999, "version": "9.9.9", "role": role }).to_string();
        let mut problem = refused(&kernel, hello.as_bytes());
        let hint = problem["hints"][0].take();
        assert!(hint.as_str().unwrap().contains("the next command starts one of this version"), "{hint}");
        assert_eq!(
            problem,
            json!({
                "kind": "config", "code": "kernel-version", "hints": [null],
                "message": format!("a kernel of version {version} runs, this is 9.9.9"),
            })
        );
    }
    // A later version may say what this one does not know: the version is what it is told about.
    let later =
        json!({ "control": 999, "version": "9.9.9", "role": { "hologram": { "size": 3 } }, "more": [] });
    assert_eq!(refused(&kernel, later.to_string().as_bytes())["code"], "kernel-version");
    kernel.finish();
}

#[test]
fn a_hello_that_is_none_is_refused() {
    let kernel = Kernel::start(&json!({}));
    for hello in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"{}",
        b"null",
        b"\xff\xfe\xfd",
        br#"{"control":"1","version":"x","role":"stdio"}"#,
        br#"{"control":1,"version":"x","role":"operator"}"#,
        br#"{"control":1,"version":"x","role":{"wrap":{"name":"Not A Name","server":{"command":"x"}}}}"#,
    ] {
        let problem = refused(&kernel, hello);
        let shown = String::from_utf8_lossy(hello);
        assert_eq!((&problem["kind"], &problem["code"]), (&json!("denied"), &json!("refused")), "{shown}");
        let message = problem["message"].as_str().unwrap();
        assert!(message.starts_with("the hello cannot be read: "), "{shown}: {message}");
    }
    kernel.serves_others();
    // Who says nothing, or too much, is not waited for.
    let mut silent = Piped::connect(&kernel.socket());
    let before = kernel.peak();
    let mut endless = Piped::connect(&kernel.socket());
    for _ in 0..32 {
        endless.send(&vec![b'x'; 1 << 20]);
    }
    endless.say_raw(b"");
    assert_eq!(endless.hear().unwrap()["refused"]["message"], "no hello came");
    assert!(kernel.peak() - before < 48 << 10, "{} KiB, before {before}", kernel.peak());
    assert_eq!(silent.hear().unwrap()["refused"]["message"], "no hello came");
    drop((silent, endless));
    kernel.finish();
}

#[test]
fn requests_of_the_command_line_that_are_none_are_refused_one_by_one() {
    let kernel = Kernel::start(&json!({}));
    let mut control = Piped::welcomed(&kernel, &json!("control"));
    for wrong in
        [&b"nonsense"[..], b"{}", br#"{"verb":"format_disk"}"#, br#"{"verb":"tools_call","args":{}}"#]
    {
        control.say_raw(wrong);
        let said = control.hear().unwrap();
        assert_eq!(
            (&said["problem"]["kind"], &said["problem"]["code"]),
            (&json!("user"), &json!("bad-request")),
            "{said}"
        );
    }
    control.say(&json!({ "verb": "status" }));
    assert!(control.hear().unwrap()["item"].is_object());
    drop(control);
    kernel.finish();
}

/// Runs Python as `nobody`: connects by these statements, says this, prints what it hears.
#[expect(clippy::disallowed_methods, reason = "a client of another user")]
fn as_nobody(connect: &str, say: &[u8]) -> String {
    let script = format!(
        "import os,socket,sys\n\
         os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n\
         try:\n  {connect}\n\
         except OSError as error:\n  sys.exit('not connected: %s' % error)\n\
         s.settimeout(60)\n\
         heard = b''\n\
         try: s.sendall({say})\n\
         except OSError: pass\n\
         try:\n  \
         while True:\n    more = s.recv(65536)\n    if not more: break\n    heard += more\n\
         except ConnectionResetError: pass\n\
         sys.stdout.write('heard:' + heard.decode())\n",
        say = python_bytes(say),
    );
    let mut child = Command::new("python3")
        .args(["-I", "-c", &script])
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    child.wait().unwrap();
    if out.is_empty() { err.trim().to_owned() } else { out }
}

fn python_bytes(bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("b'{escaped}'")
}

#[test]
fn another_user_of_the_machine_is_not_served() {
    if !is_root() {
        return;
    }
    let kernel = Kernel::start(&json!({}));
    let socket = kernel.socket();
    let connect = format!("s = socket.socket(socket.AF_UNIX); s.connect({:?})", socket.to_str().unwrap());
    let hello = json!({ "control": 1, "version": "x", "role": "control" }).to_string() + "\n";
    // The folder and the socket are the user's own…
    let heard = as_nobody(&connect, hello.as_bytes());
    assert!(heard.contains("not connected") && heard.contains("Permission denied"), "{heard}");
    // …and where they are laid open by mistake, the system's word for the peer still counts.
    for (path, mode) in [
        (kernel.home.path(""), 0o755),
        (kernel.home.path("data"), 0o755),
        (kernel.home.path("data/run"), 0o755),
        (socket.clone(), 0o666),
    ] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let heard = as_nobody(&connect, hello.as_bytes());
    let expected = json!({ "refused": { "kind": "denied", "code": "refused",
        "message": "user 65534 may not use this kernel, which runs as user 0" } });
    let said: Value =
        serde_json::from_str(heard.strip_prefix("heard:").unwrap_or_else(|| panic!("{heard}"))).unwrap();
    assert_eq!(said, expected);

    let bytes = Modern::new(&kernel, "/mcp").bytes(1, "ringfence_status", &json!({}));
    let address = kernel.address;
    let connect = format!("s = socket.socket(); s.connect(('{}', {}))", address.ip(), address.port());
    // What it asked may be lost with the reset; who asks nothing hears why.
    let heard = as_nobody(&connect, &bytes);
    assert!(!heard.contains("result"), "{heard}");
    let heard = as_nobody(&connect, b"");
    assert!(heard.starts_with("heard:HTTP/1.1 403 Forbidden\r\n"), "{heard}");
    assert!(heard.ends_with("\r\n\r\nthis kernel serves processes of its own user only"), "{heard}");
    kernel.serves_others();
    until("the refusals stand in the journal", || journal_of(&kernel).contains("ringfence.foreign_user"));
    kernel.finish();
}

#[test]
fn a_wrapped_server_is_reached_only_by_those_who_wrap_it() {
    let kernel = Kernel::start(&json!({}));
    let wrap =
        json!({ "wrap": { "name": "mine", "server": super::fake::entry(&kernel.home, "mine", "well") } });
    let mut piped = Piped::open(&kernel, &wrap);
    piped.say(&tool_call(1, "echo", &json!({ "text": "x" })));
    assert_eq!(super::client::text(&piped.answer(1)), "x");
    let answer = Modern::new(&kernel, "/mcp").call(1, "mine__echo", &json!({ "text": "x" })).json();
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert_eq!(Modern::new(&kernel, "/servers/mine/mcp").call(1, "echo", &json!({})).status, 404);
    drop(piped);
    kernel.finish();
}

/// What `nobody` gets for these bytes of HTTP: status and all that was said.
#[track_caller]
fn nobody_gets(kernel: &Kernel, method: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let headers: Vec<_> = headers.iter().copied().chain([("Connection", "close")]).collect();
    let address = kernel.address;
    let connect = format!("s = socket.socket(); s.connect(('{}', {}))", address.ip(), address.port());
    let heard = as_nobody(&connect, &request(method, "/servers/well/mcp", &headers, body));
    let status = heard.strip_prefix("heard:HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    (status.unwrap_or_else(|| panic!("{heard}")), heard)
}

#[test]
fn what_is_sealed_for_one_user_is_nothing_in_the_hands_of_another() {
    if !is_root() {
        return;
    }
    // Of the user `nobody`, and used by `root`, too: two principals that are both served.
    let kernel =
        Kernel::start_as(NOBODY, |home| json!({ "servers": { "well": server(home, "2025-11-25") } }));
    let root = Legacy::open(&kernel, "/servers/well/mcp");
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    for method in ["POST", "GET", "DELETE"] {
        let body = if method == "POST" { ping.as_str() } else { "" };
        let (status, heard) = nobody_gets(&kernel, method, &root.headers(), body);
        assert_eq!(status, 404, "{method}: {heard}");
        assert!(heard.ends_with("there is no such session: initialize again"), "{method}: {heard}");
    }
    // It is served under one of its own, and the session of the other has not ended.
    let (status, heard) = nobody_gets(&kernel, "POST", &[], &initialize().to_string());
    assert!(status == 200 && heard.to_ascii_lowercase().contains("mcp-session-id: "), "{heard}");
    assert_eq!(text(&root.call(2, "echo", &json!({ "text": "on" }))), "on");

    // The state of a call that waits for an answer.
    let mut message = tool_call(1, "ask", &json!({ "names": ["form"] }));
    message["params"]["_meta"] = modern_meta();
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
    let headers = [("MCP-Protocol-Version", MODERN), ("Mcp-Method", "tools/call"), ("Mcp-Name", "ask")];
    let say = |message: &Value| {
        let sent = request("POST", "/servers/well/mcp", &headers, message.to_string());
        Connection::with(kernel.address, &sent).answer().unwrap().json()
    };
    let asked = say(&message);
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    message["params"]["requestState"] = asked["result"]["requestState"].clone();
    message["params"]["inputResponses"] =
        json!({ "question": { "action": "accept", "content": { "word": "mine" } } });
    let (_, heard) = nobody_gets(&kernel, "POST", &headers, &message.to_string());
    assert!(heard.contains("-32602") && !heard.contains("mine"), "{heard}");
    let answered = say(&message);
    let said: Value = serde_json::from_str(text(&answered)).unwrap();
    assert_eq!(said["form"]["content"]["word"], "mine", "what another one tried has used nothing up");
    kernel.finish();
}
