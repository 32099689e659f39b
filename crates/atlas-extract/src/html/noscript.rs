//! Pages whose content is written for readers without scripts: it becomes part of the tree.
//!
//! A parser that could run scripts sees `<noscript>` as plain text. Discourse keeps whole discussions there.

use html5ever::{QualName, local_name, ns};
use scraper::{Html, Node};

use super::tree::{self, Tree};

/// Shorter texts are notices ("please enable JavaScript") or a picture for lazy loading.
const MIN_CONTENT_CHARS: usize = 400;

/// The page with its `<noscript>` elements turned into ordinary ones, if they hold more text than all the
/// rest. The page itself stays as it is: what it hides is evidence too.
pub(crate) fn reveal(page: &Tree) -> Option<Tree> {
    let contents: Vec<_> = page
        .document
        .tree
        .nodes()
        .filter(|node| is_named(node.value(), "noscript"))
        .filter_map(|node| {
            let source: String = node
                .children()
                .filter_map(|child| child.value().as_text())
                .map(|t| &**t)
                .collect();
            (source.len() >= MIN_CONTENT_CHARS && source.contains("</"))
                .then(|| (node.id(), tree::parse(&source)))
        })
        .map(|(id, content)| (id, visible_chars(&content.document), content))
        .filter(|(_, chars, _)| *chars >= MIN_CONTENT_CHARS)
        .collect();
    let hidden_chars: usize = contents.iter().map(|(_, chars, _)| chars).sum();
    if hidden_chars == 0 || hidden_chars < visible_chars(&page.document) {
        return None;
    }
    let mut revealed = Tree {
        document: page.document.clone(),
        notes: page.notes.clone(),
    };
    revealed
        .notes
        .push("content for readers without scripts was used".to_owned());
    for (noscript, _, content) in contents {
        if revealed.document.tree.nodes().len() + content.document.tree.nodes().len() > tree::MAX_NODES {
            revealed
                .notes
                .push("the rest of it was left out: too many nodes".to_owned());
            break;
        }
        revealed.notes.extend(content.notes);
        replace(&mut revealed.document, noscript, content.document);
    }
    let cut_off = tree::cut_below(&mut revealed.document, tree::MAX_DEPTH);
    if cut_off > 0 {
        revealed
            .notes
            .push(format!("{cut_off} parts of it were nested too deep"));
    }
    Some(revealed)
}

/// Characters that are not white space, outside scripts, styles and the like.
pub(crate) fn visible_chars(document: &Html) -> usize {
    document
        .tree
        .nodes()
        .filter(|node| {
            !node.parent().is_none_or(|parent| {
                [
                    "script", "style", "noscript", "template", "title", "iframe", "textarea",
                ]
                .iter()
                .any(|name| is_named(parent.value(), name))
            })
        })
        .filter_map(|node| node.value().as_text())
        .map(|text| text.chars().filter(|c| !c.is_whitespace()).count())
        .sum()
}

fn replace(document: &mut Html, noscript: ego_tree::NodeId, content: Html) {
    let added = document.tree.extend_tree(content.tree).id();
    let body = document.tree.get(added).and_then(|root| {
        let html = root.children().find(|child| is_named(child.value(), "html"))?;
        html.children()
            .find(|child| is_named(child.value(), "body"))
            .map(|body| body.id())
    });
    let Some(mut element) = document.tree.get_mut(noscript) else {
        return;
    };
    if let Node::Element(element) = element.value() {
        element.name = QualName::new(None, ns!(html), local_name!("div"));
    }
    while let Some(mut source) = element.first_child() {
        source.detach();
    }
    if let Some(body) = body {
        element.reparent_from_id_append(body);
    }
}

fn is_named(node: &Node, name: &str) -> bool {
    node.as_element().is_some_and(|element| element.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(noscript: &str, rest: &str) -> Tree {
        tree::parse(&format!(
            "<body><noscript>{noscript}</noscript><p>{rest}</p></body>"
        ))
    }

    #[test]
    fn reveals_a_discussion_kept_for_readers_without_scripts() {
        let page = page(
            &"<article><p>A post with a real answer.</p></article>".repeat(30),
            "Loading",
        );
        let revealed = reveal(&page).expect("it holds more than the rest of the page");
        let root = revealed.document.root_element();
        assert_eq!(
            root.text().filter(|text| text.contains("real answer")).count(),
            30
        );
        assert!(!revealed.document.html().contains("noscript"));
        assert!(
            page.document.html().contains("noscript"),
            "the page itself is evidence"
        );
    }

    #[test]
    fn leaves_a_notice_alone() {
        assert!(reveal(&page("<p>Please enable JavaScript.</p>", "Loading")).is_none());
    }

    #[test]
    fn leaves_a_copy_of_visible_content_alone() {
        let page = page(
            &"<p>A repeated teaser.</p>".repeat(30),
            &"The text itself. ".repeat(100),
        );
        assert!(reveal(&page).is_none());
    }

    #[test]
    fn nesting_inside_stays_within_the_limit() {
        let content = format!("{}{}", "<div>".repeat(400), "<p>text</p>".repeat(200));
        let page = tree::parse(&format!(
            "<body>{}<noscript>{content}</noscript>",
            "<div>".repeat(400)
        ));
        let mut revealed = reveal(&page).expect("it holds more than the rest of the page");
        assert_eq!(tree::cut_below(&mut revealed.document, tree::MAX_DEPTH), 0);
        assert!(revealed.notes.iter().any(|note| note.contains("nested too deep")));
    }
}
