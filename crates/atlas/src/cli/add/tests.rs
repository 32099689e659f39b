//! `atlas add` against routes that are made up: what it sends, in which order, and what it says of the answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use atlas_app::views::AddRequest;
use atlas_domain::OutcomeWord;
use axum::extract::{Json, Query};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, response::IntoResponse};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::cli::output::tests::captured;
use crate::cli::routes;

/// A library whose jobs end when the test says so, and that refuses addresses with `refuse` in them.
#[derive(Clone, Default)]
struct FakeLibrary {
    saved: Arc<AtomicUsize>,
    questions: Arc<AtomicUsize>,
    /// How many had been saved when the first outcome was asked for.
    saved_before_the_first_question: Arc<Mutex<Option<usize>>>,
    /// Jobs that have ended.
    ended: Arc<Mutex<HashMap<String, OutcomeWord>>>,
    all_end: bool,
}

impl FakeLibrary {
    fn client(&self) -> Client {
        let (saving, telling) = (self.clone(), self.clone());
        Client::InProcess(
            Router::new()
                .route(
                    routes::ITEMS,
                    post(async move |Json(request): Json<AddRequest>| saving.save(&request)),
                )
                .route(
                    routes::OUTCOMES,
                    get(async move |Query(query): Query<HashMap<String, String>>| telling.tell(&query).await),
                ),
        )
    }

    fn save(&self, request: &AddRequest) -> axum::response::Response {
        if request.items.iter().any(|item| item.url.contains("refuse")) {
            let problem = json!({ "code": "disk_full", "detail": "no space is left" });
            return (StatusCode::INSUFFICIENT_STORAGE, Json(problem)).into_response();
        }
        self.saved.fetch_add(request.items.len(), Ordering::SeqCst);
        let items = request
            .items
            .iter()
            .map(|item| added(&item.url, OutcomeWord::Queued));
        Json(AddReport {
            items: items.collect(),
        })
        .into_response()
    }

    async fn tell(&self, query: &HashMap<String, String>) -> Json<Value> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        let saved = self.saved.load(Ordering::SeqCst);
        self.saved_before_the_first_question
            .lock()
            .unwrap()
            .get_or_insert(saved);
        let jobs: Vec<&str> = query["jobs"].split(',').collect();
        assert!(jobs.len() <= 100, "{} jobs in one question", jobs.len());
        let ended = |job: &str| {
            if self.all_end {
                Some(OutcomeWord::Stored)
            } else {
                self.ended.lock().unwrap().get(job).copied()
            }
        };
        if jobs.iter().any(|job| ended(job).is_none()) {
            tokio::time::sleep(Duration::from_millis(query["wait_ms"].parse().unwrap())).await;
        }
        let told: Vec<Value> = jobs
            .iter()
            .map(|job| {
                let outcome = ended(job).unwrap_or(OutcomeWord::Queued);
                json!({ "job": job, "outcome": outcome, "reason": "", "message": "" })
            })
            .collect();
        Json(json!({ "jobs": told }))
    }
}

fn added(url: &str, outcome: OutcomeWord) -> ItemOutcome {
    let is_kept = outcome != OutcomeWord::Rejected;
    ItemOutcome {
        id: is_kept.then(|| "0197-id".to_owned()),
        url: url.to_owned(),
        outcome,
        reason: String::new(),
        message: String::new(),
        job: is_kept.then(|| format!("job-of-{}", url.rsplit('/').next().unwrap())),
    }
}

fn args(inputs: &[&str], wait: Option<u64>) -> AddArgs {
    AddArgs {
        inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
        wait: WaitArgs { wait },
        ..AddArgs::default()
    }
}

fn many(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("https://a.example/{n}")).collect()
}

fn add_many(n: usize, wait: Option<u64>) -> AddArgs {
    AddArgs {
        inputs: many(n),
        ..args(&[], wait)
    }
}

fn never() -> CancellationToken {
    CancellationToken::new()
}

#[tokio::test(start_paused = true)]
async fn saves_everything_before_it_waits_for_anything() {
    let library = FakeLibrary {
        all_end: true,
        ..FakeLibrary::default()
    };
    let (output, data, _) = captured(true);
    let exit = run(&add_many(250, Some(5)), &library.client(), &output, &never()).await;
    assert_eq!(exit.unwrap(), Exit::Ok);
    assert_eq!(
        *library.saved_before_the_first_question.lock().unwrap(),
        Some(250)
    );
    let report: AddReport = serde_json::from_str(&data.text()).unwrap();
    assert!(
        report
            .items
            .iter()
            .all(|item| item.outcome == OutcomeWord::Stored)
    );
    let told: Vec<String> = report.items.into_iter().map(|item| item.url).collect();
    assert_eq!(told, many(250), "one report in the order of the addresses");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_runs_out_tells_what_is_known_by_then() {
    let library = FakeLibrary::default();
    // The last of many: whoever waited for the first would not hear of it.
    library
        .ended
        .lock()
        .unwrap()
        .insert("job-of-349".to_owned(), OutcomeWord::Stored);
    let (output, data, talk) = captured(true);
    let begun = Instant::now();
    let exit = run(&add_many(350, Some(2)), &library.client(), &output, &never()).await;
    assert_eq!(exit.unwrap(), Exit::Ok);
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_secs(3),
        "{took:?}"
    );
    let report: AddReport = serde_json::from_str(&data.text()).unwrap();
    assert_eq!(report.items[349].outcome, OutcomeWord::Stored);
    assert_eq!(report.items[0].outcome, OutcomeWord::Queued);
    assert!(
        talk.text().starts_with("not done yet: 349 items; queued until"),
        "{}",
        talk.text()
    );
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_while_waiting_tells_what_is_known_and_everything_stays_saved() {
    let library = FakeLibrary::default();
    library
        .ended
        .lock()
        .unwrap()
        .insert("job-of-0".to_owned(), OutcomeWord::Stored);
    let (output, data, talk) = captured(false);
    let stop = CancellationToken::new();
    let interrupt = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        interrupt.cancel();
    });
    let exit = run(&add_many(3, None), &library.client(), &output, &stop).await;
    assert_eq!(exit.unwrap(), Exit::Interrupted);
    let words: Vec<String> = data
        .text()
        .lines()
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    assert_eq!(words, ["stored", "queued", "queued"]);
    assert_eq!(talk.text(), "stopped early: 3 of 3 are saved, and stay so\n");
}

