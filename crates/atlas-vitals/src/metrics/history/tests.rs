//! What stored history promises: whatever is packed is read back, whatever is read never panics, and rings that are
//! written row by row answer like a list of everything that was measured.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use atlas_domain::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::Moment;
use crate::metrics::Kind;

const SERIES: SeriesId = SeriesId(7);
const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

/// Three rings, as whoever keeps them treats them.
#[derive(Default)]
struct Rings(HashMap<(Resolution, u32), Vec<u8>>);

impl Rings {
    fn write(&mut self, rows: &[RowToWrite], wall_is_steady: bool) -> Vec<Placement> {
        rows.iter()
            .map(|row| {
                let key = (row.resolution, row.place);
                let placement =
                    place(self.0.get(&key).map(Vec::as_slice), &row.bytes, wall_is_steady).unwrap();
                if let Placement::Write { bytes, .. } = &placement {
                    self.0.insert(key, bytes.clone());
                }
                placement
            })
            .collect()
    }

    fn answer(&self, plan: &Plan, unwritten: Vec<Vec<u8>>) -> Past {
        let places = plan.places();
        let rows = self.0.iter().filter(|((resolution, at), _)| {
            *resolution == plan.resolution() && places.iter().any(|places| places.contains(at))
        });
        plan.answer(SERIES, rows.map(|(_, bytes)| bytes.clone()), unwritten)
    }
}

