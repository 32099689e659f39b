//! The real probes: each uses its service as its users do, and says what came of it. They judge single looks; what many
//! of them amount to is decided elsewhere.

mod api;
mod background_processing;
mod content_pipeline;
mod database;
mod search;

pub use api::{ApiProbe, OWN_MARK, OwnApi};
pub use background_processing::BackgroundProbe;
pub use content_pipeline::{Pipeline, PipelineProbe};
pub use database::DatabaseProbe;
pub use search::SearchProbe;

use std::collections::BTreeMap;
use std::sync::Arc;

use atlas_domain::CheckOutcome;
use atlas_store::StoreError;
use atlas_vitals::health::{API, BACKGROUND_PROCESSING, CONTENT_PIPELINE, DATABASE, SEARCH};
use tokio::sync::watch;

use super::{Limits, Looked, Probe};
use crate::app::App;
use crate::error::AppError;

/// From which values on a service is worse than it should be: as it is set now, not as it was at the start.
pub type LimitsHandle = watch::Receiver<Limits>;

/// The probes of a server, by the names of their checks. Where nothing takes pages in, the pipeline has none.
pub fn probes_of(
    app: &Arc<App>,
    pipeline: Option<Pipeline>,
    own: Arc<dyn OwnApi>,
    limits: LimitsHandle,
) -> BTreeMap<String, Arc<dyn Probe>> {
    let mut probes: BTreeMap<String, Arc<dyn Probe>> = BTreeMap::new();
    let mut add = |name: &str, probe: Arc<dyn Probe>| drop(probes.insert(name.to_owned(), probe));
    add(DATABASE, Arc::new(DatabaseProbe(Arc::clone(app))));
    add(
        BACKGROUND_PROCESSING,
        Arc::new(BackgroundProbe::new(Arc::clone(app), limits.clone())),
    );
    add(SEARCH, Arc::new(SearchProbe(Arc::clone(app))));
    add(API, Arc::new(ApiProbe::new(own, Arc::clone(app), limits.clone())));
    if let Some(pipeline) = pipeline {
        let probe = PipelineProbe::new(Arc::clone(app), pipeline, limits);
        add(CONTENT_PIPELINE, Arc::new(probe));
    }
    probes
}

/// A file that is busy did not answer; whatever else it says, it must not. One that a circuit breaker leaves alone was
/// not asked.
fn failed(error: &AppError) -> Looked {
    let outcome = match error {
        AppError::Store(StoreError::Paused { .. } | StoreError::StoppedByHand { .. }) => {
            return Looked::new(CheckOutcome::Crit, format!("breaker_open; {error}"));
        }
        AppError::Store(error) if matches!(error.cause(), StoreError::Busy(_) | StoreError::Interrupted) => {
            CheckOutcome::NoAnswer
        }
        _ => CheckOutcome::Crit,
    };
    Looked::new(outcome, error.to_string())
}
