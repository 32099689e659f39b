//! Other forms of a page that the page itself names: in AMP, and for printing. It only says what is named; whether such
//! an address may be asked, and whose page is there, is decided elsewhere.

use scraper::{ElementRef, Html};
use serde::{Deserialize, Serialize};
use url::Url;

/// Longer addresses are not asked for.
const MAX_ADDRESS_BYTES: usize = 8_192;
/// What people write on the link to a page for printing, folded.
const PRINT_LABELS: &[&str] = &[
    "print",
    "print this page",
    "print version",
    "print view",
    "printable version",
    "printer-friendly version",
    "printer friendly",
    "drucken",
    "druckansicht",
    "druckversion",
    "artikel drucken",
    "imprimer",
    "version imprimable",
    "imprimir",
    "stampa",
    "印刷用ページ",
];

/// Another form of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// What it is for.
    pub kind: VariantKind,
    /// Where, as an absolute address.
    pub url: String,
}

/// What another form of a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariantKind {
    /// Fast pages.
    Amp,
    /// Paper.
    Print,
}

/// The first of each kind that the page names. Of two places for printing, one that is declared comes before a link
/// for people.
pub(crate) fn of(document: &Html, base: Option<&Url>) -> Vec<Variant> {
    let (mut amp, mut print, mut print_link) = (None, None, None);
    for node in document.tree.nodes() {
        let Some(element) = ElementRef::wrap(node) else {
            continue;
        };
        let slot = match element.value().name() {
            "link" if has_word(element, "rel", "amphtml") => &mut amp,
            "link" if has_word(element, "rel", "alternate") && has_word(element, "media", "print") => {
                &mut print
            }
            "a" if print_link.is_none() && says_print(element) => &mut print_link,
            _ => continue,
        };
        if slot.is_none() {
            *slot = target(element, base);
        }
    }
    let variant = |kind, url: Option<String>| url.map(|url| Variant { kind, url });
    [
        variant(VariantKind::Amp, amp),
        variant(VariantKind::Print, print.or(print_link)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn has_word(element: ElementRef<'_>, attribute: &str, word: &str) -> bool {
    element.value().attr(attribute).is_some_and(|words| {
        words
            .split_ascii_whitespace()
            .any(|known| known.eq_ignore_ascii_case(word))
    })
}

/// Whether all that a link says is that there is something to print behind it.
fn says_print(element: ElementRef<'_>) -> bool {
    let mut label = String::new();
    for text in element.text() {
        label.push_str(text);
        if label.len() > 100 {
            return false;
        }
    }
    let said = [
        Some(label.as_str()),
        element.value().attr("title"),
        element.value().attr("aria-label"),
    ];
    said.into_iter().flatten().any(|text| {
        let folded = text.trim().to_lowercase();
        PRINT_LABELS.contains(&folded.as_str())
    })
}

fn target(element: ElementRef<'_>, base: Option<&Url>) -> Option<String> {
    let target = element.value().attr("href")?.trim();
    if target.is_empty() || target.starts_with('#') || target.len() > MAX_ADDRESS_BYTES {
        return None;
    }
    let url = match base {
        Some(base) => base.join(target),
        None => Url::parse(target),
    };
    // What runs a script in the page is no page.
    let url = url
        .ok()
        .filter(|url| !matches!(url.scheme(), "javascript" | "data"))?;
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::tree;
    use super::*;

    fn named(source: &str) -> Vec<(VariantKind, String)> {
        let base = Url::parse("https://example.com/news/page").unwrap();
        of(&tree::parse(source).document, Some(&base))
            .into_iter()
            .map(|variant| (variant.kind, variant.url))
            .collect()
    }

    #[rstest]
    #[case::amp(
        "<link rel=amphtml href=/amp/page>",
        VariantKind::Amp,
        "https://example.com/amp/page"
    )]
    #[case::amp_elsewhere(
        "<link rel='AMPHTML nofollow' href='http://10.0.0.1/x'>",
        VariantKind::Amp,
        "http://10.0.0.1/x"
    )]
    #[case::declared_for_print(
        "<a href=/p1>Print</a><link rel=alternate media=print href=?print=1>",
        VariantKind::Print,
        "https://example.com/news/page?print=1"
    )]
    #[case::link_for_print(
        "<a href=page/print> <span>Print version</span> </a>",
        VariantKind::Print,
        "https://example.com/news/page/print"
    )]
    #[case::symbol_for_print(
        "<a href=/d title=Drucken><svg></svg></a>",
        VariantKind::Print,
        "https://example.com/d"
    )]
    fn finds_what_a_page_names(#[case] source: &str, #[case] kind: VariantKind, #[case] url: &str) {
        assert_eq!(named(source), [(kind, url.to_owned())]);
    }

    #[rstest]
    #[case::script("<a href='javascript:window.print()'>Print</a>")]
    #[case::place_in_the_page("<a href=#print>Print</a>")]
    #[case::about_printing("<a href=/prints>Print and frame your own photographs</a>")]
    #[case::style_sheet("<link rel=stylesheet media=print href=/print.css>")]
    #[case::feed("<link rel=alternate type=application/rss+xml href=/feed>")]
    #[case::nowhere("<link rel=amphtml href=''><link rel=amphtml>")]
    fn finds_nothing_else(#[case] source: &str) {
        assert_eq!(named(source), []);
    }

    #[test]
    fn the_first_of_a_kind_counts() {
        let found = named("<link rel=amphtml href=/1><link rel=amphtml href=/2>");
        assert_eq!(found, [(VariantKind::Amp, "https://example.com/1".to_owned())]);
    }
}
