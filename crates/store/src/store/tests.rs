use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

use ringfence_model::control::AuditQuery;
use ringfence_model::entry::Entry;
use ringfence_model::verdict::Decision;

use super::*;
use crate::row::CallRow;
use crate::sample;

const LOG: [u8; 16] = [1; 16];

fn log() -> Vec<(u64, Entry)> {
    let calls = (0..2_000_u32).map(|call| sample::judged(1, sample::ruling(call.into(), Decision::Deny)));
    (0..).zip(calls).collect()
}

async fn rows(store: &Store) -> Result<Vec<CallRow>, StoreError> {
    let all = AuditQuery::newest(10_000);
    store.calls(&all).await
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    (dir, path)
}

#[tokio::test]
async fn a_view_is_kept_and_one_built_anew_is_the_same() {
    let (_dir, path) = place();
    let (store, opened) = Store::open(&path, LOG).await.unwrap();
    assert_eq!((opened, store.indexed().await), (Opened::Created, 0));
    store.index(log()).await.unwrap();
    let first = (rows(&store).await.unwrap(), store.stats().await.unwrap());
    assert_eq!(first.0.len(), 2_000);
    store.close().await;

    let (store, opened) = Store::open(&path, LOG).await.unwrap();
    assert_eq!((opened, store.indexed().await), (Opened::Kept, 2_000));
    assert_eq!((rows(&store).await.unwrap(), store.stats().await.unwrap()), first);
    store.close().await;

    fs::remove_file(&path).unwrap();
    let (store, opened) = Store::open(&path, LOG).await.unwrap();
    assert_eq!((opened, store.indexed().await), (Opened::Created, 0));
    store.index(log()).await.unwrap();
    assert_eq!((rows(&store).await.unwrap(), store.stats().await.unwrap()), first);
}

#[tokio::test]
async fn what_a_killed_kernel_left_beside_a_deleted_file_is_not_taken_up() {
    let (_dir, path) = place();
    let (store, _) = Store::open(&path, LOG).await.unwrap();
    store.index(log()).await.unwrap();
    // As it is on the disk while the kernel runs: the newest rows are only in the write-ahead log.
    let wal = fs::read(beside(&path, "-wal")).unwrap();
    assert!(!wal.is_empty());
    store.close().await;
    fs::remove_file(&path).unwrap();
    fs::write(beside(&path, "-wal"), wal).unwrap();
    let (store, opened) = Store::open(&path, LOG).await.unwrap();
    assert_eq!((opened, store.indexed().await), (Opened::Created, 0));
    assert_eq!(rows(&store).await.unwrap(), []);
}

#[tokio::test]
async fn the_view_of_another_log_is_emptied() {
    let (_dir, path) = place();
    let (store, _) = Store::open(&path, LOG).await.unwrap();
    store.index(log()).await.unwrap();
    store.close().await;
    let (store, opened) = Store::open(&path, [2; 16]).await.unwrap();
    assert_eq!((opened, store.indexed().await), (Opened::Emptied, 0));
    assert_eq!(rows(&store).await.unwrap(), []);
    assert_eq!(store.stats().await.unwrap().total, 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_moved_aside() {
    for content in [b"not a database at all".repeat(1000), vec![0xFF; 100]] {
        let (_dir, path) = place();
        fs::write(&path, &content).unwrap();
        fs::write(beside(&path, "-wal"), "stale").unwrap();
        let (store, opened) = Store::open(&path, LOG).await.unwrap();
        let Opened::Replaced { aside, reason } = opened else { panic!("{opened:?}") };
        assert!(reason.contains("not a database"), "{reason}");
        assert_eq!(fs::read(aside).unwrap(), content);
        store.index(log()).await.unwrap();
        assert_eq!(rows(&store).await.unwrap().len(), 2_000);
    }
}

#[tokio::test]
async fn a_database_that_is_not_ours_or_newer_is_moved_aside() {
    let foreign = ["CREATE TABLE calls (id INTEGER)"].as_slice();
    let newer = [
        "INSERT INTO _sqlx_migrations VALUES (9999, 'later', '2030-01-01', TRUE, x'00', 1)",
        "ALTER TABLE calls ADD COLUMN later TEXT",
    ]
    .as_slice();
    for (ours, statements) in [(false, foreign), (true, newer)] {
        let (_dir, path) = place();
        if ours {
            Store::open(&path, LOG).await.unwrap().0.close().await;
        }
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        for statement in statements {
            sqlx::query(*statement).execute(&pool).await.unwrap();
        }
        pool.close().await;
        let (store, opened) = Store::open(&path, LOG).await.unwrap();
        assert!(matches!(opened, Opened::Replaced { .. }), "{opened:?}");
        store.index(log()).await.unwrap();
    }
}

#[tokio::test]
async fn damage_that_shows_in_use_is_told_from_other_errors_and_can_be_mended() {
    let (_dir, path) = place();
    let (store, _) = Store::open(&path, LOG).await.unwrap();
    store.index(log()).await.unwrap();
    let whole = rows(&store).await.unwrap();
    store.close().await;
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    // All but the first pages, which hold the schema and what opening reads.
    for page in 12..pages {
        file.write_all_at(&[0xA5; 4096], page * 4096).unwrap();
    }
    let (store, opened) = Store::open(&path, LOG).await.unwrap();
    assert_eq!(opened, Opened::Kept);
    let error = rows(&store).await.unwrap_err();
    assert!(error.damaged(), "{error}");
    store.close().await;

    let (store, aside) = Store::replace(&path, LOG).await.unwrap();
    assert!(aside.exists());
    assert_eq!(store.indexed().await, 0);
    store.index(log()).await.unwrap();
    assert_eq!(rows(&store).await.unwrap(), whole);
}

#[tokio::test]
async fn what_a_new_file_would_not_mend_is_an_error() {
    let (dir, _) = place();
    let missing = dir.path().join("nowhere").join("state.db");
    assert!(matches!(Store::open(&missing, LOG).await, Err(StoreError::Io { .. })));
    // A directory in its place cannot be opened, and is not moved aside.
    let error = Store::open(dir.path(), LOG).await.unwrap_err();
    assert!(!error.damaged(), "{error}");
    assert!(dir.path().is_dir());
}

#[tokio::test]
async fn its_files_are_readable_by_their_owner_only() {
    let (dir, path) = place();
    let (store, _) = Store::open(&path, LOG).await.unwrap();
    store.index(log()).await.unwrap();
    let mut files: Vec<_> = dir.path().read_dir().unwrap().map(|file| file.unwrap()).collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let modes: Vec<_> = files
        .iter()
        .map(|file| {
            (file.file_name().into_string().unwrap(), file.metadata().unwrap().permissions().mode() & 0o777)
        })
        .collect();
    let expected = ["state.db", "state.db-shm", "state.db-wal"].map(|name| (name.to_owned(), 0o600));
    assert_eq!(modes, expected);
}
