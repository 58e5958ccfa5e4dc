use proptest::prelude::*;

use super::*;

fn label() -> impl Strategy<Value = Label> {
    let confidentiality = prop_oneof![
        Just(Confidentiality::Public),
        Just(Confidentiality::Internal),
        Just(Confidentiality::Secret)
    ];
    let integrity = prop_oneof![
        Just(Integrity::User),
        Just(Integrity::Trusted),
        Just(Integrity::Model),
        Just(Integrity::Untrusted)
    ];
    (confidentiality, any::<bool>(), integrity).prop_map(|(confidentiality, pii, integrity)| Label {
        confidentiality,
        pii,
        integrity,
    })
}

proptest! {
    #[test]
    fn join_is_a_semilattice(a in label(), b in label(), c in label()) {
        prop_assert_eq!(a.join(a), a);
        prop_assert_eq!(a.join(b), b.join(a));
        prop_assert_eq!(a.join(b).join(c), a.join(b.join(c)));
        prop_assert_eq!(Label::FRESH.join(a), a);
    }
}
