//! What kind of page this is, from what it declares and how it is built. A first, simple classification.

use atlas_domain::PageType;

use super::content::Content;
use super::metadata::Sources;

const FORUM_GENERATORS: &[&str] = &[
    "discourse",
    "phpbb",
    "vbulletin",
    "xenforo",
    "mybb",
    "smf",
    "flarum",
    "nodebb",
];
const DOCUMENTATION_GENERATORS: &[&str] = &[
    "docusaurus",
    "mkdocs",
    "sphinx",
    "gitbook",
    "vuepress",
    "vitepress",
    "mdbook",
    "antora",
    "docutils",
    "rustdoc",
];

/// More of the text in links than this, and the page leads elsewhere.
const LISTING_LINK_DENSITY: f64 = 0.5;
/// Link density says nothing about a handful of links.
const LISTING_LINKS: usize = 10;

/// Decides the type of a page with the path `path`.
pub(crate) fn decide(sources: &Sources, content: &Content, path: &str) -> PageType {
    let og_type = sources.meta(&["og:type"]).unwrap_or_default().to_lowercase();
    if is_forum(sources) {
        PageType::Forum
    } else if is_made_by(sources, DOCUMENTATION_GENERATORS)
        || declares(sources, &["TechArticle", "APIReference"])
    {
        PageType::Documentation
    } else if declares(
        sources,
        &["Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle"],
    ) && path != "/"
    {
        PageType::Article
    } else if declares(sources, &["Product", "ProductGroup"])
        || matches!(og_type.as_str(), "product" | "og:product")
    {
        PageType::Product
    } else if declares(sources, &["CollectionPage", "SearchResultsPage", "ItemList"]) && og_type != "article"
        || content.plain.links.len() >= LISTING_LINKS && content.plain.link_density() > LISTING_LINK_DENSITY
    {
        PageType::Listing
    } else {
        PageType::Article
    }
}

/// Whether a page is a discussion: what elsewhere are comments is its content.
pub(crate) fn is_forum(sources: &Sources) -> bool {
    is_made_by(sources, FORUM_GENERATORS) || declares(sources, &["DiscussionForumPosting", "QAPage"])
}

fn is_made_by(sources: &Sources, names: &[&str]) -> bool {
    let generator = sources.meta(&["generator"]).unwrap_or_default().to_lowercase();
    names.iter().any(|name| generator.contains(name))
}

fn declares(sources: &Sources, wanted: &[&str]) -> bool {
    sources
        .json_ld
        .types()
        .chain(sources.item_types.iter().map(String::as_str))
        .any(|kind| wanted.contains(&kind))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use scraper::Html;

    use super::*;

    const TEASERS: &str = "<p><a href=https://example.com/a>A long headline of another page</a> today</p>";

    #[rstest]
    #[case::plain("<p>text", "", PageType::Article)]
    #[case::forum_software("<meta name=generator content='Discourse 3.2'>", "", PageType::Forum)]
    #[case::forum_schema("<div itemtype=https://schema.org/QAPage>", "", PageType::Forum)]
    #[case::manual("<meta name=generator content='mdBook'>", "", PageType::Documentation)]
    #[case::shop("<meta property=og:type content=product>", "", PageType::Product)]
    #[case::review(
        r#"<script type="application/ld+json">[{"@type": "Product"}, {"@type": "NewsArticle"}]</script>"#,
        "",
        PageType::Article
    )]
    #[case::front_page("", TEASERS, PageType::Listing)]
    fn decides_by_declaration_then_by_structure(
        #[case] head: &str,
        #[case] unit: &str,
        #[case] expected: PageType,
    ) {
        let sources = Sources::of(&Html::parse_document(head));
        let content = Content::of(&unit.repeat(12), None);
        assert_eq!(decide(&sources, &content, "/a"), expected);
    }
}
