//! Sanitised HTML to plain text with a newline per block, and the links in it.
//!
//! Knows nothing about what is content and what is not.

use ego_tree::iter::Edge;
use scraper::{Html, Node};

/// The text of a content.
#[derive(Debug, Default)]
pub(crate) struct PlainText {
    /// One block a line.
    pub(crate) text: String,
    /// Address and text of every link, in order.
    pub(crate) links: Vec<(String, String)>,
    /// Characters of `text` that are not white space.
    pub(crate) chars: usize,
    /// Those of them that are in a link.
    pub(crate) link_chars: usize,
}

impl PlainText {
    /// Reads a parsed content.
    pub(crate) fn of(document: &Html) -> Self {
        let mut writer = Writer::default();
        for edge in document.tree.root().traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Element(element) => writer.open(element.name(), element.attr("href")),
                    Node::Text(text) => writer.write(text),
                    _ => {}
                },
                Edge::Close(node) => {
                    if let Node::Element(element) = node.value() {
                        writer.close(element.name());
                    }
                }
            }
        }
        writer.end_line();
        writer.done
    }

    /// The share of the text that is in links, from 0 to 1.
    pub(crate) fn link_density(&self) -> f64 {
        if self.chars == 0 {
            0.0
        } else {
            self.link_chars as f64 / self.chars as f64
        }
    }
}

#[derive(Default)]
struct Writer {
    done: PlainText,
    line: String,
    preformatted: usize,
    link: Option<(String, String)>,
}

impl Writer {
    fn open(&mut self, name: &str, href: Option<&str>) {
        match name {
            "a" => self.link = href.map(|href| (href.to_owned(), String::new())),
            "pre" => {
                self.end_line();
                self.preformatted += 1;
            }
            "td" | "th" => self.write(" "),
            _ if is_block(name) => self.end_line(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "a" => {
                if let Some((url, text)) = self.link.take() {
                    self.done
                        .links
                        .push((url, text.split_whitespace().collect::<Vec<_>>().join(" ")));
                }
            }
            "pre" => {
                self.end_line();
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            _ if is_block(name) => self.end_line(),
            _ => {}
        }
    }

    fn write(&mut self, text: &str) {
        let chars = text.chars().filter(|c| !c.is_whitespace()).count();
        self.done.chars += chars;
        if let Some((_, link_text)) = &mut self.link {
            self.done.link_chars += chars;
            link_text.push_str(text);
        }
        if self.preformatted > 0 {
            self.write_preformatted(text);
        } else {
            self.write_flowing(text);
        }
    }

    fn write_flowing(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_whitespace() {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    fn write_preformatted(&mut self, text: &str) {
        let mut lines = text.split('\n');
        if let Some(first) = lines.next() {
            self.line.push_str(first);
        }
        for line in lines {
            self.end_line();
            self.line.push_str(line);
        }
    }

    fn end_line(&mut self) {
        let line = if self.preformatted > 0 {
            self.line.trim_end()
        } else {
            self.line.trim()
        };
        if !line.trim().is_empty() {
            if !self.done.text.is_empty() {
                self.done.text.push('\n');
            }
            self.done.text.push_str(line);
        }
        self.line.clear();
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "article"
            | "blockquote"
            | "body"
            | "br"
            | "caption"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "figcaption"
            | "figure"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "li"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(html: &str) -> PlainText {
        PlainText::of(&Html::parse_document(html))
    }

    #[rstest]
    #[case::paragraphs("<p>one</p><p>two</p>", "one\ntwo")]
    #[case::white_space("<p> one\n  two <b> three</b></p>", "one two three")]
    #[case::inside_a_word("<p>mono<i>tone</i></p>", "monotone")]
    #[case::line_break("<p>one<br>two</p>", "one\ntwo")]
    #[case::bare_text("one<div>two</div>three", "one\ntwo\nthree")]
    #[case::list("<ul><li>one<li>two</ul>", "one\ntwo")]
    #[case::table("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc")]
    #[case::code("<pre>if a:\n    b()\n\n</pre>", "if a:\n    b()")]
    fn gives_each_block_a_line(#[case] html: &str, #[case] expected: &str) {
        assert_eq!(read(html).text, expected);
    }

    #[test]
    fn collects_links_with_their_text() {
        let plain = read("<p>see <a href=/a>the <b>manual</b></a> or <a>nothing</a></p>");
        assert_eq!(plain.links, [("/a".to_owned(), "the manual".to_owned())]);
        assert_eq!((plain.chars, plain.link_chars), (21, 9));
    }
}
