//! `Article`: what extraction makes of a page. Plain data; how it is found is the business of `atlas-extract`.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// The content and metadata that extraction found in one page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)] // an article stored by an older version lacks newer fields
pub struct Article {
    /// The title without the site's name.
    pub title: Option<String>,
    /// People or organisations that signed it, in page order.
    pub authors: Vec<String>,
    /// The publication's own name.
    pub site_name: Option<String>,
    /// When it was first published.
    pub published: Option<Sourced<jiff::civil::Date>>,
    /// When it was last changed.
    pub modified: Option<Sourced<jiff::civil::Date>>,
    /// BCP 47 primary language subtag, lower case, for example `de`.
    pub language: Option<String>,
    /// One or two sentences: the page's own description, otherwise the beginning of the text.
    pub excerpt: Option<String>,
    /// Absolute URL of the picture that stands for the page.
    pub lead_image: Option<String>,
    /// What kind of page this is.
    pub page_type: PageType,
    /// The content as plain text, one block a line.
    pub text: String,
    /// The content as CommonMark with GitHub tables.
    pub markdown: String,
    /// The content as HTML that passed the allow-list: safe to show under a strict CSP.
    pub html: String,
    /// Links in the content, absolute, in order.
    pub links: Vec<Link>,
    /// Words in `text`; scripts without spaces count two characters as a word.
    pub word_count: u32,
}

impl Article {
    /// Minutes to read at 230 words a minute, at least one (Brysbaert 2019: 238 for English non-fiction).
    pub fn reading_minutes(&self) -> u32 {
        self.word_count.div_ceil(230).max(1)
    }
}

/// A link in an article's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Absolute URL.
    pub url: String,
    /// Its text.
    pub text: String,
}

/// A fact with where it was found and how far that place can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The fact.
    pub value: T,
    /// Where it was found.
    pub source: FactSource,
    /// How far that place can be trusted.
    pub confidence: Confidence,
}

words! {
    /// Where on a page a fact was found.
    pub enum FactSource {
        /// A JSON-LD block.
        JsonLd = "json_ld",
        /// A `<meta>` element.
        Meta = "meta",
        /// A `<time>` element or microdata.
        Markup = "markup",
        /// The page's address.
        Url = "url",
        /// The visible text.
        Body = "body",
    }
}

words! {
    /// How far the place of a fact can be trusted.
    pub enum Confidence {
        /// Declared for machines.
        High = "high",
        /// Marked up, but not always for this page.
        Medium = "medium",
        /// Guessed.
        Low = "low",
    }
}

words! {
    /// The kind of a page, which decides what counts as its content.
    #[derive(Default)]
    pub enum PageType {
        /// A text with a beginning and an end.
        #[default]
        Article = "article",
        /// A manual or reference page.
        Documentation = "documentation",
        /// A discussion with several voices.
        Forum = "forum",
        /// One thing for sale.
        Product = "product",
        /// Teasers that lead elsewhere.
        Listing = "listing",
    }
}
