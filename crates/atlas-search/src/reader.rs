//! `SearchReader`: searches the last commit it has loaded. It never writes, and needs no writer.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use atlas_domain::{Cursor, ItemId, UserId};
use tantivy::collector::{Collector, Count, TopDocs};
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{
    DocAddress, Index, IndexReader, Order, ReloadPolicy, Searcher, SegmentReader, TantivyDocument, Term,
};

use crate::collect::Stoppable;
use crate::compile::{Compiled, compile};
use crate::damage::guarded;
use crate::error::SearchError;
use crate::needles::Needles;
use crate::open::Payload;
use crate::query::{Query, QueryError};
use crate::schema::{Fields, ITEM_ID, SAVED_AT_MS, item_id};
use crate::snippet::{Snippet, snippet};
use crate::text::stem::LanguageStemmer;

/// Hits beyond this number are not listed: the engine would have to keep them all in memory.
const DEEPEST_HIT: usize = 10_000;
/// Blocks of stored text, 16 KB each, that a segment keeps decompressed.
const CACHED_BLOCKS: usize = 16;

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchRequest {
    /// In the query language.
    pub query: String,
    /// Who asks. Only what belongs to them is found.
    pub user: UserId,
    /// Hits to return. With 0 they are only counted.
    pub limit: usize,
    /// Hits to pass over first.
    pub offset: usize,
}

impl SearchRequest {
    /// The query, unless the request makes no sense whatever the index holds.
    pub fn parsed(&self) -> Result<Query, QueryError> {
        let query = Query::parse(&self.query)?;
        if self.offset.saturating_add(self.limit) > DEEPEST_HIT {
            return Err(QueryError::TooDeep { most: DEEPEST_HIT });
        }
        Ok(query)
    }
}

/// The answer to a search.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hits {
    /// The best first; the latest saved first when nothing in the query ranks.
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub total: usize,
    /// The search was stopped before it had looked at everything: there may be more and better hits.
    pub was_stopped: bool,
    /// What may explain that nothing was found.
    pub hint: Option<String>,
}

/// One item that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which.
    pub item_id: ItemId,
    /// BM25 over all fields; comparable within one answer only.
    pub score: f32,
    /// Its title.
    pub title: String,
    /// The address as it was given.
    pub url: String,
    /// Where in its text it matches.
    pub snippet: Snippet,
}

/// An index opened for reading. Clones share what they have loaded.
#[derive(Clone)]
pub struct SearchReader {
    fields: Fields,
    folder: Arc<Path>,
    /// The same for all clones.
    shown: Arc<RwLock<Shown>>,
    /// How far it reaches: never farther than what is shown.
    watermark: Arc<RwLock<Option<Cursor>>>,
    /// Who holds it is the only one to change both. That takes as long as the disk does, so nobody else waits for it.
    changing: Arc<Mutex<()>>,
}

/// An index, and the commit of it that was loaded last.
#[derive(Clone)]
struct Shown {
    engine: Index,
    reader: IndexReader,
}

impl SearchReader {
    /// Shows the last commit of `engine`, whose files lie in `folder`.
    pub(crate) fn new(engine: Index, fields: Fields, folder: PathBuf) -> Result<Self, SearchError> {
        let new = Self {
            fields,
            folder: folder.into(),
            shown: Arc::new(RwLock::new(Shown::of(engine)?)),
            watermark: Arc::default(),
            changing: Arc::default(),
        };
        new.reload()?;
        Ok(new)
    }

    /// From now on, this and all its clones show another index of the same folder and fields.
    pub(crate) fn show_instead(&self, engine: Index) -> Result<(), SearchError> {
        let _changing = self.begin_to_change();
        let shown = Shown::of(engine)?;
        let reached = shown.load()?;
        self.set_watermark(None);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        self.set_watermark(reached);
        Ok(())
    }

    /// Whether somebody has taken the files of this index away. What was shown is shown on, as long as it is open.
    pub fn has_vanished(&self) -> bool {
        // Each commit replaces it in one step, so it is always there.
        matches!(self.folder.join("meta.json").try_exists(), Ok(false))
    }

    /// Runs a query until `is_over`, which is asked again and again while hits are collected.
    pub fn search(
        &self,
        request: &SearchRequest,
        is_over: impl Fn() -> bool + Sync,
    ) -> Result<Hits, SearchError> {
        let query = request.parsed()?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("search::read", |_| Err(SearchError::Engine("broken".to_owned())));
        guarded(|| {
            let searcher = self.searcher();
            let compiled = compile(&query, request.user, &searcher, &self.fields)?;
            let found = find(&searcher, &compiled, request, &is_over)?;
            let hits = found
                .top
                .into_iter()
                .map(|(score, address)| self.hit(&searcher.doc(address)?, score, &compiled.needles))
                .collect::<Result<_, SearchError>>()?;
            Ok(Hits {
                hits,
                total: found.total,
                was_stopped: found.was_stopped,
                hint: (found.total == 0).then(|| query.hint()).flatten(),
            })
        })
    }

    /// Shows what was committed since.
    pub fn reload(&self) -> Result<(), SearchError> {
        guarded(|| {
            let _changing = self.begin_to_change();
            let reached = self.shown().load()?;
            self.set_watermark(reached);
            Ok(())
        })
    }

