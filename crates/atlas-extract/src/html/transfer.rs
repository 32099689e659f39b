//! A page's tree in the type that `trafilatura` works on, and its result back.
//!
//! Parsing the page again would cost more than copying it, and would undo the limits. On the way, what the
//! extractor would lose is carried in private characters: white space next to inline elements and in code,
//! because it trims every text; and links, because it finds content better when it may drop them.

use ego_tree::iter::Edge;
use scraper::{Html, Node};
use trafilatura::dom::{Document, NodeId};

/// In the last private-use plane, where even icon fonts do not go.
const SPACE: char = '\u{10FA20}';
const NEWLINE: char = '\u{10FA0A}';
const TAB: char = '\u{10FA09}';
/// Stands for the first character of the link text whose number is added to it...
const FIRST_LINK_START: u32 = 0x10_0000;
/// ...and this for its last, so that no text changes its length: the extractor counts.
const FIRST_LINK_END: u32 = 0xF_0000;
const MAX_LINKS: usize = 60_000;

/// Elements that stand inside a line of text.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
];

/// A copied tree, with what is needed to read the extractor's result.
pub(crate) struct Copy {
    /// For the extractor.
    pub(crate) document: Document,
    /// What was carried.
    pub(crate) links: Vec<CarriedLink>,
}

/// A text in a link that travels in private characters.
pub(crate) struct CarriedLink {
    href: String,
    first: char,
    /// `None` when the text is a single character.
    last: Option<char>,
}

/// Copies a tree. Comments, templates and namespaces mean nothing to the extractor and stay behind.
pub(crate) fn copy(document: &Html, with_links: bool) -> Copy {
    let mut copy = Document::parse("");
    for child in copy.children(copy.root()) {
        copy.remove(child, false);
    }
    let mut links = Vec::new();
    let mut open = vec![OpenElement::root(copy.root())];
    let mut hidden_depth = 0_usize;
    for edge in document.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Fragment => hidden_depth += 1,
                _ if hidden_depth > 0 => {}
                Node::Element(element) => {
                    let Some(parent) = open.last_mut() else { break };
                    let name = element.name();
                    parent.write_text(&mut copy, &mut links, Some(name));
                    let id = copy.sub_element(parent.id, name);
                    parent.last_child = Some((id, is_inline(name)));
                    let mut child = parent.child(id, name);
                    for (name, value) in element.attrs() {
                        copy.set_attribute(id, name, value);
                    }
                    if with_links && name == "a" {
                        child.link = element.attr("href");
                    }
                    open.push(child);
                }
                Node::Text(text) => {
                    if let Some(parent) = open.last_mut() {
                        parent.text.push_str(text);
                    }
                }
                _ => {}
            },
            Edge::Close(node) => match node.value() {
                Node::Fragment => hidden_depth -= 1,
                Node::Element(_) if hidden_depth == 0 => {
                    if let Some(mut element) = open.pop() {
                        element.write_text(&mut copy, &mut links, None);
                    }
                }
                _ => {}
            },
        }
    }
    Copy {
        document: copy,
        links,
    }
}

/// Puts what was carried back into HTML that the extractor returned. What had lines is code in a block.
pub(crate) fn restore_html(html: &str, links: &[CarriedLink]) -> String {
    let mut restored = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<code>") {
        let end = matching_end(&rest[start..]).map_or(rest.len(), |length| start + length);
        let code = &rest[start..end];
        restored.push_str(&rest[..start]);
        if code.contains(NEWLINE) {
            let code = code.replace("<code>", "").replace("</code>", "");
            restored.push_str("<pre><code>");
            restored.push_str(code.trim_matches(NEWLINE));
            restored.push_str("</code></pre>");
        } else {
            restored.push_str(code);
        }
        rest = &rest[end..];
    }
    restored.push_str(rest);
    restore_links(&restored, links)
        .replace(SPACE, " ")
        .replace(NEWLINE, "\n")
        .replace(TAB, "\t")
}

/// Turns carried links into elements. One that the extractor tore apart ends before the next tag.
fn restore_links(html: &str, links: &[CarriedLink]) -> String {
    let mut restored = String::with_capacity(html.len());
    let mut in_link = false;
    for c in html.chars() {
        let (start, end) = (
            link_at(c, FIRST_LINK_START, links),
            link_at(c, FIRST_LINK_END, links),
        );
        if in_link && (start.is_some() || c == '<') {
            restored.push_str("</a>");
            in_link = false;
        }
        if let Some(link) = start {
            restored.push_str("<a href=\"");
            restored.push_str(&escape(&link.href));
            restored.push_str("\">");
            restored.push_str(&escape(link.first.encode_utf8(&mut [0; 4])));
            in_link = link.last.is_some();
            if !in_link {
                restored.push_str("</a>");
            }
        } else if let Some(last) = end.and_then(|link| link.last) {
            restored.push_str(&escape(last.encode_utf8(&mut [0; 4])));
            if in_link {
                restored.push_str("</a>");
                in_link = false;
            }
        } else {
            restored.push(c);
        }
    }
    if in_link {
        restored.push_str("</a>");
    }
    restored
}

