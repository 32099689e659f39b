//! Who signed a page: names only, no addresses, no site, no "By".

use std::sync::LazyLock;

use regex::Regex;

use super::sources::{Sources, plain};
use super::{compact, is_site_name};

const META_NAMES: &[&str] = &[
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "article:author_name",
    "twitter:data1:author",
];

/// Longer texts are sentences about an author, not a name.
const MAX_NAME_CHARS: usize = 60;
const MAX_AUTHORS: usize = 20;

static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:(?:written|posted|published|reviewed|updated|story|words|article|text|reported|contributed)\s+)?(?:by|von|par|por|di|door|av|autor|author)\b\s*:?\s*|^(?:written|posted|author|autor)\s*:\s*",
    )
    .expect("the pattern is a constant")
});

/// What follows a name in a byline.
static SUFFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\s+(?:[|•·–—]|-\s|on\s+\w+\s+\d|posted\b|published\b|updated\b|\d{1,2}[./]\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d).*$",
    )
    .expect("the pattern is a constant")
});

static BETWEEN_NAMES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s*;\s*|\s+(?:and|und|et|y|&)\s+|,\s+and\s+").expect("the pattern is a constant")
});

/// Decides who signed the page. `names` are the names of the site; `extractor` is another opinion.
pub(super) fn decide(sources: &Sources, names: &[String], extractor: &str) -> Vec<String> {
    let structured = sources.json_ld.authors();
    let declared: Vec<String> = META_NAMES
        .iter()
        .flat_map(|name| sources.meta_all(name))
        .map(|name| plain(name))
        .collect();
    let marked: Vec<String> = sources
        .properties
        .iter()
        .filter(|(name, _)| name == "author")
        .map(|(_, text)| plain(text))
        .take(3)
        .collect();
    // A byline says it once; later ones belong to other texts on the page.
    let written: Vec<String> = sources.bylines.iter().take(3).cloned().collect();
    let guessed: Vec<String> = extractor.split(';').map(str::to_owned).collect();
    [structured, declared, marked]
        .into_iter()
        .map(|found| clean(&found, names))
        .chain(
            written
                .iter()
                .map(|found| clean(std::slice::from_ref(found), names)),
        )
        .chain([clean(&guessed, names)])
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn clean(found: &[String], site_names: &[String]) -> Vec<String> {
    let mut authors: Vec<String> = Vec::new();
    for text in found {
        let text = PREFIX.replace(text.trim(), "");
        let text = SUFFIX.replace(&text, "");
        for name in BETWEEN_NAMES.split(&text).flat_map(split_commas) {
            let name = name
                .trim()
                .trim_matches([',', '|', '-', '–', ':', '•', '·', '@'])
                .trim();
            let is_known = authors.iter().any(|author| compact(author) == compact(name));
            if is_name(name) && !is_known && !is_site_name(name, site_names) && authors.len() < MAX_AUTHORS {
                authors.push(name.to_owned());
            }
        }
    }
    authors
}

/// Splits `Ada Example, Bo Example`, but not `Ada Example, PhD`.
fn split_commas(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = text.split(", ").collect();
    let are_full_names = parts.iter().all(|part| part.split_whitespace().count() >= 2);
    if are_full_names { parts } else { vec![text] }
}

fn is_name(text: &str) -> bool {
    let lower = text.to_lowercase();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && text.chars().count() <= MAX_NAME_CHARS
        && !text.contains(['@', '{', '<', '=', '\\'])
        && !["://", "www.", ".com", ".org"]
            .iter()
            .any(|mark| lower.contains(mark))
        && ![
            "admin",
            "administrator",
            "editor",
            "webmaster",
            "guest",
            "anonymous",
            "unknown",
            "author",
            "null",
            "none",
        ]
        .contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use scraper::Html;

    use super::*;

    fn cleaned(text: &str) -> Vec<String> {
        clean(&[text.to_owned()], &["The Example".to_owned()])
    }

    #[rstest]
    #[case::by("By Ada Lovelace", &["Ada Lovelace"])]
    #[case::written_by("Written by: Ada Lovelace", &["Ada Lovelace"])]
    #[case::german("Von Ada Lovelace", &["Ada Lovelace"])]
    #[case::name_that_begins_like_by("Byron Example", &["Byron Example"])]
    #[case::two("Ada Lovelace and Charles Babbage", &["Ada Lovelace", "Charles Babbage"])]
    #[case::three("Ada Lovelace, Charles Babbage, and Mary Somerville", &["Ada Lovelace", "Charles Babbage", "Mary Somerville"])]
    #[case::degree("Ada Lovelace, PhD", &["Ada Lovelace, PhD"])]
    #[case::date_behind("Ada Lovelace | May 3, 2024", &["Ada Lovelace"])]
    #[case::address("https://www.facebook.com/example", &[])]
    #[case::mail("ada@example.com", &[])]
    #[case::site("The Example", &[])]
    #[case::account("admin", &[])]
    #[case::twice("Ada Lovelace; ada lovelace", &["Ada Lovelace"])]
    fn keeps_names_only(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(cleaned(text), expected);
    }

    #[test]
    fn structured_data_is_asked_first() {
        let page = Html::parse_document(
            r#"<meta name=author content="Someone Else"><p class=byline>By A Third</p>
               <script type="application/ld+json">{"@type": "Article", "author": {"name": "Ada Lovelace"}}</script>"#,
        );
        assert_eq!(decide(&Sources::of(&page), &[], ""), ["Ada Lovelace"]);
    }

    #[test]
    fn a_byline_is_read_where_nothing_is_declared() {
        let page = Html::parse_document(
            "<div class=byline>By Ada Lovelace</div><div class=comment><a class=author>Troll</a></div>",
        );
        assert_eq!(decide(&Sources::of(&page), &[], ""), ["Ada Lovelace"]);
    }
}
