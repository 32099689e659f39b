//! When work of ours is declared, made longer and taken back, seen from where it is declared.

use atlas_domain::{Clock, UserId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::super::own::Heartbeats;
use super::super::timeline::{Boot, Timeline};
use super::super::{HealthView, Request};
use super::*;
use crate::test_app::TestApp;
use crate::views::ReprocessRequest;

/// Whoever is told.
struct Told {
    requests: mpsc::Receiver<Request>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// A process whose announcer is at work.
fn start(process: &TestApp) -> (Arc<App>, Told) {
    let (sender, requests) = mpsc::channel(64);
    let nothing = serde_json::json!({ "overall": "healthy", "services": [] });
    let nothing: HealthView = serde_json::from_value(nothing).unwrap();
    let clock = Arc::clone(&process.clock) as Arc<dyn Clock>;
    let line = Timeline::resume(None, Boot::default(), Arc::clone(&clock));
    let vitals = Vitals {
        requests: sender,
        latest: watch::channel(nothing).1,
        clock,
        ops: process.ops.clone(),
        heartbeats: Arc::new(Heartbeats::new(process.ops.clone(), line)),
        watchers: Arc::default(),
    };
    let app = Arc::new(process.app());
    app.look_after(vitals.clone());
    let stop = CancellationToken::new();
    let task = tokio::spawn(Announcer::new(Arc::clone(&app), vitals).run(stop.clone()));
    (app, Told { requests, stop, task })
}

impl Told {
    /// What was told until now: `+` for declared, `-` for taken back.
    fn so_far(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Announce(announcement) => words.push(format!("+{}", announcement.name)),
                Request::EndMaintenance(name) => words.push(format!("-{name}")),
                _ => words.push("something else".to_owned()),
            }
        }
        words
    }

    /// Waits for the next word, without any time passing.
    async fn next(&mut self, process: &TestApp) -> Vec<String> {
        loop {
            let words = self.so_far();
            if !words.is_empty() {
                return words;
            }
            others_turn(process).await;
        }
    }

    /// What is told while so much time passes, second by second.
    async fn within(&mut self, process: &TestApp, duration: Duration) -> Vec<String> {
        let mut words = Vec::new();
        for _ in 0..duration.as_secs() {
            process.pass(Duration::from_secs(1)).await;
            for _ in 0..5 {
                others_turn(process).await;
            }
            words.extend(self.so_far());
        }
        words
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// A read of the library takes its time, and so whatever was asked before it has been answered.
async fn others_turn(process: &TestApp) {
    process
        .until(async |library| library.change_head().await.is_ok())
        .await;
}

#[tokio::test]
async fn a_reprocess_of_many_is_declared_before_it_renewed_and_taken_back_at_its_end() {
    let process = TestApp::open();
    process.store("https://a.example/", "otters hold hands").await;
    let (app, mut told) = start(&process);

    let report = app.reprocess(ReprocessRequest::default()).await.unwrap();
    assert_eq!(report.enqueued, 1);
    let first = told.next(&process).await;
    assert!(first.iter().all(|word| word == "+reprocess"), "{first:?}");
    assert!(
        told.within(&process, RENEW + LOOK)
            .await
            .contains(&"+reprocess".to_owned())
    );

    let job = process
        .jobs()
        .await
        .into_iter()
        .find(|job| job.kind == JobKind::ReprocessItem);
    process
        .library
        .cancel_job(UserId::OWNER, job.unwrap().id)
        .await
        .unwrap();
    let last = told.within(&process, 2 * LOOK).await;
    assert_eq!(last, ["-reprocess"]);
    assert_eq!(told.within(&process, 2 * RENEW).await, [""; 0]);
    told.end().await;
}

#[tokio::test]
async fn a_few_items_by_name_are_nothing_to_declare() {
    let process = TestApp::open();
    let item = process.store("https://a.example/", "otters hold hands").await;
    let (app, mut told) = start(&process);
    let request = ReprocessRequest {
        items: vec![item.id.to_string()],
        ..ReprocessRequest::default()
    };
    assert_eq!(app.reprocess(request).await.unwrap().enqueued, 1);
    assert_eq!(told.within(&process, 2 * LOOK).await, [""; 0]);
    told.end().await;
}

#[tokio::test]
async fn an_index_that_is_built_anew_is_declared_until_it_is_complete() {
    let process = TestApp::open();
    let (_app, mut told) = start(&process);
    process.signals.index_begins_anew();
    assert_eq!(told.next(&process).await, ["+index_rebuild"]);
    process.signals.index_is_complete();
    assert_eq!(told.next(&process).await, ["-index_rebuild"]);
    told.end().await;
}

#[tokio::test]
async fn work_that_stands_still_is_not_excused_for_ever() {
    let process = TestApp::open();
    let (_app, mut told) = start(&process);
    process.signals.index_begins_anew();
    told.next(&process).await;
    let words = told.within(&process, LASTS + 2 * LOOK).await;
    assert_eq!(
        words.last().map(String::as_str),
        Some("-index_rebuild"),
        "{words:?}"
    );
    assert_eq!(told.within(&process, 2 * LASTS).await, [""; 0]);

    process.signals.index_moved();
    let words = told.within(&process, 2 * LOOK).await;
    assert_eq!(words, ["+index_rebuild"], "it goes on");
    told.end().await;
}
