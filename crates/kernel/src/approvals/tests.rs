use ringfence_model::call::ActionKind;
use ringfence_model::finding::Severity;
use ringfence_model::id::{CallId, SessionId};
use ringfence_model::principal::Scope;

use super::*;

const HOUR: u64 = 3_600 * 1_000_000_000;

fn principal(name: &str, authentication: Authentication) -> Arc<Principal> {
    Arc::new(Principal {
        realm: "default".parse().unwrap(),
        name: name.into(),
        authentication,
        scopes: Arc::new([Scope::Operate]),
    })
}

fn request(id: u128, needed: u8) -> ApprovalRequest {
    ApprovalRequest {
        id: ApprovalId(id),
        binding: format!("binding {id}").into(),
        call: CallId(1),
        realm: "default".parse().unwrap(),
        principal: "uid:1000".into(),
        session: SessionId(1),
        action: ActionKind::CallTool,
        server: None,
        target: "pay".into(),
        shown: String::new(),
        rule: "r".into(),
        message: "m".into(),
        severity: Severity::High,
        needed,
        expires: Timestamp(HOUR),
    }
}

fn given(id: u128, answer: Answer, by: &Arc<Principal>) -> ApprovalAnswer {
    ApprovalAnswer { approval: ApprovalId(id), answer, by: Arc::clone(by), attested: true, comment: None }
}

/// What came of an answer, or why it does not count.
fn answer(approvals: &Approvals, given: ApprovalAnswer, now: u64) -> Result<ApprovalState, String> {
    let now = Timestamp(now);
    let answered = approvals.answer(given, now, |_| Ok(()));
    answered.map(|approval| approval.state(now)).map_err(|error| error.to_string())
}

#[test]
fn it_passes_once_before_it_expires_for_what_it_is_bound_to() {
    let approvals = Approvals::new();
    let by = principal("operator", Authentication::Operator);
    approvals.put(request(1, 1), Timestamp(0));
    assert_eq!(approvals.take("binding 1", Timestamp(1)), None, "nobody has answered");
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &by), 1), Ok(ApprovalState::Approved));
    assert_eq!(approvals.take("binding 2", Timestamp(2)), None);
    assert_eq!(approvals.take("binding 1", Timestamp(HOUR)), None, "expired");
    assert_eq!(approvals.take("binding 1", Timestamp(2)), Some(ApprovalId(1)));
    assert_eq!(approvals.take("binding 1", Timestamp(2)), None);
}

#[test]
fn one_no_ends_it_and_nobody_answers_twice_late_or_for_themselves() {
    let approvals = Approvals::new();
    let one = principal("operator:one", Authentication::Operator);
    let two = principal("operator:two", Authentication::Operator);
    approvals.put(request(1, 2), Timestamp(0));
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &one), 1), Ok(ApprovalState::Pending));
    let again = answer(&approvals, given(1, Answer::Approve, &one), 1);
    assert_eq!(again, Err("operator:one has answered already".to_owned()));
    let late = answer(&approvals, given(1, Answer::Approve, &two), HOUR);
    assert_eq!(late, Err("this request is expired".to_owned()));
    assert_eq!(answer(&approvals, given(1, Answer::Deny, &two), 2), Ok(ApprovalState::Denied));
    let over = answer(&approvals, given(1, Answer::Approve, &two), 2);
    assert_eq!(over, Err("this request is denied".to_owned()));

    approvals.put(request(2, 1), Timestamp(0));
    let caller = principal("uid:1000", Authentication::PeerCredentials { uid: 1000 });
    let own = answer(&approvals, given(2, Answer::Approve, &caller), 1);
    assert_eq!(own, Err("nobody approves their own call".to_owned()));
    let unattested = principal("uid:1000", Authentication::Unattested { uid: 1000 });
    assert_eq!(answer(&approvals, given(2, Answer::Approve, &unattested), 1), Ok(ApprovalState::Approved));
}

#[test]
fn an_answer_that_cannot_be_recorded_does_not_count() {
    let approvals = Approvals::new();
    approvals.put(request(1, 1), Timestamp(0));
    let by = principal("operator", Authentication::Operator);
    let full = || JournalError::Io { what: "append", source: std::io::ErrorKind::StorageFull.into() };
    let failed = approvals.answer(given(1, Answer::Approve, &by), Timestamp(1), |_| Err(full()));
    assert!(matches!(failed, Err(AnswerError::Journal(_))));
    assert_eq!(approvals.take("binding 1", Timestamp(2)), None);
}

#[test]
fn an_agent_that_asks_for_everything_leaves_room_for_others() {
    let approvals = Approvals::new();
    for id in 0..MOST_WAITING as u128 {
        approvals.put(request(id, 1), Timestamp(0));
    }
    let flooding = principal("uid:1000", Authentication::PeerCredentials { uid: 1000 });
    let other = principal("uid:0", Authentication::PeerCredentials { uid: 0 });
    assert!(!approvals.has_room(&flooding, Timestamp(1)));
    assert!(approvals.has_room(&other, Timestamp(1)));
    assert!(approvals.has_room(&flooding, Timestamp(HOUR)), "what is over makes room");
    approvals.sweep(Timestamp(HOUR + SHOWN_FOR));
    assert_eq!(approvals.all().len(), 0);
}
