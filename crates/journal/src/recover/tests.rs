use std::fs;

use proptest::prelude::*;
use ringfence_model::approval::ApprovalRequest;
use ringfence_model::call::ActionKind;
use ringfence_model::config::Durability;
use ringfence_model::entry::{Entry, EntryBody, OutcomeKind};
use ringfence_model::finding::Severity;
use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::principal::{Authentication, Principal};
use ringfence_model::verdict::{Code, Decision};

use super::*;
use crate::{Journal, Options, Reader, SEGMENT, sample, verify};

const OPTIONS: Options = Options { durability: Durability::Process, log_id: [9; 16], segment: SEGMENT };

fn entries(dir: &std::path::Path) -> Vec<Entry> {
    Reader::open(dir, 0).unwrap().map(|entry| entry.unwrap().1).collect()
}

#[test]
fn a_tail_cut_anywhere_costs_only_the_last_record() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("00000000000000000000.rfj");
    let written = [sample::closed(), sample::closed()];
    let mut ends = Vec::new();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    ends.push(fs::metadata(&file).unwrap().len());
    for entry in &written {
        journal.append(entry).unwrap();
        ends.push(fs::metadata(&file).unwrap().len());
    }
    drop(journal);
    let whole = fs::read(&file).unwrap();
    for length in ends[0]..=ends[2] {
        fs::write(&file, &whole[..usize::try_from(length).unwrap()]).unwrap();
        let kept = ends.iter().rposition(|end| *end <= length).unwrap();
        let torn = length - ends[kept];
        assert_eq!(verify(dir.path(), None).unwrap().torn, (torn > 0).then_some(torn), "length {length}");

        let (journal, recovered) = Journal::open(dir.path(), OPTIONS).unwrap();
        assert_eq!((recovered.entries, recovered.torn), (kept as u64, torn), "length {length}");
        assert_eq!(journal.append(&written[1]).unwrap(), kept as u64);
        let mut expected = written[..kept].to_vec();
        expected.push(written[1].clone());
        assert_eq!(entries(dir.path()), expected, "length {length}");
        assert_eq!(verify(dir.path(), None).unwrap().torn, None);
    }
}

#[test]
fn blocks_that_never_reached_the_disk_are_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("00000000000000000000.rfj");
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    journal.append(&sample::closed()).unwrap();
    let first = fs::metadata(&file).unwrap().len();
    journal.append(&sample::judged(1, Decision::Allow)).unwrap();
    drop(journal);
    let whole = fs::read(&file).unwrap();
    for zero_from in [first, first + 100] {
        let mut bytes = whole.clone();
        bytes[usize::try_from(zero_from).unwrap()..].fill(0);
        bytes.resize(whole.len() + 9000, 0);
        fs::write(&file, &bytes).unwrap();
        let (_, recovered) = Journal::open(dir.path(), OPTIONS).unwrap();
        assert_eq!((recovered.entries, recovered.torn), (1, bytes.len() as u64 - first));
        assert_eq!(fs::metadata(&file).unwrap().len(), first);
    }
}

#[test]
fn calls_without_an_outcome_are_reported_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let confirmed = {
        let mut ruling = sample::ruling(5, Decision::Ask);
        ruling.confirmed = true;
        Entry { body: EntryBody::Ruling(Box::new(ruling)), ..sample::closed() }
    };
    let limited = {
        let mut ruling = sample::ruling(6, Decision::Allow);
        ruling.code = Some(Code::Limited);
        Entry { body: EntryBody::Ruling(Box::new(ruling)), ..sample::closed() }
    };
    let log = [
        sample::judged(9, Decision::Allow),
        sample::judged(2, Decision::Allow),
        sample::judged(3, Decision::Deny),
        sample::judged(4, Decision::Ask),
        sample::ended(2, OutcomeKind::Ok),
        confirmed,
        limited,
        sample::judged(7, Decision::Allow),
        sample::ended(7, OutcomeKind::Parked),
    ];
    assert_eq!(journal.append_all(&log).unwrap(), 0);
    drop(journal);
    let (journal, recovered) = Journal::open(dir.path(), OPTIONS).unwrap();
    let open: Vec<_> = recovered.open.iter().map(|intent| (intent.index, intent.call)).collect();
    assert_eq!(open, [(0, CallId(9)), (5, CallId(5))]);
    assert_eq!(recovered.open[0].time, log[0].time);

    journal.append(&sample::ended(9, OutcomeKind::Unknown)).unwrap();
    journal.append(&sample::ended(5, OutcomeKind::Unknown)).unwrap();
    drop(journal);
    assert_eq!(Journal::open(dir.path(), OPTIONS).unwrap().1.open, []);
}

