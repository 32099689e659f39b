//! Bounds what nesting costs: extractors read the text of every element anew for each element around it, so the
//! work is the text times the depth it stands at.
//!
//! Moves text up; it must not lose any.

use ego_tree::{NodeId, NodeRef};
use scraper::node::Text;
use scraper::{Html, Node};

/// Characters of text times the levels above them. A book of a megabyte at a depth of forty stays below.
const MAX_WORK: usize = 40_000_000;
/// No text is moved above this level, however long it is: ordinary pages are as deep.
const MIN_DEPTH: usize = 24;

/// Where reading the page would cost too much, makes one text of everything below some level. Returns the level.
pub(crate) fn flatten(document: &mut Html) -> Option<usize> {
    let mut chars_at = Vec::new();
    let mut open = vec![(document.tree.root(), 0)];
    while let Some((node, depth)) = open.pop() {
        if let Some(text) = node.value().as_text() {
            if chars_at.len() <= depth {
                chars_at.resize(depth + 1, 0);
            }
            chars_at[depth] += text.len();
        } else if !is_data(node) {
            open.extend(node.children().map(|child| (child, depth + 1)));
        }
    }
    let work = |level: usize| -> usize {
        let deepest = |depth: usize| depth.min(level);
        chars_at
            .iter()
            .enumerate()
            .map(|(depth, chars)| chars * deepest(depth))
            .sum()
    };
    if work(usize::MAX) <= MAX_WORK {
        return None;
    }
    let level = (MIN_DEPTH..chars_at.len())
        .rev()
        .find(|level| work(*level) <= MAX_WORK)
        .unwrap_or(MIN_DEPTH);
    let mut open = vec![(document.tree.root(), 0)];
    let mut roots = Vec::new();
    while let Some((node, depth)) = open.pop() {
        if depth + 1 >= level {
            roots.extend(node.has_children().then(|| (node.id(), text_of(node))));
        } else {
            open.extend(
                node.children()
                    .filter(|child| !is_data(*child))
                    .map(|child| (child, depth + 1)),
            );
        }
    }
    (!roots.is_empty()).then(|| {
        for (id, text) in roots {
            replace_children(document, id, text);
        }
        level
    })
}

/// All text below an element; what stood in different elements is kept apart by a space.
fn text_of(element: NodeRef<'_, Node>) -> String {
    let mut text = String::new();
    let mut open = vec![element];
    while let Some(node) = open.pop() {
        if let Some(part) = node.value().as_text() {
            text.push_str(part);
            text.push(' ');
        } else if !is_data(node) {
            open.extend(node.children().rev());
        }
    }
    text
}

fn replace_children(document: &mut Html, id: NodeId, text: String) {
    if let Some(mut element) = document.tree.get_mut(id) {
        while let Some(mut child) = element.first_child() {
            child.detach();
        }
        element.append(Node::Text(Text { text: text.into() }));
    }
}

/// Text that no extractor reads.
fn is_data(node: NodeRef<'_, Node>) -> bool {
    node.value()
        .as_element()
        .is_some_and(|element| matches!(element.name(), "script" | "style" | "noscript" | "template"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deepest_text(document: &Html) -> usize {
        let texts = document.tree.nodes().filter(|node| node.value().is_text());
        texts
            .map(|text| text.ancestors().count())
            .max()
            .unwrap_or_default()
    }

    #[test]
    fn long_text_deep_inside_moves_up() {
        let source = format!(
            "{}{}<b>end</b>",
            "<div>".repeat(300),
            "<i>word</i>".repeat(50_000)
        );
        let mut document = Html::parse_document(&source);
        assert!(flatten(&mut document).is_some_and(|level| (100..300).contains(&level)));
        assert!(deepest_text(&document) <= 300);
        let text: String = document.root_element().text().collect();
        assert_eq!(text.matches("word ").count(), 50_000);
        assert!(text.contains("end"));
    }

    #[test]
    fn a_long_page_of_ordinary_depth_stays_as_it_is() {
        let source = format!(
            "{}{}",
            "<div>".repeat(15),
            "<p>A sentence of text.</p>".repeat(200_000)
        );
        let mut document = Html::parse_document(&source);
        assert_eq!(flatten(&mut document), None);
    }

    #[test]
    fn scripts_do_not_count() {
        let source = format!(
            "{}<script>{}</script>",
            "<div>".repeat(200),
            "var a; ".repeat(100_000)
        );
        assert_eq!(flatten(&mut Html::parse_document(&source)), None);
    }
}
