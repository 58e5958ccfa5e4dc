use proptest::prelude::*;

use super::*;

fn token_of(secret: [u8; SECRET]) -> String {
    mint(&mut |bytes| bytes.copy_from_slice(&secret))
}

#[test]
fn a_token_has_the_documented_form() {
    let token = token_of([0xAB; SECRET]);
    assert_eq!(token.len(), 5 + 64 + 8);
    let (body, sum) = token.split_at(69);
    assert_eq!(body, format!("rfop_{}", "ab".repeat(32)));
    assert_eq!(sum, hex::encode(&sha256(body)[..4]));
}

proptest! {
    #[test]
    fn tokens_are_known_by_their_digests(one in any::<[u8; SECRET]>(), other in any::<[u8; SECRET]>()) {
        prop_assert_eq!(digest_of(&token_of(one)), Some(sha256(&token_of(one))));
        prop_assert_eq!(digest_of(&token_of(one)) == digest_of(&token_of(other)), one == other);
    }

    #[test]
    fn a_typing_error_is_no_token(secret in any::<[u8; SECRET]>(), at in 0_usize..77, typed in "[ -~é]") {
        let token = token_of(secret);
        let (before, after) = token.split_at(at);
        let mistyped = format!("{before}{typed}{}", after.get(1..).unwrap());
        prop_assert_eq!(digest_of(&mistyped).is_some(), mistyped == token);
        prop_assert_eq!(digest_of(before), None);
        prop_assert_eq!(digest_of(&format!("{token}{typed}")), None);
        prop_assert_eq!(digest_of(&token.to_uppercase()), None);
    }
}
