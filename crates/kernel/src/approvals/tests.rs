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
        whole: false,
        sealed: None,
        rule: "r".into(),
        message: "m".into(),
        severity: Severity::High,
        needed,
        approvers: Vec::new(),
        quorums: Vec::new(),
        expires: Timestamp(HOUR),
    }
}

fn given(id: u128, answer: Answer, by: &Arc<Principal>) -> ApprovalAnswer {
    ApprovalAnswer {
        approval: ApprovalId(id),
        answer,
        lasts: Lasts::Once,
        by: Arc::clone(by),
        attested: true,
        comment: None,
    }
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
    assert_eq!(approvals.take("binding 1", SessionId(1), Timestamp(1)), None, "nobody has answered");
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &by), 1), Ok(ApprovalState::Approved));
    assert_eq!(approvals.take("binding 2", SessionId(1), Timestamp(2)), None);
    assert_eq!(approvals.take("binding 1", SessionId(1), Timestamp(HOUR)), None, "expired");
    assert_eq!(approvals.take("binding 1", SessionId(1), Timestamp(2)), Some(ApprovalId(1)));
    assert_eq!(approvals.take("binding 1", SessionId(1), Timestamp(2)), None);
}

#[test]
fn one_no_ends_it_and_nobody_answers_twice_late_or_for_themselves() {
    let approvals = Approvals::new();
    let one = principal("operator:one", Authentication::Operator);
    let two = principal("operator:two", Authentication::Operator);
    approvals.put(request(1, 2), Timestamp(0));
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &one), 1), Ok(ApprovalState::Pending));
    let again = approvals.answer(given(1, Answer::Approve, &one), Timestamp(1), |_| panic!("it is recorded"));
    assert_eq!(again.unwrap().answers.len(), 1, "the same again is the one answer");
    let other = answer(&approvals, given(1, Answer::Deny, &one), 1);
    assert_eq!(other, Err("operator:one has answered already".to_owned()));
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
    assert_eq!(approvals.take("binding 1", SessionId(1), Timestamp(2)), None);
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

#[test]
fn a_clock_that_jumps_brings_nothing_back_and_no_time_is_no_approval() {
    let approvals = Approvals::new();
    let by = principal("operator", Authentication::Operator);
    let later = |id| ApprovalRequest { expires: Timestamp(20 * HOUR), ..request(id, 1) };
    approvals.put(later(1), Timestamp(10 * HOUR));
    approvals.put(later(2), Timestamp(10 * HOUR));
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &by), 10 * HOUR), Ok(ApprovalState::Approved));
    let before = Timestamp(10 * HOUR - 2 * SKEW);
    assert_eq!(approvals.take("binding 1", SessionId(1), before), None, "before it was asked");
    assert_eq!(
        answer(&approvals, given(2, Answer::Approve, &by), before.0),
        Err("this request is expired".to_owned())
    );
    approvals.sweep(Timestamp(20 * HOUR));
    assert_eq!(
        approvals.take("binding 1", SessionId(1), Timestamp(11 * HOUR)),
        None,
        "it was seen to expire"
    );
    assert_eq!(
        answer(&approvals, given(2, Answer::Approve, &by), 11 * HOUR),
        Err("this request is expired".to_owned())
    );
}

#[test]
fn what_holds_for_a_session_holds_in_it_alone_and_only_where_all_said_so() {
    let approvals = Approvals::new();
    let [one, two] = ["operator:one", "operator:two"].map(|name| principal(name, Authentication::Operator));
    let lasting = |id, by| ApprovalAnswer { lasts: Lasts::Session, ..given(id, Answer::Approve, by) };
    approvals.put(request(1, 1), Timestamp(0));
    assert_eq!(answer(&approvals, lasting(1, &one), 1), Ok(ApprovalState::Approved));
    assert_eq!(approvals.take("binding 1", SessionId(2), Timestamp(2)), None, "another session");
    for _ in 0..3 {
        assert_eq!(approvals.take("binding 1", SessionId(1), Timestamp(2)), Some(ApprovalId(1)));
    }
    assert_eq!(approvals.take("binding 1", SessionId(1), Timestamp(HOUR)), None, "expired");
    approvals.put(request(2, 2), Timestamp(0));
    assert_eq!(answer(&approvals, lasting(2, &one), 1), Ok(ApprovalState::Pending));
    assert_eq!(answer(&approvals, given(2, Answer::Approve, &two), 1), Ok(ApprovalState::Approved));
    assert_eq!(approvals.take("binding 2", SessionId(1), Timestamp(2)), Some(ApprovalId(2)));
    assert_eq!(approvals.take("binding 2", SessionId(1), Timestamp(2)), None, "one of them said once");
}

