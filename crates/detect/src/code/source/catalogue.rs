//! What functions, members and settings of each language mean, as tables. Must never hold code: how a row is applied is
//! in `judge`.

mod c;
mod csharp;
mod go;
mod java;
mod javascript;
mod php;
mod python;
mod python_web;
mod ruby;
pub(super) mod rules;
mod rust;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::grammar::Tongue;
use super::value::{Clean, Origin};
use crate::code::rule::Rule;

/// A name, and what it means. A pattern `a.b` is a whole path, `.b` any member `b` of something, `*.a.b` a path or the
/// end of one.
#[derive(Debug)]
pub(super) struct Row {
    /// Patterns, with blanks between them.
    names: &'static str,
    means: Means,
}

const fn row(names: &'static str, means: Means) -> Row {
    Row { names, means }
}

/// What a name means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    /// Calling it runs, opens or deletes what its arguments say.
    Sink(Sink),
    /// Calling it is a finding when all of these hold.
    Call(&'static Rule, &'static [When]),
    /// Using it at all is a finding.
    Mention(&'static Rule),
    /// Marking something with it is a finding where the text nowhere mentions any of these.
    MarkedWithout(&'static Rule, &'static [&'static str]),
    /// Giving it such a value is a finding; also as a keyword argument or a member of an object.
    Set(&'static Rule, Is),
    /// What it is or returns comes from there.
    Source(Origin),
    /// The same where the text mentions one of these.
    SourceWith(Origin, &'static [&'static str]),
    /// What it returns is harmless for this.
    Clean(Clean),
    /// Calling it makes sure of its receiver or its arguments.
    Guard(Clean),
}

/// What a function does with its arguments, where another engine looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sink {
    /// Its first argument is a shell command.
    Shell,
    /// Its first argument is a list, or a command if `shell` is set.
    Spawn,
    /// Its arguments are the words of a command, but for as many at the start.
    Words(usize),
    /// Its first argument may be SQL.
    Sql,
    /// Its first argument is code of the same language.
    Evaluate(&'static Rule),
    /// Deletes the tree at its first argument.
    DeleteTree(&'static Rule),
    /// Deletes the file at its first argument, or at its receiver.
    DeleteFile,
    /// Opens the path of its first argument; the second says whether for writing.
    Open,
    /// Writes the path of its first argument.
    Write,
    /// Takes the id of a user: 0 is root.
    SetUser,
    /// Loads a module named by its first argument.
    Import,
    /// Reaches an attribute named by its second argument.
    Attribute,
    /// Sends its arguments over the network; the first is the address.
    Send,
}

/// An argument, by its place from 0 and by the names it has as a keyword.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arg(pub(super) usize, pub(super) &'static [&'static str]);

/// A condition on a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// Content of a request reaches the argument, not made harmless.
    Request(Arg, Clean),
    /// Content of a request reaches any argument.
    AnyRequest(Clean),
    /// Content of a request or of a caller reaches the argument.
    Flows(Arg, Clean),
    /// Content of this origin reaches the argument, not made harmless.
    From(Origin, Arg, Clean),
    /// The argument is put together of known text and other things, not made harmless.
    Built(Arg, Clean),
    /// The argument is not a constant, not made harmless.
    Variable(Arg, Clean),
    /// The argument is like this.
    Is(Arg, Is),
    /// The argument is not like this, or is not given.
    Not(Arg, Is),
    /// The argument is not given.
    Lacks(Arg),
    /// Some argument is like this.
    Any(Is),
    /// What is called has this in its path before the name.
    Under(&'static [&'static str]),
    /// The text speaks of a secret where this stands: the name that the value is given, the function around it.
    ForSecret,
    /// The text nowhere mentions any of these.
    Without(&'static [&'static str]),
    /// The text mentions one of these.
    With(&'static [&'static str]),
}

/// What a value is like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is {
    Anything,
    True,
    False,
    Null,
    /// A number below this.
    Below(u64),
    /// A number, or octal permission bits, that lets others write.
    WorldWritable,
    /// A constant text, one of these in any case.
    Text(&'static [&'static str]),
    /// A text or a path that has one of these in it, in any case.
    Holds(&'static [&'static str]),
    /// A constant text that is not empty.
    Constant,
    /// Anything but a constant.
    Varying,
    /// Put together of known text and other things.
    Mixed,
    /// Content of a request, not harmless in a page.
    Requested,
    /// A product of sizes.
    Product,
}

