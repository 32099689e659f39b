//! Source to tree, within limits: no tree that leaves this file is deeper or larger than the limits, so
//! that everything after it may recurse.
//!
//! The limits act on tokens, before the tree builder sees them: its work grows with the square of the depth.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use ego_tree::NodeId;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{Tracer, TreeBuilder, TreeBuilderOpts, TreeSink};
use html5ever::{LocalName, TokenizerResult, local_name};
use scraper::{Html, HtmlTreeSink};

use super::attributes::{self, MAX_ATTRIBUTES};
use super::nesting;

/// Levels of nesting. Browsers stop at 512 too.
pub(crate) const MAX_DEPTH: usize = 512;
/// Elements, texts and comments.
pub(crate) const MAX_NODES: usize = 300_000;
/// A parsed page within the limits.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The page.
    pub(crate) document: Html,
    /// What was cut to stay within the limits. Empty: the tree is exactly what any parser makes of the source.
    pub(crate) notes: Vec<String>,
}

/// Parses a page.
pub(crate) fn parse(source: &str) -> Tree {
    let bounded = attributes::without_excess(source);
    let tokenizer = Tokenizer::new(Guard::new(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(bounded.as_deref().unwrap_or(source)));
    // Scripts do not run and the charset is settled, so both kinds of interruption mean "go on".
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    let mut tree = tokenizer.sink.finish();
    if bounded.is_some() {
        tree.notes.push(format!(
            "attributes after the first {MAX_ATTRIBUTES} of an element were left out"
        ));
    }
    tree
}

/// Stands between the tokenizer and the tree builder and holds back what would break a limit.
struct Guard {
    builder: TreeBuilder<NodeId, HtmlTreeSink>,
    /// At most this many elements are open, as far as was known when `counted_nodes` existed.
    counted_open: Cell<usize>,
    counted_nodes: Cell<usize>,
    /// Start tags that were held back and whose end tags have not come yet.
    held_back: RefCell<HashMap<LocalName, usize>>,
    too_deep: Cell<usize>,
    too_many_nodes: Cell<bool>,
}

impl Guard {
    fn new() -> Self {
        Self {
            builder: TreeBuilder::new(
                HtmlTreeSink::new(Html::new_document()),
                TreeBuilderOpts::default(),
            ),
            counted_open: Cell::new(0),
            counted_nodes: Cell::new(0),
            held_back: RefCell::default(),
            too_deep: Cell::new(0),
            too_many_nodes: Cell::new(false),
        }
    }

    fn finish(self) -> Tree {
        let mut document = self.builder.sink.finish();
        let cut_off = cut_below(&mut document, MAX_DEPTH);
        let mut notes = Vec::new();
        if self.too_many_nodes.get() {
            notes.push(format!("the page was cut after {MAX_NODES} nodes"));
        }
        let too_deep = self.too_deep.get() + cut_off;
        if too_deep > 0 {
            notes.push(format!(
                "{too_deep} elements nested deeper than {MAX_DEPTH} levels were left out"
            ));
        }
        if let Some(level) = nesting::flatten(&mut document) {
            notes.push(format!(
                "long texts nested deeper than {level} levels were flattened"
            ));
        }
        Tree { document, notes }
    }

    fn node_count(&self) -> usize {
        self.builder.sink.0.borrow().tree.nodes().len()
    }

    /// Whether the tag must not reach the tree builder.
    fn holds_back(&self, tag: &Tag) -> bool {
        match tag.kind {
            TagKind::StartTag => {
                if holds_no_elements(&tag.name) || !self.is_full_depth() {
                    return false;
                }
                *self.held_back.borrow_mut().entry(tag.name.clone()).or_default() += 1;
                self.too_deep.set(self.too_deep.get() + 1);
                true
            }
            TagKind::EndTag => self
                .held_back
                .borrow_mut()
                .get_mut(&tag.name)
                .filter(|count| **count > 0)
                .map(|count| *count -= 1)
                .is_some(),
        }
    }

    /// Counts the open elements, but only when the nodes created since the last count could have reached
    /// the limit: an ordinary page is counted a few times, not at every tag.
    fn is_full_depth(&self) -> bool {
        let nodes = self.node_count();
        let bound = self.counted_open.get() + (nodes - self.counted_nodes.get());
        if bound < MAX_DEPTH {
            return false;
        }
        let open = OpenElements::default();
        self.builder.trace_handles(&open);
        self.counted_open.set(open.0.get());
        self.counted_nodes.set(nodes);
        open.0.get() >= MAX_DEPTH
    }
}

impl TokenSink for Guard {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line_number: u64) -> TokenSinkResult<NodeId> {
        if self.node_count() >= MAX_NODES && token != Token::EOFToken {
            self.too_many_nodes.set(true);
            return TokenSinkResult::Continue;
        }
        if let Token::TagToken(tag) = &token
            && self.holds_back(tag)
        {
            return TokenSinkResult::Continue;
        }
        self.builder.process_token(token, line_number)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Counts what the tree builder holds: its open elements, and the formatting elements it may reopen.
#[derive(Default)]
struct OpenElements(Cell<usize>);

impl Tracer for OpenElements {
    type Handle = NodeId;

    fn trace_handle(&self, _node: &NodeId) {
        self.0.set(self.0.get() + 1);
    }
}

/// Void elements and elements with raw text are closed before anything can be nested in them; and a raw
/// text element that is held back would spill its text into the page as markup.
fn holds_no_elements(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("iframe")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("noscript")
            | local_name!("plaintext")
            | local_name!("script")
            | local_name!("source")
            | local_name!("style")
            | local_name!("textarea")
            | local_name!("title")
            | local_name!("track")
            | local_name!("wbr")
            | local_name!("xmp")
    )
}

/// Takes out every subtree below `max_depth`, and says how many. The tree builder moves misnested content
/// around after it was counted, so the result itself is measured.
pub(crate) fn cut_below(document: &mut Html, max_depth: usize) -> usize {
    let mut below = Vec::new();
    let mut open = vec![(document.tree.root(), 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > max_depth {
            below.push(node.id());
        } else {
            open.extend(node.children().map(|child| (child, depth + 1)));
        }
    }
    for id in &below {
        if let Some(mut node) = document.tree.get_mut(*id) {
            node.detach();
        }
    }
    below.len()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn depth(document: &Html) -> usize {
        let mut deepest = 0;
        let mut open = vec![(document.tree.root(), 0)];
        while let Some((node, depth)) = open.pop() {
            deepest = deepest.max(depth);
            open.extend(node.children().map(|child| (child, depth + 1)));
        }
        deepest
    }

    fn text(document: &Html) -> String {
        document.root_element().text().collect()
    }

    #[rstest]
    #[case::blocks("<div>")]
    #[case::formatting("<b>")]
    #[case::tables("<table><tr><td>")]
    #[case::lists("<ul><li>")]
    #[case::foreign("<svg><g>")]
    #[case::quotes("<blockquote><p>")]
    fn caps_nesting(#[case] unit: &str) {
        let tree = parse(&unit.repeat(200_000 / unit.len()));
        assert!(depth(&tree.document) <= MAX_DEPTH, "{}", depth(&tree.document));
        assert_eq!(tree.notes.len(), 1, "{:?}", tree.notes);
    }

    #[test]
    fn keeps_the_text_of_what_is_nested_too_deep_and_everything_after_it() {
        let source = format!(
            "{}<i>deep</i><script>var hidden;</script>{}<p>after</p>",
            "<div>".repeat(600),
            "</div>".repeat(600)
        );
        let tree = parse(&source);
        let seen = text(&tree.document);
        assert!(seen.contains("deep") && seen.contains("after"), "{seen}");
        let after = tree
            .document
            .tree
            .nodes()
            .find(|node| node.value().as_text().is_some_and(|text| &**text == "after"));
        assert_eq!(
            after.map(|node| node.ancestors().count()),
            Some(4),
            "document, html, body, p"
        );
    }

    #[test]
    fn does_not_mistake_many_unclosed_paragraphs_for_nesting() {
        let tree = parse(&"<p>one<li>two<br>".repeat(5_000));
        assert_eq!(tree.notes, Vec::<String>::new());
        assert_eq!(text(&tree.document).matches("one").count(), 5_000);
    }

    #[test]
    fn caps_the_number_of_nodes() {
        let tree = parse(&"<br>x".repeat(500_000));
        assert!(tree.document.tree.nodes().len() <= MAX_NODES + 10);
        assert_eq!(tree.notes, ["the page was cut after 300000 nodes"]);
    }

    #[test]
    fn reopened_formatting_does_not_multiply() {
        use std::fmt::Write as _;
        let mut source = String::new();
        for index in 0..2_000 {
            let _ = write!(source, "<b id={index}>");
        }
        source.push_str(&"</p><p>x".repeat(20_000));
        let tree = parse(&source);
        assert!(tree.document.tree.nodes().len() < MAX_NODES + 2 * MAX_DEPTH);
        assert!(depth(&tree.document) <= MAX_DEPTH);
    }

    #[test]
    fn caps_attributes() {
        use std::fmt::Write as _;
        let mut source = "<p ".to_owned();
        for index in 0..1_000_000 {
            let _ = write!(source, "a{index}=1 ");
        }
        let tree = parse(&(source + ">x"));
        let elements = tree.document.tree.values().filter_map(|node| node.as_element());
        assert_eq!(
            elements.map(|element| element.attrs().count()).max(),
            Some(MAX_ATTRIBUTES)
        );
        assert_eq!(tree.notes.len(), 1, "{:?}", tree.notes);
    }

    #[test]
    fn agrees_with_an_unguarded_parser_on_an_ordinary_page() {
        let source =
            "<!doctype html><title>a</title><body><p>b<b>c<p>d</b>e<table>f<tr><td>g</table><svg><g/></svg>";
        assert_eq!(parse(source).document.html(), Html::parse_document(source).html());
    }
}
