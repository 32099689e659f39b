//! The title without the site's name.

use std::sync::LazyLock;

use regex::Regex;

use super::sources::{Sources, plain};
use super::{compact, is_site_name};

/// What templates put between a title and the site's name.
static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s+(?:[|\-–—·•»«/:~]|::|\|\|)\s+|\s*[|｜]\s*|:\s+").expect("the pattern is a constant")
});

/// Decides the title. `names` are the names of the site; `is_root` says that the page is the site's first.
pub(super) fn decide(sources: &Sources, names: &[String], is_root: bool) -> Option<String> {
    let declared = [
        sources.meta(&["og:title"]),
        sources.json_ld.article_text("headline"),
        sources.title.clone(),
        sources.meta(&[
            "twitter:title",
            "title",
            "dc.title",
            "dcterms.title",
            "citation_title",
        ]),
    ];
    let declared: Vec<String> = declared
        .into_iter()
        .flatten()
        .map(|title| plain(&title))
        .collect();
    heading_that_is_declared(sources, &declared, names)
        .or_else(|| front_title(sources, &declared, names, is_root))
        .or_else(|| {
            declared
                .iter()
                .map(|title| without_site(title, names))
                .find(|title| !is_site_name(title, names))
        })
        .or_else(|| sources.headings.first().cloned())
        .or_else(|| declared.into_iter().next())
        .filter(|title| !title.is_empty())
}

/// The heading that a reader sees, if the page's own declarations begin with it or with which it begins:
/// declarations are often written for search engines, headings sometimes for a logo.
fn heading_that_is_declared(sources: &Sources, declared: &[String], names: &[String]) -> Option<String> {
    let declared: Vec<String> = declared.iter().map(|title| compact(title)).collect();
    sources
        .headings
        .iter()
        .filter(|heading| !is_site_name(heading, names))
        .find(|heading| {
            let heading = compact(heading);
            heading.chars().count() >= 4
                && declared.iter().any(|title| {
                    title.contains(&heading) || (title.len() >= 12 && heading.starts_with(title.as_str()))
                })
        })
        .cloned()
}

/// The title of a site's own front page, or of that of one of its parts: its name, where `Name – what we are`
/// is declared. What follows the name there is no title.
fn front_title(sources: &Sources, declared: &[String], names: &[String], is_root: bool) -> Option<String> {
    let title = declared.first()?;
    let separator = SEPARATOR.find(title)?;
    let (name, rest) = (&title[..separator.start()], &title[separator.end()..]);
    if !is_site_name(name, names) || is_site_name(rest, names) {
        return None;
    }
    let heading = sources
        .headings
        .iter()
        .find(|heading| is_site_name(heading, names));
    let is_tagline = is_root
        || sources.json_ld.types().any(|kind| kind == "CollectionPage")
        || heading.is_some() && rest.starts_with(char::is_lowercase);
    if !is_tagline {
        return None;
    }
    Some(heading.cloned().unwrap_or_else(|| title.clone()))
}

/// Takes the parts off both ends of a title that name the site.
fn without_site(title: &str, names: &[String]) -> String {
    let mut title = title.trim();
    while let Some(separator) = SEPARATOR.find_iter(title).last() {
        if !is_site_name(&title[separator.end()..], names) {
            break;
        }
        title = title[..separator.start()].trim_end();
    }
    if let Some(separator) = SEPARATOR.find(title)
        && is_site_name(&title[..separator.start()], names)
    {
        title = title[separator.end()..].trim_start();
    }
    title.to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use scraper::Html;

    use super::*;

    #[rstest]
    #[case::behind("Tea for two | The Example", "Tea for two")]
    #[case::dash("Tea for two - The Example", "Tea for two")]
    #[case::in_front("The Example: Tea for two", "Tea for two")]
    #[case::host_only("Tea for two – example", "Tea for two")]
    #[case::dash_in_the_title("Tea - a history", "Tea - a history")]
    #[case::hyphen("Semi-skimmed milk", "Semi-skimmed milk")]
    #[case::name_inside("Why The Example matters", "Why The Example matters")]
    fn strips_the_name_of_the_site(#[case] title: &str, #[case] expected: &str) {
        assert_eq!(
            without_site(title, &["The Example".to_owned(), "example".to_owned()]),
            expected
        );
    }

    fn decided(html: &str) -> Option<String> {
        decide(
            &Sources::of(&Html::parse_document(html)),
            &["The Example".to_owned()],
            false,
        )
    }

    #[rstest]
    #[case::heading_cuts_off_a_section(
        "<title>Tea for two | Food | Elsewhere</title><h1>Tea for two</h1>",
        "Tea for two"
    )]
    #[case::logo_heading("<title>Tea for two</title><h1>The Example</h1>", "Tea for two")]
    #[case::unrelated_heading("<title>Tea for two</title><h1>Subscribe to us</h1>", "Tea for two")]
    #[case::open_graph_first(
        "<title>tea</title><meta property=og:title content='Tea for two'>",
        "Tea for two"
    )]
    #[case::only_the_site("<title>The Example</title>", "The Example")]
    #[case::heading_alone("<h1>Tea</h1>", "Tea")]
    fn decides(#[case] html: &str, #[case] expected: &str) {
        assert_eq!(decided(html).as_deref(), Some(expected));
    }

    #[rstest]
    #[case::part_of_a_site(
        "<title>The Example – a paper about tea</title><script type=application/ld+json>{\"@type\": \"CollectionPage\"}</script><h1>The Example</h1>",
        false,
        "The Example"
    )]
    #[case::root(
        "<title>The Example | Tea for everybody</title><h1>Welcome</h1>",
        true,
        "The Example | Tea for everybody"
    )]
    #[case::lower_case(
        "<title>The Example – a paper about tea</title><h1>The Example</h1>",
        false,
        "The Example"
    )]
    #[case::article(
        "<title>The Example: Tea for two</title><h1>The Example</h1>",
        false,
        "Tea for two"
    )]
    #[case::article_in_lower_case(
        "<title>The Example: tea for two</title><h1>tea for two</h1>",
        false,
        "tea for two"
    )]
    #[case::list(
        "<title>Teas - The Example</title><script type=application/ld+json>{\"@type\": \"CollectionPage\"}</script><h1>The Example</h1>",
        false,
        "Teas"
    )]
    fn a_front_page_is_not_called_by_its_tagline(
        #[case] html: &str,
        #[case] is_root: bool,
        #[case] expected: &str,
    ) {
        let sources = Sources::of(&Html::parse_document(html));
        assert_eq!(
            decide(&sources, &["The Example".to_owned()], is_root).as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn a_page_without_any_has_none() {
        assert_eq!(decided("<p>text</p>"), None);
    }
}
