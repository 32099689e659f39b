//! The nominal series, their caps, and the bounds within which real delays lie.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const BASE: Duration = seconds(1);
const CAP: Duration = seconds(10);

fn nominal_seconds(backoff: &Backoff, count: u32) -> Vec<u64> {
    (1..=count)
        .filter_map(|retry| backoff.nominal(retry))
        .map(|delay| delay.as_secs())
        .collect()
}

#[rstest]
#[case::constant(Backoff::constant(seconds(3)), &[3, 3, 3, 3, 3, 3, 3, 3])]
#[case::linear(Backoff::linear(BASE, CAP), &[1, 2, 3, 4, 5, 6, 7, 8])]
#[case::linear_at_its_cap(Backoff::linear(seconds(4), CAP), &[4, 8, 10, 10, 10, 10, 10, 10])]
#[case::exponential(Backoff::exponential(BASE, CAP), &[1, 2, 4, 8, 10, 10, 10, 10])]
#[case::fibonacci(Backoff::fibonacci(BASE, seconds(20)), &[1, 1, 2, 3, 5, 8, 13, 20])]
#[case::schedule(Backoff::schedule(vec![seconds(60), seconds(300)]), &[60, 300])]
#[case::schedule_under_a_cap(Backoff::schedule(vec![seconds(60), seconds(300)]).with_cap(seconds(90)), &[60, 90])]
#[case::base_above_the_cap(Backoff::exponential(seconds(30), CAP), &[10, 10, 10, 10, 10, 10, 10, 10])]
fn nominal_delays_follow_their_series(#[case] backoff: Backoff, #[case] expected: &[u64]) {
    assert_eq!(nominal_seconds(&backoff, 8), expected);
}

#[rstest]
#[case::none(Jitter::None, [8_000, 8_000, 8_000])]
#[case::full(Jitter::Full, [0, 4_000, 8_000])]
#[case::equal(Jitter::Equal, [4_000, 6_000, 8_000])]
#[case::ten_percent(Jitter::Proportional { percent: 10 }, [7_200, 8_000, 8_800])]
#[case::proportional_cut_at_the_cap(Jitter::Proportional { percent: 50 }, [4_000, 7_000, 10_000])]
#[case::more_than_all_of_it(Jitter::Proportional { percent: 900 }, [0, 5_000, 10_000])]
#[case::decorrelated(Jitter::Decorrelated, [1_000, 3_500, 6_000])]
fn jitter_spreads_between_its_bounds(#[case] jitter: Jitter, #[case] expected_ms: [u64; 3]) {
    let backoff = Backoff::exponential(BASE, CAP).with_jitter(jitter);
    let drawn = [0.0, 0.5, 1.0].map(|fraction| backoff.delay(4, Some(seconds(2)), fraction));
    assert_eq!(drawn, expected_ms.map(|ms| Some(Duration::from_millis(ms))));
}

#[rstest]
#[case::full(Jitter::Full)]
#[case::equal(Jitter::Equal)]
#[case::proportional(Jitter::Proportional { percent: 20 })]
#[case::decorrelated(Jitter::Decorrelated)]
fn delays_at_the_cap_stay_spread(#[case] jitter: Jitter) {
    let backoff = Backoff::exponential(BASE, CAP).with_jitter(jitter);
    let early = backoff.delay(9, Some(CAP), 0.25).unwrap();
    let late = backoff.delay(9, Some(CAP), 0.75).unwrap();
    assert!(early < late && late < CAP, "{early:?}, {late:?}");
}

#[test]
fn a_schedule_ends() {
    let schedule = Backoff::schedule(vec![seconds(60), seconds(300)]);
    let mut delays = schedule.delays();
    assert_eq!(delays.draw(0.5), Some(seconds(30)));
    assert_eq!(delays.draw(0.5), Some(seconds(150)));
    assert_eq!(delays.draw(0.5), None);
    assert_eq!(delays.draw(0.5), None);
}

#[test]
fn a_decorrelated_series_grows_from_its_own_delays() {
    let backoff = Backoff::exponential(BASE, seconds(20)).with_jitter(Jitter::Decorrelated);
    let mut delays = backoff.delays();
    let longest: Vec<_> = (0..4).filter_map(|_| delays.draw(1.0)).collect();
    assert_eq!(longest, [3, 9, 20, 20].map(seconds));
    assert_eq!(delays.draw(0.0), Some(BASE));
    assert_eq!(delays.draw(1.0), Some(seconds(3)));
}

#[test]
fn the_first_call_is_not_a_retry() {
    assert_eq!(Backoff::default().nominal(0), None);
    assert_eq!(Backoff::default().delay(0, None, 0.5), None);
}

#[rstest]
#[case::linear(Backoff::linear)]
#[case::exponential(Backoff::exponential)]
#[case::fibonacci(Backoff::fibonacci)]
fn a_late_retry_neither_overflows_nor_loops(#[case] series: fn(Duration, Duration) -> Backoff) {
    for retry in [10_000, u32::MAX] {
        assert_eq!(series(BASE, CAP).nominal(retry), Some(CAP));
        assert_eq!(
            series(Duration::MAX, Duration::MAX).nominal(retry),
            Some(Duration::MAX)
        );
        assert_eq!(series(Duration::ZERO, CAP).nominal(retry), Some(Duration::ZERO));
    }
}

