use proptest::prelude::*;

use super::*;

/// A line of `/proc/PID/stat` with zeros where we do not look.
fn line(pid: u32, name: &[u8], parent: u32, session: u32, started: u64) -> Vec<u8> {
    let head = format!("{pid} (");
    let tail = format!(
        ") S {parent} {pid} {session} 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 {started} 0 0 18446744073709551615"
    );
    [head.as_bytes(), name, tail.as_bytes()].concat()
}

fn stat(pid: u32, name: &str, parent: u32, session: u32, started: u64) -> Stat {
    Stat { pid, name: name.into(), parent, session, started, has_ended: false }
}

/// Climbs from process 9 in this table.
fn client(table: &[Stat]) -> Result<u32, u32> {
    let read = |pid| table.iter().find(|stat| stat.pid == pid).cloned().ok_or(ProcessError::Gone { pid });
    match climb(9, read) {
        Ok(client) => Ok(client.pid),
        Err(ProcessError::Gone { pid } | ProcessError::Malformed { pid } | ProcessError::Io { pid, .. }) => {
            Err(pid)
        }
    }
}

#[test]
fn a_name_may_hold_anything() {
    for name in ["claude", "", ")", "a) R 1 1 1", "(sd-pam)", "tmux: server", "9 (x) S 5 5 5 5", "new\nline"]
    {
        assert_eq!(parse(&line(7, name.as_bytes(), 3, 2, 99)), Some(stat(7, name, 3, 2, 99)), "{name:?}");
    }
    assert_eq!(parse(&line(7, b"\xFF\xFE", 3, 2, 99)).map(|stat| stat.parent), Some(3));
}

proptest! {
    #[test]
    fn any_name_is_survived(name in prop::collection::vec(any::<u8>(), 0..64)) {
        let stat = parse(&line(7, &name, 3, 2, 99)).unwrap();
        prop_assert_eq!((stat.pid, stat.parent, stat.session, stat.started), (7, 3, 2, 99));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }
}

#[test]
fn a_line_cut_short_is_not_understood() {
    let whole = line(7, b"claude", 3, 2, 99);
    let started = whole.windows(4).position(|part| part == b" 99 ").unwrap();
    for length in 0..=started {
        assert_eq!(parse(&whole[..length]), None, "{length}");
    }
}

#[test]
fn the_client_is_the_first_that_is_not_in_between() {
    let shim = |parent| stat(9, "ringfence", parent, 2, 90);
    for (case, table, expected) in [
        ("direct", vec![shim(5), stat(5, "claude", 3, 2, 50)], Ok(5)),
        (
            "through a shell and a launcher",
            vec![
                shim(8),
                stat(8, "npm exec @scope", 7, 2, 80),
                stat(7, "sh", 5, 2, 70),
                stat(5, "code", 3, 2, 50),
            ],
            Ok(5),
        ),
        ("a shell that a person works in", vec![shim(2), stat(2, "bash", 1, 2, 20)], Ok(2)),
        (
            "a shell within that shell",
            vec![shim(4), stat(4, "zsh", 2, 2, 40), stat(2, "bash", 1, 2, 20)],
            Ok(2),
        ),
        ("a client that is process 1", vec![shim(1), stat(1, "node", 0, 1, 0)], Ok(1)),
        ("a shell that is process 1", vec![shim(1), stat(1, "sh", 0, 1, 0)], Ok(1)),
        ("no parent in this namespace", vec![shim(0)], Ok(9)),
        ("a shell whose parent is outside", vec![shim(4), stat(4, "sh", 0, 2, 40)], Ok(4)),
        ("a name that only begins like a shell's", vec![shim(4), stat(4, "shiny", 2, 2, 40)], Ok(4)),
        ("a parent that has ended", vec![shim(5)], Err(5)),
        ("its id used again", vec![shim(5), stat(5, "claude", 3, 2, 91)], Err(5)),
    ] {
        assert_eq!(client(&table), expected, "{case}");
    }
}

#[test]
fn the_climb_is_bounded() {
    // A table that no system has: a shell that is its own parent.
    assert_eq!(client(&[stat(9, "sh", 9, 2, 90)]), Ok(9));
}

#[test]
fn the_client_of_this_test_is_a_live_process_older_than_it() {
    let ours = read(std::process::id()).unwrap();
    assert_eq!(ours.pid, std::process::id());
    assert_eq!(ours.parent, std::os::unix::process::parent_id());
    let client = client_process(ours.pid).unwrap();
    assert_ne!(client.pid, ours.pid);
    assert!(client.started <= ours.started);
    assert_eq!(client, client_process(ours.pid).unwrap());
}

#[test]
fn a_process_that_does_not_exist_is_gone() {
    // Beyond the greatest process id that Linux gives out (2^22).
    assert!(matches!(client_process(1 << 30), Err(ProcessError::Gone { pid }) if pid == 1 << 30));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "needs a process that ends")]
fn a_process_runs_until_it_has_ended_and_is_not_the_next_one_of_its_id() {
    let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
    let started = read(child.id()).unwrap().started;
    assert!(is_running(child.id(), started));
    assert!(!is_running(child.id(), started + 1));
    drop(child.stdin.take());
    // Ended, and not waited for yet.
    rustix::process::waitid(
        rustix::process::WaitId::Pid(rustix::process::Pid::from_child(&child)),
        rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT,
    )
    .unwrap();
    assert!(!is_running(child.id(), started));
    child.wait().unwrap();
    assert!(!is_running(child.id(), started));
}
