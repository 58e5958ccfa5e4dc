use std::net::{TcpListener, TcpStream};

use super::*;

fn pair(address: &str) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(address).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    (client, server)
}

#[test]
fn each_end_of_a_connection_is_found_and_nothing_else_is() {
    let own = rustix::process::geteuid().as_raw();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(address) else { continue };
        let (client, server) = pair(address);
        let (a, b) = (client.local_addr().unwrap(), server.local_addr().unwrap());
        let expected = Some(Found { uid: own, held: true });
        assert_eq!((find(a, b).unwrap(), find(b, a).unwrap()), (expected, expected), "{address}");
        // A listener would take a connection from there: it is not the socket that was asked for.
        let listening = listener.local_addr().unwrap();
        assert_eq!(find(listening, a).unwrap(), None, "{address}");
    }
}

#[test]
fn a_socket_that_no_process_holds_is_not_held() {
    let (client, server) = pair("127.0.0.1:0");
    let (a, b) = (client.local_addr().unwrap(), server.local_addr().unwrap());
    // The first to close waits, without a process.
    drop(client);
    assert!(find(a, b).unwrap().is_none_or(|found| !found.held));
    drop(server);
    assert!(find(a, b).unwrap().is_none_or(|found| !found.held));
}

#[test]
fn ends_of_two_families_have_no_socket_between_them() {
    let (four, six) = ("127.0.0.1:80".parse().unwrap(), "[::1]:80".parse().unwrap());
    assert_eq!(find(four, six).unwrap(), None);
}

#[test]
fn an_answer_that_is_cut_off_is_none() {
    let (at, to) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
    let mut answer = request(at, to).unwrap();
    answer.resize(HEADER + MESSAGE, 0);
    for length in 0..answer.len() {
        assert_eq!(read(&answer[..length], at, to), None, "{length} bytes");
    }
}
