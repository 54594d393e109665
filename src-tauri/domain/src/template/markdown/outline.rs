//! A Markdown document as headings, boxes and what stands between them, with the place
//! of each in the source, so that guidance is kept as it was written.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::inline::{DIALECT, Plain};

/// A block at the top level of the document.
#[derive(Debug)]
pub(super) enum Kind {
    /// Level from 1 and text.
    Heading(u8, String),
    /// A paragraph's text on one line.
    Paragraph(String),
    /// A thematic break.
    Rule,
    /// Anything else: lists, code, quotes, HTML.
    Other,
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// One `- [ ]`.
#[derive(Debug)]
pub(super) struct Tick {
    pub(super) ticked: bool,
    /// The whole list item.
    pub(super) range: Range<usize>,
    /// Its first paragraph on one line.
    pub(super) title: String,
    /// Where what stands below the title begins.
    pub(super) title_end: usize,
    /// Whether it stands inside another box.
    pub(super) nested: bool,
}

#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) blocks: Vec<Block>,
    /// In the order of the document.
    pub(super) ticks: Vec<Tick>,
}

/// A list item that is being read.
struct Open {
    range: Range<usize>,
    title: Plain,
    title_end: usize,
    title_open: bool,
    tick: Option<usize>,
}

pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader::default();
    for (event, range) in Parser::new_ext(text, DIALECT).into_offset_iter() {
        reader.take(&event, range);
    }
    reader.outline
}

#[derive(Default)]
struct Reader {
    outline: Outline,
    depth: usize,
    top: Plain,
    open: Vec<Open>,
    open_ticks: usize,
}

impl Reader {
    fn take(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(end) => self.end(*end, range),
            Event::TaskListMarker(ticked) => self.tick(*ticked, range.end),
            Event::Rule if self.depth == 0 => self.block(Kind::Rule, range),
            _ => self.inline(event, range.end),
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        if self.depth == 0 {
            self.top = Plain::default();
        }
        self.depth += 1;
        match tag {
            Tag::Item => {
                let title_end = range.start;
                let title = Plain::default();
                self.open.push(Open { range, title, title_end, title_open: true, tick: None });
            }
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Link { .. }
            | Tag::Image { .. } => {
                self.reach(range.end);
            }
            Tag::Paragraph => {}
            _ => self.close_title(),
        }
    }

    fn end(&mut self, end: TagEnd, range: Range<usize>) {
        self.depth -= 1;
        match end {
            TagEnd::Paragraph if self.open.last().is_some_and(|open| open.tick.is_some()) => {
                self.close_title();
            }
            TagEnd::Item => self.end_item(),
            _ => {}
        }
        if self.depth > 0 {
            return;
        }
        let kind = match end {
            TagEnd::Heading(level) => Kind::Heading(level as u8, self.top.line()),
            TagEnd::Paragraph => Kind::Paragraph(self.top.line()),
            _ => Kind::Other,
        };
        self.block(kind, range);
    }

    fn inline(&mut self, event: &Event<'_>, end: usize) {
        self.top.take(event);
        if let Some(open) = self.open.last_mut().filter(|open| open.title_open) {
            open.title.take(event);
        }
        self.reach(end);
    }

    fn tick(&mut self, ticked: bool, end: usize) {
        let nested = self.open_ticks > 0;
        let Some(open) = self.open.last_mut() else { return };
        open.tick = Some(self.outline.ticks.len());
        open.title_end = end;
        self.open_ticks += 1;
        let range = open.range.clone();
        let tick = Tick { ticked, range, title: String::new(), title_end: end, nested };
        self.outline.ticks.push(tick);
    }

    fn end_item(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Some(tick) = open.tick.and_then(|index| self.outline.ticks.get_mut(index)) else {
            return;
        };
        tick.title = open.title.line();
        tick.title_end = open.title_end.min(open.range.end);
        self.open_ticks -= 1;
    }

    fn reach(&mut self, end: usize) {
        if let Some(open) = self.open.last_mut().filter(|open| open.title_open) {
            open.title_end = open.title_end.max(end);
        }
    }

    fn close_title(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.title_open = false;
        }
    }

    fn block(&mut self, kind: Kind, range: Range<usize>) {
        self.outline.blocks.push(Block { kind, range });
    }
}
