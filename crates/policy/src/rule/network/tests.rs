use super::*;

#[test]
fn an_address_is_found_in_each_of_its_spellings() {
    let inner = [Network::parse("127.0.0.0/8").unwrap(), Network::parse("fd00::/8").unwrap()];
    for text in [
        "127.0.0.1",
        " 127.0.0.1 ",
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1:8080",
        "http://127.0.0.1./x",
        "http://user:pw@0x7f.1/",
        "http://[::ffff:127.0.0.1]:80/",
        "::ffff:127.0.0.1",
        "https://[fd00::1]/a?b",
        "http://127.0.0.1\\@example.com/",
    ] {
        assert!(names_one_of(text, &inner), "{text}");
    }
    for text in
        ["example.com", "128.0.0.1", "http://example.com/127.0.0.1", "127.0.0.1.example.com", "", "1.2.3.4.5"]
    {
        assert!(!names_one_of(text, &inner), "{text}");
    }
}

#[test]
fn a_block_says_what_is_wrong_with_it() {
    assert_eq!(Network::parse("10.0.0.1/8"), Err("`10.0.0.1/8` has bits behind its prefix".to_owned()));
    assert_eq!(Network::parse("10.0.0.0/33"), Err("the length of a prefix is 0 to 32".to_owned()));
    assert_eq!(Network::parse("ten/8"), Err("`ten` is no IP address".to_owned()));
    assert!(names_one_of("8.8.8.8", &[Network::parse("0.0.0.0/0").unwrap()]));
    assert!(!names_one_of("2001:db8::1", &[Network::parse("0.0.0.0/0").unwrap()]));
}
