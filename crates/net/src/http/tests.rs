use std::pin::pin;
use std::sync::atomic::Ordering;

use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// What a connection of the scripted server does with its requests, one after the other.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Answers and keeps the connection.
    Answer(&'static str),
    /// Reads the request and closes the connection.
    Hang,
    /// Answers and closes the connection.
    AnswerAndClose(&'static str),
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server whose n-th connection follows the n-th script; what it reads comes out of the channel as
/// `connection: request`.
async fn serve(scripts: Vec<Vec<Step>>) -> (Url, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let (seen, read) = mpsc::channel(16);
    tokio::spawn(async move {
        for (number, script) in scripts.into_iter().enumerate() {
            let (mut stream, _) = listener.accept().await.unwrap();
            let seen = seen.clone();
            tokio::spawn(async move {
                for step in script {
                    let Some(request) = read_request(&mut stream).await else { return };
                    let (answer, close) = match step {
                        Step::Answer(answer) => (answer, false),
                        Step::AnswerAndClose(answer) => (answer, true),
                        Step::Hang => ("", true),
                    };
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    if close {
                        drop(stream);
                        seen.send(format!("{number}: {request}")).await.unwrap();
                        return;
                    }
                    seen.send(format!("{number}: {request}")).await.unwrap();
                }
                // Open until the client closes.
                let _ = stream.read(&mut [0]).await;
                let _ = seen.send(format!("{number}: closed")).await;
            });
        }
    });
    (url, read)
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    loop {
        let whole = String::from_utf8(text.clone()).unwrap();
        if let Some((head, body)) = whole.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(whole.replace("\r\n", "|"));
            }
        }
        if stream.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
}

fn post(body: &'static str) -> Request<Full<Bytes>> {
    Request::post("/mcp").body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap()
}

async fn text(response: Response<Body>) -> Result<String, NetError> {
    response.into_body().collect().await.map(|body| String::from_utf8(body.to_bytes().to_vec()).unwrap())
}

fn client(url: &Url) -> HttpClient {
    HttpClient::new(url, HttpOptions::default()).unwrap()
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

#[tokio::test]
async fn a_connection_read_to_its_end_serves_the_next_request() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let empty = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
    let steps = [OK, chunked, empty, OK].map(Step::Answer).to_vec();
    let (url, mut seen) = serve(vec![steps]).await;
    let client = client(&url);
    let mut bodies = Vec::new();
    for body in ["1", "2", "3", "4"] {
        bodies.push(text(client.send(post(body)).await.unwrap()).await.unwrap());
    }
    assert_eq!(bodies, ["ok", "abcde", "", "ok"]);
    let host = client.origin().authority();
    for body in ["1", "2", "3", "4"] {
        let request = format!("0: POST /mcp HTTP/1.1|host: {host}|content-length: 1||{body}");
        assert_eq!(seen.recv().await, Some(request));
    }
}

#[tokio::test]
async fn a_body_dropped_early_closes_its_connection() {
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
    let (url, mut seen) = serve(vec![vec![Step::Answer(endless)], vec![Step::Answer(OK)]]).await;
    let client = client(&url);
    let mut body = client.send(post("1")).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
    drop(body);
    assert!(seen.recv().await.unwrap().ends_with("||1"));
    assert_eq!(seen.recv().await.unwrap(), "0: closed");
    assert_eq!(text(client.send(post("2")).await.unwrap()).await.unwrap(), "ok");
    assert!(seen.recv().await.unwrap().starts_with("1: POST"));
}

#[tokio::test]
async fn a_request_given_up_closes_its_connection() {
    let (url, mut seen) = serve(vec![vec![Step::Answer("")]]).await;
    let client = client(&url);
    {
        let mut sending = pin!(client.send(post("1")));
        tokio::select! {
            _ = &mut sending => panic!("nothing was answered"),
            request = seen.recv() => assert!(request.unwrap().ends_with("||1")),
        }
    }
    assert_eq!(seen.recv().await.unwrap(), "0: closed");
}

#[tokio::test]
async fn a_pooled_connection_that_the_server_closed_is_replaced() {
    let (url, mut seen) = serve(vec![vec![Step::AnswerAndClose(OK)], vec![Step::Answer(OK)]]).await;
    let client = client(&url);
    assert_eq!(text(client.send(post("1")).await.unwrap()).await.unwrap(), "ok");
    assert!(seen.recv().await.unwrap().starts_with("0: "));
    round_trip().await;
    assert_eq!(text(client.send(post("2")).await.unwrap()).await.unwrap(), "ok");
    assert!(seen.recv().await.unwrap().starts_with("1: "));
}

#[tokio::test]
async fn a_request_that_was_written_is_never_sent_again() {
    let (url, mut seen) = serve(vec![vec![Step::Answer(OK), Step::Hang], vec![Step::Answer(OK)]]).await;
    let client = client(&url);
    assert_eq!(text(client.send(post("1")).await.unwrap()).await.unwrap(), "ok");
    let error = client.send(post("2")).await.unwrap_err();
    assert!(matches!(error, NetError::Exchange(_) | NetError::Closed), "{error}");
    assert!(seen.recv().await.unwrap().ends_with("||1"));
    assert!(seen.recv().await.unwrap().ends_with("||2"));
    assert_eq!(text(client.send(post("3")).await.unwrap()).await.unwrap(), "ok");
    assert!(seen.recv().await.unwrap().ends_with("||3"));
}

#[tokio::test]
async fn a_body_cut_off_is_an_error() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc";
    let (url, _seen) = serve(vec![vec![Step::AnswerAndClose(cut)]]).await;
    let error = text(client(&url).send(post("1")).await.unwrap()).await.unwrap_err();
    assert!(matches!(error, NetError::Exchange(_) | NetError::Closed), "{error}");
}

