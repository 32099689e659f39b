//! HTML in, article out: decode, parse within limits, let two extractors propose, choose, look into the page's data
//! where it shows little, describe.
//!
//! This file tells the story; each step is a module. Nothing here fails: a page without content is an
//! article without text.

mod attributes;
mod candidates;
pub(crate) mod charset;
mod content;
mod echoes;
mod embedded;
mod language;
mod markdown;
mod metadata;
mod nesting;
mod noscript;
mod page_data;
mod page_type;
mod plain_text;
mod posts;
mod selector;
mod tidy;
mod transfer;
mod tree;
mod variants;

#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;

use atlas_domain::Article;
use url::Url;

use self::candidates::Wanted;
use self::content::Content;
use self::embedded::Revealed;
use self::metadata::{Facts, Sources};
pub use self::page_data::DataSource;
use self::tree::Tree;
pub use self::variants::{Variant, VariantKind};
use crate::words::count_words;
use crate::{Diagnostics, Engine, Extracted, PageInput, quality};

/// A second opinion on more nodes than this costs more than it is worth.
const MAX_SECOND_OPINION_NODES: usize = 50_000;
/// Every relative link repeats it.
const MAX_BASE_BYTES: usize = 2_048;
/// The beginning of the text stands in for a missing description, up to here.
const EXCERPT_CHARS: usize = 280;

/// Extracts the article from a page. Any bytes will do.
pub fn extract(input: &PageInput) -> Extracted {
    let decoded = charset::decode(&input.bytes, input.content_type.as_deref());
    let url = input.url.as_deref().and_then(|url| Url::parse(url).ok());
    let mut page = tree::parse(&decoded.text);
    tidy::tidy(&mut page.document);
    let revealed = reveal(&page);
    let readable = revealed.as_ref().map_or(&page, |revealed| &revealed.tree);
    let sources = Sources::of(&readable.document);
    let base = base_url(url.as_ref(), &sources);

    let wanted = Wanted {
        links: input.engine == Engine::Selected,
        comments: page_type::is_forum(&sources),
    };
    let first = candidates::first(&readable.document, base.as_ref(), wanted);
    let mut chosen = choose(input.engine, &first.html, readable, &sources, base.as_ref());
    let mut facts = metadata::decide(&sources, url.as_ref(), &first, &readable.document);
    let mut data = revealed
        .as_ref()
        .map(|revealed| (revealed.source, revealed.words));
    if data.is_none() && input.engine == Engine::Selected {
        let shown = chosen.content.plain.chars;
        if let Some(found) = page_data::better_than(shown, &page.document, &sources, base.as_ref()) {
            data = Some((found.source, count_words(&found.content.plain.text)));
            facts.title = facts.title.or(found.title);
            chosen = Chosen::of_data(found.content, found.source);
        }
    }

    let article = describe(chosen.content, facts, &sources, url.as_ref(), base.as_ref());
    let signals = quality::observe(&quality::Observed {
        document: &page.document,
        bytes: &input.bytes,
        source: &decoded.text,
        article: &article,
        embedded_words: data.map_or(0, |(_, words)| words),
    });
    let mut notes = decoded.notes;
    notes.extend(readable.notes.iter().cloned());
    Extracted {
        article,
        declared_url: sources.canonical,
        variants: variants::of(&page.document, base.as_ref()),
        from_data: data.map(|(source, _)| source),
        signals,
        diagnostics: Diagnostics {
            engine: chosen.engine.to_owned(),
            choice: chosen.reason,
            charset: decoded.charset.to_owned(),
            notes,
        },
    }
}

/// Reads HTML that is all content. Everything in it is taken, so there is nothing to choose.
pub(crate) fn read_fragment(bytes: &[u8], source: &str, url: Option<&str>) -> Extracted {
    let mut page = tree::parse(source);
    tidy::tidy(&mut page.document);
    let base = base_url(
        url.and_then(|url| Url::parse(url).ok()).as_ref(),
        &Sources::default(),
    );
    let content = Content::of(&page.document.html(), base.as_ref());
    let links = content.links();
    let article = Article {
        links,
        word_count: count_words(&content.plain.text),
        html: content.html,
        text: content.plain.text,
        ..Article::default()
    };
    let signals = quality::observe(&quality::Observed {
        document: &page.document,
        bytes,
        source,
        article: &article,
        embedded_words: 0,
    });
    Extracted {
        article: Article {
            title: signals.headings.first().cloned(),
            ..article
        },
        signals,
        diagnostics: Diagnostics {
            engine: "stored_html".to_owned(),
            notes: page.notes,
            ..Diagnostics::default()
        },
        ..Extracted::default()
    }
}

