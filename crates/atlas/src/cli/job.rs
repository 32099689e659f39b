//! `atlas job`: the work that is done, waiting or given up, and the owner's word on it.

use atlas_app::views::JobView;
use atlas_domain::{Job, JobKind, JobState, OutcomeWord};
use atlas_store::{CancelledJob, JobPage, UnreadableJob};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::Access;
use super::output::Output;
use super::pages::{PageArgs, summary};
use super::routes;
use super::several::for_each;
use super::show::tries;
use super::table::{spare, table, text, whole};
use super::text::{Look, explained, facts, indented, one_line};
use super::words::{name, words};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas job ls --state dead\n  \
    atlas job show 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b\n  \
    atlas job ls --state dead --all --json | jq -r '.jobs[].id' | xargs atlas job retry";

/// The largest page that the route gives.
const LARGEST_PAGE: u32 = 1_000;

/// `atlas job`
#[derive(Debug, Clone, Args)]
pub(crate) struct JobArgs {
    #[command(subcommand)]
    pub(super) command: JobCommand,
}

/// What to do about jobs.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum JobCommand {
    /// List jobs, the most recently changed first
    Ls(JobListArgs),
    /// Show one job with every try
    Show {
        /// The job
        #[arg(value_name = "ID", value_parser = name)]
        job: String,
    },
    /// Send jobs that ended round again, and those that wait for a later time at once
    Retry(JobsArgs),
    /// Call off jobs that wait or run, and drop those that were given up
    Cancel(JobsArgs),
}

/// `atlas job ls`
#[derive(Debug, Clone, Args)]
pub(super) struct JobListArgs {
    /// Only in this state
    #[arg(long, value_name = "STATE", value_parser = words(JobState::ALL, JobState::as_str))]
    state: Option<JobState>,
    /// Only of this kind
    #[arg(long, value_name = "KIND", value_parser = words(JobKind::ALL, JobKind::as_str))]
    kind: Option<JobKind>,
    #[command(flatten)]
    page: PageArgs,
}

/// `atlas job retry` and `atlas job cancel`
#[derive(Debug, Clone, Args)]
pub(super) struct JobsArgs {
    /// The jobs
    #[arg(value_name = "ID", required = true, value_parser = name)]
    jobs: Vec<String>,
}

/// Several jobs, as they are now.
#[derive(Serialize)]
struct Jobs {
    jobs: Vec<Job>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<UnreadableJob>,
}

impl JobCommand {
    pub(super) fn access(&self) -> Access {
        match self {
            Self::Ls(_) | Self::Show { .. } => Access::Read,
            Self::Retry(_) => Access::Work,
            Self::Cancel(_) => Access::Write,
        }
    }
}

pub(super) async fn run(args: &JobArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    match &args.command {
        JobCommand::Ls(args) => list(args, client, output).await,
        JobCommand::Show { job } => show(job, client, output).await,
        JobCommand::Retry(args) => retry(args, client, output).await,
        JobCommand::Cancel(args) => cancel(args, client, output).await,
    }
}

async fn list(args: &JobListArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let ask = async |limit: u32, after: Option<String>| {
        let parameters = [
            ("state", args.state.map(|state| state.to_string())),
            ("kind", args.kind.map(|kind| kind.to_string())),
            ("limit", Some(limit.to_string())),
            ("after", after),
        ];
        client.get(&routes::with_query(routes::JOBS, parameters)).await
    };
    let list: JobPage = args.page.read(LARGEST_PAGE, ask).await?;
    output.answer(&list, |look| render(&list.jobs, look))?;
    if !output.is_json() {
        output.say(&match list.total {
            0 => "no jobs".to_owned(),
            total => summary(&list, total),
        });
    }
    Ok(report_unreadable(&list.unreadable, output))
}

/// Names the jobs that cannot be read, which makes the answer a part of what was asked for.
fn report_unreadable(unreadable: &[UnreadableJob], output: &Output) -> Exit {
    for job in unreadable {
        let name = job
            .id
            .map_or("without a readable id".to_owned(), |id| id.to_string());
        let (kind, state, problem) = (one_line(&job.kind), one_line(&job.state), &job.problem);
        output.problem(&format!("job {name} ({kind}, {state}) is left out: {problem}"));
    }
    if unreadable.is_empty() {
        Exit::Ok
    } else {
        Exit::Partial
    }
}

async fn show(job: &str, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let view: JobView = client.get(&routes::under(routes::JOBS, job)).await?;
    output.answer(&view, |look| render_one(&view, look))?;
    Ok(Exit::Ok)
}

async fn retry(args: &JobsArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let work = async |name: &str| client.post::<Job>(&decision("retry", name), &()).await;
    let (jobs, exit) = for_each(&args.jobs, output, work).await?;
    let list = Jobs {
        jobs,
        unreadable: Vec::new(),
    };
    output.answer(&list, |look| render(&list.jobs, look))?;
    Ok(exit)
}

async fn cancel(args: &JobsArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let work = async |name: &str| client.post::<CancelledJob>(&decision("cancel", name), &()).await;
    let (cancelled, exit) = for_each(&args.jobs, output, work).await?;
    let mut list = Jobs {
        jobs: Vec::new(),
        unreadable: Vec::new(),
    };
    for job in cancelled {
        match job {
            CancelledJob::Whole(job) => list.jobs.push(job),
            CancelledJob::Unreadable(job) => list.unreadable.push(job),
        }
    }
    output.answer(&list, |look| render(&list.jobs, look))?;
    if !output.is_json() {
        for id in list.unreadable.iter().filter_map(|job| job.id) {
            output.say(&format!("job {id}, which cannot be read, was dropped"));
        }
    }
    Ok(exit)
}

