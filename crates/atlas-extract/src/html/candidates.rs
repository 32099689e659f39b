//! The extractors that propose what the content of a page is. They are foreign code: a panic in one is the
//! absence of its proposal, and neither ever sees a tree that broke a limit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use scraper::Html;
use url::Url;

use super::transfer;

/// Shorter paragraphs repeat on purpose.
const MIN_ECHO_BYTES: usize = 80;

/// What the first candidate is asked for besides the content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Keep links.
    pub(crate) links: bool,
    /// Keep what stands in containers for comments: in a forum that is the content.
    pub(crate) comments: bool,
}

/// What the crate `trafilatura` found.
#[derive(Debug, Default)]
pub(crate) struct First {
    /// The content as HTML, not sanitised; empty when it found none.
    pub(crate) html: String,
    /// Its opinion on title and author.
    pub(crate) title: String,
    pub(crate) author: String,
}

/// The first candidate: `trafilatura` in balanced mode with its own fall-backs.
pub(crate) fn first(document: &Html, url: Option<&Url>, wanted: Wanted) -> First {
    let mut options = trafilatura::Options::default()
        .with_fallback(true)
        .with_exclude_comments(!wanted.comments);
    options.original_url = url.cloned();
    let copy = transfer::copy(document, wanted.links);
    let (document, links) = (copy.document, copy.links);
    catch_unwind(AssertUnwindSafe(|| {
        trafilatura::extract_document(document, &options)
    }))
    .ok()
    .and_then(Result::ok)
    .map(|result| First {
        html: without_echoes(&transfer::restore_html(
            &(result.content_html + &result.comments_html),
            &links,
        )),
        title: transfer::restore_text(&result.metadata.title, &links),
        author: transfer::restore_text(&result.metadata.author, &links),
    })
    .unwrap_or_default()
}

/// HTML without paragraphs that only repeat the one before: the extractor finds some twice.
fn without_echoes(html: &str) -> String {
    let mut last = "";
    let paragraphs = html.split_inclusive("</p>").filter(|paragraph| {
        let is_echo = paragraph.len() >= MIN_ECHO_BYTES && paragraph.trim() == last;
        last = paragraph.trim();
        !is_echo
    });
    paragraphs.collect()
}

/// The second candidate, Readability, as HTML that is not sanitised. It parses for itself, without
/// limits, so it may only see a source whose tree is known to be within them.
pub(crate) fn second(source: &str, url: Option<&Url>) -> String {
    catch_unwind(AssertUnwindSafe(|| {
        libreadability::Parser::new().parse(source, url)
    }))
    .ok()
    .and_then(Result::ok)
    .map(|article| article.content)
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_paragraph_that_repeats_the_one_before_is_an_echo() {
        let long = format!("<p>{}</p>", "a long sentence ".repeat(8));
        assert_eq!(
            without_echoes(&format!("{long} {long}<p>b</p>{long}")),
            format!("{long}<p>b</p>{long}")
        );
        assert_eq!(
            without_echoes("<p>la la</p><p>la la</p>"),
            "<p>la la</p><p>la la</p>"
        );
    }
}
