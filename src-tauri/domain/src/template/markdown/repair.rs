//! Undoes one common accident: UTF-8 that was read as Windows-1252 (or Latin-1) and saved
//! again, so that a check mark became `âœ…`. Only whole runs that decode are touched, so
//! text that merely has accents stays as it is.

/// The characters of Windows-1252 for the bytes 0x80 to 0x9F; 0 where it has none
/// (Unicode consortium, CP1252.TXT).
const HIGH: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
    0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// Sequences that lost a byte on the way, because Windows-1252 has no character for it,
/// and what they were.
const LOSSY: [(&[u8], &str); 5] = [
    (&[0xE2, 0xB1], "\u{23F1}"), // stopwatch, without 0x8F
    (&[0xE2, 0xB0], "\u{23F0}"), // alarm clock, without 0x8F
    (&[0xE2, 0xB3], "\u{23F3}"), // hourglass, without 0x8F
    (&[0xEF, 0xB8], "\u{FE0F}"), // emoji variation selector, without 0x8F
    (&[0xE2, 0x80], "\u{201D}"), // closing quotation mark, without 0x9D
];

/// The accident may have happened more than once.
const ROUNDS: usize = 3;

/// The text with such runs decoded, and whether there were any.
pub(super) fn repaired(text: &str) -> (String, bool) {
    let mut current = text.to_owned();
    for round in 0..ROUNDS {
        let Some(next) = decoded_once(&current) else { return (current, round > 0) };
        current = next;
    }
    (current, true)
}

fn decoded_once(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_ascii()) {
        let (plain, tail) = rest.split_at(start);
        out.push_str(plain);
        let end = tail.find(|c: char| c.is_ascii()).unwrap_or(tail.len());
        let (run, after) = tail.split_at(end);
        match bytes_of(run).and_then(|bytes| decode(&bytes)) {
            Some(decoded) => {
                out.push_str(&decoded);
                changed = true;
            }
            None => out.push_str(run),
        }
        rest = after;
    }
    out.push_str(rest);
    changed.then_some(out)
}

fn bytes_of(run: &str) -> Option<Vec<u8>> {
    run.chars().map(byte_of).collect()
}

fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    if let Ok(byte) = u8::try_from(code) {
        return Some(byte);
    }
    let index = HIGH.iter().position(|high| u32::from(*high) == code)?;
    u8::try_from(0x80 + index).ok()
}

/// The bytes as UTF-8, with known losses made good; None when they are something else.
fn decode(mut bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    while !bytes.is_empty() {
        let good = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
        };
        out.push_str(good);
        bytes = &bytes[good.len()..];
        if bytes.is_empty() {
            break;
        }
        let (lost, meant) = LOSSY
            .iter()
            .find(|(lost, _)| bytes.starts_with(lost))
            .map(|(lost, meant)| (lost.len(), *meant))
            .or_else(|| broken_emoji(bytes).map(|length| (length, "\u{FFFD}")))?;
        out.push_str(meant);
        bytes = &bytes[lost..];
    }
    Some(out)
}

/// The length of what is left of an emoji that lost a byte: `F0 9F` begins nothing else,
/// and is no word in any language.
fn broken_emoji(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(&[0xF0, 0x9F]) && !bytes.starts_with(&[0xF0, 0x9E]) {
        return None;
    }
    let more = bytes[2..].iter().take(2).take_while(|byte| (0x80..0xC0).contains(*byte));
    Some(2 + more.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the accident happens; bytes that Windows-1252 lacks stay as control characters.
    fn garbled(text: &str) -> String {
        let character = |byte: u8| match byte {
            0x80..0xA0 => match HIGH[usize::from(byte) - 0x80] {
                0 => char::from(byte),
                high => char::from_u32(u32::from(high)).expect("a character"),
            },
            _ => char::from(byte),
        };
        text.bytes().map(character).collect()
    }

    #[test]
    fn garbled_text_is_what_it_was() {
        for text in ["✅ 🚨 ⚠️ 🧪 📋", "naïve — “quoted” … ключ 日本", "⏱️ 5 minutes", "❌ 🔐 🏁"]
        {
            let once = garbled(text);
            assert_eq!(repaired(&once), (text.to_owned(), true), "{once}");
            assert_eq!(repaired(&garbled(&once)), (text.to_owned(), true), "twice");
        }
    }

    #[test]
    fn garbled_text_that_lost_its_control_characters_is_what_it_was() {
        for text in ["⏱️ 2 minutes", "⚠️ HIGH", "say “yes”"] {
            let lossy: String = garbled(text).chars().filter(|c| !c.is_control()).collect();
            assert_eq!(repaired(&lossy), (text.to_owned(), true), "{lossy}");
        }
        let (text, _) = repaired("# ðŸ Deploy");
        assert_eq!(text, "# \u{FFFD} Deploy", "which emoji it was cannot be told");
    }

    #[test]
    fn good_text_stays_as_it_is() {
        for text in
            ["plain", "✅ fine", "à la carte, naïve, AÇÕES, «É», Größe", "Ключ 日本", "±5 %, ²"]
        {
            assert_eq!(repaired(text), (text.to_owned(), false));
        }
    }
}
