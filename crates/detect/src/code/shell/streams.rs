//! What commands read and write beside their pipes. Must never let a write pass whose path is not known.

use std::ops::Range;

use super::expand::UNKNOWN;
use super::machine::{Machine, Stream};
use super::syntax::{Redirect, RedirectKind};
use super::target::{self, Target};
use crate::code::rule;

impl Machine<'_, '_> {
    /// What `path` means here: by itself, and below the directory that the text changed to. The worse counts, since
    /// the change may fail.
    pub(super) fn judge(&self, path: &str) -> Target {
        let alone = target::judge(path);
        self.below(path).map_or(alone, |below| alone.max(target::judge(&below)))
    }

    /// `path` below the directory that the text changed to; `None` where that says nothing new.
    fn below(&self, path: &str) -> Option<String> {
        let directory = self.directory.as_ref()?;
        target::is_relative(path).then(|| format!("{directory}/{path}"))
    }

    /// Notes a change of directory.
    pub(super) fn enter(&mut self, path: &str) {
        let path = self.below(path).unwrap_or_else(|| path.to_owned());
        if self.directory.is_none() && target::is_relative(&path) && target::judge(&path) <= Target::Here {
            // Further inside: what is relative stays so.
            return;
        }
        let worse = |old: &String| target::judge(old) > target::judge(&path);
        if !self.directory.as_ref().is_some_and(worse) {
            self.directory = Some(path);
        }
    }

    /// Judges what `redirects` open; the input is what the last of them gives.
    pub(super) fn redirects(&mut self, redirects: &[Redirect], input: Stream) -> Stream {
        let mut input = input;
        for redirect in redirects {
            let span = redirect.target.span.clone();
            match redirect.kind {
                RedirectKind::Here(index) => {
                    let body = self.bodies.get(index).cloned().unwrap_or_default();
                    input = Stream::Known(self.text(&body));
                }
                RedirectKind::HereString => input = Stream::Known(self.text(&redirect.target) + "\n"),
                RedirectKind::Read => {
                    let processes = self.processes.len();
                    let path = self.text(&redirect.target);
                    input = match self.processes.get(processes) {
                        Some(stream) => stream.clone(),
                        None => self.read(&path, span),
                    };
                }
                RedirectKind::Write => {
                    let path = self.text(&redirect.target);
                    self.write(&path, false, span);
                }
                RedirectKind::Append => {
                    let path = self.text(&redirect.target);
                    self.write(&path, true, span);
                }
                RedirectKind::Duplicate => {
                    self.text(&redirect.target);
                }
            }
        }
        input
    }

    /// What is left for the pipe after `redirects`.
    pub(super) fn redirected(&self, redirects: &[Redirect], output: Stream) -> Stream {
        let away = redirects
            .iter()
            .any(|redirect| matches!(redirect.kind, RedirectKind::Write | RedirectKind::Append));
        if away { Stream::Nothing } else { output }
    }

    /// Judges redirections that open a file for writing and write nothing.
    pub(super) fn empties(&mut self, redirects: &[Redirect], span: Range<usize>) {
        for redirect in redirects.iter().filter(|redirect| redirect.kind == RedirectKind::Write) {
            let path = self.text(&redirect.target);
            if !path.starts_with("/dev/") && target::judge(&path) < Target::Elsewhere {
                self.findings.add(&rule::EMPTIED, span.clone());
            }
        }
    }

    /// Judges reading `path`.
    pub(super) fn read(&mut self, path: &str, span: Range<usize>) -> Stream {
        if path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/") {
            self.findings.add(&rule::REVERSE_SHELL, span);
            return Stream::Remote;
        }
        let below = self.below(path);
        let path = below.as_deref().unwrap_or(path);
        if target::is_credential(path) {
            self.findings.add(&rule::CREDENTIAL_READ, span);
            return Stream::Secret;
        }
        if target::is_project_secret(path) { Stream::Secret } else { Stream::Unknown }
    }

    /// Judges writing to `path` by a redirection or a program.
    pub(super) fn write(&mut self, path: &str, append: bool, span: Range<usize>) {
        if path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/") {
            self.findings.add(&rule::REVERSE_SHELL, span);
            return;
        }
        self.wrote |= target::is_recipe(path);
        let below = self.below(path);
        let path = below.as_deref().unwrap_or(path);
        if target::is_device(path) {
            self.findings.add(&rule::WRITE_DEVICE, span);
        } else if target::is_trace(path) {
            if !append {
                self.findings.add(&rule::HISTORY_WIPE, span);
            }
        } else if target::is_protected(path) {
            self.findings.add(&rule::PROTECTED_WRITE, span);
        } else if path.starts_with(UNKNOWN) {
            // A path that begins with what is not known may lead anywhere.
            self.findings.add(&rule::UNRESOLVED_TARGET, span);
        } else if target::judge(path) >= Target::Elsewhere {
            self.findings.add(&rule::WRITE_OUTSIDE, span);
        }
    }
}
