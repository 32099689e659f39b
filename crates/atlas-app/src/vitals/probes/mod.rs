//! The real probes: each uses its service as its users do, and says what came of it. They judge single looks; what many
//! of them amount to is decided elsewhere.

mod api;
mod background_processing;
mod content_pipeline;
mod database;
mod search;

pub use api::{ApiProbe, OwnApi};
pub use background_processing::BackgroundProbe;
pub use content_pipeline::PipelineProbe;
pub use database::DatabaseProbe;
pub use search::SearchProbe;

use std::collections::BTreeMap;
use std::sync::Arc;

use atlas_domain::CheckOutcome;
use atlas_store::StoreError;
use atlas_vitals::health::{API, BACKGROUND_PROCESSING, CONTENT_PIPELINE, DATABASE, SEARCH};

use super::{Looked, Probe};
use crate::app::App;
use crate::error::AppError;
use crate::extraction::ExtractorPool;

/// The probes of a server, by the names of their checks. Where nothing extracts, the pipeline has none.
pub fn probes_of(
    app: &Arc<App>,
    extractor: Option<Arc<ExtractorPool>>,
    own: Arc<dyn OwnApi>,
) -> BTreeMap<String, Arc<dyn Probe>> {
    let mut probes: BTreeMap<String, Arc<dyn Probe>> = BTreeMap::new();
    let mut add = |name: &str, probe: Arc<dyn Probe>| drop(probes.insert(name.to_owned(), probe));
    add(DATABASE, Arc::new(DatabaseProbe(Arc::clone(app))));
    add(BACKGROUND_PROCESSING, Arc::new(BackgroundProbe(Arc::clone(app))));
    add(SEARCH, Arc::new(SearchProbe(Arc::clone(app))));
    add(API, Arc::new(ApiProbe::new(own)));
    if let Some(extractor) = extractor {
        add(CONTENT_PIPELINE, Arc::new(PipelineProbe(extractor)));
    }
    probes
}

/// A file that is busy did not answer; whatever else it says, it must not.
fn failed(error: &AppError) -> Looked {
    let outcome = match error {
        AppError::Store(error) if matches!(error.cause(), StoreError::Busy(_) | StoreError::Interrupted) => {
            CheckOutcome::NoAnswer
        }
        _ => CheckOutcome::Crit,
    };
    Looked::new(outcome, error.to_string())
}
