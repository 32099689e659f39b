//! What a page says about itself: title, authors, dates, site, picture, address.
//!
//! Collects everything once (`sources`), then decides fact by fact. Never reads the extracted text.

mod authors;
mod dates;
mod json_ld;
mod sources;
mod title;

use atlas_domain::Sourced;
use jiff::civil::Date;
use scraper::Html;
use url::Url;

pub(crate) use self::sources::Sources;
use super::candidates::First;
use super::page_type;
use crate::hygiene;

/// Longer titles are sentences of a text; they end with an ellipsis.
const MAX_TITLE_CHARS: usize = 500;
const MAX_AUTHOR_CHARS: usize = 200;
const MAX_SITE_NAME_CHARS: usize = 80;
const MAX_DESCRIPTION_CHARS: usize = 1_000;

/// The facts about a page.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) title: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) site_name: Option<String>,
    pub(crate) published: Option<Sourced<Date>>,
    pub(crate) modified: Option<Sourced<Date>>,
    pub(crate) description: Option<String>,
    pub(crate) image: Option<String>,
}

/// Decides the facts of a page whose tree is `document`. `extractor` is the opinion of the first extractor,
/// asked last.
pub(crate) fn decide(sources: &Sources, url: Option<&Url>, extractor: &First, document: &Html) -> Facts {
    let site_name = site_name(sources);
    let mut names: Vec<String> = site_name.iter().cloned().collect();
    names.extend(url.and_then(host_name));
    let dates = dates::decide(sources, url);
    let is_root = url.is_some_and(|url| url.path() == "/" && url.query().is_none());
    let mut authors = authors::decide(sources, &names, &extractor.author, document);
    if page_type::is_forum(sources) {
        // Who answers did not write what is asked.
        authors.truncate(1);
    }
    Facts {
        title: title::decide(sources, &names, is_root)
            .or_else(|| Some(extractor.title.clone()))
            .and_then(|title| present(&title, MAX_TITLE_CHARS)),
        authors: authors
            .iter()
            .filter_map(|name| present(name, MAX_AUTHOR_CHARS))
            .collect(),
        published: dates.published,
        modified: dates.modified,
        description: sources
            .meta(&[
                "og:description",
                "description",
                "twitter:description",
                "dc.description",
                "dcterms.abstract",
            ])
            .or_else(|| sources.json_ld.article_text("description"))
            .and_then(|text| present(&sources::plain(&text), MAX_DESCRIPTION_CHARS)),
        image: sources
            .meta(&[
                "og:image:secure_url",
                "og:image",
                "og:image:url",
                "twitter:image",
                "twitter:image:src",
            ])
            .or_else(|| sources.json_ld.article_image()),
        site_name,
    }
}

fn site_name(sources: &Sources) -> Option<String> {
    sources
        .meta(&["og:site_name"])
        .or_else(|| sources.json_ld.site_name())
        .or_else(|| {
            sources.meta(&[
                "application-name",
                "dc.publisher",
                "dcterms.publisher",
                "citation_journal_title",
            ])
        })
        .and_then(|name| present(&sources::plain(&name), MAX_TITLE_CHARS))
        // Some templates put the address or a sentence there.
        .filter(|name| !name.contains("://") && name.chars().count() <= MAX_SITE_NAME_CHARS)
}

/// `bbc` for `www.bbc.co.uk`: the longest label that is not a public part of the name.
fn host_name(url: &Url) -> Option<String> {
    let labels: Vec<&str> = url.domain()?.split('.').filter(|label| *label != "www").collect();
    let own = labels.len().saturating_sub(1).max(1);
    labels
        .into_iter()
        .take(own)
        .max_by_key(|label| label.len())
        .map(str::to_owned)
}

/// A fact as one clean line, unless nothing is left of it.
fn present(text: &str, max_chars: usize) -> Option<String> {
    Some(hygiene::line(text, max_chars)).filter(|line| !line.is_empty())
}

/// Letters and digits in lower case: the form in which names are compared.
fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether `text` is one of the site's names, spelled in whatever way.
fn is_site_name(text: &str, names: &[String]) -> bool {
    let text = compact(text);
    !text.is_empty()
        && names
            .iter()
            .map(|name| compact(name))
            .filter(|name| name.len() >= 2)
            .any(|name| {
                let (short, long) = if name.len() < text.len() {
                    (&name, &text)
                } else {
                    (&text, &name)
                };
                // `Example` and `Example News`, `exampleblog` and `Example`; but not a name inside a long phrase.
                short == long
                    || (short.len() >= 4
                        && long.len() <= 2 * short.len() + 4
                        && long.contains(short.as_str()))
            })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::same("The Example", true)]
    #[case::case_and_spaces("THEEXAMPLE", true)]
    #[case::with_addition("The Example News", true)]
    #[case::inside_a_phrase("How the example changed the course of everything", false)]
    #[case::other("Something", false)]
    fn recognises_the_name_of_the_site(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_site_name(text, &["The Example".to_owned()]), expected);
    }

    #[rstest]
    #[case("https://www.bbc.co.uk/news", "bbc")]
    #[case("https://tastewise.io/blog", "tastewise")]
    #[case("https://blog.example.com/", "example")]
    fn names_the_host(#[case] url: &str, #[case] expected: &str) {
        let url = Url::parse(url).expect("a constant");
        assert_eq!(host_name(&url).as_deref(), Some(expected));
    }

    fn decided(html: &str) -> Facts {
        let document = Html::parse_document(html);
        decide(&Sources::of(&document), None, &First::default(), &document)
    }

    #[test]
    fn facts_are_clean_lines() {
        let facts = decided(
            "<meta property=og:title content='Tea\nfor\u{202E} \u{1}two&#x200b; Cafe\u{301}'>\
             <meta property=og:site_name content=' The&#x2066; Example\u{85}'>\
             <meta name=author content='Ada\u{9F} Lovelace&#x202e;'>\
             <meta name=description content='One\u{7}\r\ntwo'>",
        );
        assert_eq!(facts.title.as_deref(), Some("Tea for two Café"));
        assert_eq!(facts.site_name.as_deref(), Some("The Example"));
        assert_eq!(facts.authors, ["Ada Lovelace"]);
        assert_eq!(facts.description.as_deref(), Some("One two"));
    }

    #[rstest]
    #[case::open_graph("<meta property=og:title content='WORDS'>")]
    #[case::title("<title>WORDS</title>")]
    #[case::structured(
        "<script type=application/ld+json>{\"@type\": \"Article\", \"headline\": \"WORDS\"}</script>"
    )]
    fn a_title_without_end_ends_at_a_word(#[case] template: &str) {
        let html = template.replace("WORDS", &"words ".repeat(40_000));
        let title = decided(&html).title.expect("it has a title");
        assert!(title.ends_with("words…"), "{title}");
        assert!((490..=500).contains(&title.chars().count()), "{title}");
    }
}
