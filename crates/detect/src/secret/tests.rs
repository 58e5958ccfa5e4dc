use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use ringfence_model::json::JsonText;

use super::*;

#[rustfmt::skip]
mod rows;

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "123456789";
const BECH32: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

/// `count` characters of `alphabet`, always the same: synthetic material, composed so that no scanner sees it here.
fn made(alphabet: &str, count: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9E37_79B9_u32 ^ u32::try_from(count).unwrap();
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            letters[usize::try_from(state).unwrap() % letters.len()]
        })
        .collect()
}

fn an(count: usize) -> String {
    made(ALNUM, count)
}

fn hex(count: usize) -> String {
    made(HEX, count)
}

fn uuid() -> String {
    format!("{}-{}-{}-{}-{}", hex(8), hex(4), hex(4), hex(4), hex(12))
}

/// The token that GitHub published, revoked, to explain its checksum.
fn github() -> String {
    ["ghp", "_zQWBuTSOoRi4A9spHc", "VY5ncnsDkxkJ", "0mLq17"].concat()
}

fn jwt(header: &str, payload: &str) -> String {
    format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload), an(43))
}

fn pem(kind: &str, newline: &str) -> String {
    let line = [an(64), an(60), an(64)].join(newline);
    format!("-----BEGIN {kind}-----{newline}{line}{newline}-----END {kind}-----")
}

/// Text with one credential, and the rule that must find it: the rules' own examples, and what no template can say.
fn rows() -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> =
        rows::FOUND.iter().map(|(id, text)| (*id, filled(text))).collect();
    all.extend([
        ("github_token", github()),
        ("private_key", pem("PRIVATE KEY", "\\n")),
        ("private_key", pem("OPENSSH PRIVATE KEY", "\r\n")),
    ]);
    all
}

/// An example of a rule file with its places filled: `{an:36}` by 36 letters and digits.
fn filled(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, behind) = after.split_once('}').unwrap();
        out.push_str(before);
        let (name, of) = place.split_once(':').unwrap_or((place, ""));
        let count = || of.parse().unwrap();
        out.push_str(&match name {
            "an" => an(count()),
            "hex" => hex(count()),
            "upper" => made(UPPER, count()),
            "upper_hex" => hex(count()).to_uppercase(),
            "lower" => made(LOWER, count()),
            "letters" => made(LETTERS, count()),
            "digits" => made(DIGITS, count()),
            "bech32" => made(BECH32, count()),
            "uuid" => uuid(),
            "pem" => pem(of, "\n"),
            "jwt" => jwt(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"42","exp":1}"#),
            "basic" => STANDARD.encode("bob:hunter2"),
            "discord_id" => STANDARD.encode(made(DIGITS, 18)),
            "wif" => base58check(&[&[0x80][..], &[7; 32], &[1]].concat()),
            "xprv" => base58check(&[&[0x04, 0x88, 0xAD, 0xE4][..], &[9; 74]].concat()),
            "nsec" => ["nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9la", "qsnlfe5"].concat(),
            other => panic!("no place is called {other}"),
        });
        rest = behind;
    }
    out + rest
}

/// Base58Check of `body`.
fn base58check(body: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    let alphabet: Vec<char> = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".chars().collect();
    let check = Sha256::digest(Sha256::digest(body));
    let mut bytes = [body, &check[..4]].concat();
    let mut out = Vec::new();
    while bytes.iter().any(|byte| *byte > 0) {
        let mut rest = 0_usize;
        for byte in &mut bytes {
            rest = rest << 8 | usize::from(*byte);
            *byte = u8::try_from(rest / 58).unwrap();
            rest %= 58;
        }
        out.push(alphabet[rest]);
    }
    out.into_iter().rev().collect()
}

fn scanner() -> SecretScanner {
    SecretScanner::new().unwrap()
}

/// What `finding` names in `text`.
fn shown<'t>(text: &'t str, finding: &Finding) -> &'t str {
    text.get(finding.span.start..finding.span.end).unwrap()
}

fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.id.as_ref()).collect()
}

use ringfence_model::finding::{Category, Finding};

