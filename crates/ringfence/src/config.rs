//! The configuration in force: defaults < file < environment < flags, and the rule files it names.
//!
//! Must never look in the current folder by itself, and never log a configured value.

pub(crate) mod detect;
pub(crate) mod env;
pub(crate) mod error;
pub(crate) mod expand;
pub(crate) mod file;
pub(crate) mod name;
pub(crate) mod policy_files;
pub(crate) mod servers;
pub(crate) mod settings;
pub(crate) mod webhooks;

use std::path::{Path, PathBuf};

use ringfence_model::config::Config;
use ringfence_model::pin::PinLock;

use env::Environment;
use error::{ConfigError, ConfigErrors};
use policy_files::RuleFile;
use settings::Given;

/// Where the configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The configuration file.
    pub(crate) file: ConfigFile,
    /// Further files of servers (`--servers`), in order.
    pub(crate) servers: Vec<PathBuf>,
    /// Flags, weakest first.
    pub(crate) flags: Vec<Given>,
}

/// The configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigFile {
    /// Named by flag or environment: must exist.
    Named(PathBuf),
    /// In its usual place: may be missing.
    Usual(PathBuf),
}

impl ConfigFile {
    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Usual(path) => path,
        }
    }
}

/// The configuration in force.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Complete and checked: `${VAR}` replaced, working directories set.
    pub(crate) config: Config,
    /// `ringfence.lock` beside the file, where there is one.
    pub(crate) lock: Option<PinLock>,
    /// The rule files, unparsed.
    pub(crate) rules: Vec<RuleFile>,
    /// For a person: what was passed over. No values.
    pub(crate) notes: Vec<String>,
}

/// Loads all of it.
///
/// # Errors
/// Every fault that could be found, each with its place.
pub(crate) fn load(origin: &Origin, env: &Environment) -> Result<Loaded, ConfigErrors> {
    let path = origin.file.path();
    let text = match (&origin.file, file::read(path)) {
        (_, Ok(text)) => text,
        (ConfigFile::Usual(_), Err(ConfigError::Unreadable { source, .. }))
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            String::new()
        }
        (_, Err(fault)) => return Err(fault.into()),
    };
    let mut faults = Vec::new();
    let mut config: Config =
        if text.trim().is_empty() { Config::standard() } else { file::parse(path, &text)? };
    let mut given = settings::of_environment(env).unwrap_or_else(|found| {
        faults.extend(found);
        Vec::new()
    });
    given.extend(origin.flags.iter().cloned());
    for given in &given {
        if let Err(fault) = settings::apply(&mut config, given) {
            faults.push(fault);
        }
    }
    if !config.listen.ip().is_loopback() {
        let from = given
            .iter()
            .rev()
            .find(|given| matches!(given.setting, settings::Setting::Listen | settings::Setting::ListenHost))
            .map_or_else(|| format!("{}: listen", path.display()), |given| given.from.clone());
        faults.push(ConfigError::NotLoopback { from, address: config.listen.ip() });
    }
    let notes = all_servers(&mut config, origin, path, &text, env, &mut faults);
    let rules = policy_files::read(path, &config.policy.files).unwrap_or_else(|found| {
        faults.extend(found);
        Vec::new()
    });
    let lock = lock(path).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    detect::check(path, &text, &config.detect, &mut faults);
    webhooks::check(path, &text, &mut config.approvals.webhooks, env, &mut faults);
    match ConfigErrors::of(faults) {
        Some(errors) => Err(errors),
        None => Ok(Loaded { config, lock, rules, notes }),
    }
}

/// The definitions that are locked beside the configuration. A file that cannot be read or understood is no file that is
/// not there.
fn lock(config: &Path) -> Result<Option<PinLock>, ConfigError> {
    let path = config.with_file_name("ringfence.lock");
    let text = match file::read(&path) {
        Ok(text) => text,
        Err(ConfigError::Unreadable { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(fault) => return Err(fault),
    };
    let lock: PinLock = file::parse(&path, &text)?;
    if lock.version != PinLock::VERSION {
        let place = error::Place { file: path, line: 1, column: 1 };
        let message =
            format!("version {} is not known: this build reads version {}", lock.version, PinLock::VERSION);
        return Err(ConfigError::Form { place, message });
    }
    Ok(Some(lock))
}

/// Puts the servers of all files into `config`; returns notes.
fn all_servers(
    config: &mut Config,
    origin: &Origin,
    path: &Path,
    text: &str,
    env: &Environment,
    faults: &mut Vec<ConfigError>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let mut defined = Vec::new();
    match servers::own(path, text, std::mem::take(&mut config.servers), env) {
        Ok(own) => defined.push(own),
        Err(found) => faults.extend(found),
    }
    for path in &origin.servers {
        let foreign = file::read(path)
            .map_err(|fault| vec![fault])
            .and_then(|text| servers::foreign::parse(path, &text, env));
        match foreign {
            Ok(foreign) => {
                defined.push(foreign.servers);
                notes.extend(foreign.notes);
            }
            Err(found) => faults.extend(found),
        }
    }
    match servers::join(defined) {
        Ok(joined) => config.servers = joined,
        Err(found) => faults.extend(found),
    }
    notes
}

#[cfg(test)]
mod tests;
