//! `cargo xtask test`: sets up what the tests need, then runs every check, and stops at the first that fails.
//!
//! Works on a fresh machine with Rust alone, without a terminal. It must never pass by leaving something out.

use std::process::Command;

use crate::args::Args;
use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{machine, say, tidy};

mod peers;
mod suite;
mod tools;

pub(crate) use peers::{install_debian, programs as node_programs};

/// What a step needs before it can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The MCP servers and clients of `tests/peers`.
    Peers,
    /// `cargo nextest`.
    Nextest,
    /// `cargo deny`.
    Deny,
}

/// One check.
struct Step {
    name: &'static str,
    needs: &'static [Need],
    run: fn(&Runner) -> Result<Outcome, Failure>,
}

/// What a step that ran to its end tells the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Held,
    /// Tests ran; some may have failed.
    Counted(suite::Count),
}

const STEPS: [Step; 7] = [
    Step { name: "fmt", needs: &[], run: |runner| runner.cargo(&["fmt", "--all", "--check"]) },
    Step { name: "clippy", needs: &[], run: clippy },
    Step { name: "tidy", needs: &[], run: |_| tidy::run(Args::none()).map(|()| Outcome::Held) },
    Step { name: "deny", needs: &[Need::Deny], run: deny },
    Step {
        name: "doc",
        needs: &[],
        run: |runner| runner.cargo(&["test", "--doc", "--workspace", "--locked"]),
    },
    Step { name: "cedar", needs: &[Need::Nextest], run: cedar },
    Step { name: "nextest", needs: &[Need::Peers, Need::Nextest], run: suite::run },
];

/// Where the steps run, and with which tools in front.
struct Runner {
    workspace: Workspace,
    path: String,
}

/// Runs all steps, or the one named by `--only`.
pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let only: Option<String> = args.value("--only")?;
    args.finish()?;
    let steps: Vec<&Step> =
        STEPS.iter().filter(|step| only.as_deref().is_none_or(|name| name == step.name)).collect();
    if steps.is_empty() {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(Failure::new(format!("--only takes one of {}", names.join(", "))));
    }

    let workspace = Workspace::find()?;
    let path = machine::path_with(&[tools::folder(&workspace), peers::programs(&workspace)]);
    let runner = Runner { workspace, path };
    let started = machine::now();
    set_up(&runner, &steps)?;
    let mut counted = None;
    for step in steps {
        let done = timed(step.name, || (step.run)(&runner)).map_err(|failure| again(step.name, &failure))?;
        if let Outcome::Counted(count) = done {
            if !count.is_clean() {
                return Err(again(step.name, &Failure::new("tests failed")).then(&count));
            }
            counted = Some(count);
        }
    }
    say::note(format_args!("\nall steps passed after {:.0} s", started.elapsed().as_secs_f64()));
    if let Some(count) = counted {
        say::result(format_args!("{count}"));
    }
    Ok(())
}

/// All peers, with what they need of the system.
pub(crate) fn all_peers(workspace: &Workspace) -> Result<(), Failure> {
    timed("set-up: system packages", || peers::system_packages(workspace))?;
    timed("set-up: node peers", || peers::node(workspace))?;
    timed("set-up: python peers", || peers::python(workspace))
}

/// What the steps need, each once.
fn set_up(runner: &Runner, steps: &[&Step]) -> Result<(), Failure> {
    let needs = |need| steps.iter().any(|step| step.needs.contains(&need));
    if needs(Need::Peers) {
        all_peers(&runner.workspace)?;
    }
    if needs(Need::Nextest) {
        timed("set-up: cargo-nextest", || tools::NEXTEST.install(&runner.workspace))?;
    }
    if needs(Need::Deny) {
        timed("set-up: cargo-deny", || tools::DENY.install(&runner.workspace))?;
    }
    Ok(())
}

fn timed<T>(name: &str, run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    say::note(format_args!("\n==> {name}"));
    let started = machine::now();
    let done = run();
    let word = if done.is_ok() { "done" } else { "FAILED" };
    say::note(format_args!("<== {name}: {word} after {:.1} s", started.elapsed().as_secs_f64()));
    done
}

fn again(step: &str, failure: &Failure) -> Failure {
    Failure::new(format!("step {step}: {failure}\nto run it alone: cargo xtask test --only {step}"))
}

fn clippy(runner: &Runner) -> Result<Outcome, Failure> {
    runner.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
}

/// The engine of policies with Cedar in it, which the other steps leave out.
fn cedar(runner: &Runner) -> Result<Outcome, Failure> {
    let of = ["-p", "ringfence-policy", "--features", "cedar", "--locked"];
    runner.cargo(&[&["clippy"], &of[..], &["--all-targets", "--", "-D", "warnings"]].concat())?;
    runner.cargo(&[&["nextest", "run"], &of[..]].concat())
}

/// The advisory check is left out: it fetches a database from a host that a build machine may not reach.
fn deny(runner: &Runner) -> Result<Outcome, Failure> {
    runner.cargo(&["deny", "--locked", "check", "licenses", "bans", "sources"])
}

impl Runner {
    fn cargo(&self, words: &[&str]) -> Result<Outcome, Failure> {
        machine::run(&mut self.command(words)).map(|()| Outcome::Held)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = machine::cargo();
        command.args(words).current_dir(&self.workspace.root).env("PATH", &self.path);
        command
    }
}
