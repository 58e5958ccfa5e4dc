use super::*;

fn origin(text: &str) -> Result<String, BadOrigin> {
    Origin::of(&Url::parse(text).unwrap()).map(|origin| origin.to_string())
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    for (url, expected) in [
        ("http://localhost/mcp?x=1", "http://localhost"),
        ("http://LOCALHOST:80/", "http://localhost"),
        ("https://example.com:443/mcp", "https://example.com"),
        ("https://example.com:8443/mcp", "https://example.com:8443"),
        ("http://127.1:3000/", "http://127.0.0.1:3000"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
    ] {
        assert_eq!(origin(url), Ok(expected.to_owned()), "{url}");
    }
}

#[test]
fn what_names_no_endpoint_is_refused() {
    for (url, expected) in [
        ("file:///etc/passwd", BadOrigin::Scheme),
        ("ftp://example.com/", BadOrigin::Scheme),
        ("data:text/plain,x", BadOrigin::Scheme),
        ("http://user@example.com/", BadOrigin::Credentials),
        ("http://:word@example.com/", BadOrigin::Credentials),
    ] {
        assert_eq!(origin(url), Err(expected), "{url}");
    }
}
