//! The machine a task runs on: programs, clock, environment, files. The one place in xtask that touches them
//! directly; the product's own crates must not copy it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::failure::Failure;

/// The largest file a task reads whole.
const FILE_LIMIT: u64 = 64 << 20;

/// A program to start, with the environment of this process and no stdin.
#[expect(clippy::disallowed_methods, reason = "a developer's tools need the developer's environment")]
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    command
}

/// The `cargo` that runs this task.
pub(crate) fn cargo() -> Command {
    program(variable("CARGO").unwrap_or_else(|| "cargo".to_owned()))
}

#[expect(clippy::disallowed_methods, reason = "xtask has no configuration but its environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(clippy::disallowed_methods, reason = "a task measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// `outer` with the program, the arguments and the environment of `inner`.
pub(crate) fn within(mut outer: Command, inner: &Command) -> Command {
    outer.arg(inner.get_program()).args(inner.get_args());
    outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer
}

/// Runs `command` to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| could_not_start(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} ended with {status}", shown(command))))
    }
}

/// What `command` writes to stdout.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, Failure> {
    let output = command.output().map_err(|error| could_not_start(command, &error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("{} ended with {}\n{}", shown(command), output.status, said.trim_end())))
}

/// Whether `command` runs and succeeds. What it says is dropped.
pub(crate) fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The whole file as bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::at(path, &error);
    let mut bytes = Vec::new();
    let read =
        File::open(path).map_err(failed)?.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
    if read as u64 > FILE_LIMIT {
        return Err(Failure::new(format!("{}: longer than {FILE_LIMIT} bytes", path.display())));
    }
    Ok(bytes)
}

/// The whole file as text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|error| Failure::at(path, &error))
}

/// Writes the file, making the folders above it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::at(path, &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

/// `PATH` with `first` in front.
pub(crate) fn path_with(first: &[PathBuf]) -> String {
    let own = variable("PATH").unwrap_or_default();
    let folders = first.iter().map(|folder| folder.to_string_lossy().into_owned());
    folders.chain(std::iter::once(own)).collect::<Vec<_>>().join(":")
}

fn could_not_start(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("could not start `{}`: {error}", shown(command)))
}
