//! The data that a page hands to its own scripts, as JSON: `__NEXT_DATA__`, `window.__INITIAL_STATE__ = …` and the
//! like. It finds and parses; what an article is in it is decided elsewhere.

use scraper::{ElementRef, Html};
use serde_json::{Deserializer, Value};

/// All scripts of a page together. Parsed, data takes many times the room.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How far into a script its first assignment is looked for.
const MAX_PREFIX_BYTES: usize = 200;

/// Everything of a page that parses as data, in order. The parser bounds the depth.
pub(super) fn of(document: &Html) -> Vec<Value> {
    let mut left_bytes = MAX_BYTES;
    let mut found = Vec::new();
    let scripts = document.tree.nodes().filter_map(ElementRef::wrap);
    for script in scripts.filter(|element| element.value().name() == "script") {
        let kind = script
            .value()
            .attr("type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.contains("ld+json") || script.value().attr("src").is_some() {
            continue;
        }
        let source: String = script.text().collect();
        if source.len() > left_bytes {
            continue;
        }
        let parsed = if kind.contains("json") {
            serde_json::from_str(&source).ok()
        } else {
            assigned(&source)
        };
        if let Some(value) = parsed {
            left_bytes -= source.len();
            found.push(value);
        }
    }
    found
}

/// What a script sets a variable of the page to, when that is the first thing it does.
fn assigned(source: &str) -> Option<Value> {
    let head = &source[..source.floor_char_boundary(MAX_PREFIX_BYTES)];
    let (name, _) = head.split_once('=')?;
    if ![
        "window.",
        "window[",
        "self.",
        "globalThis.",
        "var ",
        "let ",
        "const ",
        "__",
    ]
    .iter()
    .any(|start| name.trim_start().starts_with(start))
    {
        return None;
    }
    let value = source[name.len() + 1..].trim_start();
    if let Some(argument) = value.strip_prefix("JSON.parse(") {
        let text: String = first(argument)?;
        return serde_json::from_str(&text).ok();
    }
    value.starts_with('{').then(|| first(value))?
}

/// The value at the beginning, whatever follows.
fn first<T: serde::de::DeserializeOwned>(source: &str) -> Option<T> {
    Deserializer::from_str(source).into_iter().next()?.ok()
}
