use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

impl Format for Note {
    const VERSION: u32 = 3;
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("keys").join("note");
    (parent, path)
}

fn note(text: &str) -> Note {
    Note { text: text.into() }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_written_is_read_back_and_is_its_owners_alone() {
    let (_parent, path) = place();
    assert_eq!(read::<Note>(&path).unwrap(), None);
    for text in ["one", "two"] {
        write(&path, &note(text)).unwrap();
        assert_eq!(read(&path).unwrap(), Some(note(text)));
    }
    let dir = path.parent().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(dir), mode(&path)), (0o700, 0o600));
    let names: Vec<_> = dir.read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["note"]);
}

#[test]
fn what_others_could_reach_is_refused() {
    for bits in [0o640, 0o604, 0o620, 0o602, 0o610] {
        let (_parent, path) = place();
        write(&path, &note("x")).unwrap();
        mode(&path, bits);
        let error = read::<Note>(&path).unwrap_err();
        assert!(matches!(&error, KeysError::Exposed { mode, .. } if *mode == bits), "{error}");
        mode(&path, 0o600);
        mode(path.parent().unwrap(), 0o700 | bits & 0o077);
        assert!(matches!(read::<Note>(&path), Err(KeysError::Exposed { .. })));
        assert!(matches!(write(&path, &note("y")), Err(KeysError::Exposed { .. })));
    }
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        // Only root can give a file away; the check is the same for all.
        return;
    }
    let (_parent, path) = place();
    write(&path, &note("x")).unwrap();
    for given in [path.as_path(), path.parent().unwrap()] {
        std::os::unix::fs::chown(given, Some(4242), None).unwrap();
        assert!(matches!(read::<Note>(&path), Err(KeysError::Foreign { owner: 4242, .. })));
        std::os::unix::fs::chown(given, Some(0), None).unwrap();
    }
    assert_eq!(read(&path).unwrap(), Some(note("x")));
}

#[test]
fn links_pipes_and_large_files_are_refused() {
    let (parent, path) = place();
    write(&path, &note("x")).unwrap();
    let elsewhere = parent.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(matches!(read::<Note>(&path), Err(KeysError::Io { what: "open", .. })));
    fs::remove_file(&path).unwrap();

    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert!(matches!(read::<Note>(&path), Err(KeysError::Malformed { .. })));
    fs::remove_file(&path).unwrap();

    write(&path, &note(&"x".repeat(usize::try_from(MAX_FILE).unwrap()))).unwrap();
    assert!(matches!(read::<Note>(&path), Err(KeysError::Malformed { .. })));
}

#[test]
fn what_this_build_does_not_write_is_refused() {
    let (_parent, path) = place();
    write(&path, &note("x")).unwrap();
    let refused = |content: &str| {
        fs::write(&path, content).unwrap();
        read::<Note>(&path).unwrap_err()
    };
    assert!(matches!(refused(r#"{"format":4,"text":"x"}"#), KeysError::Version { found: 4, known: 3, .. }));
    for content in
        ["", "{", "[]", r#"{"text":"x"}"#, r#"{"format":3}"#, r#"{"format":3,"text":"x","more":1}"#]
    {
        assert!(matches!(refused(content), KeysError::Malformed { .. }), "{content}");
    }
}

#[test]
fn a_draft_left_by_a_crash_is_not_in_the_way() {
    let (_parent, path) = place();
    write(&path, &note("one")).unwrap();
    let draft = path.with_extension("new");
    fs::write(&draft, "half").unwrap();
    mode(&draft, 0o666);
    write(&path, &note("two")).unwrap();
    assert_eq!(read(&path).unwrap(), Some(note("two")));
    assert!(!draft.exists());
}
