use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::*;
use crate::line::{Line, LineReader};

/// A server at the other end of a pipe, played by the test.
struct Server {
    reads: LineReader<DuplexStream>,
    writes: DuplexStream,
}

fn pipe_of(capacity: usize) -> (Transport, Server) {
    let (stdin, reads) = duplex(capacity);
    let (writes, stdout) = duplex(capacity);
    (Transport::pipe(stdin, stdout), Server { reads: LineReader::new(reads, 1 << 20), writes })
}

impl Server {
    /// The next line that the client wrote; none at the end.
    async fn line(&mut self) -> Option<String> {
        match self.reads.next().await.unwrap()? {
            Line::Message(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
            Line::TooLong { bytes } => panic!("{bytes} bytes on a line"),
        }
    }

    async fn expect(&mut self, line: &str) {
        assert_eq!(self.line().await.as_deref(), Some(line));
    }

    async fn write(&mut self, line: &str) {
        self.writes.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn answer(&mut self, id: i64, result: &str) {
        self.write(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)).await;
    }

    /// A ping and its answer: whatever was written before has been dealt with.
    async fn ping(&mut self) {
        self.write(r#"{"jsonrpc":"2.0","id":"sync","method":"ping"}"#).await;
        self.expect(r#"{"jsonrpc":"2.0","id":"sync","result":{}}"#).await;
    }
}

/// A conversation in the legacy era whose handshake is done; the first call has id 3.
async fn legacy() -> (Arc<Peer>, Server) {
    let (transport, mut server) = pipe_of(1 << 16);
    let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Legacy, limits()));
    server.line().await.unwrap();
    server.answer(2, INITIALIZED).await;
    server.expect(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    (Arc::new(connecting.await.unwrap().unwrap()), server)
}

async fn modern() -> (Arc<Peer>, Server) {
    let (transport, mut server) = pipe_of(1 << 16);
    let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Modern, limits()));
    server.line().await.unwrap();
    server.answer(1, DISCOVERED).await;
    (Arc::new(connecting.await.unwrap().unwrap()), server)
}

fn request(id: i64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"t"}}}}"#)
}

