mod http;
mod pipe;

use std::sync::Arc;
use std::time::Duration;

use ringfence_model::json::ScanLimits;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;
use crate::message::RpcError;

const INFO: &str = r#"{"name":"ringfence","version":"0.0.0"}"#;
const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28","2025-11-25"],"capabilities":{"tools":{}},"instructions":"Be kind.","ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"fake","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"}}"#;

fn hello() -> ClientHello {
    ClientHello {
        name: "ringfence".into(),
        version: "0.0.0".into(),
        capabilities: json(r#"{"elicitation":{}}"#),
        of_requests: json(r#"{"elicitation":{}}"#),
    }
}

fn json(text: &str) -> JsonText {
    JsonText::try_from(text.to_owned()).unwrap()
}

/// Bounds small enough to be met.
fn limits() -> PeerLimits {
    PeerLimits {
        response: ScanLimits { bytes: 4096, depth: 16 },
        handshake: Duration::from_secs(5),
        in_flight: 3,
        outbox: 1 << 16,
        aside: 4,
        notices: 2,
        resumes: 2,
    }
}

/// A call running on its own.
struct Running {
    answer: JoinHandle<Result<Answer, PeerError>>,
    events: mpsc::Receiver<FromServer>,
}

fn start(peer: &Arc<Peer>, method: &'static str, params: &str, options: RequestOptions) -> Running {
    let (peer, params) = (Arc::clone(peer), json(params));
    let (sender, events) = mpsc::channel(2);
    let answer = tokio::spawn(async move { peer.request(method, Some(params), options, sender).await });
    Running { answer, events }
}

fn call(peer: &Arc<Peer>) -> Running {
    start(peer, "tools/call", r#"{"name":"t"}"#, RequestOptions::default())
}

fn with_progress() -> RequestOptions {
    RequestOptions { progress: true, ..RequestOptions::default() }
}

impl Running {
    /// What the call came to: the result or the error as text.
    async fn outcome(self) -> Result<String, String> {
        match self.answer.await.unwrap() {
            Ok(Ok(result)) => Ok(result.as_str().to_owned()),
            Ok(Err(error)) => Err(format!("{}: {}", error.code, error.message)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Gives the call up, as a caller does whose client has left.
    async fn give_up(self) {
        self.answer.abort();
        assert!(self.answer.await.unwrap_err().is_cancelled());
    }

    /// The next event, which must be a notice, as text.
    async fn notice(&mut self) -> String {
        match self.events.recv().await {
            Some(FromServer::Notice(notice)) => show(&notice),
            other => panic!("no notice: {other:?}"),
        }
    }

    /// The next event, which must be a request.
    async fn asked(&mut self) -> (String, Reply) {
        match self.events.recv().await {
            Some(FromServer::Request(request)) => {
                let ServerRequest { method, params, reply } = *request;
                (show(&Notice { method, params }), reply)
            }
            other => panic!("no request: {other:?}"),
        }
    }
}

fn show(notice: &Notice) -> String {
    format!("{} {}", notice.method, notice.params.as_ref().map_or("", |params| params.as_str()))
}

/// The next message that belongs to no call, which must be a notice, as text.
async fn outside_of_calls(outside: &mut mpsc::Receiver<FromServer>) -> String {
    match outside.recv().await {
        Some(FromServer::Notice(notice)) => show(&notice),
        other => panic!("no notice: {other:?}"),
    }
}

fn refusal() -> Answer {
    Err(RpcError::new(-32601, "no"))
}
