//! A page's tree in the type that `trafilatura` works on, and its result back (`restore`).
//!
//! Parsing the page again would cost more than copying it, and would undo the limits. On the way, what the
//! extractor would lose is carried in private characters (`marks`): white space next to inline elements and in
//! code, because it trims every text; and links, because it finds content better when it may drop them.

mod marks;
mod restore;

use ego_tree::iter::Edge;
use scraper::{Html, Node};
use trafilatura::dom::{Document, NodeId};

use self::marks::{CarriedLink, carry_link, keep_borders, keep_layout, without_marks};
pub(crate) use self::restore::{restore_html, restore_text};

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
                        copy.set_attribute(id, name, &without_marks(value));
                    }
                    if with_links && name == "a" {
                        child.link = element.attr("href");
                    }
                    open.push(child);
                }
                Node::Text(text) => {
                    if let Some(parent) = open.last_mut() {
                        parent.text.push_str(&without_marks(text));
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
            if let Some(href) = self.link {
                text = carry_link(&text, &without_marks(href), links);
            }
        }
        match self.last_child {
            Some((child, _)) => copy.set_tail(child, &text),
            None => copy.set_text(self.id, &text),
        }
    }
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
    fn what_looks_like_a_mark_in_the_page_is_none() {
        let source = "<p>\u{100000}one\u{F0000} two\u{10FA0A}three <img alt=\"\u{100000}\">\
            <a href=\"/x?\u{10FA20}\">four</a></p><pre>five\u{10FA20}six</pre>";
        let copy = copy(&Html::parse_document(source), true);
        let body = copy.document.body().expect("a parsed page has a body");
        let restored = restore_html(&copy.document.inner_html(body), &copy.links);
        assert_eq!(
            restored.matches("<a ").count(),
            2,
            "the page's own and its carried copy: {restored}"
        );
        assert_eq!(restored.matches("href=\"/x? \"").count(), 2, "{restored}");
        for kept in ["<p> one  two three ", "alt=\" \"", ">four<", "five six"] {
            assert!(restored.contains(kept), "no {kept:?} in {restored}");
        }
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