/// The page with the content that it keeps from a visitor without scripts, if it does.
fn reveal(page: &Tree) -> Option<Revealed> {
    let without_scripts = || {
        let mut tree = noscript::reveal(page)?;
        tidy::tidy(&mut tree.document);
        // The gate counts what stands in `<noscript>` for itself.
        Some(Revealed {
            tree,
            words: 0,
            source: DataSource::Noscript,
        })
    };
    let preloaded = || {
        let mut revealed = embedded::reveal(page)?;
        tidy::tidy(&mut revealed.tree.document);
        Some(revealed)
    };
    without_scripts().or_else(preloaded)
}

/// The content that was taken, whose it is, and why.
struct Chosen {
    content: Content,
    engine: &'static str,
    reason: String,
}

impl Chosen {
    fn of_data(content: Content, source: DataSource) -> Self {
        Self {
            content,
            engine: "page_data",
            reason: format!("the page shows little, and holds more: {}", source.words()),
        }
    }
}

fn choose(engine: Engine, first_html: &str, page: &Tree, sources: &Sources, base: Option<&Url>) -> Chosen {
    let first = Content::of(first_html, base);
    let keep = |content, reason: &str| Chosen {
        content,
        engine: "trafilatura",
        reason: reason.to_owned(),
    };
    if engine == Engine::Trafilatura {
        return keep(first, "asked for");
    }
    if page_type::is_forum(sources)
        && let Some(html) = posts::of(&page.document)
    {
        let posts = Content::of(&html, base);
        if selector::prefers_posts(&first, &posts) {
            return Chosen {
                content: posts,
                engine: "posts",
                reason: "the page marks its posts".to_owned(),
            };
        }
    }
    let Some(doubt) = selector::doubt(&first, sources.prose_chars) else {
        return keep(first, "no reason to doubt it");
    };
    // The second parses for itself, without limits, so the tree must be known to be within them.
    if !page.notes.is_empty() || page.document.tree.nodes().len() > MAX_SECOND_OPINION_NODES {
        return keep(
            first,
            &format!("{doubt}, but a second opinion was not safe to ask for"),
        );
    }
    let second = Content::of(&candidates::second(&page.document.html(), base), base);
    match selector::prefers_second(&first, &second, sources.prose_chars) {
        Some(reason) => Chosen {
            content: second,
            engine: "readability",
            reason: reason.to_owned(),
        },
        None => keep(first, &format!("{doubt}, and the second opinion is no better")),
    }
}

fn describe(
    mut content: Content,
    facts: Facts,
    sources: &Sources,
    url: Option<&Url>,
    base: Option<&Url>,
) -> Article {
    let markdown = content.markdown();
    let links = content.links();
    let page_type = page_type::decide(sources, &content, url.map_or("", Url::path));
    let text = content.plain.text;
    Article {
        language: language::decide(&text, sources.language.as_deref()),
        excerpt: facts
            .description
            .filter(|text| !text.is_empty())
            .or_else(|| beginning(&text)),
        lead_image: facts
            .image
            .and_then(|image| content::absolute(&image, base, &["http", "https"])),
        page_type,
        markdown,
        html: content.html,
        links,
        word_count: count_words(&text),
        title: facts.title,
        authors: facts.authors,
        site_name: facts.site_name,
        published: facts.published,
        modified: facts.modified,
        text,
    }
}

/// The address that relative links start from.
fn base_url(url: Option<&Url>, sources: &Sources) -> Option<Url> {
    let declared = sources
        .base
        .as_deref()
        .filter(|base| base.len() <= MAX_BASE_BYTES);
    match (url, declared) {
        (Some(url), Some(base)) => Some(url.join(base).unwrap_or_else(|_| url.clone())),
        (Some(url), None) => Some(url.clone()),
        (None, Some(base)) => Url::parse(base).ok(),
        (None, None) => None,
    }
    .filter(|base| matches!(base.scheme(), "http" | "https"))
}

/// The first lines of a text, up to a sentence's or a word's end.
fn beginning(text: &str) -> Option<String> {
    let start: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(EXCERPT_CHARS + 1)
        .collect();
    if start.is_empty() {
        return None;
    }
    if start.chars().count() <= EXCERPT_CHARS {
        return Some(start);
    }
    let sentence = start
        .rfind(". ")
        .map(|end| end + 1)
        .or_else(|| start.rfind('。').map(|end| end + '。'.len_utf8()));
    if let Some(end) = sentence.filter(|end| *end > start.len() / 3) {
        return Some(start[..end].to_owned());
    }
    let end = start.rfind(' ').unwrap_or(start.len());
    Some(format!("{}…", start[..end].trim_end()))
}
