//! What a message says: the structure that plain text, HTML and JSON are made of, and the plain text. It is put
//! together once and kept, so that each attempt says the same.

use std::fmt::Write as _;

use atlas_domain::{DeliveryKind, IncidentEnd, NoticeKind, Severity, Timestamp};
use serde::{Deserialize, Serialize};

use super::incident::Incident;
use super::line::{Notice, tells_the_end};
use super::text::{LONGEST_LINE_BYTES, cut, one_line};
use super::{DeliveryId, IncidentId};

/// No message is longer as text, whatever it is about.
pub const LONGEST_MESSAGE_BYTES: usize = 64 * 1024;

/// So many of those it is about are told singly.
pub const WORST_TOLD: usize = 10;

const LONGEST_TITLE_BYTES: usize = 200;
/// What is wrong must have room beside it.
const LONGEST_HOST_BYTES: usize = 64;

/// A message to one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The delivery it belongs to.
    pub delivery: DeliveryId,
    /// What kind it is.
    pub kind: DeliveryKind,
    /// Its subject: one line, without control characters.
    pub title: String,
    /// The worst that fires by it; what is over is no louder than an information, whatever it was.
    pub severity: Severity,
    /// When it was put together.
    pub at: Timestamp,
    /// How many of what it tells.
    pub counts: Counts,
    /// The worst of them.
    pub worst: Vec<Entry>,
    /// How many more there are.
    pub more: usize,
    /// The first message about the worst of them, if this is not it: what a mail program sorts it under.
    pub follows: Option<DeliveryId>,
    /// Where to see all of it.
    pub link: Option<String>,
    /// The machine it is about.
    #[serde(default)]
    pub host: Option<String>,
}

/// How many incidents a message is about, exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Critical ones that fire.
    pub critical: usize,
    /// Warnings that fire.
    pub warning: usize,
    /// Others that fire.
    pub info: usize,
    /// Those that are over.
    pub resolved: usize,
    /// Those of the last that nobody was told of before.
    pub fired_and_resolved: usize,
}

impl Counts {
    /// All together.
    pub const fn total(&self) -> usize {
        self.critical + self.warning + self.info + self.resolved
    }

    fn add(&mut self, kind: NoticeKind, severity: Severity) {
        match (kind, severity) {
            (NoticeKind::Resolved, _) => self.resolved += 1,
            (NoticeKind::FiredAndResolved, _) => {
                self.resolved += 1;
                self.fired_and_resolved += 1;
            }
            (_, Severity::Critical) => self.critical += 1,
            (_, Severity::Warning) => self.warning += 1,
            (_, Severity::Info) => self.info += 1,
        }
    }
}

/// What a message tells of one incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub incident: IncidentId,
    /// What of it.
    pub kind: NoticeKind,
    /// How loudly.
    pub severity: Severity,
    /// The service.
    pub service: String,
    /// The rule.
    pub rule: String,
    /// What is wrong.
    pub summary: String,
    /// Why it was told: the value and the limit.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Why it is over.
    pub end: Option<IncidentEnd>,
    /// Where to read what to do.
    pub runbook: String,
    /// The command to run.
    pub command: Option<String>,
}

impl Entry {
    fn of(incident: &Incident, notice: &Notice) -> Self {
        Self {
            incident: incident.id,
            kind: notice.kind,
            severity: notice.badness.severity,
            service: incident.service.to_string(),
            rule: incident.rule.to_string(),
            summary: incident.summary.clone(),
            why: incident.why.clone(),
            since: match incident.fired_wall {
                Some(fired) if !incident.is_status => fired,
                _ => incident.began_wall,
            },
            ended: incident.ended_wall,
            end: incident.end,
            runbook: incident.runbook.clone(),
            command: incident.command.clone(),
        }
    }

    fn write(&self, text: &mut String) {
        let head = match self.kind {
            NoticeKind::Resolved => format!("RESOLVED {}: {}", self.service, self.summary),
            _ => format!("{} {}: {}", word(self.severity), self.service, self.summary),
        };
        let _ = writeln!(text, "{}", one_line(&head, LONGEST_LINE_BYTES));
        if !self.why.is_empty() {
            let _ = writeln!(text, "  why: {}", self.why);
        }
        let _ = writeln!(text, "  {}", self.story());
        let is_over = tells_the_end(self.kind);
        if !is_over {
            if let Some(command) = &self.command {
                let _ = writeln!(text, "  run: {command}");
            }
            if !self.runbook.is_empty() {
                let _ = writeln!(text, "  read: {}", self.runbook);
            }
        }
    }

