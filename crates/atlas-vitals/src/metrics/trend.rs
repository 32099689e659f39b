//! When something that becomes less will be used up: a line through the last hours that single jumps do not bend. It
//! says nothing where nothing is becoming less, and nothing about a future further off than its past allows.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::SeriesId;
use crate::Moment;

/// How far back it looks.
pub const TREND_SPAN: Duration = Duration::from_hours(6);

/// What comes within such a span is one point.
pub(super) const POINT_SPAN: Duration = Duration::from_mins(5);

/// Fewer points say nothing: half an hour.
const POINTS_AT_LEAST: usize = 7;

/// Six hours say nothing about what lies further ahead.
const HORIZON: Duration = Duration::from_hours(30 * 24);

/// Of all pairs of points, so many must fall for the whole to be falling: noise and sawteeth have about half.
const FALLING_SHARE_AT_LEAST: f64 = 0.7;

/// What was left at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Left {
    /// When.
    pub at: Moment,
    /// How much.
    pub amount: f64,
}

/// In how long it will be used up, if it goes on like this; absent where it is not becoming less.
pub fn used_up_in(points: &[Left], now: Moment) -> Option<Duration> {
    if points.len() < POINTS_AT_LEAST {
        return None;
    }
    let slope = falling_slope(points)?;
    let seconds_ago = |point: &Left| now.since(point.at).as_secs_f64();
    let mut at_now: Vec<f64> = points
        .iter()
        .map(|point| point.amount + slope * seconds_ago(point))
        .collect();
    let left = median(&mut at_now)?.max(0.0);
    let seconds = left / -slope;
    (seconds <= HORIZON.as_secs_f64()).then(|| Duration::from_secs_f64(seconds))
}

/// The middle of the slopes between all pairs of points (Theil and Sen): up to three points in ten may lie anywhere.
fn falling_slope(points: &[Left]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, earlier) in points.iter().enumerate() {
        for later in &points[index + 1..] {
            let seconds = later.at.since(earlier.at).as_secs_f64();
            if seconds > 0.0 {
                slopes.push((later.amount - earlier.amount) / seconds);
            }
        }
    }
    let falling = slopes.iter().filter(|slope| **slope < 0.0).count();
    let is_falling = falling as f64 >= FALLING_SHARE_AT_LEAST * slopes.len() as f64;
    median(&mut slopes).filter(|slope| is_falling && *slope < 0.0)
}

fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (_, value, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*value)
}

#[derive(Debug)]
struct Point {
    number: u64,
    sum: f64,
    count: u32,
}

/// The last hours of what may be used up.
#[derive(Debug, Default)]
pub(super) struct Trends {
    series: HashMap<SeriesId, VecDeque<Point>>,
}

impl Trends {
    pub(super) fn add(&mut self, at: Moment, series: SeriesId, amount: f64) {
        let number = at.millis() / millis(POINT_SPAN);
        let points = self.series.entry(series).or_default();
        match points.back_mut() {
            Some(last) if last.number == number => {
                last.sum += amount;
                last.count += 1;
            }
            _ => points.push_back(Point {
                number,
                sum: amount,
                count: 1,
            }),
        }
        let kept = millis(TREND_SPAN) / millis(POINT_SPAN);
        while points.front().is_some_and(|first| first.number + kept < number) {
            points.pop_front();
        }
    }

