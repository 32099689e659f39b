//! Discussions that a page carries as data for its own scripts: what Discourse preloads becomes part of the tree.
//!
//! Only where the visible page is a shell: what a visitor sees is always the better source.

use scraper::{Html, Node};
use serde_json::{Map, Value};

use super::noscript::visible_chars;
use super::page_data::DataSource;
use super::tree::{self, Tree};
use crate::words::count_words;

/// Less is a teaser or a greeting, not the discussion.
const MIN_CONTENT_CHARS: usize = 80;
const MAX_POSTS: usize = 1_000;

/// A page with what it preloaded.
pub(crate) struct Revealed {
    /// The page.
    pub(crate) tree: Tree,
    /// Words that came out of the data.
    pub(crate) words: u32,
    /// Where in the page that was.
    pub(crate) source: DataSource,
}

/// The page with its preloaded posts in its body, if they hold more text than all that is visible. The page
/// itself stays as it is: what it hides is evidence too.
pub(crate) fn reveal(page: &Tree) -> Option<Revealed> {
    let markup = preloaded(&page.document).find_map(|source| posts(&source))?;
    let content = tree::parse(&markup);
    let chars = visible_chars(&content.document);
    if chars < MIN_CONTENT_CHARS || chars < visible_chars(&page.document) {
        return None;
    }
    if page.document.tree.nodes().len() + content.document.tree.nodes().len() > tree::MAX_NODES {
        return None;
    }
    let text: Vec<&str> = content.document.root_element().text().collect();
    let words = count_words(&text.join(" "));
    let mut notes = page.notes.clone();
    notes.push("posts that the page holds as data were used".to_owned());
    notes.extend(content.notes);
    let mut document = page.document.clone();
    append_body(&mut document, content.document);
    tree::cut_below(&mut document, tree::MAX_DEPTH);
    Some(Revealed {
        tree: Tree { document, notes },
        words,
        source: DataSource::Preloaded,
    })
}

/// The data, from the attribute where older versions put it or from the script of newer ones.
fn preloaded(document: &Html) -> impl Iterator<Item = String> {
    document.tree.nodes().filter_map(|node| {
        let element = node.value().as_element()?;
        if element.attr("id") != Some("data-preloaded") {
            return None;
        }
        element.attr("data-preloaded").map(str::to_owned).or_else(|| {
            let texts = node.children().filter_map(|child| child.value().as_text());
            Some(texts.map(|text| &**text).collect())
        })
    })
}

/// The posts of a topic in the markup that Discourse itself writes for readers without scripts.
fn posts(source: &str) -> Option<String> {
    let data: Map<String, Value> = serde_json::from_str(source).ok()?;
    let topic = data
        .into_iter()
        .filter(|(key, _)| key.starts_with("topic_"))
        .find_map(|(_, value)| match value {
            // Each entry is JSON in a text of its own.
            Value::String(text) => serde_json::from_str(&text).ok(),
            other => Some(other),
        })?;
    let posts = topic.pointer("/post_stream/posts")?.as_array()?;
    let mut markup = String::new();
    for post in posts.iter().take(MAX_POSTS) {
        let text = |key: &str| post.get(key).and_then(Value::as_str).unwrap_or_default();
        // System messages ("closed this topic") have no text of their own.
        if text("cooked").is_empty() {
            continue;
        }
        markup.push_str("<div class=\"topic-body crawler-post\"><div class=\"crawler-post-meta\">");
        markup.push_str("<span class=\"creator\" itemprop=\"author\"><span itemprop=\"name\">");
        markup.push_str(&escape(text("username")));
        markup.push_str("</span></span> <time itemprop=\"datePublished\" datetime=\"");
        markup.push_str(&escape(text("created_at")));
        markup.push_str("\"></time></div><div class=\"post\" itemprop=\"text\">");
        markup.push_str(text("cooked"));
        markup.push_str("</div></div>");
    }
    Some(markup)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// Moves the children of one page's body behind those of another's.
fn append_body(document: &mut Html, content: Html) {
    let is_body = |node: &Node| node.as_element().is_some_and(|element| element.name() == "body");
    let target = document
        .tree
        .nodes()
        .find(|node| is_body(node.value()))
        .map(|body| body.id());
    let added = document.tree.extend_tree(content.tree).id();
    let source = document
        .tree
        .get(added)
        .and_then(|root| root.descendants().find(|node| is_body(node.value())))
        .map(|body| body.id());
    if let (Some(target), Some(source)) = (target, source)
        && let Some(mut body) = document.tree.get_mut(target)
    {
        body.reparent_from_id_append(source);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn topic(posts: usize) -> String {
        let posts: Vec<Value> = (0..posts)
            .map(|number| {
                json!({"username": "marsh_hen", "created_at": "2024-09-02T17:20:41Z",
                       "cooked": format!("<p>Post {number} says that the knot holds & that the boat \"lies\" still.</p>")})
            })
            .collect();
        let topic = json!({"id": 1, "post_stream": {"posts": posts}});
        json!({"currentUser": null, "topic_1": topic.to_string()}).to_string()
    }

    fn in_attribute(data: &str) -> String {
        format!(
            "<div id=data-preloaded data-preloaded=\"{}\"></div>",
            escape(data)
        )
    }

    fn in_script(data: &str) -> String {
        format!("<script type=application/json id=data-preloaded>{data}</script>")
    }

    #[rstest]
    #[case::attribute(in_attribute(&topic(3)))]
    #[case::script(in_script(&topic(3)))]
    fn reads_the_posts_of_a_shell(#[case] data: String) {
        let page = tree::parse(&format!("<body><p>Loading</p>{data}</body>"));
        let revealed = reveal(&page).expect("the page is a shell");
        let text: String = revealed.tree.document.root_element().text().collect();
        assert!(
            text.contains("Post 2 says that the knot holds & that the boat \"lies\" still."),
            "{text}"
        );
        assert!(revealed.tree.document.html().contains(">marsh_hen</span>"));
        assert!((35..45).contains(&revealed.words), "{}", revealed.words);
    }

    #[rstest]
    #[case::visible_content(format!("<p>{}</p>{}", "A post that a visitor sees. ".repeat(50), in_attribute(&topic(3))))]
    #[case::no_posts(in_attribute(&topic(0)))]
    #[case::empty(in_attribute("{}"))]
    #[case::broken(in_script("{\"topic_1\": \"{\"}"))]
    #[case::other_shape(in_script("{\"topic_1\": {\"post_stream\": [1]}}"))]
    #[case::endless(in_script(&"{\"topic_1\":".repeat(100_000)))]
    #[case::none(String::new())]
    fn leaves_other_pages_alone(#[case] body: String) {
        assert!(reveal(&tree::parse(&body)).is_none());
    }

    #[test]
    fn nesting_inside_stays_within_the_limit() {
        let post = json!({"cooked": "<div>".repeat(400) + &"deep text ".repeat(40)});
        let data = json!({"topic_1": {"post_stream": {"posts": [post]}}}).to_string();
        let page = tree::parse(&format!("{}{}", in_script(&data), "<div>".repeat(400)));
        let mut revealed = reveal(&page).expect("the page is a shell");
        assert_eq!(tree::cut_below(&mut revealed.tree.document, tree::MAX_DEPTH), 0);
    }
}
