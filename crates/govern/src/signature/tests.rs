use super::*;

/// The example of the specification.
#[test]
fn a_signature_is_that_of_the_standard() {
    let key = Key::of(&WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into())).unwrap();
    let body = br#"{"test": 2432232314}"#;
    let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let verifies = |id: &str, time, body: &[u8], signatures: &str| key.verifies(id, time, body, signatures);
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    assert!(verifies(id, 1_614_265_330, body, &format!("v1,AAAA v2,x {signature}")));
    assert!(!verifies(id, 1_614_265_331, body, &signature), "another time");
    assert!(!verifies("msg_other", 1_614_265_330, body, &signature), "another id");
    assert!(!verifies(id, 1_614_265_330, b"{}", &signature), "another body");
    assert!(!verifies(id, 1_614_265_330, body, ""), "none");
    let other = Key::of(&WebhookSecret(format!("whsec_{}", STANDARD.encode([7; 32])))).unwrap();
    assert!(!other.verifies(id, 1_614_265_330, body, &signature), "another key");
}

#[test]
fn a_secret_has_a_form_and_shows_nothing() {
    let secret = |text: &str| Key::of(&WebhookSecret(text.to_owned())).map(drop);
    for bad in ["", "whsec_", "whsec_AAAA", "whsec_!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert_eq!(secret(bad), Err(BadWebhook::Secret), "{bad}");
    }
    assert_eq!(secret(&format!("whsec_{}", STANDARD.encode([1; 65]))), Err(BadWebhook::Secret));
    assert_eq!(format!("{:?}", WebhookSecret("whsec_x".into())), "WebhookSecret(…)");
}
