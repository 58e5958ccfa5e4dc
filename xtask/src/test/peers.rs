//! The real MCP servers and clients that the integration tests run against, as `tests/peers` pins them.
//!
//! Each part is set up again only when its lock file changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{machine, say};

/// A program of the system, and what Debian calls it.
struct SystemProgram {
    probe: &'static [&'static str],
    packages: &'static [&'static str],
}

const SYSTEM: [SystemProgram; 3] = [
    SystemProgram { probe: &["git", "--version"], packages: &["git"] },
    // Any Node starts npm; the peers run on the one that the lock file pins.
    SystemProgram { probe: &["npm", "--version"], packages: &["nodejs", "npm"] },
    SystemProgram {
        probe: &["python3", "-c", "import venv, ensurepip"],
        packages: &["python3", "python3-venv"],
    },
];

/// Installs what is missing as root; otherwise fails with the command to type.
pub(super) fn system_packages(workspace: &Workspace) -> Result<(), Failure> {
    let missing: Vec<&str> = SYSTEM
        .iter()
        .filter(|program| match program.probe {
            [name, words @ ..] => {
                !machine::works(machine::program(name).args(words).current_dir(&workspace.root))
            }
            [] => false,
        })
        .flat_map(|program| program.packages.iter().copied())
        .collect();
    install_debian(&missing)
}

/// `apt-get install` as root; otherwise the command to type.
pub(crate) fn install_debian(packages: &[&str]) -> Result<(), Failure> {
    if packages.is_empty() {
        return Ok(());
    }
    let install = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    let is_root = machine::output(machine::program("id").arg("-u")).is_ok_and(|id| id == b"0\n");
    if !is_root || !machine::works(machine::program("apt-get").arg("--version")) {
        return Err(Failure::new(format!(
            "missing on this machine: {}\n  sudo {install}",
            packages.join(", ")
        )));
    }
    say::note(format_args!("{install}"));
    let apt = || {
        let mut command = machine::program("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    machine::run(apt().arg("update"))?;
    machine::run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// `node_modules`, with the pinned Node itself.
pub(super) fn node(workspace: &Workspace) -> Result<(), Failure> {
    let home = home(workspace);
    let stamp = Stamp::of(&home.join("package-lock.json"), home.join("node_modules/.stamp"))?;
    if stamp.is_fresh() {
        return Ok(());
    }
    // `npm ci` empties node_modules first, the stamp with it.
    machine::run(machine::program("npm").args(["ci", "--loglevel=error"]).current_dir(&home))?;
    stamp.set()
}

/// The virtual environments: mcp 1.x and 2.x are the same package and cannot share one.
pub(super) fn python(workspace: &Workspace) -> Result<(), Failure> {
    let home = home(workspace);
    for (venv, requirements) in [("venv", "requirements.txt"), ("venv-legacy", "requirements-legacy.txt")] {
        let stamp = Stamp::of(&home.join(requirements), home.join(venv).join(".stamp"))?;
        if stamp.is_fresh() {
            continue;
        }
        machine::run(machine::program("python3").args(["-m", "venv", "--clear", venv]).current_dir(&home))?;
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            "-r",
            requirements,
        ];
        let python = home.join(venv).join("bin/python");
        machine::run(machine::program(python).args(pip).current_dir(&home))?;
        stamp.set()?;
    }
    Ok(())
}

/// The programs of the Node peers.
pub(crate) fn programs(workspace: &Workspace) -> PathBuf {
    home(workspace).join("node_modules/.bin")
}

fn home(workspace: &Workspace) -> PathBuf {
    workspace.root.join("tests/peers")
}

/// Says which lock file a folder was set up from.
struct Stamp {
    path: PathBuf,
    wanted: String,
}

impl Stamp {
    fn of(lock: &Path, path: PathBuf) -> Result<Self, Failure> {
        let mut hasher = DefaultHasher::new();
        machine::read(lock)?.hash(&mut hasher);
        Ok(Self { path, wanted: format!("{:016x}\n", hasher.finish()) })
    }

    fn is_fresh(&self) -> bool {
        machine::read_text(&self.path).is_ok_and(|found| found == self.wanted)
    }

    /// Written last: an interrupted set-up has none.
    fn set(&self) -> Result<(), Failure> {
        machine::write(&self.path, &self.wanted)
    }
}
