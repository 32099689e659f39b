//! `atlas metrics`: what is measured, and how it went; without a server, how it went until the last one ended. It
//! changes nothing.

use std::time::Duration;

use atlas_app::vitals::{PointView, RangeQuery, RangeSeries, RangeView, SeriesList, SeriesView};
use atlas_domain::{Clock, SystemClock, Timestamp};
use clap::Args;

use super::duration::duration;
use super::output::Output;
use super::routes;
use super::sparkline::{amount, sparkline};
use super::table::{spare, table, text, whole};
use super::text::Look;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas metrics\n  \
    atlas metrics cpu_used memory_used mount_used --since 24h\n  \
    atlas metrics queue_jobs:ready --since 7d --json | jq '.series[].points[].max'";

/// Bars of a chart.
const POINTS: u32 = 60;
/// What stands beside the bars on a line, as a rule.
const BESIDE_BARS: usize = 60;
const FEWEST_BARS: usize = 12;
const NO_SERVER: &str = "no server runs on this library, so nothing is measured now: this is what the last one left; \
                         `atlas serve` starts one";
const LONGEST: Duration = Duration::from_hours(730 * 24);

/// `atlas metrics`
#[derive(Debug, Clone, Args)]
pub(crate) struct MetricsArgs {
    /// How these went, such as `cpu_used`; one value of a label as `mount_used:data`. Without any, everything is listed
    #[arg(value_name = "SERIES")]
    series: Vec<String>,
    /// How far back, such as 30m, 24h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = span, allow_hyphen_values = true)]
    since: Duration,
    /// List also what is not measured at the moment
    #[arg(long, conflicts_with = "series")]
    all: bool,
}

pub(super) async fn run(args: &MetricsArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    if args.series.is_empty() {
        list(args.all, client, output).await
    } else {
        show(args, client, output).await
    }
}

async fn list(all: bool, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let list: SeriesList = client.get(routes::METRICS).await?;
    let shown: Vec<&SeriesView> = list
        .series
        .iter()
        .filter(|series| all || is_left(client) || series.value.is_some())
        .collect();
    output.answer(&list, |look| render_list(&shown, look))?;
    say_whose(client, output);
    let absent = list.series.len() - shown.len();
    if absent > 0 && !output.is_json() {
        output.say(&format!(
            "{absent} more are not measured at the moment; `atlas metrics --all` lists them too"
        ));
    }
    Ok(Exit::Ok)
}

async fn show(args: &MetricsArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let view: RangeView = client.get(&path(args, SystemClock.now())).await?;
    output.answer(&view, |look| render(&view, args.since, look))?;
    if view.series.is_empty() {
        output.say("nothing of that name has been measured yet");
    } else if !output.is_json() {
        for series in view.series.iter().filter(|series| is_unknown(series)) {
            output.say(&format!(
                "nothing is known of `{}` in that time; `atlas metrics --all` lists what there is",
                name(&series.about)
            ));
        }
    }
    say_whose(client, output);
    if view.unreadable_rows > 0 {
        output.problem(&format!(
            "{} rows of history cannot be read; they are shown as gaps",
            view.unreadable_rows
        ));
        return Ok(Exit::Partial);
    }
    Ok(Exit::Ok)
}

/// It is measured neither now nor was then; of a label it may be that nothing ever had that value.
fn is_unknown(series: &RangeSeries) -> bool {
    series.about.value.is_none() && series.points.iter().all(|point| point.mean.is_none())
}

/// Whether nobody measures.
fn is_left(client: &Client) -> bool {
    matches!(client, Client::InProcess(_))
}

fn say_whose(client: &Client, output: &Output) {
    if is_left(client) && !output.is_json() {
        output.say(NO_SERVER);
    }
}

fn path(args: &MetricsArgs, now: Timestamp) -> String {
    routes::range(&RangeQuery {
        series: args.series.join(","),
        from: Some(now.before(args.since)),
        points: Some(POINTS),
        ..RangeQuery::default()
    })
}

fn span(given: &str) -> Result<Duration, String> {
    match duration(given)? {
        Duration::ZERO => Err("give a time that is longer than nothing, such as 1h".to_owned()),
        span if span > LONGEST => Err("the history goes back for two years: give 730d at most".to_owned()),
        span => Ok(span),
    }
}