#[rstest]
#[case::none(Jitter::None)]
#[case::full(Jitter::Full)]
#[case::equal(Jitter::Equal)]
#[case::proportional(Jitter::Proportional { percent: 100 })]
#[case::decorrelated(Jitter::Decorrelated)]
fn the_longest_delay_of_all_does_not_overflow(#[case] jitter: Jitter) {
    let longest = Backoff::constant(Duration::MAX).with_jitter(jitter);
    assert_eq!(longest.delay(1, Some(Duration::MAX), 1.0), Some(Duration::MAX));
}

#[test]
fn a_tiny_base_reaches_the_cap() {
    let tiny = Backoff::exponential(Duration::from_nanos(1), CAP);
    assert_eq!(tiny.nominal(10_000), Some(CAP));
}

#[rstest]
#[case::not_a_number(f64::NAN, 0)]
#[case::negative(-3.0, 0)]
#[case::too_large(7.0, 1_000)]
#[case::infinite(f64::INFINITY, 1_000)]
fn a_fraction_out_of_range_is_brought_back(#[case] fraction: f64, #[case] expected_ms: u64) {
    let delay = Backoff::constant(BASE).delay(1, None, fraction);
    assert_eq!(delay, Some(Duration::from_millis(expected_ms)));
}

fn any_backoff() -> impl Strategy<Value = Backoff> {
    let series = prop_oneof![
        any::<Duration>().prop_map(Backoff::constant),
        any::<Duration>().prop_map(|base| Backoff::linear(base, Duration::MAX)),
        any::<Duration>().prop_map(|base| Backoff::exponential(base, Duration::MAX)),
        any::<Duration>().prop_map(|base| Backoff::fibonacci(base, Duration::MAX)),
        proptest::collection::vec(any::<Duration>(), 0..5).prop_map(Backoff::schedule),
    ];
    let cap = prop_oneof![
        any::<Duration>(),
        (0_u64..100_000).prop_map(Duration::from_millis)
    ];
    let jitter = prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        any::<u32>().prop_map(|percent| Jitter::Proportional { percent }),
        Just(Jitter::Decorrelated),
    ];
    (series, cap, jitter).prop_map(|(series, cap, jitter)| series.with_cap(cap).with_jitter(jitter))
}

fn any_retry() -> impl Strategy<Value = u32> {
    prop_oneof![1_u32..=6, any::<u32>()]
}

proptest! {
    #[test]
    fn no_delay_is_longer_than_the_cap(
        backoff in any_backoff(),
        retry in any_retry(),
        previous in any::<Option<Duration>>(),
        fraction in prop_oneof![0.0_f64..=1.0, any::<f64>(), Just(1.0)],
    ) {
        let delay = backoff.delay(retry, previous, fraction);
        prop_assert_eq!(delay.is_some(), backoff.nominal(retry).is_some());
        prop_assert!(delay.unwrap_or_default() <= backoff.cap);
    }

    #[test]
    fn delays_lie_within_the_bounds_of_their_jitter(
        backoff in any_backoff(),
        retry in any_retry(),
        previous in any::<Duration>(),
        fraction in 0.0_f64..1.0,
    ) {
        let Some(nominal) = backoff.nominal(retry) else { return Ok(()) };
        let delay = backoff.delay(retry, Some(previous), fraction).unwrap();
        match backoff.jitter {
            Jitter::None => prop_assert_eq!(delay, nominal),
            Jitter::Full => prop_assert!(delay <= nominal),
            Jitter::Equal => prop_assert!(nominal / 2 <= delay && delay <= nominal),
            Jitter::Proportional { percent } => {
                let percent = u128::from(percent.min(100));
                prop_assert!(delay.as_nanos() * 100 >= nominal.as_nanos() * (100 - percent));
                prop_assert!(delay.as_nanos() * 100 <= nominal.as_nanos() * (100 + percent));
            }
            Jitter::Decorrelated => {
                let base = backoff.nominal(1).unwrap();
                prop_assert!(delay >= base);
                prop_assert!(delay <= previous.max(base).saturating_mul(3));
            }
        }
    }

    #[test]
    fn a_greater_fraction_never_means_a_shorter_delay(
        backoff in any_backoff(), retry in any_retry(), one in 0.0_f64..1.0, other in 0.0_f64..1.0,
    ) {
        let (less, more) = (one.min(other), one.max(other));
        prop_assert!(backoff.delay(retry, None, less) <= backoff.delay(retry, None, more));
    }

    #[test]
    fn growing_series_never_become_more_eager(
        base in any::<Duration>(), cap in any::<Duration>(), retry in prop_oneof![1_u32..200, 1..u32::MAX],
    ) {
        for series in [Backoff::linear, Backoff::exponential, Backoff::fibonacci] {
            let backoff = series(base, cap);
            prop_assert!(backoff.nominal(retry) <= backoff.nominal(retry + 1));
        }
    }
}
