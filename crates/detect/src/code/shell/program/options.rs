//! Options and operands of a command line (POSIX.1-2024 XBD 12.2, GNU long options). Must never take an operand for an
//! option after `--`.

/// What stands on a command line.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    short: Vec<(char, Option<&'a str>)>,
    long: Vec<(&'a str, Option<&'a str>)>,
    pub(super) operands: Vec<&'a str>,
}

impl<'a> Options<'a> {
    /// Splits `arguments`; `takes` are the short options, `takes_long` the long ones, that have a value of their own.
    pub(super) fn of(arguments: &'a [String], takes: &str, takes_long: &[&str]) -> Self {
        Self::until_operand(arguments, takes, takes_long, usize::MAX).0
    }

    /// The same, up to `operands` operands; the rest of the line belongs to another command.
    pub(super) fn until_operand(
        arguments: &'a [String],
        takes: &str,
        takes_long: &[&str],
        operands: usize,
    ) -> (Self, &'a [String]) {
        let mut options = Self::default();
        let mut rest = arguments;
        while let Some((argument, after)) = rest.split_first() {
            if argument == "--" {
                let cut = operands.saturating_sub(options.operands.len()).min(after.len());
                let (own, others) = after.split_at(cut);
                options.operands.extend(own.iter().map(String::as_str));
                return (options, others);
            }
            if let Some(long) = argument.strip_prefix("--") {
                rest = after;
                match long.split_once('=') {
                    Some((name, value)) => options.long.push((name, Some(value))),
                    None if takes_long.contains(&long) => {
                        options.long.push((long, after.first().map(String::as_str)));
                        rest = after.get(1..).unwrap_or_default();
                    }
                    None => options.long.push((long, None)),
                }
            } else if let Some(cluster) = argument.strip_prefix('-').filter(|cluster| !cluster.is_empty()) {
                rest = options.cluster(cluster, takes, after);
            } else {
                if options.operands.len() >= operands {
                    return (options, rest);
                }
                options.operands.push(argument);
                rest = after;
            }
        }
        (options, rest)
    }

    /// `-abc`, `-nVALUE`, `-n VALUE`.
    fn cluster(&mut self, cluster: &'a str, takes: &str, after: &'a [String]) -> &'a [String] {
        for (at, letter) in cluster.char_indices() {
            if takes.contains(letter) {
                let attached = cluster.get(at + letter.len_utf8()..).filter(|value| !value.is_empty());
                if attached.is_some() {
                    self.short.push((letter, attached));
                    return after;
                }
                self.short.push((letter, after.first().map(String::as_str)));
                return after.get(1..).unwrap_or_default();
            }
            self.short.push((letter, None));
        }
        after
    }

    /// True when one of the short options `letters` was given.
    pub(super) fn has(&self, letters: &str) -> bool {
        self.short.iter().any(|(letter, _)| letters.contains(*letter))
    }

    /// True when the long option `name`, or an abbreviation of it, was given.
    pub(super) fn has_long(&self, name: &str) -> bool {
        self.long.iter().any(|(given, _)| given.len() >= 2 && name.starts_with(given))
    }

    /// True when some long option is as `is` says.
    pub(super) fn any_long(&self, is: impl Fn(&str) -> bool) -> bool {
        self.long.iter().any(|(given, _)| is(given))
    }

    /// The value of the short option `letter`.
    pub(super) fn value(&self, letter: char) -> Option<&'a str> {
        self.short.iter().rev().find(|(given, _)| *given == letter).and_then(|(_, value)| *value)
    }

    /// The value of the long option `name`, or of an abbreviation of it.
    pub(super) fn long_value(&self, name: &str) -> Option<&'a str> {
        self.long
            .iter()
            .rev()
            .find(|(given, _)| given.len() >= 2 && name.starts_with(given))
            .and_then(|(_, value)| *value)
    }
}
