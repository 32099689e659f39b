//! Measurements as a whole, on a clock that is turned by hand and with rings kept in a map: what is, what has been, and
//! what is left after a restart.

use std::collections::HashMap;
use std::time::Duration;

use atlas_domain::Timestamp;

use super::catalogue::machine::{
    CPU_USED, DISK_READ, MEMORY_AVAILABLE, MOUNT_AVAILABLE, NETWORK_RECEIVED, OOM_KILLS, PROCESS_THREADS,
};
use super::catalogue::service::BREAKER_OPEN_AGE;
use super::*;
use crate::Moment;

const TEN: Duration = Duration::from_secs(10);
const START_MILLIS: i64 = 1_767_225_600_000;

/// Measurements with a clock, and with a store that does what a store does.
struct World {
    measurements: Measurements,
    now_millis: u64,
    wall_offset_millis: i64,
    rings: HashMap<(Resolution, u32), Vec<u8>>,
    series: HashMap<SeriesId, StoredSeries>,
    kills: Option<StoredKills>,
    written_bytes: usize,
}

impl World {
    fn new() -> Self {
        Self {
            measurements: Measurements::begin(Moment::ORIGIN, TEN, boot(), StoredMeasurements::default()),
            now_millis: 0,
            wall_offset_millis: START_MILLIS,
            rings: HashMap::new(),
            series: HashMap::new(),
            kills: None,
            written_bytes: 0,
        }
    }

    fn now(&self) -> Moment {
        Moment::from_millis(self.now_millis)
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.wall_offset_millis + self.now_millis as i64)
    }

    /// Lets time pass; at each look that is due, `fill` measures.
    fn run(&mut self, duration: Duration, fill: impl Fn(u64, &mut Sample)) {
        let end = self.now().after(duration);
        loop {
            let next = self.measurements.next_due();
            if next > end {
                self.now_millis = end.millis();
                return;
            }
            self.now_millis = next.millis().max(self.now_millis);
            let due = self.measurements.due(self.now());
            if due.look {
                let mut sample = Sample::of("test", TEN);
                fill(self.now_millis / 1_000, &mut sample);
                self.measurements.record(self.now(), self.wall(), sample);
            }
            if due.flush {
                let flush = self.measurements.flush(self.now(), self.wall());
                self.store(&flush);
                self.measurements.flushed();
            }
        }
    }

    fn store(&mut self, flush: &Flush) {
        for series in &flush.series {
            self.series.insert(series.id, series.clone());
        }
        for series in &flush.forgotten {
            self.series.remove(series);
        }
        if flush.kills.is_some() {
            self.kills.clone_from(&flush.kills);
        }
        for row in &flush.rows {
            let key = (row.resolution, row.place);
            let lying = self.rings.get(&key).map(Vec::as_slice);
            if let Placement::Write { bytes, .. } = place(lying, &row.bytes, flush.wall_is_steady).unwrap() {
                self.written_bytes += bytes.len();
                self.rings.insert(key, bytes);
            }
        }
    }

    fn restart(&mut self) {
        let stored = StoredMeasurements {
            series: self.series.values().cloned().collect(),
            kills: self.kills.clone(),
        };
        self.measurements = Measurements::begin(self.now(), TEN, boot(), stored);
        let plan = Measurements::to_remember(self.wall());
        let rows = self.rows(&plan);
        self.measurements.remember(self.now(), self.wall(), rows);
    }

    fn rows(&self, plan: &Plan) -> Vec<Vec<u8>> {
        let places = plan.places();
        let at_places = self.rings.iter().filter(|((resolution, at), _)| {
            *resolution == plan.resolution() && places.iter().any(|places| places.contains(at))
        });
        at_places.map(|(_, bytes)| bytes.clone()).collect()
    }

    fn past(&self, name: &str, label: Option<&str>, back: Duration, points_at_most: usize) -> Past {
        let range = Range {
            from: self.wall().before(back),
            to: self.wall(),
            points_at_most,
        };
        let plan = Plan::choose(range, self.wall());
        let series = self.measurements.series(name, label).unwrap();
        plan.answer(series, self.rows(&plan), self.measurements.unwritten())
    }

    fn value(&self, name: &str, label: Option<&str>) -> Option<f64> {
        self.measurements.value(self.now(), name, label)
    }
}

fn boot() -> Option<BootId> {
    BootId::parse("6f1c9a52-8e0f-4db1-9a25-6bcf5a2b8e11")
}

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

#[test]
fn a_level_is_known_now_lately_and_in_the_past() {
    let mut world = World::new();
    world.run(minutes(10), |secs, sample| {
        sample.add(&CPU_USED, if secs < 450 { 0.2 } else { 0.8 });
    });

    assert_eq!(world.value("cpu_used", None), Some(0.8));
    let mean = world
        .measurements
        .mean(world.now(), "cpu_used", None, minutes(5))
        .unwrap();
    assert!((mean.value - 0.52).abs() < 0.021, "{mean:?}");
    assert_eq!(mean.covered, minutes(5));
    let past = world.past("cpu_used", None, minutes(10), 300);
    assert_eq!((past.resolution, past.points.len()), (Resolution::TenSeconds, 60));
    assert!(past.points.iter().all(Option::is_some), "{past:?}");
}

