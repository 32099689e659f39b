//! `Measurements`: takes samples, and knows what is, what has been for the last minutes, and what is to be written. It
//! looks at nothing itself: a task hands it one sample after the other, and asks it when it wants to be called next.

use std::time::Duration;

use atlas_domain::Timestamp;

use super::catalogue::{find, machine, service};
use super::history::{
    Cell, Directory, Plan, Range, Recorder, Resolution, RowToWrite, SeriesId, StoredSeries, WallWatch,
    unpack_series,
};
use super::kills::{Kills, StoredKills};
use super::latest::{Current, Latest};
use super::recent::{Recent, RecentMean};
use super::rhythm::{Due, Rhythm};
use super::steps::Steps;
use super::trend::{TREND_SPAN, Trends};
use super::{Absence, BootId, Definition, Kind, Reading, Sample};
use crate::Moment;

/// What may be used up, and the series that says when.
static USED_UP: [(&Definition, &Definition); 2] = [
    (&machine::MOUNT_AVAILABLE, &machine::MOUNT_FULL_IN),
    (&machine::MOUNT_INODES_AVAILABLE, &machine::MOUNT_INODES_FULL_IN),
];

/// The source of what is concluded from what was measured.
const SOURCE: &str = "measurements";

/// What was stored before the start. Rows of history are not among it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredMeasurements {
    /// The series that rows mention.
    pub series: Vec<StoredSeries>,
    /// Processes that were killed for want of memory.
    pub kills: Option<StoredKills>,
}

/// What is to be written in one transaction, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flush {
    /// Series that are new, or seen on a new day: by number, in place of what is there.
    pub series: Vec<StoredSeries>,
    /// Rows, each to be placed as `place` says.
    pub rows: Vec<RowToWrite>,
    /// Series that no row mentions any more.
    pub forgotten: Vec<SeriesId>,
    /// In place of what is there, if it has changed.
    pub kills: Option<StoredKills>,
    /// What `place` wants to know of the wall clock.
    pub wall_is_steady: bool,
}

impl Flush {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty() && self.rows.is_empty() && self.forgotten.is_empty() && self.kills.is_none()
    }
}

/// What is measured: now, lately, and for the history.
#[derive(Debug)]
pub struct Measurements {
    rhythm: Rhythm,
    wall: WallWatch,
    directory: Directory,
    latest: Latest,
    recent: Recent,
    steps: Steps,
    trends: Trends,
    recorder: Recorder,
    kills: Kills,
    handed_out: StoredMeasurements,
    refused: u64,
}

impl Measurements {
    /// Begins at `now` with what was stored, on the start of the machine that `boot` names. Looks are due every
    /// `every`.
    pub fn begin(now: Moment, every: Duration, boot: Option<BootId>, stored: StoredMeasurements) -> Self {
        Self {
            rhythm: Rhythm::begin(now, every),
            wall: WallWatch::default(),
            directory: Directory::restore(stored.series),
            latest: Latest::default(),
            recent: Recent::default(),
            steps: Steps::default(),
            trends: Trends::default(),
            recorder: Recorder::default(),
            kills: Kills::restore(boot, stored.kills),
            handed_out: StoredMeasurements::default(),
            refused: 0,
        }
    }

    /// The question about the past that `remember` wants answered after a start: rows by the minute, of the last hours.
    pub fn to_remember(wall: Timestamp) -> Plan {
        let range = Range {
            from: wall.before(TREND_SPAN),
            to: wall,
            points_at_most: usize::try_from(TREND_SPAN.as_secs() / 60).unwrap_or(usize::MAX),
        };
        Plan::of(Resolution::Minute, range)
    }

    /// Learns from stored rows what was becoming less before the start; before anything is recorded. Rows that cannot
    /// be read are passed over.
    pub fn remember<Bytes: AsRef<[u8]>>(
        &mut self,
        now: Moment,
        wall: Timestamp,
        rows: impl IntoIterator<Item = Bytes>,
    ) {
        let series: Vec<SeriesId> = USED_UP
            .iter()
            .flat_map(|(left, _)| self.directory.labels(left))
            .map(|(_, series)| series)
            .collect();
        let mut points = Vec::new();
        for bytes in rows {
            for series in &series {
                let Ok((row, cells)) = unpack_series(bytes.as_ref(), *series) else {
                    continue;
                };
                let at = row.resolution.slot_start(row.resolution.first_slot(row.number));
                let mean = cells.first().copied().flatten().and_then(|cell| cell.mean());
                if let Some(mean) = mean.filter(|_| at <= wall && row.resolution == Resolution::Minute) {
                    points.push((now.before(wall.since(at)), *series, mean));
                }
            }
        }
        points.sort_by_key(|(at, ..)| *at);
        for (at, series, mean) in points {
            self.trends.add(at, series, mean);
        }
    }

    /// Takes what a source has measured.
    pub fn record(&mut self, now: Moment, wall: Timestamp, sample: Sample) {
        self.wall.look(now, wall);
        self.refused += sample.refused();
        for reading in sample
            .readings()
            .iter()
            .filter(|reading| reading.definition.is_kept)
        {
            match self.directory.number(reading, wall) {
                Some(series) => self.keep(now, wall, series, reading),
                None => self.refused += 1,
            }
        }
        let killed = sample.value(&machine::OOM_KILLS, Some("machine"));
        if let Some(total) = killed {
            self.kills.look(now, total as u64);
        }
        self.latest.take(now, sample);
    }

