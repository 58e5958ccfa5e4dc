//! Sealed strings: only what was sealed opens, for whom it was sealed, in the very spelling it was given out in.

use ringfence_mcp::seal::{NONCE_SIZE, Purpose, Sealer, SealingKey};
use ringfence_model::id::Timestamp;

const NOW: Timestamp = Timestamp(1_000);
const LATER: Timestamp = Timestamp(2_000);

fn sealer() -> Sealer {
    Sealer::new(SealingKey { id: 7, bytes: [3; 32] }, Some(SealingKey { id: 6, bytes: [4; 32] }))
}

#[test]
fn any_text_is_refused() {
    let sealer = sealer();
    bolero::check!().with_type::<(String, Vec<u8>)>().for_each(|(text, binding)| {
        assert!(sealer.open(Purpose::Session, binding, NOW, text).is_err());
    });
}

#[test]
fn a_changed_text_is_refused() {
    let sealer = sealer();
    bolero::check!().with_type::<(Vec<u8>, [u8; NONCE_SIZE], u16, u8)>().for_each(
        |(payload, nonce, at, character)| {
            let sealed = sealer.seal(Purpose::Session, b"me", LATER, payload, *nonce).expect("sealed");
            assert_eq!(sealer.open(Purpose::Session, b"me", NOW, &sealed).as_ref(), Ok(payload));
            assert!(sealer.open(Purpose::RequestState, b"me", NOW, &sealed).is_err());
            assert!(sealer.open(Purpose::Session, b"you", NOW, &sealed).is_err());
            assert!(sealer.open(Purpose::Session, b"me", LATER, &sealed).is_err());
            let mut changed = sealed.clone().into_bytes();
            let at = usize::from(*at) % changed.len();
            changed[at] = *character;
            if let Ok(changed) = String::from_utf8(changed)
                && changed != sealed
            {
                assert!(sealer.open(Purpose::Session, b"me", NOW, &changed).is_err(), "{changed}");
            }
        },
    );
}
