//! The programs of Windows that PowerShell, cmd and a Unix shell on Windows start alike. Must never take a sub-command
//! that it does not know for one that only asks.

use base64::Engine as _;

use super::expand::UNKNOWN;
use super::target::{self, Target};
use crate::code::rule::{self, Rule};

/// What a program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing that matters.
    Quiet,
    Does(&'static Rule),
}

/// Programs that only ask or show.
const QUIET: &[&str] = &[
    "ipconfig",
    "systeminfo",
    "tasklist",
    "whoami",
    "where",
    "ver",
    "hostname",
    "getmac",
    "netstat",
    "nslookup",
    "ping",
    "tracert",
    "pathping",
    "arp",
    "driverquery",
    "findstr",
    "find",
    "fc",
    "comp",
    "tree",
    "more",
    "sort",
    "clip",
    "vol",
    "query",
    "quser",
    "qwinsta",
    "gpresult",
    "openfiles",
    "chcp",
    "timeout",
    "sfc",
    "help",
    "choice",
    "nbtstat",
    "title",
    "color",
    "pause",
    "mode",
];

/// What `name`, in lower case and without `.exe`, does with `arguments`; `None` for programs that are not known here.
pub(super) fn judge(name: &str, arguments: &[String]) -> Option<Known> {
    let lower: Vec<String> = arguments.iter().map(|argument| argument.to_ascii_lowercase()).collect();
    let has = |words: &[&str]| {
        lower.iter().any(|argument| words.contains(&argument.trim_start_matches(['/', '-'])))
    };
    let contains = |part: &str| lower.iter().any(|argument| argument.contains(part));
    let first = lower.first().map(|word| word.trim_start_matches(['/', '-'])).unwrap_or_default();
    let asks = has(&["?", "help"]);
    let does = |rule: &'static Rule| Some(if asks { Known::Quiet } else { Known::Does(rule) });
    let changes = |changes: bool, rule: &'static Rule| {
        Some(if changes && !asks { Known::Does(rule) } else { Known::Quiet })
    };
    match name {
        "format" => does(&rule::FORMAT_DRIVE),
        "diskpart" | "clean" => does(&rule::FORMAT_DRIVE),
        "cipher" => changes(contains("/w") || has(&["e", "d"]), &rule::SHRED),
        "vssadmin" | "wbadmin" => changes(has(&["delete", "resize", "disable"]), &rule::BACKUP_DELETE),
        "bcdedit" => changes(!lower.is_empty() && first != "enum", &rule::SYSTEM_STOP),
        "wevtutil" => changes(has(&["cl", "clear-log", "sl", "um"]), &rule::HISTORY_WIPE),
        "fsutil" => changes(has(&["deletejournal", "setzerodata", "dirty", "set"]), &rule::HISTORY_WIPE),
        "sdelete" | "sdelete64" => does(&rule::SHRED),
        "reg" => match first {
            "query" | "export" | "compare" => {
                changes(contains("sam") && contains("hklm"), &rule::CREDENTIAL_READ)
            }
            "save" => does(&rule::CREDENTIAL_READ),
            "delete" => does(&rule::REGISTRY_DELETE),
            _ => does(registry(&lower.join(" "))),
        },
        "regedit" => changes(!lower.is_empty(), &rule::PROTECTED_WRITE),
        "schtasks" => match first {
            "create" | "change" | "run" => does(&rule::PERSISTENCE),
            "delete" => does(&rule::SCHEDULE),
            _ => Some(Known::Quiet),
        },
        "at" => changes(!lower.is_empty(), &rule::PERSISTENCE),
        "sc" => {
            match lower.iter().map(String::as_str).find(|word| !word.starts_with("\\\\")).unwrap_or_default()
            {
                "query" | "queryex" | "qc" | "qdescription" | "getdisplayname" | "enumdepend" | "" => {
                    Some(Known::Quiet)
                }
                "create" | "config" | "failure" | "sdset" => does(&rule::PERSISTENCE),
                "delete" => does(&rule::SYSTEM_STOP),
                "stop" if contains("windefend") || contains("wuauserv") || contains("eventlog") => {
                    does(&rule::FIREWALL)
                }
                _ => does(&rule::SERVICE),
            }
        }
        "net" | "net1" => match first {
            "user" | "localgroup" | "group" | "accounts" => {
                changes(has(&["add", "delete", "del"]) || lower.len() >= 3 && first == "user", &rule::ACCOUNT)
            }
            "stop" => does(&rule::SERVICE),
            "share" | "use" => changes(lower.len() > 1, &rule::SERVICE),
            "view" | "statistics" | "start" | "config" | "time" | "session" | "help" | "" => {
                Some(Known::Quiet)
            }
            _ => does(&rule::SERVICE),
        },
        "netsh" => {
            let firewall =
                contains("firewall") && (contains("off") || has(&["set", "delete", "add", "reset"]));
            if firewall {
                does(&rule::FIREWALL)
            } else {
                changes(has(&["set", "add", "delete", "reset", "import", "portproxy"]), &rule::SERVICE)
            }
        }
        "takeown" | "icacls" | "cacls" | "attrib" | "subinacl" => {
            let sets = has(&["f", "r", "t", "grant", "deny", "reset", "setowner", "inheritance"])
                || contains("/grant")
                || lower.iter().any(|word| word.starts_with(['+', '-']));
            let wide = lower.iter().any(|path| windows_target(path) >= Target::System);
            match (sets, wide) {
                (false, _) => Some(Known::Quiet),
                (true, true) => does(&rule::CHMOD_RECURSIVE),
                (true, false) => does(&rule::SERVICE),
            }
        }
        "taskkill" => {
            does(if has(&["f"]) && contains("lsass") { &rule::SYSTEM_STOP } else { &rule::KILL_MANY })
        }
        "shutdown" | "logoff" => changes(!has(&["a"]) || name == "logoff", &rule::SYSTEM_STOP),
        "certutil" => {
            if contains("urlcache") || contains("http") {
                does(&rule::DOWNLOADER)
            } else if contains("decode") || contains("decodehex") || contains("encode") {
                does(&rule::DECODED_FILE)
            } else {
                changes(contains("addstore") || contains("delstore"), &rule::FIREWALL)
            }
        }
        "bitsadmin" => changes(!has(&["list", "info", "getstate"]), &rule::DOWNLOADER),
        "mshta" | "regsvr32" | "rundll32" | "installutil" | "msbuild" | "regasm" | "regsvcs" | "cmstp"
        | "odbcconf" | "hh" | "presentationhost" | "ieexec" | "msxsl" | "pcalua" | "scriptrunner"
        | "xwizard" => {
            let remote =
                contains("http") || contains("javascript:") || contains("vbscript:") || contains("\\\\");
            does(if remote { &rule::PIPE_TO_SHELL } else { &rule::UNINSPECTED_CODE })
        }
        "wmic" => {
            if contains("shadowcopy") && has(&["delete"]) {
                does(&rule::BACKUP_DELETE)
            } else if has(&["delete", "uninstall", "terminate"]) {
                does(&rule::KILL_ALL)
            } else {
                changes(has(&["call", "create", "set"]) || contains("/format:"), &rule::SHELL_ESCAPE)
            }
        }
        "procdump" | "mimikatz" | "lazagne" | "ntdsutil" => does(&rule::CREDENTIAL_READ),
        "cmdkey" | "vaultcmd" => does(&rule::SECRET_FETCH),
        "psexec" | "psexec64" | "winrs" | "paexec" => does(&rule::SHELL_ESCAPE),
        "wsreset" | "fodhelper" | "eventvwr" | "computerdefaults" => does(&rule::SUDO),
        "dism" => changes(has(&["disable-feature", "remove-package"]) || contains("/remove"), &rule::SERVICE),
        "robocopy" => changes(
            true,
            if has(&["mir", "purge", "mov", "move"]) { &rule::SYNC_DELETE } else { &rule::WRITE_OUTSIDE },
        ),
        "compact" | "defrag" | "chkdsk" | "label" | "convert" | "manage-bde" | "mountvol" => {
            changes(!lower.is_empty(), &rule::SERVICE)
        }
        "cscript" | "wscript" | "msiexec" | "control" | "explorer" | "start-bitstransfer" => {
            does(if contains("http") { &rule::PIPE_TO_SHELL } else { &rule::UNINSPECTED_CODE })
        }
        "auditpol" => changes(has(&["clear", "set", "remove"]), &rule::HISTORY_WIPE),
        "setx" | "assoc" | "ftype" => changes(lower.len() > 1 || contains("="), &rule::HIJACK),
        "powercfg" | "w32tm" | "gpupdate" | "tzutil" | "secedit" => changes(lower.len() > 1, &rule::SERVICE),
        _ if QUIET.contains(&name) => Some(Known::Quiet),
        _ => None,
    }
}

