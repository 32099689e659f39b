//! The extractors that propose what the content of a page is. They are foreign code: a panic in one is the
//! absence of its proposal, and neither ever sees a tree that broke a limit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use scraper::Html;
use url::Url;

use super::{echoes, transfer};

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
        html: echoes::joined(
            &transfer::restore_html(&result.content_html, &links),
            &transfer::restore_html(&result.comments_html, &links),
        ),
        title: transfer::restore_text(&result.metadata.title, &links),
        author: transfer::restore_text(&result.metadata.author, &links),
    })
    .unwrap_or_default()
}

/// The second candidate, Readability, as HTML that is not sanitised. It parses for itself, without
/// limits, so `source` must come from a tree that is known to be within them.
pub(crate) fn second(source: &str, url: Option<&Url>) -> String {
    catch_unwind(AssertUnwindSafe(|| {
        libreadability::Parser::new().parse(source, url)
    }))
    .ok()
    .and_then(Result::ok)
    .map(|article| article.content)
    .unwrap_or_default()
}
