use ringfence_model::finding::{Category, Finding};

use crate::secret::{SecretScanner, Sought};

#[rustfmt::skip]
mod rows;

fn found(text: &str) -> Vec<Finding> {
    SecretScanner::new().unwrap().find_in_text(text, Sought::PersonalData)
}

fn ids(text: &str) -> Vec<String> {
    found(text).into_iter().map(|finding| finding.id.into_owned()).collect()
}

#[test]
fn each_number_is_found_and_with_a_wrong_digit_it_is_not() {
    for (id, text) in rows::FOUND {
        assert!(ids(text).iter().any(|found| found == id), "{id}: {text}: {:?}", ids(text));
    }
    for (id, text) in rows::PASSED {
        assert!(!ids(text).iter().any(|found| found == id), "{id}: {text}");
    }
}

#[test]
fn what_has_signs_of_its_own_is_found_without_a_word() {
    for (text, expected) in [
        ("write to maria.lopez+x@mail.example.org.", "email_address"),
        ("user@xn--80ak6aa92e.com", "email_address"),
        ("from 203.0.113.7, port 80", "ip_address"),
        ("[2001:db8::8a2e:370:7334]:443", "ip_address"),
        ("00:1A:2B:3C:4D:5E", "mac_address"),
        ("0012.3456.789a", "mac_address"),
        ("GB82 WEST 1234 5698 7654 32", "iban"),
        ("paid with 4111 1111 1111 1111 yesterday", "credit_card"),
        ("378282246310005", "credit_card"),
        ("6011-1111-1111-1117", "credit_card"),
        ("+44 20 7946 0958", "phone_number"),
        ("(212) 555-0147 x12", "phone_number"),
        ("born on 1980-03-12 in Graz", "date_of_birth"),
        ("DOB: 3/12/1980", "date_of_birth"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "crypto_address"),
    ] {
        assert_eq!(ids(text), [expected], "{text}");
        assert_eq!(found(text)[0].category, Category::Pii);
    }
}

#[test]
fn numbers_of_no_person_are_left_alone() {
    for text in [
        "order 1042, size 88213, total 1234567.89",
        "2026-11-20T12:34:56.789Z took 1763640896789 ns",
        "550e8400-e29b-41d4-a716-446655440000",
        "commit 3b335d612137949d2f21fcc6c8c8164db7603227",
        "4111 1111 1111 1112",
        "version 1.2.3.4 of the library",
        "std::vec and Foo::bar",
        "git clone git@github.com:owner/repo.git",
        "GB82 WEST 1234 5698 7654 33",
        "the ratio 12:34:56 at 16:9",
        "pages 123-456, ISBN 978-3-16-148410-0",
        "my number is 12",
        "@decorator and user@host",
        "id=1234567890123456",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    ] {
        assert_eq!(ids(text), [""; 0], "{text}");
    }
}

#[test]
fn a_word_in_the_key_counts_in_json() {
    let scanner = SecretScanner::new().unwrap();
    let json = |text: &str| ringfence_model::json::JsonText::try_from(text.to_owned()).unwrap();
    let text = json(r#"{"ssn":"219099998","order":"219099998"}"#);
    let found = scanner.find_in_json(&text, Sought::PersonalData);
    assert_eq!(found.len(), 1);
    let clean = scanner.clean_json_of(&text, &found, Sought::PersonalData);
    assert_eq!(clean.as_str(), r#"{"ssn":"[redacted:us_ssn]","order":"219099998"}"#);
}

#[test]
fn hostile_text_ends() {
    let scanner = SecretScanner::new().unwrap();
    for unit in
        ["1", "1 ", "+", "(1", "@", "a@b.", "::", "1:", "1-", "GB82", "4111-", "0x", "é1", "1.1.1.", "😀"]
    {
        let text = unit.repeat((256 << 10) / unit.len());
        for finding in scanner.find_in_text(&text, Sought::Both) {
            assert!(text.get(finding.span.start..finding.span.end).is_some(), "{unit}");
        }
    }
}
