use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effect, EffectSource, Effects};
use ringfence_model::entry::OutcomeKind;
use ringfence_model::finding::Severity;
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::label::Confidentiality;
use ringfence_model::verdict::{Code, Decision};

use super::*;
use crate::sample::{self, START};

const ALL: AuditQuery = AuditQuery::newest(100);

/// A view of ten calls, each 2 s after the one before; the even ones are denied, from call 6 on another principal calls
/// `send` of `mail`.
async fn ten() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&dir.path().join("state.db"), [1; 16]).await.unwrap();
    let mut entries = Vec::new();
    for call in 0..10_u64 {
        let decision = if call.is_multiple_of(2) { Decision::Deny } else { Decision::Allow };
        let mut ruling = sample::ruling(call.into(), decision);
        if call == 4 {
            ruling.floor.confidentiality = Confidentiality::Secret;
        }
        if call >= 6 {
            ruling.principal = "uid:2000".into();
            ruling.server = Some("mail".parse().unwrap());
            ruling.target = "send".into();
        }
        entries.push(sample::judged(call * 2, ruling));
        entries.push(sample::closed(call * 2 + 1));
    }
    store.index((0..).zip(entries)).await.unwrap();
    (dir, store)
}

async fn found(store: &Store, query: &AuditQuery) -> Vec<u64> {
    store.calls(query).await.unwrap().iter().map(|row| row.index).collect()
}

