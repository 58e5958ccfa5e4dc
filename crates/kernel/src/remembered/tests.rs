use super::*;

#[test]
fn only_the_same_text_under_the_same_key_gives_what_was_made_before() {
    let remembered = Remembered::new();
    let mut made = 0;
    let mut of = |text: &str, key: u8| {
        remembered.of(&JsonText::string(text), key, || {
            made += 1;
            made
        })
    };
    assert_eq!([of("a", 0), of("b", 0), of("a", 1)], [1, 2, 3]);
    assert_eq!([of("a", 0), of("b", 0), of("a", 1)], [1, 2, 3]);
    remembered.clear();
    assert_eq!(remembered.of(&JsonText::string("a"), 0, || 9), 9);
}

#[test]
fn little_is_kept_and_long_texts_are_not() {
    let remembered = Remembered::new();
    for number in 0..100 {
        assert_eq!(remembered.of(&JsonText::from(number), (), || number), number);
    }
    assert_eq!(remembered.of(&JsonText::from(0), (), || 7), 7);
    assert_eq!(remembered.of(&JsonText::from(99), (), || 7), 99);
    let long = JsonText::string(&"x".repeat(LONGEST));
    assert_eq!([1, 2].map(|value| remembered.of(&long, (), || value)), [1, 2]);
}
