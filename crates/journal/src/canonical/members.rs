//! Where the members of the objects stand that are being written, and how they are put in order.

/// Where a member of an object stands.
#[derive(Debug, Clone, Copy)]
struct Member {
    start: usize,
    /// Where its name ends, quotes and all.
    name: usize,
    end: usize,
    /// What its name begins with, in the order of names.
    head: u64,
}

/// The members of all objects that have not ended, outer ones first.
#[derive(Debug)]
pub(super) struct Members {
    written: Vec<Member>,
    /// No name had an escape or a character beyond ASCII.
    all_plain: bool,
    scratch: Vec<u8>,
}

impl Member {
    /// Its name, without the quotes.
    fn of<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        out.get(self.start + 1..self.name - 1).unwrap_or_default()
    }
}

impl Members {
    pub(super) const fn new() -> Self {
        Self { written: Vec::new(), all_plain: true, scratch: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.written.clear();
        self.all_plain = true;
    }

    /// How many there are: where the members of an object begin that begins now.
    pub(super) const fn len(&self) -> usize {
        self.written.len()
    }

    /// A member begins.
    pub(super) fn begin(&mut self, start: usize) {
        self.written.push(Member { start, name: start, end: start, head: 0 });
    }

    /// The name of the last one ends, with which `out` ends.
    pub(super) fn named(&mut self, out: &[u8]) {
        let Some(member) = self.written.last_mut() else { return };
        member.name = out.len();
        let name = member.of(out);
        let mut head = [0; 8];
        match name.first_chunk() {
            Some(whole) => head = *whole,
            None => head.iter_mut().zip(name).for_each(|(to, from)| *to = *from),
        }
        member.head = u64::from_be_bytes(head);
        // Of plain names the bytes are in the order of the UTF-16 code units.
        self.all_plain &= name.is_ascii() && !name.contains(&b'\\');
    }

    /// The value of the last one ends.
    pub(super) fn end(&mut self, at: usize) {
        if let Some(member) = self.written.last_mut() {
            member.end = at;
        }
    }

    /// The object ends whose members begin at `from`: they stand one after the other in `out`, with a comma between.
    pub(super) fn sort(&mut self, from: usize, out: &mut [u8]) {
        let members = self.written.get_mut(from..).unwrap_or_default();
        if self.all_plain {
            let before = |a: &Member, b: &Member| a.head.cmp(&b.head).then_with(|| a.of(out).cmp(b.of(out)));
            if !members.is_sorted_by(|a, b| before(a, b).is_le()) {
                members.sort_unstable_by(before);
                arrange(out, members, &mut self.scratch);
            }
        } else {
            members
                .sort_by_cached_key(|member| units(out.get(member.start..member.name).unwrap_or_default()));
            arrange(out, members, &mut self.scratch);
        }
        self.written.truncate(from);
    }
}

/// Writes the members of an object in this order, where they stand in another.
fn arrange(out: &mut [u8], members: &[Member], scratch: &mut Vec<u8>) {
    let first = members.iter().map(|member| member.start).min().unwrap_or_default();
    let last = members.iter().map(|member| member.end).max().unwrap_or_default();
    scratch.clear();
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            scratch.push(b',');
        }
        scratch.extend_from_slice(out.get(member.start..member.end).unwrap_or_default());
    }
    if let Some(place) = out.get_mut(first..last) {
        place.copy_from_slice(scratch);
    }
}

/// The UTF-16 code units of a quoted name, whose order counts (RFC 8785 section 3.2.3).
fn units(quoted: &[u8]) -> Vec<u16> {
    let name: String = serde_json::from_slice(quoted).unwrap_or_default();
    name.encode_utf16().collect()
}
