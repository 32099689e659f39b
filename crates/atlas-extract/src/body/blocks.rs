//! Lines of text to blocks: paragraphs whose lines were wrapped become one again, and what only marks structure
//! goes. One pass; nothing is copied but what was wrapped or holds links.

use super::links;
use crate::quality::ends_sentence;
use crate::words::count_words;

/// A line shorter than this was not wrapped, but ended...
const WRAPPED_FROM_BYTES: usize = 45;
/// ...and a longer one than this is a paragraph.
const WRAPPED_TO_BYTES: usize = 240;

/// A paragraph, a list item, a heading, a line of code or a row of a table.
#[derive(Debug)]
pub(super) struct Block<'b> {
    pub(super) text: &'b str,
    pub(super) link_words: u32,
    /// Label and address of each link.
    pub(super) links: &'b [(String, String)],
    pub(super) is_heading: bool,
}

/// Calls `each` with every block of `text` that holds something.
pub(super) fn blocks(text: &str, each: impl FnMut(&Block<'_>)) {
    let mut reader = Reader {
        each,
        pending: None,
        joined: String::new(),
        in_code: false,
    };
    for line in text.split(['\n', '\r']) {
        reader.line(line.trim());
    }
    reader.end(false);
}

struct Reader<'t, F> {
    each: F,
    /// The last line of the block that is being read.
    pending: Option<&'t str>,
    /// All of its lines, when it has several.
    joined: String,
    in_code: bool,
}

impl<'t, F: FnMut(&Block<'_>)> Reader<'t, F> {
    fn line(&mut self, line: &'t str) {
        if line.starts_with("```") || line.starts_with("~~~") {
            self.end(false);
            self.in_code = !self.in_code;
        } else if line.is_empty() {
            self.end(false);
        } else if self.in_code {
            self.end(false);
            self.pending = Some(line);
        } else if let Some(heading) = heading(line) {
            self.end(false);
            self.pending = Some(heading);
            self.end(true);
        } else if is_rule(line) {
            // Under a line it makes a heading of it, between blocks it parts them.
            self.end(line.starts_with('='));
        } else if let Some(item) = item(line) {
            self.end(false);
            self.pending = Some(item);
        } else if self.pending.is_some_and(|last| continues(last, line)) {
            self.join(line);
        } else {
            self.end(false);
            self.pending = Some(line);
        }
    }

    fn join(&mut self, line: &'t str) {
        if let Some(last) = self.pending.filter(|_| self.joined.is_empty()) {
            self.joined.push_str(last);
        }
        self.joined.push(' ');
        self.joined.push_str(line);
        self.pending = Some(line);
    }

    fn end(&mut self, is_heading: bool) {
        let Some(last) = self.pending.take() else { return };
        let text = if self.joined.is_empty() {
            last
        } else {
            &self.joined
        };
        if links::may_hold_links(text) {
            let line = links::read(text);
            let text = line.text.trim();
            if !text.is_empty() {
                (self.each)(&Block {
                    text,
                    link_words: count_words(&line.in_links),
                    links: &line.found,
                    is_heading,
                });
            }
        } else {
            (self.each)(&Block {
                text,
                link_words: 0,
                links: &[],
                is_heading,
            });
        }
        self.joined.clear();
    }
}

/// Whether `line` goes on with what `last` began.
fn continues(last: &str, line: &str) -> bool {
    let was_wrapped = (WRAPPED_FROM_BYTES..=WRAPPED_TO_BYTES).contains(&last.len());
    let goes_on = line.starts_with(|c: char| c.is_lowercase() || matches!(c, ',' | ';'));
    (was_wrapped || goes_on) && !ends_sentence(last)
}

/// The text of a Markdown heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with([' ', '\t']))
        .then(|| text.trim().trim_end_matches('#').trim())
}

/// `---`, `===`, `***` and the line below the head of a table.
fn is_rule(line: &str) -> bool {
    line.starts_with(['-', '=', '*', '_', '|', ':', '+'])
        && line.len() >= 3
        && line
            .bytes()
            .all(|byte| matches!(byte, b'-' | b'=' | b'*' | b'_' | b'|' | b':' | b' ' | b'+'))
}

/// The text of a list item, a quotation or a row of a table.
fn item(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix(['>', '|']) {
        return Some(rest.trim_end_matches('|').trim()).filter(|rest| !rest.is_empty());
    }
    if let Some(rest) = line.strip_prefix(['-', '*', '+', '•', '·', '–', '●', '○', '▪']) {
        return rest
            .strip_prefix([' ', '\t'])
            .map(str::trim)
            .filter(|rest| !rest.is_empty());
    }
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - rest.len();
    if !(1..=3).contains(&digits) {
        return None;
    }
    rest.strip_prefix(['.', ')'])?.strip_prefix(' ').map(str::trim)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        blocks(text, |block| {
            let mark = if block.is_heading { "# " } else { "" };
            found.push(format!("{mark}{}", block.text));
        });
        found
    }

    #[rstest]
    #[case::paragraphs("One.\n\nTwo.", &["One.", "Two."])]
    #[case::wrapped(
        "The heron stood on the gate for most of the morning and\nDid not look at us once.",
        &["The heron stood on the gate for most of the morning and Did not look at us once."]
    )]
    #[case::goes_on("The heron\nstood on the\ngate.\nIt waited.", &["The heron stood on the gate.", "It waited."])]
    #[case::labels("Home\nAbout us\nContact", &["Home", "About us", "Contact"])]
    #[case::heading("# Herons #\nThey stand.", &["# Herons", "They stand."])]
    #[case::underlined("Herons\n======\nThey stand.", &["# Herons", "They stand."])]
    #[case::list("- one\n* two\n3. three\n> four", &["one", "two", "three", "four"])]
    #[case::table("| a | b |\n|---|---|\n| 1 | 2 |", &["a | b", "1 | 2"])]
    #[case::code("```rust\nlet a = 1;\nlet b = 2;\n```\nEnd.", &["let a = 1;", "let b = 2;", "End."])]
    #[case::carriage_returns("One.\r\n\r\nTwo.\rThree.", &["One.", "Two.", "Three."])]
    #[case::picture_only("![a heron](h.jpg)", &[])]
    #[case::nothing(" \n\n\t\n", &[])]
    fn makes_blocks_of_lines(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(read(text), expected);
    }

    #[test]
    fn counts_words_in_links_of_wrapped_lines() {
        let mut seen = Vec::new();
        blocks("- [the\nmanual](/docs) says so", |block| {
            seen.push((block.text.to_owned(), block.link_words, block.links.len()));
        });
        assert_eq!(seen, [("the manual says so".to_owned(), 2, 1)]);
    }
}
