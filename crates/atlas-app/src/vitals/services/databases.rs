//! Figures about the files of SQLite, each under its name. A file that gives no answer in time tells nothing.

use std::time::Duration;

use atlas_store::{FileFigures, Ops, StoreError};
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::service as series;
use tokio::time::timeout;

use crate::app::App;

/// How the files are called in series.
const LIBRARY: &str = "library";
const OPERATIONS: &str = "ops";
/// To look takes about a millisecond; a disk that hangs must not silence the rest.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn tell(app: &App, ops: &Ops, sample: &mut Sample) {
    if let Ok(Ok(figures)) = timeout(LIMIT, ops.figures()).await {
        tell_of_file(OPERATIONS, figures, sample);
    }
    let Ok(library) = app.library() else {
        return;
    };
    if let Ok(Ok(figures)) = timeout(LIMIT, library.figures()).await {
        tell_of_file(LIBRARY, figures, sample);
    }
    let is_damaged = matches!(library.trouble(), Some(StoreError::Corrupt { .. }))
        || app.known.file_check().is_some_and(|check| check.damage.is_some());
    sample.add_for(
        &series::DATABASE_DAMAGED,
        LIBRARY,
        f64::from(u8::from(is_damaged)),
    );
}

fn tell_of_file(name: &'static str, figures: FileFigures, sample: &mut Sample) {
    let (all, free) = (figures.pages as f64, figures.free_pages as f64);
    sample.add_for(&series::DATABASE_PAGES, name, all);
    sample.add_for(&series::DATABASE_PAGES_FREE, name, free);
    sample.add_for(
        &series::DATABASE_FREE_SHARE,
        name,
        (all > 0.0).then(|| free / all),
    );
    sample.add_for(&series::DATABASE_WAL, name, figures.log_bytes as f64);
    let left = figures.log_pages_left.map(|left| left as f64);
    sample.add_for(&series::DATABASE_WAL_LEFT, name, left);
    sample.add_for(&series::DATABASE_BUSY, name, figures.busy as f64);
    let longest_read = figures.longest_read.as_secs_f64();
    sample.add_for(&series::DATABASE_LONGEST_READ, name, longest_read);
}
