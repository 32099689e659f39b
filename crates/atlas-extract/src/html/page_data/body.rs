//! What is an article in data, and whose. A page's data holds many texts: menus, notices, articles of others. Only one
//! that bears the page's title counts, or the only one that is signed or dated.

use serde_json::{Map, Value};

use super::super::metadata::Sources;
use super::MIN_CHARS;

/// Values that are looked at, in one state.
const MAX_VALUES: usize = 200_000;
/// Longer bodies are no articles.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// How deep the parts of a body may be nested in one another.
const MAX_PARTS_DEPTH: usize = 8;
/// Sentences that an article has at least.
const MIN_SENTENCES: usize = 3;
/// Shorter titles are found everywhere.
const MIN_TITLE_CHARS: usize = 8;

const BODY_KEYS: &[&str] = &[
    "articleBody",
    "body",
    "bodyHtml",
    "body_html",
    "bodyText",
    "content",
    "contentHtml",
    "content_html",
    "html",
    "rendered",
    "text",
    "paragraphs",
    "blocks",
];
const TITLE_KEYS: &[&str] = &["headline", "title", "name"];
const SIGNATURE_KEYS: &[&str] = &[
    "author",
    "authors",
    "byline",
    "creator",
    "datePublished",
    "date_published",
    "publishedAt",
    "published_at",
    "publishDate",
    "pubDate",
    "published",
    "date",
];
const PART_KEYS: &[&str] = &[
    "html",
    "text",
    "content",
    "value",
    "children",
    "paragraphs",
    "items",
];

/// A text that may be the article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    /// As markup that nobody has cleaned.
    pub(super) markup: String,
    /// Its title in the data.
    pub(super) title: Option<String>,
    /// The data says who wrote it or when.
    is_signed: bool,
}

impl Body {
    /// One that is declared to be the body of an article.
    pub(super) fn declared((title, text): (Option<String>, &str)) -> Self {
        Self {
            markup: as_markup(text),
            title,
            is_signed: true,
        }
    }
}

