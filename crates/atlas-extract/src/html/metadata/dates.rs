//! When a page was published and changed: declared dates first, the visible text last.
//!
//! A date is taken as it is written: the day at the place of publication, not the day in UTC.

use std::sync::LazyLock;

use atlas_domain::{Confidence, FactSource, Sourced};
use jiff::civil::Date;
use regex::Regex;
use url::Url;

use super::sources::Sources;

const PUBLISHED_META: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:published_time",
    "og:article:published_time",
];
const MODIFIED_META: &[&str] = &[
    "article:modified_time",
    "article:modified",
    "og:updated_time",
    "og:modified_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "lastmod",
    "revised",
];
const LOOSE_META: &[&str] = &[
    "parsely-pub-date",
    "sailthru.date",
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "citation_publication_date",
    "citation_date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.created",
    "dcterms.issued",
    "created",
    "displaydate",
    "article.published",
];

/// Words by which a text says that its date is that of a change.
const CHANGE_WORDS: &[&str] = &[
    "updat",
    "modif",
    "edited",
    "revised",
    "reviewed",
    "aktualisiert",
    "geändert",
    "mis à jour",
    "actualizado",
];

const MONTHS: &[(&str, i8)] = &[
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
    ("sept", 9),
    ("januar", 1),
    ("februar", 2),
    ("märz", 3),
    ("mai", 5),
    ("juni", 6),
    ("juli", 7),
    ("oktober", 10),
    ("dezember", 12),
    ("janvier", 1),
    ("février", 2),
    ("mars", 3),
    ("avril", 4),
    ("juin", 6),
    ("juillet", 7),
    ("août", 8),
    ("septembre", 9),
    ("octobre", 10),
    ("novembre", 11),
    ("décembre", 12),
    ("enero", 1),
    ("febrero", 2),
    ("marzo", 3),
    ("abril", 4),
    ("mayo", 5),
    ("junio", 6),
    ("julio", 7),
    ("agosto", 8),
    ("septiembre", 9),
    ("octubre", 10),
    ("noviembre", 11),
    ("diciembre", 12),
];

static YEAR_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:^|[^\d])((?:19|20)\d\d)\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?:[^\d]|$)")
});
static MONTH_DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(\p{L}{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s*,?\s+((?:19|20)\d\d)\b"));
static DAY_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(\d{1,2})(?:st|nd|rd|th|\.|er)?\s+(?:of\s+|de\s+)?(\p{L}{3,10})\.?,?\s+(?:de\s+)?((?:19|20)\d\d)\b",
    )
});
static DAY_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|[^\d])(\d{1,2})([./-])(\d{1,2})[./-]((?:19|20)\d\d)(?:[^\d]|$)"));
static IN_PATH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:[/_-]|$)"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant")
}

/// Both dates of a page.
#[derive(Debug, Default)]
pub(super) struct Dates {
    pub(super) published: Option<Sourced<Date>>,
    pub(super) modified: Option<Sourced<Date>>,
}

/// Decides the dates, in the order in which their places can be trusted.
pub(super) fn decide(sources: &Sources, url: Option<&Url>) -> Dates {
    Dates {
        published: published(sources, url),
        modified: modified(sources),
    }
}

fn published(sources: &Sources, url: Option<&Url>) -> Option<Sourced<Date>> {
    use Confidence::{High, Low, Medium};
    use FactSource::{Body, JsonLd, Markup, Meta};
    let declared = |text: Option<String>, source, confidence| sourced(parse(&text?), source, confidence);
    declared(sources.json_ld.article_text("datePublished"), JsonLd, High)
        .or_else(|| declared(sources.meta(PUBLISHED_META), Meta, High))
        .or_else(|| declared(sources.json_ld.page_text("datePublished"), JsonLd, Medium))
        .or_else(|| {
            declared(
                sources.property("datepublished").map(str::to_owned),
                Markup,
                Medium,
            )
        })
        .or_else(|| {
            sourced(
                LOOSE_META.iter().find_map(|name| parse(&sources.meta(&[name])?)),
                Meta,
                Medium,
            )
        })
        .or_else(|| declared(sources.json_ld.page_text("dateCreated"), JsonLd, Medium))
        .or_else(|| sourced(url.and_then(in_path), FactSource::Url, Medium))
        .or_else(|| {
            let mut published = sources.times.iter().filter(|time| !says_change(&time.role));
            sourced(published.find_map(|time| parse(&time.value)), Markup, Low)
        })
        .or_else(|| {
            let mut texts = sources.date_texts.iter().filter(|text| !says_change(text));
            sourced(texts.find_map(|text| parse(text)), Body, Low)
        })
}

