//! Programs that read and print, whatever their options: they neither write, nor run another program, nor talk to the
//! network. Must never list a program of which an option does.

use crate::code::rule;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::target;

/// Alphabetical. Those with dangerous options are in the other families.
const READERS: &[&str] = &[
    "acpi",
    "apropos",
    "arch",
    "b2sum",
    "base32",
    "basename",
    "bat",
    "batcat",
    "bc",
    "blkid",
    "btop",
    "bzcat",
    "bzgrep",
    "cal",
    "cat",
    "cksum",
    "cloc",
    "cmp",
    "col",
    "colordiff",
    "column",
    "comm",
    "cowsay",
    "csvcut",
    "csvlook",
    "csvstat",
    "cut",
    "dc",
    "delta",
    "df",
    "diff",
    "diff3",
    "difft",
    "dig",
    "dircolors",
    "dirname",
    "dmidecode",
    "du",
    "egrep",
    "exa",
    "expand",
    "eza",
    "factor",
    "fgrep",
    "figlet",
    "file",
    "findmnt",
    "finger",
    "fmt",
    "fold",
    "free",
    "fzf",
    "getconf",
    "getent",
    "getfacl",
    "glances",
    "grep",
    "groups",
    "head",
    "hexdump",
    "hexyl",
    "host",
    "hostid",
    "hostnamectl",
    "htop",
    "iconv",
    "id",
    "ifstat",
    "info",
    "inxi",
    "iostat",
    "ipcs",
    "join",
    "jq",
    "last",
    "lastlog",
    "ldd",
    "less",
    "locale",
    "locate",
    "loginctl",
    "logname",
    "look",
    "ls",
    "lsattr",
    "lsb_release",
    "lsblk",
    "lscpu",
    "lsd",
    "lshw",
    "lsmod",
    "lsof",
    "lspci",
    "lsusb",
    "lz4cat",
    "man",
    "md5",
    "md5sum",
    "mktemp",
    "more",
    "mpstat",
    "mtr",
    "namei",
    "ncal",
    "netstat",
    "nl",
    "nm",
    "nproc",
    "nslookup",
    "numfmt",
    "nvidia-smi",
    "objdump",
    "od",
    "otool",
    "paste",
    "pathchk",
    "pbpaste",
    "pgrep",
    "pidof",
    "ping",
    "ping6",
    "pinky",
    "plocate",
    "pr",
    "printenv",
    "ps",
    "pstree",
    "ptx",
    "pwd",
    "pwgen",
    "readelf",
    "readlink",
    "realpath",
    "rev",
    "ruptime",
    "rwho",
    "sar",
    "sensors",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shasum",
    "shuf",
    "size",
    "ss",
    "stat",
    "strings",
    "stty",
    "sum",
    "sw_vers",
    "system_profiler",
    "tac",
    "tail",
    "timedatectl",
    "tldr",
    "tokei",
    "top",
    "tput",
    "tr",
    "tracepath",
    "traceroute",
    "tree",
    "tsort",
    "tty",
    "uname",
    "unexpand",
    "uniq",
    "units",
    "upower",
    "uptime",
    "users",
    "uudecode",
    "uuidgen",
    "vm_stat",
    "vmstat",
    "w",
    "wc",
    "whatis",
    "whereis",
    "which",
    "who",
    "whoami",
    "xxd",
    "xzcat",
    "xzgrep",
    "yes",
    "yq",
    "zcat",
    "zcmp",
    "zdiff",
    "zgrep",
    "zipinfo",
    "zstdcat",
];

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    // Two of the readers write or change with one option.
    let changes = match call.name {
        "hostnamectl" | "timedatectl" | "loginctl" => call.arguments.iter().any(|argument| {
            argument.starts_with("set-") || argument.starts_with("terminate") || argument.starts_with("kill")
        }),
        "yq" => call
            .arguments
            .iter()
            .any(|argument| argument == "-i" || argument == "--inplace" || argument == "--in-place"),
        "less" | "more" | "man" => call.arguments.iter().any(|argument| {
            argument.starts_with('+') && argument.contains('!')
                || argument.starts_with("-P")
                || argument.starts_with("--pager")
        }),
        _ => false,
    };
    if changes {
        machine.findings.add(&rule::SHELL_ESCAPE, call.span.clone());
        return Some(Stream::Unknown);
    }
    if !READERS.contains(&call.name) {
        return None;
    }
    let mut output = match call.input {
        // What is picked out of a download is still a download.
        Stream::Remote | Stream::Decoded | Stream::Secret => call.input.clone(),
        Stream::Nothing | Stream::Known(_) | Stream::Unknown => Stream::Unknown,
    };
    if call.name == "cat" && call.arguments.is_empty() {
        output = call.input.clone();
    }
    let names = matches!(
        call.name,
        "ls" | "stat"
            | "file"
            | "which"
            | "readlink"
            | "realpath"
            | "basename"
            | "dirname"
            | "du"
            | "df"
            | "tree"
            | "namei"
            | "lsattr"
            | "getfacl"
            | "ps"
            | "lsof"
            | "exa"
            | "eza"
            | "lsd"
            | "printf"
            | "yes"
            | "locate"
            | "man"
            | "md5sum"
            | "sha256sum"
            | "sha1sum"
            | "sha512sum"
            | "shasum"
            | "cksum"
    );
    if !names {
        for path in call.arguments.iter().filter(|argument| !argument.starts_with('-')) {
            if target::is_credential(path) || target::is_project_secret(path) {
                output = machine.read(path, call.span.clone());
            }
        }
    }
    if matches!(call.name, "printenv") {
        output = Stream::Secret;
    }
    if matches!((call.name, call.input), ("tr" | "rev" | "tac" | "fold" | "cut", Stream::Known(_))) {
        output = transformed(call);
    }
    if call.name == "xxd"
        && call.arguments.iter().any(|argument| argument.starts_with("-r") || argument == "-revert")
    {
        output = Stream::Decoded;
    }
    if matches!(call.name, "base32" | "uudecode") {
        output = Stream::Decoded;
    }
    Some(output)
}

/// What becomes of a known text: spelling a command backwards does not hide it.
fn transformed(call: &Call<'_>) -> Stream {
    let Stream::Known(text) = call.input else { return Stream::Decoded };
    match call.name {
        "rev" => {
            Stream::Known(text.lines().map(|line| line.chars().rev().collect::<String>() + "\n").collect())
        }
        "tac" => Stream::Known(text.lines().rev().map(|line| format!("{line}\n")).collect()),
        _ => Stream::Decoded,
    }
}
