//! A message as JSON, for programs. Its shape is a promise: fields may come, none goes or changes its meaning without
//! another `version`.
//!
//! ```json
//! {
//!   "version": 1,
//!   "delivery_id": "9c0f…", "follows": null,
//!   "kind": "alert", "severity": "critical", "host": "attic", "title": "…", "at": "2026-03-01T03:10:00.000Z", "link": null,
//!   "counts": { "critical": 1, "warning": 0, "info": 0, "resolved": 0, "fired_and_resolved": 0 },
//!   "incidents": [ { "id": "…", "kind": "firing", "severity": "critical", "service": "…", "rule": "…",
//!       "summary": "…", "why": "…", "since": "…", "ended": null, "end": null, "runbook": "…", "command": null } ],
//!   "more": 0
//! }
//! ```

use atlas_domain::{DeliveryKind, IncidentEnd, NoticeKind, Severity, Timestamp};
use serde::Serialize;

use super::message::{Counts, Entry, LONGEST_MESSAGE_BYTES, Message};
use super::{DeliveryId, IncidentId};

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Shape<'a> {
    version: u32,
    delivery_id: DeliveryId,
    follows: Option<DeliveryId>,
    kind: DeliveryKind,
    severity: Severity,
    host: Option<&'a str>,
    title: &'a str,
    at: Timestamp,
    link: Option<&'a str>,
    counts: Counts,
    incidents: Vec<Incident<'a>>,
    more: usize,
}

#[derive(Serialize)]
struct Incident<'a> {
    id: IncidentId,
    kind: NoticeKind,
    severity: Severity,
    service: &'a str,
    rule: &'a str,
    summary: &'a str,
    why: &'a str,
    since: Timestamp,
    ended: Option<Timestamp>,
    end: Option<IncidentEnd>,
    runbook: &'a str,
    command: Option<&'a str>,
}

impl Message {
    /// The whole as one JSON object, at most [`LONGEST_MESSAGE_BYTES`]. Where that is too little, the least bad are
    /// only counted.
    pub fn json(&self) -> String {
        let mut told = self.worst.len();
        loop {
            let text = self.json_of(told);
            if text.len() <= LONGEST_MESSAGE_BYTES || told == 0 {
                return text;
            }
            told -= 1;
        }
    }

    fn json_of(&self, told: usize) -> String {
        let shape = Shape {
            version: VERSION,
            delivery_id: self.delivery,
            follows: self.follows,
            kind: self.kind,
            severity: self.severity,
            host: self.host.as_deref(),
            title: &self.title,
            at: self.at,
            link: self.link.as_deref(),
            counts: self.counts,
            incidents: self.worst.iter().take(told).map(Incident::of).collect(),
            more: self.more + (self.worst.len() - told),
        };
        // Only a date beyond the calendar cannot be written; then the id alone must do.
        serde_json::to_string(&shape)
            .unwrap_or_else(|_| format!("{{\"version\":{VERSION},\"delivery_id\":\"{}\"}}", self.delivery))
    }
}

impl<'a> Incident<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            id: entry.incident,
            kind: entry.kind,
            severity: entry.severity,
            service: &entry.service,
            rule: &entry.rule,
            summary: &entry.summary,
            why: &entry.why,
            since: entry.since,
            ended: entry.ended,
            end: entry.end,
            runbook: &entry.runbook,
            command: entry.command.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::{message_about, message_of};

    #[test]
    fn the_shape_is_a_promise() {
        let json: serde_json::Value =
            serde_json::from_str(&message_about("the disk is full").json()).unwrap();

        let expected = serde_json::json!({
            "version": 1,
            "delivery_id": "00000000000000ab",
            "follows": null,
            "kind": "alert",
            "severity": "critical",
            "host": "attic",
            "title": "the disk is full",
            "at": "2026-03-01T00:00:00.000Z",
            "link": "https://atlas.example/ops/alerts",
            "counts": { "critical": 1, "warning": 0, "info": 0, "resolved": 0, "fired_and_resolved": 0 },
            "incidents": [{
                "id": "00000000000000cd",
                "kind": "firing",
                "severity": "critical",
                "service": "disk_space",
                "rule": "service_status",
                "summary": "the disk is full",
                "why": "96.3 % used",
                "since": "2026-03-01T00:00:00.000Z",
                "ended": null,
                "end": null,
                "runbook": "operating.md#disk",
                "command": "atlas status",
            }],
            "more": 0,
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn it_keeps_the_bound_and_counts_what_it_leaves_out() {
        let text = message_of(10, &"\"".repeat(9_000)).json();

        assert!(text.len() <= LONGEST_MESSAGE_BYTES, "{}", text.len());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let told = json["incidents"].as_array().unwrap().len();
        assert!(told < 10);
        assert_eq!(json["more"], 10 - told);
    }

    #[test]
    fn a_hostile_title_stays_one_string() {
        let hostile = "\", \"severity\": \"info\", \"x\": \"\\";
        let json: serde_json::Value = serde_json::from_str(&message_about(hostile).json()).unwrap();

        assert_eq!(json["title"], hostile);
        assert_eq!(json["severity"], "critical");
    }
}