#[test]
fn each_kind_is_found_where_it_stands() {
    let scanner = scanner();
    for (id, text) in rows() {
        assert_eq!(ids(&scanner.scan_text(&text)), [id], "{text}");
        let around = format!("see\n  \"{text}\", and more");
        let found = scanner.scan_text(&around);
        assert_eq!(ids(&found), [id], "{around}");
        assert_eq!(found[0].category, Category::Secret);
        assert!(text.contains(shown(&around, &found[0])), "{id}");
        assert!(!found[0].message.contains(shown(&around, &found[0])), "{id}");
    }
}

#[test]
fn no_rule_is_without_a_row_and_there_are_enough() {
    let tested: BTreeSet<&str> = rows().iter().map(|(id, _)| *id).collect();
    let written: BTreeSet<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(tested, written);
    assert!(written.len() >= 250);
}

#[test]
fn every_pattern_compiles() {
    for rule in rules::RULES {
        if let rule::Matcher::Pattern(pattern) = rule.matcher {
            assert!(scan::compile(rule, pattern).is_ok(), "{}", rule.id);
        }
    }
}

#[test]
fn what_is_no_credential_is_left_alone() {
    let scanner = scanner();
    for (id, text) in rows::PASSED {
        let found = scanner.scan_text(&filled(text));
        assert!(!ids(&found).contains(id), "{id}: {text}");
    }
    let rows = [
        "The password must have at least eight characters.",
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "curl -H 'Authorization: Bearer ${API_TOKEN_FOR_THE_SERVICE}' https://example.com",
        "Authorization: Bearer <your-token-goes-right-here-please>",
        "postgres://user:password@localhost/db",
        "postgres://postgres:postgres@localhost:5432/test",
        "postgres://app:${DB_PASSWORD}@db/app",
        "https://user:<password>@host/",
        "https://example.com:8080/path@v1/x",
        "git@github.com:owner/repo.git and https://github.com/o/r/blob/v1.0-rc/x@2.md",
        "if text.startswith('-----BEGIN RSA PRIVATE KEY-----'):",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----",
        "a -----BEGIN PRIVATE KEY----- line opens a PEM file of that kind, then follows base64",
        "550e8400-e29b-41d4-a716-446655440000",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "task-force-abcdefghijklmnopqrstuvwxyz-disk-0123456789",
        "eyJhIjoxfQ.eyJiIjoyfQ.c2lnbmF0dXJlLXRoYXQtaXMtbm90LWEtand0",
        "nextPageToken: CAoQAApHCkUKQ2xpc3RfdmlkZW9zX2J5X2NoYW5uZWw",
    ];
    for text in rows {
        assert_eq!(ids(&scanner.scan_text(text)), [""; 0], "{text}");
    }
    // The sample that jwt.io shows.
    let sample =
        jwt(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#);
    assert_eq!(scanner.scan_text(&sample), []);
}

#[test]
fn a_right_checksum_makes_sure() {
    let scanner = scanner();
    let found = scanner.scan_text(&github());
    assert_eq!(found[0].confidence, 99);
    let mistyped = github().replace("TSO", "TS0");
    assert_eq!(scanner.scan_text(&mistyped)[0].confidence, 60);
}

#[test]
fn one_layer_of_base64_hides_nothing() {
    let scanner = scanner();
    for (id, secret) in [("github_token", github()), ("private_key", pem("PRIVATE KEY", "\n"))] {
        for before in ["", "x", "xy", "token: "] {
            let carrier = STANDARD.encode(format!("{before}{secret}\n"));
            let text = format!("payload {carrier} end");
            let found = scanner.scan_text(&text);
            assert_eq!(ids(&found), [id], "{text}");
            assert_eq!(shown(&text, &found[0]), carrier);
        }
    }
}

fn json(text: &str) -> JsonText {
    JsonText::try_from(text.to_owned()).unwrap()
}

#[test]
fn json_is_judged_by_what_its_strings_mean() {
    let scanner = scanner();
    let token = github();
    let escaped: String = token.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for (text, at) in [
        (format!(r#"{{"a":"{token}"}}"#), "value"),
        (format!(r#"{{"a":["x","{escaped}"]}}"#), "escaped"),
        (format!(r#"{{"{token}":1}}"#), "key"),
        (format!(r#"{{"{escaped}":{{"b":null}}}}"#), "escaped key"),
        (format!(r#""{token}""#), "bare"),
    ] {
        let text = json(&text);
        let found = scanner.scan_json(&text);
        assert_eq!(found.len(), 1, "{at}");
        assert_eq!(found[0].finding.id, "github_token");
        let literal = text.as_str().get(found[0].at.clone()).unwrap().to_owned();
        assert_eq!(json(&literal).value().as_str().unwrap(), token);
        let clean = redact_json(&text, &found);
        assert!(!clean.as_str().contains(&token) && !clean.as_str().contains(&escaped));
        assert!(clean.as_str().contains("[redacted:github_token]"));
    }
}

#[test]
fn a_key_is_context_for_its_value() {
    let scanner = scanner();
    let secret = an(40);
    for (text, expected) in [
        (format!(r#"{{"aws_secret_access_key" : "{secret}"}}"#), 1),
        (format!(r#"{{"x\n":0,"aws_secret_access_key":"{secret}"}}"#), 1),
        (format!(r#"{{"commit":"{secret}"}}"#), 0),
        (format!(r#"{{"aws_secret_access_key":7,"commit":"{secret}"}}"#), 0),
    ] {
        let text = json(&text);
        let found = scanner.scan_json(&text);
        assert_eq!(found.len(), expected, "{text:?}");
        assert!(expected == 0 || !redact_json(&text, &found).as_str().contains(&secret));
    }
}

#[test]
fn keys_stay_different() {
    let scanner = scanner();
    let (one, two) = (github(), ["gl", "pat-", &an(20)].concat());
    let three = ["gl", "pat-", &an(21)].concat();
    let text = json(&format!(r#"{{"{two}":1,"[redacted:gitlab_token]":2,"{three}":3,"{one}":4}}"#));
    let clean = redact_json(&text, &scanner.scan_json(&text));
    assert_eq!(
        clean.as_str(),
        r#"{"[redacted:gitlab_token] 2":1,"[redacted:gitlab_token]":2,"[redacted:gitlab_token] 3":3,"[redacted:github_token]":4}"#
    );
}

#[test]
fn hostile_text_ends_and_says_what_was_not_seen() {
    let scanner = scanner();
    let size = 1 << 20;
    for unit in [
        "a",
        "AKIA",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ",
        "://",
        "x://a:b",
        "aws_secret",
        "Z2hwX",
        "xoxb-",
        "ops_eyJ",
        "sl.",
        "😀",
        "@",
        "sk-",
    ] {
        let text = unit.repeat(size / unit.len());
        for finding in scanner.scan_text(&text) {
            assert!(finding.span.end <= text.len(), "{unit}");
        }
    }
    let many = format!("{} ", github()).repeat(2000);
    let found = scanner.scan_text(&many);
    assert_eq!(
        found.last().map(|finding| (finding.id.as_ref(), finding.category)),
        Some(("truncated", Category::Uninspected))
    );
}

/// Text in which credentials, halves of them and ordinary characters meet.
fn mixed() -> impl Strategy<Value = String> {
    let secrets: Vec<String> = rows().into_iter().map(|(_, text)| text).collect();
    let whole = prop::sample::select(secrets.clone());
    let half = (prop::sample::select(secrets), 0..60_usize)
        .prop_map(|(text, at)| text.chars().take(at).collect::<String>());
    let plain = "[ -~\n\té😀]{0,12}".prop_map(String::from);
    prop::collection::vec(prop_oneof![2 => whole, 1 => half, 3 => plain], 0..6)
        .prop_map(|parts| parts.concat())
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i32>().prop_map(Into::into),
        mixed().prop_map(Into::into)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(mixed(), inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The tree with every string emptied and every key replaced by its place: what redaction must keep.
fn shape(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::String(_) => "".into(),
        serde_json::Value::Array(elements) => elements.iter().map(shape).collect::<Vec<_>>().into(),
        serde_json::Value::Object(members) => members.values().map(shape).collect::<Vec<_>>().into(),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => value.clone(),
    }
}

/// Found by the property below: the key stands once more inside a longer word, where no rule finds it.
#[test]
fn a_secret_is_redacted_wherever_else_it_stands() {
    let key = "b829ded021e5aaa7102d96b2574915c2";
    let text = format!("SK{key}DD_API_KEY={key}");
    let clean = redact_text(&text, &scanner_once().scan_text(&text));
    assert!(!clean.contains(key), "{clean}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn redacted_text_holds_no_secret(text in mixed()) {
        let scanner = scanner_once();
        let found = scanner.scan_text(&text);
        let clean = scanner.clean_text(&text);
        for finding in &found {
            prop_assert!(!clean.contains(shown(&text, finding)));
        }
        prop_assert_eq!(scanner.scan_text(&clean), vec![], "{}", clean);
        prop_assert_eq!(scanner.clean_text(&clean), clean);
    }

    #[test]
    fn redacted_json_holds_no_secret_and_keeps_its_shape(tree in tree()) {
        let scanner = scanner_once();
        let text = json(&tree.to_string());
        let found = scanner.scan_json(&text);
        let clean = scanner.clean_json(&text, &found);
        prop_assert_eq!(scanner.scan_json(&clean), vec![], "{}", clean.as_str());
        prop_assert!(JsonText::try_from(clean.as_str().to_owned()).is_ok());
        let after: serde_json::Value = serde_json::from_str(clean.as_str()).unwrap();
        prop_assert_eq!(shape(&after), shape(&tree));
        if found.is_empty() {
            prop_assert_eq!(clean.as_str(), text.as_str());
        }
    }

    #[test]
    fn any_text_is_scanned_within_its_bounds(text in ".{0,400}") {
        for finding in scanner_once().scan_text(&text) {
            prop_assert!(text.get(finding.span.start..finding.span.end).is_some());
        }
    }
}

fn scanner_once() -> &'static SecretScanner {
    static SCANNER: std::sync::OnceLock<SecretScanner> = std::sync::OnceLock::new();
    SCANNER.get_or_init(scanner)
}

/// A password that a person may have chosen, in parts.
fn chosen() -> String {
    ["Kx7", "vQp", "2mZt"].concat()
}

#[test]
fn an_assignment_is_read_in_every_language() {
    let scanner = scanner();
    let value = chosen();
    for before_after in [
        "password = \"@\"",
        "DB_PASSWORD=@",
        "  password: @",
        "\"userPassword\": \"@\",",
        "<password>@</password>",
        "<add key=\"DbPassword\" value=\"@\"/>",
        "define('DB_PASSWORD', '@');",
        "config.setPassword(\"@\");",
        "let password: &str = \"@\";",
        "char password[] = \"@\";",
        "$password = '@';",
        ":password => '@'",
        "Server=db;User Id=sa;Password=@;Timeout=3",
        "mysql://host/db?user=a&password=@&x=1",
        "tool --password @ --verbose",
        "ALTER USER bob IDENTIFIED BY '@';",
        "CREATE USER bob WITH PASSWORD '@';",
        "if (password == \"@\") {",
        "password := process.env.PASS || \"@\"",
        "The password is @",
        "name: DB_PASSWORD\n  value: @\n",
    ] {
        let text = before_after.replace('@', &value);
        let found = scanner.scan_text(&text);
        assert_eq!(ids(&found), ["generic_password"], "{text}");
        assert_eq!(shown(&text, &found[0]), value, "{text}");
    }
}

#[test]
fn a_name_alone_makes_no_credential() {
    let scanner = scanner();
    for text in [
        "password = os.environ[\"DB_PASSWORD\"]",
        "password: ${DB_PASSWORD}",
        "password = getPassword(user)",
        "String password = request.getParameter(\"password\");",
        "passwordField = \"password-input-field\"",
        "password: 'required|min:8'",
        "\"password\": \"string\"",
        "token = self.lexer.nextToken()",
        "token: string",
        "secretKeyRef: my-app-credentials",
        "\"key\": \"attached_file_0\"",
        "primaryKey = \"a81bc81bdead4e5dabff90865d1e13b1\"",
        "\"integrity\": \"sha512-Kx7vQp2mZtKx7vQp2mZtKx7vQp2mZtKx7vQp2mZt==\"",
        "commit = \"3b335d612137949d2f21fcc6c8c8164db7603227\"",
        "nextPageToken=CAoQAApHCkUKQ2xpc3RfdmlkZW9z",
        "PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']",
        "password: <your password>",
        "password = \"********\"",
        "auth: { type: 'oauth2', provider: 'github' }",
        "keywords: rust2024, agents4all",
        "author = \"J. R. Smith 3rd\"",
        "<input type=\"password\" name=\"password\" placeholder=\"Password\">",
    ] {
        assert_eq!(ids(&scanner.scan_text(text)), [""; 0], "{text}");
    }
}

#[test]
fn hexadecimal_and_percent_signs_hide_nothing() {
    let scanner = scanner();
    let hex: String = github().bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(ids(&scanner.scan_text(&format!("data {hex} end"))), ["github_token"]);
    let percent = pem("PRIVATE KEY", "\n").replace(' ', "%20").replace('\n', "%0A").replace('+', "%2B");
    assert_eq!(ids(&scanner.scan_text(&format!("k={percent}"))), ["private_key"]);
}

#[test]
fn what_an_operator_says_counts() {
    let own = |id: &str, pattern| OwnRule {
        category: Category::Secret,
        id: id.to_owned(),
        what: "ticket".to_owned(),
        pattern,
        severity: ringfence_model::finding::Severity::Low,
    };
    let with = |rules: Vec<OwnRule>, disable: &[&str], allow: Vec<Pattern>| {
        let disable = disable.iter().map(|id| (*id).to_owned()).collect();
        SecretScanner::with(Settings { rules, disable, allow })
    };
    let ticket = own("ticket", Pattern::Regex(r"\bTCK-([0-9]{6})\b".to_owned()));
    let scanner =
        with(vec![ticket], &["github_token", "generic_token"], vec![Pattern::Literal(chosen())]).unwrap();
    let text = format!("TCK-123456 {} password={}", github(), chosen());
    let found = scanner.scan_text(&text);
    assert_eq!(ids(&found), ["ticket"]);
    assert_eq!(shown(&text, &found[0]), "123456");
    assert_eq!(scanner.clean_text("see TCK-123456"), "see TCK-[redacted:ticket]");
    let refused = |settings: Result<SecretScanner, RuleError>| settings.unwrap_err().to_string();
    assert_eq!(refused(with(vec![], &["github_tokn"], vec![])), "no rule is called \"github_tokn\"");
    assert!(
        refused(with(vec![own("a", Pattern::Regex("(".to_owned()))], &[], vec![]))
            .starts_with("rule \"a\": ")
    );
    assert_eq!(
        refused(with(vec![own("a", Pattern::Regex("x*".to_owned()))], &[], vec![])),
        "rule \"a\" holds for the empty text"
    );
    assert!(
        refused(with(vec![own("A b", Pattern::Literal("x".to_owned()))], &[], vec![]))
            .contains("small letters")
    );
}

#[test]
fn an_idle_scanner_is_small() {
    assert!(scanner().idle_bytes() < 256 << 10);
}
#[test]
fn many_names_cost_no_more_than_their_number() {
    // Where each name looked at all that follows, this would take longer than a test may.
    let members: Vec<String> = (0..20_000).map(|number| format!("\"key{number}\":null")).collect();
    let json = JsonText::try_from(format!("{{{}}}", members.join(","))).unwrap();
    assert_eq!(SecretScanner::new().unwrap().find_in_json(&json, Sought::Both), []);
}

#[test]
fn nothing_is_left_of_a_text_with_more_than_is_counted() {
    let scanner = scanner();
    let mut state = 7_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(UPPER.as_bytes()[usize::try_from(state >> 59).unwrap()])
    };
    for count in [2_000, 9_000] {
        let keys: Vec<String> =
            (0..count).map(|_| format!("AKIA{}", (0..16).map(|_| letter()).collect::<String>())).collect();
        let text = keys.join(" ");
        let clean = scanner.clean_text(&text);
        assert!(!keys.iter().any(|key| clean.contains(key)), "{count}");
        let json = JsonText::object([("a", JsonText::string(&text)), ("b", JsonText::string("as it was"))]);
        let clean = scanner.clean_json(&json, &scanner.scan_json(&json));
        assert!(!keys.iter().any(|key| clean.as_str().contains(key)), "{count}");
        assert_eq!(clean.get("b").unwrap().as_str().as_deref(), Some("as it was"));
    }
}
