//! Messages: what is read of one is what serde_json reads of it.

use bytes::Bytes;
use ringfence_mcp::message::Message;
use ringfence_model::json::ScanLimits;
use serde_json::Value;

use crate::pieces::{Json, json};

const LIMITS: ScanLimits = ScanLimits { bytes: 1 << 16, depth: 100 };

#[test]
fn a_message_reads_as_its_text_does() {
    bolero::check!().with_type::<(bool, Vec<Json>)>().for_each(|(framed, pieces)| {
        let mut bytes = json(pieces);
        if *framed {
            bytes = [br#"{"jsonrpc":"2.0","id":1,"method":"ping","#.as_slice(), &bytes, b"}"].concat();
        }
        let Ok(message) = Message::parse(Bytes::from(bytes.clone()), LIMITS) else { return };
        // What serde_json cannot read are lone surrogates and numbers past its bounds.
        let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return };
        assert_eq!(value["jsonrpc"], "2.0");
        let (method, id) = match &message {
            Message::Request(request) => (Some(&request.method), value.get("id").is_some()),
            Message::Notification(notice) => (Some(&notice.method), value.get("id").is_none()),
            Message::Response(_) => (None, true),
        };
        assert!(id, "{message:?}");
        assert_eq!(value.get("method").and_then(Value::as_str), method.map(|method| &**method));
    });
}
