//! Checklists that a release can pin: the built-in one, and files in the home's
//! `templates/` folder that a team edits.

use std::path::PathBuf;

use countersign_domain::template::{BUILT_IN, Loaded, markdown, place_of};
use countersign_probes::registry;

use crate::error::{Failure, file};
use crate::home::Home;
use crate::view::TemplateView;

/// A checklist made from Markdown, and what was noticed on the way.
pub struct ImportedChecklist {
    /// The template as TOML, parsed back.
    pub loaded: Loaded,
    /// What a person should look at.
    pub warnings: Vec<String>,
    /// Whether a wrongly decoded text was mended.
    pub repaired: bool,
}

/// Reads a template and checks the parameters of its probes, too.
///
/// # Errors
/// [`Failure::Template`] with line and column.
pub fn load(name: &str, text: &str) -> Result<Loaded, Failure> {
    let wrap = |source| Failure::Template { file: name.to_owned(), source };
    let loaded = Loaded::parse(text).map_err(wrap)?;
    for (_, item) in loaded.template.items() {
        for (index, probe) in item.probes.iter().enumerate() {
            let Err(problem) = registry::check_use(probe) else { continue };
            let (line, column) = place_of(text, &item.id, index).unwrap_or((1, 1));
            return Err(wrap(countersign_domain::template::BadTemplate {
                line,
                column,
                message: format!("item {:?}, probe {:?}: {problem}", item.id.as_str(), probe.name),
                hint: "See docs/probes.md for the probes and their parameters".to_owned(),
            }));
        }
    }
    Ok(loaded)
}

/// Turns a Markdown checklist into a template, without keeping it.
///
/// # Errors
/// [`Failure::Markdown`] when it holds no boxes or is no text.
pub fn import(id: &str, text: &str) -> Result<ImportedChecklist, Failure> {
    let imported = markdown::import(text, id)?;
    let toml = imported.template.to_toml().map_err(|error| Failure::Input {
        field: "checklist",
        problem: error.to_string(),
        hint: "Remove what cannot be written as text",
    })?;
    let loaded = load(id, &toml)?;
    Ok(ImportedChecklist { loaded, warnings: imported.warnings, repaired: imported.repaired })
}

/// The view of a template.
#[must_use]
pub fn template_view(loaded: &Loaded) -> TemplateView {
    TemplateView {
        id: loaded.template.id.clone(),
        title: loaded.template.title.clone(),
        version: loaded.template.version.clone(),
        sha256: loaded.digest.to_string(),
        items: u32::try_from(loaded.template.items().count()).unwrap_or(u32::MAX),
    }
}

/// The reference of every probe, as Markdown.
#[must_use]
pub fn probe_reference() -> String {
    let mut text = String::from(
        "# Probes\n\nMade from the definitions in the code. Rules versions rise when the same \
         facts get another verdict; the changelog lists each such change.\n",
    );
    for probe in registry::all() {
        let known = probe.definition();
        text.push_str(&format!(
            "\n## `{}`\n\n{}\n\n- **Why**: {}\n- **How it looks, and what it sends**: {}\n\
             - **What it cannot see**: {}\n- **Remedy**: {}\n- **Rules version**: {}{}\n",
            known.name,
            known.claim,
            known.why,
            known.how,
            known.blind,
            known.remedy,
            known.rules,
            if known.active { "; *active*: asks first in production" } else { "" },
        ));
    }
    text
}

impl Home {
    fn template_folder(&self) -> PathBuf {
        self.path().join("templates")
    }

    /// Keeps a template as a file that can be edited and pinned.
    ///
    /// # Errors
    /// [`Failure::File`]; [`Failure::Input`] when the name is taken by another text.
    pub fn keep_template(&self, loaded: &Loaded) -> Result<PathBuf, Failure> {
        let folder = self.template_folder();
        std::fs::create_dir_all(&folder).map_err(|error| file(&folder, error))?;
        let path = folder.join(format!("{}.toml", loaded.template.id));
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        if !known.is_empty() && known != loaded.text {
            return Err(Failure::Input {
                field: "id",
                problem: format!("{} is there already, with another text", path.display()),
                hint: "Choose another id, or remove the file first",
            });
        }
        std::fs::write(&path, &loaded.text).map_err(|error| file(&path, error))?;
        Ok(path)
    }

    /// Every template at hand: files first, so that a team's edit of the built-in one wins.
    ///
    /// # Errors
    /// [`Failure::Template`] for a file that cannot be used.
    pub fn templates(&self) -> Result<Vec<Loaded>, Failure> {
        let mut found = Vec::new();
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.template_folder())
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.sort();
        for path in files {
            if path.extension().is_some_and(|end| end == "toml") {
                let text = std::fs::read_to_string(&path).map_err(|error| file(&path, error))?;
                found.push(load(&path.display().to_string(), &text)?);
            }
        }
        for (id, text) in BUILT_IN {
            if !found.iter().any(|known| known.template.id == *id) {
                found.push(load(id, text)?);
            }
        }
        Ok(found)
    }

    /// The template of that id.
    ///
    /// # Errors
    /// [`Failure::NotFound`], or that of [`Home::templates`].
    pub fn template(&self, id: &str) -> Result<Loaded, Failure> {
        let found = self.templates()?.into_iter().find(|loaded| loaded.template.id == id);
        found.ok_or_else(|| Failure::NotFound {
            what: "template",
            name: id.chars().take(80).collect(),
            hint: "`countersign template list` shows those at hand",
        })
    }
}
