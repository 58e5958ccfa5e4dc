//! Witnesses: a file and a program that is not ours find what hash chain and checkpoint alone cannot.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::home::{Background, Home, text};
use super::installed::part;
use super::wait::until;

/// A witness of the log with this key, on its own port.
struct Witness {
    url: String,
    key: String,
    _runs: Background,
}

impl Witness {
    fn new(home: &Home, log: &str) -> Self {
        let state = home.path("witness");
        fs::create_dir_all(&state).unwrap();
        let script = part("clients/witness.py");
        let runs = home.background(&part("venv/bin/python"), &[&script, state.to_str().unwrap(), log], &[]);
        let url = until("the witness listens", || read(&state.join("url")));
        Self { url, key: text(state.join("vkey")), _runs: runs }
    }

    /// How many entries it knows.
    fn knows(home: &Home) -> u64 {
        read(&home.path("witness/size")).map_or(0, |size| size.parse().unwrap())
    }

    fn verify(&self, home: &Home) -> (i32, Value) {
        home.ringfence(&["audit", "verify", "--witness", &self.url, "--witness-key", &self.key])
    }
}

/// The text of a file, where it is there.
fn read(file: &Path) -> Option<String> {
    Some(String::from_utf8(fs::read(file).ok()?).unwrap())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, to.join(from.file_name().unwrap())).unwrap();
    }
}

/// A home whose kernel has run once, and the key of its log.
fn begun() -> (Home, String) {
    let home = Home::new();
    home.configure("version: 1\n");
    assert_eq!(home.ringfence(&["status"]).0, 0);
    assert_eq!(home.ringfence(&["stop"]).0, 0);
    let key = home.ringfence(&["keys", "export"]).1["key"].as_str().unwrap().to_owned();
    (home, key)
}

#[test]
fn a_witness_of_other_code_keeps_where_the_log_stood_and_finds_what_was_cut_off_or_written_anew() {
    let (home, key) = begun();
    let witness = Witness::new(&home, &key);
    let (url, witness_key) = (&witness.url, &witness.key);
    let entry = format!("[{{ url: \"{url}\", key: \"{witness_key}\" }}]");
    let told = format!("version: 1\njournal: {{ witness_interval: 100ms, witnesses: {entry} }}\n");
    let earlier = home.path("earlier");
    copy(&home.data().join("journal"), &earlier);

    home.configure(&told);
    assert_eq!(home.ringfence(&["status"]).0, 0);
    until("the witness knows what the kernel recorded", || (Witness::knows(&home) > 3).then_some(()));
    assert_eq!(home.status().get("witnesses_disagree"), None);
    assert_eq!(home.ringfence(&["stop"]).0, 0);
    let (code, said) = witness.verify(&home);
    assert_eq!((code, &said["valid"]), (0, &json!(true)), "{said}");
    assert_eq!(Witness::knows(&home), said["signed"].as_u64().unwrap(), "verifying tells the witness, too");

    // Log and checkpoint put back as they were: all hashes and signatures are sound.
    let later = home.path("later");
    copy(&home.data().join("journal"), &later);
    fs::remove_dir_all(home.data().join("journal")).unwrap();
    copy(&earlier, &home.data().join("journal"));
    let (code, said) = home.ringfence(&["audit", "verify"]);
    assert_eq!((code, &said["valid"]), (0, &json!(true)), "{said}");
    let (code, said) = witness.verify(&home);
    assert_eq!((code, &said["valid"]), (1, &json!(false)), "{said}");
    assert!(said["reason"].as_str().unwrap().contains("cut off"), "{said}");

    // A kernel that goes on from there notices, and says so; once it has more entries than the witness, too: another log by then.
    home.configure("version: 1\n");
    while home.verified() <= Witness::knows(&home) + 5 {
        home.status();
    }
    assert_eq!(home.ringfence(&["stop"]).0, 0);
    let (code, said) = witness.verify(&home);
    assert_eq!((code, &said["valid"]), (1, &json!(false)), "{said}");
    assert!(said["reason"].as_str().unwrap().contains("another log"), "{said}");
    home.configure(&told);
    until("the kernel hears of it", || {
        let status = home.status();
        status["witnesses_disagree"]["witness.example/peer"]
            .as_str()
            .map(|why| assert!(why.contains("another log")))
    });
    let (_, tail) = home.ringfence(&["audit", "verify"]);
    assert_eq!(tail["valid"], true);
    assert_eq!(home.ringfence(&["stop"]).0, 0);
}

#[test]
fn no_kernel_goes_on_from_a_log_that_the_file_of_a_witness_knows_to_be_longer() {
    let (home, key) = begun();
    let file = home.path("elsewhere");
    let file = file.to_str().unwrap();
    let earlier = home.path("earlier");
    copy(&home.data().join("journal"), &earlier);
    home.configure(&format!("version: 1\njournal: {{ witnesses: [{{ file: \"{file}\" }}] }}\n"));
    assert_eq!(home.ringfence(&["status"]).0, 0);
    assert_eq!(home.ringfence(&["stop"]).0, 0);
    let (code, said) = home.ringfence(&["audit", "verify", "--witness", file, "--key", &key]);
    assert_eq!((code, &said["valid"]), (0, &json!(true)), "{said}");

    fs::remove_dir_all(home.data().join("journal")).unwrap();
    copy(&earlier, &home.data().join("journal"));
    assert_eq!(home.ringfence(&["audit", "verify"]).0, 0);
    let (code, said) = home.ringfence(&["audit", "verify", "--witness", file, "--key", &key]);
    assert_eq!((code, &said["valid"]), (1, &json!(false)), "{said}");
    let (code, said) = home.ringfence(&["status"]);
    assert_ne!(code, 0, "{said}");
    assert!(said.to_string().contains("witness"), "{said}");
}

#[test]
fn that_the_log_has_only_grown_is_proven_to_who_kept_a_checkpoint() {
    let (home, key) = begun();
    let kept = home.path("kept");
    fs::copy(home.data().join("journal/checkpoint"), &kept).unwrap();
    let size = text(&kept).lines().nth(1).unwrap().to_owned();
    assert_eq!(home.ringfence(&["status"]).0, 0);
    assert_eq!(home.ringfence(&["stop"]).0, 0);
    let (code, proof) = home.ringfence(&["audit", "prove", "consistency", &size]);
    assert_eq!(code, 0, "{proof}");
    let file = home.path("proof.json");
    fs::write(&file, proof.to_string()).unwrap();
    let verify = |file: &Path| {
        let (file, kept) = (file.to_str().unwrap(), kept.to_str().unwrap());
        home.ringfence(&["audit", "verify-consistency", file, "--checkpoint", kept, "--key", &key])
    };
    let (code, said) = verify(&file);
    assert_eq!((code, &said["valid"], &said["old"]), (0, &json!(true), &json!(size.parse::<u64>().unwrap())));
    let mut changed = proof.clone();
    changed["proof"][0] = json!("A".repeat(43) + "=");
    fs::write(&file, changed.to_string()).unwrap();
    let (code, said) = verify(&file);
    assert_eq!((code, &said["valid"]), (1, &json!(false)), "{said}");
    let (code, said) = home.ringfence(&["audit", "prove", "consistency", "9000000"]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = home.ringfence(&["audit", "verify", "--from", &size]);
    assert_eq!((code, &said["valid"], &said["from"]), (0, &json!(true), &json!(0)), "{said}");
}
