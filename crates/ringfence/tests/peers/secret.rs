//! Credentials on their way through: redacted for the client, never written down, and said in the journal.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, direct, wrapped};
use super::home::Home;
use super::installed::Server;
use super::web::Site;

/// A key in the form that a provider hands out, made of parts so that no scanner of this repository takes it for one.
fn key() -> String {
    ["AK", "IA", "Z7QX", "M3WN", "K5VB", "R2TD"].concat()
}

#[test]
fn a_credential_in_a_file_arrives_redacted() {
    let home = Home::new();
    let secret = key();
    let config = home
        .with_file("config.ini", &format!("[default]\naws_access_key_id = {secret}\nregion = eu-north-1\n"));
    let plain = direct(Server::Filesystem, &[home.path("files").to_str().unwrap()]);
    let through = wrapped(&home, "files", &plain);
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[plain, through]);
    client.ask(&json!({ "op": "tools", "server": 1 }));
    let read = client.call(1, "read_text_file", json!({ "path": config }));
    assert!(!read.to_string().contains(&secret), "{read}");
    let text = read["content"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("[default]\naws_access_key_id = ") && text.ends_with("\nregion = eu-north-1\n"),
        "{text}"
    );
    assert_eq!(read["structuredContent"]["content"], text, "both forms of the result alike");
    assert_ne!(read["isError"], true);

    let calls = home.tool_calls();
    let findings: Vec<Value> = calls[0]["findings"].as_array().unwrap().clone();
    assert!(!findings.is_empty(), "{calls:?}");
    assert!(findings.iter().all(|finding| finding["category"] == "secret"), "{findings:?}");
    drop(client);
    assert!(!holds(&home, &secret), "a credential stands in the data directory");
}

#[test]
fn a_credential_in_arguments_is_recorded_without_its_value() {
    let home = Home::new();
    let secret = key();
    let everything = wrapped(&home, "everything", &direct(Server::Everything, &[]));
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[everything]);
    client.call(0, "echo", json!({ "message": format!("the key is {secret}") }));
    drop(client);
    let calls = home.tool_calls();
    assert_eq!(calls[0]["findings"][0]["category"], "secret", "{calls:?}");
    assert!(!holds(&home, &secret), "a credential stands in the data directory");
}

/// True when a file of the data directory holds `text`.
fn holds(home: &Home, text: &str) -> bool {
    let mut folders = vec![home.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path)
                .is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
            {
                return true;
            }
        }
    }
    false
}

#[test]
fn a_credential_does_not_leave_by_a_url_whatever_the_person_says() {
    let home = Home::new();
    let secret = key();
    let site = Site::serve(&[("/page", "text/plain", "words")]);
    home.configure(&site.let_in());
    let fetch = wrapped(&home, "fetch", &direct(Server::Fetch, &["--allow-private-ips"]));
    let mut client = Client::start(&home, Peer::Mcp, &Person::allows(), &[fetch]);
    let denied = client.call(0, "fetch", json!({ "url": site.url(&format!("/page?key={secret}")) }));
    let code = denied["_meta"]["io.ringfence/denied"]["code"].as_i64();
    assert!(matches!(code, Some(1001 | 1002)), "{denied}");
    assert!(!denied.to_string().contains(&secret), "{denied}");
    assert_eq!((site.asked(), client.questions()), (Vec::new(), Vec::new()));
    client.call(0, "fetch", json!({ "url": site.url("/page") }));
    assert_eq!(site.asked(), ["/robots.txt", "/page"]);
}

#[test]
fn a_credential_in_a_fetched_page_arrives_redacted_in_the_modern_era() {
    let home = Home::new();
    let secret: &'static str = key().leak();
    let site = Site::serve(&[("/page", "text/plain", secret)]);
    home.configure(&site.let_in());
    let fetch = wrapped(&home, "fetch", &direct(Server::Fetch, &["--allow-private-ips"]));
    let mut client = Client::start(&home, Peer::Mcp, &Person::Absent, &[fetch]);
    let page = client.call(0, "fetch", json!({ "url": site.url("/page") }));
    assert!(!page.to_string().contains(secret) && page.to_string().contains("/page"), "{page}");
    assert_ne!(page["isError"], true, "{page}");
}
