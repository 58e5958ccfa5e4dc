//! Approvals over the channels of approvers: the HTTP API, signed webhooks in both directions, notices on a desktop.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use super::approve::{asked, client, is_done, noon, tokens};
use super::home::{Home, text};
use super::installed::Server;
use super::wait::{PATIENCE, until};

const SECRET: [u8; 32] = [7; 32];

/// A notice as it arrived.
struct Arrived {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

/// Where notices arrive; the first one is told to come again.
fn receiver() -> (String, Receiver<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?of=tests", listener.local_addr().unwrap());
    let (sender, arrived) = sync_channel(64);
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                let _end = reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                head.push(line.trim().to_owned());
            }
            assert!(head[0].starts_with("POST /hook?of=tests HTTP/1.1"), "{head:?}");
            let value = |name: &str| {
                let found = head.iter().find_map(|line| {
                    let (key, value) = line.split_once(':')?;
                    key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
                });
                found.unwrap_or_default()
            };
            let mut body = vec![0; value("content-length").parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let status = if at == 0 { "503 Busy" } else { "204 Taken" };
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            let notice = Arrived {
                id: value("webhook-id"),
                timestamp: value("webhook-timestamp"),
                signature: value("webhook-signature"),
                body: String::from_utf8(body).unwrap(),
            };
            if sender.send(notice).is_err() {
                return;
            }
        }
    });
    (url, arrived)
}

fn signature(secret: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag))
}

