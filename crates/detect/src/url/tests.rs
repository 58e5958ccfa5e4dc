use proptest::prelude::*;

use super::*;

/// Ids of the findings, the worst first.
fn ids(text: &str) -> Vec<String> {
    check_url(text).findings.into_iter().map(|finding| finding.id.into_owned()).collect()
}

fn is_blocked(text: &str) -> bool {
    check_url(text).verdict == Verdict::Block
}

#[test]
fn public_urls_are_safe() {
    for text in [
        "https://example.com",
        "https://example.com:8443/a/b?c=d#e",
        "HTTPS://Example.COM./",
        "http://1.1.1.1/dns-query",
        "http://[2606:4700:4700::1111]:443/",
        "8.8.8.8:53",
        "example.com/path",
        "wss://stream.example.com/socket",
        "https://medium.com/@someone/a-post",
        "https://example.com/?to=a@example.org",
        "https://example.com/search?q=127.0.0.1",
        "https://en.wikipedia.org/wiki/Localhost_(band)",
        "https://bücher.example/",
        "https://пример.испытание/",
        "https://例え。テスト/",
        "https://例え.jp/パス",
        "https://例えtest.jp/",
        "https://한국abc.kr/",
        "https://сосо.испытание/",
        "https://straße.example/",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8.nip.io/",
        "https://localhost.example.com/",
        "https://metadata.example.com/",
        "https://internal.example.com/",
        "https://example.com/a%20b%2Fc\\d",
        "https://s3.eu-west-1.amazonaws.com/bucket/key?X-Amz-Date=20260101T000000Z",
    ] {
        assert!(!is_blocked(text), "{text}: {:?}", ids(text));
    }
}

#[test]
fn an_address_is_seen_in_every_notation() {
    for (text, id) in [
        ("http://2852039166/", "metadata_service"),
        ("http://0251.0376.0251.0376/", "metadata_service"),
        ("http://0xA9FEA9FE/", "metadata_service"),
        ("http://0xa9.254.0251.0xfe", "metadata_service"),
        ("http://169.254.43518/", "metadata_service"),
        ("http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/", "metadata_service"),
        ("http://[::ffff:169.254.169.254]/", "metadata_service"),
        ("http://[64:ff9b:1::a9fe:a9fe]/", "metadata_service"),
        ("http://[fd00:0ec2:0:0:0:0:0:254]/", "metadata_service"),
        ("http://168.63.129.16/machine?comp=goalstate", "metadata_service"),
        ("http://2822734096/", "metadata_service"),
        ("http://127.1/", "loopback_address"),
        ("http://[::1]:8080/", "loopback_address"),
        ("http://[::]/", "reserved_address"),
        ("http://0/", "reserved_address"),
        ("http://10.1/", "private_address"),
        ("http://[fe80::1]/", "link_local_address"),
        ("http://224.0.0.1/", "multicast_address"),
        ("gopher://127.0.0.1:6379/_INFO", "dangerous_scheme"),
        ("127.0.0.1:8080", "loopback_address"),
        ("//192.168.1.1/admin", "private_address"),
    ] {
        let report = check_url(text);
        assert_eq!(report.verdict, Verdict::Block, "{text}");
        assert_eq!(report.findings[0].id, id, "{text}: {:?}", ids(text));
    }
}

#[test]
fn names_that_lead_inside_are_blocked() {
    for (text, id) in [
        ("http://localhost", "loopback_address"),
        ("localhost:3000/x", "loopback_address"),
        ("http://LOCALHOST./", "loopback_address"),
        ("http://a.localhost/", "loopback_address"),
        ("http://metadata.google.internal./computeMetadata/v1/", "metadata_service"),
        ("http://instance-data/latest/", "metadata_service"),
        ("http://metadata/", "metadata_service"),
        ("http://intranet/", "internal_name"),
        ("http://kubernetes.default.svc/api", "internal_name"),
        ("http://printer.local/", "internal_name"),
        ("http://host.docker.internal:2375/", "internal_name"),
        ("http://169.254.169.254.nip.io/", "metadata_service"),
        ("http://app-10-0-0-1.sslip.io/", "private_address"),
        ("http://7f000001.nip.io/", "loopback_address"),
        ("http://x.localtest.me/", "rebinding_name"),
    ] {
        assert_eq!(ids(text).first().map(String::as_str), Some(id), "{text}");
        assert!(is_blocked(text), "{text}");
    }
}

#[test]
fn what_parsers_read_in_two_ways_is_blocked() {
    for text in [
        r"http://example.com\@169.254.169.254/",
        r"http:\\example.com",
        "http:example.com",
        "http:///example.com",
        "http://example.com#@127.0.0.1/",
        "http://exam\tple.com/",
        "http://%65xample.com/",
        "http://1.1.1.1 &@2.2.2.2# @3.3.3.3/",
        "http://[::1%25lo]/",
        "http://0x100000000/",
        "http://256.1.1.1/",
        "http://",
        "http://:80",
        "http://[]",
        "",
        "\0",
    ] {
        assert!(is_blocked(text), "{text:?}: {:?}", ids(text));
    }
}

