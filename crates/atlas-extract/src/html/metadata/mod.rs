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
use url::Url;

pub(crate) use self::sources::Sources;
use super::candidates::First;

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

/// Decides the facts. `extractor` is the opinion of the first extractor, asked last.
pub(crate) fn decide(sources: &Sources, url: Option<&Url>, extractor: &First) -> Facts {
    let site_name = site_name(sources);
    let mut names: Vec<String> = site_name.iter().cloned().collect();
    names.extend(url.and_then(host_name));
    let dates = dates::decide(sources, url);
    Facts {
        title: title::decide(sources, &names).or_else(|| present(&extractor.title)),
        authors: authors::decide(sources, &names, &extractor.author),
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
            .map(|text| sources::plain(&text)),
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
        .map(|name| sources::plain(&name))
        // Some templates put the address there.
        .filter(|name| !name.is_empty() && !name.contains("://") && name.chars().count() <= 80)
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

fn present(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
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
}
