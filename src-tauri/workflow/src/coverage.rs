//! Which line of the built-in checklist is looked at by what. The table in
//! `docs/coverage.md` is made here, so that it cannot say more than the checklist does.

use std::fmt::Write as _;

use countersign_domain::template::{Item, Loaded, Section, Template, Verify};

use crate::error::Failure;
use crate::template;

/// The checklist that the table is about.
const CHECKLIST: &str = "production-security";

/// What settles a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// A probe looks.
    Probe,
    /// It is counted from the other lines, and nobody ticks it.
    Computed,
    /// A person ticks it.
    Person,
}

/// How many lines each of them settles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Lines with a probe.
    pub probe: usize,
    /// Lines that follow from the others.
    pub computed: usize,
    /// Lines that only a person settles.
    pub person: usize,
}

impl Coverage {
    /// Lines that are verified live: by a probe, or from the live state of the others.
    #[must_use]
    pub fn live(&self) -> usize {
        self.probe + self.computed
    }

    /// Lines in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.live() + self.person
    }

    fn count(&mut self, item: &Item) {
        match of(item) {
            Live::Probe => self.probe += 1,
            Live::Computed => self.computed += 1,
            Live::Person => self.person += 1,
        }
    }
}

fn of(item: &Item) -> Live {
    match item.verify {
        Verify::Computed => Live::Computed,
        _ if item.probes.is_empty() => Live::Person,
        _ => Live::Probe,
    }
}

fn checklist() -> Result<Loaded, Failure> {
    let known = countersign_domain::template::BUILT_IN.iter().find(|(id, _)| *id == CHECKLIST);
    let (id, text) = known.ok_or_else(|| Failure::NotFound {
        what: "template",
        name: CHECKLIST.to_owned(),
        hint: "`countersign template list` shows those at hand",
    })?;
    template::load(id, text)
}

/// The counts of the built-in checklist.
///
/// # Errors
/// [`Failure::Template`] when it cannot be read.
pub fn coverage() -> Result<Coverage, Failure> {
    Ok(counted(&checklist()?.template))
}

fn counted(template: &Template) -> Coverage {
    let mut coverage = Coverage::default();
    template.items().for_each(|(_, item)| coverage.count(item));
    coverage
}

/// The table of the built-in checklist, as Markdown.
///
/// # Errors
/// [`Failure::Template`] when it cannot be read.
pub fn coverage_reference() -> Result<String, Failure> {
    let template = checklist()?.template;
    let sum = counted(&template);
    let mut text = format!(
        "# Coverage\n\nMade from the checklist `{CHECKLIST}` in the code. Of its {} lines, {} have \
         a live probe, {} are counted from the live state of the other lines (nobody can tick \
         them), and {} are settled by a person.\n",
        sum.total(),
        sum.probe,
        sum.computed,
        sum.person,
    );
    let mut number = 0;
    for section in &template.sections {
        write_section(&mut text, section, &mut number);
    }
    text.push_str("\n## Counts\n\n| section | lines | probe | computed | person |\n");
    text.push_str("|---|---:|---:|---:|---:|\n");
    for section in &template.sections {
        let mut part = Coverage::default();
        section.items.iter().for_each(|item| part.count(item));
        row(&mut text, &section.title, part);
    }
    row(&mut text, "**all**", sum);
    Ok(text)
}

fn write_section(text: &mut String, section: &Section, number: &mut usize) {
    let _ = writeln!(text, "\n## {}\n\n| # | line | item | settled by |", cell(&section.title));
    text.push_str("|---:|---|---|---|\n");
    for item in &section.items {
        *number += 1;
        let _ = writeln!(
            text,
            "| {number} | {} | `{}` | {} |",
            cell(&item.title),
            item.id,
            settled_by(item)
        );
    }
}

fn settled_by(item: &Item) -> String {
    match of(item) {
        Live::Computed => "counted from the other lines".to_owned(),
        Live::Person => "a person".to_owned(),
        Live::Probe => {
            let link = |name: &str| {
                format!("[`{name}`](probes.md#{})", name.replace('.', "").to_lowercase())
            };
            let names: Vec<_> = item.probes.iter().map(|probe| link(&probe.name)).collect();
            let more = match item.verify {
                Verify::Both => "; and a person",
                Verify::ProbeOrPerson => "; a person where it cannot tell",
                Verify::Probe | Verify::Person | Verify::Computed => "",
            };
            format!("{}{more}", names.join(", "))
        }
    }
}

fn row(text: &mut String, name: &str, counts: Coverage) {
    let Coverage { probe, computed, person } = counts;
    let _ =
        writeln!(text, "| {} | {} | {probe} | {computed} | {person} |", cell(name), counts.total());
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
