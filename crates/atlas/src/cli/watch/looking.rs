//! Looks at a server, again and again, and makes pictures of what it answers. What one of its routes refuses is a note
//! on the picture; where the server itself does not answer, there is none.

use std::time::Duration;

use atlas_app::StatusView;
use atlas_app::services::view::{BreakerList, BreakerView};
use atlas_app::views::alerts::{AlertList, AlertView};
use atlas_app::vitals::{CheckView, RangeQuery, RangeSeries, RangeView};
use atlas_domain::Timestamp;
use tokio::time::timeout;

use super::draw::BESIDE_BARS;
use super::picture::{BreakerLine, Chart, IncidentLine, Picture, ServiceLine};
use crate::cli::routes::{self, with_query};
use crate::cli::sparkline::amount;
use crate::client::Client;

/// A server that has not answered by then is told to be silent; it is asked again.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time of one bar.
const BAR: Duration = Duration::from_secs(10);
const FEWEST_BARS: u16 = 20;
/// More than these are counted.
const LISTED_AT_MOST: u32 = 100;

/// How often what is counted in files is counted while nobody watches: a count stands until the next.
const COUNTED_EVERY: Duration = Duration::from_mins(1);

/// What is charted, what it is called there, and for how long a value of it stands. A name stands for the series of it
/// that is the highest now.
const CHARTS: [(&str, &str, Duration); 4] = [
    ("cpu_used", "CPU", BAR),
    ("memory_used", "memory", BAR),
    ("mount_used", "disk", BAR),
    ("queue_jobs:ready", "ready jobs", COUNTED_EVERY),
];

