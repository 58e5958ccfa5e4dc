use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use ringfence_model::json::JsonText;

use super::*;

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
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

/// Text with one credential, and the rule that must find it.
fn rows() -> Vec<(&'static str, String)> {
    let row = |id, parts: &[&str]| (id, parts.concat());
    let key = "wJalrXUtn/EMI+K7MDENGbPxRfi";
    vec![
        ("github_token", github()),
        row("github_token", &["gh", "s_", &an(40)]),
        row("github_fine_grained_token", &["github", "_pat_", &an(22), "_", &an(59)]),
        row("gitlab_token", &["gl", "pat-", &an(20)]),
        row("gitlab_token", &["gl", "rt-", &an(20)]),
        row("bitbucket_token", &["AT", "BB", &an(24), "0A1B2C3D"]),
        row("npm_token", &["np", "m_", &an(36)]),
        row("pypi_token", &["pypi", "-AgEIcHlwaS5vcmc", &an(120)]),
        row("crates_io_token", &["ci", "o", &an(32)]),
        row("rubygems_token", &["ruby", "gems_", &hex(48)]),
        row("nuget_key", &["oy", "2", &made(LOWER, 43)]),
        row("docker_token", &["dckr", "_pat_", &an(27)]),
        row("jfrog_token", &["AK", "Cp", &an(69)]),
        row("sonar_token", &["sq", "u_", &hex(40)]),
        row("sourcegraph_token", &["sg", "p_", &hex(40)]),
        row("buildkite_token", &["bk", "ua_", &hex(40)]),
        row("circleci_token", &["CCI", "PAT_", &an(22), "_", &hex(40)]),
        row("aws_key", &["AK", "IA", &made(UPPER, 16)]),
        row("aws_key", &["AS", "IA", &made(UPPER, 16)]),
        row("aws_secret_key", &["aws_secret_access_key = ", &an(40)]),
        row("aws_secret_key", &["AWS_SECRET_ACCESS_KEY=\"", &an(39), "/\""]),
        row("aws_secret_key", &["\"SecretAccessKey\": \"", key, &an(13), "\""]),
        row("aws_session_token", &["AWS_SESSION_TOKEN=", &an(300)]),
        row("aws_bedrock_key", &["ABSKQmVk", "cm9ja0FQSUtleS", &an(100)]),
        row("gcp_api_key", &["AI", "za", &an(35)]),
        row("gcp_oauth_secret", &["GOC", "SPX-", &an(28)]),
        row("gcp_access_token", &["ya", "29.", &an(120)]),
        row("azure_storage_key", &["AccountName=a;Account", "Key=", &an(86), "==;EndpointSuffix=x"]),
        row("azure_shared_access_key", &["SharedAccessKeyName=n;SharedAccess", "Key=", &an(43), "="]),
        row("azure_sas", &["https://a.blob.core.windows.net/c?sv=2024&sp=r&sig", "=", &an(43), "%3D"]),
        row("azure_client_secret", &["a", "b~", "8Q", "~", &an(34)]),
        row("azure_devops_token", &[&an(76), "AZ", "DO", &an(4)]),
        row("digitalocean_token", &["do", "p_v1_", &hex(64)]),
        row("heroku_key", &["HR", "KU-AA", &an(58)]),
        row("heroku_api_key", &["HEROKU_API_KEY=", &uuid()]),
        row("cloudflare_token", &["CLOUDFLARE_API_TOKEN=", &an(40)]),
        row("cloudflare_token", &["X-Auth-Key: ", &hex(37)]),
        row("cloudflare_origin_key", &["v1", ".0-", &hex(24), "-", &hex(146)]),
        row("alibaba_key", &["LT", "AI", &an(20)]),
        row("tencent_key", &["AK", "ID", &an(32)]),
        row("netlify_token", &["nf", "p_", &an(36)]),
        row("fly_token", &["fo", "1_", &an(43)]),
        row("supabase_token", &["sb", "p_", &hex(40)]),
        row("planetscale_token", &["pscale", "_tkn_", &an(43)]),
        row("databricks_token", &["da", "pi", &hex(32)]),
        row("pulumi_token", &["pu", "l-", &hex(40)]),
        row("terraform_token", &[&an(14), ".atlas", "v1.", &an(67)]),
        row("vault_token", &["hv", "s.", &an(95)]),
        row("doppler_token", &["dp.", "pt.", &an(43)]),
        row("onepassword_token", &["ops_", "eyJ", &an(300)]),
        row("tailscale_key", &["tskey", "-auth-", &an(12), "CNTRL-", &an(32)]),
        row("slack_token", &["xox", "b-", &made(DIGITS, 12), "-", &made(DIGITS, 12), "-", &an(24)]),
        row("slack_token", &["xa", "pp-1-A", &made(UPPER, 10), "-", &made(DIGITS, 13), "-", &hex(64)]),
        row("slack_webhook", &["https://hooks.", "slack.com/services/T", &an(8), "/B", &an(8), "/", &an(24)]),
        row("discord_webhook", &["https://discord", ".com/api/webhooks/", &made(DIGITS, 18), "/", &an(68)]),
        (
            "discord_token",
            format!("DISCORD_TOKEN={}.{}.{}", STANDARD.encode(made(DIGITS, 18)), an(6), an(38)),
        ),
        row("telegram_token", &[&made(DIGITS, 10), ":A", "A", &an(33)]),
        (
            "teams_webhook",
            format!(
                "https://x.webhook.{}/{}@{}/IncomingWebhook/{}/{}",
                "office.com/webhookb2",
                uuid(),
                uuid(),
                hex(32),
                uuid()
            ),
        ),
        row("twilio_key", &["S", "K", &hex(32)]),
        row("twilio_auth_token", &["TWILIO_AUTH_TOKEN=", &hex(32)]),
        row("sendgrid_key", &["S", "G.", &an(22), ".", &an(43)]),
        row("mailgun_key", &["ke", "y-", &hex(32)]),
        row("mailgun_signing_key", &["MAILGUN_API_KEY=", &hex(32), "-", &hex(8), "-", &hex(8)]),
        row("mailchimp_key", &[&hex(32), "-u", "s12"]),
        row("brevo_key", &["xkey", "sib-", &hex(64), "-", &an(16)]),
        row("stripe_key", &["sk_", "live_", &an(24)]),
        row("stripe_test_key", &["rk_", "test_", &an(24)]),
        row("stripe_webhook_secret", &["wh", "sec_", &an(32)]),
        row("square_token", &["sq0", "atp-", &an(22)]),
        row("shopify_token", &["sh", "pat_", &hex(32)]),
        row("braintree_token", &["access_token", "$production$", &made(LOWER, 16), "$", &hex(32)]),
        row("easypost_key", &["EZ", "AK", &an(54)]),
        row("shippo_token", &["shippo", "_live_", &hex(40)]),
        row("anthropic_key", &["sk-", "ant-api03-", &an(93), "AA"]),
        row("openai_key", &["sk-", "proj-", &an(60), "T3Blbk", "FJ", &an(60)]),
        row("openai_key", &["sk-", &an(20), "T3Blbk", "FJ", &an(20)]),
        row("openrouter_key", &["sk-", "or-v1-", &hex(64)]),
        row("openai_api_key", &["sk-", &an(48)]),
        row("huggingface_token", &["hf", "_", &an(34)]),
        row("replicate_token", &["r8", "_", &an(37)]),
        row("groq_key", &["gs", "k_", &an(52)]),
        row("xai_key", &["xa", "i-", &an(80)]),
        row("perplexity_key", &["pp", "lx-", &an(48)]),
        row("langsmith_key", &["lsv2", "_pt_", &hex(32), "_", &hex(10)]),
        row("nvidia_key", &["nva", "pi-", &an(64)]),
        row("datadog_key", &["DD_API_KEY=", &hex(32)]),
        row("new_relic_key", &["NR", "AK-", &made(UPPER, 27)]),
        row("new_relic_licence", &[&hex(36), "NR", "AL"]),
        row("sentry_token", &["sntr", "yu_", &hex(64)]),
        row("grafana_token", &["gl", "sa_", &an(32), "_", &hex(8)]),
        row("linear_key", &["lin", "_api_", &an(40)]),
        row("notion_token", &["nt", "n_", &made(DIGITS, 11), &an(35)]),
        row("atlassian_token", &["ATATT3", "xFfGF0", &an(180), "=0A1B2C3D"]),
        row("postman_key", &["PM", "AK-", &hex(24), "-", &hex(34)]),
        row("dynatrace_token", &["dt0", "c01.", &made(UPPER, 24), ".", &made(UPPER, 64)]),
        row("figma_token", &["fi", "gd_", &an(40)]),
        row("contentful_token", &["CF", "PAT-", &an(43)]),
        row("prefect_key", &["pn", "u_", &an(36)]),
        row("readme_key", &["rd", "me_", &made(LOWER, 70)]),
        row("adafruit_key", &["ai", "o_", &an(28)]),
        row("facebook_token", &["EA", "AC", &an(150)]),
        row("dropbox_token", &["s", "l.", &an(140)]),
        ("private_key", pem("RSA PRIVATE KEY", "\n")),
        ("private_key", pem("PRIVATE KEY", "\\n")),
        ("private_key", pem("OPENSSH PRIVATE KEY", "\r\n")),
        ("private_key", pem("PGP PRIVATE KEY BLOCK", "\n")),
        row("url_password", &["postgres://app:", "s3cr3tPq", "@db.example.com:5432/app"]),
        row("url_password", &["https://bob:", "hunter2!", "@example.com/x"]),
        row("url_password", &["redis://:", "p4/ss+w0rd", "@cache:6379"]),
        row("age_key", &["AGE-SECRET", "-KEY-1", &made(BECH32, 58)]),
        ("jwt", jwt(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"42","exp":1}"#)),
        ("basic_credentials", format!("Authorization: Basic {}", STANDARD.encode("bob:hunter2"))),
        row("bearer_token", &["Authorization: Bearer ", &an(40)]),
        row("putty_key", &["Private-Lines: 2\n", &an(64), "\n", &an(40)]),
    ]
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
    let written: BTreeSet<&str> = rules::all().map(|rule| rule.id).collect();
    assert_eq!(tested, written);
    assert!(written.len() >= 80);
}

#[test]
fn every_pattern_compiles() {
    for rule in rules::all() {
        if let rule::Matcher::Pattern(pattern) = rule.matcher {
            assert!(scan::compile(rule, pattern).is_ok(), "{}", rule.id);
        }
    }
}

#[test]
fn what_is_no_credential_is_left_alone() {
    let scanner = scanner();
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
