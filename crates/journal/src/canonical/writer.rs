//! The serializer: serde's values to the bytes of canonical JSON.

use std::fmt::Display;
use std::io::Write as _;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

use super::members::Members;
use super::text;

/// The largest number that every reader of JSON takes for what it is (RFC 7493 section 2.2).
const MOST: u64 = (1 << 53) - 1;

type Written = Result<(), Error>;

/// Writes one value.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    members: &'a mut Members,
}

/// An array or object under way.
pub(super) struct Open<'w, 'a> {
    writer: &'w mut Writer<'a>,
    /// Of an object: where its members begin.
    from: usize,
    is_first: bool,
    /// What is written after its own end.
    closing: &'static [u8],
}

impl<'a> Writer<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>, members: &'a mut Members) -> Self {
        Self { out, members }
    }

    fn raw(&mut self, bytes: &[u8]) -> Written {
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn open<'w>(&'w mut self, bracket: u8, closing: &'static [u8]) -> Open<'w, 'a> {
        self.out.push(bracket);
        let from = self.members.len();
        Open { writer: self, from, is_first: true, closing }
    }

    /// `{"variant":` and what follows; the brace is closed by whoever writes that.
    fn variant(&mut self, variant: &str) {
        self.out.push(b'{');
        text::write(self.out, variant);
        self.out.push(b':');
    }

    fn whole(&mut self, number: u64, is_negative: bool) -> Written {
        if number > MOST {
            return Err(Error::custom("a number beyond 2^53 - 1 is not the same to every reader"));
        }
        let sign = if is_negative { "-" } else { "" };
        write!(self.out, "{sign}{number}").map_err(Error::custom)
    }
}

impl Open<'_, '_> {
    fn comma(&mut self) {
        if !self.is_first {
            self.writer.out.push(b',');
        }
        self.is_first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Written {
        self.comma();
        self.writer.members.begin(self.writer.out.len());
        text::write(self.writer.out, name);
        self.value(value)
    }

    /// The value of the member whose name was written last.
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.writer.members.named(self.writer.out);
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)?;
        self.writer.members.end(self.writer.out.len());
        Ok(())
    }

    fn end_array(self) -> Written {
        self.writer.out.push(b']');
        self.writer.raw(self.closing)
    }

    fn end_object(self) -> Written {
        self.writer.members.sort(self.from, self.writer.out);
        self.writer.out.push(b'}');
        self.writer.raw(self.closing)
    }
}

/// Whole numbers, by the sign that they can have.
macro_rules! numbers {
    ($($positive:ident: $p:ty),+; $($any:ident: $a:ty),+) => {
        $(fn $positive(self, value: $p) -> Written { self.whole(u64::from(value), false) })+
        $(fn $any(self, value: $a) -> Written { self.whole(i64::from(value).unsigned_abs(), value < 0) })+
    };
}

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Open<'w, 'a>;
    type SerializeTuple = Open<'w, 'a>;
    type SerializeTupleStruct = Open<'w, 'a>;
    type SerializeTupleVariant = Open<'w, 'a>;
    type SerializeMap = Open<'w, 'a>;
    type SerializeStruct = Open<'w, 'a>;
    type SerializeStructVariant = Open<'w, 'a>;

    numbers! {
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64;
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64
    }

    fn serialize_f32(self, _: f32) -> Written {
        Err(Error::custom("entries hold whole numbers only"))
    }

    fn serialize_f64(self, _: f64) -> Written {
        Err(Error::custom("entries hold whole numbers only"))
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.raw(if value { b"true" } else { b"false" })
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        text::write(self.out, value);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Written {
        let from = self.out.len();
        write!(self.out, "{value}").map_err(Error::custom)?;
        text::quote(self.out, from);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        value.serialize(self)
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.raw(b"null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.raw(b"}")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'w, 'a>, Error> {
        Ok(self.open(b'[', b""))
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'w, 'a>, Error> {
        Ok(self.open(b'[', b""))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'w, 'a>, Error> {
        Ok(self.open(b'[', b""))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w, 'a>, Error> {
        self.variant(variant);
        Ok(self.open(b'[', b"}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'w, 'a>, Error> {
        Ok(self.open(b'{', b""))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Open<'w, 'a>, Error> {
        // How serde_json says that a text is JSON written elsewhere.
        if name.starts_with("$serde_json::private::") {
            return Err(Error::custom("entries hold no JSON written elsewhere"));
        }
        Ok(self.open(b'{', b""))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w, 'a>, Error> {
        self.variant(variant);
        Ok(self.open(b'{', b"}"))
    }
}

/// Arrays of all kinds.
macro_rules! arrays {
    ($($kind:ident: $add:ident),+) => {$(
        impl $kind for Open<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.element(value)
            }

            fn end(self) -> Written {
                self.end_array()
            }
        }
    )+};
}

arrays! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
}

/// Objects whose members' names are known when the program is built.
macro_rules! objects {
    ($($kind:ident),+) => {$(
        impl $kind for Open<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                self.member(name, value)
            }

            fn end(self) -> Written {
                self.end_object()
            }
        }
    )+};
}

objects! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for Open<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Written {
        self.comma();
        let start = self.writer.out.len();
        self.writer.members.begin(start);
        name.serialize(&mut *self.writer)?;
        if self.writer.out.get(start) == Some(&b'"') { Ok(()) } else { Err(Error::custom("a name is text")) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.value(value)
    }

    fn end(self) -> Written {
        self.end_object()
    }
}
