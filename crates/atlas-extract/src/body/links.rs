//! Links in lines of Markdown and text: which words of a line are link. Reads one line at a time, in one pass.

use atlas_domain::Link;

/// Titles are as long as this, in characters.
pub(super) const TITLE_CHARS: usize = 300;
/// A navigation that was stored ten thousand times over is known by its beginning.
const MAX_LINKS: usize = 2_000;
/// Longer labels and addresses are text or data.
const MAX_LABEL_BYTES: usize = 500;
const MAX_ADDRESS_BYTES: usize = 2_048;

/// A line without the addresses behind its labels.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// What a reader reads.
    pub(super) text: String,
    /// Its words in links, with a space after each link.
    pub(super) in_links: String,
    /// Label and address of each link.
    pub(super) found: Vec<(String, String)>,
}

/// Whether there can be a link in the line at all.
pub(super) fn may_hold_links(line: &str) -> bool {
    line.contains("](") || line.contains("://")
}

/// Reads the links of a line.
pub(super) fn read(line: &str) -> Line {
    let mut read = Line::default();
    let mut rest = line;
    while let Some(at) = rest.find(['[', 'h', '!']) {
        let (before, from) = rest.split_at(at);
        read.text.push_str(before);
        rest = if let Some((after, is_picture, label, address)) = markdown_link(from) {
            if !is_picture {
                read.link(label, address);
            }
            after
        } else if let Some(length) = bare_address(from) {
            let (address, after) = from.split_at(length);
            read.link(address, address);
            after
        } else {
            let first = from.chars().next().map_or(0, char::len_utf8);
            read.text.push_str(&from[..first]);
            &from[first..]
        };
    }
    read.text.push_str(rest);
    read
}

impl Line {
    fn link(&mut self, label: &str, address: &str) {
        // A picture inside a link has no words.
        let label = if label.starts_with("![") { "" } else { label };
        self.text.push_str(label);
        self.in_links.push_str(label);
        self.in_links.push(' ');
        self.found.push((label.trim().to_owned(), address.to_owned()));
    }
}

/// What follows, whether it is a picture, label and address of the link that `text` begins with.
fn markdown_link(text: &str) -> Option<(&str, bool, &str, &str)> {
    let is_picture = text.starts_with('!');
    let inner = text.strip_prefix('!').unwrap_or(text).strip_prefix('[')?;
    let window = &inner[..inner.floor_char_boundary(MAX_LABEL_BYTES + MAX_ADDRESS_BYTES)];
    let middle = window[..window.floor_char_boundary(MAX_LABEL_BYTES)].find("](")?;
    let label = &window[..middle];
    // The label of an outer link may be a picture, which has a label and an address of its own.
    if label.contains('[') && !label.starts_with("![") {
        return None;
    }
    let end = middle + 2 + window[middle + 2..].find(')')?;
    let address = window[middle + 2..end]
        .split_whitespace()
        .next()
        .unwrap_or_default();
    Some((&inner[end + 1..], is_picture, label, address))
}

/// The length of the address that `text` begins with.
fn bare_address(text: &str) -> Option<usize> {
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return None;
    }
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ')' | ']'))
        .unwrap_or(text.len());
    Some(end)
}

/// Adds an absolute link, as far as there is room.
pub(super) fn keep(links: &mut Vec<Link>, label: &str, address: &str) {
    let is_absolute = address.starts_with("http://") || address.starts_with("https://");
    if is_absolute && links.len() < MAX_LINKS && address.len() <= MAX_ADDRESS_BYTES {
        links.push(Link {
            url: address.to_owned(),
            text: label.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::inline("See [the manual](/docs) now", "See the manual now", "the manual ")]
    #[case::with_title("[a](https://b.example \"c\")", "a", "a ")]
    #[case::picture("![a heron](h.jpg) stands", " stands", "")]
    #[case::bare(
        "at https://b.example/x, today",
        "at https://b.example/x, today",
        "https://b.example/x, "
    )]
    #[case::brackets("an [aside] and (more)", "an [aside] and (more)", "")]
    #[case::unclosed("an [aside](half", "an [aside](half", "")]
    #[case::no_link("hello hotel", "hello hotel", "")]
    fn tells_words_in_links(#[case] line: &str, #[case] text: &str, #[case] in_links: &str) {
        let read = read(line);
        assert_eq!((read.text.as_str(), read.in_links.as_str()), (text, in_links));
    }
}
