//! What is wanted: the shape of the file, how many rows, of which kinds, how large. Decides nothing.

use serde::{Deserialize, Serialize};

use crate::kind::{Kind, Label};

/// Which of the predecessor's files a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `atlas.db`, first variant: `content` and its copy `search_index`.
    AtlasA,
    /// `atlas.db`, second variant: summaries by a model, workers, transcriptions.
    AtlasB,
    /// `atlas.db`, third variant: unique addresses, stages.
    AtlasC,
    /// `atlas.db`, fourth variant: a queue, and processed copies.
    AtlasD,
    /// `atlas_search.db`: segments of transcripts with FTS5.
    Segments,
    /// `enhanced_search.db`: a second index beside the first.
    Enhanced,
    /// `atlas_podcasts.db`: catalogues without bodies.
    Podcasts,
    /// `atlas_index.db`: content whose text is a search text.
    Index,
    /// `inbox.db`: what was captured.
    Inbox,
    /// What no program of the predecessor wrote, and SQLite allows.
    Strange,
}

/// How the file is journalled when it is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Journal {
    /// A rollback journal, deleted after use.
    Delete,
    /// A write-ahead log, empty.
    Wal,
    /// A write-ahead log that still holds the last rows, as after a crash: they are lost if it is not copied too.
    /// For [`Shape::Strange`] as [`Journal::Wal`].
    WalLeftBehind,
}

/// What is to be made. The same recipe gives the same rows, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// Which file it looks like.
    pub shape: Shape,
    /// 0: tables as the predecessor had them. Others: order of tables and columns, optional columns and FTS differ.
    pub variation: u64,
    /// Rows of the main table; side tables come on top.
    pub rows: u64,
    /// From which all chance follows.
    pub seed: u64,
    /// In bytes; what SQLite allows.
    pub page_size: u32,
    /// How large the file should be: long bodies are made longer to get there. `None`: as large as it gets.
    pub target_bytes: Option<u64>,
    /// Pages that once held rows and are free now. Full-text indexes leave some more.
    pub free_pages: u64,
    /// Kinds with weights.
    pub shares: Vec<(Kind, u32)>,
    /// Good rows of a hundred that get a [twist](crate::Twist).
    pub twists_percent: u32,
    /// How the file is journalled.
    pub journal: Journal,
    /// For [`Shape::Strange`]: one row of so many bytes.
    pub huge_row_bytes: Option<u64>,
}

impl Recipe {
    /// Rows of this shape, about a third of them junk of all kinds.
    pub fn mixed(shape: Shape, rows: u64, seed: u64) -> Self {
        Self {
            shape,
            variation: seed,
            rows,
            seed,
            page_size: 4096,
            target_bytes: None,
            free_pages: 0,
            shares: mixed_shares(shape, 30),
            twists_percent: 12,
            journal: Journal::Delete,
            huge_row_bytes: None,
        }
    }
}

/// Weights of kinds such that so many rows of a hundred are junk; the good kinds are those that suit the shape.
pub fn mixed_shares(shape: Shape, junk_percent: u32) -> Vec<(Kind, u32)> {
    if shape == Shape::Podcasts {
        return vec![(Kind::Record, 1)];
    }
    let good = good_shares(shape);
    let mut junk = junk_shares();
    junk.retain(|(kind, _)| match shape {
        // Two people may well say the same: an equal segment proves nothing.
        Shape::Segments => !kind.is_copy(),
        // Without addresses there is no same address.
        Shape::Inbox => *kind != Kind::NearDuplicateSameUrl,
        _ => true,
    });
    let sum = |shares: &[(Kind, u32)]| shares.iter().map(|(_, weight)| weight).sum::<u32>();
    let (of_good, of_junk) = (sum(&good), sum(&junk));
    let scaled = |shares: Vec<(Kind, u32)>, percent: u32, other: u32| {
        shares
            .into_iter()
            .map(move |(kind, weight)| (kind, weight * percent * other))
    };
    scaled(good, 100 - junk_percent, of_junk)
        .chain(scaled(junk, junk_percent, of_good))
        .collect()
}

/// Good kinds that suit a shape, and what reasonable people differ about.
pub(crate) fn good_shares(shape: Shape) -> Vec<(Kind, u32)> {
    match shape {
        Shape::Segments => vec![(Kind::Segment, 1)],
        Shape::Inbox => vec![
            (Kind::Note, 30),
            (Kind::Bookmark, 20),
            (Kind::Highlight, 15),
            (Kind::ShortNews, 15),
            (Kind::Article, 15),
            (Kind::NearDuplicate, 2),
        ],
        _ => vec![
            (Kind::Article, 16),
            (Kind::ArticleMarkdown, 12),
            (Kind::ArticleHtml, 8),
            (Kind::ArticleLeftover, 5),
            (Kind::ArticleWithFrame, 4),
            (Kind::ArticleInInterface, 2),
            (Kind::ShortNews, 8),
            (Kind::Transcript, 4),
            (Kind::Note, 5),
            (Kind::Bookmark, 4),
            (Kind::Highlight, 3),
            (Kind::Recipe, 3),
            (Kind::Poem, 2),
            (Kind::List, 2),
            (Kind::Code, 3),
            (Kind::Table, 2),
            (Kind::ReleaseNotes, 2),
            (Kind::AboutJavascript, 2),
            (Kind::AboutCookies, 2),
            (Kind::AboutLogin, 2),
            (Kind::About404, 2),
            (Kind::AboutPaywall, 2),
            (Kind::AboutReader, 2),
            (Kind::AboutCaptcha, 2),
            (Kind::NearDuplicate, 2),
        ],
    }
}

/// Every kind of junk alike, but those that fill such files more often.
pub(crate) fn junk_shares() -> Vec<(Kind, u32)> {
    let weight = |kind| match kind {
        Kind::InterfaceHtml | Kind::InterfaceShell | Kind::Duplicate => 3,
        Kind::Error404 | Kind::EmptyBody | Kind::LinkList => 2,
        _ => 1,
    };
    Kind::ALL
        .iter()
        .filter(|kind| kind.label() == Label::Junk)
        .map(|kind| (*kind, weight(*kind)))
        .collect()
}
