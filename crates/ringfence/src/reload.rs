//! The policy, read again while the kernel runs: when the configuration or a rule file has changed.
//!
//! Must never leave the kernel without a policy, nor with half of a new one: what does not load in full changes nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ringfence_kernel::Kernel;
use ringfence_policy::PolicySet;
use tokio_util::sync::CancellationToken;

use crate::config::env::Environment;
use crate::config::policy_files::RuleFile;
use crate::config::{self, Loaded, Origin};

/// How often it looks. A change is read at the look after the one that saw it, so that an editor has time to finish and
/// a storm of changes costs one reading for two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Where the policy comes from.
#[derive(Debug)]
pub(crate) struct Sources {
    origin: Origin,
    files: Vec<PathBuf>,
}

/// What can be told of a file without reading it.
type Trace = (PathBuf, Option<(SystemTime, u64)>);

impl Sources {
    /// Of a configuration that was loaded from `origin`.
    pub(crate) fn of(origin: Origin, loaded: &Loaded) -> Self {
        let files = files(&loaded.rules);
        Self { origin, files }
    }

    /// The configuration, the rule files and their folders: a new file shows in its folder.
    fn traces(&self) -> Vec<Trace> {
        let config = self.origin.file.path();
        let folders = self.files.iter().filter_map(|file| file.parent());
        let mut paths: Vec<PathBuf> = std::iter::once(config)
            .chain(self.files.iter().map(PathBuf::as_path))
            .chain(folders)
            .map(PathBuf::from)
            .collect();
        paths.sort();
        paths.dedup();
        let trace = |path: PathBuf| {
            let known = std::fs::metadata(&path).ok();
            let known = known.and_then(|known| Some((known.modified().ok()?, known.len())));
            (path, known)
        };
        paths.into_iter().map(trace).collect()
    }
}

fn files(rules: &[RuleFile]) -> Vec<PathBuf> {
    rules.iter().map(|file| PathBuf::from(&file.name)).collect()
}

/// Puts changed policies in force until `stop`.
pub(crate) async fn watch(
    kernel: Arc<Kernel>,
    mut sources: Sources,
    env: Environment,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut known = sources.traces();
    // What changed between the loading of the policy and this look would never be seen to change.
    let mut changed = true;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let now = sources.traces();
        if !changed {
            changed = now != known;
            continue;
        }
        changed = false;
        known = now;
        let (origin, env) = (sources.origin.clone(), env.clone());
        match tokio::task::spawn_blocking(move || read(&origin, &env)).await {
            Ok(Ok((policy, files))) => {
                if sources.files != files {
                    sources.files = files;
                    known = sources.traces();
                    // The new files may have changed since they were read.
                    changed = true;
                }
                match kernel.changed(policy) {
                    Ok(true) => tracing::info!("the changed policy is in force"),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(%error, "a changed policy could not be recorded and is not in force")
                    }
                }
            }
            Ok(Err(problem)) => kernel.reject(&problem),
            Err(error) => tracing::error!(%error, "reading the policy was interrupted"),
        }
    }
}

/// The policy as it is on disk now, or the first thing that is wrong with it.
fn read(origin: &Origin, env: &Environment) -> Result<(PolicySet, Vec<PathBuf>), String> {
    let first = |errors: config::error::ConfigErrors| {
        errors
            .each()
            .next()
            .map_or_else(|| "the configuration cannot be read".to_owned(), |problem| problem.message)
    };
    let loaded = config::load(origin, env).map_err(first)?;
    let sources: Vec<_> = loaded.rules.iter().map(RuleFile::source).collect();
    let policy = PolicySet::load(&sources, &loaded.config.policy).map_err(|errors| {
        errors.first().map_or_else(|| "the policy cannot be read".to_owned(), ToString::to_string)
    })?;
    Ok((policy, files(&loaded.rules)))
}
