use std::net::{TcpListener, TcpStream};

use proptest::prelude::*;

use super::*;

const TITLE: &str =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/// An address as the table has it.
fn shown(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words: String = octets
        .chunks_exact(4)
        .map(|word| format!("{:08X}", u32::from_ne_bytes(word.try_into().unwrap())))
        .collect();
    format!("{words}:{:04X}", address.port())
}

fn line(at: SocketAddr, to: SocketAddr, uid: u32, inode: u64) -> String {
    format!(
        "   0: {} {} 01 00000000:00000000 00:00000000 00000000 {uid:>5}        0 {inode} 1 0000000000000000 20 4 30 10 -1",
        shown(at),
        shown(to)
    )
}

fn uid_in(lines: &[String], at: &str, to: &str) -> Option<u32> {
    let table = [&[TITLE.to_owned()], lines].concat().join("\n");
    find(table.as_bytes(), at.parse().unwrap(), to.parse().unwrap()).unwrap()
}

#[test]
#[cfg(target_endian = "little")]
fn a_line_of_the_system_is_understood() {
    let line =
        "   3: 0100007F:1F90 0100007F:A2C4 01 00000000:00000000 00:00000000 00000000  1000        0 52133 1";
    let expected = Row {
        at: "127.0.0.1:8080".parse().unwrap(),
        to: "127.0.0.1:41668".parse().unwrap(),
        uid: 1000,
        held: true,
    };
    assert_eq!(parse(line), Some(expected));
    assert_eq!(address("0000000000000000FFFF00000100007F:0050"), Some("127.0.0.1:80".parse().unwrap()));
    assert_eq!(address("00000000000000000000000001000000:0050"), Some("[::1]:80".parse().unwrap()));
}

#[test]
fn only_the_peers_own_end_counts() {
    let (ours, theirs) = ("127.0.0.1:8000", "127.0.0.1:40000");
    let row = |at: &str, to: &str, uid, inode| line(at.parse().unwrap(), to.parse().unwrap(), uid, inode);
    let table = [
        row(ours, theirs, 1, 11),
        row(ours, "0.0.0.0:0", 2, 12),
        row("127.0.0.2:40000", ours, 3, 13),
        row(theirs, "127.0.0.1:8001", 4, 14),
        row(theirs, ours, 1000, 15),
    ];
    assert_eq!(uid_in(&table, theirs, ours), Some(1000));
    assert_eq!(uid_in(&table[..4], theirs, ours), None);
}

#[test]
fn a_socket_that_nobody_holds_has_no_owner() {
    // TIME_WAIT and the like: shown as root's, with inode 0.
    let (ours, theirs) = ("127.0.0.1:8000", "127.0.0.1:40000");
    let left = line(theirs.parse().unwrap(), ours.parse().unwrap(), 0, 0);
    assert_eq!(uid_in(std::slice::from_ref(&left), theirs, ours), None);
    let held = line(theirs.parse().unwrap(), ours.parse().unwrap(), 1000, 9);
    assert_eq!(uid_in(&[left, held], theirs, ours), Some(1000));
}

#[test]
fn an_ipv4_peer_of_an_ipv6_socket_is_found() {
    let mapped =
        line("[::ffff:127.0.0.1]:40000".parse().unwrap(), "[::ffff:127.0.0.1]:8000".parse().unwrap(), 5, 1);
    assert_eq!(uid_in(&[mapped], "127.0.0.1:40000", "127.0.0.1:8000"), Some(5));
}

proptest! {
    #[test]
    fn every_address_is_read_back(ip in any::<IpAddr>(), port in any::<u16>()) {
        let shown_as = SocketAddr::new(ip, port);
        prop_assert_eq!(address(&shown(shown_as)), Some(plain(shown_as)));
    }

    #[test]
    fn any_line_is_answered(line in "\\PC{0,120}") {
        let _ = parse(&line);
    }
}

#[test]
fn the_owner_of_a_real_connection_is_found() {
    for bind in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(bind) else {
            assert_eq!(bind, "[::1]:0", "IPv4 loopback is always there");
            continue;
        };
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, peer) = listener.accept().unwrap();
        let local = server.local_addr().unwrap();
        let own = rustix::process::geteuid().as_raw();
        let loopback = Loopback::new();
        assert_eq!((loopback.uid(local, peer).unwrap(), in_table(local, peer).unwrap()), (own, own));
        drop(client);
        assert!(matches!(loopback.uid(local, peer), Err(LoopbackError::NoOwner { .. })));
        assert!(matches!(in_table(local, peer), Err(LoopbackError::NoOwner { .. })));
    }
}

#[test]
fn what_is_not_loopback_is_refused() {
    let local = "127.0.0.1:8000".parse().unwrap();
    let outside = "192.0.2.1:40000".parse().unwrap();
    assert!(matches!(Loopback::new().uid(local, outside), Err(LoopbackError::NotLoopback { .. })));
    assert!(matches!(Loopback::new().uid(outside, local), Err(LoopbackError::NotLoopback { .. })));
}

#[test]
fn connections_that_were_reset_have_no_owner_and_are_not_looked_for_in_the_whole_table() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let accepted = || {
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, peer) = listener.accept().unwrap();
        (client, server.local_addr().unwrap(), peer, server)
    };
    let loopback = Loopback::new();
    let (_client, local, peer, _server) = accepted();
    loopback.uid(local, peer).unwrap();
    if !loopback.tells.load(Ordering::Relaxed) {
        // A system without sock_diag has only its table.
        return;
    }
    let (client, local, peer, _server) = accepted();
    rustix::net::sockopt::set_socket_linger(&client, Some(std::time::Duration::ZERO)).unwrap();
    drop(client);
    assert!(matches!(diag::find(local, peer), Ok(None)), "our end is gone, too");
    assert!(matches!(loopback.uid(local, peer), Err(LoopbackError::NoOwner { .. })));
}