fn render_list(series: &[&SeriesView], look: Look) -> String {
    let row = |series: &&SeriesView| {
        [
            name(series),
            now(series),
            series.kind.clone(),
            series.help.clone(),
        ]
    };
    let columns = [whole("SERIES"), whole("NOW"), spare("KIND"), text("WHAT IT SAYS")];
    table(columns, &series.iter().map(row).collect::<Vec<_>>(), look)
}

fn render(view: &RangeView, since: Duration, look: Look) -> String {
    let room = look.width.map_or(POINTS as usize, |columns| {
        columns.saturating_sub(BESIDE_BARS).max(FEWEST_BARS)
    });
    let row = |series: &RangeSeries| {
        let of_all = |value: Option<f32>| value.map_or("-".to_owned(), |value| told(value, &series.about));
        [
            name(&series.about),
            now(&series.about),
            of_all(least(&series.points)),
            of_all(mean(&series.points)),
            of_all(greatest(&series.points)),
            bars(series, room),
        ]
    };
    let heading = [
        whole("SERIES"),
        whole("NOW"),
        spare("LEAST"),
        whole("MEAN"),
        whole("MOST"),
        whole("HOW IT WENT"),
    ];
    let rows: Vec<_> = view.series.iter().map(row).collect();
    let times = format!(
        "\nFrom {} ago until now. A bar is {}; a dot, that nothing is known.\n",
        spelled(since),
        spelled(Duration::from_secs(view.step_secs))
    );
    table(heading, &rows, look) + &times
}

/// As it is asked for.
fn name(series: &SeriesView) -> String {
    match (&series.label, &series.label_key) {
        (Some(label), _) => format!("{}:{label}", series.name),
        (None, Some(key)) => format!("{}:{}", series.name, key.to_uppercase()),
        (None, None) => series.name.clone(),
    }
}

fn now(series: &SeriesView) -> String {
    series
        .value
        .map_or("-".to_owned(), |value| amount(value, &series.unit))
}

/// A value of the history: of a counter, a second's.
fn told(value: f32, series: &SeriesView) -> String {
    let per_second = if series.kind == "counter" { "/s" } else { "" };
    amount(f64::from(value), &series.unit) + per_second
}

fn least(points: &[PointView]) -> Option<f32> {
    points.iter().filter_map(|point| point.min).reduce(f32::min)
}

fn greatest(points: &[PointView]) -> Option<f32> {
    points.iter().filter_map(|point| point.max).reduce(f32::max)
}

fn mean(points: &[PointView]) -> Option<f32> {
    let known: Vec<f64> = points
        .iter()
        .filter_map(|point| point.mean)
        .map(f64::from)
        .collect();
    (!known.is_empty()).then(|| (known.iter().sum::<f64>() / known.len() as f64) as f32)
}

/// As many bars as there is room for; one stands for the highest of several points then.
fn bars(series: &RangeSeries, room: usize) -> String {
    let each = series.points.len().div_ceil(room.max(1)).max(1);
    let highest = |points: &[PointView]| {
        let known = points.iter().filter_map(|point| point.mean).map(f64::from);
        known.reduce(f64::max)
    };
    let points: Vec<Option<f64>> = series.points.chunks(each).map(highest).collect();
    let top = (series.about.unit == "ratio").then_some(1.0);
    sparkline(&points, points.len(), top)
}

