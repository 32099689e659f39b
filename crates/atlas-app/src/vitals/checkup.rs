//! Looks through the library's file once a day, so that damage is found before somebody needs what is damaged, and keeps
//! what came of it over restarts. It gives way to whoever has work to do, and never repairs anything.

use std::time::Duration;

use atlas_domain::Timestamp;
use atlas_store::{FileCheck, Ops, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::App;

const EVERY: Duration = Duration::from_hours(24);
/// The start looks through small files anyway, and has enough to do otherwise.
const FIRST_AFTER: Duration = Duration::from_mins(30);
/// A machine that never runs for long must not put it off for ever; and damage that was found may be repaired.
const PRESSING_AFTER: Duration = Duration::from_mins(5);
/// Looking through a file keeps its log from being emptied: one that takes longer has to wait for a quiet day.
const LIMIT: Duration = Duration::from_mins(30);

/// Takes up what a process before this one found in the same library. To be called before anybody looks at the database:
/// a first look that knew nothing of damage would begin to take it back.
pub async fn recall_file_check(app: &App, ops: &Ops) {
    let Ok(library) = app.library() else {
        return; // that it cannot be opened is known
    };
    match ops.file_check(library.identity()).await {
        Ok(Some(check)) => app.known.file_checked(check),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(%error, "it is not known when the library was last looked through for damage");
        }
    }
}

/// Once a day until `stop`, which ends a look that is under way.
pub(super) async fn check_daily(app: &App, ops: &Ops, stop: &CancellationToken) {
    let Ok(library) = app.library() else {
        return;
    };
    let mut wait = until_first(app.known.file_check().as_ref(), library.now());
    while stop.run_until_cancelled(sleep(wait)).await.is_some() {
        if stop.run_until_cancelled(check_once(app, ops)).await.is_none() {
            return;
        }
        wait = EVERY;
    }
}

/// How long a process that has just begun waits. `last` is what one before it found.
fn until_first(last: Option<&FileCheck>, now: Timestamp) -> Duration {
    let Some(FileCheck {
        ended_at,
        damage: None,
    }) = last
    else {
        return PRESSING_AFTER;
    };
    // A clock that was put back makes it no longer than a day.
    let ago = Duration::from_millis(u64::try_from(now.as_millis() - ended_at.as_millis()).unwrap_or(0));
    if ago >= EVERY * 2 {
        PRESSING_AFTER
    } else {
        EVERY.saturating_sub(ago).max(FIRST_AFTER)
    }
}

/// Looks through the library once, and remembers what came of it.
pub(super) async fn check_once(app: &App, ops: &Ops) {
    let Ok(library) = app.library() else {
        return;
    };
    let damage = match library.check_gently(LIMIT).await {
        Ok(()) => None,
        Err(damage @ StoreError::Corrupt { .. }) => Some(damage.to_string()),
        Err(error) => {
            tracing::warn!(%error, "the library could not be looked through for damage; tomorrow it is tried again");
            return;
        }
    };
    let check = FileCheck {
        ended_at: library.now(),
        damage,
    };
    tracing::info!(
        is_damaged = check.damage.is_some(),
        "the library was looked through for damage"
    );
    app.known.file_checked(check.clone());
    if let Err(error) = ops.keep_file_check(library.identity(), check).await {
        tracing::warn!(%error, "what a look through the library found is forgotten with the next restart");
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// `hours_ago` is when the last look ended.
    #[rstest]
    #[case::never(None, PRESSING_AFTER)]
    #[case::a_moment_ago(Some((0, None)), EVERY)]
    #[case::half_a_day_ago(Some((12, None)), HOUR * 12)]
    #[case::due(Some((24, None)), FIRST_AFTER)]
    #[case::long_due(Some((48, None)), PRESSING_AFTER)]
    #[case::in_the_future(Some((-5_000, None)), EVERY)]
    #[case::damaged(Some((0, Some("a page is used twice"))), PRESSING_AFTER)]
    fn a_restart_neither_puts_a_look_off_nor_hastens_it(
        #[case] last: Option<(i64, Option<&str>)>,
        #[case] expected: Duration,
    ) {
        let now = Timestamp::from_millis(1_750_000_000_000);
        let last = last.map(|(hours_ago, damage)| FileCheck {
            ended_at: Timestamp::from_millis(now.as_millis() - hours_ago * 3_600_000),
            damage: damage.map(str::to_owned),
        });
        assert_eq!(until_first(last.as_ref(), now), expected);
    }
}