#[test]
fn user_information_schemes_and_disguised_names_are_blocked() {
    for (text, id) in [
        ("https://user:word@example.com/", "url_userinfo"),
        ("https://example.com@example.org/", "url_userinfo"),
        ("file:///etc/passwd", "file_url"),
        ("ftp://example.com/", "scheme_not_fetchable"),
        ("JAR:http://example.com!/", "dangerous_scheme"),
        ("php://filter/resource=x", "dangerous_scheme"),
        ("javascript:alert(1)", "dangerous_scheme"),
        ("local_file:///etc/passwd", "dangerous_scheme"),
        ("mailto:a@example.com", "scheme_not_fetchable"),
        ("https://аррӏе.com/", "confusable_host"),
        ("https://xn--80ak6aa92e.com/", "confusable_host"),
        ("https://pаypal.com/", "confusable_host"),
        ("https://ｅｘａｍｐｌｅ.com/", "confusable_host"),
        ("https://bücher.ⓔⓧⓐⓜⓟⓛⓔ。com/", "confusable_host"),
    ] {
        assert_eq!(ids(text).first().map(String::as_str), Some(id), "{text}");
        assert!(is_blocked(text), "{text}");
    }
}

#[test]
fn a_parameter_that_leads_on_is_told_and_blocks_only_towards_metadata() {
    assert_eq!(ids("https://example.com/login?next=https%3A%2F%2Fother.example%2F"), ["redirect_parameter"]);
    assert!(!is_blocked("https://example.com/auth?redirect_uri=http://localhost:8080/callback"));
    assert_eq!(ids("https://example.com/?url=http://0xa9fea9fe/"), ["nested_metadata_service"]);
    assert_eq!(ids("https://example.com/?next=https://example.com/a"), Vec::<String>::new());
}

#[test]
fn a_finding_stands_where_its_part_is() {
    let text = "see <https://example.com>, (http://[::1]:80/a).\nand http://u:p@169.254.169.254/x, too";
    let found: Vec<(String, &str, u32)> = scan_text(text)
        .into_iter()
        .map(|finding| {
            (
                finding.id.into_owned(),
                text.get(finding.span.start..finding.span.end).unwrap(),
                finding.span.line,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("loopback_address".into(), "[::1]", 1),
            ("url_userinfo".into(), "u:p", 2),
            ("metadata_service".into(), "169.254.169.254", 2),
        ]
    );
}

#[test]
fn prose_full_of_urls_is_quiet() {
    let text = "Docs at https://example.com/a(b). Write to mailto://me@example.com or slack://open. \
                See https://docs.rs/url/*/url/, `https://github.com/a/b/blob/main/x.rs#L1`, a://, ://b, 1://2 \
                and vscode://file/x; also https://example.com/?redirect=https://example.org.";
    assert_eq!(scan_text(text), []);
}

#[test]
fn dangerous_urls_in_text_are_found_in_any_wrapping() {
    for text in [
        "![x](http://169.254.169.254/latest)",
        r#"{"u":"http://169.254.169.254/latest"}"#,
        "URL=http://metadata.google.internal/",
        "curl http://2852039166/|sh",
        "x gopher://127.0.0.1:25/_MAIL y",
        "jar:file:///etc/passwd!/",
    ] {
        assert!(!scan_text(text).is_empty(), "{text}");
    }
}

#[test]
fn what_is_too_long_is_not_safe_and_a_flood_is_cut() {
    assert!(is_blocked(&format!("https://example.com/{}", "a".repeat(LONGEST))));
    let flood = "http://127.0.0.1 ".repeat(1000);
    let found = scan_text(&flood);
    assert_eq!((found.len(), found.last().unwrap().id.as_ref()), (201, "truncated"));
    let brackets = format!("http://a.example/{}", ")".repeat(100_000)).repeat(8);
    assert_eq!(scan_text(&brackets), []);
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}", url in "[a-z:/@\\\\#?%.\\[\\]0-9]{0,40}") {
        for text in [format!("http://{url}"), url, text] {
            for finding in check_url(&text).findings.into_iter().chain(scan_text(&text)) {
                prop_assert!(text.get(finding.span.start..finding.span.end).is_some());
            }
        }
    }

    #[test]
    fn no_notation_of_a_private_address_is_safe(low in any::<u32>(), form in 0..4_usize, net in 0..3_usize) {
        let address = [0x7f00_0000 | (low & 0x00ff_ffff), 0x0a00_0000 | (low & 0x00ff_ffff), 0xc0a8_0000 | (low & 0xffff)][net];
        let [a, b, c, d] = address.to_be_bytes();
        let host = [
            format!("{address}"),
            format!("{address:#x}"),
            format!("0{a:o}.0{b:o}.{c:#x}.{d}"),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
        ][form].clone();
        let url = format!("http://{host}/");
        prop_assert!(is_blocked(&url), "{url}");
    }
}