#[test]
fn of_too_many_open_intents_the_newest_are_kept() {
    let mut intents = Intents::new(3);
    for call in 0..5 {
        let payload = serde_json::to_vec(&sample::judged(call, Decision::Allow)).unwrap();
        intents.see(u64::try_from(call).unwrap() + 10, &serde_json::from_slice(&payload).unwrap());
    }
    let open: Vec<_> = intents.open().into_iter().map(|intent| (intent.index, intent.call)).collect();
    assert_eq!(open, [(12, CallId(2)), (13, CallId(3)), (14, CallId(4))]);
}

#[test]
fn what_sessions_had_read_is_reported_with_whose_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    let secret = Label { confidentiality: Confidentiality::Secret, ..Label::FRESH };
    let untrusted = Label { integrity: Integrity::Untrusted, ..Label::FRESH };
    let at = |seconds: u64, body| Entry::at(Timestamp(seconds * 1_000_000_000), body);
    let opened = |session, name: &str, floor| EntryBody::SessionOpened {
        session: SessionId(session),
        principal: std::sync::Arc::new(Principal {
            realm: "local".parse().unwrap(),
            name: name.into(),
            authentication: Authentication::PeerCredentials { uid: 1 },
            scopes: [].into(),
        }),
        claimed: None,
        floor,
    };
    let raised =
        |session, floor| EntryBody::FloorRaised { session: SessionId(session), floor, call: CallId(1) };
    let judged = || EntryBody::Ruling(Box::new(sample::ruling(3, Decision::Deny)));
    journal
        .append_all(&[
            at(1, opened(6, "uid:1", Label::FRESH)),
            at(2, opened(7, "uid:2", untrusted)),
            at(3, opened(8, "uid:3", Label::FRESH)),
            at(4, raised(8, secret)),
            at(5, raised(8, untrusted)),
            at(6, judged()),
        ])
        .unwrap();
    drop(journal);
    let (_, recovered) = Journal::open(dir.path(), OPTIONS).unwrap();
    let left = |principal: &str, floor, used: u64| LeftFloor {
        realm: "local".parse().unwrap(),
        principal: principal.into(),
        floor,
        used: Timestamp(used * 1_000_000_000),
    };
    // The ruling of the sample is of session 7.
    let expected = [left("uid:2", untrusted, 6), left("uid:3", secret.join(untrusted), 5)];
    assert_eq!(recovered.floors, expected);
}

proptest! {
    #[test]
    fn the_glance_agrees_with_the_model(
        decision in prop::sample::select(vec![Decision::Allow, Decision::Ask, Decision::Deny]),
        confirmed in any::<bool>(),
        code in prop::sample::select(vec![None, Some(Code::Denied), Some(Code::Limited)]),
    ) {
        let mut ruling = sample::ruling(1, decision);
        ruling.confirmed = confirmed;
        ruling.code = code;
        let entry = Entry { body: EntryBody::Ruling(Box::new(ruling.clone())), ..sample::closed() };
        let text = serde_json::to_vec(&entry).unwrap();
        let glance: Glance<'_> = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(glance.passed(), ruling.passed());
        prop_assert_eq!(serde_json::from_slice::<Entry>(&text).unwrap(), entry);
    }
}

fn approval(id: ApprovalId) -> ApprovalRequest {
    ApprovalRequest {
        id,
        binding: "b1".repeat(32).into(),
        call: CallId(1),
        realm: "local".parse().unwrap(),
        principal: "uid:1000".into(),
        session: SessionId(7),
        action: ActionKind::CallTool,
        server: None,
        target: "pay".into(),
        shown: "{}".to_owned(),
        whole: true,
        sealed: None,
        rule: "ringfence.default.pay".into(),
        message: "it pays".into(),
        severity: Severity::Critical,
        needed: 1,
        approvers: Vec::new(),
        quorums: Vec::new(),
        expires: Timestamp(u64::MAX),
    }
}

#[test]
fn what_state_is_rebuilt_from_is_shown_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let approval = ApprovalId(5);
    let asked = Entry::at(Timestamp(1), EntryBody::ApprovalRequested(Box::new(self::approval(approval))));
    let used = {
        let mut ruling = sample::ruling(3, Decision::Ask);
        (ruling.confirmed, ruling.approval) = (true, Some(approval));
        Entry::at(Timestamp(2), EntryBody::Ruling(Box::new(ruling)))
    };
    let (journal, _) = Journal::open(dir.path(), OPTIONS).unwrap();
    for entry in [&sample::judged(1, Decision::Allow), &asked, &sample::closed(), &used] {
        journal.append(entry).unwrap();
    }
    drop(journal);
    let mut seen = Vec::new();
    let (_, recovered) = Journal::replay(dir.path(), OPTIONS, &mut |entry| seen.push(entry.clone())).unwrap();
    assert_eq!(seen, [asked, used]);
    let open: Vec<_> = recovered.open.iter().map(|open| open.call).collect();
    assert_eq!(open, [CallId(1), CallId(3)], "an approved call happened");
}