#[tokio::test]
async fn without_a_wait_a_server_is_not_asked_again() {
    let library = FakeLibrary::default();
    let report = {
        let progress = captured(true).0.progress(None);
        let inputs = inputs::read(&add_many(150, None)).await.unwrap();
        saving::save(&inputs, &library.client(), &progress, &never()).await
    };
    assert_eq!(report.items.len(), 150);
    assert_eq!(library.questions.load(Ordering::SeqCst), 0);
    let socket = Client::Socket("socket".into());
    assert_eq!(WaitArgs::default().deadline(&socket), None);
    assert!(
        WaitArgs::default().deadline(&library.client()).is_some(),
        "nobody else does the work"
    );
}

#[tokio::test]
async fn a_request_that_fails_is_told_beside_those_that_did_not() {
    let library = FakeLibrary {
        all_end: true,
        ..FakeLibrary::default()
    };
    let mut urls = many(100);
    urls.push("https://refuse.example/".to_owned());
    let (output, data, _) = captured(false);
    let args = AddArgs {
        inputs: urls,
        ..args(&[], None)
    };
    let exit = run(&args, &library.client(), &output, &never()).await;
    assert_eq!(exit.unwrap(), Exit::Partial);
    let text = data.text();
    assert!(
        text.ends_with(
            "failed       -                                     https://refuse.example/  (no space is left)\n"
        ),
        "{text}"
    );
    assert_eq!(text.matches("stored ").count(), 100);
}

#[tokio::test]
async fn is_an_error_when_no_request_is_answered() {
    let (output, data, _) = captured(false);
    let refused = args(&["https://refuse.example/"], None);
    let error = run(&refused, &FakeLibrary::default().client(), &output, &never())
        .await
        .unwrap_err();
    assert_eq!(
        (error.exit, error.message.as_str()),
        (Exit::Failure, "no space is left")
    );
    assert_eq!(data.text(), "");
}

/// A server that ends after `answers` answers.
fn dying_server(answers: usize) -> (tempfile::TempDir, Client) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let library = FakeLibrary::default();
    tokio::spawn(async move {
        let Client::InProcess(router) = library.client() else {
            return;
        };
        for _ in 0..answers {
            let (stream, _) = listener.accept().await.unwrap();
            let service = hyper_util::service::TowerToHyperService::new(router.clone());
            let _ = hyper::server::conn::http1::Builder::new()
                .keep_alive(false)
                .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
                .await;
        }
        let (stream, _) = listener.accept().await.unwrap();
        drop(stream); // in the middle of a request
    });
    (dir, Client::Socket(socket))
}

#[tokio::test]
async fn a_server_that_dies_while_it_saves_leaves_what_is_known() {
    let (_dir, client) = dying_server(1);
    let (output, data, _) = captured(true);
    let error = run(&add_many(350, None), &client, &output, &never())
        .await
        .unwrap_err();
    assert_eq!(error.exit, Exit::Unreachable);
    assert!(error.message.contains("the server went away"), "{error}");
    let report: AddReport = serde_json::from_str(&data.text()).unwrap();
    assert_eq!(report.items.len(), 350);
    let is_saved = |item: &&ItemOutcome| item.is_saved();
    assert_eq!(report.items.iter().filter(is_saved).count(), 100);
    assert_eq!(report.items[349].reason, "server_gone");
}

#[tokio::test]
async fn a_server_that_dies_while_waiting_leaves_what_is_known() {
    let (_dir, client) = dying_server(1);
    let (output, data, _) = captured(false);
    let error = run(&add_many(2, Some(60)), &client, &output, &never())
        .await
        .unwrap_err();
    assert_eq!(error.exit, Exit::Unreachable);
    assert_eq!(data.text().matches("queued ").count(), 2, "{}", data.text());
}

#[test]
fn the_exit_code_tells_whether_all_some_or_none_are_saved() {
    use OutcomeWord::{
        Deferred, Duplicate, Failed, LinkOnly, Partial, Quarantined, Queued, Rejected, Stored, Unchanged,
    };
    let exit = |outcomes: &[OutcomeWord]| {
        let items: Vec<_> = outcomes.iter().map(|outcome| added("u", *outcome)).collect();
        exit_of(&items)
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
