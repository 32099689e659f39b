//! `sweep_retention`: let go of what the retention table lets go. Payload: none. One at a time.

use atlas_domain::Lease;
use atlas_store::{RetentionReport, StoreError};

use super::JobContext;

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<(), StoreError> {
    let started_at = context.now();
    let report = context.library().sweep_retention(context.retention).await?;
    context.done(&lease, started_at, summary(&report)).await
}

/// What was let go of, as a sentence.
fn summary(report: &RetentionReport) -> String {
    let parts: Vec<String> = [
        (report.items, "item from the trash", "items from the trash"),
        (report.snapshots, "snapshot's bytes", "snapshots' bytes"),
        (report.attempts, "record of a try", "records of tries"),
        (report.jobs, "ended job", "ended jobs"),
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
    use super::*;

    #[test]
    fn a_sweep_says_what_it_let_go_of() {
        let report = RetentionReport {
            items: 3,
            snapshots: 1,
            ..RetentionReport::default()
        };
        assert_eq!(
            summary(&report),
            "deleted 3 items from the trash, 1 snapshot's bytes"
        );
        assert_eq!(summary(&RetentionReport::default()), "nothing to delete");
    }
}
