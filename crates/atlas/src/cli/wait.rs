//! Waiting for what becomes of items that are on their way: the arguments, and the questions to the routes. Many
//! small questions instead of one long one, so that neither Ctrl-C nor the end of the server takes away what is
//! known already.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use atlas_app::views::{ItemOutcome, JobOutcome, MAX_JOBS_ASKED, OutcomesReport};
use atlas_domain::OutcomeWord;
use clap::Args;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::duration::duration;
use super::output::{Output, Progress};
use super::routes;
use super::text::counted;
use crate::client::Client;
use crate::error::CliError;

/// How long `--wait` waits when it does not say.
const DEFAULT_WAIT_SECS: &str = "60";
/// The longest wait that can be asked for: more is surely a mistake of units.
const MAX_WAIT_SECS: u64 = 24 * 60 * 60;
/// How long one question waits while others are to be asked as well.
const SHORT_QUESTION: Duration = Duration::from_millis(250);
/// How long one question waits that asks for all that is left.
const LONG_QUESTION: Duration = Duration::from_secs(1);
/// When the time is up, this long is given to learn what has ended meanwhile.
const LAST_LOOK: Duration = Duration::from_millis(500);

/// How long to wait.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct WaitArgs {
    /// Wait for the outcomes, 60 seconds unless it says how long: in seconds, or with a unit such as 5m
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_WAIT_SECS,
        value_parser = wait_secs
    )]
    pub(super) wait: Option<u64>,
}

impl WaitArgs {
    /// Until when to wait, if at all. Without a server nobody else does the work, so the command does not end
    /// before it unless it is told to.
    pub(super) fn deadline(&self, client: &Client) -> Option<Instant> {
        let secs = match client {
            Client::InProcess(_) => self.wait.or(Some(MAX_WAIT_SECS)),
            Client::Socket(_) => self.wait,
        };
        secs.map(|secs| Instant::now() + Duration::from_secs(secs))
    }
}

fn wait_secs(text: &str) -> Result<u64, String> {
    match duration(text)?.as_secs() {
        secs if secs <= MAX_WAIT_SECS => Ok(secs),
        _ => Err("a day is the longest wait".to_owned()),
    }
}

/// Whether nothing is known yet of what becomes of it.
pub(super) fn is_pending(item: &ItemOutcome) -> bool {
    item.outcome == OutcomeWord::Queued && item.job.is_some()
}

/// Learns the outcomes of items, until all are known, the time is up, or `stop`. What it has learned is in
/// `items`, also when it fails.
pub(super) async fn follow(
    items: &mut [ItemOutcome],
    deadline: Instant,
    client: &Client,
    progress: &Progress,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let mut pending: VecDeque<usize> = (0..items.len()).filter(|&n| is_pending(&items[n])).collect();
    let mut left_to_ask = pending.len();
    while !pending.is_empty() {
        let now = Instant::now();
        let is_late = now >= deadline;
        if is_late && (left_to_ask == 0 || now >= deadline + LAST_LOOK) {
            return Ok(());
        }
        let asked: Vec<usize> = pending.drain(..pending.len().min(MAX_JOBS_ASKED)).collect();
        let patience = if pending.is_empty() {
            LONG_QUESTION
        } else {
            SHORT_QUESTION
        };
        let wait = patience.min(deadline.saturating_duration_since(now));
        let jobs = asked.iter().filter_map(|&n| items[n].job.as_deref());
        let question = ask(client, jobs.collect(), wait);
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            answer = question => answer?,
        };
        let known: HashMap<&str, &JobOutcome> = answer
            .jobs
            .iter()
            .map(|known| (known.job.as_str(), known))
            .collect();
        for &n in &asked {
            learn(&mut items[n], &known);
            if is_pending(&items[n]) {
                // Round and round, so that one slow site does not hide what became of all others.
                pending.push_back(n);
            } else {
                progress.advance(1);
            }
        }
        left_to_ask = if is_late {
            left_to_ask.saturating_sub(asked.len())
        } else {
            pending.len()
        };
    }
    Ok(())
}

async fn ask(client: &Client, jobs: Vec<&str>, wait: Duration) -> Result<OutcomesReport, CliError> {
    let parameters = [
        ("jobs", Some(jobs.join(","))),
        ("wait_ms", Some(wait.as_millis().to_string())),
    ];
    client
        .get(&routes::with_query(routes::OUTCOMES, parameters))
        .await
}

fn learn(item: &mut ItemOutcome, known: &HashMap<&str, &JobOutcome>) {
    let known = item.job.as_deref().and_then(|job| known.get(job));
    if let Some(known) = known.filter(|known| known.outcome != OutcomeWord::Queued) {
        item.outcome = known.outcome;
        item.reason.clone_from(&known.reason);
        item.message.clone_from(&known.message);
    }
}

/// Says who goes on with what was not waited for to its end.
pub(super) fn say_what_is_left(items: &[ItemOutcome], client: &Client, output: &Output) {
    let left = items.iter().filter(|item| is_pending(item)).count() as u64;
    if left == 0 {
        return;
    }
    let left = counted(left, "item");
    output.say(&match client {
        Client::Socket(_) => {
            format!("not done yet: {left}; the server goes on, and atlas status tells how far it is")
        }
        Client::InProcess(_) => {
            format!("not done yet: {left}; queued until `atlas serve` runs, or until named again")
        }
    });
}