/// In its largest whole unit.
fn spelled(span: Duration) -> String {
    match span.as_secs() {
        secs if secs >= 2 * 86_400 && secs % 86_400 == 0 => format!("{} days", secs / 86_400),
        secs if secs >= 3_600 && secs % 3_600 == 0 => format!("{} h", secs / 3_600),
        secs if secs >= 60 && secs % 60 == 0 => format!("{} min", secs / 60),
        secs => format!("{secs} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(
        name: &str,
        label: Option<(&str, &str)>,
        unit: &str,
        kind: &str,
        value: Option<f64>,
    ) -> SeriesView {
        SeriesView {
            name: name.to_owned(),
            label_key: label.map(|(key, _)| key.to_owned()),
            label: label.map(|(_, label)| label.to_owned()),
            unit: unit.to_owned(),
            kind: kind.to_owned(),
            help: "What it says".to_owned(),
            value,
            has_history: true,
        }
    }

    fn points(means: &[Option<f32>]) -> Vec<PointView> {
        let point = |mean: &Option<f32>| PointView {
            at: Timestamp::from_millis(0),
            mean: *mean,
            min: mean.map(|mean| mean / 2.0),
            max: *mean,
            increase: None,
        };
        means.iter().map(point).collect()
    }

    fn view() -> RangeView {
        let half = (0..60)
            .map(|number| (number >= 30).then_some(0.5))
            .collect::<Vec<_>>();
        RangeView {
            from: Timestamp::from_millis(0),
            until: Timestamp::from_millis(3_600_000),
            resolution_secs: 60,
            step_secs: 60,
            series: vec![
                RangeSeries {
                    about: series("memory_used", None, "ratio", "gauge", Some(0.5)),
                    points: points(&half),
                },
                RangeSeries {
                    about: series("disk_written", None, "bytes", "counter", Some(5e9)),
                    points: points(&[Some(1_024.0), None, Some(2_048.0)]),
                },
                RangeSeries {
                    about: series("mount_used", Some(("mount", "data")), "ratio", "gauge", None),
                    points: points(&[None, None]),
                },
            ],
            unreadable_rows: 0,
        }
    }

    #[test]
    fn how_something_went_is_a_row_with_bars() {
        insta::assert_snapshot!(render(&view(), Duration::from_hours(1), Look::PLAIN), @"
        SERIES           NOW      LEAST    MEAN       MOST       HOW IT WENT
        memory_used      50 %     25 %     50 %       50 %       ······························▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅
        disk_written     4.7 GiB  512 B/s  1.5 KiB/s  2.0 KiB/s  ▅·█
        mount_used:data  -        -        -          -          ··

        From 1 h ago until now. A bar is 1 min; a dot, that nothing is known.
        ");
    }

    #[test]
    fn on_a_terminal_several_points_share_a_bar() {
        let look = Look {
            width: Some(80),
            ..Look::PLAIN
        };
        let shown = render(&view(), Duration::from_hours(1), look);
        let longest = shown.lines().map(super::super::width::width).max();
        assert!(longest <= Some(80), "{shown}");
        assert!(shown.contains("··········▅▅▅▅▅▅▅▅▅▅"), "{shown}");
    }

    #[test]
    fn a_list_names_everything_as_it_is_asked_for() {
        let all = [
            series("memory_used", None, "ratio", "gauge", Some(0.5)),
            series(
                "mount_used",
                Some(("mount", "data")),
                "ratio",
                "gauge",
                Some(0.071),
            ),
            SeriesView {
                label_key: Some("state".to_owned()),
                ..series("queue_jobs", None, "count", "gauge", None)
            },
        ];
        insta::assert_snapshot!(render_list(&all.iter().collect::<Vec<_>>(), Look::PLAIN), @"
        SERIES            NOW    KIND   WHAT IT SAYS
        memory_used       50 %   gauge  What it says
        mount_used:data   7.1 %  gauge  What it says
        queue_jobs:STATE  -      gauge  What it says
        ");
    }

    #[test]
    fn the_guide_lists_everything_that_is_measured() {
        const GUIDE: &str = include_str!("../../../../docs/guide/monitoring.md");
        let listed = GUIDE.split("## Everything that is measured").nth(1).unwrap();
        let listed: Vec<&str> = listed.lines().filter(|line| line.starts_with("| `")).collect();
        let expected: Vec<String> = atlas_vitals::metrics::catalogue::definitions()
            .map(|definition| {
                let label = definition
                    .label
                    .map_or(String::new(), |label| format!("`{}`", label.key));
                let history = if definition.is_kept {
                    ""
                } else {
                    ", without history"
                };
                format!(
                    "| `{}` | {label} | {} | {}{history} | {} |",
                    definition.name,
                    definition.unit.suffix().unwrap_or("count"),
                    definition.kind.as_str(),
                    definition.help
                )
            })
            .collect();
        for row in &expected {
            assert!(
                listed.contains(&row.as_str()),
                "docs/guide/monitoring.md goes without this row:\n{row}"
            );
        }
        assert_eq!(listed.len(), expected.len());
    }

    #[test]
    fn a_question_goes_back_as_far_as_it_says() {
        let args = MetricsArgs {
            series: vec!["cpu_used".to_owned(), "mount_used:data".to_owned()],
            since: Duration::from_hours(24),
            all: false,
        };
        assert_eq!(
            path(&args, Timestamp::from_millis(1_767_225_600_000)),
            "/api/v1/metrics/range?series=cpu_used%2Cmount_used%3Adata&from=2025-12-31T00%3A00%3A00.000Z&points=60"
        );
    }

    #[test]
    fn a_span_without_length_or_end_is_refused() {
        assert!(span("0").is_err() && span("731d").is_err() && span("-1h").is_err());
        assert_eq!(span("24h"), Ok(Duration::from_hours(24)));
    }
}
