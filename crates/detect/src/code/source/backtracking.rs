//! Patterns that a backtracking engine may try in exponentially many ways. Must never flag a repetition whose turns a
//! fixed character tells apart.
//!
//! A group that is repeated without end is ambiguous when one turn of it can be split into two: all that is in it can
//! be empty but for parts that are themselves repeated, or stand for any character; or two of its branches begin alike.

/// Longest pattern that is looked at, in bytes.
const LONGEST: usize = 2000;

/// A part of a pattern between two others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Atom {
    /// Repeated without end.
    endless: bool,
    /// May be left out.
    optional: bool,
    /// Matches nearly any character.
    any: bool,
    /// Its first byte, for telling branches apart; 0 where it has none of its own.
    first: u8,
}

/// The group that is being read.
#[derive(Debug, Default)]
struct Group {
    branches: Vec<Vec<Atom>>,
    atoms: Vec<Atom>,
}

impl Group {
    /// True when turns of the whole group, repeated, can be told apart in more than one way.
    fn is_ambiguous(&self) -> bool {
        let branches = self.branches.iter().chain(std::iter::once(&self.atoms));
        let split = branches.clone().any(|atoms| {
            atoms.iter().any(|atom| atom.endless)
                && atoms.iter().all(|atom| atom.endless || atom.optional || atom.any)
                && atoms.iter().filter(|atom| !atom.endless && !atom.optional).count() <= 1
        });
        let mut firsts: Vec<u8> = branches.filter_map(|atoms| atoms.first().map(|atom| atom.first)).collect();
        firsts.sort_unstable();
        let alike = firsts.windows(2).any(|pair| matches!(pair, [one, two] if one == two && *one != 0));
        split || alike
    }
}

/// True for a pattern with an ambiguous group that is repeated without end.
pub(super) fn is_exponential(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    if bytes.len() > LONGEST {
        return false;
    }
    let mut open: Vec<Group> = vec![Group::default()];
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let mut first = byte;
        let mut inner = None;
        match byte {
            b'(' => {
                open.push(Group::default());
                at += 1;
                if bytes.get(at) == Some(&b'?') {
                    // `(?:`, `(?<name>`, `(?=`: nothing of it is matched.
                    let end =
                        bytes.iter().skip(at).position(|byte| matches!(byte, b':' | b'>' | b'=' | b'!'));
                    at += end.unwrap_or_default() + 1;
                }
                continue;
            }
            b'|' => {
                if let Some(group) = open.last_mut() {
                    let atoms = std::mem::take(&mut group.atoms);
                    group.branches.push(atoms);
                }
                at += 1;
                continue;
            }
            b')' if open.len() > 1 => {
                inner = open.pop();
                first = 0;
                at += 1;
            }
            b'[' => {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                let skip = rest.iter().take_while(|byte| matches!(byte, b'^' | b']')).count().min(2);
                let mut length = skip;
                while let Some(byte) = rest.get(length).copied().filter(|byte| *byte != b']') {
                    length += if byte == b'\\' { 2 } else { 1 };
                }
                first = 0;
                at += length + 2;
            }
            b'\\' => {
                first = bytes.get(at + 1).copied().filter(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(0);
                at += 2;
            }
            _ => at += 1,
        }
        let (endless, optional, length) = quantifier(bytes.get(at..).unwrap_or_default());
        at += length;
        if endless && inner.as_ref().is_some_and(Group::is_ambiguous) {
            return true;
        }
        // A group that holds a repetition and nothing else is as good as one.
        let only = inner.as_ref().is_some_and(|group| {
            group.branches.is_empty() && matches!(group.atoms.as_slice(), [atom] if atom.endless)
        });
        let any = byte == b'.' || byte == b'[' && bytes.get(at.saturating_sub(length + 1)) == Some(&b'^');
        if let Some(group) = open.last_mut() {
            group.atoms.push(Atom { endless: endless || only, optional, any, first });
        }
    }
    false
}

/// Whether what stands before `rest` is repeated without end or may be left out, and how long the mark for it is.
fn quantifier(rest: &[u8]) -> (bool, bool, usize) {
    let (endless, optional, length) = match rest.first() {
        Some(b'+') => (true, false, 1),
        Some(b'*') => (true, true, 1),
        Some(b'?') => (false, true, 1),
        Some(b'{') => match rest.iter().position(|byte| *byte == b'}') {
            Some(end) if rest.get(1).is_some_and(u8::is_ascii_digit) => {
                let inside = rest.get(1..end).unwrap_or_default();
                (inside.ends_with(b","), inside.starts_with(b"0"), end + 1)
            }
            Some(_) | None => return (false, false, 0),
        },
        Some(_) | None => return (false, false, 0),
    };
    // A lazy one tries as often; a possessive one does not, and is rare.
    (endless, optional, length + usize::from(rest.get(length) == Some(&b'?')))
}

#[cfg(test)]
mod tests;
