//! Small repairs on a parsed page, before anything reads it: what belongs to a page's furniture is taken out of
//! headings and code, and code becomes plain lines.
//!
//! Changes only the markup; it must not judge what is content.

use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use scraper::node::{Element, Text};
use scraper::{Html, Node};

/// What documentation and forums print as the text of a link to the heading it stands in.
const PERMALINK_TEXTS: &[&str] = &[
    "",
    "¶",
    "#",
    "§",
    "🔗",
    "⚓",
    "⚓︎",
    "\u{F0C1}",
    "link",
    "permalink",
];

/// Names of the parts of a code listing that are not code.
const NOT_CODE: &[&str] = &[
    "lineno",
    "linenos",
    "linenum",
    "linenumber",
    "line-number",
    "line-numbers",
    "line-numbers-rows",
    "gutter",
    "hljs-ln-numbers",
    "blob-num",
    "copy",
    "copy-button",
    "copybtn",
    "btn-copy",
    "code-copy",
];

/// Takes out permalinks and line numbers, and makes every listing plain lines in `<pre><code>`.
pub(crate) fn tidy(document: &mut Html) {
    let mut permalinks = Vec::new();
    let mut listings = Vec::new();
    let mut open_listings = 0_usize;
    for edge in document.tree.root().traverse() {
        let (node, opens) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        let Some(element) = node.value().as_element() else {
            continue;
        };
        match (element.name(), opens) {
            ("pre", true) => {
                if open_listings == 0 {
                    listings.push((node.id(), Lines::of(node)));
                }
                open_listings += 1;
            }
            ("pre", false) => open_listings -= 1,
            ("a", true) if is_permalink(node, element) => permalinks.push(node.id()),
            _ => {}
        }
    }
    for id in permalinks {
        detach(document, id);
    }
    for (id, lines) in listings {
        if lines.are_numbers() {
            detach(document, id);
        } else {
            lines.write(document, id);
        }
    }
}

fn detach(document: &mut Html, id: NodeId) {
    if let Some(mut node) = document.tree.get_mut(id) {
        node.detach();
    }
}

/// A link from a heading, or from a term, to itself.
fn is_permalink(node: NodeRef<'_, Node>, element: &Element) -> bool {
    if !element.attr("href").is_some_and(|href| href.contains('#')) {
        return false;
    }
    let is_named = element.classes().any(|class| {
        matches!(
            class,
            "headerlink" | "header-anchor" | "anchorjs-link" | "heading-anchor"
        )
    });
    let is_in_heading = || {
        node.ancestors()
            .take(4)
            .filter_map(|above| above.value().as_element())
            .any(|above| matches!(above.name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dt"))
    };
    let has_mark = || {
        let text: String = node
            .descendants()
            .filter_map(|inner| inner.value().as_text())
            .map(|text| &**text)
            .collect();
        let has_picture = || {
            node.descendants()
                .filter_map(|inner| inner.value().as_element())
                .any(|inner| inner.name() == "img")
        };
        PERMALINK_TEXTS.contains(&text.trim().to_lowercase().as_str()) && !has_picture()
    };
    (is_named || is_in_heading()) && has_mark()
}

/// The text of a listing. What stands in a link keeps its address.
#[derive(Default)]
struct Lines {
    parts: Vec<(String, Option<String>)>,
    ends_line: bool,
}

impl Lines {
    fn of(listing: NodeRef<'_, Node>) -> Self {
        let mut lines = Self {
            ends_line: true,
            ..Self::default()
        };
        let mut link = None;
        let mut skipped: Option<NodeId> = None;
        for edge in listing.traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    _ if skipped.is_some() => {}
                    Node::Element(element) if is_not_code(element) => skipped = Some(node.id()),
                    Node::Element(element) => {
                        if element.name() == "a" {
                            link = element.attr("href").map(str::to_owned);
                        }
                        lines.end_before(element.name());
                    }
                    Node::Text(text) => lines.push(text, link.as_ref()),
                    _ => {}
                },
                Edge::Close(node) if skipped.is_some() => {
                    if skipped == Some(node.id()) {
                        skipped = None;
                    }
                }
                Edge::Close(node) => {
                    if let Some(element) = node.value().as_element() {
                        match element.name() {
                            "a" => link = None,
                            "br" => {}
                            name => lines.end_before(name),
                        }
                    }
                }
            }
        }
        lines
    }

    /// A line ends where a block begins or ends, and at every `<br>`; not twice.
    fn end_before(&mut self, name: &str) {
        if name == "br" || is_line(name) && !self.ends_line {
            self.push("\n", None);
        }
    }

    fn push(&mut self, text: &str, link: Option<&String>) {
        if text.is_empty() {
            return;
        }
        self.ends_line = text.ends_with('\n');
        match self.parts.last_mut() {
            Some((last, known)) if known.as_ref() == link => last.push_str(text),
            _ => self.parts.push((text.to_owned(), link.cloned())),
        }
    }

    /// Whether this is the column of numbers beside a listing, in an element of its own.
    fn are_numbers(&self) -> bool {
        let mut numbers = 0;
        for word in self.parts.iter().flat_map(|(text, _)| text.split_whitespace()) {
            numbers += 1;
            if word.parse() != Ok(numbers) {
                return false;
            }
        }
        numbers >= 2
    }

    /// Replaces what is in the element `listing`. The line end behind the last line says that it is a block.
    fn write(mut self, document: &mut Html, listing: NodeId) {
        if self.parts.iter().all(|(text, _)| text.trim().is_empty()) {
            return;
        }
        if !self.ends_line {
            self.push("\n", None);
        }
        let Some(mut element) = document.tree.get_mut(listing) else {
            return;
        };
        while let Some(mut child) = element.first_child() {
            child.detach();
        }
        let mut code = element.append(Node::Element(new_element("code", None)));
        for (text, link) in self.parts {
            let text = Node::Text(Text { text: text.into() });
            match link {
                Some(address) => {
                    code.append(Node::Element(new_element("a", Some(&address))))
                        .append(text);
                }
                None => {
                    code.append(text);
                }
            }
        }
    }
}

