//! What was and is measured, for charts and tables: every series there is, and points out of its history. It only
//! reads; what is not known stays absent, and nothing is drawn through a gap.

use std::time::Duration;

use atlas_domain::Timestamp;
use atlas_store::Ops;
use atlas_vitals::metrics::catalogue::{definitions, find};
use atlas_vitals::metrics::{Cell, Definition, Past, Plan, Range, SeriesId};
use serde::{Deserialize, Serialize};

use super::Vitals;
use super::recorded::{KnownSeries, Recorded};
use crate::error::AppError;

/// How many series may be named in one question.
const NAMES_AT_MOST: usize = 20;
/// How many points an answer has, of all its series together.
const POINTS_AT_MOST: usize = 20_000;
/// How many points one series has, when nobody says otherwise, and at most: an hour is told in the finest history.
const POINTS: u32 = 400;
const POINTS_OF_A_SERIES_AT_MOST: u32 = 2_000;
/// From how far back, when nobody says otherwise.
const SPAN: Duration = Duration::from_hours(1);
/// No row mentions it: its past is a gap.
const NEVER_MEASURED: SeriesId = SeriesId(u32::MAX);

/// Everything that can be measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesList {
    /// In the order of the catalogue, those of one name together.
    pub series: Vec<SeriesView>,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesView {
    /// The name, by which it is asked for.
    pub name: String,
    /// What its label is called; none where it is not divided by one.
    pub label_key: Option<String>,
    /// The value of the label; none as well where nothing of that name has been measured yet.
    pub label: Option<String>,
    /// What it counts: `bytes`, `seconds`, `ratio` (1 is all of it), `cores`, or `count`.
    pub unit: String,
    /// `gauge`: a level. `counter`: a total that only grows. `rate`: what happened between looks, divided by the time.
    pub kind: String,
    /// What it says, as a phrase for people.
    pub help: String,
    /// How much it is now, of a counter the total; none while it is not measured.
    pub value: Option<f64>,
    /// Whether there are points of it.
    pub has_history: bool,
}

/// A question about the past.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeQuery {
    /// Names, between commas; each alone, or as `name:label` for one value of its label.
    pub series: String,
    /// Of names that are divided by a label and say no value of it, only this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The first moment; an hour before `until` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The moment after the last; now without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How many points are of use for each series; 400 without it, 2,000 at most. One more may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
    /// Somebody watches: for the next seconds everything is measured every second.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub watch: bool,
}

/// Points of several series, all at the same times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RangeView {
    /// Where the first point begins: at an even time, and so perhaps before what was asked for.
    pub from: Timestamp,
    /// The moment after the last.
    pub until: Timestamp,
    /// How fine the history is that they come from: 10, 60 or 3,600 seconds.
    pub resolution_secs: u64,
    /// How much time one point covers: a multiple of that.
    pub step_secs: u64,
    /// In the order in which they were asked for.
    pub series: Vec<RangeSeries>,
    /// Rows of history that could not be read. They are gaps.
    #[serde(default)]
    pub unreadable_rows: usize,
}

/// The past of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RangeSeries {
    /// What it is.
    #[serde(flatten)]
    pub about: SeriesView,
    /// In order, without holes; where nothing is known, without values.
    pub points: Vec<PointView>,
}

/// What is known of one series in one stretch of time, in seven digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PointView {
    /// Where it begins.
    pub at: Timestamp,
    /// The mean; of a counter, its growth a second.
    pub mean: Option<f32>,
    /// The least; none of a counter.
    pub min: Option<f32>,
    /// The greatest; of a counter, its fastest growth a second.
    pub max: Option<f32>,
    /// What a counter grew by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increase: Option<f32>,
}

impl Vitals {
    /// Every series there is, with its value where it is measured.
    pub async fn series(&self) -> Result<SeriesList, AppError> {
        Ok(listed(&self.recorded().await?))
    }

    /// Points out of the history, up to now: what is not written yet is among them.
    pub async fn range(&self, query: &RangeQuery) -> Result<RangeView, AppError> {
        let asked = Asked::understand(query, self.wall())?;
        if query.watch {
            self.watched().await?;
        }
        let plan = Plan::choose(asked.range, self.wall());
        let (mut recorded, mut rows) = (self.recorded().await?, self.ops.metric_rows(&plan).await?);
        let after = self.recorded().await?;
        if after.flushes != recorded.flushes {
            // What was written meanwhile would count twice. The next time is a minute away.
            (recorded, rows) = (after, self.ops.metric_rows(&plan).await?);
        }
        asked.answer(&plan, &recorded, &rows)
    }
}

