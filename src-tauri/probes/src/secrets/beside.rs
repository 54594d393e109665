//! Secrets that lie beside the code in `.env` files, where git does not see them and nobody
//! has named them to us. A command of the tree may print them, and what it prints is kept.

use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::dotenv::parse;
use super::rules::{Place, Rules};
use crate::git::is_env_file;

/// Folders between the root and the deepest `.env` that is read.
const MAX_DEPTH: usize = 4;
/// Entries of the tree that are visited at most.
const MAX_ENTRIES: usize = 20_000;
/// Longest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;
/// Values that are kept at most.
const MAX_VALUES: usize = 500;
/// Folders that hold what others wrote.
const FOREIGN: [&str; 3] = [".git", "node_modules", "bower_components"];

/// The values in the tree's `.env` files that look like secrets; nothing where there is no
/// tree. What does not look like one (a port, a host) stays legible.
pub(crate) fn values(root: &Path) -> Vec<Zeroizing<String>> {
    let Ok(rules) = Rules::new(std::iter::empty()) else { return Vec::new() };
    let walk = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .max_depth(Some(MAX_DEPTH))
        .filter_entry(|entry| !entry.file_name().to_str().is_some_and(|n| FOREIGN.contains(&n)))
        .build();
    let files = walk.take(MAX_ENTRIES).filter_map(Result::ok).filter(|entry| {
        entry.file_type().is_some_and(|kind| kind.is_file())
            && is_env_file(entry.file_name().as_encoded_bytes())
    });
    let mut values: Vec<_> = files.flat_map(|file| inside(file.path(), &rules)).collect();
    values.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    values.dedup();
    values.truncate(MAX_VALUES);
    values
}

fn inside(path: &Path, rules: &Rules) -> Vec<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let file = std::fs::File::open(path).map(|file| file.take(MAX_FILE));
    if file.and_then(|mut file| file.read_to_string(&mut text)).is_err() {
        return Vec::new();
    }
    let place = Place { settings: true, ..Place::default() };
    let found = |text: &str| -> Vec<_> {
        let matches = rules.matches(text.as_bytes(), place).into_iter();
        matches.filter_map(|found| text.get(found.range).map(str::to_owned)).collect()
    };
    let mut values: Vec<_> = found(&text).into_iter().map(Zeroizing::new).collect();
    // As the application gets it, too. Of an address, its secret part is enough.
    for (name, value) in parse(&text) {
        let line = Zeroizing::new(format!("{name}={}\n", value.as_str()));
        if !value.contains("://") && !found(&line).is_empty() {
            values.push(value);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_known_and_all_else_stays_legible() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write(".env", "PORT=3000\nNODE_ENV=production\nSMTP_PASSWORD=Uo7iF3gS9yBx5Kc1\n");
        write("apps/api/.env.local", "DATABASE_URL=postgres://app:nB4vQ8xW2zK6@db/app\n");
        write(".env.example", "API_KEY=Rk3Hs5Bj0Xe9uC2aN6wPq4\n");
        write("node_modules/x/.env", "API_KEY=Tm2Lq6Dz0Uo7iF3gS9yBx5\n");
        write("src/main.ts", "const password = 'Wn8Ve4Tm2Lq6Dz0';\n");
        let found: Vec<_> = values(folder.path()).iter().map(|v| v.as_str().to_owned()).collect();
        for wanted in ["Uo7iF3gS9yBx5Kc1", "nB4vQ8xW2zK6"] {
            assert!(found.iter().any(|value| value.contains(wanted)), "{wanted}: {found:?}");
        }
        for legible in ["3000", "production", "Rk3Hs", "Tm2Lq", "Wn8Ve"] {
            assert!(!found.iter().any(|value| value.starts_with(legible)), "{legible}: {found:?}");
        }
        assert!(values(Path::new("/nowhere/at/all")).is_empty());
    }
}
