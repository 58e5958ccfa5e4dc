use std::convert::Infallible;

use ::http::uri::PathAndQuery;
use ::http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ringfence_net::{HttpClient, HttpOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use url::Url;

use super::*;

/// One request as the server sees it, and the way to answer it.
struct Seen {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: String,
    /// Which connection it came over.
    connection: usize,
    answer: oneshot::Sender<Response<Channel<Bytes>>>,
}

/// An HTTP server played by the test.
struct Server {
    url: Url,
    seen: mpsc::Receiver<Seen>,
}

/// A stream of events to the client.
struct Events(Sender<Bytes>);

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let (sender, seen) = mpsc::channel(16);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let sender = sender.clone();
                let service = service_fn(move |request: ::http::Request<hyper::body::Incoming>| {
                    let sender = sender.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let body = String::from_utf8(body.to_vec()).unwrap();
                        let (answer, answered) = oneshot::channel();
                        let (method, path) = (head.method, head.uri.to_string());
                        let seen = Seen { method, path, headers: head.headers, body, connection, answer };
                        // The test has ended: nobody looks at what is answered.
                        let _ = sender.send(seen).await;
                        Ok::<_, Infallible>(
                            answered.await.unwrap_or_else(|_| Response::new(Channel::new(1).1)),
                        )
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, seen }
    }

    fn transport(&self) -> Transport {
        let mut headers = HeaderMap::new();
        headers.insert("x-from-operator", HeaderValue::from_static("yes"));
        Transport::Http {
            client: HttpClient::new(&self.url, HttpOptions::default()).unwrap(),
            path: PathAndQuery::from_static("/mcp"),
            headers,
        }
    }

    async fn next(&mut self) -> Seen {
        let seen = self.next_anywhere().await;
        assert_eq!(seen.path, "/mcp");
        seen
    }

    async fn next_anywhere(&mut self) -> Seen {
        self.seen.recv().await.unwrap()
    }

    /// The next POST; the stream for notices that a legacy client opens is not offered.
    async fn post(&mut self) -> Seen {
        loop {
            let seen = self.next().await;
            match seen.method {
                Method::GET => seen.empty(405),
                _ => return seen,
            }
        }
    }
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn id(&self) -> i64 {
        json(&self.body).value().get("id").unwrap().as_i64().unwrap()
    }

    fn respond(self, response: ::http::response::Builder) -> Sender<Bytes> {
        let (sender, body) = Channel::new(64);
        // The client may have gone away.
        let _ = self.answer.send(response.body(body).unwrap());
        sender
    }

    fn empty(self, status: u16) {
        self.respond(Response::builder().status(status));
    }

    async fn json(self, status: u16, text: &str) {
        let response =
            Response::builder().status(status).header("content-type", "application/json; charset=utf-8");
        let mut body = self.respond(response);
        body.send_data(Bytes::copy_from_slice(text.as_bytes())).await.unwrap();
    }

    async fn result(self, result: &str) {
        let id = self.id();
        self.json(200, &format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)).await;
    }

    fn events(self) -> Events {
        Events(self.respond(Response::builder().header("content-type", "text/event-stream")))
    }
}

impl Events {
    async fn send(&mut self, text: &str) {
        self.0.send_data(Bytes::copy_from_slice(text.as_bytes())).await.unwrap();
    }

    async fn message(&mut self, text: &str) {
        self.send(&format!("data: {text}\n\n")).await;
    }

    async fn result(&mut self, id: i64, result: &str) {
        self.message(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)).await;
    }

    /// Ready when the client has closed the stream.
    async fn closed(mut self) {
        while self.0.send_data(Bytes::from_static(b":\n")).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}

/// Lets the I/O driver see what has arrived: a round trip over another socket comes after it.
async fn round_trip() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (mut client, mut server) = (client.unwrap(), server.unwrap().0);
    server.write_all(b"x").await.unwrap();
    client.read_exact(&mut [0]).await.unwrap();
}

