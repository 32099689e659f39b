//! Stored bodies: reads what somebody once kept as the content of a row, in whatever form it was kept.
//!
//! The gate then judges it like a page that was just fetched. Nothing here knows a class of junk, and nothing fails.

mod blocks;
mod form;
mod links;
mod markup;
mod tags;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use atlas_domain::Article;
use serde::{Deserialize, Serialize};

use self::blocks::{Block, blocks};
use crate::html;
use crate::quality::{ObservedText, TextCount};
use crate::{Diagnostics, Engine, Extracted, PageInput, hygiene};

/// A body with what its row says about it.
#[derive(Debug, Clone, Copy)]
pub struct BodyInput<'a> {
    /// The bytes as they are stored; they need not be UTF-8.
    pub body: &'a [u8],
    /// The title of the row. A whole page's own title goes before it.
    pub title: Option<&'a str>,
    /// The address of the row, for links and metadata.
    pub url: Option<&'a str>,
    /// What the row is.
    pub kind: BodyKind,
}

/// What a row holds, as far as that decides how much of it is enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// Something from the web of any kind; nothing is known about it.
    #[default]
    Page,
    /// An article, a newsletter, a transcript: a text that has some length.
    Article,
    /// A note, a bookmark, a highlight, a segment of a transcript: five words can be all of it, and a person may
    /// have written them.
    Short,
}

/// The form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// A whole HTML page, or enough of one to have navigation, scripts or forms.
    Page,
    /// HTML that is all content.
    Fragment,
    /// Text in lines with some markup left in it.
    Mixed,
    /// Markdown.
    Markdown,
    /// Plain text.
    Plain,
}

impl BodyForm {
    /// Whether it is read as lines of text, so that the markup that a rule might look for is gone.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Mixed | Self::Markdown | Self::Plain)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Page => "a page",
            Self::Fragment => "a piece of HTML",
            Self::Mixed => "text with markup left in it",
            Self::Markdown => "Markdown",
            Self::Plain => "plain text",
        }
    }
}

/// How a body was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBody {
    /// Its form.
    pub form: BodyForm,
    /// The kind of its row.
    pub kind: BodyKind,
}

/// Escaped markup is looked for at the beginning only.
const ESCAPED_WINDOW_BYTES: usize = 4_096;

/// Reads a stored body. Any bytes will do.
///
/// Whole pages take the way of [`extract`](crate::extract). Of all other bodies everything is content: `article`
/// has text, title and links, but no Markdown and no language; HTML only where the body was HTML.
pub fn read_body(input: &BodyInput<'_>) -> Extracted {
    let decoded = Decoded::of(input.body);
    let text = unescaped(&decoded.text);
    let form = form::of(&text);
    let mut extracted = match form {
        BodyForm::Page => read_page(input, &text, &decoded),
        BodyForm::Fragment => html::read_fragment(input.body, &text, input.url),
        BodyForm::Mixed => {
            let stripped = markup::strip(&text);
            let mut extracted = read_text(input, &stripped.text);
            stripped.add_to(&mut extracted.signals.forms);
            extracted
        }
        BodyForm::Markdown | BodyForm::Plain => read_text(input, &text),
    };
    if let Some(title) = input.title {
        name(&mut extracted, title, form);
    }
    extracted.signals.stored = Some(StoredBody {
        form,
        kind: input.kind,
    });
    extracted.diagnostics = Diagnostics {
        choice: format!("stored as {}", form.words()),
        ..extracted.diagnostics
    };
    extracted.diagnostics.charset.clone_from(&decoded.charset);
    extracted.diagnostics.notes.extend(decoded.notes);
    extracted
}

/// A body as text.
struct Decoded<'a> {
    text: Cow<'a, str>,
    charset: String,
    notes: Vec<String>,
}

impl<'a> Decoded<'a> {
    /// What is valid UTF-8 is nothing else, whatever the page in it once declared.
    fn of(body: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(body) {
            return Self {
                text: hygiene::mend_double_encoding(text.trim_start_matches('\u{FEFF}')),
                charset: "UTF-8".to_owned(),
                notes: Vec::new(),
            };
        }
        let decoded = html::charset::decode(body, None);
        Self {
            text: Cow::Owned(decoded.text),
            charset: decoded.charset.to_owned(),
            notes: decoded.notes,
        }
    }
}

/// The text with its markup as markup, where all of that was escaped once.
fn unescaped(text: &str) -> Cow<'_, str> {
    let beginning = &text[..text.floor_char_boundary(ESCAPED_WINDOW_BYTES)];
    let is_escaped = beginning.trim_start().starts_with("&lt;")
        && beginning.matches("&gt;").count() >= 2
        && !beginning.contains('<');
    if is_escaped {
        Cow::Owned(markup::decode_entities(text).into_owned())
    } else {
        Cow::Borrowed(text)
    }
}

fn read_page(input: &BodyInput<'_>, text: &str, decoded: &Decoded<'_>) -> Extracted {
    let mut extracted = crate::extract(&PageInput {
        bytes: text.as_bytes().to_vec(),
        url: input.url.map(str::to_owned),
        content_type: Some("text/html; charset=utf-8".to_owned()),
        engine: Engine::Selected,
    });
    // Errors of decoding were made before.
    if !decoded.notes.is_empty() {
        extracted.signals.html_bytes = input.body.len() as u64;
    }
    extracted
}

/// Reads lines of text: what a parsed page would show is measured without a parser.
fn read_text(input: &BodyInput<'_>, text: &str) -> Extracted {
    let mut count = TextCount::default();
    let mut content = String::with_capacity(text.len());
    let mut links = Vec::new();
    blocks(text, |block: &Block<'_>| {
        count.add(block.text, block.link_words, block.is_heading);
        if !content.is_empty() {
            content.push('\n');
        }
        content.push_str(block.text);
        for (label, address) in block.links {
            count.add_label(label);
            links::keep(&mut links, label, address);
        }
    });
    let signals = count.observe(&ObservedText {
        bytes: input.body,
        text,
    });
    if signals.control_chars > 0 {
        content = hygiene::clean_block(content);
    }
    let heading = signals.headings.first();
    Extracted {
        article: Article {
            title: heading.map(|heading| hygiene::line(heading, links::TITLE_CHARS)),
            word_count: signals.article_words,
            text: content,
            links,
            ..Article::default()
        },
        signals,
        diagnostics: Diagnostics {
            engine: "stored_text".to_owned(),
            ..Diagnostics::default()
        },
        ..Extracted::default()
    }
}

/// The title of the row. Only a whole page has one that is better.
fn name(extracted: &mut Extracted, title: &str, form: BodyForm) {
    let title = hygiene::line(title, links::TITLE_CHARS);
    if title.is_empty() {
        return;
    }
    if extracted.signals.title.is_empty() {
        extracted.signals.title.clone_from(&title);
    }
    let article = &mut extracted.article;
    if article.title.is_none() || form != BodyForm::Page {
        article.title = Some(title);
    }
}
