//! What goes into the index: one document per searchable item, and the operations of a batch.

use atlas_domain::{Article, Item, ItemId, ItemState, PageType, Timestamp, UserId};

/// A change to the index.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexOp {
    /// The item is searchable, with this content; whatever was indexed for it before goes.
    Put(Box<IndexedDocument>),
    /// The item is not searchable any more.
    Remove(ItemId),
}

/// What the index knows of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedDocument {
    /// Which item.
    pub item_id: ItemId,
    /// Whose it is. Nobody else finds it.
    pub user_id: UserId,
    /// Its title; empty when it has none.
    pub title: String,
    /// Its content as plain text, one block a line.
    pub body: String,
    /// Who signed it.
    pub authors: Vec<String>,
    /// The publication's own name.
    pub site: Option<String>,
    /// The owner's tags.
    pub tags: Vec<String>,
    /// BCP 47 primary language subtag, lower case, when it is known.
    pub language: Option<String>,
    /// Where the item stands.
    pub state: ItemState,
    /// What kind of page it is.
    pub page_type: PageType,
    /// When the item was saved.
    pub saved_at: Timestamp,
    /// When the page was first published.
    pub published: Option<jiff::civil::Date>,
    /// Words of the body.
    pub word_count: u32,
    /// The address as it was given.
    pub url: String,
}

impl IndexedDocument {
    /// What the index needs of an item and its current content.
    pub fn of(item: &Item, article: &Article) -> Self {
        Self {
            item_id: item.id,
            user_id: item.user_id,
            title: item
                .title
                .clone()
                .or_else(|| article.title.clone())
                .unwrap_or_default(),
            body: article.text.clone(),
            authors: article.authors.clone(),
            site: article.site_name.clone(),
            tags: item.tags.clone(),
            language: article.language.clone(),
            state: item.state,
            page_type: article.page_type,
            saved_at: item.saved_at,
            published: article.published.as_ref().map(|published| published.value),
            word_count: article.word_count,
            url: item.url.clone(),
        }
    }
}