#[test]
fn a_total_is_known_as_it_is_and_its_growth_as_mean_and_past() {
    let mut world = World::new();
    world.run(minutes(10), |secs, sample| {
        sample.add(&DISK_READ, 1e12 + secs as f64 * 100.0);
    });

    assert_eq!(world.value("disk_read", None), Some(1e12 + 60_000.0));
    let mean = world
        .measurements
        .mean(world.now(), "disk_read", None, minutes(5))
        .unwrap();
    assert_eq!(Some(mean.value), Some(100.0));
    let past = world.past("disk_read", None, minutes(10), 40);
    assert_eq!(past.resolution, Resolution::Minute);
    let whole = Cell::Counter {
        looks: 6,
        increase: 6_000.0,
        peak: 100.0,
    };
    assert_eq!(past.points[1..9], [Some(whole); 8]);
}

#[test]
fn a_pause_is_a_gap_and_nothing_is_drawn_through_it() {
    let mut world = World::new();
    let total = |secs: u64, sample: &mut Sample| {
        sample.add(&DISK_READ, secs as f64);
        sample.add(&CPU_USED, 0.5);
    };
    world.run(Duration::from_secs(299), total);
    world.run(minutes(5), |_, _| {});
    assert_eq!(world.value("cpu_used", None), None);
    assert_eq!(
        world
            .measurements
            .mean(world.now(), "cpu_used", None, minutes(5))
            .map(|mean| mean.covered),
        None
    );
    world.run(Duration::from_secs(301), total);

    let shape = |name| -> String {
        let past = world.past(name, None, minutes(15), 60);
        past.points
            .iter()
            .map(|point| if point.is_some() { 'x' } else { '.' })
            .collect()
    };
    assert_eq!(shape("cpu_used"), "xxxxx.....xxxxx");
    // What a total grew by in the pause happened nobody knows when.
    assert_eq!(shape("disk_read"), "xxxxx.....xxxxx");
    let past = world.past("disk_read", None, minutes(15), 60);
    assert_eq!(
        past.points[10],
        Some(Cell::Counter {
            looks: 5,
            increase: 50.0,
            peak: 1.0
        })
    );
}

#[test]
fn a_restart_in_the_middle_of_a_minute_and_an_hour_loses_at_most_what_was_not_written() {
    let mut world = World::new();
    let level = |_: u64, sample: &mut Sample| sample.add(&CPU_USED, 0.5);
    world.run(Duration::from_secs(1_830), level);
    let flush = world.measurements.flush_all(world.now());
    world.store(&flush);
    world.restart();
    world.run(Duration::from_secs(1_760), level);
    let flush = world.measurements.flush_all(world.now());
    world.store(&flush);

    let past = world.past("cpu_used", None, Duration::from_secs(3_590), 1);
    assert_eq!((past.resolution, past.points.len()), (Resolution::Hour, 1));
    // 360 looks, of which one fell together with the restart.
    assert_eq!(past.points[0].map(|cell| cell.looks()), Some(361));
}

#[test]
fn a_crash_costs_no_history_more_than_two_minutes() {
    let mut world = World::new();
    world.run(minutes(30), |_, sample| sample.add(&CPU_USED, 0.5));
    world.restart();

    for resolution in Resolution::ALL {
        let range = Range {
            from: world.wall().before(minutes(30)),
            to: world.wall(),
            points_at_most: 200,
        };
        let plan = Plan::of(resolution, range);
        let series = world.measurements.series("cpu_used", None).unwrap();
        let past = plan.answer(series, world.rows(&plan), []);
        let looks: u32 = past.points.iter().flatten().map(Cell::looks).sum();
        assert!((168..=181).contains(&looks), "{resolution:?}: {looks}");
    }
}

#[test]
fn a_disk_that_fills_says_when_and_still_does_after_a_restart() {
    let mut world = World::new();
    let filling = |secs: u64, sample: &mut Sample| {
        sample.add_for(&MOUNT_AVAILABLE, "data", 36e9 - secs as f64 * 1e6);
        sample.add_for(&MOUNT_AVAILABLE, "backup", 36e9);
    };
    world.run(minutes(120), filling);
    let before = world.value("mount_full_in", Some("data")).unwrap();
    assert!((before - 28_800.0).abs() < 120.0, "{before}");
    assert_eq!(world.value("mount_full_in", Some("backup")), None);
    let absent: Vec<_> = world.measurements.absences(world.now()).collect();
    let is_said = |label| {
        let mut all = absent.iter();
        all.any(|absence| {
            absence.definition.name == "mount_full_in" && absence.label.as_deref() == Some(label)
        })
    };
    assert!(is_said("backup"), "that it does not fill is known: {absent:?}");
    assert!(!is_said("data"));

    world.restart();
    assert_eq!(world.value("mount_full_in", Some("data")), None);
    world.run(minutes(2), filling);
    let after = world.value("mount_full_in", Some("data")).unwrap();
    assert!((after - 28_680.0).abs() < 120.0, "{after}");
}

