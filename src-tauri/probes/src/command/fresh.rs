//! Reads the report that a command wrote to a file, and only one that this run wrote: a
//! report that lies there from last week says nothing about today.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Longest report that is read, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;
/// How coarse the times of a file system may be.
const COARSE: Duration = Duration::from_secs(2);

/// What tells one writing of a file from the next.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    modified: Option<SystemTime>,
    length: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Mark {
    fn of(known: &Metadata) -> Self {
        Self {
            modified: known.modified().ok(),
            length: known.len(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(known),
        }
    }
}

/// A file as it was before the command began.
pub(super) struct Before {
    path: PathBuf,
    mark: Option<Mark>,
    since: SystemTime,
}

impl Before {
    /// Looks at the file now; it need not be there.
    pub(super) fn look(path: PathBuf) -> Self {
        let mark = std::fs::metadata(&path).ok().map(|known| Mark::of(&known));
        Self { path, mark, since: SystemTime::now() }
    }

    /// The text that was written since.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) fn written_since(&self) -> Result<String, String> {
        let name = self.path.display();
        let known = std::fs::metadata(&self.path)
            .map_err(|error| format!("the command wrote no report {name}: {error}"))?;
        // Opening a pipe would wait for ever for somebody to write.
        if !known.is_file() {
            return Err(format!("{name} is not a plain file"));
        }
        let mark = Mark::of(&known);
        let older = |time: SystemTime| time + COARSE < self.since;
        if self.mark.as_ref() == Some(&mark) || mark.modified.is_none_or(older) {
            return Err(format!("{name} was not written in this run: it is an older report"));
        }
        read(&self.path)
    }
}

fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("{name} is longer than {} MiB", LONGEST / 1024 / 1024));
    }
    String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_file_of_this_run_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.xml");
        let absent = Before::look(path.clone());
        assert!(absent.written_since().expect_err("no file").contains("wrote no report"));
        std::fs::write(&path, "new").expect("a file");
        assert_eq!(absent.written_since().as_deref(), Ok("new"));

        let there = Before::look(path.clone());
        assert!(there.written_since().expect_err("untouched").contains("older report"));
        std::fs::write(&path, "newer").expect("a file");
        assert_eq!(there.written_since().as_deref(), Ok("newer"));

        let file = std::fs::File::options().write(true).open(&path).expect("the file");
        let old = SystemTime::now() - Duration::from_secs(3_600);
        file.set_modified(old).expect("another time");
        assert!(there.written_since().expect_err("put back").contains("older report"));

        let not_a_file = Before::look(folder.path().to_owned());
        assert!(not_a_file.written_since().expect_err("a folder").contains("not a plain file"));
        std::fs::write(&path, [0xff, 0xfe, 0x00]).expect("a file");
        assert!(absent.written_since().expect_err("bytes").contains("not UTF-8"));
    }
}