/// Every series that whoever looked after the library last has left; none has a value now.
pub(crate) async fn left_series(ops: &Ops) -> Result<SeriesList, AppError> {
    Ok(listed(&Recorded::stored(ops.stored_measurements().await?)))
}

/// Points out of the history that is left.
pub(crate) async fn left_range(ops: &Ops, query: &RangeQuery, now: Timestamp) -> Result<RangeView, AppError> {
    let asked = Asked::understand(query, now)?;
    let plan = Plan::choose(asked.range, now);
    let recorded = Recorded::stored(ops.stored_measurements().await?);
    asked.answer(&plan, &recorded, &ops.metric_rows(&plan).await?)
}

fn listed(recorded: &Recorded) -> SeriesList {
    let mut series = Vec::new();
    for definition in definitions() {
        let known = recorded.known.iter();
        let known = known.filter(|known| known.definition.name == definition.name);
        let now = recorded.current.iter();
        let now = now.filter(|value| value.definition.name == definition.name);
        let mut labels: Vec<Option<&str>> = known
            .map(|known| known.label.as_deref())
            .chain(now.map(|value| value.label.as_ref().map(|(_, label)| label.as_str())))
            .collect();
        if labels.is_empty() {
            labels.push(None);
        }
        labels.sort_unstable();
        labels.dedup();
        series.extend(
            labels
                .into_iter()
                .map(|label| SeriesView::of(definition, label, recorded)),
        );
    }
    SeriesList { series }
}

impl SeriesView {
    fn of(definition: &'static Definition, label: Option<&str>, recorded: &Recorded) -> Self {
        Self {
            name: definition.name.to_owned(),
            label_key: definition.label.map(|label| label.key.to_owned()),
            label: label.map(str::to_owned),
            unit: definition.unit.suffix().unwrap_or("count").to_owned(),
            kind: definition.kind.as_str().to_owned(),
            help: definition.help.to_owned(),
            value: recorded.value(definition, label),
            has_history: definition.is_kept,
        }
    }
}

/// A question that makes sense.
struct Asked {
    series: Vec<Wanted>,
    range: Range,
}

/// A name, and which value of its label; all of them if none is said.
struct Wanted {
    definition: &'static Definition,
    label: Option<String>,
}

impl Asked {
    fn understand(query: &RangeQuery, now: Timestamp) -> Result<Self, AppError> {
        let names: Vec<&str> = query
            .series
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            return Err(refused("`series` is empty: name one, or several between commas"));
        }
        if names.len() > NAMES_AT_MOST {
            let message = format!(
                "`series` names {}, and {NAMES_AT_MOST} may be asked for at once",
                names.len()
            );
            return Err(refused(message));
        }
        let label = query.label.as_deref();
        let series: Result<_, _> = names.into_iter().map(|name| wanted(name, label)).collect();
        let points = query.points.unwrap_or(POINTS);
        if !(1..=POINTS_OF_A_SERIES_AT_MOST).contains(&points) {
            let message = format!("`points` is {points}; give 1 to {POINTS_OF_A_SERIES_AT_MOST}");
            return Err(refused(message));
        }
        Ok(Self {
            series: series?,
            range: Range {
                points_at_most: points as usize,
                ..times(query, now)?
            },
        })
    }

    fn answer(&self, plan: &Plan, recorded: &Recorded, rows: &[Vec<u8>]) -> Result<RangeView, AppError> {
        let mut chosen: Vec<(&'static Definition, Option<String>, SeriesId)> = Vec::new();
        for wanted in &self.series {
            for series in wanted.among(&recorded.known) {
                if !chosen.contains(&series) {
                    chosen.push(series);
                }
            }
        }
        let points = chosen.len() * self.range.points_at_most;
        if points > POINTS_AT_MOST {
            let message = format!(
                "these are {} series with {} points each, and {POINTS_AT_MOST} points may be asked for at once: name \
                 fewer series, say `name:label` for one value of a label, or ask for fewer `points`",
                chosen.len(),
                self.range.points_at_most
            );
            return Err(refused(message));
        }
        let empty = plan.answer(NEVER_MEASURED, no_rows(), no_rows());
        let mut view = RangeView {
            from: empty.from,
            until: self.range.to,
            resolution_secs: plan.resolution().step().as_secs(),
            step_secs: plan.step().as_secs(),
            series: Vec::new(),
            unreadable_rows: 0,
        };
        for (definition, label, id) in chosen {
            let past = plan.answer(id, rows.iter(), recorded.unwritten.iter());
            view.unreadable_rows = view.unreadable_rows.max(past.unreadable_rows);
            view.series.push(RangeSeries {
                about: SeriesView::of(definition, label.as_deref(), recorded),
                points: points_of(&past, self.range.to),
            });
        }
        Ok(view)
    }
}

