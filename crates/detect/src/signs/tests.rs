use proptest::prelude::*;

use super::{Signs, has_run, runs};

proptest! {
    #[test]
    fn signs_are_what_a_look_at_every_byte_says(
        text in "[ -~é]{0,40}([0-9]{0,5}[@:<\\]]?|[a-zA-Z+/]{0,60}|::|\\]\\()[ -~]{0,40}",
    ) {
        let signs = Signs::of(&text);
        prop_assert_eq!(signs.ascii, text.is_ascii());
        prop_assert_eq!(signs.at, text.contains('@'));
        prop_assert_eq!(signs.colons, text.contains("::"));
        prop_assert_eq!(signs.markup, text.contains('<'));
        prop_assert_eq!(signs.link, text.contains("]("));
        let near = |bytes: &[u8]| bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 4;
        if text.as_bytes().windows(32).any(near) || text.len() < 32 && near(text.as_bytes()) {
            prop_assert!(signs.digits);
        }
    }

    #[test]
    fn each_long_run_has_a_place_and_no_place_is_outside_one(
        text in "([ a-z0-9.é~]{0,30}[c-f]{24,70}){0,4}[ -~]{0,30}",
    ) {
        let places: Vec<usize> = runs(&text, b'c', b'f').collect();
        prop_assert_eq!(has_run(&text, b'c', b'f'), !places.is_empty());
        let bytes = text.as_bytes();
        let inside = |at: &usize| bytes[at - 8..at + 8].iter().all(|byte| (b'c'..=b'f').contains(byte));
        prop_assert!(places.iter().all(inside), "{text:?} {places:?}");
        let mut at = 0;
        for run in bytes.split(|byte| !(b'c'..=b'f').contains(byte)) {
            if run.len() >= 24 {
                prop_assert!(places.iter().any(|place| (at..at + run.len()).contains(place)));
            }
            at += run.len() + 1;
        }
    }
}
