//! The posts of a discussion, where its markup says which elements hold them. Forum software marks them for
//! search engines; extractors made for articles lose their lists, quotes and code.
//!
//! Only collects; whether the posts are the content is decided elsewhere.

use scraper::{ElementRef, Html};

/// A single marked text is a product or a review, not a discussion.
const MIN_POSTS: usize = 2;

/// The posts as HTML, not sanitised, in page order; `None` on a page without marked posts.
pub(crate) fn of(document: &Html) -> Option<String> {
    let mut posts = 0;
    let mut html = String::new();
    for element in document.tree.root().descendants().filter_map(ElementRef::wrap) {
        if is_post(element) && !element.ancestors().filter_map(ElementRef::wrap).any(is_post) {
            posts += 1;
            html.push_str("<div>");
            html.push_str(&element.inner_html());
            html.push_str("</div>");
        }
    }
    (posts >= MIN_POSTS).then_some(html)
}

/// schema.org calls the words of a comment, a question, an answer and a posting all `text`.
fn is_post(element: ElementRef<'_>) -> bool {
    let value = element.value();
    !matches!(value.name(), "meta" | "link")
        && value.attr("itemprop").is_some_and(|names| {
            names
                .split_whitespace()
                .any(|name| name == "text" || name == "articleBody")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posts(body: &str) -> Option<String> {
        of(&Html::parse_document(body))
    }

    #[test]
    fn collects_what_is_marked_as_a_post() {
        let body = "<h1>Knots</h1><p itemprop=text>one <b>two</b></p><p>menu</p>\
                    <div itemprop='text x'><ul><li>three<div itemprop=text>four</div></ul></div>";
        assert_eq!(
            posts(body).as_deref(),
            Some(
                "<div>one <b>two</b></div><div><ul><li>three<div itemprop=\"text\">four</div></li></ul></div>"
            )
        );
    }

    #[test]
    fn one_text_is_no_discussion() {
        assert_eq!(
            posts("<meta itemprop=text content=x><p itemprop=text>one</p>"),
            None
        );
    }
}