    /// `since 2026-03-01T03:10:00Z`, or `fired 03:10, resolved 03:14`.
    pub(super) fn story(&self) -> String {
        let Some(ended) = self.ended else {
            let still = match self.kind {
                NoticeKind::Reminder => "still so, ",
                NoticeKind::Escalated => "nobody has taken it on, ",
                NoticeKind::Worse => "worse than before, ",
                _ => "",
            };
            return format!("{still}since {}", self.since);
        };
        let how = match self.end {
            Some(IncidentEnd::Removed) => "no longer watched",
            Some(IncidentEnd::Closed) => "closed by hand",
            Some(IncidentEnd::Recovered | IncidentEnd::Cleared) | None => "resolved",
        };
        let (from, to) = (self.since.to_string(), ended.to_string());
        match (from.split_once('T'), to.split_once('T')) {
            (Some((day, from)), Some((other, to))) if day == other => {
                format!("fired {}, {how} {} UTC ({day})", cut(from, 5), cut(to, 5))
            }
            _ => format!("fired {from}, {how} {to}"),
        }
    }
}

impl Message {
    /// The whole as plain text, at most [`LONGEST_MESSAGE_BYTES`].
    pub fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.title);
        for entry in &self.worst {
            entry.write(&mut text);
            text.push('\n');
        }
        if self.more > 0 {
            let _ = writeln!(text, "and {} more", self.more);
        }
        let whence = self
            .host
            .as_deref()
            .map_or(String::new(), |host| format!(" on {host}"));
        let mut end = format!("{}{whence}\n", self.at);
        if let Some(link) = &self.link {
            end = format!("{link}\n{end}");
        }
        let room = LONGEST_MESSAGE_BYTES.saturating_sub(end.len() + 1);
        if text.len() > room {
            let end_of_cut = cut(&text, room).len();
            text.truncate(end_of_cut);
            text.push('\n');
        }
        text.push_str(&end);
        text
    }
}

/// What a message is made for.
pub(super) struct About<'a> {
    pub(super) delivery: DeliveryId,
    pub(super) channel: &'a str,
    pub(super) kind: DeliveryKind,
    pub(super) at: Timestamp,
    pub(super) base_url: Option<&'a str>,
    pub(super) host: Option<&'a str>,
}

/// Puts a message together. Linear in the members but for the few worst.
pub(super) fn compose(about: &About<'_>, members: &[(&Incident, &Notice)]) -> Message {
    let mut counts = Counts::default();
    for (_, notice) in members {
        counts.add(notice.kind, notice.badness.severity);
    }
    let mut order: Vec<&(&Incident, &Notice)> = members.iter().collect();
    let worse_first =
        |one: &&(&Incident, &Notice), other: &&(&Incident, &Notice)| rank(one).cmp(&rank(other));
    if order.len() > WORST_TOLD {
        order.select_nth_unstable_by(WORST_TOLD, worse_first);
        order.truncate(WORST_TOLD);
    }
    order.sort_by(worse_first);
    let worst: Vec<Entry> = order
        .iter()
        .map(|(incident, notice)| Entry::of(incident, notice))
        .collect();
    let fires = members.iter().filter(|(_, notice)| !tells_the_end(notice.kind));
    let severity = fires.map(|(_, notice)| notice.badness.severity).max();
    let first = order.first().and_then(|(incident, _)| {
        let line = incident.lines.iter().find(|line| *line.channel == *about.channel);
        line.and_then(|line| line.thread)
    });
    Message {
        delivery: about.delivery,
        kind: about.kind,
        title: title(about, &counts, &worst),
        severity: severity.unwrap_or(Severity::Info),
        at: about.at,
        more: members.len() - worst.len(),
        counts,
        worst,
        follows: first,
        // Nothing is added: there are no pages of ours that an address could lead to.
        link: about.base_url.map(str::to_owned),
        host: about.host.map(|host| one_line(host, LONGEST_HOST_BYTES)),
    }
}

/// What fires before what is over, the worst first, then the oldest.
fn rank(member: &(&Incident, &Notice)) -> impl Ord + use<> {
    let (incident, notice) = member;
    let is_over = tells_the_end(notice.kind);
    (
        is_over,
        std::cmp::Reverse(notice.badness),
        incident.began,
        incident.id,
    )
}

fn title(message: &About<'_>, counts: &Counts, worst: &[Entry]) -> String {
    let mut numbers = Vec::new();
    for (count, word) in [
        (counts.critical, "critical"),
        (counts.warning, "warning"),
        (counts.info, "info"),
        (counts.resolved, "resolved"),
    ] {
        if count > 0 {
            numbers.push(format!("{count} {word}"));
        }
    }
    let of_kind = match message.kind {
        DeliveryKind::Reminder => "reminder, ",
        DeliveryKind::Digest if counts.total() > 1 => "digest, ",
        DeliveryKind::Alert | DeliveryKind::Digest => "",
    };
    let whence = message.host.map_or(String::new(), |host| {
        format!(" on {}", one_line(host, LONGEST_HOST_BYTES))
    });
    let about = worst.first().map_or(String::new(), |entry| {
        if counts.total() == 1 {
            format!(": {}", entry.summary)
        } else if worst.iter().all(|other| other.service == entry.service) {
            format!(": {}", entry.service)
        } else {
            String::new()
        }
    });
    let title = format!("[Atlas{whence}] {of_kind}{}{about}", numbers.join(", "));
    one_line(&title, LONGEST_TITLE_BYTES)
}

pub(super) const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::Warning => "WARNING",
        Severity::Info => "INFO",
    }
}
