//! `atlas status`: what there is, what is left to do, and what is degraded, on one page.

use std::collections::BTreeMap;
use std::time::Duration;

use atlas_app::{AlertsView, BreakersView, Mode, StatusView, size};
use atlas_domain::{HealthStatus, ItemState, JobState};
use clap::Args;
use tokio::time::{MissedTickBehavior, interval};

use super::health::services;
use super::output::Output;
use super::routes;
use super::text::{Look, counted, duration, facts, indented, one_line};
use super::watch;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas status\n  \
    atlas status --watch\n  \
    atlas status --json | jq .degraded";

const WATCH_INTERVAL: Duration = Duration::from_secs(2);
/// So far sections stand to the right of their names.
const INDENT: usize = 2;
const NO_CHANNEL: &str = "none set up: nobody outside this machine is told";

/// `atlas status`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StatusArgs {
    /// Follow a running server on a page of the terminal; with --json, one line of JSON every two seconds
    #[arg(long)]
    watch: bool,
}

pub(super) async fn run(args: &StatusArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    if args.watch && output.is_json() {
        return record(WATCH_INTERVAL, client, output).await;
    }
    if args.watch {
        return watch::run(client, output).await;
    }
    let status: StatusView = client.get(routes::STATUS).await?;
    output.answer(&status, |look| render(&status, look))?;
    Ok(exit_of(&status))
}

/// A server that answers has been asked successfully, whatever it says. Without one, damage is what was found.
fn exit_of(status: &StatusView) -> Exit {
    if status.mode == Mode::ReadOnly && is_degraded(status, "library_damaged") {
        Exit::Damaged
    } else {
        Exit::Ok
    }
}

fn is_degraded(status: &StatusView, code: &str) -> bool {
    status.degraded.iter().any(|reason| reason.code == code)
}

/// Ends when nobody reads any more, or with the first error.
async fn record(every: Duration, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !output.is_closed() {
        ticks.tick().await;
        let status: StatusView = client.get(routes::STATUS).await?;
        output.record(&status)?;
    }
    Ok(Exit::Ok)
}

fn render(status: &StatusView, look: Look) -> String {
    let mode = match status.mode {
        Mode::Normal | Mode::ReadOnly if is_degraded(status, "library_damaged") => "the library is damaged",
        Mode::Normal => "at work",
        Mode::ReadOnly if is_degraded(status, "read_only") => "nothing can be saved; reading works",
        Mode::ReadOnly => "no server runs; read directly",
        Mode::OpsOnly => "the library is damaged; only operations work",
    };
    let sections = [
        ("Services", services(&status.services, look.within(INDENT))),
        ("Alerts", status.alerts.as_ref().map_or(String::new(), alerts)),
        ("Items", items(status)),
        ("Jobs", jobs(status)),
        ("System", system(status)),
    ];
    let head = look.bold(&format!("Atlas {}", one_line(&status.version)));
    let overall = status
        .overall
        .map_or(String::new(), |overall| format!(", {overall}"));
    // Where nobody looks after the services, there is nothing to tell of them.
    let told = sections.into_iter().filter(|(_, section)| !section.is_empty());
    let sections: Vec<_> = told
        .map(|(name, section)| format!("\n{}\n{}", look.bold(name), indented(&section)))
        .collect();
    format!(
        "{head}  {mode}{overall}\n{}\n{}",
        sections.concat(),
        degraded(status, look)
    )
}

/// What is wrong, and who is told of it.
fn alerts(alerts: &AlertsView) -> String {
    let open = match alerts.open {
        0 => "none".to_owned(),
        open => format!(
            "{open}, {} critical, {} that nobody has taken on; see `atlas alert ls`",
            alerts.critical, alerts.unacknowledged
        ),
    };
    let inbox = match alerts.unread {
        0 => String::new(),
        unread => format!("{unread} unread; see `atlas alert inbox`"),
    };
    let channels: Vec<String> = alerts
        .channels
        .iter()
        .map(|channel| match (channel.failing_since, channel.held_until) {
            (Some(since), _) => format!("{} fails since {since}", channel.name),
            (None, Some(until)) => format!("{} has carried as much as it may until {until}", channel.name),
            (None, None) => channel.name.clone(),
        })
        .collect();
    let channels = if channels.is_empty() {
        NO_CHANNEL.to_owned()
    } else {
        channels.join(", ")
    };
    facts(&[("open incidents", open), ("inbox", inbox), ("channels", channels)])
}

