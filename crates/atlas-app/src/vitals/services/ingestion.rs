//! How pages come through: what this process has counted, and what the library remembers of the last days.

use std::time::Duration;

use atlas_domain::Timestamp;
use atlas_store::IngestHistory;
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::service as series;

use crate::app::App;

const DAY: Duration = Duration::from_hours(24);
/// Of fewer pages the share that is junk says nothing: one of one is all of them.
const JUDGED_AT_LEAST: u64 = 10;

pub(super) async fn tell(app: &App, sample: &mut Sample) {
    for (outcome, count) in app.metrics().ingest_ended() {
        sample.add_for(&series::INGEST_ENDED, outcome, count as f64);
    }
    for (stage, count) in app.metrics().stages().all() {
        sample.add_for(&series::INGEST_STAGES, stage, count.came as f64);
        sample.add_for(&series::INGEST_STAGES_FAILED, stage, count.failed as f64);
    }
    let Ok(library) = app.library() else {
        return;
    };
    let (library, now) = (library.for_looking(), library.now());
    let Ok(pending) = library.oldest_pending(app.user()).await else {
        return;
    };
    let waits = pending.map(|saved_at| now.since(saved_at));
    sample.add(
        &series::INGEST_OLDEST_PENDING,
        waits.map(|waits| waits.as_secs_f64()),
    );
    let Ok(history) = app.ingest_history().await else {
        return;
    };
    // As long as none is remembered, it has been at least as long as somebody waits.
    let success = history.last_success.map(|at| now.since(at)).or(waits);
    sample.add(&series::INGEST_SUCCESS_AGE, success.map(|age| age.as_secs_f64()));
    sample.add(&series::LIBRARY_JUNK, junk_share(&history, now));
}

/// Of the pages that were judged within a day.
fn junk_share(history: &IngestHistory, now: Timestamp) -> Option<f64> {
    let since = now.before(DAY);
    let hours = history.hours.iter().filter(|hour| hour.begun_at >= since);
    let (accepted, junk) = hours.fold((0, 0), |(accepted, junk), hour| {
        (accepted + hour.accepted, junk + hour.junk)
    });
    let judged = accepted + junk;
    (judged >= JUDGED_AT_LEAST).then(|| junk as f64 / judged as f64)
}

#[cfg(test)]
mod tests {
    use atlas_store::HourOfIngest;

    use super::*;

    #[test]
    fn the_share_of_junk_is_that_of_a_day_in_which_enough_was_judged() {
        let now = Timestamp::from_millis(1_750_000_000_000);
        let hour = |hours_ago, accepted, junk| HourOfIngest {
            begun_at: now.before(Duration::from_hours(hours_ago)),
            accepted,
            junk,
        };
        let mut history = IngestHistory {
            hours: vec![hour(1, 4, 1), hour(30, 0, 100)],
            ..IngestHistory::default()
        };
        assert_eq!(junk_share(&history, now), None);
        history.hours.push(hour(2, 11, 4));
        assert_eq!(junk_share(&history, now), Some(0.25));
    }
}
