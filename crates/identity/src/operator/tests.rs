use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// Not random at all, but different each time.
fn counter() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |bytes| {
        for byte in bytes {
            next = next.wrapping_add(1);
            *byte = next;
        }
    }
}

fn keys() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("keys");
    (parent, dir)
}

fn passphrase(text: &str) -> Credential {
    Credential::Passphrase(text.into())
}

fn load(keys_dir: &Path) -> OperatorCredential {
    OperatorCredential::load(keys_dir).unwrap().unwrap()
}

/// What the file holds.
fn text(file: &Path) -> String {
    String::from_utf8(fs::read(file).unwrap()).unwrap()
}

#[test]
fn only_the_passphrase_that_was_set_last_is_the_operators() {
    let (_parent, dir) = keys();
    assert!(OperatorCredential::load(&dir).unwrap().is_none());
    let mut fill = counter();
    OperatorCredential::set_passphrase(&dir, "correct horse battery", &mut fill).unwrap();
    let credential = load(&dir);
    assert!(credential.has_passphrase());
    assert!(credential.verify(&passphrase("correct horse battery")));
    for wrong in ["", "correct horse batter", "correct horse battery ", "Correct horse battery"] {
        assert!(!credential.verify(&passphrase(wrong)), "{wrong:?}");
    }
    assert!(!credential.verify(&Credential::Token("correct horse battery".into())));

    OperatorCredential::set_passphrase(&dir, "another one, longer", &mut fill).unwrap();
    assert!(!load(&dir).verify(&passphrase("correct horse battery")));
    assert!(load(&dir).verify(&passphrase("another one, longer")));
}

#[test]
fn what_is_kept_is_a_salted_argon2id_hash() {
    let (_parent, dir) = keys();
    let mut fill = counter();
    let mut kept = Vec::new();
    for _ in 0..2 {
        OperatorCredential::set_passphrase(&dir, "correct horse battery", &mut fill).unwrap();
        kept.push(text(&place(&dir)));
    }
    assert!(kept[0].contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept[0]);
    assert!(!kept[0].contains("horse"));
    assert_ne!(kept[0], kept[1]);
}

#[test]
fn short_and_endless_passphrases_are_refused_with_a_reason() {
    let (_parent, dir) = keys();
    for (passphrase, reason) in
        [("elevenchars", "too short"), ("ééééééééééé", "too short"), (&"x".repeat(1025), "too long")]
    {
        let error = OperatorCredential::set_passphrase(&dir, passphrase, &mut counter()).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert!(OperatorCredential::load(&dir).unwrap().is_none());
    OperatorCredential::set_passphrase(&dir, "twelve chars", &mut counter()).unwrap();
}

#[test]
fn tokens_work_until_they_are_revoked_and_are_not_kept() {
    let (_parent, dir) = keys();
    let mut fill = counter();
    let mut mint = |name, at| OperatorCredential::mint_token(&dir, name, Timestamp(at), &mut fill);
    let ci = mint("ci", 1).unwrap();
    let deploy = mint("deploy", 2).unwrap();
    assert_ne!(ci, deploy);
    let error = mint("ci", 3).unwrap_err();
    assert!(error.to_string().contains("of that name"), "{error}");

    let credential = load(&dir);
    let named = |name: &str, at| TokenInfo { name: name.into(), created: Timestamp(at) };
    assert_eq!(credential.tokens().cloned().collect::<Vec<_>>(), [named("ci", 1), named("deploy", 2)]);
    assert!(!credential.has_passphrase());
    for token in [&ci, &deploy] {
        assert!(credential.verify(&Credential::Token(token.clone())));
        assert!(!credential.verify(&passphrase(token)));
        assert!(!text(&place(&dir)).contains(token.strip_prefix("rfop_").unwrap()));
    }
    assert!(!credential.verify(&Credential::Token(crate::token::mint(&mut |bytes| bytes.fill(7)))));

    assert!(OperatorCredential::revoke_token(&dir, "ci").unwrap());
    assert!(!OperatorCredential::revoke_token(&dir, "ci").unwrap());
    assert!(!load(&dir).verify(&Credential::Token(ci)));
    assert!(load(&dir).verify(&Credential::Token(deploy)));
}

#[test]
fn revoking_the_last_token_does_not_open_the_door() {
    let (_parent, dir) = keys();
    assert!(!OperatorCredential::revoke_token(&dir, "ci").unwrap());
    let token = OperatorCredential::mint_token(&dir, "ci", Timestamp(1), &mut counter()).unwrap();
    OperatorCredential::revoke_token(&dir, "ci").unwrap();
    let credential = OperatorCredential::load(&dir).unwrap().expect("still a credential");
    assert!(!credential.verify(&Credential::Token(token)));
}

#[test]
fn a_passphrase_and_tokens_stand_side_by_side() {
    let (_parent, dir) = keys();
    let mut fill = counter();
    let token = OperatorCredential::mint_token(&dir, "ci", Timestamp(1), &mut fill).unwrap();
    OperatorCredential::set_passphrase(&dir, "correct horse battery", &mut fill).unwrap();
    let credential = load(&dir);
    assert!(credential.verify(&Credential::Token(token)));
    assert!(credential.verify(&passphrase("correct horse battery")));
}

#[test]
fn names_of_tokens_are_plain() {
    let (_parent, dir) = keys();
    for name in ["", "a\nb", "naïve", &"x".repeat(65)] {
        let refused = OperatorCredential::mint_token(&dir, name, Timestamp(1), &mut counter());
        assert!(matches!(refused, Err(KeysError::Unfit(_))), "{name:?}");
    }
    assert!(!dir.exists());
}

#[test]
fn a_file_that_is_exposed_or_tampered_with_is_an_error_not_an_absence() {
    let (_parent, dir) = keys();
    OperatorCredential::set_passphrase(&dir, "correct horse battery", &mut counter()).unwrap();
    let file = dir.join("operator");
    let kept = text(&file);
    for (from, to) in [
        ("$argon2id$", "$argon2i$"),
        ("m=19456", "m=4194304"),
        ("t=2", "t=4000000"),
        ("$argon2id$v=19$m=19456,t=2,p=1$", "$"),
        ("\"tokens\": []", "\"tokens\": [{\"name\":\"x\",\"created\":1,\"sha256\":\"00\"}]"),
    ] {
        let changed = kept.replace(from, to);
        assert_ne!(changed, kept, "{from}");
        fs::write(&file, changed).unwrap();
        let error = OperatorCredential::load(&dir).unwrap_err();
        assert!(matches!(error, KeysError::Malformed { .. }), "{from}: {error}");
    }
    fs::write(&file, kept).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(OperatorCredential::load(&dir), Err(KeysError::Exposed { .. })));
}

#[test]
fn tokens_are_bounded() {
    let (_parent, dir) = keys();
    let tokens = (0..MAX_TOKENS).map(|at| StoredToken {
        name: at.to_string(),
        created: Timestamp(0),
        sha256: "00".repeat(32),
    });
    crate::private::write(&place(&dir), &Stored { passphrase: None, tokens: tokens.collect() }).unwrap();
    assert_eq!(load(&dir).tokens().count(), MAX_TOKENS);
    let refused = OperatorCredential::mint_token(&dir, "more", Timestamp(1), &mut counter());
    assert!(matches!(refused, Err(KeysError::Unfit(_))));
}
