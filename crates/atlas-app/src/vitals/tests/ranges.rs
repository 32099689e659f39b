//! Questions about what was measured, to a task that measures and writes.

use std::time::Duration;

use atlas_domain::{CheckOutcome, Timestamp};
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::machine::{MEMORY_USED, MOUNT_USED};
use atlas_vitals::metrics::catalogue::service::{DATABASE_BUSY, QUEUE_JOBS};
use rstest::rstest;

use super::world::{Look, Process, Receiver, Script, World};
use crate::error::AppError;
use crate::vitals::{RangeQuery, RangeSeries};

const TEN_SECONDS: Duration = Duration::from_secs(10);

async fn begin(world: &World) -> Process {
    let probe = Script::of([Look::Finds(CheckOutcome::Ok)]);
    world.start(&probe, &Receiver::answering()).await
}

fn asking(series: &str) -> RangeQuery {
    RangeQuery {
        series: series.to_owned(),
        ..RangeQuery::default()
    }
}

/// Measures so many times, with what `values` says of each.
async fn measure(world: &World, process: &Process, values: &[f64]) {
    for value in values {
        let mut sample = Sample::of("test", TEN_SECONDS);
        sample.add(&MEMORY_USED, *value);
        sample.add_for(&MOUNT_USED, "data", 0.25);
        sample.add_for(&MOUNT_USED, "backup", 0.75);
        sample.add_for(&DATABASE_BUSY, "library", value * 100.0);
        process.vitals.record(sample).await.unwrap();
        world.pass(process, TEN_SECONDS).await;
    }
}

fn means(series: &RangeSeries) -> Vec<f32> {
    series.points.iter().filter_map(|point| point.mean).collect()
}

