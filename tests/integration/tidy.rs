//! Holds what no compiler holds: which room may depend on what, that every module says
//! why it exists, that files stay short, that the UI has one wall to Tauri, and that no
//! file names the machine it was written on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::run;
use serde::Deserialize;

const LIMIT: Duration = Duration::from_secs(60);
const MAX_LINES: usize = 400;

/// One line of the dependency table in ARCHITECTURE.md.
struct Room {
    package: &'static str,
    /// Rooms it may use.
    ours: &'static [&'static str],
    /// Outside crates: a list of the only ones, or of the banned ones.
    outside: Outside,
    /// Features that it may not ask for, as crate and feature.
    features: &'static [(&'static str, &'static str)],
}

enum Outside {
    Only(&'static [&'static str]),
    Never(&'static [&'static str]),
}

const ROOMS: &[Room] = &[
    Room {
        package: "countersign-domain",
        ours: &[],
        outside: Outside::Only(&[
            "base64",
            "chrono",
            "curve25519-dalek",
            "ed25519-dalek",
            "hex",
            // For tests only.
            "proptest",
            "pulldown-cmark",
            "rayon",
            "serde",
            "serde_json",
            "serde_json_canonicalizer",
            "sha2",
            "ssh-key",
            "thiserror",
            "toml",
            "unicode-normalization",
        ]),
        features: &[("chrono", "clock"), ("chrono", "now"), ("ssh-key", "getrandom")],
    },
    Room {
        package: "countersign-probes",
        ours: &["countersign-domain"],
        outside: Outside::Never(&["rusqlite", "rusqlite_migration", "tauri", "ts-rs"]),
        features: &[],
    },
    Room {
        package: "countersign-ledger",
        ours: &["countersign-domain"],
        outside: Outside::Never(&["reqwest", "tauri", "ts-rs", "tokio-postgres", "redis"]),
        features: &[("chrono", "clock")],
    },
    Room {
        package: "countersign-export",
        ours: &["countersign-domain"],
        outside: Outside::Never(&[
            "rusqlite",
            "rusqlite_migration",
            "tauri",
            "ts-rs",
            "tokio",
            "reqwest",
            "rustls",
            "tokio-postgres",
            "redis",
            "rand",
        ]),
        features: &[("chrono", "clock"), ("chrono", "now")],
    },
    Room {
        package: "countersign-pdf",
        ours: &["countersign-domain", "countersign-export"],
        outside: Outside::Never(&["rusqlite", "tauri", "tokio", "reqwest", "rustls", "rand"]),
        features: &[("chrono", "clock"), ("chrono", "now")],
    },
    Room {
        package: "countersign-workflow",
        ours: &[
            "countersign-domain",
            "countersign-probes",
            "countersign-ledger",
            "countersign-export",
        ],
        outside: Outside::Never(&["tauri", "ts-rs"]),
        features: &[],
    },
    Room {
        package: "countersign-cli",
        ours: &["countersign-domain", "countersign-workflow"],
        outside: Outside::Never(&["tauri", "ts-rs", "rusqlite", "reqwest"]),
        features: &[],
    },
    Room {
        package: "countersign-desktop",
        ours: &["countersign-domain", "countersign-workflow"],
        outside: Outside::Never(&["rusqlite", "reqwest", "tokio-postgres", "redis"]),
        features: &[],
    },
    Room {
        package: "countersign-tests",
        ours: &[
            "countersign-domain",
            "countersign-probes",
            "countersign-ledger",
            "countersign-export",
            "countersign-workflow",
        ],
        outside: Outside::Never(&["tauri"]),
        features: &[],
    },
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    features: Vec<String>,
    uses_default_features: bool,
}

impl Room {
    /// What `package` asks for and may not.
    fn breaches(&self, package: &Package) -> Vec<String> {
        let mut breaches = Vec::new();
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let allowed = if name.starts_with("countersign-") {
                self.ours.contains(&name)
            } else {
                match &self.outside {
                    Outside::Only(only) => only.contains(&name),
                    Outside::Never(never) => !never.contains(&name),
                }
            };
            if !allowed {
                breaches.push(format!("{} may not depend on {name}", self.package));
            }
            for (_, feature) in self.features.iter().filter(|(of, _)| *of == name) {
                // Defaults count too: what they hold is the crate's to change.
                if dependency.uses_default_features
                    || dependency.features.iter().any(|asked| asked == feature)
                {
                    breaches.push(format!("{} may not use {feature} of {name}", self.package));
                }
            }
        }
        breaches
    }
}

