use std::path::Path;

use ringfence_model::config::Config;

use super::STARTER;
use crate::config::file;

/// The starter with its example lines in force; lines of prose begin with `##`.
fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(setting) => setting.to_owned(),
        None => line.to_owned(),
    };
    STARTER.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_starter_changes_nothing() {
    let config: Config = file::parse(Path::new("ringfence.yaml"), STARTER).unwrap();
    assert_eq!(config, Config::standard());
}

#[test]
fn what_it_shows_are_the_defaults_and_one_example() {
    let mut config: Config = file::parse(Path::new("ringfence.yaml"), &uncommented()).unwrap();
    let names: Vec<_> = config.servers.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["files", "mail"]);
    config.servers.clear();
    assert_eq!(config, Config::standard());
}
