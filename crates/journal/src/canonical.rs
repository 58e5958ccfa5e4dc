//! Entries as canonical JSON (RFC 8785): what is signed can be written again, byte for byte, by anybody's tools.
//!
//! serde_json writes as always; where an object was written in another order than that of its names, its members are put in
//! order afterwards. Must never write a number that another reader could take for a different one.

use std::cell::Cell;
use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;
use serde_json::ser::Formatter;

/// The largest number that every reader of JSON takes for what it is (RFC 7493 section 2.2).
const MOST: u64 = (1 << 53) - 1;

/// Writes canonical JSON. Its buffers are used again.
#[derive(Debug)]
pub(crate) struct Canonical {
    layout: Layout,
    scratch: Vec<u8>,
}

impl Canonical {
    pub(crate) const fn new() -> Self {
        Self { layout: Layout::new(), scratch: Vec::new() }
    }

    /// Writes `value` to the end of `out`.
    ///
    /// # Errors
    /// Where `value` cannot be said in JSON, or holds a number beyond ±(2^53 − 1).
    pub(crate) fn write<T: Serialize + ?Sized>(
        &mut self,
        out: &mut Vec<u8>,
        value: &T,
    ) -> Result<(), serde_json::Error> {
        let at = Cell::new(out.len());
        self.layout.clear();
        let formatter = Placed { layout: &mut self.layout, at: &at };
        value.serialize(&mut serde_json::Serializer::with_formatter(Counted { out, at: &at }, formatter))?;
        // Inner objects come first. Putting one in order moves nothing outside of it.
        for object in &self.layout.objects {
            sort(out, self.layout.ended.get_mut(object.clone()).unwrap_or_default(), &mut self.scratch);
        }
        Ok(())
    }
}

/// Where a member of an object stands.
#[derive(Debug, Clone, Copy)]
struct Member {
    start: usize,
    /// Where its name ends, quotes and all.
    name: usize,
    end: usize,
}

/// What was written so far: the members of all objects.
#[derive(Debug)]
struct Layout {
    /// Of the objects that have not ended: where the members of each begin in `members`.
    open: Vec<usize>,
    members: Vec<Member>,
    /// Of the objects that have ended, inner ones first: which of `ended` are the members of each.
    objects: Vec<Range<usize>>,
    ended: Vec<Member>,
}

impl Layout {
    const fn new() -> Self {
        Self { open: Vec::new(), members: Vec::new(), objects: Vec::new(), ended: Vec::new() }
    }

    fn clear(&mut self) {
        self.open.clear();
        self.members.clear();
        self.objects.clear();
        self.ended.clear();
    }
}

/// A layout in the making, and where the writer is.
struct Placed<'a> {
    layout: &'a mut Layout,
    at: &'a Cell<usize>,
}

/// Puts members in order that stand one after the other with a comma between.
fn sort(out: &mut [u8], members: &mut [Member], scratch: &mut Vec<u8>) {
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return };
    let place = first.start..last.end;
    {
        let name = |member: &Member| out.get(member.start + 1..member.name - 1).unwrap_or_default();
        // Of such names the bytes are in the order of the UTF-16 code units.
        let plain =
            members.iter().all(|member| name(member).iter().all(|byte| byte.is_ascii() && *byte != b'\\'));
        if plain {
            if members.is_sorted_by(|a, b| name(a) <= name(b)) {
                return;
            }
            members.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        } else {
            members
                .sort_by_cached_key(|member| units(out.get(member.start..member.name).unwrap_or_default()));
        }
    }
    scratch.clear();
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            scratch.push(b',');
        }
        scratch.extend_from_slice(out.get(member.start..member.end).unwrap_or_default());
    }
    if let Some(place) = out.get_mut(place) {
        place.copy_from_slice(scratch);
    }
}

/// The UTF-16 code units of a quoted name, whose order counts (RFC 8785 section 3.2.3).
fn units(quoted: &[u8]) -> Vec<u16> {
    let name: String = serde_json::from_slice(quoted).unwrap_or_default();
    name.encode_utf16().collect()
}

/// A buffer that tells how long it is.
struct Counted<'a> {
    out: &'a mut Vec<u8>,
    at: &'a Cell<usize>,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.extend_from_slice(bytes);
        self.at.set(self.out.len());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn no_number(why: &'static str) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

fn whole<W: Write + ?Sized>(writer: &mut W, number: impl Into<i128>) -> io::Result<()> {
    let number: i128 = number.into();
    if number.unsigned_abs() > u128::from(MOST) {
        return no_number("a number beyond 2^53 - 1 is not the same to every reader");
    }
    write!(writer, "{number}")
}

impl Formatter for Placed<'_> {
    fn write_u64<W: Write + ?Sized>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        whole(writer, value)
    }

    fn write_i64<W: Write + ?Sized>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        whole(writer, value)
    }

    fn write_u128<W: Write + ?Sized>(&mut self, _: &mut W, _: u128) -> io::Result<()> {
        no_number("numbers of 128 bits are written as text")
    }

    fn write_i128<W: Write + ?Sized>(&mut self, _: &mut W, _: i128) -> io::Result<()> {
        no_number("numbers of 128 bits are written as text")
    }

    fn write_f32<W: Write + ?Sized>(&mut self, _: &mut W, _: f32) -> io::Result<()> {
        no_number("entries hold whole numbers only")
    }

    fn write_f64<W: Write + ?Sized>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        no_number("entries hold whole numbers only")
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.open.push(self.layout.members.len());
        writer.write_all(b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let from = self.layout.ended.len();
        let first = self.layout.open.pop().unwrap_or_default();
        self.layout.ended.extend(self.layout.members.drain(first..));
        self.layout.objects.push(from..self.layout.ended.len());
        writer.write_all(b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        let start = self.at.get();
        self.layout.members.push(Member { start, name: start, end: start });
        Ok(())
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(member) = self.layout.members.last_mut() {
            member.name = self.at.get();
        }
        writer.write_all(b":")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.layout.members.last_mut() {
            member.end = self.at.get();
        }
        Ok(())
    }

    fn write_raw_fragment<W: Write + ?Sized>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::InvalidData, "entries hold no JSON written elsewhere"))
    }
}

#[cfg(test)]
mod tests;
