//! `ringfence scan`: code, skills, instructions of agents and MCP configurations at rest, which needs no kernel; and what
//! configured servers say of themselves.
//!
//! Must never run, load or follow what it finds, nor show a secret that stands there.

mod cache;
mod engines;
mod file;
mod markdown;
mod mcp;
mod report;
mod sarif;
mod servers;
mod subject;
mod walk;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use ringfence_detect::PersonalData;
use ringfence_model::finding::Severity;

use super::Context;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop};

use cache::Cache;
use engines::Engines;
use report::Report;

/// Scan code, skills, instructions, MCP configurations and definitions of servers
#[derive(Debug, Args)]
#[command(after_help = "\
What .gitignore names is passed over, but for the folder of a skill, which is scanned whole.
With --servers the kernel starts the configured servers and lists them, as it does for a client: what is new is pinned,
what gives the model orders is held.
Exit codes: 1 with a finding of the severity of --fail-on or worse, 2 could not answer.

Examples:
  ringfence scan .
  ringfence scan ~/.claude/skills ~/.cursor/mcp.json --fail-on medium
  ringfence scan --sarif . > ringfence.sarif
  ringfence scan --servers --json")]
pub(crate) struct Scan {
    /// Files and folders
    #[arg(value_name = "PATH", required_unless_present = "servers")]
    paths: Vec<PathBuf>,
    /// Tools, prompts and instructions of the configured servers
    #[arg(long)]
    servers: bool,
    /// Look for personal data, too
    #[arg(long)]
    pii: bool,
    /// Write SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Level::High)]
    fail_on: Level,
    /// Show findings from this severity on
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Level::Low)]
    min_severity: Level,
    /// Scan what .gitignore and the like name, too
    #[arg(long)]
    no_ignore: bool,
    /// Neither use nor keep what is known of unchanged files
    #[arg(long)]
    no_cache: bool,
}

/// A severity on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Level {
    const fn severity(self) -> Severity {
        match self {
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

impl Scan {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        let config = context.config()?;
        let wanted = PersonalData::wanted(self.pii);
        let engines = Engines { detectors: context.detectors(&config, wanted)? };
        let settings = format!("{wanted:?} {:?}", config.detect);
        let mut cache = if self.no_cache { Cache::none() } else { Cache::open(&context.paths()?, settings) };
        let found = walk::files(&self.paths, self.no_ignore)?;
        let mut report = Report::new(self.min_severity.severity(), found.is_cut);
        let bar = progress(found.files.len());
        for path in &found.files {
            report.add(path, file::scan(path, &engines, &mut cache));
            bar.inc(1);
        }
        bar.finish_and_clear();
        if let Err(error) = cache.save() {
            output::note(&format!("note: what is known of unchanged files was not kept: {error}"));
        }
        if self.servers {
            servers::scan(context, &mut report)?;
        }
        report.sort();
        if self.sarif {
            output::json(&sarif::log(&report))?;
        } else {
            match context.format {
                Format::Json => output::json(&report)?,
                Format::Text => output::text(&report.shown())?,
            }
        }
        Ok(report.exit(self.fail_on.severity()))
    }
}

/// On a terminal a bar, elsewhere nothing.
fn progress(files: usize) -> ProgressBar {
    let bar = ProgressBar::new(files as u64);
    match ProgressStyle::with_template("scanning [{wide_bar}] {pos}/{len} files") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
