//! The stand-in's source as its team keeps it: a git tree that holds `backend/`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use super::fault::Fault;
use super::install::target;
use super::secrets::Secrets;
use crate::git::GitTree;

/// Made by building, so not part of the source.
const BUILT: [&str; 2] = ["node_modules", "dist"];

/// The tree with the faults in it, committed, and beside it an ignored `.env`.
pub(super) fn tree(packages: &Path, faults: &[Fault], secrets: &Secrets) -> Result<GitTree> {
    let tree = GitTree::new()?;
    let backend = tree.path().join("backend");
    copy(&target().join("backend"), &backend)?;
    symlink(packages, backend.join("node_modules"))?;
    tree.write(".gitignore", ".env\n.env.*\n!.env.example\nnode_modules\ndist\n")?;
    for fault in faults {
        if let Fault::Source(plant) = fault {
            plant(&tree)?;
        }
    }
    tree.commit("The backend")?;
    let dotenv: String = secrets.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    tree.write("backend/.env", &dotenv)?;
    Ok(tree)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if BUILT.iter().any(|built| name == *built) {
            continue;
        }
        let (source, copied) = (entry.path(), to.join(&name));
        if source.is_dir() {
            copy(&source, &copied)?;
        } else {
            fs::copy(&source, &copied)?;
        }
    }
    Ok(())
}

/// Replaces a text of a file, which must be there: a fault that is not planted proves
/// nothing.
///
/// # Errors
/// When the file does not hold the text.
pub fn replace(tree: &GitTree, file: &str, text: &str, by: &str) -> Result<()> {
    let before = fs::read_to_string(tree.path().join(file)).with_context(|| file.to_owned())?;
    anyhow::ensure!(before.contains(text), "{file} does not hold {text:?}");
    tree.write(file, &before.replace(text, by))?;
    Ok(())
}
