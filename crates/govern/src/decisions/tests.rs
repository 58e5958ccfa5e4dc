use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_model::config::{Desktop, WebhookConfig, WebhookSecret};

use super::*;

const SECOND: u64 = 1_000_000_000;

fn secret(byte: u8) -> WebhookSecret {
    WebhookSecret(format!("whsec_{}", STANDARD.encode([byte; 32])))
}

fn decisions(bytes: &[u8]) -> Decisions {
    let webhooks = bytes
        .iter()
        .map(|byte| WebhookConfig { url: "https://a.example/".into(), secret: secret(*byte) })
        .collect();
    Decisions::new(&ApprovalsConfig { webhooks, desktop: Desktop::Off }).unwrap()
}

fn hear(decisions: &Decisions, by: u8, id: &str, sent: u64, now: u64) -> Result<(), Unheard> {
    let signature = Key::of(&secret(by)).unwrap().sign(id, sent, b"{}");
    let timestamp = sent.to_string();
    let message = Signed { id, timestamp: &timestamp, signature: &signature, body: b"{}" };
    decisions.hear(&message, Timestamp(now * SECOND))
}

#[test]
fn a_message_counts_once_and_only_while_it_is_fresh() {
    let decisions = decisions(&[1, 2]);
    assert_eq!(hear(&decisions, 2, "a", 1_000, 1_000), Ok(()));
    assert_eq!(hear(&decisions, 2, "a", 1_000, 1_000), Err(Unheard::Replayed));
    assert_eq!(hear(&decisions, 1, "a", 1_001, 1_001), Err(Unheard::Replayed), "the id is of one message");
    assert_eq!(hear(&decisions, 1, "b", 1_000, 1_300), Ok(()));
    assert_eq!(hear(&decisions, 1, "c", 1_000, 1_301), Err(Unheard::Time));
    assert_eq!(hear(&decisions, 1, "d", 1_301, 1_000), Err(Unheard::Time), "of the future");
    assert_eq!(hear(&decisions, 3, "e", 1_000, 1_000), Err(Unheard::Signature));
    assert_eq!(hear(&super::tests::decisions(&[]), 1, "f", 1_000, 1_000), Err(Unheard::Nobody));
}

#[test]
fn a_clock_that_goes_back_brings_no_message_back() {
    let decisions = decisions(&[1]);
    assert_eq!(hear(&decisions, 1, "a", 1_000, 1_200), Ok(()));
    for at in 0..MOST as u64 {
        let _full = hear(&decisions, 1, &format!("x{at}"), 1_200, 1_200);
    }
    assert_eq!(hear(&decisions, 1, "late", 1_200, 1_200), Err(Unheard::TooMany));
    assert_eq!(hear(&decisions, 1, "a", 1_000, 900), Err(Unheard::Replayed));
    assert_eq!(
        hear(&decisions, 1, "fresh", 1_600, 1_600),
        Ok(()),
        "what is too old to come again is forgotten"
    );
}

#[test]
fn headers_have_one_form() {
    let decisions = decisions(&[1]);
    let key = Key::of(&secret(1)).unwrap();
    let long = "a".repeat(LONGEST_ID + 1);
    for (id, timestamp) in [
        ("", "1000"),
        ("a.b", "1000"),
        (&long, "1000"),
        ("a", "01000"),
        ("a", "+1000"),
        ("a", "-1"),
        ("a", ""),
    ] {
        let signature = key.sign(id, timestamp.parse().unwrap_or(1_000), b"{}");
        let message = Signed { id, timestamp, signature: &signature, body: b"{}" };
        assert_eq!(
            decisions.hear(&message, Timestamp(1_000 * SECOND)),
            Err(Unheard::Form),
            "{id} {timestamp}"
        );
    }
}
