//! Programs that change the machine: processes, services, accounts, firewalls, schedules. Must never confuse asking
//! about a thing with changing it.

use super::options::Options;
use crate::code::rule::{self, Rule};
use crate::code::shell::machine::{Call, Machine, Stream};

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    let words: Vec<&str> =
        call.arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let first = words.first().copied().unwrap_or_default();
    let has = |option: &str| call.arguments.iter().any(|argument| argument == option);
    let rule: Option<&Rule> = match call.name {
        "date" | "hostname" | "domainname" => {
            let sets = has("-s")
                || has("--set")
                || call.name == "hostname" && !first.is_empty() && !has("-f") && !has("-i");
            (sets && !first.starts_with('+')).then_some(&rule::SERVICE)
        }
        "kill" => kill(call),
        "killall" | "killall5" => {
            Some(if call.name == "killall5" { &rule::KILL_ALL } else { &rule::KILL_MANY })
        }
        "pkill" | "skill" | "xkill" | "taskkill" => {
            Some(if has("-u") || has("-U") { &rule::KILL_ALL } else { &rule::KILL_MANY })
        }
        "shutdown" | "reboot" | "halt" | "poweroff" | "telinit" => {
            (!has("-c") && !has("--help") && !has("--show")).then_some(&rule::SYSTEM_STOP)
        }
        "init" => matches!(first, "0" | "1" | "6").then_some(&rule::SYSTEM_STOP),
        "systemctl" => match first {
            "status" | "show" | "list-units" | "list-unit-files" | "is-active" | "is-enabled"
            | "is-failed" | "cat" | "list-timers" | "list-dependencies" | "list-sockets" | "list-jobs"
            | "get-default" | "help" | "show-environment" | "" => None,
            "poweroff" | "reboot" | "halt" | "kexec" | "suspend" | "hibernate" | "rescue" | "emergency"
            | "isolate" => Some(&rule::SYSTEM_STOP),
            "stop" | "disable" | "mask" | "kill" | "revert" => {
                Some(match words.get(1).copied().unwrap_or_default().trim_end_matches(".service") {
                    "ssh" | "sshd" | "firewalld" | "ufw" | "auditd" | "rsyslog" | "systemd-journald"
                    | "apparmor" | "NetworkManager" | "networking" | "systemd-networkd" | "docker"
                    | "fail2ban" => &rule::SYSTEM_STOP,
                    _ => &rule::SERVICE,
                })
            }
            "enable" | "link" | "edit" | "set-property" | "import-environment" | "set-environment" => {
                Some(&rule::PERSISTENCE)
            }
            _ => Some(&rule::SERVICE),
        },
        "service" | "initctl" | "launchctl" | "sv" | "rc-service" | "sc" | "net" => {
            let asks =
                words.iter().any(|word| matches!(*word, "status" | "list" | "print" | "query" | "view"))
                    || has("--status-all");
            (!asks).then_some(&rule::SERVICE)
        }
        "journalctl" => call
            .arguments
            .iter()
            .any(|argument| argument.starts_with("--vacuum") || argument == "--rotate")
            .then_some(&rule::HISTORY_WIPE),
        "dmesg" => {
            (has("-C") || has("-c") || has("--clear") || has("--read-clear")).then_some(&rule::HISTORY_WIPE)
        }
        "wevtutil" => matches!(first, "cl" | "clear-log").then_some(&rule::HISTORY_WIPE),
        "useradd" | "userdel" | "usermod" | "adduser" | "deluser" | "groupadd" | "groupdel" | "groupmod"
        | "passwd" | "chpasswd" | "visudo" | "vipw" | "chsh" | "gpasswd" | "dscl" | "newusers" => {
            Some(&rule::ACCOUNT)
        }
        "iptables" | "ip6tables" | "nft" | "ufw" | "firewall-cmd" | "pfctl" | "ipset" | "netsh" => {
            let asks = has("-L")
                || has("-S")
                || has("--list")
                || has("-nL")
                || has("-vnL")
                || has("--list-all")
                || has("--state")
                || matches!(first, "list" | "status" | "show")
                || has("-s");
            (!asks).then_some(&rule::FIREWALL)
        }
        "setenforce" | "aa-disable" | "aa-teardown" | "spctl" | "csrutil" => Some(&rule::FIREWALL),
        "sysctl" => (has("-w") || words.iter().any(|word| word.contains('='))).then_some(&rule::SERVICE),
        "crontab" => crontab(call),
        "at" | "batch" => (!has("-l")).then_some(&rule::PERSISTENCE),
        "modprobe" | "insmod" | "rmmod" | "kexec" => Some(&rule::HIJACK),
        "mount" => (!words.is_empty()).then_some(&rule::SERVICE),
        "umount" | "swapoff" | "losetup" => Some(&rule::SERVICE),
        "ip" | "ifconfig" | "route" | "nmcli" | "iwconfig" | "ethtool" | "tc" | "brctl" => {
            let changes = words.iter().any(|word| {
                matches!(
                    *word,
                    "add"
                        | "del"
                        | "delete"
                        | "flush"
                        | "set"
                        | "change"
                        | "replace"
                        | "up"
                        | "down"
                        | "off"
                        | "on"
                        | "modify"
                )
            });
            changes.then_some(&rule::SERVICE)
        }
        "update-alternatives" | "ldconfig" | "update-rc.d" | "chkconfig" => Some(&rule::PERSISTENCE),
        "vi" | "vim" | "nvim" | "view" | "ex" | "emacs" | "nano" | "pico" | "ed" => editor(call),
        "reg" => matches!(first, "delete" | "DELETE").then_some(&rule::SYSTEM_STOP),
        "bcdedit" | "vssadmin" | "wbadmin" | "cipher" => Some(&rule::SYSTEM_STOP),
        "tmux" | "screen" => (!matches!(first, "ls" | "list-sessions" | "attach" | "kill-session")
            && !has("-ls")
            && !has("-r"))
        .then_some(&rule::UNINSPECTED_CODE),
        "defaults" => (first != "read").then_some(&rule::SERVICE),
        "pbcopy" | "xclip" | "xsel" | "wl-copy" | "notify-send" | "logger" | "wall" | "open" | "xdg-open"
        | "say" => (call.name == "open" || call.name == "xdg-open").then_some(&rule::UNKNOWN_PROGRAM),
        _ => return None,
    };
    if let Some(rule) = rule {
        machine.findings.add(rule, call.span.clone());
    }
    Some(Stream::Unknown)
}

