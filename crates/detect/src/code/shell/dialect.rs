//! Whether a text that is said to be of a Unix shell is of one of Windows. Must never decide instead of the other
//! reading: it only adds one.

/// A shell of Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    PowerShell,
    Cmd,
}

/// Verbs with which the names of cmdlets begin.
const VERBS: &[&str] = &[
    "get",
    "set",
    "remove",
    "new",
    "invoke",
    "clear",
    "stop",
    "start",
    "add",
    "write",
    "out",
    "format",
    "import",
    "export",
    "disable",
    "enable",
    "restart",
    "select",
    "where",
    "foreach",
    "register",
    "unregister",
    "move",
    "copy",
];

/// The shell that `text` looks like, `None` for a Unix shell.
pub(super) fn foreign(text: &str) -> Option<Foreign> {
    let lower = text.to_ascii_lowercase();
    let any = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    let words =
        || lower.split(|character: char| character.is_whitespace() || "|;&(){}'\"`".contains(character));
    let cmdlet = words().take(512).any(|word| {
        word.split_once('-').is_some_and(|(verb, noun)| {
            VERBS.contains(&verb) && noun.len() > 2 && noun.bytes().all(|byte| byte.is_ascii_alphabetic())
        })
    });
    let evaluates =
        words().take(512).any(|word| matches!(word, "iex" | "iwr" | "irm" | "gci" | "ri" | "gwmi"));
    if cmdlet
        || evaluates
        || any(&[
            "$env:",
            "[system.",
            "[convert]",
            "[scriptblock]",
            "[reflection.",
            "frombase64string",
            "-erroraction",
        ])
    {
        return Some(Foreign::PowerShell);
    }
    let percent = lower.split('%').skip(1).step_by(2).take(64).any(|name| {
        name.len() >= 3
            && name.split(':').next().is_some_and(|name| {
                name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
    });
    let switch = words().zip(words().skip(1)).take(512).any(|(word, next)| {
        matches!(word, "del" | "rd" | "erase" | "rmdir" | "reg" | "if" | "for")
            && next.starts_with('/')
            && next.len() == 2
    });
    let caret = lower.as_bytes().windows(3).any(|three| {
        matches!(three, [before, b'^', after] if before.is_ascii_alphabetic() && after.is_ascii_alphabetic())
    });
    (percent || switch || caret || lower.starts_with("@echo off")).then_some(Foreign::Cmd)
}
