//! `atlas add`: saves addresses, one by one, from a file or from standard input, and waits for what becomes of
//! them if it is asked to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_app::views::{AddItem, AddReport, AddRequest, AddedItem};
use atlas_domain::OutcomeWord;
use clap::Args;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::input::read_text;
use super::output::{Output, Progress};
use super::routes;
use super::text::{lines, one_line};
use super::words::{DEFAULT_WAIT_SECS, MAX_WAIT_SECS};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas add https://example.com/article --tag bread\n  \
    atlas add --wait https://example.com/article\n  \
    atlas add bookmarks.txt --wait=300\n  \
    xclip -o | atlas add -\n  \
    atlas add https://example.com/paid --html saved-page.html\n\n\
    Exit code: 0 when all of them are saved, 3 when some, 1 when none.";

/// Requests under way at once while waiting: enough to keep every worker busy.
const WAITING_AT_ONCE: usize = 32;
/// Addresses in a request that does not wait.
const ADDRESSES_A_REQUEST: usize = 100;

/// `atlas add`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AddArgs {
    /// Addresses, files with an address a line (`#` begins a comment), or `-` for standard input
    #[arg(value_name = "URL|FILE|-", required = true)]
    inputs: Vec<String>,
    /// The page's HTML (`-` for standard input): it is not fetched. With exactly one address
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// A tag to put on all of them; may be repeated
    #[arg(long = "tag", short, value_name = "TAG")]
    tags: Vec<String>,
    /// Wait for the outcomes, 60 seconds unless it says how long
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_WAIT_SECS,
        value_parser = clap::value_parser!(u64).range(..=MAX_WAIT_SECS)
    )]
    wait: Option<u64>,
}

pub(super) async fn run(args: &AddArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let items = items(args).await?;
    let progress = output.progress(Some(items.len() as u64));
    let report = save(items, wait_secs(args, client), client, &progress).await?;
    drop(progress);
    output.answer(&report, |_| render(&report))?;
    Ok(exit_of(&report))
}

/// Without a server nobody else does the work, so the command does not end before it unless it is told to.
fn wait_secs(args: &AddArgs, client: &Client) -> Option<u64> {
    match client {
        Client::InProcess(_) => args.wait.or(Some(MAX_WAIT_SECS)),
        Client::Socket(_) => args.wait,
    }
}

/// No address begins like this; a mistyped file name does.
fn looks_like_path(input: &str) -> bool {
    ["/", "./", "../", "~"]
        .iter()
        .any(|beginning| input.starts_with(beginning))
}

async fn items(args: &AddArgs) -> Result<Vec<AddItem>, CliError> {
    let mut urls = Vec::new();
    for input in &args.inputs {
        if is_list(input) {
            urls.extend(addresses(&read_text(Path::new(input)).await?));
        } else if looks_like_path(input) {
            let message = format!("there is no file `{input}` with addresses in it");
            return Err(CliError::new(Exit::Usage, message));
        } else {
            urls.push(input.clone());
        }
    }
    let html = match &args.html {
        Some(_) if urls.len() != 1 => {
            let message = format!(
                "--html is the page of exactly one address; there are {}",
                urls.len()
            );
            return Err(CliError::new(Exit::Usage, message));
        }
        Some(file) => {
            let html = read_text(file).await?;
            if html.trim().is_empty() {
                let message = format!("{} is empty: there is no page to save", file.display());
                return Err(CliError::new(Exit::Usage, message));
            }
            Some(html)
        }
        None => None,
    };
    if urls.is_empty() {
        return Err(CliError::new(
            Exit::Usage,
            "there is no address in what was given",
        ));
    }
    let item = |url| AddItem {
        url,
        tags: args.tags.clone(),
        html: html.clone(),
    };
    Ok(urls.into_iter().map(item).collect())
}

fn is_list(input: &str) -> bool {
    input == "-" || (!input.contains("://") && Path::new(input).is_file())
}

