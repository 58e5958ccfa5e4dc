//! The terminal: results on stdout, progress on stderr. A closed pipe is not an error.

use std::fmt;
use std::io::Write as _;

/// A line of the result.
pub(crate) fn result(line: fmt::Arguments<'_>) {
    // A reader that went away (`| head`) has seen what it wanted.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line of progress.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
