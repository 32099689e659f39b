//! `atlas reprocess`: extracts and judges items again from their stored bytes, without asking any site.

use std::collections::BTreeMap;

use atlas_app::views::{ItemOutcome, ReprocessReport, ReprocessRequest};
use atlas_domain::{ItemState, OutcomeWord};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::output::Output;
use super::text::counted;
use super::wait::{WaitArgs, follow, is_pending, say_what_is_left};
use super::words::{name, words};
use super::{outcomes, routes, until_stopped};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas reprocess https://example.com/article --wait\n  \
    atlas reprocess --state quarantined\n  \
    atlas reprocess --wait=3600\n\n\
    Without an item and without a state, everything that has stored bytes is processed again.\n\n\
    Exit code: 0 when all of them are on their way or, as far as it waits, ended as content; 3 when some; \
    when none, 5 if there are no such items, else 1.";

/// `atlas reprocess`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReprocessArgs {
    /// Items, by id or address; all of them without any
    #[arg(value_name = "ID|URL", value_parser = name)]
    items: Vec<String>,
    /// All that are in this state
    #[arg(
        long,
        value_name = "STATE",
        conflicts_with = "items",
        value_parser = words(ItemState::ALL, ItemState::as_str)
    )]
    state: Option<ItemState>,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

pub(super) async fn run(
    args: &ReprocessArgs,
    client: &Client,
    output: &Output,
    stop: &CancellationToken,
) -> Result<Exit, CliError> {
    let deadline = args.wait.deadline(client);
    let (report, enqueued) = enqueue(args, client, stop).await;
    let Some(mut report) = report else {
        return enqueued.map(|()| Exit::Interrupted);
    };
    let mut followed = Ok(());
    if let (Some(deadline), Ok(()), false) = (deadline, &enqueued, stop.is_cancelled()) {
        let progress = output.progress(Some(report.enqueued));
        followed = follow(&mut report.items, deadline, client, &progress, stop).await;
        report.done = report.items.iter().filter(|item| has_ended(item)).count() as u64;
    }
    let named = !args.items.is_empty();
    output.answer(&report, |_| render(&report.items, named))?;
    enqueued.and(followed)?;
    if stop.is_cancelled() {
        output.say("stopped early: what is on its way stays so");
        return Ok(Exit::Interrupted);
    }
    if deadline.is_some() {
        say_what_is_left(&report.items, client, output);
    }
    Ok(exit_of(&report.items))
}

/// Asks for one page of the library after the other, until all is enqueued, or `stop`, or an error. What was
/// answered until then is known.
async fn enqueue(
    args: &ReprocessArgs,
    client: &Client,
    stop: &CancellationToken,
) -> (Option<ReprocessReport>, Result<(), CliError>) {
    let (mut whole, mut after): (Option<ReprocessReport>, Option<String>) = (None, None);
    loop {
        let request = ReprocessRequest {
            items: args.items.clone(),
            state: args.state,
            after: after.take(),
            wait_secs: None,
        };
        let asked = client.post_patiently::<ReprocessReport>(routes::REPROCESS, &request);
        let page = match until_stopped(stop, asked).await {
            Some(Ok(page)) => page,
            Some(Err(error)) => return (whole, Err(error)),
            None => return (whole, Ok(())),
        };
        after.clone_from(&page.next);
        match &mut whole {
            None => whole = Some(page),
            Some(whole) => {
                whole.enqueued += page.enqueued;
                whole.items.extend(page.items);
                whole.next = page.next;
            }
        }
        if after.is_none() {
            return (whole, Ok(()));
        }
    }
}