    pub(super) fn used_up_in(&self, now: Moment, series: SeriesId) -> Option<Duration> {
        let points = self.series.get(&series)?;
        let left: Vec<Left> = points
            .iter()
            .map(|point| Left {
                at: Moment::from_millis(point.number * millis(POINT_SPAN)).after(POINT_SPAN / 2),
                amount: point.sum / f64::from(point.count),
            })
            // A silent past says nothing about now.
            .filter(|point| now.since(point.at) <= TREND_SPAN)
            .collect();
        used_up_in(&left, now)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GIB: f64 = 1_073_741_824.0;

    /// Six hours of points, five minutes apart.
    fn hours(amount: impl Fn(f64) -> f64) -> (Vec<Left>, Moment) {
        let points: Vec<Left> = (0..72_u32)
            .map(|index| Left {
                at: Moment::from_millis(u64::from(index) * 300_000),
                amount: amount(f64::from(index)),
            })
            .collect();
        let now = points.last().unwrap().at;
        (points, now)
    }

    fn hours_left(amount: impl Fn(f64) -> f64) -> Option<f64> {
        let (points, now) = hours(amount);
        used_up_in(&points, now).map(|left| left.as_secs_f64() / 3_600.0)
    }

    #[test]
    fn a_disk_that_fills_evenly_is_full_when_the_line_meets_zero() {
        // One GiB each five minutes; 100 - 71 are left.
        let left = hours_left(|index| (100.0 - index) * GIB).unwrap();
        assert!((left - 29.0 / 12.0).abs() < 1e-9, "{left}");
    }

    #[test]
    fn what_stands_still_or_grows_is_never_used_up() {
        assert_eq!(hours_left(|_| GIB), None);
        assert_eq!(hours_left(|index| index * GIB), None);
    }

    #[test]
    fn noise_around_a_level_is_no_trend() {
        let noise = |index: f64| (100.0 + (index * 12.9898).sin()) * GIB;
        assert_eq!(hours_left(noise), None);
    }

    #[test]
    fn what_is_cleared_again_and_again_is_no_trend() {
        let sawtooth = |index: f64| (100.0 - (index % 12.0)) * GIB;
        assert_eq!(hours_left(sawtooth), None);
    }

    #[test]
    fn one_large_file_that_came_and_went_does_not_bend_the_line() {
        let with_jump = |index: f64| {
            if (20.0..30.0).contains(&index) {
                GIB
            } else {
                (100.0 - index) * GIB
            }
        };
        let left = hours_left(with_jump).unwrap();
        assert!((left - 29.0 / 12.0).abs() < 0.2, "{left}");
    }

    #[test]
    fn what_lies_beyond_a_month_is_not_foretold() {
        assert_eq!(hours_left(|index| 100.0 * GIB - index * 1_000.0), None);
    }

    #[test]
    fn what_is_used_up_already_is_used_up_now() {
        let left = hours_left(|index| ((60.0 - index) * GIB).max(0.0)).unwrap();
        assert!(left < 1.0, "{left}");
    }

    #[test]
    fn half_an_hour_is_needed_before_anything_is_said() {
        let mut trends = Trends::default();
        let mut said = Vec::new();
        for minute in 0..45_u64 {
            let now = Moment::from_millis(minute * 60_000);
            trends.add(now, SeriesId(1), 1e9 - minute as f64 * 1e6);
            said.push(trends.used_up_in(now, SeriesId(1)).is_some());
        }
        assert_eq!(said.iter().position(|said| *said), Some(30));
    }

    #[test]
    fn a_trend_that_ended_hours_ago_is_forgotten() {
        let mut trends = Trends::default();
        for minute in 0..60_u64 {
            trends.add(
                Moment::from_millis(minute * 60_000),
                SeriesId(1),
                1e9 - minute as f64 * 1e6,
            );
        }
        let later = Moment::from_millis(60 * 60_000).after(TREND_SPAN);
        assert_eq!(trends.used_up_in(later, SeriesId(1)), None);
    }

    proptest! {
        #[test]
        fn any_points_give_an_answer_within_the_horizon_or_none(
            points in prop::collection::vec((0_u64..10_000_000, -1e12_f64..1e12), 0..40),
            now in 0_u64..20_000_000,
        ) {
            let points: Vec<Left> = points
                .into_iter()
                .map(|(at, amount)| Left { at: Moment::from_millis(at), amount })
                .collect();
            if let Some(left) = used_up_in(&points, Moment::from_millis(now)) {
                prop_assert!(left <= HORIZON);
            }
        }
    }
}