fn modified(sources: &Sources) -> Option<Sourced<Date>> {
    use Confidence::{High, Low, Medium};
    use FactSource::{Body, JsonLd, Markup, Meta};
    let declared = |text: Option<String>, source, confidence| sourced(parse(&text?), source, confidence);
    declared(sources.json_ld.article_text("dateModified"), JsonLd, High)
        .or_else(|| declared(sources.meta(MODIFIED_META), Meta, High))
        .or_else(|| declared(sources.json_ld.page_text("dateModified"), JsonLd, Medium))
        .or_else(|| {
            declared(
                sources.property("datemodified").map(str::to_owned),
                Markup,
                Medium,
            )
        })
        .or_else(|| {
            let mut changed = sources.times.iter().filter(|time| says_change(&time.role));
            sourced(changed.find_map(|time| parse(&time.value)), Markup, Low)
        })
        .or_else(|| {
            let mut texts = sources.date_texts.iter().filter(|text| says_change(text));
            sourced(texts.find_map(|text| parse(text)), Body, Low)
        })
}

fn sourced(date: Option<Date>, source: FactSource, confidence: Confidence) -> Option<Sourced<Date>> {
    date.map(|value| Sourced {
        value,
        source,
        confidence,
    })
}

fn says_change(text: &str) -> bool {
    let lower = text.to_lowercase();
    CHANGE_WORDS.iter().any(|word| lower.contains(word))
}

/// The first date in a text, in any of the usual forms. `3/4/2024` is no date: nobody knows which.
fn parse(text: &str) -> Option<Date> {
    if let Some(found) = YEAR_FIRST.captures(text) {
        return date(&found[1], month_number(&found[2])?, &found[3]);
    }
    if let Some(found) = MONTH_DAY
        .captures_iter(text)
        .find_map(|found| Some((month_name(&found[1])?, found)))
    {
        return date(&found.1[3], found.0, &found.1[2]);
    }
    if let Some(found) = DAY_MONTH
        .captures_iter(text)
        .find_map(|found| Some((month_name(&found[2])?, found)))
    {
        return date(&found.1[3], found.0, &found.1[1]);
    }
    let found = DAY_FIRST.captures(text)?;
    let (first, second) = (
        month_number(&found[1]).unwrap_or(99),
        month_number(&found[3]).unwrap_or(99),
    );
    match (&found[2], first > 12, second > 12) {
        (".", _, false) | (_, true, false) => date(&found[4], second, &found[1]),
        (_, false, true) => date(&found[4], first, &found[3]),
        _ if first == second => date(&found[4], first, &found[3]),
        _ => None,
    }
}

fn in_path(url: &Url) -> Option<Date> {
    let found = IN_PATH.captures(url.path())?;
    date(&found[1], month_number(&found[2])?, &found[3])
}

/// `Sept.`, `sep`, `September`, `septembre`: three letters are enough, but `Marketing 5, 2024` is no date.
fn month_name(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    let by_name =
        |known: &&(&str, i8)| known.0 == word || (word.chars().count() == 3 && known.0.starts_with(&word));
    MONTHS.iter().find(by_name).map(|(_, number)| *number)
}

fn month_number(digits: &str) -> Option<i8> {
    digits.parse().ok()
}

