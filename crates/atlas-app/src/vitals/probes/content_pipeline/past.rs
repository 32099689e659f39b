//! `Past`: whether the pages of the last days came through as they usually do. Pure: it judges figures that it is given.
//!
//! Silence is measured by the library's own rhythm, because one person saves a page a week and another one a minute.
//! Errors count only where they are also a fair share of what was tried: a library that takes in hundreds of pages a
//! day always meets ten hosts that are down, and is none the worse for it.

use std::time::Duration;

use atlas_domain::{CheckOutcome, Timestamp};
use atlas_store::{HourOfIngest, IngestHistory};

use super::super::super::Looked;

/// Of what was tried, so much must have failed for many errors to be worth knowing,
const FAILED_WARN: f64 = 0.25;
/// and so much for them to be more than that.
const FAILED_CRIT: f64 = 0.5;
/// Twice as long as it has ever been quiet within the last days is unusual.
const TIMES_THE_USUAL: u32 = 2;
/// However fast pages usually come, this is no silence yet,
const SILENCE_AT_LEAST: Duration = Duration::from_hours(1);
/// and where nothing is known of what is usual, this is.
const SILENCE_UNKNOWN: Duration = Duration::from_hours(24);
/// So long must somebody have waited: an item that was saved just now is on its way.
const PENDING_AT_LEAST: Duration = Duration::from_mins(30);

/// What is known of the last days.
pub(super) struct Past {
    pub(super) history: IngestHistory,
    pub(super) oldest_pending: Option<Timestamp>,
    pub(super) now: Timestamp,
}

impl Past {
    /// What is wrong, if something is. `many` is what the number of errors alone says.
    pub(super) fn judge(&self, many: CheckOutcome) -> Option<Looked> {
        self.errors(many).or_else(|| self.silence())
    }

    fn errors(&self, many: CheckOutcome) -> Option<Looked> {
        let IngestHistory { tries, failed, .. } = self.history;
        let share = failed as f64 / tries.max(1) as f64;
        let outcome = match many {
            CheckOutcome::Crit if share >= FAILED_CRIT => CheckOutcome::Crit,
            CheckOutcome::Warn | CheckOutcome::Crit if share >= FAILED_WARN => CheckOutcome::Warn,
            _ => return None,
        };
        let message = format!("{failed} of {tries} tries failed within a day; `atlas job ls` says why");
        Some(Looked::new(outcome, message))
    }

    /// That nothing was saved is nobody's trouble: something must have been waiting all the time.
    fn silence(&self) -> Option<Looked> {
        let last_success = self.history.last_success?;
        let silence = self.now.since(last_success);
        let waited = self.now.since(self.oldest_pending?);
        if waited < PENDING_AT_LEAST || silence < self.unusual_silence() {
            return None;
        }
        let message = format!(
            "no page has become a document for {:.1} h, which is unusual here, and one has been waiting for {:.1} h",
            hours(silence),
            hours(waited)
        );
        Some(Looked::new(CheckOutcome::Warn, message))
    }

    fn unusual_silence(&self) -> Duration {
        let successes = self.history.hours.iter().filter(|hour| hour.accepted > 0);
        let begun_at: Vec<Timestamp> = successes.map(|hour: &HourOfIngest| hour.begun_at).collect();
        // From the latest to the earliest.
        let gaps = begun_at.windows(2).map(|pair| pair[0].since(pair[1]));
        let longest = gaps.max().map(|longest| longest * TIMES_THE_USUAL);
        longest.map_or(SILENCE_UNKNOWN, |unusual| unusual.max(SILENCE_AT_LEAST))
    }
}

fn hours(duration: Duration) -> f64 {
    duration.as_secs_f64() / 3_600.0
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);

    /// With a success in each of these hours before now, the latest first.
    fn past(successes: &[u32], pending_hours: Option<u32>) -> Past {
        let hour = |hours_ago: &u32| HourOfIngest {
            begun_at: NOW.before(HOUR * *hours_ago),
            accepted: 3,
            junk: 0,
        };
        Past {
            history: IngestHistory {
                hours: successes.iter().map(hour).collect(),
                last_success: successes.first().map(|hours_ago| NOW.before(HOUR * *hours_ago)),
                ..IngestHistory::default()
            },
            oldest_pending: pending_hours.map(|hours_ago| NOW.before(HOUR * hours_ago)),
            now: NOW,
        }
    }

    #[rstest]
    #[case::nothing_was_saved(&[60, 61, 62], None, false)]
    #[case::a_page_every_hour(&[3, 4, 5, 6], Some(2), true)]
    #[case::quiet_at_night(&[12, 20, 21], Some(2), false)]
    #[case::quiet_for_two_nights(&[17, 25, 26], Some(2), true)]
    #[case::saved_just_now(&[60, 61], Some(0), false)]
    #[case::a_page_a_day(&[30, 54, 78], Some(20), false)]
    #[case::rhythm_unknown(&[23], Some(20), false)]
    #[case::rhythm_unknown_and_long(&[24], Some(20), true)]
    #[case::never_any(&[], Some(20), false)]
    fn silence_is_measured_by_what_is_usual(
        #[case] successes: &[u32],
        #[case] pending_hours: Option<u32>,
        #[case] is_told: bool,
    ) {
        let judged = past(successes, pending_hours).judge(CheckOutcome::Ok);
        assert_eq!(
            judged.map(|looked| looked.outcome),
            is_told.then_some(CheckOutcome::Warn)
        );
    }

    #[rstest]
    #[case::few(3, 3, CheckOutcome::Ok, None)]
    #[case::ten_dead_links_among_hundreds(400, 10, CheckOutcome::Warn, None)]
    #[case::a_quarter(40, 10, CheckOutcome::Warn, Some(CheckOutcome::Warn))]
    #[case::many_and_a_quarter(200, 50, CheckOutcome::Crit, Some(CheckOutcome::Warn))]
    #[case::many_and_half(100, 50, CheckOutcome::Crit, Some(CheckOutcome::Crit))]
    fn errors_count_where_they_are_also_a_fair_share(
        #[case] tries: u64,
        #[case] failed: u64,
        #[case] many: CheckOutcome,
        #[case] expected: Option<CheckOutcome>,
    ) {
        let mut past = past(&[], None);
        (past.history.tries, past.history.failed) = (tries, failed);
        assert_eq!(past.judge(many).map(|looked| looked.outcome), expected);
    }
}
