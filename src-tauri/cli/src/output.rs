//! The one way out. Text passes through here in spans, so nothing foreign reaches the
//! terminal unescaped; colour only where a person sees it; a closed pipe is no error.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::fault::Fault;
use crate::text::{visible, visible_json};

/// How a span looks. Never the only carrier of a meaning: the words say it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// As it comes.
    Plain,
    /// A heading.
    Strong,
    /// Of lesser weight.
    Faint,
    /// Good.
    Green,
    /// Bad.
    Red,
    /// Undecided.
    Yellow,
}

/// A piece of text with one look.
#[derive(Debug, Clone)]
pub(crate) struct Span(pub(crate) Look, pub(crate) String);

/// A span as it comes.
pub(crate) fn plain(text: impl Into<String>) -> Span {
    Span(Look::Plain, text.into())
}

/// A span of heading weight.
pub(crate) fn strong(text: impl Into<String>) -> Span {
    Span(Look::Strong, text.into())
}

/// A span of lesser weight.
pub(crate) fn faint(text: impl Into<String>) -> Span {
    Span(Look::Faint, text.into())
}

/// Standard output and standard error of this run.
pub(crate) struct Output {
    json: bool,
    terminal: bool,
    colour: bool,
    sink: Box<dyn Write + Send>,
    failed: Option<io::Error>,
}

impl Output {
    /// The process's own streams; `json` when a program reads along.
    pub(crate) fn new(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colour = terminal && !unwanted;
        Self { json, terminal, colour, sink: Box::new(io::stdout()), failed: None }
    }

    /// Whether a program reads along.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints `value` as JSON when asked for, else what `human` prints.
    pub(crate) fn show<T: Serialize>(
        &mut self,
        value: &T,
        human: impl FnOnce(&mut Self, &T),
    ) -> Result<(), Fault> {
        if !self.json {
            human(self, value);
            return Ok(());
        }
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Fault::ours(format!("the answer is no JSON: {error}")))?;
        self.write(&(visible_json(&text) + "\n"));
        Ok(())
    }

    /// One line.
    pub(crate) fn line(&mut self, spans: &[Span]) {
        let mut text: String = spans.iter().map(|span| self.painted(span)).collect();
        text.push('\n');
        self.write(&text);
    }

    /// One line as it comes.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.line(&[plain(text)]);
    }

    /// An empty line and a heading.
    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.write("\n");
        self.line(&[strong(text)]);
    }

    /// A text of several lines, indented.
    pub(crate) fn block(&mut self, indent: &str, text: &str) {
        for line in text.lines() {
            self.line(&[plain(format!("{indent}{}", line.replace('\t', "    ")))]);
        }
    }

    /// Aligned columns without rules, indented by two.
    pub(crate) fn table(&mut self, header: &[&str], rows: Vec<Vec<Span>>) {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        if self.terminal {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        if !self.colour {
            table.force_no_tty();
        }
        if !header.is_empty() {
            table.set_header(header.iter().map(|name| self.cell(&faint(*name))));
        }
        for row in rows {
            table.add_row(row.iter().map(|span| self.cell(span)));
        }
        for line in table.lines() {
            self.write(&format!(" {}\n", line.trim_end()));
        }
    }

    fn cell(&self, Span(look, text): &Span) -> Cell {
        let cell = Cell::new(visible(text));
        if !self.colour {
            return cell;
        }
        match look {
            Look::Plain => cell,
            Look::Strong => cell.add_attribute(comfy_table::Attribute::Bold),
            Look::Faint => cell.add_attribute(comfy_table::Attribute::Dim),
            Look::Green => cell.fg(Color::Green),
            Look::Red => cell.fg(Color::Red),
            Look::Yellow => cell.fg(Color::Yellow),
        }
    }

    fn painted(&self, Span(look, text): &Span) -> String {
        let text = visible(text);
        let code = match look {
            Look::Plain => return text,
            _ if !self.colour => return text,
            Look::Strong => 1,
            Look::Faint => 2,
            Look::Green => 32,
            Look::Red => 31,
            Look::Yellow => 33,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A document: to the byte for a file or a program, with codes for what would drive a
    /// terminal where there is one.
    pub(crate) fn document(&mut self, text: &str) {
        if self.terminal {
            self.block("", text);
        } else {
            self.write(text);
        }
    }

    /// Text of our own making.
    pub(crate) fn raw(&mut self, text: &str) {
        self.write(text);
    }

    /// A remark beside the answer, on standard error.
    pub(crate) fn remark(&mut self, text: &str) {
        if !self.json {
            complain(&format!("{}\n", visible(text)));
        }
    }

    /// What went wrong, on standard error.
    pub(crate) fn fault(&mut self, fault: &Fault) {
        let view = fault.view();
        if self.json {
            let text = serde_json::to_string(&view).unwrap_or_default();
            return complain(&(visible_json(&text) + "\n"));
        }
        let hint = visible(&view.hint);
        let hint = if hint.is_empty() { hint } else { format!("       {hint}\n") };
        complain(&format!("error: {}\n{hint}", visible(&view.message)));
    }

    /// Each piece is out before the next begins: whoever reads a line may rely on it.
    fn write(&mut self, text: &str) {
        if self.failed.is_none() {
            let written = self.sink.write_all(text.as_bytes()).and_then(|()| self.sink.flush());
            self.failed = written.err();
        }
    }

    /// What standard output could not take; a reader who left early is no error.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

/// Nobody can be told when standard error is gone.
fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one writer").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Closed(ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output(sink: Box<dyn Write + Send>, colour: bool) -> Output {
        Output { json: false, terminal: false, colour, sink, failed: None }
    }

    #[test]
    fn a_hostile_span_cannot_leave_its_line_or_its_colour() {
        let page = Page::default();
        let mut out = output(Box::new(page.clone()), true);
        out.line(&[Span(Look::Red, "bad\u{1b}[0m\nPASS".into())]);
        out.table(&["name"], vec![vec![plain("a\u{1b}[2J\nb")]]);
        let text = String::from_utf8(page.0.lock().expect("one writer").clone()).expect("UTF-8");
        assert!(text.starts_with("\u{1b}[31mbad⟨U+001B⟩[0m⟨U+000A⟩PASS\u{1b}[0m\n"), "{text}");
        assert!(text.contains("a⟨U+001B⟩[2J⟨U+000A⟩b"), "{text}");
    }

    #[test]
    fn without_colour_the_words_are_all_there_is() {
        let page = Page::default();
        let mut out = output(Box::new(page.clone()), false);
        out.line(&[Span(Look::Green, "pass".into()), plain(" a")]);
        assert_eq!(*page.0.lock().expect("one writer"), b"pass a\n");
    }

    #[test]
    fn a_reader_who_left_is_no_error_and_a_full_disk_is() {
        for (kind, good) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let mut out = output(Box::new(Closed(kind)), false);
            out.say("a");
            out.say("b");
            assert_eq!(out.finish().is_ok(), good, "{kind}");
        }
    }
}