fn wall(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn moment(millis: i64) -> Moment {
    Moment::from_millis(u64::try_from(millis).unwrap())
}

fn gauge(value: f64) -> Cell {
    Cell::of_one(Kind::Gauge, value)
}

fn packed_row(resolution: Resolution, number: i64, closed_at: u64, value: f64) -> Vec<u8> {
    let mut row = Row::empty(resolution, number);
    row.closed_at = Moment::from_millis(closed_at);
    row.add(SERIES, resolution.first_slot(number), gauge(value));
    pack(&row)
}

fn mean(cell: Option<Cell>) -> Option<f64> {
    cell.and_then(|cell| cell.mean())
}

fn any_value() -> impl Strategy<Value = f64> {
    // Values that single precision keeps, so that the way there and back is exact.
    prop_oneof![
        Just(0.0),
        Just(1.0),
        any::<f32>()
            .prop_filter("finite", |v| v.is_finite())
            .prop_map(|v| f64::from(v) + 0.0)
    ]
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let values = (
        1_u32..5_000,
        any_value(),
        any_value(),
        any_value(),
        any_value(),
        0..6,
    );
    values.prop_map(|(looks, a, b, c, d, shape)| match shape {
        0 => Cell::Gauge {
            looks,
            mean: a,
            min: b,
            max: c,
            last: d,
        },
        1 => Cell::Gauge {
            looks,
            mean: a,
            min: a,
            max: a,
            last: a,
        },
        2 => Cell::Counter {
            looks,
            increase: a,
            peak: b,
        },
        3 => Cell::Counter {
            looks,
            increase: 0.0,
            peak: 0.0,
        },
        4 => Cell::Rate {
            looks,
            mean: a,
            min: b,
            max: c,
        },
        _ => gauge(1.0),
    })
}

fn any_row() -> impl Strategy<Value = Row> {
    let resolution = prop::sample::select(Resolution::ALL.to_vec());
    let row = (resolution, any::<i64>(), any::<u64>());
    row.prop_flat_map(|(resolution, number, closed_at)| {
        let count = resolution.slots_per_row();
        let cells = prop::collection::vec(prop::option::of(any_cell()), count..=count);
        prop::collection::btree_map(any::<u32>().prop_map(SeriesId), cells, 0..8).prop_map(move |cells| Row {
            resolution,
            number,
            closed_at: Moment::from_millis(closed_at),
            cells,
        })
    })
}

proptest! {
    #[test]
    fn a_packed_row_is_read_back_as_it_was(row in any_row()) {
        let bytes = pack(&row);
        prop_assert_eq!(unpack(&bytes), Ok(row.clone()));
        for (series, cells) in &row.cells {
            prop_assert_eq!(&unpack_series(&bytes, *series).unwrap().1, cells);
        }
    }

    #[test]
    fn a_row_that_is_cut_or_changed_anywhere_is_an_error_or_another_row(
        row in any_row(),
        at in any::<prop::sample::Index>(),
        changed in any::<u8>(),
    ) {
        let mut bytes = pack(&row);
        let at = at.index(bytes.len());
        let _ = unpack(&bytes[..at]);
        bytes[at] = changed;
        if let Ok(read) = unpack(&bytes) {
            prop_assert_eq!(unpack(&pack(&read)), Ok(read));
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = unpack(&bytes);
        let known: Vec<u8> = [1, 0].into_iter().chain(bytes).collect();
        let _ = unpack(&known);
        let _ = unpack_series(&known, SERIES);
    }
}

#[rstest]
#[case::nothing(&[], RowError::Truncated)]
#[case::a_later_version(&[2, 0, 0, 0], RowError::UnknownVersion(2))]
#[case::a_resolution_that_does_not_exist(&[1, 3, 0, 0], RowError::UnknownResolution(3))]
#[case::a_header_without_end(&[1, 1, 0x80], RowError::Truncated)]
#[case::a_series_twice(&[1, 1, 0, 0, 0], RowError::Damaged("series are out of order"))]
#[case::a_repetition_of_nothing(&[1, 1, 0, 0, 1, 0x10], RowError::Damaged("a cell repeats nothing"))]
#[case::a_kind_that_does_not_exist(&[1, 1, 0, 0, 1, 0x1d], RowError::Damaged("a cell is of no kind"))]
#[case::a_value_that_is_no_number(&[1, 1, 0, 0, 1, 0x12, 0, 0, 0xc0, 0x7f], RowError::Damaged("a value is no number"))]
fn what_cannot_be_read_says_why(#[case] bytes: &[u8], #[case] error: RowError) {
    assert_eq!(unpack(bytes), Err(error));
}

#[test]
fn the_form_of_a_row_is_the_documented_one() {
    let mut row = Row::empty(Resolution::TenSeconds, -1);
    row.closed_at = Moment::from_millis(300);
    for (slot, value) in [(-6, 1.0), (-5, 1.0), (-3, 0.0)] {
        row.add(SeriesId(0), slot, gauge(value));
    }
    row.add(SeriesId(2), -1, Cell::growth(1.0, 0.5));

    let expected: &[u8] = &[
        1, 0, 1, 0xac, 2, // version, resolution, number -1, closed at 300
        1, 0x12, 0, 0, 0x80, 0x3f, 0x10, 0, 0x11, 0, 0, // series 0: 1.0, as before, gap, zero, two gaps
        2, 0, 0, 0, 0, 0, 0x17, 0, 0, 0x80, 0x3f, 0, 0, 0,
        0x3f, // series 2: five gaps, growth 1.0 and peak 0.5
    ];
    assert_eq!(pack(&row), expected);
}

#[test]
fn a_value_beyond_what_is_stored_becomes_the_greatest() {
    let mut row = Row::empty(Resolution::Minute, 0);
    row.add(SERIES, 0, gauge(1e300));

    let read = unpack(&pack(&row)).unwrap();
    assert_eq!(mean(read.cells[&SERIES][0]), Some(f64::from(f32::MAX)));
}

#[rstest]
#[case::an_empty_place(None, 100, false, "write")]
#[case::the_turn_before(Some((100 - 1_441, 5)), 100, false, "write")]
#[case::an_earlier_portion(Some((100, 5)), 100, false, "merge")]
#[case::the_same_portion(Some((100, 9)), 100, false, "there")]
#[case::a_portion_that_has_this_one_in_it(Some((100, 10)), 100, false, "there")]
#[case::a_later_time_while_the_clock_may_be_wrong(Some((100 + 1_441, 5)), 100, false, "later")]
#[case::a_later_time_that_a_steady_clock_gives_the_lie(Some((100 + 1_441, 5)), 100, true, "write")]
fn a_place_is_treated_by_what_lies_there(
    #[case] lying: Option<(i64, u64)>,
    #[case] number: i64,
    #[case] wall_is_steady: bool,
    #[case] expected: &str,
) {
    let lying = lying.map(|(number, closed_at)| packed_row(Resolution::TenSeconds, number, closed_at, 1.0));
    let incoming = packed_row(Resolution::TenSeconds, number, 9, 3.0);

    let placement = place(lying.as_deref(), &incoming, wall_is_steady).unwrap();
    let said = match &placement {
        Placement::AlreadyThere => "there",
        Placement::LaterTimeThere => "later",
        Placement::Write { bytes, unreadable } => {
            assert_eq!(*unreadable, None);
            match mean(unpack(bytes).unwrap().cells[&SERIES][0]) {
                Some(3.0) => "write",
                Some(2.0) => "merge",
                other => panic!("{other:?}"),
            }
        }
    };
    assert_eq!(said, expected);
}

#[test]
fn a_row_that_cannot_be_read_makes_room_and_is_told() {
    let incoming = packed_row(Resolution::Minute, 5, 9, 3.0);
    let of_other_ring = packed_row(Resolution::Hour, 5, 9, 3.0);
    for (lying, error) in [
        (&[9, 9, 9][..], RowError::UnknownVersion(9)),
        (&of_other_ring, RowError::OtherResolution),
    ] {
        let Placement::Write { bytes, unreadable } = place(Some(lying), &incoming, false).unwrap() else {
            panic!("not written");
        };
        assert_eq!(bytes, incoming);
        assert_eq!(unreadable, Some(error));
    }
}

#[test]
fn a_clock_that_was_set_back_loses_nothing_that_was_measured() {
    let (mut recorder, mut rings) = (Recorder::default(), Rings::default());
    // An hour passes; the clock is set back by it; the same hour is measured again, higher.
    for second in (0..7_200).step_by(10) {
        let millis = second * SECOND;
        let (shown, value) = if millis < HOUR {
            (millis, 1.0)
        } else {
            (millis - HOUR, 3.0)
        };
        recorder.add(moment(millis), wall(shown), SERIES, gauge(value));
        if second % 60 == 50 {
            rings.write(&recorder.hand_out(moment(millis), wall(shown)), false);
            recorder.written();
        }
    }
    rings.write(&recorder.hand_out_all(moment(2 * HOUR)), false);

    let range = Range {
        from: wall(0),
        to: wall(HOUR),
        points_at_most: 60,
    };
    let past = rings.answer(&Plan::choose(range, wall(HOUR)), Vec::new());
    assert_eq!(past.points.len(), 60);
    for point in past.points {
        let Some(Cell::Gauge {
            looks,
            mean,
            min,
            max,
            last,
        }) = point
        else {
            panic!("a gap");
        };
        assert_eq!(
            (looks, Some((mean, min, max, last))),
            (12, Some((2.0, 1.0, 3.0, 3.0)))
        );
    }
}

#[test]
fn a_clock_in_the_wrong_century_for_five_minutes_destroys_no_row() {
    let (mut recorder, mut rings) = (Recorder::default(), Rings::default());
    let century = 56 * 365 * 24 * HOUR;
    for second in (0..86_400).step_by(10) {
        let millis = second * SECOND;
        recorder.add(moment(millis), wall(century + millis), SERIES, gauge(1.0));
        if second % 60 == 50 {
            rings.write(&recorder.hand_out(moment(millis), wall(century + millis)), true);
            recorder.written();
        }
    }
    rings.write(&recorder.hand_out_all(moment(24 * HOUR)), true);
    recorder.written();
    let before = rings.0.clone();

    for second in (0..300).step_by(10) {
        recorder.add(
            moment(24 * HOUR + second * SECOND),
            wall(second * SECOND),
            SERIES,
            gauge(9.0),
        );
    }
    let placements = rings.write(&recorder.hand_out_all(moment(25 * HOUR)), false);

    assert!(placements.contains(&Placement::LaterTimeThere));
    let untouched = before
        .iter()
        .filter(|(key, bytes)| rings.0.get(*key) == Some(*bytes))
        .count();
    assert_eq!(untouched, before.len());
}

#[test]
fn what_is_written_twice_counts_once() {
    let (mut recorder, mut rings) = (Recorder::default(), Rings::default());
    for second in (0..600).step_by(10) {
        let millis = second * SECOND;
        recorder.add(moment(millis), wall(millis), SERIES, Cell::growth(1.0, 0.1));
        if second % 60 == 50 {
            // Nobody ever knows whether the commit went through.
            rings.write(&recorder.hand_out(moment(millis), wall(millis)), false);
        }
    }
    let now = wall(600 * SECOND);
    let unwritten: Vec<Vec<u8>> = recorder.unwritten().collect();

    for (resolution, points) in [
        (Resolution::TenSeconds, 60),
        (Resolution::Minute, 10),
        (Resolution::Hour, 1),
    ] {
        let plan = Plan::of(
            resolution,
            Range {
                from: wall(0),
                to: now,
                points_at_most: 100,
            },
        );
        let past = rings.answer(&plan, unwritten.clone());
        let growth: f64 = past
            .points
            .iter()
            .flatten()
            .map(|cell| match cell {
                Cell::Counter { increase, .. } => *increase,
                _ => f64::NAN,
            })
            .sum();
        assert_eq!(
            (resolution, past.points.len(), Some(growth)),
            (resolution, points, Some(60.0))
        );
    }
}

#[test]
fn portions_that_are_closed_in_one_moment_are_told_apart() {
    let (mut recorder, mut rings) = (Recorder::default(), Rings::default());
    // The clock is set twice while the steady line stands.
    for shown in [0, 5 * HOUR, 0] {
        recorder.add(moment(HOUR), wall(shown), SERIES, gauge(1.0));
    }
    rings.write(&recorder.hand_out_all(moment(HOUR)), false);

    for resolution in Resolution::ALL {
        let plan = Plan::of(
            resolution,
            Range {
                from: wall(0),
                to: wall(1),
                points_at_most: 1,
            },
        );
        let past = rings.answer(&plan, Vec::new());
        assert_eq!(past.points[0].map(|cell| cell.looks()), Some(2), "{resolution:?}");
    }
}

#[test]
fn what_is_closed_while_others_are_being_written_waits_for_the_next_time() {
    let mut recorder = Recorder::default();
    recorder.add(moment(0), wall(0), SERIES, gauge(1.0));
    let first = recorder.hand_out_all(moment(1));
    recorder.add(moment(60_000), wall(60_000), SERIES, gauge(1.0));
    recorder.add(moment(120_000), wall(120_000), SERIES, gauge(1.0));
    recorder.written();

    let second = recorder.hand_out(moment(120_000), wall(120_000));
    assert_eq!((first.len(), second.len()), (3, 3));
    assert!(second.iter().all(|row| !first.contains(row)));
}

#[test]
fn rows_that_cannot_be_written_wait_for_an_hour_and_then_the_oldest_are_lost() {
    let mut recorder = Recorder::default();
    for minute in 0..120 {
        let millis = minute * 60 * SECOND;
        recorder.add(moment(millis), wall(millis), SERIES, gauge(1.0));
        recorder.hand_out(moment(millis), wall(millis));
    }
    let rows = recorder.hand_out_all(moment(120 * 60 * SECOND));

    assert_eq!(rows.len(), 180);
    assert!(recorder.lost() > 0);
    recorder.written();
    assert_eq!(recorder.unwritten().count(), 0);
}

#[rstest]
#[case::ten_minutes(600, 300, Resolution::TenSeconds, 10)]
#[case::an_hour(3_600, 300, Resolution::TenSeconds, 20)]
#[case::an_hour_on_a_small_screen(3_600, 100, Resolution::Minute, 60)]
#[case::a_day(86_400, 500, Resolution::Minute, 180)]
#[case::a_week(7 * 86_400, 500, Resolution::Hour, 3_600)]
#[case::two_weeks_and_more(15 * 86_400, 2_000, Resolution::Hour, 3_600)]
#[case::two_years(730 * 86_400, 500, Resolution::Hour, 129_600)]
#[case::longer_than_anything_is_kept(4_000 * 86_400, 500, Resolution::Hour, 129_600)]
fn a_range_chooses_the_history_that_fits_it(
    #[case] seconds: i64,
    #[case] points_at_most: usize,
    #[case] resolution: Resolution,
    #[case] step_secs: u64,
) {
    let now = wall(20_000 * 24 * HOUR);
    let range = Range {
        from: wall(now.as_millis() - seconds * SECOND),
        to: now,
        points_at_most,
    };

    let plan = Plan::choose(range, now);
    assert_eq!(
        (plan.resolution(), plan.step()),
        (resolution, Duration::from_secs(step_secs))
    );
}

#[test]
fn what_lies_beyond_a_history_is_asked_of_a_longer_one() {
    let now = wall(20_000 * 24 * HOUR);
    let hour_of = |days: i64| Range {
        from: wall(now.as_millis() - days * 24 * HOUR),
        to: wall(now.as_millis() - days * 24 * HOUR + HOUR),
        points_at_most: 400,
    };
    assert_eq!(Plan::choose(hour_of(1), now).resolution(), Resolution::TenSeconds);
    assert_eq!(Plan::choose(hour_of(2), now).resolution(), Resolution::Minute);
    assert_eq!(Plan::choose(hour_of(20), now).resolution(), Resolution::Hour);
}

#[test]
fn a_range_without_length_is_one_point() {
    let now = wall(20_000 * 24 * HOUR);
    for to in [now, wall(0)] {
        let plan = Plan::choose(
            Range {
                from: now,
                to,
                points_at_most: 0,
            },
            now,
        );
        assert_eq!(plan.answer::<Vec<u8>>(SERIES, [], []).points, [None]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Looks with pauses, flushed now and then, some of it never confirmed: every history answers like the list of all.
    #[test]
    fn rings_answer_like_the_list_of_everything_that_was_measured(
        start in 0_i64..200_000,
        looks in prop::collection::vec((1_i64..400, -1_000_i16..1_000, prop::option::weighted(0.1, any::<bool>())), 1..150),
        points_at_most in 1_usize..200,
    ) {
        let (mut recorder, mut rings) = (Recorder::default(), Rings::default());
        let mut all: Vec<(i64, f64)> = Vec::new();
        let mut now = start * SECOND;
        for (seconds, value, flush) in looks {
            now += seconds * SECOND;
            let value = f64::from(value);
            recorder.add(moment(now), wall(now), SERIES, gauge(value));
            all.push((now, value));
            if let Some(is_confirmed) = flush {
                rings.write(&recorder.hand_out(moment(now), wall(now)), false);
                if is_confirmed {
                    recorder.written();
                }
            }
        }
        let unwritten: Vec<Vec<u8>> = recorder.unwritten().collect();
        let range = Range { from: wall(start * SECOND), to: wall(now + 1), points_at_most };
        for resolution in Resolution::ALL {
            let plan = Plan::of(resolution, range);
            let past = rings.answer(&plan, unwritten.clone());
            prop_assert_eq!(past.unreadable_rows, 0);
            let step = i64::try_from(past.step.as_millis()).unwrap();
            let mut expected: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
            for (at, value) in &all {
                expected.entry((at - past.from.as_millis()).div_euclid(step)).or_default().push(*value);
            }
            for (index, point) in (0..).zip(&past.points) {
                match (expected.get(&index), point) {
                    (None, None) => {}
                    (Some(values), Some(Cell::Gauge { looks, mean, min, max, last })) => {
                        prop_assert_eq!(*looks as usize, values.len());
                        prop_assert!((mean - values.iter().sum::<f64>() / values.len() as f64).abs() < 0.01);
                        prop_assert_eq!(Some(*min), values.iter().copied().reduce(f64::min));
                        prop_assert_eq!(Some(*max), values.iter().copied().reduce(f64::max));
                        prop_assert_eq!(Some(*last), values.last().copied());
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert!(expected.keys().all(|index| (0..past.points.len() as i64).contains(index)));
            prop_assert!(past.points.len() <= points_at_most + 1);
        }
    }
}
