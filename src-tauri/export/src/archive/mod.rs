//! The zip around a bundle. Members are sorted and stored as they are, with one fixed time
//! and mode, so the same members always give the same bytes, and a reader can tell an
//! archive that somebody packed anew. Reading is bounded and total: a bundle comes from
//! somebody else.

mod own;

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use zip::read::ZipReadOptions;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Members by name.
pub(crate) type Members = BTreeMap<String, Vec<u8>>;

/// Most members of a bundle.
pub const MAX_MEMBERS: usize = 200_000;
/// Largest member, in bytes.
pub const MAX_MEMBER_BYTES: u64 = 64 << 20;
/// Largest sum of all members, in bytes.
pub const MAX_TOTAL_BYTES: u64 = 1 << 30;
const MAX_NAME: usize = 120;

/// Why a file is not read as a bundle at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadArchive {
    #[error("the file is not a zip archive: {0}")]
    Form(String),
    #[error("the archive holds {0}: a bundle has at most {1}")]
    TooLarge(String, String),
}

/// What an archive holds, and what is odd about it.
pub(crate) struct Opened {
    pub(crate) members: Members,
    pub(crate) problems: Vec<String>,
}

/// The archive of these members.
pub(crate) fn write(members: &Members) -> Result<Vec<u8>, String> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .system(zip::System::Unix);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name.as_str(), options).map_err(|error| error.to_string())?;
        zip.write_all(bytes).map_err(|error| error.to_string())?;
    }
    Ok(zip.finish().map_err(|error| error.to_string())?.into_inner())
}

/// The members of an archive, within the limits.
pub(crate) fn read(bytes: &[u8]) -> Result<Opened, BadArchive> {
    if bytes.len() as u64 > MAX_TOTAL_BYTES + (MAX_TOTAL_BYTES >> 2) {
        return Err(too_large(format!("{} bytes", bytes.len()), "1 GiB"));
    }
    if let Some(members) = own::read(bytes) {
        return Ok(Opened { members, problems: Vec::new() });
    }
    let form = |error: zip::result::ZipError| BadArchive::Form(error.to_string());
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(form)?;
    if zip.len() > MAX_MEMBERS {
        return Err(too_large(format!("{} members", zip.len()), &MAX_MEMBERS.to_string()));
    }
    let mut problems = repeated(bytes, zip.central_directory_start());
    let mut members = Members::new();
    let mut left = MAX_TOTAL_BYTES;
    for index in 0..zip.len() {
        // Damage is named by SHA256SUMS, so a wrong CRC does not end the reading.
        let options = ZipReadOptions::new().ignore_crc32(true);
        let file = zip.by_index_with_options(index, options);
        let mut file = match file {
            Ok(file) => file,
            Err(error) => {
                problems.push(format!("member {} cannot be read: {error}", index + 1));
                continue;
            }
        };
        let name = file.name().to_owned();
        if !is_plain(&name) || !file.is_file() {
            problems.push(format!("member {name:?} has a name that no bundle uses"));
            continue;
        }
        let limit = MAX_MEMBER_BYTES.min(left);
        let mut content = Vec::new();
        if let Err(error) = file.by_ref().take(limit + 1).read_to_end(&mut content) {
            problems.push(format!("{name} cannot be read: {error}"));
            continue;
        }
        if content.len() as u64 > limit {
            let most =
                if limit < MAX_MEMBER_BYTES { "1 GiB in all" } else { "64 MiB in one member" };
            return Err(too_large(format!("more in {name}"), most));
        }
        left -= content.len() as u64;
        members.insert(name, content);
    }
    if problems.is_empty() && write(&members).ok().as_deref() != Some(bytes) {
        problems.push(
            "the archive itself is not as this program writes it: it was packed anew, or bytes \
             outside its members were changed or added"
                .to_owned(),
        );
    }
    Ok(Opened { members, problems })
}

fn too_large(what: String, most: &str) -> BadArchive {
    BadArchive::TooLarge(what, most.to_owned())
}

/// Letters, digits and `._-` in parts divided by `/`, none of which begins with a dot.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    name.len() <= MAX_NAME && name.split('/').all(part)
}

/// Names that stand more than once in the central directory, of which a zip reader shows
/// only one (APPNOTE.TXT 4.3.12 gives the layout).
fn repeated(bytes: &[u8], start: u64) -> Vec<String> {
    let mut count: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut rest =
        usize::try_from(start).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    while let Some((header, after)) = rest.split_at_checked(46) {
        if !header.starts_with(b"PK\x01\x02") {
            break;
        }
        let length = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let Some(name) = after.get(..length(28)) else { break };
        *count.entry(name).or_default() += 1;
        rest = after.get(length(28) + length(30) + length(32)..).unwrap_or_default();
    }
    count
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(name, count)| {
            format!(
                "member {:?} stands {count} times in the archive",
                String::from_utf8_lossy(name)
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A golden hash: an upgrade of the zip library that writes other bytes for the same
    /// members would make every earlier bundle look repacked.
    #[test]
    fn the_same_members_give_the_same_bytes_for_ever() {
        let members = Members::from([
            ("a.txt".to_owned(), b"one\n".to_vec()),
            ("events/000001-abc.json".to_owned(), b"{}".to_vec()),
        ]);
        let bytes = write(&members).expect("small");
        assert_eq!(
            countersign_domain::id::Digest::of(&bytes).as_str(),
            "11b5bb048555fc9c67e74a8c7016f804278b4cbdc79678664d56009f8da1d805"
        );
        let back = read(&bytes).expect("own archive");
        assert_eq!((back.members, back.problems), (members, Vec::new()));
    }

    #[test]
    fn a_name_that_could_leave_the_folder_is_not_plain() {
        for name in ["../a", "/a", "a/../b", "a//b", "a\\b", ".git/config", "a b", "a\u{202e}b", ""]
        {
            assert!(!is_plain(name), "{name:?}");
        }
        assert!(is_plain("events/000001-0123456789ab.json"));
    }
}