/// A legacy conversation with a session, without a stream for notices.
async fn legacy() -> (Arc<Peer>, Server) {
    let mut server = Server::start().await;
    let connecting = tokio::spawn(Peer::connect(server.transport(), hello(), Era::Legacy, limits()));
    initialize(&mut server).await;
    let peer = connecting.await.unwrap().unwrap();
    server.next().await.empty(405);
    (Arc::new(peer), server)
}

async fn initialize(server: &mut Server) {
    let seen = server.next().await;
    assert_eq!((seen.header("mcp-protocol-version"), seen.header("mcp-method")), ("", ""));
    let response =
        Response::builder().header("content-type", "application/json").header("mcp-session-id", "s-1");
    let mut body = seen.respond(response);
    let text = format!(r#"{{"jsonrpc":"2.0","id":2,"result":{INITIALIZED}}}"#);
    body.send_data(Bytes::from(text)).await.unwrap();
    drop(body);
    let seen = server.next().await;
    assert_eq!(seen.body, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!((seen.header("mcp-session-id"), seen.header("mcp-protocol-version")), ("s-1", "2025-11-25"));
    seen.empty(202);
}

async fn modern() -> (Arc<Peer>, Server) {
    let mut server = Server::start().await;
    let connecting = tokio::spawn(Peer::connect(server.transport(), hello(), Era::Modern, limits()));
    server.next().await.result(DISCOVERED).await;
    (Arc::new(connecting.await.unwrap().unwrap()), server)
}

#[tokio::test]
async fn a_legacy_request_carries_session_and_version() {
    let (peer, mut server) = legacy().await;
    let running = call(&peer);
    let seen = server.next().await;
    assert_eq!(seen.body, r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"t"}}"#);
    let names =
        ["mcp-session-id", "mcp-protocol-version", "accept", "content-type", "x-from-operator", "mcp-method"];
    assert_eq!(
        names.map(|name| seen.header(name)),
        ["s-1", "2025-11-25", "application/json, text/event-stream", "application/json", "yes", ""]
    );
    seen.result(r#"{ "a" : 1 }"#).await;
    assert_eq!(running.outcome().await, Ok(r#"{ "a" : 1 }"#.into()));
}

#[tokio::test]
async fn a_modern_request_repeats_its_body_in_headers() {
    let mut server = Server::start().await;
    let connecting = tokio::spawn(Peer::connect(server.transport(), hello(), Era::Modern, limits()));
    let seen = server.next().await;
    let names = ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"];
    assert_eq!(names.map(|name| seen.header(name)), ["2026-07-28", "server/discover", "", ""]);
    seen.result(DISCOVERED).await;
    let peer = Arc::new(connecting.await.unwrap().unwrap());
    let headers = vec![(HeaderName::from_static("mcp-param-region"), HeaderValue::from_static("eu"))];
    let options = RequestOptions { headers, ..RequestOptions::default() };
    let running = start(&peer, "tools/call", r#"{"name":"größe"}"#, options);
    let seen = server.next().await;
    assert_eq!(
        names.map(|name| seen.header(name)),
        ["2026-07-28", "tools/call", "=?base64?Z3LDtsOfZQ==?=", ""]
    );
    assert_eq!(seen.header("mcp-param-region"), "eu");
    // What we send passes the check that we make of what we get.
    let params = json(&seen.body);
    let params = params.share(params.value().get("params").unwrap());
    let checked = crate::headers::check_request(
        &seen.headers,
        "tools/call",
        Some(&params),
        &[ProtocolVersion::V2026_07_28],
    );
    assert_eq!(checked.unwrap().capabilities, json(r#"{"elicitation":{}}"#));
    seen.result("{}").await;
    assert_eq!(running.outcome().await, Ok("{}".into()));
}

#[tokio::test]
async fn what_a_stream_brings_belongs_to_its_call() {
    for (peer, mut server) in [legacy().await, modern().await] {
        let mut first = start(&peer, "tools/call", r#"{"name":"t"}"#, with_progress());
        let mut to_first = server.post().await.events();
        let mut second = call(&peer);
        let mut to_second = server.post().await.events();
        let log =
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#;
        let progress = |token: i64| {
            let params = format!(r#"{{"progressToken":{token},"progress":1}}"#);
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{params}}}"#)
        };
        to_second.message(log).await;
        assert!(second.notice().await.starts_with("notifications/message"));
        to_second.message(&progress(3)).await;
        to_second.message(&progress(4)).await;
        to_first.send("event: other\ndata: {}\n\n: nothing\n\n").await;
        to_first.message(&progress(3)).await;
        assert_eq!(first.notice().await, r#"notifications/progress {"progressToken":3,"progress":1}"#);
        to_second.result(3, r#"{"of":"the other"}"#).await;
        to_second.result(4, r#"{"of":"second"}"#).await;
        to_first.result(3, r#"{"of":"first"}"#).await;
        assert_eq!(second.outcome().await, Ok(r#"{"of":"second"}"#.into()));
        assert_eq!(first.outcome().await, Ok(r#"{"of":"first"}"#.into()));
        assert_eq!(peer.counts(), PeerCounts { notices: 2, unknown: 1, ..PeerCounts::default() });
    }
}

#[tokio::test]
async fn a_stream_that_ends_after_its_answer_leaves_its_connection_to_the_next_call() {
    let (peer, mut server) = modern().await;
    let mut connections = Vec::new();
    for _ in 0..3 {
        let running = call(&peer);
        let seen = server.next().await;
        connections.push(seen.connection);
        let id = seen.id();
        let mut events = seen.events();
        events.result(id, "{}").await;
        assert_eq!(running.outcome().await, Ok("{}".into()));
        drop(events);
        // The end takes a packet of its own: let it arrive.
        for _ in 0..3 {
            round_trip().await;
        }
    }
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn a_question_on_a_stream_reaches_its_call_and_is_answered_by_a_post() {
    let (peer, mut server) = legacy().await;
    let mut first = call(&peer);
    let mut to_first = server.next().await.events();
    let second = call(&peer);
    let to_second = server.next().await;
    let ask = r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?"}}"#;
    to_first.message(ask).await;
    let (asked, reply) = first.asked().await;
    assert_eq!(asked, r#"elicitation/create {"message":"?"}"#);
    reply.answer(&Ok(json(r#"{"action":"accept"}"#)));
    let posted = server.next().await;
    assert_eq!(posted.body, r#"{"jsonrpc":"2.0","id":"q","result":{"action":"accept"}}"#);
    assert_eq!(posted.header("mcp-session-id"), "s-1");
    posted.empty(202);
    to_first.message(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).await;
    let posted = server.next().await;
    assert_eq!(posted.body, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    posted.empty(202);
    to_first.message(ask).await;
    drop(first.asked().await);
    let posted = server.next().await;
    assert!(posted.body.contains("\"error\":{\"code\":-32603"), "{}", posted.body);
    posted.empty(202);
    to_first.result(3, "{}").await;
    to_second.result("{}").await;
    assert_eq!((first.outcome().await, second.outcome().await), (Ok("{}".into()), Ok("{}".into())));
}

#[tokio::test]
async fn a_modern_server_that_asks_is_not_heard() {
    let (peer, mut server) = modern().await;
    let mut running = call(&peer);
    let mut events = server.next().await.events();
    events.message(r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}"#).await;
    events.result(3, "{}").await;
    assert_eq!((&mut running.answer).await.unwrap().unwrap(), Ok(json("{}")));
    assert!(running.events.recv().await.is_none());
    assert_eq!(peer.counts(), PeerCounts { requests: 1, ..PeerCounts::default() });
}

#[tokio::test]
async fn a_legacy_call_given_up_is_cancelled_by_a_post() {
    let (peer, mut server) = legacy().await;
    let running = call(&peer);
    let events = server.next().await.events();
    running.give_up().await;
    let posted = server.next().await;
    assert_eq!(
        posted.body,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#
    );
    posted.empty(202);
    events.closed().await;
}

#[tokio::test]
async fn a_modern_call_given_up_closes_its_stream_and_says_nothing() {
    let (peer, mut server) = modern().await;
    let running = call(&peer);
    let events = server.next().await.events();
    running.give_up().await;
    events.closed().await;
    let next = call(&peer);
    let seen = server.next().await;
    assert!(seen.body.contains("\"id\":4"), "{}", seen.body);
    seen.result("{}").await;
    assert_eq!(next.outcome().await, Ok("{}".into()));
}

#[tokio::test]
async fn a_lost_session_is_told_from_other_errors() {
    let lost = r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}"#;
    for (status, body, expected) in [
        (404, "", "the server no longer knows the session"),
        (
            404,
            r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"x"}}"#,
            "the server no longer knows the session",
        ),
        (400, lost, "the server no longer knows the session"),
        (400, r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"session"}}"#, "-32602: session"),
        (401, "", "the server answered with HTTP status 401 Unauthorized"),
        (500, "<html>", "the server answered with HTTP status 500 Internal Server Error"),
        (202, "", "the server broke the protocol: a request was answered by neither JSON nor events"),
    ] {
        let (peer, mut server) = legacy().await;
        let running = call(&peer);
        let seen = server.next().await;
        if body.is_empty() {
            seen.empty(status)
        } else {
            seen.json(status, body).await
        }
        assert_eq!(running.outcome().await, Err(expected.into()), "{status} {body}");
    }
}

#[tokio::test]
async fn an_error_of_a_modern_server_is_an_answer_whatever_its_status() {
    let (peer, mut server) = modern().await;
    for (status, id, expected) in [
        (404, "3", "-32601: no"),
        (400, "null", "-32601: no"),
        (400, "77", "the server answered with HTTP status 400 Bad Request"),
    ] {
        let running = call(&peer);
        let seen = server.next().await;
        let id = if id == "3" { seen.id().to_string() } else { id.to_owned() };
        seen.json(
            status,
            &format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"no"}}}}"#),
        )
        .await;
        assert_eq!(running.outcome().await, Err(expected.into()), "{status} {id}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_answer_is_refused() {
    for (body, expected) in [
        (r#"{"jsonrpc":"2.0","id":99,"result":{}}"#, "the answer has another id than the request"),
        (r#"{"jsonrpc":"2.0","id":"3","result":{}}"#, "the answer has another id than the request"),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#,
            "a request was answered by something else than a response",
        ),
        (r#"{"jsonrpc":"2.0","id":3,"result":{"a":1,"a":2}}"#, "duplicate key at byte 40"),
        (r#"{"jsonrpc":"2.0","id":3,"res"#, "not JSON: a string does not end at byte 28"),
    ] {
        let (peer, mut server) = modern().await;
        let running = call(&peer);
        server.next().await.json(200, body).await;
        assert_eq!(
            running.outcome().await,
            Err(format!("the server broke the protocol: {expected}")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_an_answer_fails_that_call_only() {
    let (peer, mut server) = modern().await;
    let (dying, living) = (call(&peer), call(&peer));
    let announced =
        Response::builder().header("content-type", "application/json").header("content-length", "1000");
    let (first, second) = (server.next().await, server.next().await);
    let (first, second) = if first.id() == 3 { (first, second) } else { (second, first) };
    let mut body = first.respond(announced);
    body.send_data(Bytes::from_static(br#"{"jsonrpc":"2.0","id":3,"res"#)).await.unwrap();
    drop(body);
    assert!(matches!(dying.answer.await.unwrap(), Err(PeerError::Net(_))));
    second.result("{}").await;
    assert_eq!(living.outcome().await, Ok("{}".into()));
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read_on() {
    let (peer, mut server) = modern().await;
    let over = Err("the server's answer exceeds 4096 bytes".to_owned());
    let running = call(&peer);
    let announced =
        Response::builder().header("content-type", "application/json").header("content-length", "1000000000");
    let body = server.next().await.respond(announced);
    assert_eq!(running.outcome().await, over);
    drop(body);
    for kind in ["application/json", "text/event-stream"] {
        let running = call(&peer);
        let mut body = server.next().await.respond(Response::builder().header("content-type", kind));
        let mut sent = 0_u64;
        while body.send_data(Bytes::from_static(&[b'x'; 1024])).await.is_ok() {
            sent += 1024;
            tokio::task::yield_now().await;
        }
        assert_eq!(running.outcome().await, over, "{kind}");
        assert!(sent < 16 << 20, "{kind}: {sent} bytes were taken");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_is_resumed_where_it_broke() {
    let (peer, mut server) = legacy().await;
    let mut running = start(&peer, "tools/call", r#"{"name":"t"}"#, with_progress());
    let mut events = server.next().await.events();
    events.send("id: 7\nretry: 10\ndata:\n\n").await;
    drop(events);
    let seen = server.next().await;
    assert_eq!(seen.method, Method::GET);
    let names = ["last-event-id", "mcp-session-id", "accept", "content-type"];
    assert_eq!(names.map(|name| seen.header(name)), ["7", "s-1", "text/event-stream", ""]);
    let mut events = seen.events();
    let progress =
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1}}"#;
    events.send(&format!("id: 8\ndata: {progress}\n\n")).await;
    assert!(running.notice().await.starts_with("notifications/progress"));
    drop(events);
    let seen = server.next().await;
    assert_eq!(seen.header("last-event-id"), "8");
    seen.events().result(3, r#"{"of":"the resumed"}"#).await;
    assert_eq!(running.outcome().await, Ok(r#"{"of":"the resumed"}"#.into()));
}

#[tokio::test]
async fn a_stream_that_breaks_for_good_is_given_up() {
    let interrupted = Err("the server's stream ended before its answer".to_owned());
    // Without an event id there is nothing to resume at.
    for (peer, mut server) in [legacy().await, modern().await] {
        let running = call(&peer);
        server.post().await.events().send(": hello\n\n").await;
        assert_eq!(running.outcome().await, interrupted);
    }
    // A modern server has no stream to resume, whatever ids it sends.
    let (peer, mut server) = modern().await;
    let running = call(&peer);
    server.next().await.events().send("id: 7\nretry: 10\ndata:\n\n").await;
    assert_eq!(running.outcome().await, interrupted);
    // A server that never gets on is asked as often as the limit says.
    let (peer, mut server) = legacy().await;
    let running = call(&peer);
    server.next().await.events().send("id: 7\nretry: 10\ndata:\n\n").await;
    for _ in 0..=limits().resumes {
        let seen = server.next().await;
        assert_eq!((seen.method.clone(), seen.header("last-event-id")), (Method::GET, "7"));
        drop(seen.events());
    }
    assert_eq!(running.outcome().await, interrupted);
    // Nor is one that does not offer it.
    let running = call(&peer);
    server.next().await.events().send("id: 9\nretry: 10\ndata:\n\n").await;
    server.next().await.empty(405);
    assert_eq!(running.outcome().await, interrupted);
}

#[tokio::test]
async fn notices_that_belong_to_no_request_come_over_their_own_stream() {
    let mut server = Server::start().await;
    let connecting = tokio::spawn(Peer::connect(server.transport(), hello(), Era::Legacy, limits()));
    initialize(&mut server).await;
    let peer = connecting.await.unwrap().unwrap();
    let mut outside = peer.outside().unwrap();
    let seen = server.next().await;
    assert_eq!((seen.method.clone(), seen.header("mcp-session-id")), (Method::GET, "s-1"));
    let mut events = seen.events();
    events.message(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#).await;
    assert_eq!(outside_of_calls(&mut outside).await, "notifications/tools/list_changed ");
    events.message(r#"{"jsonrpc":"2.0","id":5,"method":"roots/list","params":{}}"#).await;
    let Some(FromServer::Request(asked)) = outside.recv().await else { panic!("no request") };
    assert_eq!(&*asked.method, "roots/list");
    asked.reply.answer(&Ok(json(r#"{"roots":[]}"#)));
    let posted = server.next().await;
    assert_eq!(posted.body, r#"{"jsonrpc":"2.0","id":5,"result":{"roots":[]}}"#);
    posted.empty(202);
    events.send("id: 3\nretry: 10\ndata:\n\n").await;
    drop(events);
    let seen = server.next().await;
    assert_eq!((seen.method.clone(), seen.header("last-event-id")), (Method::GET, "3"));
    let events = seen.events();
    drop(peer);
    events.closed().await;
}

#[tokio::test]
async fn goodbye_ends_the_session() {
    let (peer, mut server) = legacy().await;
    let closing = tokio::spawn(async move { peer.close().await });
    let seen = server.next().await;
    assert_eq!((seen.method.clone(), seen.header("mcp-session-id")), (Method::DELETE, "s-1"));
    seen.empty(405);
    closing.await.unwrap();
}

#[tokio::test]
async fn a_legacy_endpoint_is_found_out_and_spoken_to_as_one() {
    let unknown = r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}"#;
    for (status, body) in [(400, unknown), (400, ""), (404, ""), (405, ""), (200, unknown)] {
        let mut server = Server::start().await;
        let connecting = tokio::spawn(Peer::connect_any(server.transport(), hello(), Era::Modern, limits()));
        let seen = server.next().await;
        assert_eq!(seen.header("mcp-method"), "server/discover");
        if body.is_empty() {
            seen.empty(status)
        } else {
            seen.json(status, body).await
        }
        if status == 200 {
            // An answer without our id is no answer; the server may be anything.
            assert!(matches!(connecting.await.unwrap(), Err(PeerError::Protocol(_))));
            continue;
        }
        initialize(&mut server).await;
        assert_eq!(connecting.await.unwrap().unwrap().version(), ProtocolVersion::V2025_11_25);
    }
    for status in [401, 403, 500] {
        let mut server = Server::start().await;
        let connecting = tokio::spawn(Peer::connect_any(server.transport(), hello(), Era::Modern, limits()));
        server.next().await.empty(status);
        match connecting.await.unwrap() {
            Err(PeerError::Status(found)) => assert_eq!(found, StatusCode::from_u16(status).unwrap()),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_request_without_a_connection_is_not_sent() {
    let mut server = Server::start().await;
    let options = HttpOptions { connections: 1, ..HttpOptions::default() };
    let transport = Transport::Http {
        client: HttpClient::new(&server.url, options).unwrap(),
        path: PathAndQuery::from_static("/mcp"),
        headers: HeaderMap::new(),
    };
    let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Modern, limits()));
    server.next().await.result(DISCOVERED).await;
    let peer = Arc::new(connecting.await.unwrap().unwrap());
    let running = call(&peer);
    let seen = server.next().await;
    assert!(matches!(call(&peer).answer.await.unwrap(), Err(PeerError::Busy { limit: 1 })));
    seen.result("{}").await;
    assert_eq!(running.outcome().await, Ok("{}".into()));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (peer, mut server) = modern().await;
    let running = call(&peer);
    let response = Response::builder().status(307).header("location", "http://169.254.169.254/latest?x=1");
    server.next().await.respond(response);
    let expected = "redirected (307 Temporary Redirect) to http://169.254.169.254, which is not followed";
    assert_eq!(running.outcome().await, Err(expected.into()));
}

/// The server of 2024-11-05 at an endpoint that takes no POST: its stream, after the address in it was sent.
async fn older(server: &mut Server, address: &str) -> Events {
    for method in ["server/discover", "initialize"] {
        let seen = server.next().await;
        assert!(seen.body.contains(method), "{}", seen.body);
        seen.empty(405);
    }
    let seen = server.next().await;
    let asked =
        (seen.method.clone(), seen.header("accept").to_owned(), seen.header("x-from-operator").to_owned());
    assert_eq!(asked, (Method::GET, "text/event-stream".to_owned(), "yes".to_owned()));
    let mut events = seen.events();
    events.send(&format!("event: endpoint\ndata: {address}\n\n")).await;
    events
}

#[tokio::test]
async fn the_transport_of_2024_11_05_is_found_out_and_spoken() {
    let mut server = Server::start().await;
    let connecting = tokio::spawn(Peer::connect_any(server.transport(), hello(), Era::Modern, limits()));
    let mut events = older(&mut server, "/messages?session=1").await;
    let seen = server.next_anywhere().await;
    assert_eq!(
        (seen.method.clone(), &*seen.path, seen.header("x-from-operator")),
        (Method::POST, "/messages?session=1", "yes")
    );
    let (id, result) = (seen.id(), INITIALIZED.replace("2025-11-25", "2024-11-05"));
    seen.empty(202);
    events.message(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)).await;
    let seen = server.next_anywhere().await;
    assert!(seen.body.contains("notifications/initialized"), "{}", seen.body);
    seen.empty(202);
    let peer = Arc::new(connecting.await.unwrap().unwrap());
    assert_eq!(peer.version(), ProtocolVersion::V2024_11_05);
    let mut running = call(&peer);
    let seen = server.next_anywhere().await;
    let id = seen.id();
    seen.empty(202);
    events.message(r#"{"jsonrpc":"2.0","id":"q","method":"roots/list"}"#).await;
    let (asked, reply) = running.asked().await;
    assert_eq!(asked, "roots/list ");
    reply.answer(&refusal());
    let seen = server.next_anywhere().await;
    assert_eq!(seen.body, r#"{"jsonrpc":"2.0","id":"q","error":{"code":-32601,"message":"no"}}"#);
    seen.empty(202);
    events.message(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"a":1}}}}"#)).await;
    assert_eq!(running.outcome().await, Ok(r#"{"a":1}"#.into()));
    // Its stream is the conversation.
    let running = call(&peer);
    server.next_anywhere().await.empty(202);
    drop(events);
    assert_eq!(running.outcome().await, Err("the server closed the connection".into()));
}

#[tokio::test]
async fn what_a_server_of_2024_11_05_says_to_a_post_is_not_kept() {
    let mut server = Server::start().await;
    let connecting = tokio::spawn(Peer::connect_any(server.transport(), hello(), Era::Modern, limits()));
    let mut events = older(&mut server, "/messages").await;
    let seen = server.next_anywhere().await;
    let (id, result) = (seen.id(), INITIALIZED.replace("2025-11-25", "2024-11-05"));
    let mut endless = seen.respond(Response::builder().status(202));
    // Everything that it says goes over its stream.
    let most = 1_024;
    let more = Bytes::from(vec![b' '; 64 << 10]);
    let mut sent = 0;
    while sent < most && endless.send_data(more.clone()).await.is_ok() {
        sent += 1;
    }
    assert!(sent < most, "{sent} pieces of 64 KiB were taken");
    events.message(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)).await;
    let seen = server.next_anywhere().await;
    assert!(seen.body.contains("notifications/initialized"), "{}", seen.body);
    seen.empty(202);
    assert_eq!(connecting.await.unwrap().unwrap().version(), ProtocolVersion::V2024_11_05);
}

#[tokio::test]
async fn messages_go_to_no_other_origin() {
    for address in ["http://169.254.169.254/latest", "//other.example/x", "https://127.0.0.1/x"] {
        let mut server = Server::start().await;
        let connecting = tokio::spawn(Peer::connect_any(server.transport(), hello(), Era::Modern, limits()));
        let _events = older(&mut server, address).await;
        assert!(matches!(connecting.await.unwrap(), Err(PeerError::Status(_))), "{address}");
    }
}
