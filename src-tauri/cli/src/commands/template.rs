//! `countersign template`: checklists that a release can pin, brought in from Markdown or
//! TOML and taken out again.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use countersign_domain::template::Loaded;
use countersign_domain::template::markdown::{self, BoxState};
use countersign_workflow::template::{import, load, template_view};
use countersign_workflow::view::{TemplateDocument, TemplateView};

use super::read_text;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub(crate) enum Template {
    /// Checklists at hand: the built-in one, and those in the home
    List,
    /// Sections and items of one
    Show {
        /// Its id
        id: String,
    },
    /// Take in a checklist: Markdown with boxes, or a template in TOML
    Import(Import),
    /// Print one: as TOML to edit, or as Markdown
    Export {
        /// Its id
        id: String,
        /// As Markdown with open boxes
        #[arg(long)]
        markdown: bool,
    },
}

/// Which file, under which id.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A .md or .toml file
    file: PathBuf,
    /// Its id here [default: from the file's name; a .toml file has its own]
    #[arg(long)]
    id: Option<String>,
    /// Read and check it, and keep nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(session: &Session, template: Template, out: &mut Output) -> Result<Exit, Fault> {
    match template {
        Template::List => {
            let all = session.home()?.templates()?;
            let views: Vec<_> = all.iter().map(template_view).collect();
            out.show(&views, |out, views| list(out, views))?;
        }
        Template::Show { id } => {
            let document = TemplateDocument::of(&session.home()?.template(&id)?);
            out.show(&document, print)?;
        }
        Template::Export { id, markdown } => {
            let loaded = session.home()?.template(&id)?;
            let text = if markdown {
                markdown::export(&loaded.template, &|_| BoxState::Open)
            } else {
                loaded.text
            };
            out.document(&text);
        }
        Template::Import(asked) => {
            let (loaded, mut document) = read(&asked)?;
            if !asked.dry_run {
                let path = session.home()?.keep_template(&loaded)?;
                document.file = Some(path.display().to_string());
            }
            out.show(&document, imported)?;
        }
    }
    Ok(Exit::GOOD)
}

fn read(asked: &Import) -> Result<(Loaded, TemplateDocument), Fault> {
    let file = &asked.file;
    let text = read_text(file)?;
    let end = file.extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
    match end.as_deref() {
        Some("toml") => {
            let loaded = load(&file.display().to_string(), &text)?;
            if asked.id.as_ref().is_some_and(|id| *id != loaded.template.id) {
                let own = format!("the file says id = {:?}", loaded.template.id);
                return Err(Fault::input(own, "Change the id in the file, or leave out --id"));
            }
            let document = TemplateDocument::of(&loaded);
            Ok((loaded, document))
        }
        Some("md" | "markdown" | "txt") => {
            let id = asked.id.clone().unwrap_or_else(|| id_of(file));
            let made = import(&id, &text)?;
            let mut document = TemplateDocument::of(&made.loaded);
            document.warnings = made.warnings;
            document.repaired = made.repaired;
            Ok((made.loaded, document))
        }
        _ => Err(Fault::input(
            format!("{}: expected a name that ends in .md or .toml", file.display()),
            "Markdown with boxes is turned into a template; TOML is a template already",
        )),
    }
}

fn id_of(file: &Path) -> String {
    let stem =
        file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { ' ' };
    let id = stem.chars().map(plain).collect::<String>();
    id.split_whitespace().collect::<Vec<_>>().join("-")
}

fn list(out: &mut Output, views: &[TemplateView]) {
    let rows = views
        .iter()
        .map(|view| {
            vec![
                strong(&view.id),
                plain(&view.version),
                plain(words::count(view.items as usize, "item", "items")),
                plain(&view.title),
                faint(format!("sha256:{}", view.sha256)),
            ]
        })
        .collect();
    out.table(&["template", "version", "", "title", ""], rows);
}

fn items(document: &TemplateDocument) -> usize {
    document.sections.iter().map(|section| section.items.len()).sum()
}

fn print(out: &mut Output, document: &TemplateDocument) {
    out.line(&[strong(&document.title), plain(format!("  {} {}", document.id, document.version))]);
    out.line(&[faint(format!("  sha256:{}", document.sha256))]);
    for section in &document.sections {
        let severity = words::severity(section.severity);
        let minutes = match section.minutes {
            Some((from, to)) if from == to => format!("  {to} min"),
            Some((from, to)) => format!("  {from} to {to} min"),
            None => String::new(),
        };
        out.heading(format!("{}  {severity}{minutes}", section.title));
        let rows = section.items.iter().map(|item| {
            let probes: Vec<_> = item.probes.iter().map(|probe| probe.name.as_str()).collect();
            vec![plain(&item.title), faint(&item.id), faint(probes.join(", "))]
        });
        out.table(&[], rows.collect());
    }
    let sections = words::count(document.sections.len(), "section", "sections");
    out.heading(format!("{} in {sections}", words::count(items(document), "item", "items")));
}

fn imported(out: &mut Output, document: &TemplateDocument) {
    print(out, document);
    if document.repaired {
        out.say("  Its text had been decoded wrongly, and was mended.");
    }
    for warning in &document.warnings {
        out.say(format!("  Look at: {warning}"));
    }
    match &document.file {
        Some(file) => out.say(format!("  Kept in {file}")),
        None => out.say("  Nothing was kept (--dry-run)."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_gives_the_id() {
        for (file, id) in [
            ("a/Production-Security Checklist.md", "production-security-checklist"),
            ("Ünïcode_v2.md", "n-code-v2"),
        ] {
            assert_eq!(id_of(Path::new(file)), id, "{file}");
        }
    }
}
