use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::Paths;
use crate::config::ConfigFile;
use crate::config::env::Environment;

fn locate(config: Option<&str>, data: Option<&str>, env: &[(&str, &str)]) -> (ConfigFile, PathBuf) {
    let paths = Paths::locate(config.map(Path::new), data.map(Path::new), &Environment::of(env)).unwrap();
    (paths.config, paths.data)
}

#[test]
fn flag_then_environment_then_home() {
    let home = ("HOME", "/home/u");
    let usual = ConfigFile::Usual("/home/u/.config/ringfence/ringfence.yaml".into());
    assert_eq!(locate(None, None, &[home]), (usual.clone(), "/home/u/.local/state/ringfence".into()));
    let xdg = [home, ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")];
    assert_eq!(
        locate(None, None, &xdg),
        (ConfigFile::Usual("/c/ringfence/ringfence.yaml".into()), "/s/ringfence".into())
    );
    let relative = [home, ("XDG_CONFIG_HOME", "c"), ("XDG_STATE_HOME", "./s")];
    assert_eq!(locate(None, None, &relative), (usual, "/home/u/.local/state/ringfence".into()));
    let seeds = [home, ("AGENTOS_DATA_DIR", "/seed"), ("RINGFENCE_CONFIG", "/e.yaml")];
    assert_eq!(locate(None, None, &seeds), (ConfigFile::Named("/e.yaml".into()), "/seed".into()));
    let ours = [("RINGFENCE_DATA_DIR", "/env"), ("AGENTOS_DATA_DIR", "/seed")];
    assert_eq!(locate(Some("/f.yaml"), None, &ours), (ConfigFile::Named("/f.yaml".into()), "/env".into()));
    assert_eq!(locate(Some("/f.yaml"), Some("/flag"), &ours).1, PathBuf::from("/flag"));
}

#[test]
fn without_a_home_nothing_is_guessed() {
    let problem = Paths::locate(None, None, &Environment::default()).unwrap_err();
    assert_eq!(problem.code, "no-home");
}

#[test]
fn what_is_created_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/b");
    let paths = Paths::locate(Some(Path::new("/c")), Some(&data), &Environment::default()).unwrap();
    assert_eq!(paths.sockets().unwrap(), [data.join("run/kernel.sock")]);
    for created in [folder.path().join("a"), data.clone(), data.join("run")] {
        assert_eq!(fs::metadata(&created).unwrap().mode() & 0o777, 0o700, "{}", created.display());
    }
}

#[test]
fn the_runtime_folder_comes_first_and_tells_data_directories_apart() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = folder.path().join("r");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, Permissions::from_mode(0o700)).unwrap();
    let env = Environment::of(&[("XDG_RUNTIME_DIR", runtime.to_str().unwrap())]);
    let sockets =
        |data: &Path| Paths::locate(Some(Path::new("/c")), Some(data), &env).unwrap().sockets().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let first = sockets(&one);
    assert_eq!(first.len(), 2);
    assert!(first[0].starts_with(runtime.join("ringfence")), "{first:?}");
    assert_eq!(first[1], one.join("run/kernel.sock"));
    assert_ne!(first[0], sockets(&two)[0]);
    std::os::unix::fs::symlink(&one, folder.path().join("link")).unwrap();
    assert_eq!(first[0], sockets(&folder.path().join("link"))[0]);
    fs::set_permissions(&runtime, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(sockets(&one), [one.join("run/kernel.sock")]);
}

#[test]
fn a_data_directory_that_others_can_write_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let paths = Paths::locate(Some(Path::new("/c")), Some(folder.path()), &Environment::default()).unwrap();
    assert_eq!(paths.prepare().unwrap_err().code, "data-dir-mode");
}

#[test]
fn a_path_too_long_for_a_socket_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("x".repeat(110));
    let paths = Paths::locate(Some(Path::new("/c")), Some(&data), &Environment::default()).unwrap();
    assert_eq!(paths.sockets().unwrap_err().code, "socket-path");
}
