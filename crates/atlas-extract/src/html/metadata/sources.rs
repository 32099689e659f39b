//! One walk over the tree that collects every place where a page speaks about itself.
//!
//! Collects only: which place is believed is decided elsewhere.

use std::collections::HashMap;

use scraper::{ElementRef, Html};

use super::json_ld::JsonLd;

/// Longer texts are not names, dates or headings.
const MAX_TEXT_CHARS: usize = 300;
/// Of a declared text, nothing behind this is of interest.
const MAX_DECLARED_BYTES: usize = 16 * 1024;
/// Pages repeat themselves; the first few say it all.
const MAX_ENTRIES: usize = 24;

/// Everything a page says about itself.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// `<html lang>`.
    pub(crate) language: Option<String>,
    /// `<base href>`.
    pub(crate) base: Option<String>,
    /// `<link rel=canonical>`.
    pub(crate) canonical: Option<String>,
    /// `<title>`.
    pub(crate) title: Option<String>,
    /// `<h1>` texts in order.
    pub(crate) headings: Vec<String>,
    /// Structured data.
    pub(crate) json_ld: JsonLd,
    /// Microdata properties in order: name and value.
    pub(crate) properties: Vec<(String, String)>,
    /// `itemtype` values without their host.
    pub(crate) item_types: Vec<String>,
    /// `<time>` elements outside lists of other pages.
    pub(crate) times: Vec<Time>,
    /// Texts of elements that are named like a byline.
    pub(crate) bylines: Vec<String>,
    /// Texts of elements that are named like a date.
    pub(crate) date_texts: Vec<String>,
    /// Characters of text in `<p>` elements that are long enough to be prose.
    pub(crate) prose_chars: usize,
    meta: HashMap<String, Vec<String>>,
}

/// A `<time>` element.
#[derive(Debug)]
pub(crate) struct Time {
    /// The machine-readable value, otherwise the text.
    pub(crate) value: String,
    /// Its role, when it has one: the words of `itemprop`, `class` and `pubdate`.
    pub(crate) role: String,
}

impl Sources {
    /// Reads a page.
    pub(crate) fn of(document: &Html) -> Self {
        let mut sources = Self::default();
        let mut json = Vec::new();
        for element in document.tree.root().descendants().filter_map(ElementRef::wrap) {
            sources.read(element, &mut json);
        }
        sources.json_ld = JsonLd::of(&json);
        sources
    }

