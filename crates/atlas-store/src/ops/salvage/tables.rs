//! The tables that something is salvaged from, and which of their rows are wanted. They must name nothing but what is in
//! every version of the schema: a newer file is read by them, too.

use super::reading::Table;

pub(super) const TIMELINE: Table = Table {
    name: "timeline",
    noun: "time line",
    key: &["id"],
    body: "body",
    index: None,
    since: 4,
};

pub(super) const MEMORY: Table = Table {
    name: "alert_memory",
    noun: "memory of alerts",
    key: &["kind", "key"],
    body: "body",
    index: None,
    since: 4,
};

pub(super) const DELIVERY: Table = Table {
    name: "delivery",
    noun: "message",
    key: &["id"],
    body: "body",
    index: Some((
        "delivery_with_something_left",
        &["state IN ('waiting', 'sending', 'dead')"],
    )),
    since: 4,
};

/// Its column says what became of it.
pub(super) const NOTICE: Table = Table {
    name: "notice",
    noun: "notice",
    key: &["incident", "channel", "ordinal"],
    body: "json_set(body, '$.state', state)",
    index: Some((
        "notice_with_something_left",
        &[
            "state IN ('waiting', 'held', 'delivering', 'dead')",
            "(state = 'waiting' OR state = 'held' OR state = 'delivering' OR state = 'dead')",
            "(state = 'waiting' OR state = 'held' OR state = 'delivering' OR state = 'dead' OR state = 'unknown_fate')",
        ],
    )),
    since: 4,
};

pub(super) const INCIDENT: Table = Table {
    name: "incident",
    noun: "incident",
    key: &["id"],
    body: "body",
    index: Some(("incident_open", &["state <> 'resolved'"])),
    since: 4,
};

pub(super) const HEALTH: Table = Table {
    name: "health",
    noun: "health of a check",
    key: &["name"],
    body: "body",
    index: None,
    since: 4,
};

pub(super) const HEARTBEAT: Table = Table {
    name: "heartbeat",
    noun: "heartbeat",
    key: &["check_name"],
    body: "body",
    index: None,
    since: 5,
};

pub(super) const INBOX: Table = Table {
    name: "inbox",
    noun: "row of the inbox",
    key: &["id"],
    body: "body",
    index: None,
    since: 4,
};

/// Which notices and messages nothing is left to do with. A word that is not known here is not among them. No index has
/// such a condition: what is asked for with it is found in the table itself.
pub(super) const DONE: &str = "state IN ('sent', 'withdrawn', 'expired_by_restore')";
pub(super) const NOT_DONE: &str = "state NOT IN ('sent', 'withdrawn', 'expired_by_restore')";
/// Which incidents are not over, in words that lead to no index either.
pub(super) const NOT_OVER: &str = "state || '' <> 'resolved'";
/// About certain incidents, which are given as a list.
pub(super) const OF_THESE: &str = "incident IN (SELECT value FROM json_each(?1))";
/// What is new in the inbox, or about certain incidents; of the newest alone.
pub(super) const NEW_IN_INBOX: &str = "id > (SELECT max(id) FROM inbox) - 1000 AND
     (+read_at IS NULL OR incident IN (SELECT value FROM json_each(?1)))";
