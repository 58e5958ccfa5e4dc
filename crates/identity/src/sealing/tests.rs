use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn keys() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("keys");
    (parent, dir)
}

fn key(id: u32, byte: u8) -> SealingKey {
    SealingKey { id, bytes: [byte; 32] }
}

/// What the file holds.
fn text(file: &Path) -> String {
    String::from_utf8(fs::read(file).unwrap()).unwrap()
}

#[test]
fn a_key_is_made_once_and_then_kept() {
    let (_parent, dir) = keys();
    let made = SealingKeys::load_or_create(&dir, &mut |bytes| bytes.fill(1)).unwrap();
    assert_eq!(made, SealingKeys { current: key(0, 1), previous: None });
    let kept = SealingKeys::load_or_create(&dir, &mut |_| panic!("no need of a new key")).unwrap();
    assert_eq!(kept, made);
}

#[test]
fn a_rotation_keeps_the_key_before() {
    let (_parent, dir) = keys();
    SealingKeys::load_or_create(&dir, &mut |bytes| bytes.fill(1)).unwrap();
    for round in 1..4 {
        let fill = &mut |bytes: &mut [u8]| bytes.fill(round + 1);
        let rotated = SealingKeys::rotate(&dir, fill).unwrap();
        let expected = SealingKeys {
            current: key(u32::from(round), round + 1),
            previous: Some(key(u32::from(round) - 1, round)),
        };
        assert_eq!(rotated, expected);
        assert_eq!(SealingKeys::load_or_create(&dir, &mut |_| panic!()).unwrap(), expected);
    }
}

#[test]
fn a_damaged_or_exposed_file_is_an_error_and_is_not_replaced() {
    let (_parent, dir) = keys();
    SealingKeys::load_or_create(&dir, &mut |bytes| bytes.fill(1)).unwrap();
    let file = place(&dir);
    let kept = text(&file);
    for damaged in [kept.replace("0101", "01"), kept.replace("0101", "zz01"), String::new()] {
        fs::write(&file, &damaged).unwrap();
        let error = SealingKeys::load_or_create(&dir, &mut |_| panic!()).unwrap_err();
        assert!(matches!(error, KeysError::Malformed { .. }), "{error}");
        assert_eq!(text(&file), damaged);
    }
    fs::write(&file, kept).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = SealingKeys::load_or_create(&dir, &mut |_| panic!());
    assert!(matches!(refused, Err(KeysError::Exposed { .. })));
}

#[test]
fn a_key_does_not_show_in_a_debug_line() {
    assert_eq!(format!("{:?}", key(3, 0xAB)), "SealingKey { id: 3, .. }");
}