#[expect(clippy::disallowed_methods, reason = "what a receiver's clock would say")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// One request; status and body.
fn http(home: &Home, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(&home.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let address = &home.address;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         {extra}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// A signed decision as it is sent.
fn decision(home: &Home, id: &str, timestamp: u64, secret: &[u8], body: &Value) -> (u16, Value) {
    let (timestamp, body) = (timestamp.to_string(), body.to_string());
    let signature = signature(secret, id, &timestamp, &body);
    let headers =
        [("webhook-id", id), ("webhook-timestamp", &*timestamp), ("webhook-signature", &*signature)];
    http(home, "POST", "/hooks/approvals", &headers, &body)
}

/// A kernel before mcp-server-time, where converting is asked about by a rule that wants these approvers.
fn home(approvers: &str, approvals: &str, environment: &[(&str, &str)]) -> Home {
    let mut home = Home::new();
    std::fs::write(
        home.path("mine.yaml"),
        format!(
            "rules:\n  - id: mine\n    severity: critical\n    match: {{ tool: convert_time }}\n    decision: ask\n    \
             obligations: {{ require_approvers: {approvers} }}\n"
        ),
    )
    .unwrap();
    let program = Server::Time.program();
    home.configure(&format!(
        "version: 1\npolicy:\n  files: [mine.yaml]\n  roles: {{ finance: [ann], security: [bob, operator] }}\n{approvals}servers:\n  \
         time:\n    command: {program}\n    args: [--local-timezone, UTC]\n    tools:\n      convert_time: {{ effects: [pay] }}\n"
    ));
    home.serve(&json!({}), environment);
    home
}

#[test]
fn approvers_are_told_by_webhook_and_a_signed_decision_counts_once() {
    let (url, arrived) = receiver();
    let secret = format!("whsec_{}", STANDARD.encode(SECRET));
    let home = home(
        "1",
        &format!(
            "approvals: {{ webhooks: [{{ url: '{url}', secret: '${{HOOK:-{secret}}}' }}], desktop: off }}\n"
        ),
        &[],
    );
    let [ann] = tokens(&home, ["ann"]);
    let mut client = client(&home);
    let id = asked(&client.call(0, "convert_time", noon()));

    let [first, again] = [(); 2].map(|()| arrived.recv_timeout(PATIENCE).unwrap());
    assert_eq!([&first.id, &again.id], [&format!("{id}-requested"); 2], "who was busy is told again");
    assert_eq!(first.body, again.body);
    assert_eq!(again.signature, signature(&SECRET, &again.id, &again.timestamp, &again.body));
    let notice: Value = serde_json::from_str(&again.body).unwrap();
    assert_eq!(
        [&notice["type"], &notice["data"]["id"], &notice["data"]["state"], &notice["data"]["target"]],
        [&json!("approval.requested"), &json!(id), &json!("pending"), &json!("convert_time")],
        "{notice}"
    );
    assert!(notice["data"]["shown"].as_str().unwrap().contains("Asia/Kolkata"), "{notice}");

    let yes = json!({ "approval": id, "token": ann, "answer": "approve", "comment": "seen" });
    let refused = |status: u16, (code, said): (u16, Value)| assert_eq!(code, status, "{said}");
    refused(400, http(&home, "POST", "/hooks/approvals", &[], &yes.to_string()));
    refused(401, decision(&home, "a", now(), &[8; 32], &yes));
    refused(401, decision(&home, "b", now() - 400, &SECRET, &yes));
    refused(401, decision(&home, "c", now(), &SECRET, &json!({ "approval": id, "answer": "approve" })));
    refused(
        401,
        decision(
            &home,
            "d",
            now(),
            &SECRET,
            &json!({ "approval": id, "token": "made up", "answer": "approve" }),
        ),
    );
    let at = now().to_string();
    let signed = signature(&SECRET, "e", &at, &yes.to_string());
    let edited =
        json!({ "approval": id, "token": ann, "answer": "approve", "comment": "edited" }).to_string();
    let headers = [("webhook-id", "e"), ("webhook-timestamp", &*at), ("webhook-signature", &*signed)];
    refused(401, http(&home, "POST", "/hooks/approvals", &headers, &edited));
    assert_eq!(asked(&client.call(0, "convert_time", noon())), id, "none of these counted");

    let at = now();
    let (code, approved) = decision(&home, "f", at, &SECRET, &yes);
    assert_eq!((code, &approved["state"]), (200, &json!("approved")), "{approved}");
    refused(409, decision(&home, "f", at, &SECRET, &yes));
    assert!(is_done(&client.call(0, "convert_time", noon())));
    assert_ne!(asked(&client.call(0, "convert_time", noon())), id, "it counts once");
    let answered = until("the answer is told", || {
        let notice: Value = serde_json::from_str(&arrived.recv_timeout(PATIENCE).unwrap().body).unwrap();
        (notice["type"] == "approval.answered").then_some(notice)
    });
    assert_eq!(
        [&answered["data"]["id"], &answered["data"]["answers"][0]["by"]["name"]],
        [&json!(id), &json!("operator:ann")]
    );
    home.verified();
}

#[test]
fn approvals_are_answered_over_http_by_those_who_hold_the_roles() {
    let mut home = home("{ needed: 1, roles: [finance, security] }", "", &[]);
    let [ann, eve] = tokens(&home, ["ann", "eve"]).map(|token| bearer(&token));
    let id = asked(&client(&home).call(0, "convert_time", noon()));
    let place = format!("/api/approvals/{id}");
    let yes = r#"{"answer":"approve"}"#;
    let as_ann = [("Authorization", &*ann)];
    let as_eve = [("Authorization", &*eve)];

    assert_eq!(http(&home, "GET", "/api/approvals", &[], "").0, 401);
    assert_eq!(http(&home, "GET", "/api/approvals", &[("Authorization", "Bearer rfop_made_up")], "").0, 401);
    let (code, listed) = http(&home, "GET", "/api/approvals", &as_ann, "");
    assert_eq!(
        (code, &listed[0]["id"], &listed[0]["state"]),
        (200, &json!(id), &json!("pending")),
        "{listed}"
    );
    assert_eq!(http(&home, "GET", &place, &as_ann, "").1["target"], "convert_time");
    assert_eq!(http(&home, "GET", "/api/approvals/0199", &as_ann, "").0, 404);
    assert_eq!(http(&home, "POST", &place, &[], yes).0, 401);
    assert_eq!(http(&home, "POST", &place, &as_ann, r#"{"answer":"approve","force":true}"#).0, 400);
    let foreign = [("Authorization", &*ann), ("Origin", "https://a.example")];
    let refused = {
        let mut stream = TcpStream::connect(&home.address).unwrap();
        let (name, value) = foreign[0];
        write!(
            stream,
            "POST {place} HTTP/1.1\r\nHost: {}\r\n{name}: {value}\r\nOrigin: {}\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{yes}",
            home.address,
            foreign[1].1,
            yes.len()
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    assert!(refused.starts_with("HTTP/1.1 403"), "a page of another origin: {refused}");
    let (code, other) = http(&home, "POST", &place, &as_eve, yes);
    assert_eq!((code, other["code"].as_str()), (409, Some("approval")), "eve holds neither role: {other}");

    for _ in 0..2 {
        let (code, approved) = http(&home, "POST", &place, &as_ann, yes);
        assert_eq!(
            (code, &approved["state"]),
            (200, &json!("approved")),
            "the same again changes nothing: {approved}"
        );
        assert_eq!(approved["answers"].as_array().unwrap().len(), 1);
    }
    assert_eq!(http(&home, "POST", &place, &as_ann, r#"{"answer":"deny"}"#).0, 409, "it is decided");
    home.stop();
    home.serve(&json!({}), &[]);
    let mut client = client(&home);
    assert!(is_done(&client.call(0, "convert_time", noon())));
    assert_ne!(asked(&client.call(0, "convert_time", noon())), id);
    assert_eq!(http(&home, "GET", &place, &as_ann, "").1["state"], "used");
}

#[test]
fn a_role_that_nobody_holds_is_not_asked_for() {
    let home = home("{ needed: 2, roles: [security] }", "", &[]);
    let [_] = tokens(&home, ["ann"]);
    let denied = client(&home).call(0, "convert_time", noon());
    let data = &denied["_meta"]["io.ringfence/denied"];
    assert_eq!((&data["code"], data.get("approval_id")), (&json!(1002), None), "{denied}");
    let reason = data["reason"].as_str().unwrap();
    assert!(reason.contains("2 approvers of security are needed and 1 are known"), "{reason}");
}

#[test]
fn a_request_shows_on_the_desktop_of_whoever_started_the_kernel() {
    let mut home = home("1", "", &[]);
    home.stop();
    let folder = home.path("bin");
    std::fs::create_dir(&folder).unwrap();
    let program = folder.join("notify-send");
    std::fs::write(&program, "#!/bin/sh\nprintf '%s\\n' \"$@\" \"$SECRET_OF_MINE\" > \"$HOME/shown\" && mv \"$HOME/shown\" \"$HOME/notice\"\n")
        .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), super::installed::search_path());
    home.serve(&json!({}), &[("PATH", &path), ("SECRET_OF_MINE", "x")]);
    let id = asked(&client(&home).call(0, "convert_time", noon()));
    let notice = home.path("notice");
    until("the notice shows", || notice.exists().then_some(()));
    let shown = text(&notice);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[..3], ["--app-name=ringfence", "--", "Approval needed: time/convert_time"], "{shown}");
    assert_eq!(
        lines[4..],
        [format!("ringfence approvals show {id}"), String::new()],
        "and nothing of our environment"
    );
}