#[tokio::test]
async fn a_redirect_is_an_error_that_names_only_the_origin() {
    let away = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://other.example:81/p?token=x\r\ncontent-length: 0\r\n\r\n";
    let here = "HTTP/1.1 308 Permanent Redirect\r\nlocation: /mcp/?token=x\r\ncontent-length: 0\r\n\r\n";
    let (url, mut seen) = serve(vec![vec![Step::Answer(away)], vec![Step::Answer(here)]]).await;
    let client = client(&url);
    let told = |error: NetError| error.to_string();
    assert_eq!(
        client.send(post("1")).await.map_err(told).unwrap_err(),
        "redirected (307 Temporary Redirect) to http://other.example:81, which is not followed"
    );
    assert_eq!(
        client.send(post("2")).await.map_err(told).unwrap_err(),
        format!("redirected (308 Permanent Redirect) to {}, which is not followed", client.origin())
    );
    // The server saw two requests and the ends of their connections: nothing was followed.
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(seen.recv().await.unwrap().split(' ').take(2).collect::<Vec<_>>().join(" "));
    }
    all.sort();
    assert_eq!(all, ["0: POST", "0: closed", "1: POST", "1: closed"]);
}

#[tokio::test]
async fn a_request_cannot_name_another_origin() {
    let client = client(&Url::parse("http://127.0.0.1:9/").unwrap());
    let elsewhere = Request::post("http://other.example/mcp").body(Full::default()).unwrap();
    assert!(matches!(client.send(elsewhere).await, Err(NetError::Target)));
}

#[tokio::test]
async fn open_connections_are_bounded() {
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let (url, mut seen) = serve(vec![vec![Step::Answer(endless)], vec![Step::Answer(OK)]]).await;
    let options = HttpOptions { connections: 1, ..HttpOptions::default() };
    let client = HttpClient::new(&url, options).unwrap();
    let held = client.send(post("1")).await.unwrap();
    assert!(matches!(client.send(post("2")).await, Err(NetError::Busy(1))));
    drop(held);
    assert!(seen.recv().await.unwrap().ends_with("||1"));
    assert_eq!(text(client.send(post("3")).await.unwrap()).await.unwrap(), "ok");
}

#[tokio::test]
async fn idle_connections_are_bounded() {
    let (url, mut seen) = serve(vec![vec![Step::Answer(OK)], vec![Step::Answer(OK)]]).await;
    let options = HttpOptions { idle: 1, ..HttpOptions::default() };
    let client = HttpClient::new(&url, options).unwrap();
    let (first, second) = tokio::join!(client.send(post("1")), client.send(post("2")));
    assert_eq!(text(first.unwrap()).await.unwrap(), "ok");
    assert_eq!(text(second.unwrap()).await.unwrap(), "ok");
    let mut closed = 0;
    for _ in 0..3 {
        closed += usize::from(seen.recv().await.unwrap().ends_with("closed"));
    }
    assert_eq!((closed, client.pool.open.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test]
async fn nobody_there_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let client = client(&url);
    assert!(matches!(client.send(post("1")).await, Err(NetError::Connect(_))));
    assert_eq!(client.pool.open.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn nothing_of_a_request_reaches_a_server_that_does_not_prove_who_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let client = client(&url);
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        stream.write_all(OK.as_bytes()).await.unwrap();
        bytes[..read].to_vec()
    };
    let (sent, seen) = tokio::join!(client.send(post("for trusted eyes")), server);
    assert!(matches!(sent, Err(NetError::Connect(_))));
    assert!(!seen.windows(4).any(|window| window == b"POST" || window == b"eyes"));
    assert_eq!(client.pool.open.load(Ordering::Relaxed), 0);
}
