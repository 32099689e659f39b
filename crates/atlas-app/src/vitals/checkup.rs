//! Looks through the library's file once a day, so that damage is found before somebody needs what is damaged. It gives
//! way to whoever has work to do, and never repairs anything.

use std::time::Duration;

use atlas_store::StoreError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::known::FileCheck;
use crate::app::App;

/// The start looks through small files anyway, and has enough to do otherwise.
const FIRST_AFTER: Duration = Duration::from_mins(30);
const EVERY: Duration = Duration::from_hours(24);
/// Looking through a file keeps its log from being emptied: one that takes longer has to wait for a quiet day.
const LIMIT: Duration = Duration::from_mins(30);

/// Once a day until `stop`, which ends a look that is under way.
pub(super) async fn check_daily(app: &App, stop: &CancellationToken) {
    let mut wait = FIRST_AFTER;
    while stop.run_until_cancelled(sleep(wait)).await.is_some() {
        if stop.run_until_cancelled(check_once(app)).await.is_none() {
            return;
        }
        wait = EVERY;
    }
}

/// Looks through the library once, and remembers what came of it.
pub(super) async fn check_once(app: &App) {
    let Ok(library) = app.library() else {
        return; // that it cannot be opened is known
    };
    let damage = match library.check_gently(LIMIT).await {
        Ok(()) => None,
        Err(damage @ StoreError::Corrupt { .. }) => Some(damage),
        Err(error) => {
            tracing::warn!(%error, "the library could not be looked through for damage; tomorrow it is tried again");
            return;
        }
    };
    let ended_at = library.now();
    tracing::info!(
        is_damaged = damage.is_some(),
        "the library was looked through for damage"
    );
    app.known.file_checked(FileCheck { ended_at, damage });
}
