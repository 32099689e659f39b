//! The schedules on a clock that tests turn.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, JobKind, JobState, Outcome};
use atlas_store::AttemptRecord;
use tokio_util::sync::CancellationToken;

use super::due::LookingForDue;
use super::{Due, DueAudits, SWEEP, run_schedules};
use crate::backups::BackupPlan;
use crate::test_app::{Started, TestApp};
use crate::{Progress, progress_of};

fn nothing_due(app: &TestApp) -> Due {
    Due {
        backups: None,
        audits: None,
        clock: Arc::clone(&app.clock) as Arc<dyn Clock>,
    }
}

/// Starts the schedules, which have their first turn.
async fn schedule(app: &TestApp) -> Started {
    let stop = CancellationToken::new();
    let schedules = run_schedules(
        app.library.clone(),
        Arc::clone(&app.signals),
        nothing_due(app),
        progress_of("schedules").1,
        stop.clone(),
    );
    let task = tokio::spawn(schedules);
    tokio::task::yield_now().await;
    app.pass(Duration::ZERO).await;
    Started { stop, task }
}

async fn kinds(app: &TestApp) -> Vec<JobKind> {
    let mut kinds: Vec<JobKind> = app.jobs().await.iter().map(|job| job.kind).collect();
    kinds.sort_by_key(|kind| kind.as_str());
    kinds
}

/// Waits until the writer has answered so many more requests.
async fn until_answered(app: &TestApp, requests: u64) {
    app.until(async |library| library.writer_stats().unwrap().requests >= requests)
        .await;
}

/// The predecessor's defect D30: several supervisors fight. Two schedulers cause as much work as one.
#[tokio::test]
async fn d30_each_job_is_enqueued_once_however_often_and_by_how_many_it_is_looked_at() {
    let app = TestApp::open();
    let start = app.library.writer_stats().unwrap().requests;
    let both = [schedule(&app).await, schedule(&app).await];
    until_answered(&app, start + 4).await;
    for turn in 1..=8 {
        app.pass(SWEEP).await;
        // Each turn both of them ask for a sweep, and every fourth for a collection too.
        until_answered(&app, start + 4 + turn * 2 + (turn / 4) * 2).await;
    }
    assert_eq!(
        kinds(&app).await,
        [JobKind::CollectBlobs, JobKind::SweepRetention]
    );
    for schedules in both {
        schedules.end().await;
    }
}

#[tokio::test]
async fn what_is_done_is_enqueued_again_at_its_next_turn() {
    let app = TestApp::open();
    let schedules = schedule(&app).await;
    app.until(async |_| app.jobs().await.len() == 2).await;
    for _ in 0..2 {
        let lease = app.claim().await;
        let attempt = AttemptRecord::at(lease.job.updated_at, "run");
        app.library
            .finish_job(&lease, Outcome::Unchanged, attempt)
            .await
            .unwrap();
    }
    app.pass(SWEEP / 2).await;
    assert!(
        app.jobs().await.iter().all(|job| job.state == JobState::Done),
        "not before its time"
    );
    app.pass(SWEEP / 2).await;
    app.until(async |_| app.jobs().await.len() == 3).await;
    let due: Vec<JobKind> = app
        .jobs()
        .await
        .iter()
        .filter(|job| job.state == JobState::Ready)
        .map(|job| job.kind)
        .collect();
    assert_eq!(due, [JobKind::SweepRetention]);
    schedules.end().await;
}

#[tokio::test]
async fn the_schedules_show_that_they_go_on() {
    let app = TestApp::open();
    let (stop, (progress, turns)) = (CancellationToken::new(), progress_of("schedules"));
    let schedules = run_schedules(
        app.library.clone(),
        Arc::clone(&app.signals),
        nothing_due(&app),
        turns,
        stop.clone(),
    );
    let task = tokio::spawn(schedules);
    crate::test_app::in_time(progress.shown()).await;
    Started { stop, task }.end().await;
}

#[tokio::test]
async fn the_worker_hears_of_what_is_due() {
    let app = TestApp::open();
    let schedules = schedule(&app).await;
    crate::test_app::in_time(app.signals.jobs.notified()).await;
    assert!(!app.jobs().await.is_empty());
    schedules.end().await;
}

#[tokio::test]
async fn a_backup_is_enqueued_when_the_library_has_gone_without_one_for_long_enough() {
    let app = TestApp::open();
    let plan = BackupPlan {
        every: Some(Duration::from_hours(24)),
        ..BackupPlan::beside(&app.app().parts.dir, 0, "1.2.3")
    };
    let due = Due {
        backups: Some(plan),
        ..nothing_due(&app)
    };
    let is_there = async || kinds(&app).await.contains(&JobKind::BackUp);
    let mut looking = LookingForDue::new(due);
    looking.look(&app.library, &app.signals);
    looking.ended().await;
    assert!(!is_there().await, "it is too young");
    app.clock.advance(Duration::from_hours(24));
    looking.look(&app.library, &app.signals);
    looking.ended().await;
    assert!(is_there().await);
}

#[tokio::test]
async fn an_audit_is_due_once_the_last_one_is_old() {
    let app = TestApp::open();
    let week = Duration::from_hours(7 * 24);
    let due = Due {
        audits: Some(DueAudits {
            folder: app.dir().audit(),
            every: week,
        }),
        ..nothing_due(&app)
    };
    let mut looking = LookingForDue::new(due);
    let mut looked = async || {
        looking.look(&app.library, &app.signals);
        looking.ended().await;
        kinds(&app).await.contains(&JobKind::AuditLibrary)
    };
    assert!(!looked().await, "a new library is given time");
    app.clock.advance(week);
    assert!(looked().await);
    let lease = app.claim().await;
    app.context().run(lease).await.unwrap();
    let count = async || {
        let kinds = kinds(&app).await;
        kinds
            .iter()
            .filter(|kind| **kind == JobKind::AuditLibrary)
            .count()
    };
    assert_eq!(count().await, 1);
    looked().await;
    assert_eq!(count().await, 1, "it was made just now");
    app.clock.advance(week);
    looked().await;
    assert_eq!(count().await, 2);
}