    /// The first value of the first of `names` that is there.
    pub(crate) fn meta(&self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| self.meta.get(*name)?.first().cloned())
    }

    /// All values of one name.
    pub(crate) fn meta_all(&self, name: &str) -> &[String] {
        self.meta.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first microdata value of a property.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn read(&mut self, element: ElementRef<'_>, json: &mut Vec<String>) {
        let value = element.value();
        let attribute = |name: &str| value.attr(name).map(str::trim).filter(|text| !text.is_empty());
        match value.name() {
            "html" => {
                self.language = attribute("lang")
                    .or_else(|| attribute("xml:lang"))
                    .map(str::to_owned);
            }
            "base" if self.base.is_none() => self.base = attribute("href").map(str::to_owned),
            "link" if self.canonical.is_none() && has_word(attribute("rel"), "canonical") => {
                self.canonical = attribute("href").map(str::to_owned);
            }
            "meta" => self.read_meta(attribute),
            "title" if self.title.is_none() && !in_element(element, "svg") => {
                let text: String = element.text().collect();
                self.title = Some(beginning(&text).to_owned()).filter(|title| !title.trim().is_empty());
            }
            "h1" if self.headings.len() < MAX_ENTRIES => self.headings.extend(short_text(element)),
            "script"
                if attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("application/ld+json")) =>
            {
                json.push(element.text().collect());
            }
            "time" if self.times.len() < MAX_ENTRIES && !in_side_matter(element) => self.read_time(element),
            "p" => {
                let chars: usize = element.text().map(|text| text.chars().count()).sum();
                self.prose_chars += if chars >= 80 { chars } else { 0 };
            }
            _ => {}
        }
        self.read_microdata(element);
        self.read_named_element(element);
    }

    fn read_meta<'a>(&mut self, attribute: impl Fn(&str) -> Option<&'a str>) {
        let Some(content) = attribute("content") else {
            return;
        };
        for key in ["property", "name", "itemprop"] {
            if let Some(name) = attribute(key) {
                let values = self.meta.entry(name.to_ascii_lowercase()).or_default();
                if values.len() < MAX_ENTRIES {
                    values.push(beginning(content).to_owned());
                }
            }
        }
    }

    fn read_time(&mut self, element: ElementRef<'_>) {
        let value = element.value();
        let Some(text) = value
            .attr("datetime")
            .map(str::to_owned)
            .or_else(|| short_text(element))
        else {
            return;
        };
        let mut role = String::new();
        for name in ["itemprop", "class"] {
            role.push_str(value.attr(name).unwrap_or_default());
            role.push(' ');
        }
        if value.attr("pubdate").is_some() {
            role.push_str("pubdate");
        }
        self.times.push(Time {
            value: text,
            role: role.to_ascii_lowercase(),
        });
    }

    fn read_microdata(&mut self, element: ElementRef<'_>) {
        let value = element.value();
        if let Some(kind) = value.attr("itemtype")
            && self.item_types.len() < MAX_ENTRIES
        {
            self.item_types.extend(
                kind.split_whitespace()
                    .filter_map(|t| t.rsplit('/').next())
                    .map(str::to_owned),
            );
        }
        let Some(name) = value.attr("itemprop") else {
            return;
        };
        if self.properties.len() >= 4 * MAX_ENTRIES || in_side_matter(element) {
            return;
        }
        let content = value
            .attr("content")
            .or_else(|| value.attr("datetime"))
            .map(|content| beginning(content).to_owned());
        // A person's element may hold badges and ranks beside the name.
        let named = || {
            element
                .descendants()
                .filter_map(ElementRef::wrap)
                .skip(1)
                .find(|part| has_word(part.value().attr("itemprop"), "name"))
                .and_then(|part| {
                    let declared = part
                        .value()
                        .attr("content")
                        .map(|name| beginning(name).to_owned());
                    declared.or_else(|| short_text(part))
                })
        };
        if let Some(content) = content.or_else(named).or_else(|| short_text(element)) {
            for name in name.split_whitespace() {
                self.properties.push((name.to_ascii_lowercase(), content.clone()));
            }
        }
    }

    /// Elements whose class or id says what they hold.
    fn read_named_element(&mut self, element: ElementRef<'_>) {
        if !matches!(
            element.value().name(),
            "a" | "span" | "p" | "div" | "time" | "li" | "small" | "em" | "address"
        ) {
            return;
        }
        let value = element.value();
        let names = format!(
            "{} {}",
            value.attr("class").unwrap_or_default(),
            value.attr("id").unwrap_or_default()
        )
        .to_ascii_lowercase();
        let is_author =
            has_word(value.attr("rel"), "author") || ["author", "byline"].iter().any(|n| names.contains(n));
        let is_date = [
            "date",
            "publish",
            "posted",
            "byline",
            "timestamp",
            "post-meta",
            "entry-meta",
        ]
        .iter()
        .any(|name| names.contains(name));
        if !(is_author && self.bylines.len() < MAX_ENTRIES || is_date && self.date_texts.len() < MAX_ENTRIES)
            || in_side_matter(element)
        {
            return;
        }
        let Some(text) = short_text(element) else { return };
        if is_author {
            self.bylines.push(text.clone());
        }
        if is_date {
            self.date_texts.push(text);
        }
    }
}

/// The text of an element with single spaces, unless it is empty or long.
fn short_text(element: ElementRef<'_>) -> Option<String> {
    let mut text = String::new();
    for part in element.text() {
        text.push_str(part);
        text.push(' ');
        if text.len() > 8 * MAX_TEXT_CHARS {
            return None;
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty() && text.chars().count() <= MAX_TEXT_CHARS).then_some(text)
}

/// A declared text without markup and entities: structured data is often escaped twice.
pub(crate) fn plain(text: &str) -> String {
    let text = beginning(text);
    let text = if text.contains(['&', '<']) {
        Html::parse_fragment(text)
            .root_element()
            .text()
            .collect::<String>()
    } else {
        text.to_owned()
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_DECLARED_BYTES)]
}

fn has_word(list: Option<&str>, word: &str) -> bool {
    list.is_some_and(|list| {
        list.split_whitespace()
            .any(|known| known.eq_ignore_ascii_case(word))
    })
}

fn in_element(element: ElementRef<'_>, name: &str) -> bool {
    element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .any(|ancestor| ancestor.value().name() == name)
}

/// Whether an element belongs to comments, teasers, side bars or the page's foot.
fn in_side_matter(element: ElementRef<'_>) -> bool {
    element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .take(12)
        .any(|ancestor| {
            let value = ancestor.value();
            if matches!(value.name(), "body" | "html" | "main") {
                return false;
            }
            if matches!(value.name(), "aside" | "footer" | "nav") {
                return true;
            }
            let names = format!(
                "{} {}",
                value.attr("class").unwrap_or_default(),
                value.attr("id").unwrap_or_default()
            )
            .to_ascii_lowercase();
            [
                "comment",
                "related",
                "sidebar",
                "widget",
                "footer",
                "recommend",
                "teaser",
                "card",
                "most-read",
                "carousel",
            ]
            .iter()
            .any(|name| names.contains(name))
        })
}
