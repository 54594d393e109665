//! Any checklist of headings and boxes, read as a template.

use super::draft::{Draft, drafts, title_heading};
use super::heading::severity;
use super::outline::outline;
use super::repair::repaired;
use super::slug::{Ids, slug};
use crate::id::{BadId, ItemId};
use crate::template::{
    Item, MAX_BYTES, MAX_GUIDANCE, MAX_TITLE, Phase, Section, Severity, Template, Verify,
};

/// A template out of a Markdown document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Every box is an item that a person settles.
    pub template: Template,
    /// What was cut, dropped or guessed.
    pub warnings: Vec<String>,
    /// Whether UTF-8 that had been read as Windows-1252 was repaired.
    pub repaired: bool,
}

/// Why a document cannot become a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMarkdown {
    /// Over [`MAX_BYTES`].
    #[error(
        "the document has {0} bytes: at most {MAX_BYTES} (1 MiB) are read, split the checklist"
    )]
    TooLarge(usize),
    /// No `- [ ]` anywhere outside code.
    #[error("the document has no boxes: write each line of the checklist as \"- [ ] …\"")]
    NoBoxes,
    /// The id that the template was to get.
    #[error(transparent)]
    Id(#[from] BadId),
}

/// Reads a checklist. `id` becomes the template's id.
///
/// A box's section is the nearest heading above it. Severity, phase and minutes come from
/// that heading, or from those that it stands under; code, prose and nested lines are kept
/// as guidance. Ids are made of the titles, so the same document gives the same ids.
///
/// # Errors
/// [`BadMarkdown`] when the document is too large, has no boxes, or `id` is not an id.
pub fn import(text: &str, id: &str) -> Result<Imported, BadMarkdown> {
    if text.len() > MAX_BYTES {
        return Err(BadMarkdown::TooLarge(text.len()));
    }
    ItemId::parse(id)?;
    let (text, repaired) = repaired(text);
    let text = cleaned(&text);
    let outline = outline(&text);
    if outline.ticks.is_empty() {
        return Err(BadMarkdown::NoBoxes);
    }
    let mut warnings = Vec::new();
    let ticked = outline.ticks.iter().filter(|tick| tick.ticked).count();
    if ticked > 0 {
        warnings.push(format!("ticked boxes: {ticked}, and a template keeps no ticks"));
    }
    let mut drafts = drafts(&text, &outline);
    let named = title_heading(&outline).is_some();
    let title = if named { drafts[0].title.clone() } else { String::new() };
    let mut description = String::new();
    if drafts[0].items.is_empty() && (named || drafts[0].heading.is_none()) {
        description = drafts.remove(0).text();
    }
    let sections = sections(drafts, &mut warnings)?;
    let title = if title.is_empty() { id.replace(['-', '.'], " ") } else { title };
    let template = Template {
        format: 1,
        id: id.to_owned(),
        title: cut(title, MAX_TITLE, "the title", &mut warnings),
        version: "1".to_owned(),
        description: cut(description, MAX_GUIDANCE, "the introduction", &mut warnings),
        review_months: None,
        sections,
        rollback: Default::default(),
        contacts: Vec::new(),
        incidents: Vec::new(),
        watch: Default::default(),
    };
    Ok(Imported { template, warnings, repaired })
}

/// Unix line ends, no byte order mark, no control characters.
fn cleaned(text: &str) -> String {
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n").replace('\r', "\n");
    text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', " ")
}

/// Sections out of drafts. A heading without boxes that stands over deeper ones lends its
/// text to the first of them; any other keeps its text as a section without items.
fn sections(drafts: Vec<Draft>, warnings: &mut Vec<String>) -> Result<Vec<Section>, BadId> {
    let levels: Vec<u8> = drafts.iter().map(|draft| draft.heading.unwrap_or(0)).collect();
    let mut sections = Vec::new();
    let mut lent = Vec::new();
    let mut ids = Ids::default();
    for (index, mut draft) in drafts.into_iter().enumerate() {
        draft.guidance.splice(0..0, std::mem::take(&mut lent));
        let over_others = levels.get(index + 1).is_some_and(|next| *next > levels[index]);
        if draft.items.is_empty() && over_others {
            lent = draft.guidance;
            lent.extend(Some(draft.risk).filter(|risk| !risk.is_empty()));
            continue;
        }
        if draft.items.is_empty() && draft.guidance.is_empty() && draft.risk.is_empty() {
            continue;
        }
        if draft.title.is_empty() {
            draft.title = if draft.heading.is_some() { "Untitled" } else { "Checklist" }.to_owned();
        }
        if draft.items.is_empty() {
            warnings
                .push(format!("{:?} has no boxes: its text is kept, without items", draft.title));
        }
        let number = sections.len() + 1;
        let wanted = some_or(slug(&draft.title, 32), || format!("section-{number}"));
        sections.push(section(draft, &ids.unique(wanted), warnings)?);
    }
    Ok(sections)
}

fn section(draft: Draft, id: &str, warnings: &mut Vec<String>) -> Result<Section, BadId> {
    let severity =
        draft.severity.or_else(|| severity(&draft.risk)).unwrap_or(Severity::Recommended);
    let guidance = draft.text();
    let mut ids = Ids::default();
    let mut items = Vec::with_capacity(draft.items.len());
    for (index, (title, guidance)) in draft.items.into_iter().enumerate() {
        let wanted = some_or(slug(&title, 40), || format!("item-{}", index + 1));
        items.push(item(&format!("{id}.{}", ids.unique(wanted)), title, guidance, warnings)?);
    }
    let place = format!("section {id:?}");
    Ok(Section {
        id: id.to_owned(),
        title: cut(draft.title, MAX_TITLE, &place, warnings),
        severity,
        phase: draft.phase.unwrap_or(Phase::Before),
        minutes: draft.minutes,
        risk: cut(draft.risk, MAX_GUIDANCE, &place, warnings),
        guidance: cut(guidance, MAX_GUIDANCE, &place, warnings),
        controls: Vec::new(),
        items,
    })
}

fn item(
    id: &str,
    title: String,
    guidance: String,
    warnings: &mut Vec<String>,
) -> Result<Item, BadId> {
    let place = format!("item {id:?}");
    if title.is_empty() {
        warnings.push(format!("{place} is a box without text"));
    }
    Ok(Item {
        id: ItemId::parse(id)?,
        title: cut(some_or(title, || "Untitled".to_owned()), MAX_TITLE, &place, warnings),
        severity: None,
        verify: Verify::Person,
        probes: Vec::new(),
        computed: None,
        guidance: cut(guidance, MAX_GUIDANCE, &place, warnings),
        controls: Vec::new(),
        freshness_hours: None,
        exception: None,
    })
}

fn some_or(text: String, other: impl FnOnce() -> String) -> String {
    if text.is_empty() { other() } else { text }
}

fn cut(text: String, most: usize, place: &str, warnings: &mut Vec<String>) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text };
    let keep = text[..end].char_indices().next_back().map_or(0, |(last, _)| last);
    warnings.push(format!("{place}: a text was cut to {most} characters"));
    format!("{}…", &text[..keep])
}
