//! The syntax tree of a shell script, as far as deciding what it runs needs it (POSIX.1-2024 XCU chapter 2, and bash).
//! Branches and lists become sequences whose parts may not run. Must never hold a judgement.

use std::ops::Range;

/// Commands in the order in which they may run.
pub(super) type Commands = Vec<Command>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Simple(Simple),
    /// Joined by `|`.
    Pipeline(Commands),
    /// A brace group, a subshell, a branch, a loop or the right side of `&&` and `||`.
    Group {
        body: Commands,
        kind: Grouping,
        redirects: Vec<Redirect>,
    },
    /// `for` and `select`; without values it runs over the positional parameters.
    For {
        variable: String,
        values: Option<Vec<Word>>,
        body: Commands,
        redirects: Vec<Redirect>,
    },
    Function {
        name: String,
        body: Commands,
        span: Range<usize>,
    },
}

/// How the commands of a group run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Once, here.
    Plain,
    /// Once, in a process of its own: what they set ends with it.
    Subshell,
    /// Perhaps.
    Branch,
    /// Any number of times.
    Loop,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Simple {
    pub(super) assignments: Vec<Assignment>,
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
    pub(super) span: Range<usize>,
}

/// `NAME=value`, `NAME+=value`, `NAME=(values)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) append: bool,
    pub(super) values: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirect {
    pub(super) kind: RedirectKind,
    pub(super) target: Word,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RedirectKind {
    /// `<`
    Read,
    /// `>`, `>|`, `&>`, `<>`
    Write,
    /// `>>`, `&>>`
    Append,
    /// `<<` and `<<-`: index of the body among the bodies of the script.
    Here(usize),
    /// `<<<`
    HereString,
    /// `>&2`, `<&0`
    Duplicate,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) pieces: Vec<Piece>,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Unquoted: splits, globs and expands braces.
    Bare(String),
    /// Quoted or escaped: stands for itself.
    Quoted(String),
    Parameter(Parameter),
    /// `$(…)`
    Substitution {
        body: Commands,
        quoted: bool,
    },
    /// `` `…` ``: its text, with the backslashes that the backquotes cost removed.
    Backquoted {
        text: String,
        quoted: bool,
    },
    /// `<(…)` or `>(…)`
    Process(Commands),
    /// `$((…))`, `$[…]`: a number that we do not compute.
    Arithmetic(Word),
}

/// `$name` or `${name…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) operation: Operation,
    pub(super) quoted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    Plain,
    /// `:-`, `-`, `:=`, `=`
    Default {
        word: Word,
        assign: bool,
    },
    /// `:+`, `+`
    Alternative(Word),
    /// `:offset`, `:offset:length` with plain numbers.
    Slice(usize, Option<usize>),
    /// `/pattern/replacement`, `//…`
    Replace {
        all: bool,
        pattern: String,
        with: String,
    },
    /// `${#name}`
    Length,
    /// Anything else: `#`, `%`, `^`, `,`, `@`, `!`, `[…]`. Its words may still run substitutions.
    Other(Word),
}