/// Looks once, for a terminal of so many columns; or says what came instead of an answer.
pub(super) async fn look(client: &Client, columns: u16, now: Timestamp) -> Result<Picture, String> {
    match timeout(PATIENCE, ask(client, columns, now)).await {
        Ok(found) => found,
        Err(_elapsed) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn ask(client: &Client, columns: u16, now: Timestamp) -> Result<Picture, String> {
    let bars = columns
        .saturating_sub(u16::try_from(BESIDE_BARS).unwrap_or(u16::MAX))
        .max(FEWEST_BARS);
    let range = range_path(bars, now);
    let incidents = with_query(routes::ALERTS, [("state", Some("open".to_owned())), limit()]);
    let breakers = with_query(routes::BREAKERS, [limit()]);
    let (status, range, incidents, breakers) = tokio::join!(
        client.get::<StatusView>(routes::STATUS),
        client.get::<RangeView>(&range),
        client.get::<AlertList>(&incidents),
        client.get::<BreakerList>(&breakers),
    );
    let status = status.map_err(|error| error.message)?;
    let mut picture = Picture {
        version: status.version,
        overall: status.overall,
        services: status.services.iter().map(service).collect(),
        span: BAR * u32::from(bars),
        ..Picture::default()
    };
    match range {
        Ok(range) => picture.charts = charts(&range),
        Err(error) => picture.notes.push(format!("no charts: {}", error.message)),
    }
    match incidents {
        Ok(list) => {
            picture.more_incidents = list.next.is_some();
            picture.incidents = list.incidents.iter().map(incident).collect();
        }
        Err(error) => picture
            .notes
            .push(format!("incidents cannot be listed: {}", error.message)),
    }
    match breakers {
        Ok(list) => tell_of_breakers(&mut picture, &list),
        Err(error) => picture
            .notes
            .push(format!("breakers cannot be listed: {}", error.message)),
    }
    Ok(picture)
}

/// What is newest first: the time that the charts need, and no more points than there are bars.
fn range_path(bars: u16, now: Timestamp) -> String {
    let query = RangeQuery {
        series: CHARTS.map(|(series, ..)| series).join(","),
        from: Some(now.before(BAR * u32::from(bars))),
        points: Some(u32::from(bars)),
        watch: true,
        ..RangeQuery::default()
    };
    routes::range(&query)
}

fn limit() -> (&'static str, Option<String>) {
    ("limit", Some(LISTED_AT_MOST.to_string()))
}

fn service(check: &CheckView) -> ServiceLine {
    let mut reason = check.reason.clone();
    if check.flapping {
        reason = format!("flapping: {reason}");
    }
    if !check.blocked_by.is_empty() {
        reason = format!("blocked by {}: {reason}", check.blocked_by.join(", "));
    }
    if let Some(maintenance) = &check.maintenance {
        reason = format!("maintenance ({maintenance}): {reason}");
    }
    if check.restored {
        reason = format!("not looked at since the start; {reason}");
    }
    ServiceLine {
        name: check.name.clone(),
        status: check.status,
        since: check.since,
        reason,
    }
}

fn charts(range: &RangeView) -> Vec<Chart> {
    let highest = |name: &str| {
        let named = range.series.iter().filter(|series| series.about.name == name);
        named.max_by(|one, other| {
            let value = |series: &RangeSeries| series.about.value.unwrap_or(f64::NEG_INFINITY);
            value(one).total_cmp(&value(other))
        })
    };
    let charts = CHARTS.iter().map(|(asked, name, stands)| {
        let of = asked.split(':').next().unwrap_or(asked);
        match highest(of) {
            Some(series) => {
                let points_each = stands.as_secs().div_ceil(range.step_secs.max(1));
                chart(name, series, usize::try_from(points_each).unwrap_or(1))
            }
            None => Chart {
                name: (*name).to_owned(),
                points: Vec::new(),
                top: None,
                now: None,
            },
        }
    });
    charts.collect()
}

/// `points_each`: over how many points a value stands.
fn chart(name: &str, series: &RangeSeries, points_each: usize) -> Chart {
    let about = &series.about;
    let is_share = about.unit == "ratio";
    Chart {
        name: match &about.label {
            Some(label) if is_share => format!("{name} {label}"),
            _ => name.to_owned(),
        },
        points: standing(
            series.points.iter().map(|point| point.mean.map(f64::from)),
            points_each,
        ),
        top: is_share.then_some(1.0),
        now: about.value.map(|value| amount(value, &about.unit)),
    }
}

/// Between two looks nothing is unknown: only where a look is missing there is a gap.
fn standing(points: impl Iterator<Item = Option<f64>>, points_each: usize) -> Vec<Option<f64>> {
    let (mut last, mut age) = (None, 0);
    let stand = |point: Option<f64>| {
        (last, age) = point.map_or((last, age + 1), |value| (Some(value), 0));
        last.filter(|_| age < points_each)
    };
    points.map(stand).collect()
}

fn incident(alert: &AlertView) -> IncidentLine {
    IncidentLine {
        severity: alert.severity,
        since: alert.started_at,
        service: alert.service.clone(),
        summary: alert.summary.clone(),
        acknowledged: alert.acknowledged,
    }
}

fn tell_of_breakers(picture: &mut Picture, list: &BreakerList) {
    if let Some(until) = list.network_down_until {
        let note = format!("no call gets out: the network seems to be down; tried again at {until}");
        picture.notes.push(note);
    }
    if !list.problem.is_empty() {
        picture
            .notes
            .push(format!("the state of breakers cannot be read: {}", list.problem));
    }
    picture.more_breakers = list.next.is_some();
    picture.breakers = list
        .breakers
        .iter()
        .filter(|breaker| !is_closed(breaker))
        .map(breaker_line)
        .collect();
}

/// One that is closed, and about which nobody has decided otherwise.
fn is_closed(breaker: &BreakerView) -> bool {
    breaker.state == "closed" && breaker.overlay == "auto" && breaker.until.is_none()
}

fn breaker_line(breaker: &BreakerView) -> BreakerLine {
    let by_hand = breaker.overlay != "auto";
    let paused = breaker.state == "closed" && breaker.until.is_some();
    BreakerLine {
        name: format!("{} {}", breaker.service, breaker.scope),
        state: match (by_hand, paused) {
            (true, _) => breaker.overlay.clone(),
            (false, true) => "paused".to_owned(),
            (false, false) => breaker.state.clone(),
        },
        until: if by_hand {
            breaker.overlay_until
        } else {
            breaker.until
        },
        reason: if by_hand {
            breaker.overlay_reason.clone()
        } else {
            breaker.reason.clone()
        },
    }
}

#[cfg(test)]
mod tests {
    use atlas_app::vitals::{PointView, SeriesView};

    use super::*;

    fn series(name: &str, label: Option<&str>, unit: &str, value: Option<f64>) -> RangeSeries {
        RangeSeries {
            about: SeriesView {
                name: name.to_owned(),
                label_key: label.map(|_| "mount".to_owned()),
                label: label.map(str::to_owned),
                unit: unit.to_owned(),
                kind: "gauge".to_owned(),
                help: String::new(),
                value,
                has_history: true,
            },
            points: [Some(0.5), None]
                .map(|mean| PointView {
                    at: Timestamp::from_millis(0),
                    mean,
                    min: None,
                    max: None,
                    increase: None,
                })
                .to_vec(),
        }
    }

    #[test]
    fn of_several_disks_the_fullest_is_charted_and_what_is_absent_stays_absent() {
        let charts = charts(&RangeView {
            from: Timestamp::from_millis(0),
            until: Timestamp::from_millis(20_000),
            resolution_secs: 10,
            step_secs: 10,
            series: vec![
                series("mount_used", Some("data"), "ratio", Some(0.4)),
                series("mount_used", Some("backup"), "ratio", Some(0.9)),
                series("queue_jobs", Some("ready"), "count", Some(12.0)),
            ],
            unreadable_rows: 0,
        });
        let shown: Vec<(&str, Option<&str>)> = charts
            .iter()
            .map(|chart| (chart.name.as_str(), chart.now.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("CPU", None),
                ("memory", None),
                ("disk backup", Some("90 %")),
                ("ready jobs", Some("12")),
            ]
        );
        assert_eq!(charts[2].points, [Some(0.5), None]);
        assert_eq!((charts[2].top, charts[3].top), (Some(1.0), None));
        assert_eq!(
            charts[3].points,
            [Some(0.5), Some(0.5)],
            "what is counted once a minute"
        );
    }

    #[test]
    fn a_count_stands_until_the_next_is_due_and_no_longer() {
        let counted = [None, Some(1.0), None, None, None, Some(2.0), None];
        assert_eq!(
            standing(counted.into_iter(), 3),
            [None, Some(1.0), Some(1.0), Some(1.0), None, Some(2.0), Some(2.0)]
        );
        assert_eq!(standing(counted.into_iter(), 1), counted);
    }

    #[test]
    fn a_range_is_asked_for_with_everything_in_one_request() {
        let path = range_path(60, Timestamp::from_millis(1_767_268_800_000));
        assert!(
            path.starts_with("/api/v1/metrics/range?series=cpu_used%2C"),
            "{path}"
        );
        assert!(path.contains("from=2026-01-01T11%3A50%3A00.000Z"), "{path}");
        assert!(
            path.contains("points=60") && path.contains("watch=true"),
            "{path}"
        );
    }
}
