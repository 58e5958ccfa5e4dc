//! `ringfence policy`: the rules.

mod explain;
mod history;
mod lint;
mod load;
mod presets;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use ringfence_model::config::{Config, PolicyConfig};
use ringfence_model::problem::Problem;
use ringfence_policy::PolicySet;
use serde_json::json;

use super::Context;
use crate::config;
use crate::config::policy_files::RuleFile;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop, rule};

/// Check, explain, test and compare rules
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Check the configuration and its rule files, or FILES alone, and show every error with its place
    #[command(after_help = "\
Exit codes: 1 when there are errors.

Examples:
  ringfence policy check
  ringfence policy check policy/*.yaml")]
    Check {
        /// Rule files to check instead of the configuration
        files: Vec<PathBuf>,
    },
    Load(load::Load),
    Lint(lint::Lint),
    Explain(explain::Explain),
    Test(explain::Test),
    Diff(history::Diff),
    Suggest(history::Suggest),
    #[command(subcommand)]
    Presets(presets::Presets),
}

impl Policy {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Check { files } => check(context, &files),
            Self::Load(command) => command.run(context),
            Self::Lint(command) => command.run(context),
            Self::Explain(command) => command.run(context),
            Self::Test(command) => command.run(context),
            Self::Diff(command) => command.run(context),
            Self::Suggest(command) => command.run(context),
            Self::Presets(command) => command.run(context),
        }
    }
}

/// Rule files and what is in force beside them.
pub(super) struct Sources {
    files: Vec<RuleFile>,
    config: Config,
}

impl Sources {
    /// Those of the configuration; with `named`, these instead of its rule files.
    pub(super) fn of(context: &Context, named: &[PathBuf]) -> Result<Self, Stop> {
        let paths = context.paths()?;
        let loaded = config::load(&context.origin(&paths)?, &context.env)?;
        let config = loaded.config;
        if named.is_empty() {
            return Ok(Self { files: loaded.rules, config });
        }
        let read: Result<Vec<RuleFile>, _> = named.iter().map(|path| RuleFile::read(path)).collect();
        Ok(Self { files: read.map_err(config::error::ConfigErrors::from)?, config })
    }

    fn sources(&self) -> Vec<ringfence_policy::Source<'_>> {
        self.files.iter().map(RuleFile::source).collect()
    }

    /// True where `file` is one of them.
    pub(super) fn names(&self, file: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        let wanted = real(file);
        wanted.is_some() && self.files.iter().any(|known| real(Path::new(&known.name)) == wanted)
    }

    /// The policy; every error of it is shown.
    pub(super) fn load(&self, context: &Context) -> Result<PolicySet, Stop> {
        PolicySet::load(&self.sources(), &self.config.policy).map_err(|errors| {
            let shown: Result<(), Stop> = match (context.format, errors.as_slice()) {
                // One JSON value: the first stands for all.
                (Format::Json, [first, ..]) => output::problem(&rule(first), Format::Json),
                (Format::Json, []) => Ok(()),
                (Format::Text, all) => {
                    all.iter().try_for_each(|error| output::problem(&rule(error), Format::Text))
                }
            };
            shown.err().unwrap_or(Stop::Reported(Exit::CouldNot))
        })
    }
}

/// Checks files, or the configuration where none is named.
fn check(context: &Context, files: &[PathBuf]) -> Result<Exit, Stop> {
    let (problems, checked) = if files.is_empty() { configured(context)? } else { named(files)? };
    let exit = if problems.is_empty() { Exit::Yes } else { Exit::Finding };
    match context.format {
        Format::Json => output::json(&json!({
            "valid": problems.is_empty(),
            "checked": checked,
            "problems": problems,
        }))?,
        Format::Text => {
            for problem in &problems {
                output::problem(problem, Format::Text)?;
            }
            if problems.is_empty() {
                output::text(&format!("valid: {}", checked.join(", ")))?;
            }
        }
    }
    Ok(exit)
}

/// Problems, and the names of what was checked.
type Checked = (Vec<Problem>, Vec<String>);

fn configured(context: &Context) -> Result<Checked, Stop> {
    let paths = context.paths()?;
    let origin = context.origin(&paths)?;
    let shown = origin.file.path().display().to_string();
    let loaded = match config::load(&origin, &context.env) {
        Ok(loaded) => loaded,
        Err(errors) => return Ok((errors.each().collect(), vec![shown])),
    };
    let problems = rules(&loaded.rules, &loaded.config.policy);
    let checked = std::iter::once(shown).chain(loaded.rules.into_iter().map(|file| file.name)).collect();
    Ok((problems, checked))
}

fn named(files: &[PathBuf]) -> Result<Checked, Stop> {
    let read: Result<Vec<RuleFile>, _> = files.iter().map(|path| RuleFile::read(path)).collect();
    let read = read.map_err(config::error::ConfigErrors::from)?;
    let problems = rules(&read, &Config::standard().policy);
    Ok((problems, read.into_iter().map(|file| file.name).collect()))
}

fn rules(files: &[RuleFile], policy: &PolicyConfig) -> Vec<Problem> {
    let sources: Vec<_> = files.iter().map(RuleFile::source).collect();
    match PolicySet::load(&sources, policy) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(rule).collect(),
    }
}
