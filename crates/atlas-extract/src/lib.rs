//! Bytes in, article and verdict out.
//!
//! Pure and synchronous: no I/O, no clock, no panic on any bytes within the size limit. It runs in a child
//! process, because a hang, a stack overflow or an exhausted memory cannot be caught in this one.

mod body;
pub mod html;
mod hygiene;
pub mod quality;
mod words;

use serde::{Deserialize, Serialize};

pub use body::{BodyForm, BodyInput, BodyKind, StoredBody, read_body};
pub use html::{DataSource, Variant, VariantKind, extract};
pub use quality::{Assessment, FetchSignals, GATE_VERSION, PageSignals, Standing, assess, judge};

/// A page to extract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PageInput {
    /// The bytes as they arrived, decompressed.
    pub bytes: Vec<u8>,
    /// Where they came from, for absolute links and for metadata.
    pub url: Option<String>,
    /// `Content-Type` as it was sent, for the charset.
    pub content_type: Option<String>,
    /// Which extractor decides.
    pub engine: Engine,
}

/// Which extractor decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Engine {
    /// The first candidate, with a second opinion where the first is doubtful.
    #[default]
    Selected,
    /// The crate `trafilatura` in its balanced mode alone: the peer in benchmarks.
    Trafilatura,
}

/// Everything that was found in a page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Extracted {
    /// Content and metadata.
    pub article: Article,
    /// The page's own address as it declares it (`rel=canonical`), not yet checked.
    pub declared_url: Option<String>,
    /// Other forms of the page that it names, at most one of a kind, not yet checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Where the content stood, when no visitor sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_data: Option<DataSource>,
    /// What the junk gate looks at.
    pub signals: PageSignals,
    /// How the content was found.
    pub diagnostics: Diagnostics,
}

/// How the content was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// The candidate whose content was taken, for example `trafilatura`.
    pub engine: String,
    /// Why that one.
    pub choice: String,
    /// The charset the bytes were decoded with.
    pub charset: String,
    /// Whatever was cut or replaced to stay within the limits.
    pub notes: Vec<String>,
}

use atlas_domain::Article;