/// What writing to a place of the registry is.
pub(super) fn registry(words: &str) -> &'static Rule {
    let lower = words.to_ascii_lowercase();
    let any = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if any(&[
        "windows defender",
        "disableantispyware",
        "disablerealtimemonitoring",
        "enablelua",
        "firewallpolicy",
    ]) {
        &rule::FIREWALL
    } else if any(&[
        "currentversion\\run",
        "winlogon",
        "image file execution",
        "\\services\\",
        "\\shell\\open\\",
    ]) {
        &rule::PERSISTENCE
    } else if any(&["hklm", "hkey_local_machine", "hkcr", "hku"]) {
        &rule::PROTECTED_WRITE
    } else {
        &rule::SERVICE
    }
}

/// A path of Windows as the rest of this engine writes it, and where it leads.
pub(super) fn windows_target(path: &str) -> Target {
    let path = path.trim_matches(['"', '\'', ' ']);
    let slashed = path.replace('\\', "/");
    let lower = slashed.trim_start_matches("//?/").to_ascii_lowercase();
    if lower.starts_with("hklm") || lower.starts_with("hkcu") || lower.starts_with("registry::") {
        return Target::System;
    }
    let Some(rest) = lower.get(2..).filter(|_| {
        lower.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
            && lower.as_bytes().get(1) == Some(&b':')
    }) else {
        return if lower.contains(":/") && !lower.starts_with("file:") {
            Target::Elsewhere
        } else {
            target::judge(&slashed)
        };
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Target::System;
    }
    match parts.as_slice() {
        [] => Target::Root,
        [only] if only.chars().all(|character| "*?.".contains(character)) => Target::Root,
        ["windows" | "winnt", "temp", _, ..] => Target::Temporary,
        ["temp" | "tmp", _, ..] => Target::Temporary,
        ["users", _, "appdata", "local", "temp", _, ..] => Target::Temporary,
        ["users"] | ["users", _] | ["users", _, "*" | "*.*"] => Target::Root,
        ["users", ..] => Target::Home,
        [
            "windows"
            | "winnt"
            | "program files"
            | "program files (x86)"
            | "programdata"
            | "boot"
            | "recovery"
            | "perflogs"
            | "system volume information"
            | "$recycle.bin",
            ..,
        ] => Target::System,
        _ if lower.contains(UNKNOWN) => Target::Unknown,
        _ => Target::Elsewhere,
    }
}