#[test]
fn only_those_whom_a_request_names_answer_it() {
    let approvals = Approvals::new();
    let [named, other] =
        ["operator:ann", "operator:bob"].map(|name| principal(name, Authentication::Operator));
    approvals.put(ApprovalRequest { approvers: vec!["operator:ann".into()], ..request(1, 1) }, Timestamp(0));
    let refused = answer(&approvals, given(1, Answer::Approve, &other), 1);
    assert_eq!(refused, Err("operator:bob is not one of the approvers that the request names".to_owned()));
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &named), 1), Ok(ApprovalState::Approved));
}

#[test]
fn a_quorum_is_met_by_those_who_hold_its_roles() {
    let approvals = Approvals::new();
    let [ann, bob, eve] = ["operator:ann", "operator:bob", "operator:eve"]
        .map(|name| principal(name, Authentication::Operator));
    let quorum = |role: &str, holders: &[&str]| Quorum {
        roles: vec![role.into()],
        holders: holders.iter().map(|holder| (*holder).into()).collect(),
        needed: 1,
    };
    let quorums =
        vec![quorum("finance", &["operator:ann"]), quorum("security", &["operator:ann", "operator:bob"])];
    approvals.put(ApprovalRequest { quorums: quorums.clone(), ..request(1, 2) }, Timestamp(0));
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &bob), 1), Ok(ApprovalState::Pending));
    assert_eq!(
        answer(&approvals, given(1, Answer::Approve, &eve), 1),
        Ok(ApprovalState::Pending),
        "two, and neither of finance"
    );
    assert_eq!(answer(&approvals, given(1, Answer::Approve, &ann), 1), Ok(ApprovalState::Approved));
    approvals.put(ApprovalRequest { quorums, ..request(2, 2) }, Timestamp(0));
    assert_eq!(
        answer(&approvals, given(2, Answer::Approve, &ann), 1),
        Ok(ApprovalState::Pending),
        "who holds both roles is still one"
    );
}

#[test]
fn of_two_approvers_at_once_each_sees_the_other() {
    for round in 0..50 {
        let approvals = Approvals::new();
        approvals.put(request(1, 2), Timestamp(0));
        let [one, two] =
            ["operator:one", "operator:two"].map(|name| principal(name, Authentication::Operator));
        let second = if round % 2 == 0 { Answer::Approve } else { Answer::Deny };
        let states = std::thread::scope(|scope| {
            let first = scope.spawn(|| answer(&approvals, given(1, Answer::Approve, &one), 1));
            let other = scope.spawn(|| answer(&approvals, given(1, second, &two), 1));
            [first.join().unwrap(), other.join().unwrap()]
        });
        let state = approvals.get(ApprovalId(1)).unwrap().state(Timestamp(1));
        if second == Answer::Approve {
            assert_eq!(state, ApprovalState::Approved);
            assert_eq!(states.iter().filter(|state| **state == Ok(ApprovalState::Approved)).count(), 1);
        } else {
            assert_eq!(state, ApprovalState::Denied);
        }
        let taken = std::thread::scope(|scope| {
            let takers =
                [(); 4].map(|()| scope.spawn(|| approvals.take("binding 1", SessionId(1), Timestamp(2))));
            takers.into_iter().filter_map(|taker| taker.join().unwrap()).count()
        });
        assert_eq!(taken, usize::from(second == Answer::Approve), "it counts once");
    }
}
