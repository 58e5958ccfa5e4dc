use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::principal::{Authentication, Principal};

use std::collections::BTreeSet;

use tokio::sync::mpsc;

use super::*;
use crate::call::Naming;
use crate::exchange::{Interim, LogLevel};
use crate::session::{SessionKey, Sessions};

fn remembering() -> crate::session::Remembering {
    crate::session::Remembering { most: 1 << 16, seed: 1, lexicon: Arc::new(ringfence_flow::Lexicon::new()) }
}

#[test]
fn who_is_heard_again_on_a_channel_is_heard_by_its_new_terms_only() {
    let config = serde_json::from_value(serde_json::json!({ "url": "http://127.0.0.1:9/mcp" })).unwrap();
    let upstream = Upstream::new("quiet".parse().unwrap(), config).unwrap();
    let principal = Principal {
        realm: "default".parse().unwrap(),
        name: "ada".into(),
        authentication: Authentication::PeerCredentials { uid: 1 },
        scopes: Arc::new([]),
    };
    let sessions = Sessions::new(1, Duration::from_secs(1), remembering());
    let (session, _) = sessions
        .obtain(&Arc::new(principal), SessionKey::Principal, SessionId(1), Timestamp(1), None)
        .unwrap();
    let listen = |level, out: &mpsc::Sender<Interim>| {
        let client = ClientTerms {
            version: ProtocolVersion::V2025_11_25,
            abilities: Abilities::default(),
            extensions: None,
            log_level: Some(level),
            claimed: None,
        };
        upstream.listen(Listener {
            session: Arc::clone(&session),
            client: Arc::new(client),
            wants: vec![Notice::Log],
            uris: BTreeSet::new(),
            tasks: std::collections::BTreeSet::new(),
            naming: Naming::Plain,
            out: out.clone(),
        });
    };
    let ((one, _heard), (other, _also_heard)) = (mpsc::channel(1), mpsc::channel(1));
    listen(LogLevel::Error, &one);
    listen(LogLevel::Info, &other);
    listen(LogLevel::Debug, &one);
    let heard = upstream.hearing(&PoolKey::Everyone(Era::Legacy), Notice::Log);
    let levels: Vec<_> = heard.iter().map(|listener| listener.client.log_level).collect();
    assert_eq!(levels, [Some(LogLevel::Info), Some(LogLevel::Debug)]);
}
