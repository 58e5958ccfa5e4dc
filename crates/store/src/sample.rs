//! Entries for tests and benchmarks.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effect, EffectSource, Effects};
use ringfence_model::entry::{CallOutcome, ENTRY_VERSION, Entry, EntryBody, OutcomeKind, Ruling};
use ringfence_model::finding::{Category, Finding, Severity, Span};
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::label::Label;
use ringfence_model::verdict::{Decision, Reason, Verdict};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: u64 = 1_767_225_600_000_000_000;

fn entry(second: u64, body: EntryBody) -> Entry {
    Entry { v: ENTRY_VERSION, time: Timestamp(START + second * 1_000_000_000), body }
}

/// A finding of the rule `id`.
pub(crate) fn finding(id: &'static str) -> Finding {
    Finding {
        id: id.into(),
        category: Category::Secret,
        severity: Severity::High,
        confidence: 90,
        span: Span { start: 1, end: 9, line: 1, column: 2 },
        message: "a credential".into(),
        alternative: None,
        reference: Some("CWE-798".into()),
    }
}

/// The ruling on call number `call`, of `uid:1000` on `files`.
pub(crate) fn ruling(call: u128, decision: Decision) -> Ruling {
    Ruling {
        call: CallId(call),
        parent: None,
        retries: None,
        realm: "local".parse().expect("a realm"),
        principal: "uid:1000".into(),
        session: SessionId(7),
        action: ActionKind::CallTool,
        server: Some("files".parse().expect("a server")),
        target: "read_file".into(),
        arguments: Some("0f".repeat(32)),
        effects: Some((Effects::of(&[Effect::Read, Effect::Network]), EffectSource::Catalogue)),
        definition: None,
        findings: Vec::new(),
        provenance: ringfence_model::provenance::Provenance::none(),
        floor: Label::FRESH,
        judged: None,
        policy: "a5".repeat(32).into(),
        verdict: Verdict {
            decision,
            would: None,
            obligations: Vec::new(),
            reasons: vec![Reason {
                rule: "ringfence.default".into(),
                decision,
                severity: Severity::Low,
                message: "the table says so".into(),
                alternative: None,
            }],
        },
        confirmed: false,
        approval: None,
        code: None,
        shortened: false,
    }
}

/// An entry with that ruling.
pub(crate) fn judged(second: u64, ruling: Ruling) -> Entry {
    entry(second, EntryBody::Ruling(Box::new(ruling)))
}

/// An entry with the outcome of call number `call`.
pub(crate) fn ended(second: u64, call: u128, outcome: OutcomeKind) -> Entry {
    let outcome = CallOutcome {
        call: CallId(call),
        outcome,
        result: Some("c3".repeat(32)),
        bytes: 512,
        findings: Vec::new(),
        redacted: 0,
        took_us: 90,
        code: None,
    };
    entry(second, EntryBody::Outcome(Box::new(outcome)))
}

/// An entry that is not about a call.
pub(crate) fn closed(second: u64) -> Entry {
    entry(second, EntryBody::Closed)
}
