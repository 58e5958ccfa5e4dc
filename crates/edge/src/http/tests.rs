use std::sync::atomic::Ordering;

use ringfence_model::config::Config;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

use super::*;
use crate::house::{House, initialize, legacy, modern, subscription};

const SESSION: &str = "Mcp-Session-Id";

/// More than anything here takes, and less than any of the bounds that it shall not come to.
const SOON: Duration = Duration::from_secs(5);

struct Running {
    house: House,
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Running {
    async fn start(house: House) -> Self {
        let server = HttpServer::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let (address, stop) = (server.address(), CancellationToken::new());
        let serving = tokio::spawn(server.serve(Arc::clone(&house.gate), stop.clone()));
        Self { house, address, stop, serving }
    }

    /// Sends a POST and leaves the connection open.
    async fn open(&self, path: &str, headers: &[(&str, &str)], message: &Value) -> TcpStream {
        let body = message.to_string();
        let mut head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// The whole answer of a POST on a connection of its own.
    async fn post(&self, headers: &[(&str, &str)], message: &Value) -> String {
        let headers: Vec<_> = headers.iter().copied().chain([("Connection", "close")]).collect();
        let mut stream = self.open("/mcp", &headers, message).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn modern(&self, method: &str, name: Option<&str>) -> String {
        let params = name.map_or_else(|| json!({}), |name| json!({ "name": name, "arguments": {} }));
        let headers: Vec<_> =
            modern_headers(method).into_iter().chain(name.map(|name| ("Mcp-Name", name))).collect();
        self.post(&headers, &modern(1, method, &params)).await
    }

    /// The session that a handshake opens, where it opens one.
    async fn initialize(&self) -> Option<String> {
        let answer = self.post(&[], &initialize()).await;
        let lines = answer.lines().map(|line| line.split_once(": "));
        let named = lines.flatten().find(|(name, _)| name.eq_ignore_ascii_case(SESSION));
        named.map(|(_, session)| session.to_owned())
    }

    async fn ping(&self, session: &str) -> String {
        status(&self.post(&[(SESSION, session)], &legacy(1, "ping", &json!({}))).await)
    }

    /// Ends the server, which must not take as long as its bounds.
    async fn finish(self) -> House {
        self.stop.cancel();
        tokio::time::timeout(SOON, self.serving).await.unwrap().unwrap();
        self.house
    }
}

/// Of a modern request.
fn modern_headers(method: &str) -> Vec<(&'static str, &str)> {
    vec![("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)]
}

fn status(answer: &str) -> String {
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// Reads until `wanted` has come.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(wanted) {
        assert_ne!(stream.read_buf(&mut all).await.unwrap(), 0, "{}", String::from_utf8_lossy(&all));
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn conversations_nobody_ends_lock_out_nobody() {
    let mut config = Config::standard();
    config.limits.sessions = 8;
    let running = Running::start(House::of(&config, "")).await;
    let busy = running.initialize().await.unwrap();
    let call = legacy(1, "tools/call", &json!({ "name": "hold", "arguments": {} }));
    let _held = running.open("/mcp", &[(SESSION, &busy)], &call).await;
    running.house.hold.has_begun(1).await;
    let mut opened = Vec::new();
    for _ in 0..8 {
        opened.push(running.initialize().await.expect("each handshake opens a session"));
    }
    let mut statuses = vec![running.ping(&busy).await];
    for session in &opened {
        statuses.push(running.ping(session).await);
    }
    let expected = ["200", "404", "404", "404", "200", "200", "200", "200", "200"];
    assert_eq!(statuses, expected, "the longest unused made room, but not the one in which a call runs");
    assert_eq!(status(&running.modern("tools/list", None).await), "200");
    running.house.hold.go.add_permits(1);
    running.finish().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_during_the_handshake_leaves_no_session() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = Config::standard();
    let url = format!("http://{}/mcp", silent.local_addr().unwrap());
    config.servers.insert("silent".parse().unwrap(), serde_json::from_value(json!({ "url": url })).unwrap());
    let running = Running::start(House::of(&config, "")).await;
    let leaving = running.open("/servers/silent/mcp", &[], &initialize()).await;
    let _never_answered = silent.accept().await.unwrap();
    let sessions = &running.house.gate.kernel.sessions;
    assert_eq!(sessions.count(), 1);
    drop(leaving);
    let ended = async {
        while sessions.count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, ended).await.expect("its session ends");
    running.finish().await;
}

#[tokio::test]
async fn the_status_of_an_answer_is_not_read_out_of_what_a_tool_says() {
    let running = Running::start(House::new()).await;
    running.house.hold.go.add_permits(1);
    let result = running.modern("tools/call", Some("hold")).await;
    assert!(result.contains(r#"{"error":{"code":-32601"#), "{result}");
    assert_eq!(status(&result), "200", "{result}");
    let unknown = running.modern("tools/destroy", None).await;
    assert_eq!(status(&unknown), "404", "{unknown}");
    running.finish().await;
}

#[tokio::test]
async fn subscriptions_end_with_the_kernel_at_once_and_with_their_result() {
    let running = Running::start(House::new()).await;
    let mut listening = running.open("/mcp", &modern_headers("subscriptions/listen"), &subscription()).await;
    read_until(&mut listening, "subscriptions/acknowledged").await;
    let session = running.initialize().await.unwrap();
    let mut general = TcpStream::connect(running.address).await.unwrap();
    let get = format!("GET /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: {session}\r\n\r\n");
    general.write_all(get.as_bytes()).await.unwrap();
    read_until(&mut general, "text/event-stream").await;
    running.finish().await;
    let rest = read_until(&mut listening, "\r\n0\r\n\r\n").await;
    assert!(rest.contains(r#""result":{"resultType":"complete""#), "{rest}");
}

#[tokio::test]
async fn the_end_of_the_kernel_waits_for_calls_whose_clients_have_left() {
    let running = Running::start(House::new()).await;
    let session = running.initialize().await.unwrap();
    let call = legacy(1, "tools/call", &json!({ "name": "hold", "arguments": {} }));
    let leaving = running.open("/mcp", &[(SESSION, &session)], &call).await;
    running.house.hold.has_begun(1).await;
    drop(leaving);
    running.stop.cancel();
    assert_eq!(running.house.hold.answered.load(Ordering::SeqCst), 0);
    running.house.hold.go.add_permits(1);
    let house = running.finish().await;
    assert_eq!(house.hold.answered.load(Ordering::SeqCst), 1);
    assert_eq!(house.gate.kernel.sessions.count(), 0);
}