fn items(status: &StatusView) -> String {
    let mut counts = in_order(&status.items, ItemState::ALL.iter().map(|state| state.as_str()));
    counts.push(("in the trash", positive(status.trashed)));
    told_or(&counts, nothing_of(status))
}

fn jobs(status: &StatusView) -> String {
    let queue = &status.queue;
    let mut counts = in_order(&queue.jobs, JobState::ALL.iter().map(|state| state.as_str()));
    if queue.oldest_ready_ms > 0 {
        counts.push(("oldest waits", duration(queue.oldest_ready_ms)));
    }
    if queue.waiting_later > 0 {
        let next = queue
            .next_try_at
            .map_or(String::new(), |at| format!(", the next at {at}"));
        counts.push(("wait for a later try", format!("{}{next}", queue.waiting_later)));
    }
    told_or(&counts, nothing_of(status))
}

/// A library that can be counted names all of its states, those with nothing in them too.
fn nothing_of(status: &StatusView) -> &'static str {
    if status.items.is_empty() && !status.degraded.is_empty() {
        "cannot be told"
    } else {
        "none yet"
    }
}

/// Nothing, when every one is closed.
fn breakers(breakers: &BreakersView) -> String {
    let counts = [
        (breakers.open, "open"),
        (breakers.half_open, "half open"),
        (breakers.paused, "paused"),
        (breakers.decided, "decided by hand"),
    ];
    let told = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"));
    told.collect::<Vec<_>>().join(", ")
}

fn system(status: &StatusView) -> String {
    let (index, writer, disk) = (&status.index, &status.writer, &status.disk);
    let lag = match index.lag {
        0 => "up to date".to_owned(),
        lag => format!("{} behind", counted(lag, "change")),
    };
    let unreadable = match index.unreadable {
        0 => String::new(),
        unreadable => format!(", {unreadable} unreadable"),
    };
    let writer = match writer.requests {
        0 => String::new(),
        requests => format!(
            "{} in {}, busy for {}, {} waiting",
            counted(requests, "request"),
            if writer.batches == 1 {
                "1 batch".to_owned()
            } else {
                format!("{} batches", writer.batches)
            },
            duration(writer.busy_micros / 1000),
            writer.waiting,
        ),
    };
    let floor = match disk.floor_bytes {
        0 => String::new(),
        floor => format!(", {} must stay free", size(floor)),
    };
    facts(&[
        (
            "search index",
            format!("{}, {lag}{unreadable}", counted(index.documents, "document")),
        ),
        ("writer", writer),
        ("breakers", breakers(&status.breakers)),
        (
            "disk",
            format!(
                "{} in databases, {} free{floor}",
                size(disk.database_bytes),
                size(disk.free_bytes)
            ),
        ),
        ("data", disk.path.clone()),
    ])
}

fn degraded(status: &StatusView, look: Look) -> String {
    if status.degraded.is_empty() {
        let is_well = status
            .overall
            .is_none_or(|overall| overall == HealthStatus::Healthy);
        let told = if is_well {
            "Nothing is degraded.\n"
        } else {
            "What is not well stands under Services.\n"
        };
        return told.to_owned();
    }
    let reasons: Vec<_> = status
        .degraded
        .iter()
        .map(|reason| (reason.code.as_str(), reason.message.clone()))
        .collect();
    format!("{}\n{}", look.bold("Degraded"), indented(&facts(&reasons)))
}

/// The counts that are not zero, known words first and in their order.
fn in_order(
    counts: &BTreeMap<String, u64>,
    words: impl Iterator<Item = &'static str>,
) -> Vec<(&str, String)> {
    let known: Vec<&str> = words.collect();
    let place = |word: &str| {
        known
            .iter()
            .position(|known| *known == word)
            .unwrap_or(known.len())
    };
    let mut counts: Vec<_> = counts
        .iter()
        .map(|(word, n)| (word.as_str(), positive(*n)))
        .collect();
    counts.sort_by_key(|(word, _)| place(word));
    counts
}

fn positive(n: u64) -> String {
    if n == 0 { String::new() } else { n.to_string() }
}

