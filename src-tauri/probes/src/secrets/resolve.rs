//! From references to values, at the start of a run. What cannot be found is listed with
//! its reason; a value never is.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use countersign_domain::environment::{Environment, SecretRef};
use zeroize::Zeroizing;

use super::dotenv;
use crate::context::Secrets;

/// Largest dotenv file that is read, in bytes. The grammar looks for the end of a quoted
/// value as far as the file goes, so that a large one could take minutes.
const MAX_FILE: u64 = 128 * 1024;

/// A reference that led nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The secret's name in the environment.
    pub name: String,
    /// The reference: `env:NAME` or `dotenv:PATH#NAME`.
    pub reference: String,
    /// Why there is no value, in words.
    pub why: String,
}

type Parsed = Result<BTreeMap<String, Zeroizing<String>>, String>;

/// Looks up every secret of `environment`. Relative dotenv paths start at the
/// environment's source tree, which itself starts at `base`; `env` reads a variable.
pub fn resolve(
    environment: &Environment,
    base: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> (Secrets, Vec<Missing>) {
    let root = base.join(environment.targets.source.as_deref().unwrap_or_default());
    let mut files: HashMap<PathBuf, Parsed> = HashMap::new();
    let mut secrets = Secrets::new();
    let mut missing = Vec::new();
    for (name, reference) in &environment.secrets {
        match look_up(reference, &root, env, &mut files) {
            Ok(value) => {
                secrets.insert(name.clone(), value);
            }
            Err(why) => missing.push(Missing {
                name: name.clone(),
                reference: String::from(reference.clone()),
                why,
            }),
        }
    }
    (secrets, missing)
}

fn look_up(
    reference: &SecretRef,
    root: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    files: &mut HashMap<PathBuf, Parsed>,
) -> Result<Zeroizing<String>, String> {
    let value = match reference {
        SecretRef::Env(name) => env(name)
            .map(Zeroizing::new)
            .ok_or_else(|| format!("the process environment has no {name}"))?,
        SecretRef::Dotenv { path, name } => {
            let path = root.join(path);
            let parsed = files.entry(path).or_insert_with_key(|path| read(path));
            let keys = parsed.as_ref().map_err(Clone::clone)?;
            keys.get(name).cloned().ok_or_else(|| format!("the file has no {name}"))?
        }
    };
    if value.trim().is_empty() { Err("the value is empty".to_owned()) } else { Ok(value) }
}

fn read(path: &Path) -> Parsed {
    let file = std::fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    if text.len() as u64 > MAX_FILE {
        return Err(format!("{}: larger than {MAX_FILE} bytes, not a dotenv file", path.display()));
    }
    Ok(dotenv::parse(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_domain::environment::Targets;

    fn environment(secrets: &[(&str, &str)]) -> Environment {
        Environment {
            name: "staging".into(),
            production: false,
            demo: false,
            targets: Targets { source: Some("app".into()), ..Targets::default() },
            secrets: secrets
                .iter()
                .map(|(name, text)| {
                    let reference = SecretRef::try_from((*text).to_owned()).expect("a reference");
                    ((*name).to_owned(), reference)
                })
                .collect(),
            facts: BTreeMap::new(),
        }
    }

    #[test]
    fn values_come_from_the_process_and_from_a_file_below_the_source_tree() {
        let base = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(base.path().join("app")).expect("a folder");
        std::fs::write(base.path().join("app/.env"), "JWT='abc'\nEMPTY=\n").expect("a file");
        let environment = environment(&[
            ("A", "env:A"),
            ("B", "env:UNSET"),
            ("C", "dotenv:.env#JWT"),
            ("D", "dotenv:.env#NONE"),
            ("E", "dotenv:.env#EMPTY"),
            ("F", "dotenv:gone/.env#X"),
        ]);
        let env = |name: &str| (name == "A").then(|| "from the process".to_owned());
        let (secrets, missing) = resolve(&environment, base.path(), &env);
        assert_eq!(secrets["A"].as_str(), "from the process");
        assert_eq!(secrets["C"].as_str(), "abc");
        let why: Vec<_> = missing.iter().map(|m| (m.name.as_str(), m.why.as_str())).collect();
        assert_eq!(why[0], ("B", "the process environment has no UNSET"));
        assert_eq!(why[1], ("D", "the file has no NONE"));
        assert_eq!(why[2], ("E", "the value is empty"));
        assert!(why[3].0 == "F" && why[3].1.contains("gone"), "{:?}", why[3]);
        assert_eq!(missing[3].reference, "dotenv:gone/.env#X");
    }
}
