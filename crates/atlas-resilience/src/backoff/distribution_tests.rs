//! Whether the delays are spread as each jitter promises: a Kolmogorov-Smirnov test with a fixed seed, and what the
//! spread is for. Nothing else about the delays is tested here.

use rstest::rstest;

use super::*;

const DRAWS: usize = 10_000;
/// The largest distance that a sample of the right distribution exceeds once in a thousand times, for large samples
/// (Smirnov 1948): 1.95 over the square root of the sample's size.
const CRITICAL_DISTANCE: f64 = 0.0195;

const BASE: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_mins(1);

/// The largest distance between how the sample is distributed and the uniform distribution from 0 to 1.
fn distance_from_uniform(mut sample: Vec<f64>) -> f64 {
    sample.sort_by(f64::total_cmp);
    let size = sample.len() as f64;
    let distances = sample.iter().enumerate().map(|(rank, value)| {
        let (below, above) = (rank as f64 / size, (rank + 1) as f64 / size);
        (value - below).abs().max((above - value).abs())
    });
    distances.fold(0.0, f64::max)
}

/// Where each of many delays lies between the bounds that it should have had, from 0 to 1.
fn places(jitter: Jitter, bounds: fn(previous_secs: f64) -> (f64, f64)) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(23);
    let backoff = Backoff::constant(Duration::from_secs(4))
        .with_cap(CAP)
        .with_jitter(jitter);
    let mut delays = backoff.delays();
    let mut previous_secs = 4.0;
    (0..DRAWS)
        .map(|_| {
            let (shortest, longest) = bounds(previous_secs);
            previous_secs = delays.draw(random.f64()).unwrap().as_secs_f64();
            (previous_secs - shortest) / (longest - shortest)
        })
        .collect()
}

#[rstest]
#[case::full(Jitter::Full, |_| (0.0, 4.0))]
#[case::equal(Jitter::Equal, |_| (2.0, 4.0))]
#[case::proportional(Jitter::Proportional { percent: 25 }, |_| (3.0, 5.0))]
#[case::decorrelated(Jitter::Decorrelated, |previous: f64| (4.0, (3.0 * previous).min(60.0)))]
fn delays_are_uniform_between_their_bounds(
    #[case] jitter: Jitter,
    #[case] bounds: fn(previous_secs: f64) -> (f64, f64),
) {
    let distance = distance_from_uniform(places(jitter, bounds));
    assert!(distance < CRITICAL_DISTANCE, "{jitter:?}: {distance}");
}

#[test]
fn without_jitter_all_delays_are_the_nominal_one() {
    let places = places(Jitter::None, |_| (0.0, 4.0));
    assert!(places.iter().all(|place| (place - 1.0).abs() < f64::EPSILON));
}

#[test]
fn the_test_itself_tells_a_wrong_distribution() {
    let nearly_full = places(Jitter::Full, |_| (0.0, 4.2));
    assert!(distance_from_uniform(nearly_full) > CRITICAL_DISTANCE);
}

#[rstest]
#[case::full(Jitter::Full)]
#[case::equal(Jitter::Equal)]
#[case::proportional(Jitter::Proportional { percent: 20 })]
#[case::decorrelated(Jitter::Decorrelated)]
fn two_clients_that_failed_together_do_not_come_back_together(#[case] jitter: Jitter) {
    let backoff = Backoff::exponential(BASE, CAP).with_jitter(jitter);
    let returns = |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut delays = backoff.delays();
        let mut now = Duration::ZERO;
        let step = move |_| {
            now += delays.draw(random.f64()).unwrap();
            now
        };
        (0..50).map(step).collect::<Vec<_>>()
    };
    let together = |one: &Duration, other: &Duration| one.abs_diff(*other) < Duration::from_millis(10);
    let met = returns(1)
        .iter()
        .zip(&returns(2))
        .filter(|(one, other)| together(one, other))
        .count();
    assert_eq!(met, 0);
}

#[test]
fn a_crowd_at_the_cap_is_spread_over_the_whole_range() {
    let backoff = Backoff::exponential(BASE, CAP).with_jitter(Jitter::Decorrelated);
    let mut random = fastrand::Rng::with_seed(7);
    let crowd: Vec<_> = (0..1_000)
        .filter_map(|_| backoff.delay(20, Some(CAP), random.f64()))
        .collect();
    let busiest_second = (0..60)
        .map(|second| crowd.iter().filter(|delay| delay.as_secs() == second).count())
        .max();
    assert!(
        busiest_second < Some(40),
        "{busiest_second:?} of 1,000 come back within one second"
    );
    assert_eq!(crowd.iter().filter(|delay| **delay == CAP).count(), 0);
}
