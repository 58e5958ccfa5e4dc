use super::*;

#[test]
fn published_examples_hold_and_changed_ones_do_not() {
    let of = |text: &str| digits(text).unwrap();
    assert!(luhn(of("79927398713").all()) && !luhn(of("79927398710").all()));
    assert!(verhoeff(of("2363").all()) && !verhoeff(of("2364").all()));
    assert!(iban("GB82 WEST 1234 5698 7654 32") && !iban("GB82 WEST 1234 5698 7654 33"));
    // ISO 7064: 0794 has the check character 5.
    assert!(mod_11_10(of("07945").all()) && !mod_11_10(of("07946").all()));
    // BIP 173 and BIP 350.
    assert!(bech32("A12UEL5L") && bech32("A1LQFN3A") && !bech32("A12UEL5M"));
    // The address of the first block.
    let genesis = ["1A1zP1eP5QGefi2DM", "PTfTL5SLmv7DivfNa"].concat();
    assert_eq!(base58check(&genesis).map(|body| body.len()), Some(21));
    assert_eq!(base58check(&genesis.replace("fNa", "fNb")), None);
}
