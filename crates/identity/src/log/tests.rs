use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn a_key_is_kept_and_shown_to_nobody() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("keys");
    assert_eq!(LogKey::load(&dir).unwrap(), None);
    let made = LogKey::create(&dir, &mut |bytes| bytes.fill(0xab)).unwrap();
    assert_eq!(made, LogKey { seed: [0xab; 32] });
    assert_eq!(LogKey::load(&dir).unwrap(), Some(made.clone()));
    assert!(!format!("{made:?}").contains("ab"), "{made:?}");
    assert_eq!(fs::metadata(place(&dir)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_key_that_others_may_read_or_that_is_none_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("keys");
    LogKey::create(&dir, &mut |bytes| bytes.fill(1)).unwrap();
    fs::set_permissions(place(&dir), Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(LogKey::load(&dir), Err(KeysError::Exposed { .. })));
    fs::set_permissions(place(&dir), Permissions::from_mode(0o600)).unwrap();
    for text in ["", "{\"format\":1,\"seed\":\"01\"}", "{\"format\":2,\"seed\":\"\"}"] {
        fs::write(place(&dir), text).unwrap();
        LogKey::load(&dir).unwrap_err();
    }
}
