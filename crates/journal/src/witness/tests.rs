//! What witnesses are asked, and what of their answers counts.

use super::*;
use crate::note::NoteKey;

/// Made with Python's `cryptography` from the text of C2SP tlog-cosignature; the seed of the key is 32 times 3.
const KEY: &str = "witness.example/w1+d9ed62c5+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR";
const LINE: &str = "\u{2014} witness.example/w1 2e1ixQAAAABpLNqAD1y7Z4BmKQcN5vCvaQ9W6P4vZQiUEiFk7iN9W7PPnEnHZ6IjVotaz9Rw0uHIQqf8+Kp6YMiS+jXdjLG0v9B3Bw==";

fn note(root: u8) -> String {
    let text = format!("ringfence/log\n5\n{}\n", STANDARD.encode([root; 32]));
    NoteKey::new("ringfence/log", &[1; 32]).unwrap().sign(&text)
}

#[test]
fn a_cosignature_of_other_code_counts_for_its_checkpoint_and_no_other() {
    let key: WitnessKey = KEY.parse().unwrap();
    assert_eq!(key.name(), "witness.example/w1");
    assert_eq!(key.signed(&note(7), &format!("\u{2014} else AAAA\n{LINE}\n")), Some(1_764_547_200));
    assert_eq!(key.signed(&note(8), LINE), None);
    for at in 0..LINE.len() {
        let mut bytes = LINE.to_owned().into_bytes();
        bytes[at] ^= 1;
        if let Ok(changed) = String::from_utf8(bytes) {
            assert_eq!(key.signed(&note(7), &changed), None, "byte {at}: {changed}");
        }
    }
    let of_a_log = NoteKey::new("witness.example/w1", &[3; 32]).unwrap();
    assert!(of_a_log.verifier().to_string().parse::<WitnessKey>().is_err(), "a key of another algorithm");
}

#[test]
fn notes_that_stand_behind_each_other_are_told_apart() {
    let (one, two) = (note(7), format!("{}{LINE}\n", note(8)));
    assert_eq!(notes(&format!("{one}{two}{one}")), [one.clone(), two, one]);
    assert!(notes("").is_empty());
}

#[test]
fn the_request_is_as_the_specification_has_it() {
    let body = add_checkpoint(3, &[[1; 32], [2; 32]], &note(7));
    let mut lines = body.split_inclusive('\n');
    assert_eq!(lines.next(), Some("old 3\n"));
    let hashes: Vec<_> = lines.by_ref().take_while(|line| *line != "\n").map(str::trim).collect();
    assert_eq!(hashes, [STANDARD.encode([1; 32]), STANDARD.encode([2; 32])]);
    assert_eq!(lines.collect::<String>(), note(7));
    assert_eq!(add_checkpoint(0, &[], &note(7)), format!("old 0\n\n{}", note(7)));
}