#[tokio::test]
async fn the_legacy_handshake_agrees_on_a_version() {
    for agreed in ["2025-06-18", "2025-11-25"] {
        let (transport, mut server) = pipe_of(1 << 16);
        let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Legacy, limits()));
        server
            .expect(&format!(
                r#"{{"jsonrpc":"2.0","id":2,"method":"initialize","params":{{"protocolVersion":"2025-11-25","capabilities":{{"elicitation":{{}}}},"clientInfo":{INFO}}}}}"#
            ))
            .await;
        server.answer(2, &INITIALIZED.replace("2025-11-25", agreed)).await;
        server.expect(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        let peer = connecting.await.unwrap().unwrap();
        assert_eq!(peer.version().as_str(), agreed);
        assert_eq!(peer.capabilities(), &json(r#"{"tools":{}}"#));
        assert_eq!(peer.server_info(), Some(json(r#"{"name":"fake","version":"1"}"#)));
        assert_eq!(peer.instructions(), None);
    }
}

#[tokio::test]
async fn a_version_that_we_do_not_speak_ends_the_handshake() {
    for version in ["2024-10-07", "2026-07-28", "1.0"] {
        let (transport, mut server) = pipe_of(1 << 16);
        let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Legacy, limits()));
        server.line().await.unwrap();
        server.answer(2, &INITIALIZED.replace("2025-11-25", version)).await;
        match connecting.await.unwrap() {
            Err(PeerError::EraUnsupported { supported }) => assert_eq!(supported, [version]),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_modern_handshake_discovers() {
    let (transport, mut server) = pipe_of(1 << 16);
    let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Modern, limits()));
    let meta = format!(
        r#""_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{INFO},"io.modelcontextprotocol/clientCapabilities":{{"elicitation":{{}}}}}}"#
    );
    server
        .expect(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{{{meta}}}}}"#))
        .await;
    server.answer(1, DISCOVERED).await;
    let peer = Arc::new(connecting.await.unwrap().unwrap());
    assert_eq!(peer.version(), ProtocolVersion::V2026_07_28);
    assert_eq!(peer.supported_versions(), ["2026-07-28", "2025-11-25"]);
    assert_eq!(peer.server_info(), Some(json(r#"{"name":"fake","version":"1"}"#)));
    assert_eq!(peer.instructions(), Some(json("\"Be kind.\"")));
    let options = RequestOptions { capabilities: Some(json("{}")), ..with_progress() };
    let running = start(&peer, "tools/call", r#"{"name":"t","_meta":{"a/b":1}}"#, options);
    let meta = meta
        .replace(r#"{"elicitation":{}}}"#, "{}}")
        .replace(r#""_meta":{"#, r#""_meta":{"progressToken":3,"a/b":1,"#);
    server
        .expect(&format!(
            r#"{{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{{"name":"t",{meta}}}}}"#
        ))
        .await;
    server.answer(3, "{}").await;
    assert_eq!(running.outcome().await, Ok("{}".into()));
}

#[tokio::test]
async fn a_legacy_server_is_found_out_and_spoken_to_as_one() {
    for refusal in [
        r#"{"code":-32601,"message":"Method not found"}"#,
        r#"{"code":-32602,"message":"Invalid request parameters"}"#,
        r#"{"code":-32022,"message":"no","data":{"supported":["2025-11-25"],"requested":"2026-07-28"}}"#,
    ] {
        let (transport, mut server) = pipe_of(1 << 16);
        let connecting = tokio::spawn(Peer::connect_any(transport, hello(), Era::Modern, limits()));
        server.line().await.unwrap();
        server.write(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{refusal}}}"#)).await;
        assert!(server.line().await.unwrap().contains("\"initialize\""));
        server.answer(2, INITIALIZED).await;
        server.expect(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        assert_eq!(connecting.await.unwrap().unwrap().version(), ProtocolVersion::V2025_11_25);
    }
}

#[tokio::test]
async fn a_modern_server_is_found_out_and_spoken_to_as_one() {
    let (transport, mut server) = pipe_of(1 << 16);
    let connecting = tokio::spawn(Peer::connect_any(transport, hello(), Era::Legacy, limits()));
    server.line().await.unwrap();
    server.write(r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"gone"}}"#).await;
    assert!(server.line().await.unwrap().contains("\"server/discover\""));
    server.answer(1, DISCOVERED).await;
    assert_eq!(connecting.await.unwrap().unwrap().version(), ProtocolVersion::V2026_07_28);
}

#[tokio::test]
async fn a_server_without_the_era_says_which_versions_it_has() {
    let (transport, mut server) = pipe_of(1 << 16);
    let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Modern, limits()));
    server.line().await.unwrap();
    server.answer(1, &DISCOVERED.replace(r#"["2026-07-28","2025-11-25"]"#, r#"["2027-01-01"]"#)).await;
    match connecting.await.unwrap() {
        Err(PeerError::EraUnsupported { supported }) => assert_eq!(supported, ["2027-01-01"]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_not_waited_for_for_ever() {
    let (transport, mut server) = pipe_of(1 << 16);
    let error = Peer::connect_any(transport, hello(), Era::Modern, limits()).await.unwrap_err();
    assert!(matches!(error, PeerError::HandshakeTimeout(_)), "{error}");
    let mut methods = Vec::new();
    while let Some(line) = server.line().await {
        let line = json(&line);
        methods.push(line.value().get("method").unwrap().as_str().unwrap().into_owned());
    }
    assert_eq!(methods, ["server/discover", "initialize"]);
}

#[tokio::test]
async fn calls_at_once_get_their_own_answers_byte_for_byte() {
    let (peer, mut server) = legacy().await;
    let spelled = r#"{"arguments":{ "z" : 1.50,"a":"\u0041"},"name":"t"}"#;
    let first = start(&peer, "tools/call", spelled, RequestOptions::default());
    server.expect(&format!(r#"{{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{spelled}}}"#)).await;
    let second = call(&peer);
    server.expect(&request(4)).await;
    server.answer(4, r#"{ "of" : "second" }"#).await;
    server.write(r#"{"error":{"code":-32602,"message":"bad"},"id":3,"jsonrpc":"2.0"}"#).await;
    assert_eq!(second.outcome().await, Ok(r#"{ "of" : "second" }"#.into()));
    assert_eq!(first.outcome().await, Err("-32602: bad".into()));
    assert_eq!(peer.counts(), PeerCounts::default());
}

#[tokio::test]
async fn progress_reaches_its_own_call_only() {
    let (peer, mut server) = legacy().await;
    let params = r#"{"name":"t","_meta":{"progressToken":"client's"}}"#;
    let mut first = start(&peer, "tools/call", params, with_progress());
    server
        .expect(r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":3}}}"#)
        .await;
    let mut second = call(&peer);
    server.expect(&request(4)).await;
    for token in ["4", "99", "\"3\"", "\"client's\"", "3"] {
        let params = format!(r#"{{"progressToken":{token},"progress":0.5}}"#);
        server
            .write(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{params}}}"#))
            .await;
    }
    assert_eq!(first.notice().await, r#"notifications/progress {"progressToken":3,"progress":0.5}"#);
    server.ping().await;
    assert_eq!((first.events.try_recv().is_err(), second.events.try_recv().is_err()), (true, true));
    assert_eq!(peer.counts(), PeerCounts { notices: 4, ..PeerCounts::default() });
}

#[tokio::test]
async fn a_question_of_the_server_reaches_the_one_call_in_flight() {
    let (peer, mut server) = legacy().await;
    let mut running = call(&peer);
    server.expect(&request(3)).await;
    let ask = |id: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"elicitation/create","params":{{"message":"?"}}}}"#)
    };
    server.write(&ask("3")).await;
    let (asked, reply) = running.asked().await;
    assert_eq!(asked, r#"elicitation/create {"message":"?"}"#);
    reply.answer(&Ok(json(r#"{"action":"decline"}"#)));
    server.expect(r#"{"jsonrpc":"2.0","id":3,"result":{"action":"decline"}}"#).await;
    server.write(&ask("\"b\"")).await;
    running.asked().await.1.answer(&refusal());
    server.expect(r#"{"jsonrpc":"2.0","id":"b","error":{"code":-32601,"message":"no"}}"#).await;
    server.write(&ask("5")).await;
    drop(running.asked().await.1);
    server
        .expect(
            r#"{"jsonrpc":"2.0","id":5,"error":{"code":-32603,"message":"the request was not answered"}}"#,
        )
        .await;
    server.answer(3, "{}").await;
    assert_eq!(running.outcome().await, Ok("{}".into()));
}

#[tokio::test]
async fn a_question_outside_calls_and_one_that_could_belong_to_two_are_of_no_call() {
    let (peer, mut server) = legacy().await;
    let ask = r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"password?"}}"#;
    let refused = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#;
    let mut outside = peer.outside().unwrap();
    server.write(ask).await;
    let Some(FromServer::Request(asked)) = outside.recv().await else { panic!("no request") };
    asked.reply.answer(&refusal());
    server.expect(refused).await;
    let (mut first, mut second) = (call(&peer), call(&peer));
    server.line().await.unwrap();
    server.line().await.unwrap();
    server.write(ask).await;
    let Some(FromServer::Request(asked)) = outside.recv().await else { panic!("no request") };
    asked.reply.answer(&refusal());
    server.expect(refused).await;
    assert_eq!((first.events.try_recv().is_err(), second.events.try_recv().is_err()), (true, true));
    assert_eq!(peer.counts(), PeerCounts::default());
}

#[tokio::test]
async fn a_modern_server_that_asks_is_not_answered() {
    let (peer, mut server) = modern().await;
    let mut running = call(&peer);
    server.line().await.unwrap();
    server.write(r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{}}"#).await;
    server.write(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#).await;
    server.answer(3, "{}").await;
    assert_eq!((&mut running.answer).await.unwrap().unwrap(), Ok(json("{}")));
    assert!(running.events.recv().await.is_none());
    assert_eq!(peer.counts(), PeerCounts { requests: 2, ..PeerCounts::default() });
    drop(peer);
    assert_eq!(server.line().await, None);
}

#[tokio::test]
async fn a_call_given_up_is_cancelled_and_its_late_answer_dropped() {
    for (peer, mut server) in [legacy().await, modern().await] {
        let running = call(&peer);
        server.line().await.unwrap();
        running.give_up().await;
        server
            .expect(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#)
            .await;
        let next = call(&peer);
        server.line().await.unwrap();
        server.answer(3, r#"{"of":"the one given up"}"#).await;
        server.answer(77, r#"{"of":"nobody"}"#).await;
        server.write(r#"{"jsonrpc":"2.0","id":"4","result":{"of":"a string"}}"#).await;
        server.answer(4, r#"{"of":"the next"}"#).await;
        server.answer(4, r#"{"of":"the next, again"}"#).await;
        assert_eq!(next.outcome().await, Ok(r#"{"of":"the next"}"#.into()));
        let last = call(&peer);
        server.line().await.unwrap();
        server.answer(5, "{}").await;
        last.outcome().await.unwrap();
        assert_eq!(peer.counts(), PeerCounts { late: 2, unknown: 2, ..PeerCounts::default() });
    }
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_an_answer_fails_every_call() {
    let (peer, mut server) = legacy().await;
    let (first, second) = (call(&peer), call(&peer));
    server.line().await.unwrap();
    server.line().await.unwrap();
    server.writes.write_all(br#"{"jsonrpc":"2.0","id":3,"result":{"half"#).await.unwrap();
    drop(server);
    for running in [first, second] {
        assert_eq!(running.outcome().await, Err("the server closed the connection".into()));
    }
    peer.closed().await;
    assert!(peer.is_closed());
    assert!(call(&peer).outcome().await.is_err());
}

#[tokio::test]
async fn a_malformed_answer_fails_the_call_that_it_names_and_no_other() {
    for (line, why) in [
        (
            r#"{"jsonrpc":"2.0","id":3,"result":{},"error":{"code":1,"message":"x"}}"#,
            "a response has `result` or `error`, not both",
        ),
        (r#"{"jsonrpc":"2.0","id":3,"result":{"a":1,"a":2}}"#, "duplicate key at byte 40"),
        (r#"{"jsonrpc":"2.0","id":3,"result":"text"}"#, "`result` must be an object"),
    ] {
        let (peer, mut server) = legacy().await;
        let (first, second) = (call(&peer), call(&peer));
        server.line().await.unwrap();
        server.line().await.unwrap();
        server.write(line).await;
        assert_eq!(first.outcome().await, Err(format!("the server broke the protocol: {why}")), "{line}");
        server.answer(4, r#"{"of":"the other"}"#).await;
        assert_eq!(second.outcome().await, Ok(r#"{"of":"the other"}"#.into()), "{line}");
    }
}

#[tokio::test]
async fn a_malformed_message_that_names_no_call_fails_all_in_flight_and_not_the_next() {
    for (line, why) in [
        (r#"{"jsonrpc":"2.0","id":3"#, "not JSON: expected ',' or '}' at byte 23"),
        (r#"[{"jsonrpc":"2.0","id":3,"result":{}}]"#, "batches are not part of this protocol version"),
        (r#"{"jsonrpc":"2.0","id":3,"id":4,"result":{}}"#, "duplicate key at byte 24"),
    ] {
        let (peer, mut server) = legacy().await;
        let (first, second) = (call(&peer), call(&peer));
        server.line().await.unwrap();
        server.line().await.unwrap();
        server.write(line).await;
        let expected = Err(format!("the server broke the protocol: {why}"));
        assert_eq!((first.outcome().await, second.outcome().await), (expected.clone(), expected), "{line}");
        let next = call(&peer);
        server.line().await.unwrap();
        server.answer(5, "{}").await;
        assert_eq!(next.outcome().await, Ok("{}".into()), "{line}");
    }
}

#[tokio::test]
async fn malformed_requests_and_notices_fail_no_call() {
    let (peer, mut server) = legacy().await;
    let running = call(&peer);
    server.line().await.unwrap();
    server.write(r#"{"jsonrpc":"2.0","method":"notifications/message","params":[]}"#).await;
    server.write(r#"{"jsonrpc":"2.0","id":"q","method":"roots/list","params":[]}"#).await;
    server
        .expect(
            r#"{"jsonrpc":"2.0","id":"q","error":{"code":-32600,"message":"`params` must be an object"}}"#,
        )
        .await;
    server.answer(3, "{}").await;
    assert_eq!(running.outcome().await, Ok("{}".into()));
    assert_eq!(peer.counts(), PeerCounts { notices: 1, requests: 1, ..PeerCounts::default() });
}

#[tokio::test]
async fn a_server_that_only_talks_nonsense_is_given_up() {
    let (peer, mut server) = legacy().await;
    for _ in 0..8 {
        server.write("{").await;
    }
    let why = "the server broke the protocol: not JSON: expected '\"' at byte 1";
    assert_eq!(peer.closed().await.to_string(), why);
    assert_eq!(call(&peer).outcome().await, Err(why.into()));
    assert_eq!(server.line().await, None);
}

#[tokio::test]
async fn an_answer_over_the_limit_fails_the_calls_and_not_the_conversation() {
    let (peer, mut server) = legacy().await;
    let running = call(&peer);
    server.line().await.unwrap();
    let huge = format!(r#"{{"text":"{}"}}"#, "x".repeat(100_000));
    server.answer(3, &huge).await;
    assert_eq!(running.outcome().await, Err("the server's answer exceeds 4096 bytes".into()));
    let next = call(&peer);
    server.line().await.unwrap();
    server.answer(4, "{}").await;
    assert_eq!(next.outcome().await, Ok("{}".into()));
}

#[tokio::test]
async fn words_on_standard_output_are_passed_over() {
    let (peer, mut server) = legacy().await;
    for line in ["Server listening", "[info] ready", "3 tools", "\u{1b}[32mok\u{1b}[0m"] {
        server.write(line).await;
    }
    let running = call(&peer);
    server.line().await.unwrap();
    server.answer(3, "{}").await;
    assert_eq!(running.outcome().await, Ok("{}".into()));
    assert_eq!(peer.counts(), PeerCounts { noise: 4, ..PeerCounts::default() });
}

#[tokio::test]
async fn a_server_that_does_not_read_holds_up_senders_and_gets_whole_lines() {
    let (transport, mut server) = pipe_of(64);
    let tight = PeerLimits { outbox: 1, ..limits() };
    let connecting = tokio::spawn(Peer::connect(transport, hello(), Era::Legacy, tight));
    server.line().await.unwrap();
    server.answer(2, INITIALIZED).await;
    server.line().await.unwrap();
    let peer = Arc::new(connecting.await.unwrap().unwrap());
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(1000));
    let first = start(&peer, "tools/call", &long, RequestOptions::default());
    tokio::task::yield_now().await;
    let never = call(&peer);
    tokio::task::yield_now().await;
    never.give_up().await;
    let third = call(&peer);
    tokio::task::yield_now().await;
    server.expect(&format!(r#"{{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{long}}}"#)).await;
    server.expect(&request(5)).await;
    server.answer(5, "{}").await;
    server.answer(3, "{}").await;
    assert_eq!((first.outcome().await, third.outcome().await), (Ok("{}".into()), Ok("{}".into())));
}

#[tokio::test]
async fn a_caller_that_does_not_listen_loses_notices_and_no_answer() {
    let (peer, mut server) = legacy().await;
    let mut running = start(&peer, "tools/call", r#"{"name":"t"}"#, with_progress());
    server.line().await.unwrap();
    let progress =
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1}}"#;
    for _ in 0..5 {
        server.write(progress).await;
    }
    server.write(r#"{"jsonrpc":"2.0","id":9,"method":"roots/list"}"#).await;
    server
        .expect(
            r#"{"jsonrpc":"2.0","id":9,"error":{"code":-32603,"message":"the request was not answered"}}"#,
        )
        .await;
    server.answer(3, "{}").await;
    assert_eq!((&mut running.answer).await.unwrap().unwrap(), Ok(json("{}")));
    assert_eq!(peer.counts(), PeerCounts { notices: 3, requests: 1, ..PeerCounts::default() });
    assert!(running.notice().await.starts_with("notifications/progress"));
}

#[tokio::test]
async fn notices_that_belong_to_no_call_are_taken_once() {
    let (peer, mut server) = legacy().await;
    let mut outside = peer.outside().unwrap();
    assert!(peer.outside().is_none());
    let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#;
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let mut running = call(&peer);
    server.line().await.unwrap();
    server.write(log).await;
    server.write(changed).await;
    assert_eq!(running.notice().await, r#"notifications/message {"level":"info","data":"x"}"#);
    assert_eq!(outside_of_calls(&mut outside).await, "notifications/tools/list_changed ");
    let mut second = call(&peer);
    server.line().await.unwrap();
    server.write(log).await;
    assert!(outside_of_calls(&mut outside).await.starts_with("notifications/message"));
    for _ in 0..3 {
        server.write(changed).await;
    }
    server.ping().await;
    assert_eq!(peer.counts(), PeerCounts { notices: 1, ..PeerCounts::default() });
    assert_eq!((running.events.try_recv().is_err(), second.events.try_recv().is_err()), (true, true));
}

#[tokio::test]
async fn events_of_a_subscription_reach_the_call_that_listens() {
    let (peer, mut server) = modern().await;
    let mut listening = start(&peer, "subscriptions/listen", "{}", RequestOptions::default());
    server.line().await.unwrap();
    let other = call(&peer);
    server.line().await.unwrap();
    let changed = |id: i64| {
        let params = format!(r#"{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}}}"#);
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{params}}}"#)
    };
    server.write(&changed(99)).await;
    server.write(&changed(3)).await;
    let params = r#"{"_meta":{"io.modelcontextprotocol/subscriptionId":3}}"#;
    assert_eq!(listening.notice().await, format!("notifications/tools/list_changed {params}"));
    server.answer(4, "{}").await;
    assert_eq!(other.outcome().await, Ok("{}".into()));
    assert_eq!(peer.counts(), PeerCounts { notices: 1, ..PeerCounts::default() });
}

#[tokio::test]
async fn requests_in_flight_are_bounded() {
    let (peer, mut server) = legacy().await;
    let running = [call(&peer), call(&peer), call(&peer)];
    for _ in 0..3 {
        server.line().await.unwrap();
    }
    assert_eq!(call(&peer).outcome().await, Err("3 requests are in flight already".into()));
    for id in 3..6 {
        server.answer(id, "{}").await;
    }
    for running in running {
        assert_eq!(running.outcome().await, Ok("{}".into()));
    }
}

#[tokio::test]
async fn closing_ends_the_server_s_input_and_what_is_in_flight() {
    let (peer, mut server) = legacy().await;
    let running = call(&peer);
    server.line().await.unwrap();
    peer.close().await;
    assert_eq!(running.outcome().await, Err("the server closed the connection".into()));
    assert_eq!(server.line().await, None);
    assert!(peer.is_closed());
    drop(peer);
    assert_eq!(server.writes.read(&mut [0]).await.unwrap(), 0);
}
