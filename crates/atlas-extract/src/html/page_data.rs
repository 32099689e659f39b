//! Articles that a page carries as data: in JSON-LD, or for its own scripts. They are proposals for pages whose visible
//! part holds little; what a visitor sees is always the better source.
//!
//! Data is foreign like all of the page: it is read in bounded size and depth, and its texts are cleaned like any
//! other.

mod app_state;
mod body;

use scraper::Html;
use serde::{Deserialize, Serialize};
use url::Url;

use super::content::Content;
use super::metadata::Sources;
use super::tree;
use body::Body;

/// A page with fewer characters than this shows little.
const LITTLE_CHARS: usize = 800;
/// Less is a teaser, whatever it stands in.
const MIN_CHARS: usize = 400;
/// The data holds at least so many times what the page shows...
const MUCH_MORE: usize = 2;
/// ...and where the page shows more than a little, so many times.
const VERY_MUCH_MORE: usize = 3;

/// Where in a page a text stood that no visitor sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataSource {
    /// The `articleBody` of JSON-LD.
    JsonLd,
    /// The state of the page's own scripts, such as `__NEXT_DATA__`.
    AppState,
    /// `<noscript>`.
    Noscript,
    /// The posts that a forum preloads.
    Preloaded,
}

impl DataSource {
    /// The same in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::JsonLd => "`articleBody` in JSON-LD",
            Self::AppState => "the state of the page's own scripts",
            Self::Noscript => "what is meant for readers without scripts",
            Self::Preloaded => "the posts that the page preloads",
        }
    }
}

/// An article out of data.
pub(crate) struct DataArticle {
    pub(crate) content: Content,
    pub(crate) source: DataSource,
    pub(crate) title: Option<String>,
}

/// The article that the page carries as data, if it says much more than the `shown` characters.
pub(crate) fn better_than(
    shown: usize,
    document: &Html,
    sources: &Sources,
    base: Option<&Url>,
) -> Option<DataArticle> {
    let is_little = shown < LITTLE_CHARS;
    let times = if is_little { MUCH_MORE } else { VERY_MUCH_MORE };
    let needed = MIN_CHARS.max(times * shown);
    // Most pages that declare their text show it, too: those cost a comparison.
    let long_enough = sources
        .json_ld
        .article_bodies()
        .filter(|(_, text)| text.len() >= needed);
    let is_enough = |article: &DataArticle| article.content.plain.chars >= needed;
    let declared = body::of_page(long_enough.map(Body::declared), sources)
        .and_then(|body| proposal(body, DataSource::JsonLd, base))
        .filter(is_enough);
    if declared.is_some() || !is_little {
        return declared;
    }
    let states = app_state::of(document);
    body::of_page(states.iter().flat_map(body::in_state), sources)
        .and_then(|body| proposal(body, DataSource::AppState, base))
        .filter(is_enough)
}

/// The markup passes the limits of a page, and then the allow-list.
fn proposal(body: Body, source: DataSource, base: Option<&Url>) -> Option<DataArticle> {
    let parsed = tree::parse(&body.markup);
    let content = Content::of(&parsed.document.html(), base);
    (content.plain.chars > 0).then_some(DataArticle {
        content,
        source,
        title: body.title,
    })
}

#[cfg(test)]
mod tests;
