//! Who signed a page: names only, no addresses, no site, no "By".

use std::sync::LazyLock;

use regex::Regex;
use scraper::Html;

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

/// Decides who signed the page. `names` are the names of the site; `extractor` is another opinion, which tidies
/// names up: `document` says how they are really written.
pub(super) fn decide(sources: &Sources, names: &[String], extractor: &str, document: &Html) -> Vec<String> {
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
    [structured, declared, marked]
        .into_iter()
        .map(|found| clean(&found, names))
        .chain(
            written
                .iter()
                .map(|found| clean(std::slice::from_ref(found), names)),
        )
        .find(|found| !found.is_empty())
        .unwrap_or_else(|| {
            let guessed: Vec<String> = extractor
                .split(';')
                .map(|name| as_written(name.trim(), document).unwrap_or_else(|| name.to_owned()))
                .collect();
            clean(&guessed, names)
        })
}

/// A name as it stands on the page: `marsh_hen`, where a guess made a "Marsh Hen" of it.
fn as_written(name: &str, document: &Html) -> Option<String> {
    let wanted = compact(name);
    let texts = document.tree.nodes().filter_map(|node| node.value().as_text());
    texts
        .map(|text| text.trim())
        .filter(|text| !wanted.is_empty() && text.len() <= 4 * MAX_NAME_CHARS)
        .find(|text| compact(text) == wanted)
        .map(str::to_owned)
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
            let name = without_repetition(name);
            let is_known = authors.iter().any(|author| compact(author) == compact(name));
            if is_name(name) && !is_known && !is_site_name(name, site_names) && authors.len() < MAX_AUTHORS {
                authors.push(name.to_owned());
            }
        }
    }
    authors
}

/// `ada_example` of `ada_example (Ada Example)`: forums print the user's name in both spellings.
fn without_repetition(name: &str) -> &str {
    match name.split_once(" (") {
        Some((user, other)) if compact(user) == compact(other) => user,
        _ => name,
    }
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
    #[case::both_spellings("ada_l (Ada L)", &["ada_l"])]
    #[case::user_name("marsh_hen", &["marsh_hen"])]
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
        assert_eq!(decide(&Sources::of(&page), &[], "", &page), ["Ada Lovelace"]);
    }

    #[rstest]
    #[case::shown("<div itemprop=author><a itemprop=name>marsh_hen</a> <b>12 badges</b></div>")]
    #[case::declared("<div itemprop=author>Marsh <meta itemprop=name content=marsh_hen> 12 badges</div>")]
    fn what_stands_beside_a_marked_name_is_no_name(#[case] body: &str) {
        let page = Html::parse_document(body);
        assert_eq!(decide(&Sources::of(&page), &[], "", &page), ["marsh_hen"]);
    }

    #[test]
    fn a_byline_is_read_where_nothing_is_declared() {
        let page = Html::parse_document(
            "<div class=byline>By Ada Lovelace</div><div class=comment><a class=author>Troll</a></div>",
        );
        assert_eq!(decide(&Sources::of(&page), &[], "", &page), ["Ada Lovelace"]);
    }

    #[rstest]
    #[case::user_name("<a>marsh_hen</a>", "Marsh Hen", "marsh_hen")]
    #[case::lower_case("<p>by <b>ada lovelace</b>", "Ada Lovelace", "ada lovelace")]
    #[case::not_on_the_page("<p>text", "Ada Lovelace", "Ada Lovelace")]
    fn a_name_is_kept_as_it_is_written(#[case] body: &str, #[case] guess: &str, #[case] expected: &str) {
        let page = Html::parse_document(body);
        assert_eq!(decide(&Sources::of(&page), &[], guess, &page), [expected]);
    }
}