fn kill(call: &Call<'_>) -> Option<&'static Rule> {
    if call.arguments.iter().any(|argument| argument == "-l" || argument == "-L" || argument == "-0") {
        return None;
    }
    // After the signal, a process id of -1 means every process, and 1 is init.
    let ids = call.arguments.iter().skip_while(|argument| {
        argument.starts_with('-') && argument.as_str() != "-1" && argument.as_str() != "--"
    });
    let all = ids.clone().any(|id| id == "-1" || id == "1")
        && !(call.arguments.len() > 1
            && call.arguments.first().is_some_and(|first| first == "-1")
            && !call.arguments.iter().skip(1).any(|id| id == "-1" || id == "1"));
    all.then_some(&rule::KILL_ALL)
}

fn crontab(call: &Call<'_>) -> Option<&'static Rule> {
    let options = Options::of(call.arguments, "u", &[]);
    if options.has("r") {
        Some(&rule::SCHEDULE)
    } else if options.has("l") {
        None
    } else {
        Some(&rule::PERSISTENCE)
    }
}

/// `vim -c ':!sh'`, `emacs --eval`: the editor runs what it is told.
fn editor(call: &Call<'_>) -> Option<&'static Rule> {
    let runs = call.arguments.iter().any(|argument| {
        matches!(
            argument.as_str(),
            "-c" | "-S"
                | "--cmd"
                | "--eval"
                | "-f"
                | "--batch"
                | "-l"
                | "-s"
                | "--script"
                | "-Q"
                | "-Es"
                | "-es"
        ) || argument.starts_with('+')
            && !argument.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit())
            || argument.starts_with("-c")
            || argument.starts_with("--eval=")
    });
    if runs { Some(&rule::SHELL_ESCAPE) } else { Some(&rule::UNINSPECTED_CODE) }
}
