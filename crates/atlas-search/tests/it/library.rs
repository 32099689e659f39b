//! `Library`: an index in a temporary directory, and short words to fill and ask it.

use atlas_domain::{Cursor, ItemId, ItemState, LibraryIdentity, PageType, Timestamp, UserId};
use atlas_search::{
    Hits, IndexOp, IndexSettings, IndexedDocument, Opened, SearchError, SearchIndex, SearchReader,
    SearchRequest,
};
use tempfile::TempDir;

pub(crate) const STRANGER: UserId = UserId(2);

/// An open index.
pub(crate) struct Library {
    pub(crate) index: SearchIndex,
    pub(crate) directory: TempDir,
}

impl Library {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let index = open(&directory).unwrap().index;
        Self { index, directory }
    }

    /// A library that holds these documents.
    pub(crate) fn with(documents: impl IntoIterator<Item = IndexedDocument>) -> Self {
        let library = Self::new();
        library.put(documents);
        library
    }

    pub(crate) fn put(&self, documents: impl IntoIterator<Item = IndexedDocument>) {
        let batch: Vec<_> = documents
            .into_iter()
            .map(|document| IndexOp::Put(Box::new(document)))
            .collect();
        self.index.apply(&batch, &cursor("put")).unwrap();
    }

    /// The answer to the owner's query.
    pub(crate) fn search(&self, query: &str) -> Hits {
        search(self.index.reader(), query).unwrap()
    }

    /// Titles found by the owner's query, the best first.
    pub(crate) fn titles(&self, query: &str) -> Vec<String> {
        self.search(query).hits.into_iter().map(|hit| hit.title).collect()
    }

    /// Titles found by the owner's query, sorted.
    pub(crate) fn sorted_titles(&self, query: &str) -> Vec<String> {
        let mut titles = self.titles(query);
        titles.sort();
        titles
    }
}

pub(crate) fn open(directory: &TempDir) -> Result<Opened, SearchError> {
    SearchIndex::open(directory.path(), &identity(1), IndexSettings::default())
}

pub(crate) fn search(reader: &SearchReader, query: &str) -> Result<Hits, SearchError> {
    reader.search(&request(query), || false)
}

pub(crate) fn request(query: &str) -> SearchRequest {
    SearchRequest {
        query: query.to_owned(),
        user: UserId::OWNER,
        limit: 50,
        offset: 0,
    }
}

pub(crate) fn identity(number: u128) -> LibraryIdentity {
    LibraryIdentity {
        library: uuid::Uuid::from_u128(number),
        epoch: uuid::Uuid::from_u128(7),
    }
}

pub(crate) fn cursor(place: &str) -> Cursor {
    Cursor::from_store(place.to_owned())
}

pub(crate) fn id(number: u8) -> ItemId {
    ItemId::from_bytes([number; 16])
}

/// Document `number` of the owner, in English.
pub(crate) fn document(number: u8, title: &str, body: &str) -> IndexedDocument {
    IndexedDocument {
        item_id: id(number),
        user_id: UserId::OWNER,
        title: title.to_owned(),
        body: body.to_owned(),
        authors: Vec::new(),
        site: None,
        tags: Vec::new(),
        language: Some("en".to_owned()),
        state: ItemState::Stored,
        page_type: PageType::Article,
        saved_at: Timestamp::from_millis(1_000 * i64::from(number)),
        published: None,
        word_count: 3,
        url: format!("https://example.com/{number}"),
    }
}

/// Document `number` of the owner, in `language`, titled `language number`.
pub(crate) fn text_in(language: &str, number: u8, body: &str) -> IndexedDocument {
    IndexedDocument {
        language: Some(language.to_owned()),
        ..document(number, &format!("{language} {number}"), body)
    }
}