fn new_element(name: &str, href: Option<&str>) -> Element {
    let attributes = href.map(|address| Attribute {
        name: QualName::new(None, ns!(), local_name!("href")),
        value: address.into(),
    });
    Element::new(
        QualName::new(None, ns!(html), LocalName::from(name)),
        attributes.into_iter().collect(),
    )
}

fn is_not_code(element: &Element) -> bool {
    matches!(element.name(), "button" | "script" | "style")
        || element
            .classes()
            .any(|class| NOT_CODE.contains(&class.to_ascii_lowercase().as_str()))
}

fn is_line(name: &str) -> bool {
    matches!(
        name,
        "div" | "p" | "li" | "tr" | "table" | "ol" | "ul" | "pre" | "blockquote" | "section"
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn tidied(body: &str) -> String {
        let mut document = Html::parse_document(body);
        tidy(&mut document);
        let body = document.root_element().inner_html();
        let start = body.find("<body>").expect("a parsed page has a body") + "<body>".len();
        body[start..].trim_end_matches("</body>").to_owned()
    }

    #[rstest]
    #[case::sphinx("<h1>Tea<a class=headerlink href=#tea>¶</a></h1>", "<h1>Tea</h1>")]
    #[case::mkdocs("<h2>Tea <a href=/a#tea title=Link>#</a></h2>", "<h2>Tea </h2>")]
    #[case::icon("<h2><a class=anchor href=#tea><svg></svg></a>Tea</h2>", "<h2>Tea</h2>")]
    #[case::term(
        "<dl><dt>tea()<a class=headerlink href=#tea>¶</a></dt></dl>",
        "<dl><dt>tea()</dt></dl>"
    )]
    fn takes_permalinks_out_of_headings(#[case] source: &str, #[case] expected: &str) {
        assert_eq!(tidied(source), expected);
    }

    #[rstest]
    #[case::heading_that_is_a_link("<h2><a href=\"#tea\">Tea</a></h2>")]
    #[case::other_page("<h2>Tea <a href=\"/c\">#</a></h2>")]
    #[case::in_the_text("<p>The sign <a href=\"/pilcrow#sign\">¶</a> ends a thought.</p>")]
    #[case::picture("<h2><a href=\"#top\"><img src=\"x\"></a></h2>")]
    fn keeps_other_links(#[case] source: &str) {
        assert_eq!(tidied(source), source);
    }

    #[rstest]
    #[case::one_line("<pre>npm install</pre>", "npm install\n")]
    #[case::emphasis("<pre>$ sudo <i>cmd</i>\n</pre>", "$ sudo cmd\n")]
    #[case::a_block_a_line(
        "<pre><code><div>a</div><div>  b<br></div><div><br></div><div>c</div></code></pre>",
        "a\n  b\n\nc\n"
    )]
    #[case::breaks("<pre>a<br>b</pre>", "a\nb\n")]
    #[case::numbered(
        "<pre><span class=lineno>1 </span>a\n<span class=lineno>2 </span>b</pre>",
        "a\nb\n"
    )]
    #[case::copy_button("<pre><button>Copy</button>a</pre>", "a\n")]
    #[case::link("<pre>a <a href=\"/b\">b</a>\n</pre>", "a <a href=\"/b\">b</a>\n")]
    fn a_listing_is_plain_lines(#[case] source: &str, #[case] expected: &str) {
        assert_eq!(tidied(source), format!("<pre><code>{expected}</code></pre>"));
    }

    #[test]
    fn numbers_beside_a_listing_are_not_code() {
        let source =
            "<table><tbody><tr><td><pre>1\n2\n3</pre></td><td><pre>a\n7\n</pre></td></tr></tbody></table>";
        assert_eq!(
            tidied(source),
            "<table><tbody><tr><td></td><td><pre><code>a\n7\n</code></pre></td></tr></tbody></table>"
        );
    }
}
