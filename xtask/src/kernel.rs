//! A kernel that a task looks at: in a folder of its own, asked by its own command line.
//!
//! A task must never talk to a kernel that somebody uses.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::place::{Running, free_port};
use crate::failure::{Context as _, Failure};
use crate::machine;

/// A running `ringfence serve`. Dropping it ends it.
pub(crate) struct Kernel {
    running: Running,
    program: PathBuf,
    home: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
}

impl Kernel {
    /// Starts `program` with `config` in the folder `home`, which is emptied before.
    pub(crate) fn start(program: &Path, home: &Path, config: &Value) -> Result<Self, Failure> {
        if home.exists() {
            std::fs::remove_dir_all(home).map_err(|error| Failure::at(home, &error))?;
        }
        machine::write(&home.join("ringfence.yaml"), &config.to_string())?;
        let sockets = home.join("sockets");
        std::fs::create_dir_all(&sockets).map_err(|error| Failure::at(&sockets, &error))?;
        let port = free_port()?;
        let running = serve(program, home, port)?;
        Ok(Self { running, program: program.to_owned(), home: home.to_owned(), port })
    }

    /// The number of its process.
    pub(crate) fn number(&self) -> u32 {
        self.running.number()
    }

    /// Starts it again on the data that it leaves.
    pub(crate) fn restarted(self) -> Result<Self, Failure> {
        let Self { running, program, home, port } = self;
        drop(running);
        let running = serve(&program, &home, port)?;
        Ok(Self { running, program, home, port })
    }

    /// `ringfence WORDS` on this kernel's data, as a client's configuration names a server.
    pub(crate) fn entry(&self, words: &[String]) -> Value {
        let path = |name: &str| self.home.join(name).to_string_lossy().into_owned();
        let mut arguments = vec!["--config".to_owned(), path("ringfence.yaml")];
        arguments.extend(["--data-dir".to_owned(), path("data")]);
        arguments.extend_from_slice(words);
        let env = json!({ "XDG_RUNTIME_DIR": path("sockets"), "XDG_CONFIG_HOME": path("") });
        json!({ "command": self.program, "args": arguments, "env": env })
    }

    /// What `ringfence WORDS --json` answers for this kernel.
    pub(crate) fn ask(&self, words: &[&str]) -> Result<Value, Failure> {
        let said = machine::output(command(&self.program, &self.home).args(words).arg("--json"))?;
        serde_json::from_slice(&said).context("the answer of ringfence")
    }
}

fn serve(program: &Path, home: &Path, port: u16) -> Result<Running, Failure> {
    let mut serve = command(program, home);
    serve.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    Running::start(serve, home, port)
}

fn command(program: &Path, home: &Path) -> Command {
    let mut command = machine::program(program);
    command.arg("--config").arg(home.join("ringfence.yaml")).arg("--data-dir").arg(home.join("data"));
    command.env("XDG_RUNTIME_DIR", home.join("sockets")).env("XDG_CONFIG_HOME", home);
    command
}
