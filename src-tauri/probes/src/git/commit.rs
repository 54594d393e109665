//! Which commit a source tree stands at: part of what a release pins.

use std::path::Path;

/// The full commit id at HEAD, and whether tracked files differ from it. `None` where there
/// is no repository, or no commit yet.
#[must_use]
pub fn commit(source: &Path) -> Option<(String, bool)> {
    let mut repository = super::open::open(source).ok()?;
    let id = repository.head_id().ok()?.to_string();
    // Without its filters a file that one of them changes (git-lfs) counts as changed; with
    // them a program that the tree names would run.
    let quiet = forget_filters(&mut repository);
    let dirty = !quiet || repository.is_dirty().unwrap_or(true);
    Some((id, dirty))
}

fn forget_filters(repository: &mut gix::Repository) -> bool {
    let mut config = repository.config_snapshot_mut();
    let filters: Vec<_> = config
        .sections_and_ids()
        .filter(|(section, _)| section.header().name().eq_ignore_ascii_case(b"filter"))
        .map(|(_, id)| id)
        .collect();
    for id in filters {
        config.remove_section_by_id(id);
    }
    config.commit().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(folder: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.invalid"])
            .args(arguments)
            .current_dir(folder)
            .status()
            .expect("git runs");
        assert!(status.success(), "git {arguments:?}");
    }

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        git(folder.path(), &["init", "-q"]);
        std::fs::write(folder.path().join("a.txt"), "one\n").expect("written");
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-q", "-m", "one"]);
        folder
    }

    #[test]
    fn a_clean_tree_is_its_commit_and_a_changed_one_is_dirty() {
        let folder = tree();
        let (id, dirty) = commit(folder.path()).expect("a commit");
        assert_eq!((id.len(), dirty), (40, false));
        std::fs::write(folder.path().join("a.txt"), "two\n").expect("written");
        assert_eq!(commit(folder.path()), Some((id, true)));
    }

    #[test]
    fn a_filter_that_the_tree_names_is_not_run() {
        let folder = tree();
        let mark = folder.path().join("ran");
        let clean = format!("touch '{}'; cat", mark.display());
        git(folder.path(), &["config", "filter.trap.clean", &clean]);
        std::fs::write(folder.path().join(".git/info/attributes"), "*.txt filter=trap\n")
            .expect("written");
        std::fs::write(folder.path().join("a.txt"), "two\n").expect("written");
        let (_, dirty) = commit(folder.path()).expect("a commit");
        assert!(dirty && !mark.exists());
    }

    #[test]
    fn a_folder_without_repository_has_no_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(commit(folder.path()), None);
    }
}