fn root() -> Result<PathBuf> {
    // At run time, not compiled in: a checkout can move while its build stays.
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").context("run me by cargo test")?;
    Ok(Path::new(&tests).parent().context("tests/ lies in the root")?.to_owned())
}

fn packages() -> Result<Vec<Package>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(root()?);
    let ran = run(&mut cargo, LIMIT)?.with_code(0).context("cargo metadata")?;
    Ok(serde_json::from_str::<Metadata>(&ran.stdout)?.packages)
}

/// Files that are in git or would be with the next `git add`, from the root.
fn files() -> Result<Vec<String>> {
    let root = root()?;
    let mut git = Command::new("git");
    // A pipeline may check out as one user and test as another.
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"]);
    git.arg("--exclude-standard").current_dir(&root);
    let listed = run(&mut git, LIMIT)?.with_code(0).context("git ls-files")?.stdout;
    let files: BTreeSet<_> = listed.split_terminator('\0').map(str::to_owned).collect();
    // A file that was deleted and not yet committed is still listed.
    Ok(files.into_iter().filter(|file| root.join(file).is_file()).collect())
}

/// Text files whose path `wanted` accepts, with their contents.
fn texts(wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>> {
    let root = root()?;
    let mut texts = Vec::new();
    for file in files()?.into_iter().filter(|file| wanted(file)) {
        if let Ok(text) = String::from_utf8(std::fs::read(root.join(&file))?) {
            texts.push((file, text));
        }
    }
    ensure!(!texts.is_empty(), "no such file is in git: the check would prove nothing");
    Ok(texts)
}

fn holds(breaches: &[String]) -> Result<()> {
    ensure!(breaches.is_empty(), "\n{}", breaches.join("\n"));
    Ok(())
}

/// Whether `text` has `path` as an absolute path: not as the tail of a longer one.
fn names_absolute(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-/})*>".contains(c))
    })
}

#[test]
fn every_room_depends_only_on_what_its_line_of_the_table_allows() -> Result<()> {
    let packages = packages()?;
    let mut breaches = Vec::new();
    for package in &packages {
        match ROOMS.iter().find(|room| room.package == package.name) {
            Some(room) => breaches.extend(room.breaches(package)),
            None => breaches.push(format!("{} has no line in the dependency table", package.name)),
        }
    }
    for room in ROOMS {
        if !packages.iter().any(|package| package.name == room.package) {
            breaches.push(format!("the table names {}, which is not there", room.package));
        }
    }
    holds(&breaches)
}

#[test]
fn the_table_refuses_what_it_should() -> Result<()> {
    let asks = |package: &str, name: &str, features: &[&str], default: bool| -> Result<usize> {
        let room = ROOMS.iter().find(|room| room.package == package).context("room")?;
        let dependency = Dependency {
            name: name.to_owned(),
            features: features.iter().map(|&f| f.to_owned()).collect(),
            uses_default_features: default,
        };
        let package = Package {
            name: package.to_owned(),
            manifest_path: PathBuf::new(),
            dependencies: vec![dependency],
        };
        Ok(room.breaches(&package).len())
    };
    for (sentence, package, name, features, default, breaches) in [
        ("domain may serialise", "countersign-domain", "serde", &[][..], true, 0),
        ("domain has no runtime", "countersign-domain", "tokio", &[], true, 1),
        ("domain uses no room", "countersign-domain", "countersign-ledger", &[], true, 1),
        ("domain has no clock", "countersign-domain", "chrono", &["clock"], false, 1),
        ("nor by default", "countersign-domain", "chrono", &[], true, 2),
        ("domain may count days", "countersign-domain", "chrono", &["std"], false, 0),
        ("probes don't see ledger", "countersign-probes", "countersign-ledger", &[], true, 1),
        ("probes may ask HTTP", "countersign-probes", "reqwest", &[], true, 0),
        ("export has no network", "countersign-export", "reqwest", &[], true, 1),
        ("workflow knows no window", "countersign-workflow", "tauri", &[], true, 1),
        ("the window has no SQL", "countersign-desktop", "rusqlite", &[], true, 1),
        ("the fronts don't probe", "countersign-cli", "countersign-probes", &[], true, 1),
    ] {
        assert_eq!(asks(package, name, features, default)?, breaches, "{sentence}");
    }
    Ok(())
}

