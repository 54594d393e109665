//! The quick way to read an archive that this program wrote: header by header, each compared
//! with the one that the writer makes for that member. An archive that differs from it in a
//! single byte is left to the general reader, which tells what is odd about it.
//!
//! The layout is that of APPNOTE.TXT 4.3; every constant in it is taken from an archive that
//! the writer makes, so the two cannot drift apart.

use rayon::prelude::*;

use super::{MAX_MEMBER_BYTES, MAX_TOTAL_BYTES, Members, is_plain, write};

/// Members that one thread takes at a time.
const BLOCK: usize = 256;
const LOCAL: usize = 30;
const CENTRAL: usize = 46;
const END: usize = 22;

/// From this count on the writer adds records of another form (4.3.14).
const MANY: usize = 0xFFFF;

/// The members, if `bytes` are exactly what [`write`] makes of them.
pub(super) fn read(bytes: &[u8]) -> Option<Members> {
    let pattern = Pattern::of_the_writer()?;
    let (members, at) = scan(bytes, &pattern)?;
    if members.is_empty() || members.len() >= MANY {
        return None;
    }
    let (mut directory, mut all) = (Vec::new(), Vec::with_capacity(members.len()));
    let parts: Vec<_> = members.par_chunks(BLOCK).map(|block| copy(block, &pattern)).collect();
    for part in parts {
        let (entries, copied) = part?;
        directory.extend_from_slice(&entries);
        all.extend(copied);
    }
    let rest = bytes.get(at..)?.strip_prefix(&directory[..])?;
    let end = pattern.end(members.len(), directory.len(), at)?;
    (rest == end).then(|| all.into_iter().collect())
}

/// A member where it lies in the archive.
struct Found<'a> {
    header: &'a [u8],
    name: &'a str,
    content: &'a [u8],
    offset: usize,
}

/// Every member by the lengths that the headers state, and where the last one ends.
fn scan<'a>(bytes: &'a [u8], pattern: &Pattern) -> Option<(Vec<Found<'a>>, usize)> {
    let mut members: Vec<Found<'_>> = Vec::new();
    let mut total = 0_u64;
    let mut at = 0;
    while bytes.get(at..)?.starts_with(pattern.local.get(..4)?) {
        let header = bytes.get(at..at.checked_add(LOCAL)?)?;
        let named = at + LOCAL + usize::from(u16_at(header, 26)?);
        let name = std::str::from_utf8(bytes.get(at + LOCAL..named)?).ok()?;
        let size = u32_at(header, 18)?;
        let end = named.checked_add(usize::try_from(size).ok()?)?;
        let content = bytes.get(named..end)?;
        total += u64::from(size);
        let sorted = members.last().is_none_or(|last| last.name < name);
        let small = u64::from(size) <= MAX_MEMBER_BYTES && total <= MAX_TOTAL_BYTES;
        if !sorted || !small || !is_plain(name) {
            return None;
        }
        members.push(Found { header, name, content, offset: at });
        at = end;
    }
    Some((members, at))
}

/// A part of the central directory, and the members that it names.
type Part = (Vec<u8>, Vec<(String, Vec<u8>)>);

fn copy(block: &[Found<'_>], pattern: &Pattern) -> Option<Part> {
    let mut entries = Vec::with_capacity(block.len() * (CENTRAL + 32));
    let mut copied = Vec::with_capacity(block.len());
    for found in block {
        let Found { name, content, offset, .. } = *found;
        let size = u32::try_from(content.len()).ok()?;
        let member = Member { name, size, crc: crc32fast::hash(content), offset };
        if found.header != pattern.local(&member)? {
            return None;
        }
        entries.extend_from_slice(&pattern.central(&member)?);
        entries.extend_from_slice(name.as_bytes());
        copied.push((name.to_owned(), content.to_vec()));
    }
    Some((entries, copied))
}

struct Member<'a> {
    name: &'a str,
    size: u32,
    crc: u32,
    offset: usize,
}

/// The headers as the writer makes them, from an archive of one empty member.
struct Pattern {
    local: [u8; LOCAL],
    central: [u8; CENTRAL],
    end: [u8; END],
}

