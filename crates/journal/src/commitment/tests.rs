//! Commitments: what they are made of, and what they give away.

use proptest::prelude::*;
use ringfence_model::id::CallId;

use super::{Committed, NotSealed, Opening, SessionSecret, value_digest};

/// Written with Python's `hmac` and `hashlib` from the text at the top of the module alone:
///
/// ```python
/// h = lambda key, *parts: hmac.new(key, b"".join(parts), "sha256").digest()
/// opening = h(bytes(range(32)), b"arguments\0", (0x1234).to_bytes(16, "big"))
/// h(opening, hashlib.sha256(b'{"city":"Riga"}').digest()).hex()
/// ```
#[test]
fn a_commitment_is_what_its_description_says() {
    let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let secret = SessionSecret::new(&key);
    let value = value_digest(br#"{"city":"Riga"}"#);
    let commitment = secret.commit(Committed::Arguments, CallId(0x1234), &value);
    assert_eq!(commitment, "3722a1b14a73a35a274904b204da81bbab1788c3e08f4359e35324b2d386c4dd");
    let opening = secret.opening(Committed::Arguments, CallId(0x1234));
    assert_eq!(opening.reveal(), "f17b9ba77b39ba92fe88ded84cce081f4e592b2cab11f256fa3d7b8264bb0819");
    assert_eq!(Opening::read(&opening.reveal()).unwrap().commitment(&value), commitment);
}

#[test]
fn equal_values_are_not_seen_to_be_equal() {
    let secret = SessionSecret::new(&[7; 32]);
    let value = value_digest(b"{}");
    let said = [
        secret.commit(Committed::Arguments, CallId(1), &value),
        secret.commit(Committed::Arguments, CallId(2), &value),
        secret.commit(Committed::Result, CallId(1), &value),
        SessionSecret::new(&[8; 32]).commit(Committed::Arguments, CallId(1), &value),
    ];
    for (at, one) in said.iter().enumerate() {
        assert_eq!(said.iter().position(|other| other == one), Some(at));
    }
}

#[test]
fn what_is_no_opening_is_not_read_as_one() {
    for text in ["", "0f", &"0F".repeat(32), &"g0".repeat(32), &"é".repeat(32)] {
        assert_eq!(Opening::read(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_was_sealed_opens_with_the_same_key_for_the_same_thing_only(
        key in any::<[u8; 32]>(), nonce in any::<[u8; 12]>(), text in ".{0,80}", flip in any::<(usize, u8)>(),
    ) {
        let secret = SessionSecret::new(&key);
        let sealed = secret.seal("approval 1", nonce, &text).unwrap();
        prop_assert_eq!(secret.open("approval 1", &sealed).unwrap(), text);
        prop_assert_eq!(secret.open("approval 2", &sealed), Err(NotSealed));
        let other = SessionSecret::new(&key.map(|byte| byte ^ 1));
        prop_assert_eq!(other.open("approval 1", &sealed), Err(NotSealed));
        let mut changed = sealed.clone().into_bytes();
        let at = flip.0 % changed.len();
        changed[at] = b"ABCDEFGHIJKLMNOP"[usize::from(flip.1 % 16)];
        let changed = String::from_utf8(changed).unwrap();
        prop_assume!(changed != sealed);
        prop_assert_eq!(secret.open("approval 1", &changed), Err(NotSealed));
    }
}