#[tokio::test]
async fn filters_narrow_and_the_newest_comes_first() {
    let (_dir, store) = ten().await;
    let cases: [(AuditQuery, &[u64]); 20] = [
        (ALL, &[18, 16, 14, 12, 10, 8, 6, 4, 2, 0]),
        (AuditQuery { limit: 2, ..ALL }, &[18, 16]),
        (AuditQuery { limit: 0, ..ALL }, &[]),
        (AuditQuery { principal: Some("uid:2000".into()), ..ALL }, &[18, 16, 14, 12]),
        (AuditQuery { server: Some("mail".into()), decision: Some(Decision::Deny), ..ALL }, &[16, 12]),
        (AuditQuery { target: Some("read_file".into()), limit: 1, ..ALL }, &[10]),
        (AuditQuery { decision: Some(Decision::Ask), ..ALL }, &[]),
        (AuditQuery { since: Some(Timestamp(START + 16_000_000_000)), ..ALL }, &[18, 16]),
        (AuditQuery { before: Some(4), ..ALL }, &[2, 0]),
        (AuditQuery { until: Some(Timestamp(START + 4_000_000_000)), ..ALL }, &[2, 0]),
        (AuditQuery { session: Some(SessionId(u128::MAX)), ..ALL }, &[]),
        (AuditQuery { rule: Some("no-such-rule".into()), ..ALL }, &[]),
        (AuditQuery { label: Some("secret".into()), ..ALL }, &[8]),
        (AuditQuery { label: Some("sec_et".into()), ..ALL }, &[]),
        (AuditQuery { text: Some("SEND".into()), limit: 2, ..ALL }, &[18, 16]),
        (AuditQuery { text: Some("s_nd".into()), ..ALL }, &[]),
        (AuditQuery { text: Some("%".into()), ..ALL }, &[]),
        (AuditQuery { text: Some("\\".into()), ..ALL }, &[]),
        (AuditQuery { text: Some("' OR 1=1 --".into()), ..ALL }, &[]),
        (AuditQuery { principal: Some("' OR 1=1 --".into()), ..ALL }, &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(found(&store, &query).await, expected, "{query:?}");
    }
    assert_eq!(store.stats().await.unwrap(), Stats { total: 10, blocked: 5, allowed: 5 });
}

#[tokio::test]
async fn pages_together_are_the_whole() {
    let (_dir, store) = ten().await;
    let mut pages = Vec::new();
    let mut query = AuditQuery { limit: 3, ..ALL };
    loop {
        let page = found(&store, &query).await;
        let Some(last) = page.last() else { break };
        query.before = Some(*last);
        pages.extend(page);
    }
    assert_eq!(pages, found(&store, &ALL).await);
}

#[tokio::test]
async fn a_row_says_all_that_ruling_and_outcome_said() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&dir.path().join("state.db"), [1; 16]).await.unwrap();
    let mut ruling = sample::ruling(0xabc, Decision::Allow);
    ruling.parent = Some(CallId(1));
    ruling.retries = Some(CallId(2));
    ruling.verdict.would = Some(Decision::Deny);
    ruling.findings = vec![sample::finding("in_arguments")];
    let mut outcome = sample::ended(1, 0xabc, OutcomeKind::Withheld);
    let ringfence_model::entry::EntryBody::Outcome(ended) = &mut outcome.body else { panic!() };
    ended.code = Some(Code::Withheld);
    ended.findings = vec![sample::finding("in_result")];
    let mut asked = sample::ruling(0xdef, Decision::Ask);
    asked.action = ActionKind::ReadResource;
    asked.server = None;
    asked.effects = None;
    asked.confirmed = true;
    asked.verdict.reasons.clear();
    let entries = [sample::judged(0, ruling), outcome, sample::judged(2, asked)];
    store.index((0..).zip(entries)).await.unwrap();

    let expected = [
        CallRow {
            index: 2,
            time: Timestamp(START + 2_000_000_000),
            call: CallId(0xdef),
            parent: None,
            retries: None,
            realm: "local".parse().unwrap(),
            principal: "uid:1000".into(),
            session: SessionId(7),
            action: ActionKind::ReadResource,
            server: None,
            target: "read_file".into(),
            tool: None,
            effects: None,
            effect_source: None,
            decision: Decision::Ask,
            would: None,
            rule: String::new(),
            reason: String::new(),
            severity: None,
            confirmed: true,
            outcome: None,
            code: None,
            bytes: None,
            took_us: None,
            findings: Vec::new(),
        },
        CallRow {
            index: 0,
            time: Timestamp(START),
            call: CallId(0xabc),
            parent: Some(CallId(1)),
            retries: Some(CallId(2)),
            realm: "local".parse().unwrap(),
            principal: "uid:1000".into(),
            session: SessionId(7),
            action: ActionKind::CallTool,
            server: Some("files".parse().unwrap()),
            target: "read_file".into(),
            tool: Some("read_file".into()),
            effects: Some(Effects::of(&[Effect::Read, Effect::Network])),
            effect_source: Some(EffectSource::Catalogue),
            decision: Decision::Allow,
            would: Some(Decision::Deny),
            rule: "ringfence.default".into(),
            reason: "the table says so".into(),
            severity: Some(Severity::Low),
            confirmed: false,
            outcome: Some(OutcomeKind::Withheld),
            code: Some(Code::Withheld),
            bytes: Some(512),
            took_us: Some(90),
            findings: vec![sample::finding("in_arguments"), sample::finding("in_result")],
        },
    ];
    assert_eq!(store.calls(&ALL).await.unwrap(), expected);
    assert_eq!(
        serde_json::to_value(&expected[0]).unwrap(),
        serde_json::json!({
            "index": 2, "time": "2026-01-01T00:00:02.000Z", "call": format!("{:032x}", 0xdef), "realm": "local",
            "principal": "uid:1000", "session": format!("{:032x}", 7), "action": "read_resource",
            "target": "read_file", "decision": "ask", "rule": "", "reason": "", "confirmed": true, "findings": [],
        })
    );
}

#[tokio::test]
async fn a_summary_counts_by_what_calls_were() {
    let (_dir, store) = ten().await;
    let counts =
        |counts: &[Count]| counts.iter().map(|count| (count.name.clone(), count.count)).collect::<Vec<_>>();
    let whole = store.summary(Timestamp(0)).await.unwrap();
    assert_eq!(whole.rulings, 10);
    assert_eq!(counts(&whole.decisions), [("allow".to_owned(), 5), ("deny".to_owned(), 5)]);
    assert_eq!(counts(&whole.targets)[1], ("mail/send".to_owned(), 4));
    assert!(counts(&whole.principals).iter().any(|(name, count)| name.ends_with("/uid:2000") && *count == 4));
    let late = store.summary(Timestamp(START + 16_000_000_000)).await.unwrap();
    assert_eq!((late.rulings, counts(&late.targets)), (2, vec![("mail/send".to_owned(), 2)]));
}