/// Named items with what became of each. Of a whole library, a count, and those that did not end well.
fn render(items: &[ItemOutcome], named: bool) -> String {
    if named {
        return outcomes::render(items);
    }
    if items.is_empty() {
        return "no item matches\n".to_owned();
    }
    let mut counts: BTreeMap<OutcomeWord, u64> = BTreeMap::new();
    for item in items {
        *counts.entry(item.outcome).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    format!(
        "{}{}: {}\n",
        outcomes::render(items.iter().filter(|item| !is_well(item))),
        counted(items.len() as u64, "item"),
        counts.join(", ")
    )
}

fn has_ended(item: &ItemOutcome) -> bool {
    item.job.is_some() && !is_pending(item) && item.outcome != OutcomeWord::Deferred
}

/// On its way, or content.
fn is_well(item: &ItemOutcome) -> bool {
    use OutcomeWord::{Deferred, Duplicate, Partial, Queued, Stored, Unchanged};
    matches!(
        item.outcome,
        Queued | Deferred | Stored | Partial | Unchanged | Duplicate
    )
}

fn exit_of(items: &[ItemOutcome]) -> Exit {
    match items.iter().filter(|item| is_well(item)).count() {
        well if well == items.len() => Exit::Ok,
        0 if items.iter().all(|item| item.reason == "not_found") => Exit::NotFound,
        0 if items.iter().all(|item| item.reason == "invalid_request") => Exit::Usage,
        0 => Exit::Failure,
        _ => Exit::Partial,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::Json;
    use axum::routing::{get, post};

    use super::*;
    use crate::cli::output::tests::captured;

    fn outcome(url: &str, outcome: OutcomeWord, reason: &str) -> ItemOutcome {
        ItemOutcome {
            id: (reason != "not_found").then(|| "0197-id".to_owned()),
            url: url.to_owned(),
            outcome,
            reason: reason.to_owned(),
            message: String::new(),
            job: (reason != "not_found").then(|| format!("job-of-{url}")),
        }
    }

    #[test]
    fn a_whole_library_is_counted_and_what_did_not_end_well_is_named() {
        let items = [
            outcome("https://a.example/", OutcomeWord::Stored, ""),
            outcome("https://b.example/", OutcomeWord::Stored, ""),
            outcome("https://c.example/", OutcomeWord::Quarantined, "soft_404"),
        ];
        insta::assert_snapshot!(render(&items, false), @"
        quarantined  0197-id                               https://c.example/
        3 items: 2 stored, 1 quarantined
        ");
        assert_eq!(render(&[], false), "no item matches\n");
    }

    #[test]
    fn the_exit_code_tells_whether_all_some_or_none_went_well() {
        use OutcomeWord::{Failed, Quarantined, Queued, Stored};
        let exit = |outcomes: &[(OutcomeWord, &str)]| {
            let items: Vec<_> = outcomes
                .iter()
                .map(|(word, reason)| outcome("u", *word, reason))
                .collect();
            exit_of(&items)
        };
        assert_eq!(exit(&[(Queued, ""), (Stored, "")]), Exit::Ok);
        assert_eq!(
            exit(&[(Queued, ""), (Queued, ""), (Failed, "not_found")]),
            Exit::Partial
        );
        assert_eq!(exit(&[(Stored, ""), (Quarantined, "stub")]), Exit::Partial);
        assert_eq!(exit(&[(Quarantined, "stub")]), Exit::Failure);
        assert_eq!(exit(&[(Failed, "extract_crashed")]), Exit::Failure);
        assert_eq!(exit(&[(Failed, "not_found")]), Exit::NotFound);
        assert_eq!(exit(&[]), Exit::Ok);
    }

    #[tokio::test]
    async fn a_whole_library_is_seen_to_page_by_page_and_an_error_hides_nothing() {
        let answer = async |Json(request): Json<ReprocessRequest>| {
            let (url, next) = match request.after.as_deref() {
                None => ("a", "2"),
                Some("2") => ("b", "3"),
                Some(_) => return Err(http::StatusCode::INTERNAL_SERVER_ERROR),
            };
            Ok(Json(ReprocessReport {
                enqueued: 1,
                done: 0,
                items: vec![outcome(url, OutcomeWord::Queued, "")],
                next: Some(next.to_owned()),
            }))
        };
        let client = Client::InProcess(Router::new().route(routes::REPROCESS, post(answer)));
        let (output, data, _) = captured(true);
        let error = run(
            &ReprocessArgs::default(),
            &client,
            &output,
            &CancellationToken::new(),
        )
        .await
        .unwrap_err();
        assert_eq!(error.exit, Exit::Failure);
        let report: ReprocessReport = serde_json::from_str(&data.text()).unwrap();
        let urls: Vec<_> = report.items.iter().map(|item| item.url.as_str()).collect();
        assert_eq!((report.enqueued, urls), (2, vec!["a", "b"]));
        assert_eq!(report.next.as_deref(), Some("3"), "from where it can be gone on");
    }

    #[tokio::test]
    async fn waiting_tells_the_outcome_of_each() {
        let enqueue = async |Json(request): Json<ReprocessRequest>| {
            assert_eq!(request.items, ["a", "b", "nope"]);
            let items = vec![
                outcome("a", OutcomeWord::Queued, ""),
                outcome("b", OutcomeWord::Queued, ""),
                outcome("nope", OutcomeWord::Failed, "not_found"),
            ];
            Json(ReprocessReport {
                enqueued: 2,
                done: 0,
                items,
                next: None,
            })
        };
        let outcomes = async || {
            Json(serde_json::json!({ "jobs": [
                { "job": "job-of-a", "outcome": "stored", "reason": "", "message": "" },
                { "job": "job-of-b", "outcome": "quarantined", "reason": "stub", "message": "too short" },
            ]}))
        };
        let client = Client::InProcess(
            Router::new()
                .route(routes::REPROCESS, post(enqueue))
                .route(routes::OUTCOMES, get(outcomes)),
        );
        let (output, data, _) = captured(true);
        let args = ReprocessArgs {
            items: ["a", "b", "nope"].map(str::to_owned).to_vec(),
            ..ReprocessArgs::default()
        };
        let exit = run(&args, &client, &output, &CancellationToken::new()).await;
        assert_eq!(exit.unwrap(), Exit::Partial);
        let report: ReprocessReport = serde_json::from_str(&data.text()).unwrap();
        let told: Vec<_> = report
            .items
            .iter()
            .map(|item| (item.outcome.as_str(), item.reason.as_str()))
            .collect();
        assert_eq!(
            told,
            [("stored", ""), ("quarantined", "stub"), ("failed", "not_found")]
        );
        assert_eq!((report.enqueued, report.done), (2, 2));
    }
}