    fn keep(&mut self, now: Moment, wall: Timestamp, series: SeriesId, reading: &Reading) {
        let (cell, recent) = match reading.definition.kind {
            Kind::Counter => match self.steps.step(now, series, reading.value) {
                Some(step) => (Cell::growth(step.increase, step.per_second), step.per_second),
                None => return,
            },
            kind => (Cell::of_one(kind, reading.value), reading.value),
        };
        self.recorder.add(now, wall, series, cell);
        self.recent.add(now, series, recent);
        if USED_UP
            .iter()
            .any(|(left, _)| std::ptr::eq(*left, reading.definition))
        {
            self.trends.add(now, series, reading.value);
        }
    }

    /// When this wants to be called next.
    pub fn next_due(&self) -> Moment {
        self.rhythm.next_due()
    }

    /// What is due now: a look, a flush, or both. What is due counts as done.
    pub fn due(&mut self, now: Moment) -> Due {
        self.rhythm.due(now)
    }

    /// From now on looks are due every `every`.
    pub fn look_every(&mut self, now: Moment, every: Duration) {
        self.rhythm.change(now, every);
    }

    /// Somebody watches: for a short while looks are due every second. Whoever goes on watching says so again.
    pub fn watched(&mut self, now: Moment) {
        self.rhythm.watched(now);
    }

    /// Concludes what can be concluded, and says what is to be written. It says so again until `flushed`.
    pub fn flush(&mut self, now: Moment, wall: Timestamp) -> Flush {
        self.wall.look(now, wall);
        let conclusions = self.conclude(now);
        self.record(now, wall, conclusions);
        let wall_is_steady = self.wall.is_steady(now);
        let forgotten = if wall_is_steady {
            self.directory.forget_old(wall)
        } else {
            Vec::new()
        };
        self.recent.forget_old(now);
        self.steps.forget_old(now);
        let rows = self.recorder.hand_out(now, wall);
        self.handed_over(rows, forgotten, wall_is_steady)
    }

    /// Everything that is not written yet: the process is about to end.
    pub fn flush_all(&mut self, now: Moment) -> Flush {
        let rows = self.recorder.hand_out_all(now);
        self.handed_over(rows, Vec::new(), self.wall.is_steady(now))
    }

    fn handed_over(
        &mut self,
        rows: Vec<RowToWrite>,
        forgotten: Vec<SeriesId>,
        wall_is_steady: bool,
    ) -> Flush {
        self.handed_out = StoredMeasurements {
            series: self.directory.unstored(),
            kills: self.kills.unstored(),
        };
        Flush {
            series: self.handed_out.series.clone(),
            rows,
            forgotten,
            kills: self.handed_out.kills.clone(),
            wall_is_steady,
        }
    }

    /// The last flush has been committed. Where that is not known, leave it unsaid: what is written twice counts once.
    pub fn flushed(&mut self) {
        self.recorder.written();
        let stored = std::mem::take(&mut self.handed_out);
        self.directory.stored(&stored.series);
        if let Some(kills) = stored.kills {
            self.kills.stored(&kills);
        }
    }

    fn conclude(&mut self, now: Moment) -> Sample {
        let mut sample = Sample::of(SOURCE, Rhythm::FLUSH_EVERY);
        let killed = self.kills.in_last_hour(now).map(|count| count as f64);
        sample.add(&machine::OOM_KILLS_LAST_HOUR, killed);
        for (left, used_up_in) in USED_UP {
            for (label, series) in self.directory.labels(left) {
                // What is not measured any more has no future.
                if self.latest.value(now, left, label).is_none() {
                    continue;
                }
                let seconds = self.trends.used_up_in(now, series);
                let label = label.unwrap_or_default().to_owned();
                sample.add_for(used_up_in, label, seconds.map(|seconds| seconds.as_secs_f64()));
            }
        }
        sample.add(&service::MONITORING_REFUSED, self.refused as f64);
        sample.add(&service::MONITORING_ROWS_LOST, self.recorder.lost() as f64);
        sample
    }

    /// Every value that holds now, those of one definition together: for an export.
    pub fn current(&self, now: Moment) -> Vec<Current<'_>> {
        self.latest.current(now)
    }

    /// Of what its source says now that there is no value: where all is well, of some there is none.
    pub fn absences(&self, now: Moment) -> impl Iterator<Item = &Absence> {
        self.latest.absences(now)
    }

    /// The value of a series now; absent if it is not measured.
    pub fn value(&self, now: Moment, name: &str, label: Option<&str>) -> Option<f64> {
        self.latest.value(now, find(name)?, label)
    }

    /// The mean of a series over the last `over`, of five minutes at most; of a total, its growth a second.
    pub fn mean(&self, now: Moment, name: &str, label: Option<&str>, over: Duration) -> Option<RecentMean> {
        self.recent.mean(now, self.series(name, label)?, over)
    }

    /// The number of a series in stored rows, for questions about the past.
    pub fn series(&self, name: &str, label: Option<&str>) -> Option<SeriesId> {
        self.directory.find(find(name)?, label)
    }

    /// Every series of that name that has a history: the value of its label, and its number.
    pub fn series_of(&self, name: &str) -> Vec<(Option<&str>, SeriesId)> {
        find(name).map_or_else(Vec::new, |definition| self.directory.labels(definition))
    }

    /// Rows that may not be in the rings yet, for an answer that goes up to now.
    pub fn unwritten(&self) -> impl Iterator<Item = Vec<u8>> {
        self.recorder.unwritten()
    }
}
