use super::super::suite::Finding;
use super::*;

fn checks(all: &[(&str, Status)]) -> Checks {
    let entry = |(id, status): &(&str, Status)| {
        let check = Check { scenario: "ping".into(), id: (*id).into(), name: "Ping".into(), turn: 0 };
        (check, Finding { status: *status, message: "why".into() })
    };
    all.iter().map(entry).collect()
}

#[test]
fn what_comes_out_otherwise_or_not_at_all_is_a_difference() {
    let direct = checks(&[
        ("a", Status::Success),
        ("b", Status::Failure),
        ("c", Status::Success),
        ("e", Status::Success),
    ]);
    let through =
        checks(&[("a", Status::Success), ("b", Status::Success), ("d", Status::Info), ("e", Status::Info)]);
    let found: Vec<String> =
        between(Revision::Legacy, "http", &direct, &through).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "2025-11-25 http: ping/b (Ping, 0): failed directly, passed through: why",
            "2025-11-25 http: ping/c (Ping, 0): passed directly, not checked through: why",
        ]
    );
    assert_eq!(between(Revision::Legacy, "http", &direct, &direct), []);
}

#[test]
fn a_call_without_an_entry_is_a_difference_and_so_is_an_entry_without_a_call() {
    let calls = |all: &[(&str, usize)]| all.iter().map(|(call, n)| ((*call).to_owned(), *n)).collect();
    let got: Calls = calls(&[("tools/call a", 2), ("tools/call b", 1)]);
    let recorded: Calls = calls(&[("tools/call a", 2), ("tools/call c", 1)]);
    let found: Vec<String> =
        unrecorded(Revision::Modern, "stdio", &got, &recorded).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "2026-07-28 stdio: `tools/call b` reached the fixture 1 times, 0 are in the journal",
            "2026-07-28 stdio: `tools/call c` reached the fixture 0 times, 1 are in the journal",
        ]
    );
}