fn decision(verb: &str, job: &str) -> String {
    format!("{}/{verb}", routes::under(routes::JOBS, job))
}

fn render(jobs: &[Job], look: Look) -> String {
    if jobs.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = jobs
        .iter()
        .map(|job| {
            [
                job.id.to_string(),
                job.kind.to_string(),
                job.state.to_string(),
                format!("{}/{}", job.attempts, job.max_attempts),
                job.updated_at.to_string(),
                job.item_id.map_or("-".to_owned(), |item| item.to_string()),
                listed_outcome(job),
            ]
        })
        .collect();
    table(
        [
            whole("ID"),
            whole("KIND"),
            whole("STATE"),
            whole("TRIES"),
            spare("CHANGED"),
            spare("ITEM"),
            text("OUTCOME"),
        ],
        &rows,
        look,
    )
}

fn render_one(view: &JobView, look: Look) -> String {
    let job = &view.job;
    let waits = job.state == JobState::Ready;
    let head = facts(&[
        ("Job", job.id.to_string()),
        ("Kind", job.kind.to_string()),
        ("State", job.state.to_string()),
        ("Outcome", outcome(job)),
        ("Item", job.item_id.map_or(String::new(), |item| item.to_string())),
        (
            "Tries",
            format!(
                "{} of {}, postponed {} times",
                job.attempts, job.max_attempts, job.deferrals
            ),
        ),
        (
            "Not before",
            if waits {
                job.run_at.to_string()
            } else {
                String::new()
            },
        ),
        ("Stage", job.risky_stage.clone().unwrap_or_default()),
        ("Host", job.group_key.clone().unwrap_or_default()),
        ("Enqueued", job.created_at.to_string()),
        ("Changed", job.updated_at.to_string()),
    ]);
    if view.attempt_log.is_empty() {
        return head;
    }
    format!(
        "{head}\n{}\n{}",
        look.bold("Tries"),
        indented(&tries(&view.attempt_log, look))
    )
}

/// In a list, there is no other place that says when a job comes that was put off.
fn listed_outcome(job: &Job) -> String {
    let told = outcome(job);
    if job.state == JobState::Ready && job.outcome == Some(OutcomeWord::Deferred) {
        format!("{told}; not before {}", job.run_at)
    } else {
        told
    }
}

fn outcome(job: &Job) -> String {
    match job.outcome {
        Some(outcome) => explained(outcome.as_str(), &job.reason, &job.message),
        None if job.reason.is_empty() => job.message.clone(),
        None => explained(&job.reason, "", &job.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures;
    use crate::cli::output::tests::captured;

    const PLAIN: Look = Look::PLAIN;

    #[test]
    fn a_row_tells_what_where_it_stands_and_how_it_ended() {
        insta::assert_snapshot!(render(&[fixtures::dead_job()], PLAIN), @"
        ID                                    KIND         STATE  TRIES  CHANGED               ITEM                                  OUTCOME
        00000000-0000-0000-0000-000000000007  ingest_item  dead   5/5    2026-01-01T00:00:09Z  00000000-0000-0000-0000-000000000001  failed (extract_crashed): the extraction process died
        ");
    }

    #[test]
    fn a_row_of_a_job_that_was_put_off_says_when_it_comes() {
        let waits = Job {
            state: JobState::Ready,
            outcome: Some(OutcomeWord::Deferred),
            reason: "circuit_open".to_owned(),
            message: "example.com:443 is left alone".to_owned(),
            ..fixtures::dead_job()
        };
        let told = format!("left alone; not before {}", waits.run_at);
        let shown = render(&[waits], PLAIN);
        assert!(shown.contains(&told), "{shown}");
    }

    #[test]
    fn a_job_that_cannot_be_read_is_named_with_what_its_row_still_tells() {
        let unreadable = |id| UnreadableJob {
            id,
            kind: "divine\u{1b}[31m".to_owned(),
            state: "ready".to_owned(),
            problem: "there is no such kind".to_owned(),
        };
        let (output, _, talk) = captured(false);
        let jobs = [unreadable(Some(fixtures::dead_job().id)), unreadable(None)];
        assert_eq!(report_unreadable(&jobs, &output), Exit::Partial);
        assert_eq!(
            talk.text(),
            "atlas: job 00000000-0000-0000-0000-000000000007 (divine [31m, ready) is left out: there is no such kind\n\
             atlas: job without a readable id (divine [31m, ready) is left out: there is no such kind\n"
        );
        assert_eq!(report_unreadable(&[], &output), Exit::Ok);
    }

    #[test]
    fn one_job_is_shown_with_every_try() {
        let view = JobView {
            job: fixtures::dead_job(),
            attempt_log: fixtures::attempts(),
        };
        let shown = render_one(&view, PLAIN);
        let (facts, log) = shown.split_once("\nTries\n").unwrap();
        assert_eq!(log, indented(&tries(&view.attempt_log, PLAIN)));
        insta::assert_snapshot!(facts, @"
        Job       00000000-0000-0000-0000-000000000007
        Kind      ingest_item
        State     dead
        Outcome   failed (extract_crashed): the extraction process died
        Item      00000000-0000-0000-0000-000000000001
        Tries     5 of 5, postponed 2 times
        Stage     extract
        Host      example.com
        Enqueued  2026-01-01T00:00:00Z
        Changed   2026-01-01T00:00:09Z
        ");
    }
}
