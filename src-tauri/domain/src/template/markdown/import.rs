//! Any checklist of headings and boxes, read as a template.

use std::ops::Range;

use super::heading::{Heading, only_minutes, severity, undecorated, without_emoji};
use super::outline::{Block, Kind, Outline, Tick, outline};
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
    #[error("the document has {0} bytes: at most {MAX_BYTES} (1 MiB) are read, split the checklist")]
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
        warnings.push(format!("{ticked} boxes were ticked: a template keeps no ticks"));
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

/// The first heading, when it is the only one of level 1: the document's own title.
fn title_heading(outline: &Outline) -> Option<usize> {
    let is_heading = |block: &Block| matches!(block.kind, Kind::Heading(..));
    let is_top = |block: &&Block| matches!(block.kind, Kind::Heading(1, _));
    let first = outline.blocks.iter().position(is_heading)?;
    let only = outline.blocks.iter().filter(is_top).count() == 1;
    (only && is_top(&&outline.blocks[first])).then_some(first)
}

/// A section that is being gathered.
#[derive(Default)]
struct Draft {
    /// The level of its heading; none before the first.
    heading: Option<u8>,
    title: String,
    /// From its heading, or those above.
    severity: Option<Severity>,
    phase: Option<Phase>,
    minutes: Option<(u32, u32)>,
    risk: String,
    guidance: Vec<String>,
    items: Vec<(String, String)>,
}

impl Draft {
    fn text(&self) -> String {
        self.guidance.join("\n\n")
    }
}

/// One draft for each heading, and one for what stands before the first.
fn drafts(text: &str, outline: &Outline) -> Vec<Draft> {
    let title = title_heading(outline);
    let mut drafts = vec![Draft::default()];
    let mut above: Vec<(u8, Option<Severity>, Option<Phase>)> = Vec::new();
    let mut ticks = outline.ticks.as_slice();
    for (index, block) in outline.blocks.iter().enumerate() {
        let count = ticks.partition_point(|tick| tick.range.start < block.range.end);
        let (mine, later) = ticks.split_at(count);
        ticks = later;
        let Kind::Heading(level, words) = &block.kind else {
            if let Some(draft) = drafts.last_mut() {
                take_block(text, block, mine, draft);
            }
            continue;
        };
        if drafts.last().is_some_and(|d| d.heading.is_none() && d.items.is_empty() && d.guidance.is_empty()) {
            drafts.pop();
        }
        if title == Some(index) {
            drafts.push(Draft { heading: Some(*level), title: undecorated(words), ..Draft::default() });
            continue;
        }
        above.retain(|(other, ..)| other < level);
        let heading = Heading::read(words);
        above.push((*level, heading.severity, heading.phase));
        drafts.push(Draft {
            heading: Some(*level),
            title: heading.title,
            severity: above.iter().rev().find_map(|(_, severity, _)| *severity),
            phase: above.iter().rev().find_map(|(.., phase)| *phase),
            minutes: heading.minutes,
            ..Draft::default()
        });
    }
    drafts
}

fn take_block(text: &str, block: &Block, ticks: &[Tick], draft: &mut Draft) {
    match &block.kind {
        Kind::Rule => return,
        Kind::Paragraph(line) => {
            if let Some(risk) = risk_of(line) {
                draft.risk = risk;
                return;
            }
            if let Some(minutes) = only_minutes(line) {
                draft.minutes.get_or_insert(minutes);
                return;
            }
        }
        Kind::Heading(..) | Kind::Other => {}
    }
    let outer = ticks.iter().filter(|tick| !tick.nested).map(|tick| tick.range.clone());
    let rest = without(text, block.range.clone(), outer);
    if !ticks.is_empty() {
        take_label(draft);
    }
    // Of a quote that held nothing but boxes, only its marks are left.
    if !rest.trim_matches(|c: char| c == '>' || c.is_whitespace()).is_empty() {
        draft.guidance.push(rest);
    }
    for (index, tick) in ticks.iter().enumerate() {
        let inside = ticks[index + 1..].iter().take_while(|other| other.range.end <= tick.range.end);
        let mut last_end = 0;
        let children = inside.filter_map(|other| {
            let direct = other.range.start >= last_end;
            last_end = last_end.max(other.range.end);
            direct.then(|| other.range.clone())
        });
        let guidance = without(text, tick.title_end..tick.range.end, children);
        draft.items.push((tick.title.clone(), guidance));
    }
}

/// A lone "Verification:" above the boxes says nothing once they are items.
fn take_label(draft: &mut Draft) {
    let is_label = |text: &String| {
        let bare = text.trim_matches(|c: char| c == '*' || c == '_' || c.is_whitespace());
        text.len() <= 80
            && !text.contains('\n')
            && (bare.ends_with(':') || (text.starts_with("**") && text.ends_with("**")))
            && !text.starts_with(['-', '>', '`', '#', '|'])
    };
    if draft.guidance.last().is_some_and(is_label) {
        draft.guidance.pop();
    }
}

fn risk_of(line: &str) -> Option<String> {
    let plain = without_emoji(line);
    let (label, risk) = plain.split_once(':')?;
    let is_risk = label.trim().eq_ignore_ascii_case("risk if skipped");
    is_risk.then(|| risk.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The source of `range` without the inner ranges, moved to the left margin.
fn without(text: &str, range: Range<usize>, inner: impl Iterator<Item = Range<usize>>) -> String {
    // A block that starts behind white space keeps it, so that its lines stay aligned.
    let line_start = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let indented = text[line_start..range.start].trim().is_empty();
    let mut from = if indented { line_start } else { range.start };
    let mut kept = String::new();
    for inner in inner {
        kept.push_str(text.get(from..inner.start).unwrap_or_default());
        kept.push('\n');
        from = inner.end;
    }
    kept.push_str(text.get(from..range.end).unwrap_or_default());
    at_margin(&kept)
}

/// The lines without their common indentation, without blank lines around or repeated
/// blank lines left by what was taken out.
fn at_margin(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let filled = || text.lines().filter(|line| !line.trim().is_empty());
    let margin = filled().map(indent).min().unwrap_or(0);
    let lines: Vec<&str> =
        text.lines().map(|line| line.get(margin..).unwrap_or_default().trim_end_matches('\r')).collect();
    lines.join("\n").trim_end().trim_start_matches('\n').to_owned()
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
            continue;
        }
        if draft.items.is_empty() && draft.guidance.is_empty() && draft.risk.is_empty() {
            continue;
        }
        if draft.title.is_empty() {
            draft.title = if draft.heading.is_some() { "Untitled" } else { "Checklist" }.to_owned();
        }
        if draft.items.is_empty() {
            warnings.push(format!("{:?} has no boxes: its text is kept, without items", draft.title));
        }
        let number = sections.len() + 1;
        let wanted = some_or(slug(&draft.title, 32), || format!("section-{number}"));
        sections.push(section(draft, &ids.unique(wanted), warnings)?);
    }
    Ok(sections)
}

fn section(draft: Draft, id: &str, warnings: &mut Vec<String>) -> Result<Section, BadId> {
    let severity = draft.severity.or_else(|| severity(&draft.risk)).unwrap_or(Severity::Recommended);
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

fn item(id: &str, title: String, guidance: String, warnings: &mut Vec<String>) -> Result<Item, BadId> {
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