/// What removing `path` is.
pub(super) fn removal(path: &str, recursive: bool) -> &'static Rule {
    let wild = path.contains(['*', '?']);
    match (recursive, windows_target(path)) {
        (_, Target::Root) => &rule::RM_ROOT,
        (true, Target::System) => &rule::RM_ROOT,
        (false, Target::System) => &rule::RM_OUTSIDE,
        (_, Target::Unknown) => &rule::UNRESOLVED_TARGET,
        (true, Target::Home | Target::Elsewhere | Target::Here) => &rule::RM_RF,
        (true, Target::Inside) => &rule::RM_RELATIVE,
        (true, Target::Temporary | Target::Output) => &rule::RM_OUTPUT,
        (false, Target::Home | Target::Elsewhere) if wild => &rule::RM_OUTSIDE,
        (false, Target::Home | Target::Elsewhere) => &rule::RM_AWAY,
        (false, Target::Here | Target::Inside) if wild => &rule::RM_MANY,
        (false, Target::Here | Target::Inside | Target::Temporary | Target::Output) => &rule::RM_FILE,
    }
}

/// What writing to `path` is.
pub(super) fn writing(path: &str) -> Option<&'static Rule> {
    let lower = path.replace('\\', "/").to_ascii_lowercase();
    if lower.starts_with("//./physicaldrive") || lower.starts_with("//./c:") {
        return Some(&rule::WRITE_DEVICE);
    }
    let start =
        ["/startup/", "drivers/etc/hosts", "profile.ps1", "/.ssh/", "/system32/", "/tasks/", "/.gitconfig"];
    if start.iter().any(|part| lower.contains(part)) || target::is_protected(&lower) {
        return Some(&rule::PROTECTED_WRITE);
    }
    match windows_target(path) {
        Target::Temporary | Target::Output | Target::Inside | Target::Here => None,
        Target::Unknown => Some(&rule::UNRESOLVED_TARGET),
        Target::Elsewhere | Target::Home => Some(&rule::WRITE_OUTSIDE),
        Target::System | Target::Root => Some(&rule::PROTECTED_WRITE),
    }
}