impl Wanted {
    /// What of it has a history. What was named exactly is answered with a gap where it has none.
    fn among(&self, known: &[KnownSeries]) -> Vec<(&'static Definition, Option<String>, SeriesId)> {
        let meant = known.iter().filter(|known| {
            known.definition.name == self.definition.name
                && (self.label.is_none() || known.label == self.label)
        });
        let mut meant: Vec<_> = meant
            .map(|known| (known.definition, known.label.clone(), known.id))
            .collect();
        if meant.is_empty() && (self.label.is_some() || self.definition.label.is_none()) {
            meant.push((self.definition, self.label.clone(), NEVER_MEASURED));
        }
        meant.sort_by(|(_, one, _), (_, other, _)| one.cmp(other));
        meant
    }
}

fn wanted(text: &str, label: Option<&str>) -> Result<Wanted, AppError> {
    let (name, own_label) = match text.split_once(':') {
        Some((name, label)) => (name, Some(label)),
        None => (text, None),
    };
    let definition = find(name).ok_or_else(|| {
        refused(format!(
            "there is no series `{name}`; `atlas metrics` and `GET /api/v1/metrics` list them"
        ))
    })?;
    if !definition.is_kept {
        return Err(refused(format!(
            "`{name}` has no history: it is shown only as it is now"
        )));
    }
    if own_label.is_some() && definition.label.is_none() {
        return Err(refused(format!(
            "`{name}` is one series: ask for it without `:` and a label"
        )));
    }
    let of_all = label.filter(|_| definition.label.is_some());
    Ok(Wanted {
        definition,
        label: own_label.or(of_all).map(str::to_owned),
    })
}

/// There is nothing to be had of the time to come.
fn times(query: &RangeQuery, now: Timestamp) -> Result<Range, AppError> {
    let to = query.until.unwrap_or(now).min(now);
    let from = query.from.unwrap_or_else(|| to.before(SPAN));
    if from >= to {
        let message = match query.until {
            Some(until) if until <= now => format!("`from` ({from}) must be before `until` ({until})"),
            _ => format!("`from` ({from}) must be before now ({now})"),
        };
        return Err(refused(message));
    }
    Ok(Range {
        from,
        to,
        points_at_most: 1,
    })
}

fn points_of(past: &Past, until: Timestamp) -> Vec<PointView> {
    let begins = (0..).map(|number| past.from.after(past.step * number));
    let point = |(at, cell): (Timestamp, &Option<Cell>)| point(at, *cell, past.step.min(until.since(at)));
    begins.zip(&past.points).map(point).collect()
}

/// `passed` is how much of the point's time has passed.
fn point(at: Timestamp, cell: Option<Cell>, passed: Duration) -> PointView {
    let rounded = |value: f64| Some(value as f32);
    let (mean, min, max, increase) = match cell {
        None => (None, None, None, None),
        Some(Cell::Gauge { mean, min, max, .. } | Cell::Rate { mean, min, max, .. }) => {
            (rounded(mean), rounded(min), rounded(max), None)
        }
        Some(Cell::Counter { increase, peak, .. }) => {
            let a_second = increase / passed.as_secs_f64().max(1.0);
            // Of a moment that has hardly begun, more would be told than there ever was.
            (
                rounded(a_second.min(peak)),
                None,
                rounded(peak),
                rounded(increase),
            )
        }
    };
    PointView {
        at,
        mean,
        min,
        max,
        increase,
    }
}

fn no_rows() -> std::iter::Empty<Vec<u8>> {
    std::iter::empty()
}

fn refused(message: impl Into<String>) -> AppError {
    AppError::Invalid(message.into())
}