/// The addresses in a list: one a line, without comments and empty lines.
fn addresses(list: &str) -> Vec<String> {
    list.trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Sends the addresses in many requests, so that a long list shows progress and no slow page holds up the rest.
/// Requests that fail are told as failed items, unless all do.
async fn save(
    items: Vec<AddItem>,
    wait_secs: Option<u64>,
    client: &Client,
    progress: &Progress,
) -> Result<AddReport, CliError> {
    let deadline = wait_secs.map(|secs| Instant::now() + Duration::from_secs(secs));
    let (size, at_once) = if deadline.is_some() {
        (1, WAITING_AT_ONCE)
    } else {
        (ADDRESSES_A_REQUEST, 1)
    };
    let mut chunks = items.chunks(size).map(<[AddItem]>::to_vec).enumerate();
    let mut requests = JoinSet::new();
    let mut answers = BTreeMap::new();
    loop {
        while requests.len() < at_once
            && let Some((place, chunk)) = chunks.next()
        {
            requests.spawn(save_chunk(place, chunk, deadline, client.clone()));
        }
        let Some(answer) = requests.join_next().await else {
            break;
        };
        let (place, answer) = answer.map_err(|error| {
            CliError::new(Exit::Failure, format!("a request ended unexpectedly: {error}"))
        })?;
        let addresses = items.chunks(size).nth(place).unwrap_or_default();
        progress.advance(addresses.len() as u64);
        answers.insert(place, (addresses, answer));
    }
    assemble(answers.into_values())
}

async fn save_chunk(
    place: usize,
    items: Vec<AddItem>,
    deadline: Option<Instant>,
    client: Client,
) -> (usize, Result<AddReport, CliError>) {
    let remaining = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
    let wait_secs = deadline.map(|deadline| remaining(deadline).as_secs_f64().ceil() as u64);
    (
        place,
        client.post(routes::ITEMS, &AddRequest { items, wait_secs }).await,
    )
}

fn assemble<'a>(
    answers: impl Iterator<Item = (&'a [AddItem], Result<AddReport, CliError>)>,
) -> Result<AddReport, CliError> {
    let mut report = AddReport { items: Vec::new() };
    let (mut answered, mut first_error) = (false, None);
    for (addresses, answer) in answers {
        match answer {
            Ok(answer) => {
                answered = true;
                report.items.extend(answer.items);
            }
            Err(error) => {
                report
                    .items
                    .extend(addresses.iter().map(|item| unanswered(item, &error)));
                first_error.get_or_insert(error);
            }
        }
    }
    match first_error {
        Some(error) if !answered => Err(error),
        _ => Ok(report),
    }
}

fn unanswered(item: &AddItem, error: &CliError) -> AddedItem {
    AddedItem {
        id: None,
        url: item.url.clone(),
        outcome: OutcomeWord::Failed,
        reason: "request_failed".to_owned(),
        message: error.to_string(),
    }
}

fn render(report: &AddReport) -> String {
    lines(report.items.iter().map(line))
}

fn line(item: &AddedItem) -> String {
    let AddedItem { outcome, message, .. } = item;
    let (id, url) = (item.id.as_deref().unwrap_or("-"), one_line(&item.url));
    let line = format!("{outcome:<11}  {id:<36}  {url}");
    if message.is_empty() {
        line
    } else {
        format!("{line}  ({})", one_line(message))
    }
}

fn exit_of(report: &AddReport) -> Exit {
    match report.items.iter().filter(|item| item.is_saved()).count() {
        0 => Exit::Failure,
        saved if saved == report.items.len() => Exit::Ok,
        _ => Exit::Partial,
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::Json;
    use axum::routing::post;
    use axum::{Router, http::StatusCode};

    use super::*;
    use crate::cli::output::tests::captured;

    fn added(url: &str, outcome: OutcomeWord) -> AddedItem {
        AddedItem {
            id: (outcome != OutcomeWord::Rejected).then(|| "0197-id".to_owned()),
            url: url.to_owned(),
            outcome,
            reason: String::new(),
            message: if outcome == OutcomeWord::Stored {
                "saved and searchable".to_owned()
            } else {
                String::new()
            },
        }
    }

    /// A library that refuses every request with `refuse` in it and stores the rest.
    fn library() -> Client {
        let answer = async |Json(request): Json<AddRequest>| {
            if request.items.iter().any(|item| item.url.contains("refuse")) {
                let problem = serde_json::json!({ "code": "disk_full", "detail": "no space is left" });
                return Err((StatusCode::INSUFFICIENT_STORAGE, Json(problem)));
            }
            let items = request
                .items
                .iter()
                .map(|item| added(&item.url, OutcomeWord::Stored))
                .collect();
            Ok(Json(AddReport { items }))
        };
        Client::InProcess(Router::new().route(routes::ITEMS, post(answer)))
    }

    fn args(inputs: &[&str]) -> AddArgs {
        AddArgs {
            inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
            ..AddArgs::default()
        }
    }

    #[test]
    fn reads_one_address_a_line_and_skips_comments() {
        let list = "\u{feff}https://a.example/\r\n\n  # a comment\n  https://b.example/#part  \n";
        assert_eq!(addresses(list), ["https://a.example/", "https://b.example/#part"]);
    }

    #[tokio::test]
    async fn takes_addresses_from_a_file_and_from_the_command_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("list.txt");
        std::fs::write(&file, "https://a.example/\nhttps://b.example/\n").unwrap();
        let taken = items(&args(&[file.to_str().unwrap(), "c.example/no-such-file"]))
            .await
            .unwrap();
        let urls: Vec<&str> = taken.iter().map(|item| item.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "https://a.example/",
                "https://b.example/",
                "c.example/no-such-file"
            ]
        );
    }

    #[tokio::test]
    async fn html_belongs_to_exactly_one_address() {
        let two = AddArgs {
            html: Some("page.html".into()),
            ..args(&["https://a.example", "https://b.example"])
        };
        assert_eq!(items(&two).await.unwrap_err().exit, Exit::Usage);
    }

    #[tokio::test]
    async fn many_requests_give_one_report_in_the_order_of_the_addresses() {
        let urls: Vec<String> = (0..250).map(|n| format!("https://a.example/{n}")).collect();
        let (output, data, _) = captured(true);
        let args = AddArgs {
            inputs: urls.clone(),
            wait: Some(5),
            ..AddArgs::default()
        };
        assert_eq!(run(&args, &library(), &output).await.unwrap(), Exit::Ok);
        let report: AddReport = serde_json::from_str(&data.text()).unwrap();
        let told: Vec<String> = report.items.into_iter().map(|item| item.url).collect();
        assert_eq!(told, urls);
    }

    #[tokio::test]
    async fn a_request_that_fails_is_told_beside_those_that_did_not() {
        let (output, data, _) = captured(false);
        let exit = run(
            &args(&["https://a.example/", "https://refuse.example/"]),
            &library(),
            &output,
        )
        .await;
        assert_eq!(exit.unwrap(), Exit::Partial);
        insta::assert_snapshot!(data.text(), @"
        stored       0197-id                               https://a.example/  (saved and searchable)
        failed       -                                     https://refuse.example/  (no space is left)
        ");
    }

    #[tokio::test]
    async fn is_an_error_when_no_request_is_answered() {
        let (output, data, _) = captured(false);
        let error = run(&args(&["https://refuse.example/"]), &library(), &output)
            .await
            .unwrap_err();
        assert_eq!(
            (error.exit, error.message.as_str()),
            (Exit::Failure, "no space is left")
        );
        assert_eq!(data.text(), "");
    }

    #[tokio::test]
    async fn waits_until_the_end_only_where_nobody_else_does_the_work() {
        let by_itself = library();
        assert_eq!(wait_secs(&args(&[]), &by_itself), Some(MAX_WAIT_SECS));
        assert_eq!(
            wait_secs(
                &AddArgs {
                    wait: Some(3),
                    ..args(&[])
                },
                &by_itself
            ),
            Some(3)
        );
        assert_eq!(wait_secs(&args(&[]), &Client::Socket("socket".into())), None);
    }

    #[test]
    fn the_exit_code_tells_whether_all_some_or_none_are_saved() {
        use OutcomeWord::{
            Deferred, Duplicate, Failed, LinkOnly, Partial, Quarantined, Queued, Rejected, Stored, Unchanged,
        };
        let exit = |outcomes: &[OutcomeWord]| {
            exit_of(&AddReport {
                items: outcomes.iter().map(|outcome| added("u", *outcome)).collect(),
            })
        };
        assert_eq!(
            exit(&[
                Queued,
                Deferred,
                Stored,
                Partial,
                Unchanged,
                Duplicate,
                Quarantined
            ]),
            Exit::Ok
        );
        assert_eq!(exit(&[Stored, LinkOnly]), Exit::Partial);
        assert_eq!(exit(&[Rejected, LinkOnly, Failed]), Exit::Failure);
    }
}