fn told_or(counts: &[(&str, String)], nothing: &str) -> String {
    match facts(counts) {
        told if told.is_empty() => format!("{nothing}\n"),
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::Json;
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::*;
    use crate::cli::fixtures;
    use crate::cli::output::tests::captured;

    const PLAIN: Look = Look::PLAIN;

    #[test]
    fn one_page_tells_it_all() {
        insta::assert_snapshot!(render(&fixtures::status(), PLAIN), @"
        Atlas 0.1.0  at work

        Items
          queued        3
          stored        120
          quarantined   2
          in the trash  1

        Jobs
          ready                 3
          done                  122
          dead                  1
          oldest waits          12 s
          wait for a later try  2, the next at 2026-01-01T00:00:30Z

        System
          search index  120 documents, 4 changes behind
          writer        260 requests in 31 batches, busy for 850 ms, 0 waiting
          disk          12 MB in databases, 40 GB free, 512 MB must stay free
          data          /home/ada/.local/share/atlas

        Degraded
          dead_letters  1 jobs were given up
        ");
    }

    #[test]
    fn where_somebody_looks_after_the_services_they_come_first() {
        use crate::cli::health::tests::service;

        let mut status = fixtures::status();
        status.overall = Some(HealthStatus::Degraded);
        status.services = vec![
            service("database", "healthy", "written and read back in 3 ms"),
            service("search", "degraded", "the canary was found after 2,600 ms"),
        ];
        status.alerts = Some(AlertsView {
            open: 2,
            critical: 1,
            unacknowledged: 1,
            unread: 3,
            channels: Vec::new(),
        });
        let shown = render(&status, PLAIN);
        let first: Vec<&str> = shown.lines().take(11).collect();
        insta::assert_snapshot!(first.join("\n"), @r"
        Atlas 0.1.0  at work, degraded

        Services
          SERVICE   STATUS    SINCE                 WHY
          database  healthy   2026-01-01T00:00:00Z  written and read back in 3 ms
          search    degraded  2026-01-01T00:00:00Z  the canary was found after 2,600 ms

        Alerts
          open incidents  2, 1 critical, 1 that nobody has taken on; see `atlas alert ls`
          inbox           3 unread; see `atlas alert inbox`
          channels        none set up: nobody outside this machine is told
        ");
    }

    #[test]
    fn a_channel_that_fails_or_holds_back_says_since_when_and_until_when() {
        let alerts_view = serde_json::json!({
            "open": 0, "critical": 0, "unacknowledged": 0, "unread": 0,
            "channels": [
                { "name": "mail", "kind": "email", "failing_since": "2026-01-01T00:00:00Z" },
                { "name": "chat", "kind": "slack", "failing_since": null },
                { "name": "phone", "kind": "ntfy", "failing_since": null, "held_until": "2026-01-01T00:01:00Z" },
            ],
        });
        insta::assert_snapshot!(alerts(&serde_json::from_value(alerts_view).unwrap()), @r"
        open incidents  none
        channels        mail fails since 2026-01-01T00:00:00Z, chat, phone has carried as much as it may until 2026-01-01T00:01:00Z
        ");
    }

    #[test]
    fn breakers_are_told_apart_by_what_holds() {
        let told = BreakersView {
            open: 13,
            paused: 9,
            decided: 2,
            ..BreakersView::default()
        };
        assert_eq!(breakers(&told), "13 open, 9 paused, 2 decided by hand");
        assert_eq!(breakers(&BreakersView::default()), "");
    }

    #[test]
    fn an_empty_library_says_so() {
        let mut status = fixtures::status();
        (status.items, status.trashed) = (BTreeMap::new(), 0);
        status.degraded.clear();
        let shown = render(&status, PLAIN);
        assert!(shown.contains("Items\n  none yet\n"), "{shown}");
        assert!(shown.ends_with("Nothing is degraded.\n"), "{shown}");
    }

    #[tokio::test]
    async fn watching_prints_a_line_each_time_and_ends_with_the_first_error() {
        let looks = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let answer = async move || match looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 | 1 => Ok(Json(fixtures::status())),
            _ => Err(StatusCode::BAD_GATEWAY),
        };
        let client = Client::InProcess(Router::new().route(routes::STATUS, get(answer)));
        let (output, data, _) = captured(true);
        let error = record(Duration::from_millis(1), &client, &output)
            .await
            .unwrap_err();
        assert_eq!(error.exit, Exit::Failure);
        let lines: Vec<StatusView> = data
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
    }
}