/// True for files that hold credentials.
pub(super) fn is_credential(path: &str) -> bool {
    let lower = path.replace('\\', "/");
    let low = lower.to_ascii_lowercase();
    target::is_credential(&lower)
        || [
            "/config/sam",
            "/config/system",
            "/config/security",
            "ntds.dit",
            "/microsoft/credentials",
            "/microsoft/protect",
            "/login data",
            "unattend.xml",
            "sysprep.inf",
            "consolehost_history.txt",
        ]
        .iter()
        .any(|part| low.contains(part))
}

/// The text of `-EncodedCommand`: base64 of UTF-16LE.
pub(super) fn decoded(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let bytes = engine.decode(compact).ok()?;
    let wide = bytes.len() % 2 == 0
        && bytes.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count() * 2 >= bytes.len() / 2;
    if wide {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| {
                u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)])
            })
            .collect();
        return String::from_utf16(&units).ok();
    }
    String::from_utf8(bytes).ok()
}

/// What the arguments of `powershell` and `pwsh` make it run.
pub(super) enum Started {
    /// This text.
    Text(String),
    /// What comes from its input.
    Input,
    /// A file, or nothing in reach.
    File,
    /// An encoded text that could not be decoded.
    Encoded,
    /// Nothing: it only prints its version or help.
    Nothing,
}

/// Reads the command line of `powershell` (learn.microsoft.com, about_PowerShell_exe): options may be abbreviated.
pub(super) fn started(arguments: &[String]) -> Started {
    let mut rest = arguments;
    while let Some((argument, after)) = rest.split_first() {
        let Some(option) = argument.strip_prefix(['-', '/', '\u{2013}', '\u{2014}']) else {
            return Started::Text(rest.join(" "));
        };
        let option = option.to_ascii_lowercase();
        let is = |name: &str, least: usize| option.len() >= least && name.starts_with(&option);
        if option.is_empty() {
            return Started::Input;
        }
        if is("encodedcommand", 1) || option == "ec" {
            return match after.first().and_then(|text| decoded(text)) {
                Some(text) => Started::Text(text),
                None => Started::Encoded,
            };
        }
        if is("command", 1) || is("commandwithargs", 8) || option == "cwa" {
            let text = after.join(" ");
            return if text == "-" { Started::Input } else { Started::Text(text) };
        }
        if is("file", 1) {
            return Started::File;
        }
        if is("help", 1) || is("version", 4) && after.is_empty() || option == "?" {
            return Started::Nothing;
        }
        let takes = [
            "executionpolicy",
            "windowstyle",
            "inputformat",
            "outputformat",
            "version",
            "configurationname",
            "psconsolefile",
            "workingdirectory",
            "settingsfile",
            "custompipename",
        ]
        .iter()
        .any(|name| is(name, 1))
            || matches!(option.as_str(), "ep" | "ex" | "w" | "wd" | "config");
        rest = if takes { after.get(1..).unwrap_or_default() } else { after };
    }
    if arguments.is_empty() { Started::Input } else { Started::File }
}