/// The rows of a language by the last part of their names.
pub(super) struct Catalogue(HashMap<&'static str, Vec<(&'static str, &'static Means)>>);

impl Catalogue {
    /// The catalogue of `tongue`; made when first asked for.
    pub(super) fn of(tongue: Tongue) -> &'static Self {
        static CATALOGUES: [OnceLock<Catalogue>; 12] = [const { OnceLock::new() }; 12];
        static NONE: OnceLock<Catalogue> = OnceLock::new();
        let slot = CATALOGUES.get(tongue as usize).unwrap_or(&NONE);
        slot.get_or_init(|| Self::new(tongue))
    }

    fn new(tongue: Tongue) -> Self {
        let tables: &[&'static [Row]] = match tongue {
            Tongue::Python => &[python::ROWS, python_web::ROWS],
            Tongue::JavaScript | Tongue::TypeScript | Tongue::Tsx => &[javascript::ROWS],
            Tongue::Go => &[go::ROWS],
            Tongue::Rust => &[rust::ROWS],
            Tongue::Java => &[java::ROWS],
            Tongue::Ruby => &[ruby::ROWS],
            Tongue::Php => &[php::ROWS],
            Tongue::CSharp => &[csharp::ROWS],
            Tongue::C | Tongue::Cpp => &[c::ROWS],
        };
        let mut rows: HashMap<&'static str, Vec<(&'static str, &'static Means)>> = HashMap::new();
        for row in tables.iter().flat_map(|table| table.iter()) {
            for name in row.names.split_whitespace() {
                rows.entry(last(name)).or_default().push((name, &row.means));
            }
        }
        Self(rows)
    }

    /// What `path` means.
    pub(super) fn means(&self, path: &str) -> impl Iterator<Item = &'static Means> {
        let rows = self.0.get(last(path)).map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter(move |(name, _)| matches(name, path)).map(|(_, means)| *means)
    }

    /// True for a path that runs or evaluates text.
    pub(super) fn runs(&self, path: &str) -> bool {
        self.means(path).any(|means| {
            matches!(means, Means::Sink(Sink::Shell | Sink::Spawn | Sink::Words(_) | Sink::Evaluate(_)))
        })
    }
}

/// The part behind the last dot.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn matches(name: &str, path: &str) -> bool {
    if let Some(end) = name.strip_prefix("*.") {
        return path == end || path.strip_suffix(end).is_some_and(|start| start.ends_with(['.', '/']));
    }
    if name.starts_with('.') {
        return path.len() > name.len() && path.ends_with(name);
    }
    name == path
}

/// Methods whose text may be SQL: only a text that is SQL makes them count.
pub(super) fn takes_sql(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_suffix("async").unwrap_or(&lower);
    // These take the values apart from the text, whatever it looks like.
    if lower.contains("interpolated") || matches!(lower, "$queryraw" | "$executeraw" | "sql" | "querysql") {
        return false;
    }
    ["query", "execute", "sql", "prepare", "statement"].iter().any(|word| lower.contains(word))
        || matches!(
            lower,
            "exec"
                | "raw"
                | "run"
                | "all"
                | "get"
                | "each"
                | "unsafe"
                | "fetch"
                | "fetchall"
                | "fetchrow"
                | "fetchval"
                | "many"
                | "one"
                | "none"
                | "any"
                | "multi"
                | "mutate"
                | "do"
                | "select_all"
                | "text"
                | "where"
                | "extra"
                | "order"
                | "select"
                | "from"
                | "having"
                | "joins"
                | "group"
                | "pluck"
                | "whereraw"
                | "orderbyraw"
                | "count_by_sql"
                | "delete_all"
                | "update_all"
                | "batch"
                | "exists"
                | "fetch_one"
                | "fetch_all"
                | "literal_column"
                | "rawquery"
                | "queryrow"
        )
}
