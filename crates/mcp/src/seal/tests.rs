use super::*;

const NONCE: [u8; NONCE_SIZE] = [7; NONCE_SIZE];
const LATER: Timestamp = Timestamp(2_000);
const NOW: Timestamp = Timestamp(1_000);
const ALICE: &[u8] = b"node-1/local/uid:1000";

fn key(id: u32) -> SealingKey {
    // Not a key of anything: one byte, repeated.
    let byte = u8::try_from(id).unwrap();
    SealingKey { id, bytes: [byte; 32] }
}

fn sealed(sealer: &Sealer) -> String {
    sealer.seal(Purpose::Session, ALICE, LATER, b"inner state", NONCE).unwrap()
}

#[test]
fn what_was_sealed_opens_for_the_same_holder_and_purpose() {
    let sealer = Sealer::new(key(1), None);
    let text = sealed(&sealer);
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{text}");
    assert_eq!(sealer.open(Purpose::Session, ALICE, NOW, &text), Ok(b"inner state".to_vec()));
    assert_eq!(sealer.open(Purpose::Session, ALICE, LATER, &text), Err(SealError::Expired));
    let bob = b"node-1/local/uid:1001";
    assert_eq!(sealer.open(Purpose::Session, bob, NOW, &text), Err(SealError::NotOurs));
    for other in [Purpose::RequestState, Purpose::Cursor] {
        assert_eq!(sealer.open(other, ALICE, NOW, &text), Err(SealError::NotOurs));
    }
}

#[test]
fn no_changed_character_passes() {
    let sealer = Sealer::new(key(1), None);
    let text = sealed(&sealer);
    for at in 0..text.len() {
        for with in ['A', 'B', '_', '=', ' '] {
            let mut changed: Vec<char> = text.chars().collect();
            if changed[at] == with {
                continue;
            }
            changed[at] = with;
            let changed: String = changed.into_iter().collect();
            let opened = sealer.open(Purpose::Session, ALICE, NOW, &changed);
            assert!(
                matches!(opened, Err(SealError::NotOurs | SealError::Malformed)),
                "{at} {with}: {opened:?}"
            );
        }
    }
}

#[test]
fn a_text_that_is_cut_or_longer_does_not_open() {
    let sealer = Sealer::new(key(1), None);
    let text = sealed(&sealer);
    for length in 0..text.len() {
        let cut: String = text.chars().take(length).collect();
        assert!(sealer.open(Purpose::Session, ALICE, NOW, &cut).is_err(), "{length}");
    }
    assert!(sealer.open(Purpose::Session, ALICE, NOW, &format!("{text}A")).is_err());
    assert!(sealer.open(Purpose::Session, ALICE, NOW, &format!("{text}AAAA")).is_err());
}

#[test]
fn the_previous_key_opens_and_a_forgotten_one_does_not() {
    let old = sealed(&Sealer::new(key(1), None));
    let rotated = Sealer::new(key(2), Some(key(1)));
    assert_eq!(rotated.open(Purpose::Session, ALICE, NOW, &old), Ok(b"inner state".to_vec()));
    let new = sealed(&rotated);
    assert_eq!(Sealer::new(key(1), None).open(Purpose::Session, ALICE, NOW, &new), Err(SealError::NotOurs));
    let later = Sealer::new(key(3), Some(key(2)));
    assert_eq!(later.open(Purpose::Session, ALICE, NOW, &old), Err(SealError::NotOurs));
    let impostor = Sealer::new(SealingKey { id: 1, bytes: [9; 32] }, None);
    assert_eq!(impostor.open(Purpose::Session, ALICE, NOW, &old), Err(SealError::NotOurs));
}

#[test]
fn a_payload_cannot_be_seen() {
    let sealer = Sealer::new(key(1), None);
    let payload = [b'p'; 48];
    let text = sealer.seal(Purpose::RequestState, ALICE, LATER, &payload, NONCE).unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
    assert!(!bytes.windows(4).any(|window| window == b"pppp"));
    let other = sealer.seal(Purpose::RequestState, ALICE, LATER, &payload, [8; NONCE_SIZE]).unwrap();
    assert_ne!(URL_SAFE_NO_PAD.decode(other).unwrap()[HEAD + NONCE_SIZE..], bytes[HEAD + NONCE_SIZE..]);
}
