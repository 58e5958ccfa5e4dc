use super::*;

fn checked(target: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
    let mut request = Request::builder().uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    check(&request.body(()).unwrap())
}

#[test]
fn only_loopback_names_are_served() {
    for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000"] {
        assert_eq!(checked("/mcp", &[("host", host)]), Ok(()), "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "user@localhost",
        "10.0.0.1",
        "",
        "a b",
    ] {
        assert_eq!(checked("/mcp", &[("host", host)]), Err(Refusal::Host), "{host}");
    }
    assert_eq!(checked("/mcp", &[]), Err(Refusal::Host));
    assert_eq!(checked("/mcp", &[("host", "localhost"), ("host", "localhost")]), Err(Refusal::Host));
    assert_eq!(checked("http://evil.example/mcp", &[("host", "localhost")]), Err(Refusal::Host));
}

#[test]
fn only_loopback_origins_are_served() {
    for origin in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:5173"] {
        assert_eq!(checked("/mcp", &[("host", "localhost"), ("origin", origin)]), Ok(()), "{origin}");
    }
    for origin in [
        "null",
        "http://evil.example",
        "https://localhost.evil.example",
        "file://",
        "http://localhost@evil.example",
    ] {
        let refused = checked("/mcp", &[("host", "localhost"), ("origin", origin)]);
        assert_eq!(refused, Err(Refusal::Origin), "{origin}");
    }
}