/// The web has no pages from before 1990.
fn date(year: &str, month: i8, day: &str) -> Option<Date> {
    Date::new(year.parse().ok()?, month, day.parse().ok()?)
        .ok()
        .filter(|date| date.year() >= 1990)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use scraper::Html;

    use super::*;

    #[rstest]
    #[case::rfc3339("2024-05-03T23:59:00-05:00", Some("2024-05-03"))]
    #[case::slashes("2024/5/3", Some("2024-05-03"))]
    #[case::english("Published on May 3, 2024 by Ada", Some("2024-05-03"))]
    #[case::ordinal("May 3rd, 2024", Some("2024-05-03"))]
    #[case::short_month("3 Sept. 2024", Some("2024-09-03"))]
    #[case::mail("Fri, 03 May 2024 10:00:00 GMT", Some("2024-05-03"))]
    #[case::german("3. März 2024", Some("2024-03-03"))]
    #[case::german_digits("03.05.2024", Some("2024-05-03"))]
    #[case::french("1er août 2024", Some("2024-08-01"))]
    #[case::spanish("3 de mayo de 2024", Some("2024-05-03"))]
    #[case::japanese("2024年5月3日", Some("2024-05-03"))]
    #[case::day_behind_month("5/23/2024", Some("2024-05-23"))]
    #[case::ambiguous("3/4/2024", None)]
    #[case::impossible("2024-13-40", None)]
    #[case::before_the_web("1889-05-03", None)]
    #[case::no_month("Marketing 5, 2024", None)]
    #[case::number("Model 20240503123", None)]
    #[case::nothing("yesterday", None)]
    fn reads_dates(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(parse(text).map(|date| date.to_string()).as_deref(), expected);
    }

    const JSON_LD: &str =
        r#"<script type="application/ld+json">{"@type": "Article", "datePublished": "2024-01-01"}</script>"#;
    const META: &str = "<meta property=article:published_time content=2024-01-02>";
    const MICRODATA: &str = "<time itemprop=datePublished datetime=2024-01-03>x</time>";
    const LOOSE: &str = "<meta name=date content=2024-01-04>";
    const BODY: &str = "<p class=post-date>6 January 2024</p>";

    #[rstest]
    #[case::all(&[BODY, LOOSE, MICRODATA, META, JSON_LD], "2024-01-01", FactSource::JsonLd, Confidence::High)]
    #[case::without_json_ld(&[BODY, LOOSE, MICRODATA, META], "2024-01-02", FactSource::Meta, Confidence::High)]
    #[case::without_open_graph(&[BODY, LOOSE, MICRODATA], "2024-01-03", FactSource::Markup, Confidence::Medium)]
    #[case::without_microdata(&[BODY, LOOSE], "2024-01-04", FactSource::Meta, Confidence::Medium)]
    #[case::address(&[BODY], "2024-01-05", FactSource::Url, Confidence::Medium)]
    fn trusts_places_in_order(
        #[case] places: &[&str],
        #[case] expected: &str,
        #[case] source: FactSource,
        #[case] confidence: Confidence,
    ) {
        let url = Url::parse("https://example.com/2024/01/05/tea").expect("a constant");
        let found = decide(&Sources::of(&Html::parse_document(&places.concat())), Some(&url)).published;
        let found = found.expect("a date is there");
        assert_eq!(
            (found.value.to_string().as_str(), found.source, found.confidence),
            (expected, source, confidence)
        );
    }

    #[test]
    fn a_visible_date_is_a_guess_and_a_change_is_not_a_publication() {
        let page = "<p class=date>Updated: 7 January 2024</p><p class=date>6 January 2024</p>";
        let dates = decide(&Sources::of(&Html::parse_document(page)), None);
        let published = dates.published.expect("a date is there");
        assert_eq!(
            (published.value.to_string().as_str(), published.confidence),
            ("2024-01-06", Confidence::Low)
        );
        assert_eq!(
            dates.modified.map(|date| date.value.to_string()).as_deref(),
            Some("2024-01-07")
        );
    }
}
