//! Keys of sessions: kept, found, destroyed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ringfence_model::id::SessionId;

use super::SessionKeys;
use crate::KeysError;

fn add(keys: &mut SessionKeys, id: u128) -> [u8; 32] {
    let byte = u8::try_from(id).unwrap();
    keys.add(SessionId(id), &mut |bytes| bytes.fill(byte)).unwrap()
}

fn find(keys: &SessionKeys, id: u128) -> Option<[u8; 32]> {
    keys.find(&BTreeSet::from([SessionId(id)])).unwrap().remove(&SessionId(id))
}

#[test]
fn a_key_is_found_again_and_is_gone_once_destroyed_also_from_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let keys_dir = dir.path().join("keys");
    let mut keys = SessionKeys::open(&keys_dir).unwrap();
    assert_eq!([1, 2, 3].map(|id| add(&mut keys, id)), [[1; 32], [2; 32], [3; 32]]);
    drop(keys);
    let mut keys = SessionKeys::open(&keys_dir).unwrap();
    assert_eq!([1, 2, 3, 4].map(|id| find(&keys, id)), [Some([1; 32]), Some([2; 32]), Some([3; 32]), None]);
    assert!(keys.destroy(SessionId(2)).unwrap());
    assert!(!keys.destroy(SessionId(2)).unwrap());
    assert_eq!([1, 2, 3].map(|id| find(&keys, id)), [Some([1; 32]), None, Some([3; 32])]);
    drop(keys);
    let bytes = fs::read(keys_dir.join("sessions")).unwrap();
    assert!(!bytes.windows(32).any(|window| window == [2; 32]));
    let mut keys = SessionKeys::open(&keys_dir).unwrap();
    assert_eq!(find(&keys, 2), None);
    add(&mut keys, 4);
    assert_eq!(find(&keys, 4), Some([4; 32]));
}

#[test]
fn half_a_record_is_cut_off_and_a_damaged_one_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let keys_dir = dir.path().join("keys");
    let mut keys = SessionKeys::open(&keys_dir).unwrap();
    add(&mut keys, 1);
    add(&mut keys, 2);
    drop(keys);
    let path = keys_dir.join("sessions");
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 5);
    bytes[64 + 20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let mut keys = SessionKeys::open(&keys_dir).unwrap();
    assert_eq!([1, 2].map(|id| find(&keys, id)), [None, None]);
    add(&mut keys, 3);
    assert_eq!(find(&keys, 3), Some([3; 32]));
}

#[test]
fn what_others_can_read_or_what_is_something_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let keys_dir = dir.path().join("keys");
    drop(SessionKeys::open(&keys_dir).unwrap());
    let path = keys_dir.join("sessions");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(SessionKeys::open(&keys_dir), Err(KeysError::Exposed { mode: 0o644, .. })));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, [b'x'; 128]).unwrap();
    assert!(matches!(SessionKeys::open(&keys_dir), Err(KeysError::Malformed { .. })));
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
    assert!(matches!(SessionKeys::open(&keys_dir), Err(KeysError::Io { .. })));
}