async fn refusal(process: &Process, query: &RangeQuery) -> String {
    match process.vitals.range(query).await {
        Err(AppError::Invalid(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_newest_is_told_before_it_is_written_and_nothing_counts_twice_after() {
    let world = World::new();
    let process = begin(&world).await;
    let values: Vec<f64> = (1..=12).map(|number| f64::from(number) / 100.0).collect();
    let expected: Vec<f32> = values.iter().map(|value| *value as f32).collect();

    measure(&world, &process, &values[..3]).await;
    let first = process.vitals.range(&asking("memory_used")).await.unwrap();
    assert_eq!(means(&first.series[0]), expected[..3]);
    assert_eq!((first.resolution_secs, first.step_secs), (10, 10));

    // A minute later the first rows have been written, and others have not.
    measure(&world, &process, &values[3..]).await;
    let query = RangeQuery {
        points: Some(2_000),
        ..asking("memory_used")
    };
    let all = process.vitals.range(&query).await.unwrap();
    assert_eq!(means(&all.series[0]), expected);
    process.end().await;

    let next = begin(&world).await;
    let after = next.vitals.range(&query).await.unwrap();
    assert_eq!(means(&after.series[0]), expected);
    next.end().await;
}

#[tokio::test]
async fn what_was_not_measured_is_a_gap_and_never_zero() {
    let world = World::new();
    let process = begin(&world).await;
    measure(&world, &process, &[0.5]).await;
    world.pass(&process, Duration::from_secs(20)).await;
    measure(&world, &process, &[0.0]).await;

    let query = RangeQuery {
        points: Some(360),
        ..asking("memory_used,cpu_used")
    };
    let view = process.vitals.range(&query).await.unwrap();
    let [memory, cpu] = view.series.as_slice() else {
        panic!("{view:?}");
    };
    assert_eq!(means(memory), [0.5, 0.0]);
    assert_eq!(memory.about.value, Some(0.0));
    assert!(means(cpu).is_empty() && cpu.points.len() == memory.points.len());
    assert_eq!(cpu.about.value, None);
    let last = memory.points.last().unwrap();
    assert!(last.at < view.until && view.from < memory.points[1].at);
    process.end().await;
}

#[tokio::test]
async fn a_name_means_all_values_of_its_label_unless_one_is_said() {
    let world = World::new();
    let process = begin(&world).await;
    measure(&world, &process, &[0.5]).await;
    let labels = |series: Vec<RangeSeries>| -> Vec<Option<String>> {
        series.into_iter().map(|series| series.about.label).collect()
    };
    let of = |label: &str| Some(label.to_owned());

    let all = process.vitals.range(&asking("mount_used")).await.unwrap();
    assert_eq!(labels(all.series), [of("backup"), of("data")]);
    let one = process.vitals.range(&asking("mount_used:data,memory_used")).await;
    assert_eq!(labels(one.unwrap().series), [of("data"), None]);
    let query = RangeQuery {
        label: of("backup"),
        ..asking("mount_used,memory_used,queue_jobs:ready")
    };
    let some = process.vitals.range(&query).await.unwrap();
    assert_eq!(means(&some.series[2]), [0.0_f32; 0]);
    assert_eq!(labels(some.series), [of("backup"), None, of("ready")]);
    process.end().await;
}

#[tokio::test]
async fn of_a_total_its_growth_is_told() {
    let world = World::new();
    let process = begin(&world).await;
    measure(&world, &process, &[0.1, 0.3, 0.3]).await;

    let query = RangeQuery {
        points: Some(2_000),
        ..asking("database_busy:library")
    };
    let view = process.vitals.range(&query).await.unwrap();
    let increases: Vec<f32> = view.series[0]
        .points
        .iter()
        .filter_map(|point| point.increase)
        .collect();
    assert_eq!(increases, [20.0, 0.0]);
    let [growing, still] = means(&view.series[0])[..] else {
        panic!("{view:?}");
    };
    assert!(
        (1.9..=2.0).contains(&growing),
        "between two looks pass ten seconds and a little: {growing}"
    );
    assert!(still.abs() < f32::EPSILON, "{still}");
    assert!(view.series[0].points.iter().all(|point| point.min.is_none()));
    process.end().await;
}

#[tokio::test]
async fn every_series_of_the_catalogue_is_listed_and_says_whether_it_is_measured() {
    let world = World::new();
    let process = begin(&world).await;
    measure(&world, &process, &[0.5]).await;

    let list = process.vitals.series().await.unwrap().series;
    let of = |name: &str| -> Vec<(Option<&str>, Option<f64>)> {
        let named = list.iter().filter(|series| series.name == name);
        named
            .map(|series| (series.label.as_deref(), series.value))
            .collect()
    };
    assert_eq!(of("memory_used"), [(None, Some(0.5))]);
    assert_eq!(
        of("mount_used"),
        [(Some("backup"), Some(0.75)), (Some("data"), Some(0.25))]
    );
    assert_eq!(of(QUEUE_JOBS.name), [(None, None)]);
    let queue = list.iter().find(|series| series.name == QUEUE_JOBS.name).unwrap();
    assert_eq!(
        (queue.label_key.as_deref(), queue.unit.as_str()),
        (Some("state"), "count")
    );
    process.end().await;
}

#[rstest]
#[case::nothing("", "`series` is empty")]
#[case::only_commas(" , ,", "`series` is empty")]
#[case::unknown("cpu", "there is no series `cpu`; `atlas metrics`")]
#[case::without_history("breaker_open_age", "`breaker_open_age` has no history")]
#[case::label_of_one("memory_used:data", "`memory_used` is one series")]
#[tokio::test]
async fn a_name_that_means_nothing_is_refused_with_what_to_do(#[case] series: &str, #[case] told: &str) {
    let world = World::new();
    let process = begin(&world).await;
    let message = refusal(&process, &asking(series)).await;
    assert!(message.starts_with(told), "{message}");
    process.end().await;
}

#[tokio::test]
async fn times_and_numbers_that_make_no_sense_are_refused() {
    let world = World::new();
    let process = begin(&world).await;
    let now = Timestamp::from_millis(1_750_000_000_000);
    let base = asking("memory_used");
    let cases = [
        (
            RangeQuery {
                points: Some(0),
                ..base.clone()
            },
            "`points` is 0; give 1 to 2000",
        ),
        (
            RangeQuery {
                points: Some(2_001),
                ..base.clone()
            },
            "`points` is 2001",
        ),
        (
            RangeQuery {
                series: "memory_used,".repeat(21),
                ..base.clone()
            },
            "`series` names 21",
        ),
        (
            RangeQuery {
                from: Some(now),
                until: Some(now.before(TEN_SECONDS)),
                ..base.clone()
            },
            "`from` (2025-06-15T15:06:40Z) must be before `until`",
        ),
        (
            RangeQuery {
                from: Some(now.after(Duration::from_hours(1))),
                ..base
            },
            "`from` (2025-06-15T16:06:40Z) must be before now",
        ),
    ];
    for (query, told) in cases {
        let message = refusal(&process, &query).await;
        assert!(message.starts_with(told), "{message}");
    }
    process.end().await;
}

#[tokio::test]
async fn the_far_past_comes_from_a_coarser_history_and_stays_within_the_points() {
    let world = World::new();
    let process = begin(&world).await;
    measure(&world, &process, &[0.5, 0.7]).await;
    let now = Timestamp::from_millis(1_750_000_000_000);
    for (days, resolution_secs) in [(1, 60), (10, 3_600), (700, 3_600), (70_000, 3_600)] {
        let query = RangeQuery {
            from: Some(now.before(Duration::from_hours(days * 24))),
            points: Some(200),
            ..asking("memory_used")
        };
        let view = process.vitals.range(&query).await.unwrap();
        let points = &view.series[0].points;
        assert!(points.len() <= 201, "{days} days: {}", points.len());
        assert_eq!(view.resolution_secs, resolution_secs, "{days} days");
        let last = points.iter().rev().find_map(|point| point.max);
        assert_eq!(last, Some(0.7), "{days} days");
    }
    process.end().await;
}
