//! `sweep_retention`: let go of what the retention table lets go. Payload: none. One at a time.

use std::time::Duration;

use atlas_domain::Lease;
use atlas_store::{RetentionReport, StoreError};

use super::JobContext;

/// How long a silence that has ended can be looked up. What it kept from being told is kept with its incident.
const ENDED_SILENCES: Duration = Duration::from_hours(30 * 24);

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<(), StoreError> {
    let started_at = context.now();
    let report = context.library().sweep_retention(context.retention).await?;
    let alerts = sweep_alerts(context).await;
    context.done(&lease, started_at, summary(&report, alerts)).await
}

/// How many rows about alerts went. Where operational state cannot be written, that is for the next sweep: the library
/// has been swept, and is not swept again for it.
async fn sweep_alerts(context: &JobContext) -> u64 {
    let (now, kept) = (context.now(), context.retention);
    let swept = context.ops.sweep_alerts(
        now.before(kept.incidents),
        now.before(kept.messages),
        now.before(ENDED_SILENCES),
    );
    match swept.await {
        Ok(rows) => rows as u64,
        Err(error) => {
            tracing::warn!(%error, "old alerts could not be let go of; the next sweep tries again");
            0
        }
    }
}

/// What was let go of, as a sentence.
fn summary(report: &RetentionReport, alerts: u64) -> String {
    let parts: Vec<String> = [
        (report.items, "item from the trash", "items from the trash"),
        (report.snapshots, "snapshot's bytes", "snapshots' bytes"),
        (report.attempts, "record of a try", "records of tries"),
        (report.jobs, "ended job", "ended jobs"),
        (report.vaulted, "item for good", "items for good"),
        (report.cleanups, "old cleanup", "old cleanups"),
        (alerts, "row about alerts", "rows about alerts"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    if parts.is_empty() {
        "nothing to delete".to_owned()
    } else {
        format!("deleted {}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use atlas_domain::{Clock, JobKind, NewJob, NoticeKind, Severity};
    use atlas_store::{TimelineMark, VitalsRows};
    use atlas_vitals::alerts::{Change, InboxRow};

    use super::*;
    use crate::test_app::TestApp;

    const DAY: Duration = Duration::from_hours(24);

    /// Tells something in the inbox, now.
    async fn tell(app: &TestApp, title: &str) {
        let wall = app.clock.now();
        let row = InboxRow {
            incident: format!("{:016x}", wall.as_millis()).parse().unwrap(),
            ordinal: 0,
            kind: NoticeKind::Firing,
            severity: Severity::Warning,
            title: title.to_owned(),
            why: String::new(),
            wall,
            suppressed_by: None,
        };
        let rows = VitalsRows {
            mark: TimelineMark {
                at_ms: 0,
                wall,
                uptime_ms: 0,
                boot_id: String::new(),
            },
            health: None,
            alerts: vec![Change::Inbox(row)],
            measured: atlas_vitals::metrics::Flush::default(),
        };
        app.ops.write_vitals(rows).await.unwrap();
    }

    #[tokio::test]
    async fn a_sweep_lets_go_of_what_was_told_of_alerts_three_months_ago() {
        let app = TestApp::open();
        tell(&app, "long ago").await;
        app.clock.advance(60 * DAY);
        tell(&app, "lately").await;
        app.clock.advance(31 * DAY);
        let sweep = NewJob::maintenance(JobKind::SweepRetention);
        app.library.enqueue_job(sweep).await.unwrap();
        run(&app.context(), app.claim().await).await.unwrap();
        let left = app.ops.inbox(false, None, 10).await.unwrap();
        let titles: Vec<_> = left.iter().map(|record| record.row.title.as_str()).collect();
        assert_eq!(titles, ["lately"]);
    }

    #[tokio::test]
    async fn a_library_is_swept_where_alerts_cannot_be() {
        let app = TestApp::open();
        app.ops.close().await;
        let sweep = NewJob::maintenance(JobKind::SweepRetention);
        app.library.enqueue_job(sweep).await.unwrap();
        run(&app.context(), app.claim().await).await.unwrap();
    }

    #[test]
    fn a_sweep_says_what_it_let_go_of() {
        let report = RetentionReport {
            items: 3,
            snapshots: 1,
            ..RetentionReport::default()
        };
        assert_eq!(
            summary(&report, 2),
            "deleted 3 items from the trash, 1 snapshot's bytes, 2 rows about alerts"
        );
        assert_eq!(summary(&RetentionReport::default(), 0), "nothing to delete");
    }
}
