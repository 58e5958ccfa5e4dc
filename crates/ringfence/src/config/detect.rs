//! The places of what `detect` says: a rule that does not hold is an error with its line.
//!
//! Must never let a kernel start without a rule that its operator wrote.

use std::path::Path;

use ringfence_detect::Detectors;
use ringfence_model::config::DetectConfig;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use super::error::ConfigError;
use super::file;

/// The file, as far as places are wanted.
#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    detect: Places,
}

#[derive(Default, Deserialize)]
struct Places {
    #[serde(default)]
    rules: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    disable: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    allow: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    origins: Vec<Spanned<IgnoredAny>>,
}

/// Adds a fault for each entry of `detect` that does not hold. `text` is the text that it was parsed from.
pub(crate) fn check(path: &Path, text: &str, detect: &DetectConfig, faults: &mut Vec<ConfigError>) {
    if *detect == DetectConfig::standard() || Detectors::new(detect).is_ok() {
        return;
    }
    let before = faults.len();
    let places = match file::parse::<Outline>(path, text) {
        Ok(outline) => outline.detect,
        Err(fault) => return faults.push(fault),
    };
    let mut alone = |config: DetectConfig, place: &Spanned<IgnoredAny>| {
        if let Err(error) = Detectors::new(&config) {
            let place = file::place(path, place.referenced);
            faults.push(ConfigError::Form { place, message: format!("detect: {error}") });
        }
    };
    let none = DetectConfig::standard;
    for (rule, place) in detect.rules.iter().zip(&places.rules) {
        alone(DetectConfig { rules: vec![rule.clone()], ..none() }, place);
    }
    for (id, place) in detect.disable.iter().zip(&places.disable) {
        alone(DetectConfig { disable: vec![id.clone()], ..none() }, place);
    }
    for (value, place) in detect.allow.iter().zip(&places.allow) {
        alone(DetectConfig { allow: vec![value.clone()], ..none() }, place);
    }
    for (origin, place) in detect.origins.iter().zip(&places.origins) {
        alone(DetectConfig { origins: vec![origin.clone()], ..none() }, place);
    }
    if faults.len() == before {
        let place = super::error::Place { file: path.to_owned(), line: 1, column: 1 };
        faults.push(ConfigError::Form { place, message: "detect: its rules do not hold together".into() });
    }
}