#[test]
fn nothing_below_domain_has_a_runtime_a_network_or_a_database() -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["tree", "--package", "countersign-domain", "--edges", "normal"]);
    cargo.args(["--prefix", "none", "--format", "{p}", "--locked"]).current_dir(root()?);
    let tree = run(&mut cargo, LIMIT)?.with_code(0).context("cargo tree")?.stdout;
    let below: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    ensure!(below.contains("serde_json"), "cargo tree printed something else:\n{tree}");
    let banned = ["tokio", "mio", "socket2", "hyper", "rustls", "rusqlite", "tempfile", "rand"];
    let breaches: Vec<_> = banned
        .iter()
        .filter(|name| below.contains(*name))
        .map(|name| format!("{name} is below countersign-domain"))
        .collect();
    holds(&breaches)
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() -> Result<()> {
    let mut breaches = Vec::new();
    for package in packages()? {
        let manifest: toml::Table = std::fs::read_to_string(&package.manifest_path)?.parse()?;
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if inherits.and_then(toml::Value::as_bool) != Some(true) {
            breaches.push(format!("{} has no `lints.workspace = true`", package.name));
        }
    }
    holds(&breaches)
}

#[test]
fn every_rust_file_begins_with_why_it_exists_and_stays_short() -> Result<()> {
    let mut breaches = Vec::new();
    for (file, text) in texts(|file| file.ends_with(".rs"))? {
        let opening = text.lines().next().unwrap_or_default();
        if opening.strip_prefix("//! ").is_none_or(|why| why.trim().len() < 20) {
            breaches.push(format!("{file} must begin with `//!` and why it exists"));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            breaches.push(format!("{file} has {lines} lines: split it ({MAX_LINES} at most)"));
        }
    }
    holds(&breaches)
}

#[test]
fn no_file_names_a_machine_or_a_package_registry() -> Result<()> {
    // In parts, so that this file does not name them either.
    let paths = [["/wo", "rk/"], ["/ro", "ot/"], ["/home/", "user/"]].map(|parts| parts.concat());
    let hosts = [["registry.npm", "js.org"], ["index.crates", ".io"], ["static.crates", ".io"]]
        .map(|parts| parts.concat());
    let mut breaches = Vec::new();
    for (file, text) in texts(|_| true)? {
        let path = paths.iter().find(|path| names_absolute(&text, path));
        if let Some(word) = path.or_else(|| hosts.iter().find(|host| text.contains(host.as_str())))
        {
            breaches.push(format!("{file} names {word}"));
        }
    }
    holds(&breaches)
}

#[test]
fn an_absolute_path_is_told_from_the_tail_of_another() {
    for (text, is_absolute) in [
        ("/srv/x", true),
        ("in /srv/x", true),
        ("\"/srv/x\"", true),
        ("file:=/srv/x", true),
        ("app/srv/x", false),
        ("../srv/x", false),
        ("${HOME}/srv/x", false),
        ("/srvx/", false),
    ] {
        assert_eq!(names_absolute(text, "/srv/"), is_absolute, "{text}");
    }
}

#[test]
fn only_one_file_of_the_ui_knows_tauri() -> Result<()> {
    let sources = texts(|file| {
        file.starts_with("ui/src/")
            && [".ts", ".js", ".svelte"].iter().any(|end| file.ends_with(end))
    })?;
    let importers: Vec<_> = sources
        .iter()
        .filter(|(_, text)| text.contains("'@tauri-apps/") || text.contains("\"@tauri-apps/"))
        .map(|(file, _)| file.as_str())
        .collect();
    ensure!(importers == ["ui/src/host/tauri.ts"], "@tauri-apps/ is imported by {importers:?}");
    Ok(())
}
