use super::*;

#[test]
fn what_waits_for_approval_goes_over_tls_or_stays_here() {
    for good in
        ["https://hooks.a.example/x?y=z", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/x"]
    {
        assert!(endpoint(good).is_some(), "{good}");
    }
    for bad in [
        "http://a.example/",
        "ftp://127.0.0.1/",
        "https://me:secret@a.example/",
        "http://127.0.0.1.a.example/",
        "x",
    ] {
        assert!(endpoint(bad).is_none(), "{bad}");
    }
}
