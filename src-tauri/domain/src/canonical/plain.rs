//! The quick way to RFC 8785 bytes for what events are made of: text, whole numbers, plain
//! keys. Everything else (fractions, numbers beyond 2^53, keys that need an escape) is left
//! to the general canonicalizer, which a test holds this one against.
//!
//! Values are written once, in the order they come; an object whose keys came in another
//! order is put right in place when it ends.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// The largest whole number that JSON's one number type holds exactly (RFC 8785, 3.2.2.3).
const MAX_EXACT: u64 = 1 << 53;

/// The canonical bytes, or nothing when `value` is not plain.
pub(super) fn bytes<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    let mut text = Text { out: Vec::with_capacity(512), ..Text::default() };
    value.serialize(&mut Serializer::with_formatter(io::sink(), Writer(&mut text))).ok()?;
    Some(text.out)
}

/// One member of an object that is being written: where its key and its value lie.
#[derive(Clone, Copy)]
struct Member {
    key: usize,
    key_end: usize,
    end: usize,
}

#[derive(Default)]
struct Text {
    out: Vec<u8>,
    members: Vec<Member>,
    /// For each open object, where its members begin in `members`.
    open: Vec<usize>,
    scratch: Vec<u8>,
}

impl Text {
    /// Ends the innermost object: its members sorted by key, each key once.
    fn close(&mut self) -> io::Result<()> {
        let first = self.open.pop().unwrap_or_default();
        let out = &mut self.out;
        let members = self.members.get_mut(first..).unwrap_or_default();
        fn key(out: &[u8], one: Member) -> &[u8] {
            out.get(one.key + 1..one.key_end - 1).unwrap_or_default()
        }
        let in_order = |a: Member, b: Member, out: &[u8]| key(out, a) < key(out, b);
        let start = members.first().map(|one| one.key);
        if let Some(start) = start
            && !members.windows(2).all(|pair| in_order(pair[0], pair[1], out))
        {
            members.sort_by(|a, b| key(out, *a).cmp(key(out, *b)));
            if !members.windows(2).all(|pair| in_order(pair[0], pair[1], out)) {
                return Err(not_plain());
            }
            self.scratch.clear();
            for (place, one) in members.iter().enumerate() {
                if place > 0 {
                    self.scratch.push(b',');
                }
                self.scratch.extend_from_slice(out.get(one.key..one.end).unwrap_or_default());
            }
            out.truncate(start);
            out.extend_from_slice(&self.scratch);
        }
        self.members.truncate(first);
        self.out.push(b'}');
        Ok(())
    }

    fn whole(&mut self, negative: bool, size: u64) -> io::Result<()> {
        if size > MAX_EXACT {
            return Err(not_plain());
        }
        if negative {
            self.out.push(b'-');
        }
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut left = size;
        loop {
            at -= 1;
            // A digit is below ten.
            digits[at] = b'0' + u8::try_from(left % 10).unwrap_or_default();
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[at..]);
        Ok(())
    }
}

fn not_plain() -> io::Error {
    io::Error::from(io::ErrorKind::Unsupported)
}

/// What the serializer calls; the writer that it hands over is a sink.
struct Writer<'a>(&'a mut Text);

macro_rules! whole_numbers {
    ($($name:ident: $type:ty),*) => {$(
        fn $name<W: ?Sized + io::Write>(&mut self, _: &mut W, value: $type) -> io::Result<()> {
            #[allow(unused_comparisons, reason = "one text for signed and unsigned")]
            let negative = value < 0;
            let size = i128::from(value).unsigned_abs();
            self.0.whole(negative, u64::try_from(size).map_err(|_| not_plain())?)
        }
    )*};
}

macro_rules! others {
    ($($name:ident: $type:ty),*) => {$(
        fn $name<W: ?Sized + io::Write>(&mut self, _: &mut W, _: $type) -> io::Result<()> {
            Err(not_plain())
        }
    )*};
}

macro_rules! marks {
    ($($name:ident: $text:literal),*) => {$(
        fn $name<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
            self.0.out.extend_from_slice($text);
            Ok(())
        }
    )*};
}

impl Formatter for Writer<'_> {
    whole_numbers! {
        write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64,
        write_u8: u8, write_u16: u16, write_u32: u32, write_u64: u64
    }
    others! {
        write_i128: i128, write_u128: u128, write_f32: f32, write_f64: f64,
        write_number_str: &str, write_raw_fragment: &str
    }
    marks! {
        write_null: b"null", begin_string: b"\"", end_string: b"\"",
        begin_array: b"[", end_array: b"]", end_array_value: b""
    }

    fn write_bool<W: ?Sized + io::Write>(&mut self, _: &mut W, value: bool) -> io::Result<()> {
        self.0.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        _: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.0.out.extend_from_slice(fragment.as_bytes());
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        _: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let short: &[u8] = match escape {
            CharEscape::Quote => b"\\\"",
            CharEscape::ReverseSolidus => b"\\\\",
            CharEscape::Solidus => b"/",
            CharEscape::Backspace => b"\\b",
            CharEscape::FormFeed => b"\\f",
            CharEscape::LineFeed => b"\\n",
            CharEscape::CarriageReturn => b"\\r",
            CharEscape::Tab => b"\\t",
            CharEscape::AsciiControl(byte) => {
                const HEX: [u8; 16] = *b"0123456789abcdef";
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                self.0.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
                return Ok(());
            }
        };
        self.0.out.extend_from_slice(short);
        Ok(())
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        _: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if !first {
            self.0.out.push(b',');
        }
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.open.push(self.0.members.len());
        self.0.out.push(b'{');
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.close()
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        _: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if !first {
            self.0.out.push(b',');
        }
        let key = self.0.out.len();
        self.0.members.push(Member { key, key_end: key, end: key });
        Ok(())
    }

    /// Keys are sorted by UTF-16 units (RFC 8785, 3.2.3), which for ASCII are its bytes.
    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let text = &mut *self.0;
        let Some(member) = text.members.last_mut() else { return Err(not_plain()) };
        member.key_end = text.out.len();
        let key = text.out.get(member.key..).unwrap_or_default();
        let plain = key.len() >= 2 && key.iter().all(|b| b.is_ascii() && *b != b'\\');
        if plain { Ok(()) } else { Err(not_plain()) }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.out.push(b':');
        Ok(())
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        // The members of whatever stood inside are gone again: the last one is this value's.
        let end = self.0.out.len();
        let member = self.0.members.last_mut().ok_or_else(not_plain)?;
        member.end = end;
        Ok(())
    }
}
