//! What stands under each heading of a checklist, gathered block by block.

use std::ops::Range;

use super::heading::{Heading, only_minutes, undecorated, without_emoji};
use super::outline::{Block, Kind, Outline, Tick};
use crate::template::{Phase, Severity};

/// The first heading, when it is the only one of level 1: the document's own title.
pub(super) fn title_heading(outline: &Outline) -> Option<usize> {
    let is_heading = |block: &Block| matches!(block.kind, Kind::Heading(..));
    let is_top = |block: &&Block| matches!(block.kind, Kind::Heading(1, _));
    let first = outline.blocks.iter().position(is_heading)?;
    let only = outline.blocks.iter().filter(is_top).count() == 1;
    (only && is_top(&&outline.blocks[first])).then_some(first)
}

/// A section that is being gathered.
#[derive(Default)]
pub(super) struct Draft {
    /// The level of its heading; none before the first.
    pub(super) heading: Option<u8>,
    pub(super) title: String,
    /// From its heading, or those above.
    pub(super) severity: Option<Severity>,
    pub(super) phase: Option<Phase>,
    pub(super) minutes: Option<(u32, u32)>,
    pub(super) risk: String,
    pub(super) guidance: Vec<String>,
    /// Title and guidance of each box.
    pub(super) items: Vec<(String, String)>,
}

impl Draft {
    /// Whether it is the one before the first heading, with nothing in it.
    fn is_blank(&self) -> bool {
        self.heading.is_none() && self.items.is_empty() && self.guidance.is_empty()
    }

    /// Its guidance, as one text.
    pub(super) fn text(&self) -> String {
        self.guidance.join("\n\n")
    }
}

/// One draft for each heading, and one for what stands before the first.
pub(super) fn drafts(text: &str, outline: &Outline) -> Vec<Draft> {
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
        if title == Some(index) {
            if let Some(draft) = drafts.last_mut() {
                draft.heading = Some(*level);
                draft.title = undecorated(words);
            }
            continue;
        }
        if drafts.last().is_some_and(Draft::is_blank) {
            drafts.pop();
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
    let label = if ticks.is_empty() { None } else { take_label(draft) };
    // Of a quote that held nothing but boxes, only its marks are left.
    if !rest.trim_matches(|c: char| c == '>' || c.is_whitespace()).is_empty() {
        draft.guidance.push(rest);
    }
    for (index, tick) in ticks.iter().enumerate() {
        let inside =
            ticks[index + 1..].iter().take_while(|other| other.range.end <= tick.range.end);
        let mut last_end = 0;
        let children = inside.filter_map(|other| {
            let direct = other.range.start >= last_end;
            last_end = last_end.max(other.range.end);
            direct.then(|| other.range.clone())
        });
        let own = without(text, tick.title_end..tick.range.end, children);
        let guidance: Vec<&str> = label.as_deref().into_iter().chain([own.as_str()]).collect();
        draft.items.push((tick.title.clone(), guidance.join("\n\n").trim_end().to_owned()));
    }
}

/// Labels that say nothing once the boxes below them are items.
const EMPTY_LABELS: [&str; 8] =
    ["verify", "verification", "check", "checks", "checklist", "files to check", "tasks", "to do"];

/// Takes a lone label ("Approved by:") from above the boxes; it belongs to each of them.
fn take_label(draft: &mut Draft) -> Option<String> {
    let last = draft.guidance.last()?;
    let bold = last.len() > 4 && last.starts_with("**") && last.ends_with("**");
    let bare = last.trim_matches(|c: char| c == '*' || c == '_' || c.is_whitespace());
    let is_text =
        last.len() <= 80 && !last.contains('\n') && !last.starts_with(['-', '>', '`', '|']);
    if !is_text || !(bold || bare.ends_with(':') || last.ends_with(':')) {
        return None;
    }
    let label = bare.trim_end_matches(|c: char| "*_:".contains(c) || c.is_whitespace()).to_owned();
    draft.guidance.pop();
    let says_something = !EMPTY_LABELS.iter().any(|empty| label.eq_ignore_ascii_case(empty));
    (says_something && !label.is_empty()).then_some(label)
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
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.get(margin..).unwrap_or_default().trim_end_matches('\r'))
        .collect();
    lines.join("\n").trim_end().trim_start_matches('\n').to_owned()
}
