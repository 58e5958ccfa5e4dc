//! Entries for tests and benchmarks.

use ringfence_model::call::ActionKind;
use ringfence_model::effect::{Effect, EffectSource, Effects};
use ringfence_model::entry::{CallOutcome, ENTRY_VERSION, Entry, EntryBody, OutcomeKind, Ruling};
use ringfence_model::finding::Severity;
use ringfence_model::id::{CallId, SessionId, Timestamp};
use ringfence_model::label::Label;
use ringfence_model::verdict::{Decision, Reason, Verdict};

pub(crate) fn entry(time: u64, body: EntryBody) -> Entry {
    Entry { v: ENTRY_VERSION, time: Timestamp(1_760_000_000_000_000_000 + time), body }
}

/// The ruling on call number `call`.
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
        effects: Some((Effects::of(&[Effect::Read]), EffectSource::Catalogue)),
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
                severity: Severity::Info,
                message: "reads are allowed".into(),
                alternative: None,
            }],
        },
        confirmed: false,
        approval: None,
        code: None,
        shortened: false,
    }
}

/// An entry with that ruling: about 600 bytes of JSON.
pub(crate) fn judged(call: u128, decision: Decision) -> Entry {
    entry(1, EntryBody::Ruling(Box::new(ruling(call, decision))))
}

/// An entry with the outcome of call number `call`.
pub(crate) fn ended(call: u128, outcome: OutcomeKind) -> Entry {
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
    entry(2, EntryBody::Outcome(Box::new(outcome)))
}

/// A short entry.
pub(crate) fn closed() -> Entry {
    entry(3, EntryBody::Closed)
}
