use proptest::prelude::*;

use super::*;

fn batch(payloads: &[Vec<u8>]) -> Batch {
    let mut batch = Batch::new();
    batch.clear();
    for payload in payloads {
        batch
            .push(|bytes| {
                bytes.extend_from_slice(payload);
                Ok::<_, ()>(())
            })
            .unwrap();
    }
    batch
}

/// The payloads in `bytes`, which begin with the hash before the first frame, and how it ends.
fn walk(mut bytes: &[u8]) -> (Vec<Vec<u8>>, Parsed) {
    let mut payloads = Vec::new();
    loop {
        match parse(Format::Two, bytes) {
            Parsed::Whole { payload: size } => {
                payloads.push(payload(bytes, size).to_vec());
                bytes = &bytes[size + OVERHEAD..];
            }
            end @ (Parsed::Short { .. } | Parsed::Broken { .. }) => return (payloads, end),
        }
    }
}

const END: Parsed = Parsed::Short { needed: HASH + LENGTHS };

proptest! {
    #[test]
    fn what_is_sealed_is_read_back(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..8),
        before in any::<Hash>(),
    ) {
        let mut batch = batch(&payloads);
        let head = batch.seal(&before);
        let bytes = [&before[..], batch.frames()].concat();
        prop_assert_eq!(&bytes[bytes.len() - HASH..], &head[..]);
        prop_assert_eq!(batch.sizes().sum::<u64>(), batch.frames().len() as u64);
        prop_assert_eq!(walk(&bytes), (payloads, END));
    }

    #[test]
    fn no_other_bytes_pass_for_a_frame(
        payload in prop::collection::vec(any::<u8>(), 1..200),
        before in any::<Hash>(),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let mut batch = batch(&[payload]);
        batch.seal(&before);
        let mut bytes = [&before[..], batch.frames()].concat();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let broken = matches!(parse(Format::Two, &bytes), Parsed::Broken { .. });
        prop_assert!(broken);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let whole = matches!(parse(Format::Two, &bytes), Parsed::Whole { .. });
        prop_assert!(!whole);
        prop_assert_eq!(Header::decode(&bytes), None);
    }
}

#[test]
fn the_layout_is_the_documented_one() {
    let header = Header { version: 1, first: 2, log_id: [3; 16], before: [4; HASH] };
    let (bytes, _) = header.encode();
    assert_eq!(bytes.len(), HEADER);
    assert_eq!(bytes[..8], *b"\x89RFJ\r\n\x1a\n");
    assert_eq!(bytes[8..20], [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[20..36], [3; 16]);
    assert_eq!(bytes[36..68], [4; 32]);
    assert_eq!(bytes[68..], digest(&[&bytes[..68]]));
    assert_eq!(Header::decode(&bytes), Some(header));

    let mut batch = batch(&[b"{}".to_vec()]);
    batch.seal(&[5; HASH]);
    assert_eq!(batch.frames()[..10], *b"\x02\0\0\0\xfd\xff\xff\xff{}");
    let leaf = digest(&[b"\0{}"]);
    assert_eq!(batch.leaves(), [leaf]);
    assert_eq!(batch.frames()[10..], digest(&[&[5; HASH], &batch.frames()[..8], &leaf]));
    let first = [&[5; HASH][..], &batch.frames()[..10]].concat();
    let first = [&first[..], &digest(&[&first])].concat();
    assert_eq!(parse(Format::One, &first), Parsed::Whole { payload: 2 });
}

#[test]
fn a_length_over_the_limit_is_damage_not_a_reason_to_read_on() {
    let length = u32::try_from(MAX_PAYLOAD + 1).unwrap();
    let bytes = [&[0; HASH][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    assert_eq!(parse(Format::Two, &bytes), Parsed::Broken { what: Fault::Length, from: HASH });
}
