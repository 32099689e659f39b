//! The fields of the index and how a document fills them. The only place that knows both.
//!
//! The body is stored (compressed) beside its terms, although the store has it too: a snippet must come from
//! the very version of the text that matched, and a search then touches one file format only.

use atlas_domain::ItemId;
use tantivy::TantivyDocument;
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing,
    TextOptions, Value,
};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use url::Url;

use crate::document::IndexedDocument;
use crate::error::SearchError;
use crate::text::analyzer::{STEMS, WORDS, stem_input};
use crate::text::fold::fold;

/// Raise it whenever a field, the cutting, the folding or the stemming of text changes: indexes of another
/// version are rebuilt.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Documents of unknown language are stemmed as if in this one: at worst a few words match too well.
const ASSUMED_LANGUAGE: &str = "en";

/// The name of the field with the item's id.
pub(crate) const ITEM_ID: &str = "item_id";
/// The name of the field with the time an item was saved, in milliseconds.
pub(crate) const SAVED_AT_MS: &str = "saved_at_ms";

/// Handles of all fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) item_id: Field,
    pub(crate) user_id: Field,
    pub(crate) title: Field,
    pub(crate) title_stem: Field,
    pub(crate) body: Field,
    pub(crate) body_stem: Field,
    /// Authors, site and tags in one, for words that say no more than what to look for.
    pub(crate) about: Field,
    pub(crate) author: Field,
    pub(crate) site: Field,
    /// The host of the address and its parent domains.
    pub(crate) host: Field,
    pub(crate) tag: Field,
    pub(crate) language: Field,
    pub(crate) state: Field,
    pub(crate) page_type: Field,
    pub(crate) saved_at_ms: Field,
    pub(crate) published_day: Field,
    pub(crate) word_count: Field,
    pub(crate) url: Field,
}

/// The schema and the handles of its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let words = text(WORDS, IndexRecordOption::WithFreqsAndPositions);
    let stems = text(STEMS, IndexRecordOption::WithFreqs);
    let fields = Fields {
        item_id: builder.add_bytes_field(ITEM_ID, BytesOptions::from(FAST | INDEXED | STORED)),
        user_id: builder.add_i64_field("user_id", INDEXED),
        title: builder.add_text_field("title", words.clone().set_stored()),
        title_stem: builder.add_text_field("title_stem", stems.clone()),
        body: builder.add_text_field("body", words.clone().set_stored()),
        body_stem: builder.add_text_field("body_stem", stems),
        about: builder.add_text_field("about", words.clone()),
        author: builder.add_text_field("author", words.clone()),
        site: builder.add_text_field("site", words),
        host: builder.add_text_field("host", STRING),
        tag: builder.add_text_field("tag", STRING),
        language: builder.add_text_field("language", STRING | STORED),
        state: builder.add_text_field("state", STRING),
        page_type: builder.add_text_field("page_type", STRING),
        saved_at_ms: builder.add_i64_field(SAVED_AT_MS, FAST),
        published_day: builder.add_i64_field("published_day", FAST),
        word_count: builder.add_u64_field("word_count", FAST),
        url: builder.add_text_field("url", STORED),
    };
    (builder.build(), fields)
}

fn text(tokenizer: &str, record: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_index_option(record);
    TextOptions::default().set_indexing_options(indexing)
}

impl Fields {
    /// The document as the engine takes it.
    pub(crate) fn engine_document(&self, document: &IndexedDocument) -> TantivyDocument {
        let language = document.language.as_deref().unwrap_or(ASSUMED_LANGUAGE);
        let (title, body) = (composed(&document.title), composed(&document.body));
        let mut out = TantivyDocument::new();
        out.add_bytes(self.item_id, document.item_id.as_bytes());
        out.add_i64(self.user_id, document.user_id.0);
        out.add_text(self.title_stem, stem_input(language, &title));
        out.add_text(self.body_stem, stem_input(language, &body));
        out.add_text(self.title, title);
        out.add_text(self.body, body);
        for author in &document.authors {
            out.add_text(self.author, author);
            out.add_text(self.about, author);
        }
        if let Some(site) = &document.site {
            out.add_text(self.site, site);
            out.add_text(self.about, site);
        }
        for tag in &document.tags {
            out.add_text(self.tag, fold(tag));
            out.add_text(self.about, tag);
        }
        for domain in domains(&document.url) {
            out.add_text(self.host, domain);
        }
        out.add_text(self.language, language);
        out.add_text(self.state, document.state.as_str());
        out.add_text(self.page_type, document.page_type.as_str());
        out.add_i64(self.saved_at_ms, document.saved_at.as_millis());
        if let Some(published) = document.published {
            out.add_i64(self.published_day, day_of(published));
        }
        out.add_u64(self.word_count, u64::from(document.word_count));
        out.add_text(self.url, &document.url);
        out
    }

    /// The text stored in `field`.
    pub(crate) fn stored_text(document: &TantivyDocument, field: Field) -> &str {
        document
            .get_first(field)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
    }

    /// The item that a stored document belongs to.
    pub(crate) fn stored_id(&self, document: &TantivyDocument) -> Result<ItemId, SearchError> {
        let bytes = document
            .get_first(self.item_id)
            .and_then(|value| value.as_bytes())
            .unwrap_or_default();
        item_id(bytes)
    }
}

/// An item's id from its bytes in the index.
pub(crate) fn item_id(bytes: &[u8]) -> Result<ItemId, SearchError> {
    let bytes = bytes
        .try_into()
        .map_err(|_| SearchError::Damaged(format!("an id has {} bytes", bytes.len())))?;
    Ok(ItemId::from_bytes(bytes))
}

/// Canonical composition, which no reader can see, so that a character is one character when text is cut.
pub(crate) fn composed(text: &str) -> String {
    if is_nfc(text) {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// `blog.example.com`, `example.com`, `com`: a filter on any of them finds the page.
fn domains(url: &str) -> Vec<String> {
    let Ok(url) = Url::parse(url) else {
        return Vec::new();
    };
    let host = url.host_str().unwrap_or_default();
    let mut domains: Vec<String> = host
        .match_indices('.')
        .map(|(dot, _)| host[dot + 1..].to_owned())
        .filter(|parent| !parent.is_empty())
        .collect();
    domains.push(host.to_owned());
    domains
}

fn day_of(date: jiff::civil::Date) -> i64 {
    jiff::civil::date(1970, 1, 1)
        .until(date)
        .map_or(0, |span| i64::from(span.get_days()))
}
