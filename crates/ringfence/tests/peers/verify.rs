//! `verify_code_safety` as a client of the seeds' server calls it: its ids, its examples, where it stands, what to do instead.

use serde_json::{Value, json};

use super::client::{Client, Peer, Person, ringfence};
use super::home::Home;

/// A key id in a provider's form, put together here so that no scanner takes this file for a leak.
fn key() -> String {
    ["AKIA", "Q3EGRIXK", "7PLV2MZT"].concat()
}

/// Language, code, the seeds' id for it, and the text that the finding stands on.
fn dangerous() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let rows = [
        ("javascript", "await db.query('DROP TABLE users')", "drop_table", "DROP TABLE users"),
        ("sql", "SELECT 1;\nDELETE FROM users;", "delete_all", "DELETE FROM users"),
        ("sql", "DELETE FROM users WHERE 1=1", "delete_all", "DELETE FROM users"),
        ("sql", "TRUNCATE TABLE logs", "truncate_table", "TRUNCATE TABLE"),
        ("bash", "echo hi\nrm -rf /srv/data/old", "rm_rf", "rm -rf /srv/data/old"),
        ("bash", "rm -r /", "rm_root", "rm -r /"),
        ("python", "import os; os.system('rm -rf /')", "rm_root", "rm -rf /"),
        ("python", "import shutil\nshutil.rmtree(path)", "shutil_rmtree", "shutil.rmtree"),
        ("python", "import os\nos.setuid(0)", "setuid_root", "os.setuid(0)"),
        ("bash", "sudo make install", "sudo", "sudo"),
        ("bash", "chmod 777 /etc/app", "chmod_777", "chmod 777"),
        ("javascript", "eval(req.query.code)", "eval", "eval"),
        ("python", "exec(input())", "exec", "exec"),
        ("bash", ":(){ :|:& };:", "fork_bomb", ":(){"),
        ("bash", "dd if=/dev/zero of=/dev/sda", "dd_disk", "dd if="),
        ("cmd", "format c: /q", "format_drive", "format c:"),
    ];
    let mut rows: Vec<_> =
        rows.map(|(language, code, id, stands)| (language, code.to_owned(), id, stands)).into();
    rows.push(("python", format!("client = connect(\"{}\")", key()), "aws_key", "AKIA"));
    rows
}

#[test]
fn the_examples_of_the_seeds_come_with_ids_places_and_alternatives() {
    let home = Home::new();
    let serve = ringfence(&home, &["serve", "--stdio"]);
    let mut client = Client::start(&home, Peer::Sdk, &Person::Absent, &[serve]);
    let mut check = |language: &str, code: &str| {
        let asked = json!({ "code": code, "language": language });
        let result = client.call(0, "verify_code_safety", asked);
        assert_ne!(result["isError"], true, "{result}");
        let said = result["structuredContent"].clone();
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, said, "the text says the same");
        said
    };
    for (language, code, id, stands) in dangerous() {
        let said = check(language, &code);
        let all = || ["violations", "warnings"].map(|list| said[list].as_array().unwrap().clone()).concat();
        let found = all().into_iter().find(|found| found["rule"] == id);
        let found = found.unwrap_or_else(|| panic!("{code}: no {id}: {said}"));
        assert_eq!(said["safe"], false, "{code}: {said}");
        let at = |end: &str| usize::try_from(found[end].as_u64().unwrap()).unwrap();
        let seen = code.get(at("start")..at("end")).unwrap();
        assert!(seen.contains(stands), "{code}: {id} stands on {seen:?}");
        let before = code.get(..at("start")).unwrap();
        assert_eq!(found["line"], before.matches('\n').count() + 1, "{code}");
        // The worst leads, and says what to do instead where the rule knows it.
        let worst = &all()[0];
        assert_eq!(
            (&said["blocked_reason"], &said["alternative"]),
            (&worst["message"], &worst["alternative"])
        );
        assert!(said["rules_checked"].as_u64().unwrap() > 300, "{said}");
        assert_eq!(
            (&said["language"], &said["code_length"]),
            (&json!(language), &json!(code.chars().count()))
        );
    }
    let drop = check("javascript", "await db.query('DROP TABLE users')");
    assert_eq!(drop["violations"][0]["message"], "Destructive SQL: DROP operation detected");
    assert_eq!(drop["alternative"], "Consider using soft delete or archiving instead of DROP");
    assert_eq!(drop["violations"][0]["severity"], "critical");
    for (language, code) in [
        ("python", "# eval(x) is what we do not do\nmodel.eval()\n"),
        ("javascript", "const m = /a(b)/.exec(text);"),
        ("sql", "SELECT name FROM users WHERE id = 7"),
        ("bash", "ls -l && git status"),
    ] {
        let said = check(language, code);
        assert_eq!((&said["safe"], &said["violations"]), (&json!(true), &json!([])), "{code}: {said}");
        assert_eq!(said["blocked_reason"], Value::Null);
    }
}
