use super::*;

fn principals() -> Principals {
    let scopes = [Scope::Call, Scope::Confirm, Scope::Operate];
    Principals::new("local".parse().unwrap(), 1000, &scopes)
}

fn principal(name: &str, authentication: Authentication, scopes: &[Scope]) -> Principal {
    let realm = "local".parse().unwrap();
    Principal { realm, name: name.into(), authentication, scopes: scopes.into() }
}

#[test]
fn the_kernels_user_and_root_are_known_by_their_uid() {
    let ours = [Scope::Call, Scope::Confirm];
    for uid in [1000, 0] {
        let name = format!("uid:{uid}");
        assert_eq!(
            principals().from_peer(uid),
            Ok(principal(&name, Authentication::PeerCredentials { uid }, &ours))
        );
        assert_eq!(
            principals().from_loopback(uid),
            Ok(principal(&name, Authentication::Loopback { uid }, &ours))
        );
    }
}

#[test]
fn nobody_else_is() {
    for uid in [1001, 65_534, u32::MAX] {
        let refused = Err(Refused { uid, kernel: 1000 });
        assert_eq!(principals().from_peer(uid), refused);
        assert_eq!(principals().from_loopback(uid), refused);
        assert_eq!(principals().unattested(uid), refused);
    }
}

#[test]
fn only_the_operator_and_the_unattested_may_operate() {
    let all = [Scope::Call, Scope::Confirm, Scope::Operate];
    assert_eq!(
        principals().operator(&Shown::Passphrase),
        principal("operator", Authentication::Operator, &all)
    );
    let token = Shown::Token("ci".into());
    assert_eq!(principals().operator(&token), principal("operator:ci", Authentication::Operator, &all));
    assert_eq!(
        principals().unattested(1000),
        Ok(principal("uid:1000", Authentication::Unattested { uid: 1000 }, &all))
    );
    assert!(!principals().from_peer(1000).unwrap().may(Scope::Operate));
}
