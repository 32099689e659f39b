//! `Recent`: the last five minutes of every series, on the time line that never jumps. It answers what a check asks:
//! not how high something is now, but how high it has been for a while.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::SeriesId;
use crate::Moment;

/// For how long values are remembered.
pub const RECENT: Duration = Duration::from_mins(5);

/// What comes within such a span counts as one, however often somebody looked.
const SPAN: Duration = Duration::from_secs(10);

/// A mean over the recent past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecentMean {
    /// The mean; for a total, its growth a second.
    pub value: f64,
    /// How much of the time there were values for.
    pub covered: Duration,
}

#[derive(Debug)]
struct Bucket {
    number: u64,
    sum: f64,
    count: u32,
}

/// The last five minutes.
#[derive(Debug, Default)]
pub(super) struct Recent {
    series: HashMap<SeriesId, VecDeque<Bucket>>,
}

impl Recent {
    pub(super) fn add(&mut self, now: Moment, series: SeriesId, value: f64) {
        let number = bucket(now);
        let buckets = self.series.entry(series).or_default();
        match buckets.back_mut() {
            Some(last) if last.number == number => {
                last.sum += value;
                last.count += 1;
            }
            _ => buckets.push_back(Bucket {
                number,
                sum: value,
                count: 1,
            }),
        }
        drop_old(buckets, number, RECENT);
    }

    /// The mean over the last `over`, of five minutes at most; absent where there was nothing.
    pub(super) fn mean(&self, now: Moment, series: SeriesId, over: Duration) -> Option<RecentMean> {
        let now = bucket(now);
        let spans = spans(over.min(RECENT)).max(1);
        let means = self
            .series
            .get(&series)?
            .iter()
            .filter(|each| each.number + spans > now && each.number <= now);
        let (sum, count) = means.fold((0.0, 0_u32), |(sum, count), each| {
            (sum + each.sum / f64::from(each.count), count + 1)
        });
        (count > 0).then(|| RecentMean {
            value: sum / f64::from(count),
            covered: SPAN * count,
        })
    }

    pub(super) fn forget_old(&mut self, now: Moment) {
        let now = bucket(now);
        self.series.retain(|_, buckets| {
            drop_old(buckets, now, RECENT);
            !buckets.is_empty()
        });
    }
}

fn drop_old(buckets: &mut VecDeque<Bucket>, now: u64, kept: Duration) {
    while buckets
        .front()
        .is_some_and(|first| first.number + spans(kept) <= now)
    {
        buckets.pop_front();
    }
}

fn bucket(moment: Moment) -> u64 {
    moment.millis() / millis(SPAN)
}

fn spans(duration: Duration) -> u64 {
    millis(duration) / millis(SPAN)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERIES: SeriesId = SeriesId(1);

    fn at(secs: u64) -> Moment {
        Moment::from_millis(secs * 1_000)
    }

    #[test]
    fn a_series_without_values_has_no_mean() {
        let mut recent = Recent::default();
        assert_eq!(recent.mean(at(0), SERIES, RECENT), None);

        recent.add(at(0), SERIES, 1.0);
        assert_eq!(recent.mean(at(301), SERIES, RECENT), None);
    }

    #[test]
    fn a_mean_says_how_much_of_the_time_it_covers() {
        let mut recent = Recent::default();
        recent.add(at(0), SERIES, 1.0);
        recent.add(at(10), SERIES, 3.0);

        let mean = recent.mean(at(15), SERIES, RECENT).unwrap();
        assert_eq!(Some(mean.value), Some(2.0));
        assert_eq!(mean.covered, Duration::from_secs(20));
    }

    #[test]
    fn looking_more_often_gives_a_span_no_more_weight() {
        let mut recent = Recent::default();
        recent.add(at(0), SERIES, 0.0);
        for second in 10..20 {
            recent.add(at(second), SERIES, 1.0);
        }

        assert_eq!(
            recent.mean(at(19), SERIES, RECENT).map(|mean| mean.value),
            Some(0.5)
        );
    }

    proptest! {
        #[test]
        fn the_mean_is_that_of_the_spans_of_the_window(
            looks in prop::collection::vec((0_u64..40_000, 0_u32..1_000), 1..80),
            over_secs in 10_u64..300,
        ) {
            let mut recent = Recent::default();
            let mut all = Vec::new();
            let mut millis = 0;
            for (step, value) in looks {
                millis += step;
                recent.add(Moment::from_millis(millis), SERIES, f64::from(value));
                all.push((millis / 10_000, f64::from(value)));
            }
            let (now, spans) = (millis / 10_000, over_secs / 10);
            let means: Vec<f64> = (0..spans)
                .filter_map(|back| now.checked_sub(back))
                .filter_map(|number| {
                    let values: Vec<f64> = all.iter().filter(|(n, _)| *n == number).map(|(_, v)| *v).collect();
                    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
                })
                .collect();
            let expected = means.iter().sum::<f64>() / means.len() as f64;

            let mean = recent.mean(Moment::from_millis(millis), SERIES, Duration::from_secs(over_secs)).unwrap();
            prop_assert!((mean.value - expected).abs() < 1e-6);
            prop_assert_eq!(mean.covered, Duration::from_secs(10) * means.len() as u32);
        }
    }
}
