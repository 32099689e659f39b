//! Changes of alerts that are not written down yet. As long as nothing can be written each row is remembered once, as
//! it is by now; nothing here decides when it is tried.

use std::collections::HashSet;

use atlas_vitals::alerts::{Alerts, Change, InboxRow};

/// From so many on, those that a later one overwrites are dropped.
const TIDIED_FROM: usize = 4_096;
/// Rows of the inbox that are remembered, the newest: they are told once, and nothing else can make them anew.
const INBOX_AT_MOST: usize = 20_000;
/// Beyond so many rows, all that alerts know is written instead.
const ROWS_AT_MOST: usize = 50_000;

/// What is not written yet, in the order in which it came about.
pub(super) struct Backlog {
    changes: Vec<Change>,
    tidied_from: usize,
    /// There were too many: what alerts know by now is written first.
    is_everything: bool,
}

impl Default for Backlog {
    fn default() -> Self {
        Self {
            changes: Vec::new(),
            tidied_from: TIDIED_FROM,
            is_everything: false,
        }
    }
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.is_everything
    }

    pub(super) fn add(&mut self, changes: Vec<Change>) {
        self.changes.extend(changes);
        if self.changes.len() >= self.tidied_from {
            self.tidy();
            self.tidied_from = TIDIED_FROM.max(self.changes.len() * 2);
        }
    }

    /// To be written in this order, in one transaction.
    pub(super) fn rows(&self, alerts: &Alerts) -> Vec<Change> {
        let mut rows = if self.is_everything {
            alerts.everything()
        } else {
            Vec::new()
        };
        rows.extend(self.changes.iter().cloned());
        rows
    }

    /// All of it is written.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn tidy(&mut self) {
        let mut seen = HashSet::new();
        let mut inbox = 0;
        let mut kept: Vec<Change> = Vec::new();
        for change in std::mem::take(&mut self.changes).into_iter().rev() {
            if matches!(change, Change::Inbox(_)) {
                inbox += 1;
                if inbox > INBOX_AT_MOST {
                    continue;
                }
            }
            if seen.insert(key(&change)) {
                kept.push(change);
            }
        }
        kept.reverse();
        if kept.len() > ROWS_AT_MOST {
            tracing::error!("too much could not be written down: the ends of old alerts among it are lost");
            kept.retain(|change| matches!(change, Change::Inbox(_)));
            self.is_everything = true;
        }
        self.changes = kept;
    }
}

/// Which row it is. A later change with the same key says all that an earlier one said.
fn key(change: &Change) -> (u8, String) {
    match change {
        Change::Incident(row) => (0, row.id.to_string()),
        Change::Notice(row) => (1, format!("{} {} {}", row.incident, row.channel, row.ordinal)),
        Change::NoticeState(end) => (2, format!("{} {} {}", end.incident, end.channel, end.ordinal)),
        Change::Delivery(row) => (3, row.id.to_string()),
        Change::Group(row) | Change::GroupGone(row) => {
            (4, format!("{}\n{}\n{:?}", row.channel, row.service, row.class))
        }
        Change::Channel(row) => (5, row.name.clone()),
        Change::Silence(row) => (6, row.number.to_string()),
        Change::Service(row) => (7, row.name.clone()),
        Change::Windows(_) => (8, String::new()),
        Change::Inbox(InboxRow {
            incident, ordinal, ..
        }) => (9, format!("{incident} {ordinal}")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use atlas_domain::{NoticeKind, Severity, Timestamp};
    use atlas_vitals::alerts::{AlertSettings, StoredService};

    use super::*;

    fn service(name: &str, held: bool) -> Change {
        Change::Service(StoredService {
            name: name.to_owned(),
            held,
            blocked_by: None,
        })
    }

    fn inbox(ordinal: u32) -> Change {
        Change::Inbox(InboxRow {
            incident: "00000000000000cd".parse().unwrap(),
            ordinal,
            kind: NoticeKind::Firing,
            severity: Severity::Critical,
            title: String::new(),
            why: String::new(),
            wall: Timestamp::from_millis(0),
            suppressed_by: None,
        })
    }

    fn rows(backlog: &Backlog) -> Vec<Change> {
        let alerts = Alerts::new(Arc::new(AlertSettings::default())).unwrap();
        backlog.rows(&alerts)
    }

    #[test]
    fn a_row_is_remembered_once_as_it_is_by_now() {
        let mut backlog = Backlog::default();
        for number in 0..TIDIED_FROM {
            backlog.add(vec![service("search", number % 2 == 0)]);
        }
        backlog.add(vec![service("api", true)]);

        assert_eq!(rows(&backlog), [service("search", false), service("api", true)]);
    }

    #[test]
    fn of_the_inbox_the_newest_rows_are_kept() {
        let mut backlog = Backlog::default();
        let all = u32::try_from(INBOX_AT_MOST).unwrap() + 5;
        backlog.add((0..all).map(inbox).collect());

        let rows = rows(&backlog);
        assert_eq!(rows.len(), INBOX_AT_MOST);
        assert_eq!(
            (rows.first(), rows.last()),
            (Some(&inbox(5)), Some(&inbox(all - 1)))
        );
    }

    #[test]
    fn what_is_too_much_is_replaced_by_all_that_is_known() {
        let mut backlog = Backlog::default();
        let names = (0..=ROWS_AT_MOST).map(|number| service(&number.to_string(), true));
        backlog.add(names.chain([inbox(1)]).collect());

        // These alerts know of nothing; what nothing can make anew is kept.
        let rows = rows(&backlog);
        assert!(rows.iter().all(|row| !matches!(row, Change::Service(_))));
        assert!(rows.contains(&inbox(1)));
        assert!(!backlog.is_empty());
        backlog.clear();
        assert!(backlog.is_empty());
    }
}