/// Puts what was carried back into a plain text, which has no links.
pub(crate) fn restore_text(text: &str, links: &[CarriedLink]) -> String {
    let restored = text.chars().map(|c| {
        match (
            link_at(c, FIRST_LINK_START, links),
            link_at(c, FIRST_LINK_END, links),
        ) {
            (Some(link), _) => link.first,
            (None, Some(link)) => link.last.unwrap_or(c),
            (None, None) if is_white(c) => ' ',
            (None, None) => c,
        }
    });
    restored
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn link_at(c: char, first: u32, links: &[CarriedLink]) -> Option<&CarriedLink> {
    links.get(u32::from(c).checked_sub(first)? as usize)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The length of the `<code>` element at the beginning of `html`; the extractor nests them.
fn matching_end(html: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let open = html[at..].find("<code>");
        let close = html[at..].find("</code>")?;
        match open {
            Some(open) if open < close => {
                depth += 1;
                at += open + "<code>".len();
            }
            _ => {
                depth -= 1;
                at += close + "</code>".len();
                if depth == 0 {
                    return Some(at);
                }
            }
        }
    }
}

fn is_inline(name: &str) -> bool {
    INLINE.contains(&name)
}

/// An element whose children are being copied.
struct OpenElement<'a> {
    id: NodeId,
    inline: bool,
    preformatted: bool,
    /// Text that is data, not words.
    raw: bool,
    /// The address of the link it stands in.
    link: Option<&'a str>,
    last_child: Option<(NodeId, bool)>,
    /// Text since the last child, not written yet.
    text: String,
}

impl OpenElement<'_> {
    fn root(id: NodeId) -> Self {
        Self {
            id,
            inline: false,
            preformatted: false,
            raw: true,
            link: None,
            last_child: None,
            text: String::new(),
        }
    }

    fn child(&self, id: NodeId, name: &str) -> Self {
        Self {
            inline: is_inline(name),
            preformatted: self.preformatted || name == "pre",
            raw: matches!(
                name,
                "script" | "style" | "title" | "noscript" | "textarea" | "head" | "html"
            ),
            link: self.link,
            ..Self::root(id)
        }
    }

    /// Writes the text before the child `next`, or before the end.
    fn write_text(&mut self, copy: &mut Document, links: &mut Vec<CarriedLink>, next: Option<&str>) {
        if self.text.is_empty() {
            return;
        }
        let mut text = std::mem::take(&mut self.text);
        if !self.raw {
            text = if self.preformatted {
                keep_layout(&text)
            } else {
                let before = self.last_child.map_or(self.inline, |(_, inline)| inline);
                let after = next.map_or(self.inline, is_inline);
                keep_borders(&text, before, after)
            };
            if let Some(href) = self.link.filter(|_| links.len() < MAX_LINKS) {
                text = carry_link(&text, href, links);
            }
        }
        match self.last_child {
            Some((child, _)) => copy.set_tail(child, &text),
            None => copy.set_text(self.id, &text),
        }
    }
}

/// Replaces the first and the last character of a link's text by its number.
fn carry_link(text: &str, href: &str, links: &mut Vec<CarriedLink>) -> String {
    let number = links.len() as u32;
    let start = text.len() - text.trim_start_matches(is_white).len();
    let words = text[start..].trim_end_matches(is_white);
    let mut inner = words.chars();
    let (Some(first), Some(start_mark)) = (inner.next(), char::from_u32(FIRST_LINK_START + number)) else {
        return text.to_owned();
    };
    let last = inner.next_back();
    let end_mark = last
        .and(char::from_u32(FIRST_LINK_END + number))
        .map(String::from)
        .unwrap_or_default();
    links.push(CarriedLink {
        href: href.to_owned(),
        first,
        last,
    });
    format!(
        "{}{start_mark}{}{end_mark}{}",
        &text[..start],
        inner.as_str(),
        &text[start + words.len()..]
    )
}

fn is_white(c: char) -> bool {
    c.is_whitespace() || matches!(c, SPACE | NEWLINE | TAB)
}

/// Protects the lines and the indentation of preformatted text; single spaces take care of themselves.
fn keep_layout(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut after_space = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before_space = chars.peek().is_none_or(|next| next.is_whitespace());
        kept.push(match c {
            '\n' => NEWLINE,
            '\t' => TAB,
            ' ' if after_space || before_space => SPACE,
            other => other,
        });
        after_space = c.is_whitespace();
    }
    kept
}

