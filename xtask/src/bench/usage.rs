//! What a process and its children cost, from `/proc`.

use std::path::Path;
use std::time::Duration;

use crate::machine;

/// Ticks of `/proc/PID/stat` in a second: `USER_HZ`, 100 on every Linux we run on.
const TICKS: u64 = 100;

/// The processes of a proxy, its upstream server left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Processes(Vec<u32>);

impl Processes {
    /// `root` and all below it that do not run the fixture, which is this very program.
    pub(crate) fn below(root: u32) -> Self {
        let own = std::env::current_exe().ok();
        let all: Vec<Stat> = numbers().filter_map(Stat::of).collect();
        let mut found = vec![root];
        let mut at = 0;
        while let Some(parent) = found.get(at).copied() {
            at += 1;
            let children = all.iter().filter(|stat| stat.parent == parent).map(|stat| stat.number);
            found.extend(
                children.filter(|number| std::fs::read_link(format!("/proc/{number}/exe")).ok() != own),
            );
        }
        Self(found)
    }

    /// `number` alone.
    pub(crate) fn only(number: u32) -> Self {
        Self(vec![number])
    }

    /// CPU time used so far, in user and system mode.
    pub(crate) fn cpu(&self) -> Duration {
        let ticks: u64 = self.0.iter().filter_map(|number| Stat::of(*number)).map(|stat| stat.ticks).sum();
        Duration::from_millis(ticks * 1_000 / TICKS)
    }

    /// Peak resident memory in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_memory(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, field: &str) -> u64 {
        let read = |number: &u32| machine::read_text(Path::new(&format!("/proc/{number}/status"))).ok();
        self.0.iter().filter_map(read).filter_map(|status| kib(&status, field)).sum()
    }
}

/// What we read of `/proc/PID/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    number: u32,
    parent: u32,
    ticks: u64,
}

impl Stat {
    fn of(number: u32) -> Option<Self> {
        Self::read(number, &machine::read_text(Path::new(&format!("/proc/{number}/stat"))).ok()?)
    }

    /// The name in brackets may hold anything, so fields count from the last bracket (proc_pid_stat(5)).
    fn read(number: u32, line: &str) -> Option<Self> {
        let (_, fields) = line.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let field = |index: usize| fields.get(index - 3)?.parse::<u64>().ok();
        Some(Self { number, parent: u32::try_from(field(4)?).ok()?, ticks: field(14)? + field(15)? })
    }
}

fn numbers() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn kib(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
