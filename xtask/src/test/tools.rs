//! The cargo subcommands that the checks use, installed under the target folder where the machine has none.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{machine, say};

/// A cargo subcommand at the version that this repository was checked with.
pub(super) struct Tool {
    subcommand: &'static str,
    package: &'static str,
    version: &'static str,
    /// Built in place of the default ones; what updates a tool behind our back is left out.
    features: &'static str,
}

pub(super) const NEXTEST: Tool = Tool {
    subcommand: "nextest",
    package: "cargo-nextest",
    version: "0.9.143",
    features: "default-no-update",
};

pub(super) const DENY: Tool =
    Tool { subcommand: "deny", package: "cargo-deny", version: "0.20.2", features: "" };

/// Where the tools go.
pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    root(workspace).join("bin")
}

fn root(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

impl Tool {
    /// Installs the tool unless the machine or an earlier run has it.
    pub(super) fn install(&self, workspace: &Workspace) -> Result<(), Failure> {
        let path = machine::path_with(&[folder(workspace)]);
        if machine::works(machine::cargo().args([self.subcommand, "--version"]).env("PATH", &path)) {
            return Ok(());
        }
        say::note(format_args!("building {} {}; this takes some minutes, once", self.package, self.version));
        let built_in = workspace.target.join("tools-build");
        let mut command = machine::cargo();
        // Without optimisation: building the tool costs far more than running it.
        command.args(["install", self.package, "--version", self.version, "--locked", "--debug"]);
        command.arg("--root").arg(root(workspace)).arg("--target-dir").arg(&built_in);
        // Debug information would triple the size of a cached target folder.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.args(["--no-default-features", "--features", self.features]);
        machine::run(&mut command)?;
        std::fs::remove_dir_all(&built_in).map_err(|error| Failure::at(&built_in, &error))
    }
}