/// Protects the white space next to an inline element.
fn keep_borders(text: &str, inline_before: bool, inline_after: bool) -> String {
    let words = text.trim();
    if words.is_empty() {
        let between = inline_before && inline_after;
        return if between {
            SPACE.to_string()
        } else {
            text.to_owned()
        };
    }
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    let mut kept = String::with_capacity(text.len() + 8);
    let border = |white: &str, inline: bool| {
        if inline && !white.is_empty() {
            SPACE.to_string()
        } else {
            white.to_owned()
        }
    };
    kept.push_str(&border(&text[..start], inline_before));
    kept.push_str(words);
    kept.push_str(&border(&text[end..], inline_after));
    kept
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn copied_body(source: &str) -> String {
        let copy = copy(&Html::parse_document(source), false).document;
        let body = copy.body().expect("a parsed page has a body");
        copy.inner_html(body)
    }

    #[test]
    fn the_copy_is_what_the_extractor_would_have_parsed() {
        let source = "<html lang=en><head><title>a </title><script>b < c </script></head>\
            <body class='d e'> f<p>g<b>h</b>i<br> j</p> k<template><p>never</p></template><img src=l>m</body></html>";
        let own = copy(&Html::parse_document(source), false).document;
        let expected = Document::parse(&source.replace("<p>never</p>", ""));
        let root = |document: &Document| document.inner_html(document.children(document.root())[0]);
        assert_eq!(root(&own), root(&expected));
    }

    #[test]
    fn text_around_a_comment_is_one_text() {
        assert_eq!(copied_body("<p>one <!-- two -->three</p>"), "<p>one three</p>");
    }

    #[rstest]
    #[case::around_a_link("<p>one <a>two</a> three</p>")]
    #[case::inside_an_element("<p><b>one </b>two</p>")]
    #[case::between_elements("<p><b>one</b> <i>two</i></p>")]
    #[case::code("<pre>if a:\n    b(c)\n\td</pre>")]
    fn white_space_survives_a_trim(#[case] source: &str) {
        let copied = copied_body(source);
        let trimmed = Html::parse_fragment(&copied);
        let words: String = trimmed.root_element().text().map(str::trim).collect();
        let original: String = Html::parse_fragment(source).root_element().text().collect();
        assert_eq!(restore_html(&words, &[]), original);
    }

    #[rstest]
    #[case::inline("a <code>b</code> c", "a <code>b</code> c")]
    #[case::block("<code>b\u{10FA0A}c\u{10FA0A}</code>", "<pre><code>b\nc</code></pre>")]
    #[case::nested("<code><code>b\u{10FA0A}c</code></code>d", "<pre><code>b\nc</code></pre>d")]
    #[case::unclosed("<code>b\u{10FA0A}c", "<pre><code>b\nc</code></pre>")]
    fn code_with_lines_is_a_block(#[case] html: &str, #[case] expected: &str) {
        assert_eq!(restore_html(html, &[]), expected);
    }

    #[rstest]
    #[case::plain("<p>one <a href=\"/x?a=1&amp;b=2\">two</a> three</p>", None)]
    #[case::with_emphasis(
        "<p><a href=\"/x\">one <b>two</b></a></p>",
        Some("<p><a href=\"/x\">one</a> <b><a href=\"/x\">two</a></b></p>")
    )]
    #[case::white_space_inside(
        "<p>one<a href=\"/x\"> two </a>three</p>",
        Some("<p>one <a href=\"/x\">two</a> three</p>")
    )]
    #[case::picture(
        "<p><a href=\"/x\"><img src=\"y\"></a>one</p>",
        Some("<p><img src=\"y\">one</p>")
    )]
    fn links_survive_their_removal(#[case] source: &str, #[case] expected: Option<&str>) {
        let copy = copy(&Html::parse_document(source), true);
        let body = copy.document.body().expect("a parsed page has a body");
        let extracted = copy.document.inner_html(body);
        let without = regex::Regex::new("</?a[^>]*>")
            .expect("a constant")
            .replace_all(&extracted, "");
        assert_eq!(restore_html(&without, &copy.links), expected.unwrap_or(source));
    }

    #[test]
    fn a_torn_link_stays_well_formed() {
        let links = [CarriedLink {
            href: "/x".to_owned(),
            first: 'o',
            last: Some('<'),
        }];
        let html = "<p>\u{100000}ne</p><p>two\u{F0000}</p>";
        assert_eq!(
            restore_html(html, &links),
            "<p><a href=\"/x\">one</a></p><p>two&lt;</p>"
        );
        assert_eq!(
            restore_text("\u{100000}ne\u{10FA20}two\u{F0000}", &links),
            "one two<"
        );
    }

    #[test]
    fn no_text_changes_its_length() {
        let source = "<p>one <a href=/x>two</a> three <a href=/y>4</a></p>";
        let copy = copy(&Html::parse_document(source), true);
        let body = copy.document.body().expect("a parsed page has a body");
        assert_eq!(
            copy.document.text_content(body).chars().count(),
            "one two three 4".len()
        );
    }
}