    /// Everything up to this place of the change log can be found.
    pub fn watermark(&self) -> Option<Cursor> {
        let watermark = self.watermark.read().unwrap_or_else(PoisonError::into_inner);
        watermark.clone()
    }

    /// Documents in the index, of all people.
    pub fn count(&self) -> u64 {
        let searcher = self.searcher();
        let canary = Term::from_field_i64(self.fields.user_id, UserId::CANARY.0);
        let canary = TermQuery::new(canary, IndexRecordOption::Basic);
        let of_nobody = guarded(|| Ok(searcher.search(&canary, &Count)?)).unwrap_or(0) as u64;
        searcher.num_docs().saturating_sub(of_nobody)
    }

    /// Shows `visit` every item in the index, in no order: an index that equals its store has each searchable
    /// item once.
    pub fn for_each_id(&self, mut visit: impl FnMut(ItemId)) -> Result<(), SearchError> {
        for segment in self.searcher().segment_readers() {
            // Visited outside, so that a panic of the visitor is not taken for one of the engine.
            guarded(|| ids_of(segment))?.into_iter().for_each(&mut visit);
        }
        Ok(())
    }

    /// Compares the checksums of all files. Reads the whole index.
    pub fn verify(&self) -> Result<(), SearchError> {
        let damaged = guarded(|| Ok(self.engine().validate_checksum()?))?;
        match damaged.into_iter().min() {
            None => Ok(()),
            Some(file) => Err(SearchError::Damaged(format!(
                "the checksum of {} is wrong",
                file.display()
            ))),
        }
    }

    pub(crate) fn engine(&self) -> Index {
        self.shown().engine
    }

    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    fn hit(&self, document: &TantivyDocument, score: f32, needles: &Needles) -> Result<Hit, SearchError> {
        let text = |field| Fields::stored_text(document, field);
        let stemmer = LanguageStemmer::of(text(self.fields.language));
        Ok(Hit {
            item_id: self.fields.stored_id(document)?,
            score,
            title: text(self.fields.title).to_owned(),
            url: text(self.fields.url).to_owned(),
            snippet: snippet(text(self.fields.body), stemmer, needles),
        })
    }

    fn searcher(&self) -> Searcher {
        self.shown().reader.searcher()
    }

    fn shown(&self) -> Shown {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn begin_to_change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_watermark(&self, reached: Option<Cursor>) {
        *self.watermark.write().unwrap_or_else(PoisonError::into_inner) = reached;
    }
}

impl Shown {
    fn of(engine: Index) -> Result<Self, SearchError> {
        let reader = engine
            .reader_builder()
            // The default looks for commits every half second: too late for whoever reads their own writes,
            // and an idle process would never sleep.
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(CACHED_BLOCKS)
            .try_into()?;
        Ok(Self { engine, reader })
    }

    /// Shows the last commit. Returns how far it reaches.
    fn load(&self) -> Result<Option<Cursor>, SearchError> {
        // Read first, so that the watermark never promises more than the searcher shows.
        let payload = Payload::of_last_commit(&self.engine)?;
        self.reader.reload()?;
        Ok(payload.and_then(|payload| payload.cursor))
    }
}

impl std::fmt::Debug for SearchReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchReader")
            .field("watermark", &self.watermark())
            .finish_non_exhaustive()
    }
}

struct Found {
    total: usize,
    top: Vec<(f32, DocAddress)>,
    was_stopped: bool,
}

/// Counts and ranks in one pass over the matches.
fn find(
    searcher: &Searcher,
    compiled: &Compiled,
    request: &SearchRequest,
    is_over: &(dyn Fn() -> bool + Sync),
) -> Result<Found, SearchError> {
    let was_stopped = AtomicBool::new(false);
    let page = || TopDocs::with_limit(request.limit).and_offset(request.offset);
    let (total, top) = if request.limit == 0 {
        let collector = Stoppable::new(Count, is_over, &was_stopped);
        (searcher.search(&compiled.query, &collector)?, Vec::new())
    } else if compiled.unranked {
        let latest = page().order_by_fast_field::<i64>(SAVED_AT_MS, Order::Desc);
        let (total, top) = counted(searcher, compiled, latest, is_over, &was_stopped)?;
        (
            total,
            top.into_iter().map(|(_, address)| (0.0, address)).collect(),
        )
    } else {
        counted(searcher, compiled, page().order_by_score(), is_over, &was_stopped)?
    };
    Ok(Found {
        total,
        top,
        was_stopped: was_stopped.into_inner(),
    })
}

fn counted<C: Collector>(
    searcher: &Searcher,
    compiled: &Compiled,
    top: C,
    is_over: &(dyn Fn() -> bool + Sync),
    was_stopped: &AtomicBool,
) -> Result<(usize, C::Fruit), SearchError> {
    let collector = Stoppable::new((Count, top), is_over, was_stopped);
    Ok(searcher.search(&compiled.query, &collector)?)
}

fn ids_of(segment: &SegmentReader) -> Result<Vec<ItemId>, SearchError> {
    let Some(column) = segment.fast_fields().bytes(ITEM_ID)? else {
        return Ok(Vec::new());
    };
    let mut bytes = Vec::new();
    let mut ids = Vec::with_capacity(segment.num_docs() as usize);
    for document in segment.doc_ids_alive() {
        for number in column.term_ords(document) {
            column.ord_to_bytes(number, &mut bytes)?;
            ids.push(item_id(&bytes)?);
        }
    }
    Ok(ids)
}
