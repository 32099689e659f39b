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
mod tests;