/// The body that is this page's.
pub(super) fn of_page(bodies: impl Iterator<Item = Body>, sources: &Sources) -> Option<Body> {
    let mut known: Vec<Body> = Vec::new();
    for body in bodies.filter(|body| body.markup.len() <= MAX_BODY_BYTES && reads_like_prose(&body.markup)) {
        if !known.iter().any(|other| other.markup == body.markup) {
            known.push(body);
        }
    }
    let titles = page_titles(sources);
    let names_page = |body: &&Body| {
        body.title
            .as_deref()
            .is_some_and(|title| is_among(title, &titles))
    };
    if let Some(named) = known
        .iter()
        .filter(names_page)
        .max_by_key(|body| body.markup.len())
    {
        return Some(named.clone());
    }
    let mut signed = known.iter().filter(|body| body.is_signed);
    match (signed.next(), signed.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

/// Every text in a state that stands where bodies of articles do.
pub(super) fn in_state(state: &Value) -> Vec<Body> {
    let mut found = Vec::new();
    let mut open: Vec<(&Value, Option<&str>, bool)> = vec![(state, None, false)];
    let mut looked_at = 0;
    while let Some((value, title, is_signed)) = open.pop() {
        looked_at += 1;
        if looked_at > MAX_VALUES {
            break;
        }
        match value {
            Value::Array(values) => open.extend(values.iter().map(|value| (value, title, is_signed))),
            Value::Object(object) => {
                let own_title = TITLE_KEYS.iter().find_map(|key| text_of(object.get(*key)?));
                let title = own_title.or(title);
                let signed = |key: &str| object.get(key).is_some_and(|value| !value.is_null());
                // What stands around a body describes it, but not from further away than that.
                let is_signed =
                    SIGNATURE_KEYS.iter().any(|key| signed(key)) || (is_signed && own_title.is_none());
                found.extend(bodies_of(object).map(|markup| Body {
                    markup,
                    title: title.map(str::to_owned),
                    is_signed,
                }));
                open.extend(object.values().map(|value| (value, title, is_signed)));
            }
            _ => {}
        }
    }
    found
}

fn bodies_of(object: &Map<String, Value>) -> impl Iterator<Item = String> {
    BODY_KEYS
        .iter()
        .filter_map(|key| match object.get(*key)? {
            Value::String(text) => (text.len() >= MIN_CHARS).then(|| as_markup(text)),
            parts @ Value::Array(_) => {
                let mut markup = String::new();
                join_parts(parts, MAX_PARTS_DEPTH, &mut markup);
                Some(markup)
            }
            _ => None,
        })
        .filter(|markup| markup.len() >= MIN_CHARS)
}

/// Bodies are often lists of paragraphs, and paragraphs lists of pieces.
fn join_parts(parts: &Value, depth: usize, markup: &mut String) {
    if depth == 0 || markup.len() > MAX_BODY_BYTES {
        return;
    }
    match parts {
        Value::String(text) => markup.push_str(&as_markup(text)),
        Value::Array(parts) if is_inline(parts) => {
            let pieces = parts.iter().filter_map(piece);
            markup.push_str(&as_markup(&pieces.collect::<String>()));
        }
        Value::Array(parts) => parts.iter().for_each(|part| join_parts(part, depth - 1, markup)),
        Value::Object(part) => {
            if let Some(inner) = PART_KEYS.iter().find_map(|key| part.get(*key)) {
                join_parts(inner, depth - 1, markup);
            }
        }
        _ => {}
    }
}

/// Whether these are the pieces of one paragraph, as editors keep them: spans and texts with their marks.
fn is_inline(parts: &[Value]) -> bool {
    let is_span = |part: &Value| {
        part.get("_type")
            .or_else(|| part.get("type"))
            .and_then(Value::as_str)
            .is_some_and(|kind| matches!(kind, "span" | "text" | "link"))
    };
    !parts.is_empty() && parts.iter().all(is_span)
}

fn piece(part: &Value) -> Option<&str> {
    part.get("text")
        .or_else(|| part.get("value"))
        .and_then(Value::as_str)
}

fn text_of(value: &Value) -> Option<&str> {
    let text = value.as_str().or_else(|| value.get("rendered")?.as_str())?;
    (!text.trim().is_empty()).then_some(text)
}

/// A text with markup in it is left as it is; one without becomes a paragraph for each line.
fn as_markup(text: &str) -> String {
    if has_markup(text) {
        return text.to_owned();
    }
    let mut markup = String::with_capacity(text.len() + 16);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        markup.push_str("<p>");
        // An entity is meant as what it stands for: structured data is often escaped twice.
        markup.push_str(&line.replace('<', "&lt;"));
        markup.push_str("</p>");
    }
    markup
}

fn has_markup(text: &str) -> bool {
    let begins_tag =
        |rest: &str| rest.starts_with(|character: char| character.is_ascii_alphabetic() || character == '/');
    text.match_indices('<').any(|(at, _)| {
        let rest = &text[at + 1..];
        begins_tag(rest) && rest[..rest.floor_char_boundary(200)].contains('>')
    })
}

/// Tells sentences from lists of names, code and styles.
fn reads_like_prose(markup: &str) -> bool {
    let ends = [". ", ".<", ".\n", "? ", "?<", "! ", "!<", "。", "！", "？", "।"];
    let sentences: usize = ends.iter().map(|end| markup.matches(end).count()).sum();
    let code = markup.matches(['{', '}', ';']).count();
    sentences >= MIN_SENTENCES && code < sentences * 4
}

/// Everything that the page calls itself, folded.
fn page_titles(sources: &Sources) -> Vec<String> {
    let declared = [
        sources.title.clone(),
        sources.meta(&["og:title"]),
        sources.meta(&["twitter:title"]),
    ];
    let titles = declared
        .into_iter()
        .flatten()
        .chain(sources.headings.iter().cloned());
    titles
        .map(|title| folded(&title))
        .filter(|title| !title.is_empty())
        .collect()
}

/// Page titles have the site's name around them.
fn is_among(title: &str, titles: &[String]) -> bool {
    let title = folded(title);
    if title.chars().count() < MIN_TITLE_CHARS {
        return titles.contains(&title);
    }
    titles.iter().any(|known| known.contains(&title))
}

fn folded(title: &str) -> String {
    let words: String = title
        .chars()
        .map(|character| {
            if character.is_alphanumeric() {
                character
            } else {
                ' '
            }
        })
        .flat_map(char::to_lowercase)
        .collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
