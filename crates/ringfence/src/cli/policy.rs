//! `ringfence policy`: the rules.

use std::path::PathBuf;

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

/// Check rules
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
}

impl Policy {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self::Check { files } = self;
        let (problems, checked) = if files.is_empty() { configured(context)? } else { named(&files)? };
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
