//! Messages to look at, as others would have put them together.

use atlas_domain::{DeliveryKind, NoticeKind, Severity, Timestamp};

use crate::alerts::{Counts, Entry, Message};

/// One about one thing.
pub(in crate::alerts) fn message_about(summary: &str) -> Message {
    message_of(1, summary)
}

/// One about several things of one kind.
pub(in crate::alerts) fn message_of(count: usize, summary: &str) -> Message {
    let at = Timestamp::from_millis(1_772_323_200_000);
    let entry = Entry {
        incident: "00000000000000cd".parse().unwrap(),
        kind: NoticeKind::Firing,
        severity: Severity::Critical,
        service: "disk_space".to_owned(),
        rule: "service_status".to_owned(),
        summary: summary.to_owned(),
        why: "96.3 % used".to_owned(),
        since: at,
        ended: None,
        end: None,
        runbook: "operating.md#disk".to_owned(),
        command: Some("atlas status".to_owned()),
    };
    Message {
        delivery: "00000000000000ab".parse().unwrap(),
        kind: DeliveryKind::Alert,
        title: summary.chars().take(200).collect(),
        severity: Severity::Critical,
        at,
        counts: Counts {
            critical: count,
            ..Counts::default()
        },
        worst: vec![entry; count],
        more: 0,
        follows: None,
        link: Some("https://atlas.example/ops/alerts".to_owned()),
        host: Some("attic".to_owned()),
    }
}
