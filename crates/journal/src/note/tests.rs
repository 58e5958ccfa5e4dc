use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks(2).map(|pair| digit(&pair[0]) << 4 | digit(&pair[1])).collect()
}

/// The first three tests of RFC 8032 section 7.1: seed, public key, message, signature.
const VECTORS: [(&str, &str, &str, &str); 3] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
];

#[test]
fn keys_and_signatures_are_those_of_rfc_8032() {
    for (seed, public, message, signature) in VECTORS {
        let key = NoteKey::new("log", &hex(seed).try_into().unwrap()).unwrap();
        assert_eq!(key.verifier.0.key[..], hex(public));
        assert_eq!(key.pair.sign(&hex(message)).as_ref(), hex(signature));
    }
}

#[test]
fn keys_and_notes_of_others_are_read() {
    // The key of the checksum database of Go, and the example of the Go package `golang.org/x/mod/sumdb/note`.
    let go: NoteVerifier =
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8".parse().unwrap();
    assert_eq!(go.name(), "sum.golang.org");
    let neumann: NoteVerifier =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    let signature =
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
    let note = format!("{text}\n\u{2014} PeterNeumann {signature}\n");
    assert_eq!(neumann.open(&note), Some(text));
    assert_eq!(neumann.to_string().parse(), Ok(neumann));
}

#[test]
fn only_what_the_key_signed_is_opened() {
    let key = NoteKey::new("ringfence/log", &[1; 32]).unwrap();
    let text = "ringfence/log\n5\nAAAA\n";
    let note = key.sign(text);
    assert_eq!(key.verifier.open(&note), Some(text));
    // Others may have signed it as well.
    let other = NoteKey::new("witness", &[2; 32]).unwrap();
    let both = format!("{note}{}", other.sign(text).strip_prefix(text).unwrap().strip_prefix('\n').unwrap());
    assert_eq!((key.verifier.open(&both), other.verifier.open(&both)), (Some(text), Some(text)));

    let same_name = NoteKey::new("ringfence/log", &[3; 32]).unwrap();
    let same_key = NoteKey::new("ringfence/other", &[1; 32]).unwrap();
    for wrong in [&other, &same_name, &same_key] {
        assert_eq!(wrong.verifier.open(&note), None);
    }
    for at in 0..note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(changed) = String::from_utf8(bytes) {
            assert_eq!(key.verifier.open(&changed), None, "byte {at}: {changed}");
        }
    }
    for cut in 0..note.len() {
        assert_eq!(note.get(..cut).and_then(|note| key.verifier.open(note)), None);
    }
}

#[test]
fn a_key_is_read_as_it_is_written_and_nothing_else_is_one() {
    let key = NoteKey::new("ringfence/log", &[1; 32]).unwrap();
    let text = key.verifier.to_string();
    assert_eq!(text.parse(), Ok(key.verifier.clone()));
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let changed = String::from_utf8(bytes).unwrap();
        assert_ne!(changed.parse::<NoteVerifier>(), Ok(key.verifier.clone()), "{changed}");
    }
    for name in ["", "two words", "a+b", "line\nfeed"] {
        assert!(matches!(NoteKey::new(name, &[1; 32]), Err(BadKey::Name)), "{name}");
    }
}