impl Pattern {
    fn of_the_writer() -> Option<Self> {
        let bytes = write(&Members::from([("a".to_owned(), Vec::new())])).ok()?;
        let (local, rest) = bytes.split_first_chunk::<LOCAL>()?;
        let (central, rest) = rest.strip_prefix(b"a")?.split_first_chunk::<CENTRAL>()?;
        let end = rest.strip_prefix(b"a")?;
        Some(Self { local: *local, central: *central, end: end.try_into().ok()? })
    }

    fn local(&self, member: &Member<'_>) -> Option<[u8; LOCAL]> {
        let mut header = self.local;
        put(&mut header, 14, &member.crc.to_le_bytes())?;
        put(&mut header, 18, &member.size.to_le_bytes())?;
        put(&mut header, 22, &member.size.to_le_bytes())?;
        put(&mut header, 26, &u16::try_from(member.name.len()).ok()?.to_le_bytes())?;
        Some(header)
    }

    fn central(&self, member: &Member<'_>) -> Option<[u8; CENTRAL]> {
        let mut header = self.central;
        put(&mut header, 16, &member.crc.to_le_bytes())?;
        put(&mut header, 20, &member.size.to_le_bytes())?;
        put(&mut header, 24, &member.size.to_le_bytes())?;
        put(&mut header, 28, &u16::try_from(member.name.len()).ok()?.to_le_bytes())?;
        put(&mut header, 42, &u32::try_from(member.offset).ok()?.to_le_bytes())?;
        Some(header)
    }

    fn end(&self, members: usize, directory: usize, start: usize) -> Option<[u8; END]> {
        let mut end = self.end;
        let count = u16::try_from(members).ok()?.to_le_bytes();
        put(&mut end, 8, &count)?;
        put(&mut end, 10, &count)?;
        put(&mut end, 12, &u32::try_from(directory).ok()?.to_le_bytes())?;
        put(&mut end, 16, &u32::try_from(start).ok()?.to_le_bytes())?;
        Some(end)
    }
}

fn put(header: &mut [u8], at: usize, bytes: &[u8]) -> Option<()> {
    header.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
    Some(())
}

fn u16_at(header: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(header.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(header: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Members {
        Members::from([
            ("a.txt".to_owned(), b"one\n".to_vec()),
            ("empty".to_owned(), Vec::new()),
            ("events/000001-abc.json".to_owned(), b"{}".to_vec()),
        ])
    }

    #[test]
    fn what_the_writer_made_is_read_whole() {
        assert_eq!(read(&write(&small()).expect("small")), Some(small()));
        let many: Members = (0..3000).map(|n| (format!("m{n:06}"), vec![7; n % 50])).collect();
        assert_eq!(read(&write(&many).expect("many")), Some(many));
    }

    /// Whatever this takes, the general reader must take too, and find nothing odd.
    #[test]
    fn an_archive_with_any_bit_changed_anywhere_is_left_to_the_general_reader() {
        let good = write(&small()).expect("small");
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert_eq!(read(&bad), None, "byte {at} bit {bit}");
            }
        }
        for cut in 0..good.len() {
            assert_eq!(read(&good[..cut]), None, "cut at {cut}");
        }
        for more in [&b"x"[..], b"PK\x05\x06", &good] {
            assert_eq!(read(&[&good[..], more].concat()), None);
            assert_eq!(read(&[more, &good[..]].concat()), None);
        }
    }

    #[test]
    fn unsorted_repeated_and_strange_names_are_left_to_the_general_reader() {
        use std::io::Write as _;
        for names in [["b", "a"], ["a", "a"], ["../a", "b"]] {
            let mut parts = (Vec::new(), Vec::new());
            let pattern = Pattern::of_the_writer().expect("a pattern");
            for name in names {
                let member = Member { name, size: 0, crc: 0, offset: parts.0.len() };
                parts.0.write_all(&pattern.local(&member).expect("local")).expect("memory");
                parts.0.extend_from_slice(name.as_bytes());
                parts.1.extend_from_slice(&pattern.central(&member).expect("central"));
                parts.1.extend_from_slice(name.as_bytes());
            }
            let end = pattern.end(2, parts.1.len(), parts.0.len()).expect("end");
            let bytes = [&parts.0[..], &parts.1, &end].concat();
            assert_eq!(read(&bytes), None, "{names:?}");
        }
    }
}