#[test]
fn a_kill_for_want_of_memory_that_may_have_been_ours_is_told_after_the_start() {
    let mut world = World::new();
    world.run(minutes(3), |_, sample| sample.add_for(&OOM_KILLS, "machine", 4.0));
    assert_eq!(world.value("oom_kills_last_hour", None), Some(0.0));

    world.restart();
    world.run(minutes(2), |_, sample| sample.add_for(&OOM_KILLS, "machine", 5.0));
    assert_eq!(world.value("oom_kills_last_hour", None), Some(1.0));
}

#[test]
fn a_step_of_the_wall_clock_moves_no_mean_and_no_growth() {
    let mut world = World::new();
    let steady = |secs: u64, sample: &mut Sample| sample.add(&DISK_READ, secs as f64 * 10.0);
    world.run(minutes(5), steady);
    for step in [3_600_000, -7_200_000, 86_400_000] {
        world.wall_offset_millis += step;
        world.run(minutes(1), steady);
        let mean = world
            .measurements
            .mean(world.now(), "disk_read", None, minutes(5))
            .unwrap();
        assert_eq!((Some(mean.value), mean.covered), (Some(10.0), minutes(5)));
    }
}

#[test]
fn a_clock_in_a_wrong_year_makes_no_series_be_forgotten_until_it_has_gone_evenly_for_an_hour() {
    let mut world = World::new();
    world.run(minutes(3), |_, sample| sample.add(&CPU_USED, 0.5));
    let series = world.measurements.series("cpu_used", None).unwrap();
    world.wall_offset_millis += 20 * 365 * 86_400_000;

    world.run(minutes(59), |_, sample| sample.add(&PROCESS_THREADS, 5.0));
    assert!(world.series.contains_key(&series));
    world.run(minutes(3), |_, sample| sample.add(&PROCESS_THREADS, 5.0));
    assert!(!world.series.contains_key(&series));
}

#[test]
fn what_has_no_history_is_shown_and_not_kept() {
    let mut world = World::new();
    world.run(minutes(2), |_, sample| {
        sample.add_for(&BREAKER_OPEN_AGE, "example.org", 3.0);
    });

    assert_eq!(world.value("breaker_open_age", Some("example.org")), Some(3.0));
    assert_eq!(
        world.measurements.series("breaker_open_age", Some("example.org")),
        None
    );
    assert!(
        world
            .series
            .values()
            .all(|series| series.name != "breaker_open_age")
    );
}

#[test]
fn labels_that_come_and_go_are_bounded_and_the_refused_are_counted() {
    let mut world = World::new();
    world.run(minutes(3), |secs, sample| {
        sample.add_for(&NETWORK_RECEIVED, format!("tun{secs}"), 1.0);
    });

    let known = world.measurements.series_of("network_received").len();
    assert_eq!(Some(known), NETWORK_RECEIVED.label.map(|label| label.at_most));
    assert!(world.value("monitoring_refused", None) > Some(0.0));
}

#[test]
fn while_somebody_watches_a_slot_of_ten_seconds_has_ten_looks() {
    let mut world = World::new();
    let level = |_: u64, sample: &mut Sample| sample.add(&PROCESS_THREADS, 5.0);
    world.run(Duration::from_secs(30), level);
    for _ in 0..6 {
        world.measurements.watched(world.now());
        world.run(TEN, level);
    }

    let past = world.past("process_threads", None, minutes(1), 300);
    let looks: Vec<u32> = past.points.iter().flatten().map(Cell::looks).collect();
    assert_eq!(looks[1..5], [10; 4]);
}

#[test]
fn an_export_finds_name_help_unit_and_label_of_every_value() {
    let mut world = World::new();
    world.run(TEN, |_, sample| {
        sample.add(&MEMORY_AVAILABLE, 7.0);
        sample.add_for(&MOUNT_AVAILABLE, "data", 5.0);
    });

    let current = world.measurements.current(world.now());
    let lines: Vec<String> = current
        .iter()
        .map(|each| {
            let definition = each.definition;
            let unit = definition.unit.suffix().unwrap_or("");
            format!(
                "{}_{unit} {:?} {:?} {}",
                definition.name, definition.kind, each.label, each.value
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "memory_available_bytes Gauge None 7",
            "mount_available_bytes Gauge Some((\"mount\", \"data\")) 5"
        ]
    );
}

/// What a minute writes, with every series of the catalogue that has a history, all of them moving.
#[test]
fn a_minute_of_everything_that_moves_writes_less_than_the_budget() {
    let mut world = World::new();
    world.run(minutes(120), |secs, sample| {
        for (index, definition) in catalogue::definitions()
            .filter(|definition| definition.is_kept)
            .enumerate()
        {
            let value = (secs * (index as u64 + 3)) as f64 * 1.37;
            match definition.label {
                None => sample.add(definition, value),
                Some(label) => {
                    for each in 0..label.at_most {
                        sample.add_for(definition, format!("l{each}"), value);
                    }
                }
            }
        }
    });

    let per_minute = world.written_bytes / 120;
    assert!(per_minute < 32 * 1024, "{per_minute} bytes a minute");
}
