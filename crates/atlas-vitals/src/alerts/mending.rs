//! Makes rows fit together again of which some are missing, because the file that held them was damaged: what was not
//! told is told, if anything is left that says so. It decides from rows and gives rows; it reads and writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use atlas_domain::{IncidentEnd, IncidentState, NoticeKind, NoticeState, Severity, Timestamp};

use super::line::tells_the_end;
use super::message::Entry;
use super::stored::{
    Fate, InboxRow, StoredAlerts, StoredChannel, StoredDelivery, StoredIncident, StoredLine, StoredNotice,
};
use super::text::{LONGEST_LINE_BYTES, one_line};
use super::{DeliveryId, IncidentId, Labels};

/// How complete rows are that are mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Every notice and message that was not delivered is known, if only by its key.
    Known,
    /// There may have been more of them.
    Doubtful,
}

/// What came of mending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// Their message is lost, or they are: these are told in a new message, under an id that no receiver knows.
    pub told_anew: Vec<(IncidentId, String)>,
    /// Nobody can tell these any more: their incident is lost, or what they say is out of date.
    pub lost: Vec<StoredNotice>,
}

impl StoredAlerts {
    /// Makes them fit together. `wall` is now.
    pub fn mend(&mut self, complete: Completeness, wall: Timestamp) -> Mended {
        let mut mended = Mended::default();
        self.name_members();
        let orphans = self.take_orphans(&mut mended);
        let mut by_line: BTreeMap<(IncidentId, String), Vec<usize>> = BTreeMap::new();
        for (place, notice) in self.notices.iter().enumerate() {
            let line = (notice.incident, notice.channel.clone());
            by_line.entry(line).or_default().push(place);
        }
        let mut parts = Parts {
            messages: self.deliveries.iter().map(|delivery| delivery.id).collect(),
            notices: &mut self.notices,
            by_line,
            complete,
        };
        for incident in &mut self.incidents {
            for place in 0..incident.lines.len() {
                parts.mend_line(incident, place, &orphans, &mut mended);
            }
        }
        self.hasten(&mended);
        self.go_on_counting(wall);
        mended
    }

    /// What is told anew takes the place of what its group seems to have said.
    fn hasten(&mut self, mended: &Mended) {
        let services: BTreeMap<IncidentId, &str> = self
            .incidents
            .iter()
            .map(|incident| (incident.id, incident.service.as_str()))
            .collect();
        let of_groups: BTreeSet<(&str, &str)> = mended
            .told_anew
            .iter()
            .filter_map(|(id, channel)| Some((channel.as_str(), *services.get(id)?)))
            .collect();
        for group in &mut self.groups {
            if of_groups.contains(&(group.channel.as_str(), group.service.as_str())) {
                group.last = None;
            }
        }
    }

    /// A message says itself what it is about.
    fn name_members(&mut self) {
        let known: BTreeSet<(IncidentId, DeliveryId)> = self
            .notices
            .iter()
            .filter_map(|notice| Some((notice.incident, notice.delivery?)))
            .collect();
        let mut taken: BTreeSet<(IncidentId, String, u32)> = self.notices.iter().map(key_of).collect();
        let incidents: BTreeMap<IncidentId, &StoredIncident> = self
            .incidents
            .iter()
            .map(|incident| (incident.id, incident))
            .collect();
        for delivery in &self.deliveries {
            for entry in &delivery.message.worst {
                if known.contains(&(entry.incident, delivery.id)) {
                    continue;
                }
                let incident = incidents.get(&entry.incident).copied();
                let notice = member(delivery, entry, incident, &taken);
                taken.insert(key_of(&notice));
                self.notices.push(notice);
            }
        }
    }

    /// Takes out what cannot be told as it is: the newest of each line, where its message is lost.
    fn take_orphans(&mut self, mended: &mut Mended) -> BTreeMap<(IncidentId, String), StoredNotice> {
        let messages: BTreeSet<DeliveryId> = self.deliveries.iter().map(|delivery| delivery.id).collect();
        let incidents: BTreeSet<IncidentId> = self.incidents.iter().map(|incident| incident.id).collect();
        let (whole, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.notices)
                .into_iter()
                .partition(|notice| match notice.delivery {
                    Some(delivery) => messages.contains(&delivery),
                    None => incidents.contains(&notice.incident),
                });
        self.notices = whole;
        let mut orphans: BTreeMap<(IncidentId, String), StoredNotice> = BTreeMap::new();
        for notice in others {
            if !incidents.contains(&notice.incident) {
                mended.lost.push(notice);
                continue;
            }
            let line = (notice.incident, notice.channel.clone());
            match orphans.get(&line) {
                Some(known) if known.ordinal > notice.ordinal => {}
                _ => drop(orphans.insert(line, notice)),
            }
        }
        orphans
    }

    /// The id of a message comes from its number: none is used twice.
    fn go_on_counting(&mut self, wall: Timestamp) {
        let mut highest: BTreeMap<&str, u64> = BTreeMap::new();
        for incident in &self.incidents {
            for line in &incident.lines {
                highest.entry(&line.channel).or_default();
            }
        }
        for delivery in &self.deliveries {
            let number = highest.entry(&delivery.channel).or_default();
            *number = (*number).max(delivery.sequence);
        }
        let mut new = Vec::new();
        for (name, sequence) in highest {
            if let Some(channel) = self.channels.iter_mut().find(|channel| channel.name == name) {
                channel.sequence = channel.sequence.max(sequence);
                continue;
            }
            new.push(StoredChannel {
                name: name.to_owned(),
                paid_at: 0,
                // Nothing has sent a message a second since the epoch.
                sequence: sequence.max(u64::try_from(wall.as_millis() / 1_000).unwrap_or_default()),
                failing_since: None,
                overflowing_since: None,
            });
        }
        self.channels.extend(new);
    }
}

fn key_of(notice: &StoredNotice) -> (IncidentId, String, u32) {
    (notice.incident, notice.channel.clone(), notice.ordinal)
}

/// The notice of which only its message is left.
fn member(
    delivery: &StoredDelivery,
    entry: &Entry,
    incident: Option<&StoredIncident>,
    taken: &BTreeSet<(IncidentId, String, u32)>,
) -> StoredNotice {
    let line = incident.and_then(|incident| {
        let mut lines = incident.lines.iter();
        lines.find(|line| line.channel == delivery.channel)
    });
    let is_free = |ordinal: &u32| !taken.contains(&(entry.incident, delivery.channel.clone(), *ordinal));
    let last = line.map_or(1, |line| line.ordinals.max(1));
    StoredNotice {
        incident: entry.incident,
        channel: delivery.channel.clone(),
        ordinal: (1..=last).rev().find(is_free).unwrap_or(last.saturating_add(1)),
        kind: entry.kind,
        severity: entry.severity,
        level: incident.map_or(0, |incident| incident.level),
        at: delivery.created,
        wall: delivery.created_wall,
        state: match delivery.state {
            atlas_domain::DeliveryState::Dead => NoticeState::Dead,
            _ => NoticeState::Delivering,
        },
        held: None,
        for_digest: false,
        delivery: Some(delivery.id),
    }
}

/// What lines are mended with.
struct Parts<'a> {
    messages: BTreeSet<DeliveryId>,
    notices: &'a mut Vec<StoredNotice>,
    /// Where those of each line are.
    by_line: BTreeMap<(IncidentId, String), Vec<usize>>,
    complete: Completeness,
}

impl Parts<'_> {
    fn mend_line(
        &mut self,
        incident: &mut StoredIncident,
        place: usize,
        orphans: &BTreeMap<(IncidentId, String), StoredNotice>,
        mended: &mut Mended,
    ) {
        let line = &mut incident.lines[place];
        line.dead = line.dead.filter(|dead| self.messages.contains(dead));
        let about = (incident.id, line.channel.clone());
        let orphan = orphans.get(&about).filter(|orphan| orphan.ordinal > line.arrived);
        let places = self.by_line.get(&about).map_or(&[][..], Vec::as_slice);
        let is_under_way = places.iter().any(|place| self.notices[*place].delivery.is_some());
        let waiting = places
            .iter()
            .find(|place| self.notices[**place].delivery.is_none());
        if let Some(place) = waiting {
            // What came before it is lost, so it has to say that as well.
            if orphan.is_some() && line.fate == Fate::Never && !is_under_way {
                let waiting = &mut self.notices[*place];
                waiting.kind = to_whom_it_is_new(waiting.kind);
                mended.told_anew.push(about);
            }
            return;
        }
        if is_under_way {
            return;
        }
        let Some(kind) = self.owed(incident, &incident.lines[place], orphan) else {
            mended.lost.extend(orphan.cloned());
            return;
        };
        let line = &mut incident.lines[place];
        line.told_end = false;
        if orphan.is_none() {
            line.ordinals = line.ordinals.saturating_add(1);
        }
        let ordinal = orphan.map_or(line.ordinals, |orphan| orphan.ordinal);
        line.ordinals = line.ordinals.max(ordinal);
        self.notices.push(StoredNotice {
            incident: about.0,
            channel: about.1.clone(),
            ordinal,
            kind,
            severity: orphan.map_or(incident.severity, |orphan| orphan.severity),
            level: orphan.map_or(incident.level, |orphan| orphan.level),
            at: orphan.map_or(incident.since, |orphan| orphan.at),
            wall: orphan.map_or(incident.began_wall, |orphan| orphan.wall),
            state: NoticeState::Waiting,
            held: None,
            for_digest: false,
            delivery: None,
        });
        mended.told_anew.push(about);
    }

    /// What a channel has yet to be told on whose line nothing is left.
    fn owed(
        &self,
        incident: &StoredIncident,
        line: &StoredLine,
        orphan: Option<&StoredNotice>,
    ) -> Option<NoticeKind> {
        let is_over = incident.state == IncidentState::Resolved;
        let may_know = line.fate != Fate::Never;
        let is_firing = matches!(incident.state, IncidentState::Firing | IncidentState::Recovering);
        match (orphan, is_over, may_know) {
            // It was given up long ago.
            (Some(orphan), true, _)
                if matches!(orphan.state, NoticeState::Dead | NoticeState::UnknownFate) =>
            {
                None
            }
            (Some(_), true, true) => Some(NoticeKind::Resolved),
            (Some(_), true, false) => Some(NoticeKind::FiredAndResolved),
            (Some(orphan), false, false) => Some(to_whom_it_is_new(orphan.kind)),
            (Some(orphan), false, true) => Some(orphan.kind),
            (None, true, true) => (!line.told_end).then_some(NoticeKind::Resolved),
            (None, true, false) | (None, false, true) => None,
            (None, false, false) => {
                let is_owed = self.complete == Completeness::Doubtful && is_firing;
                (is_owed && incident.acknowledged.is_none()).then_some(NoticeKind::Firing)
            }
        }
    }
}

/// For somebody who has heard nothing before.
const fn to_whom_it_is_new(kind: NoticeKind) -> NoticeKind {
    if tells_the_end(kind) {
        return NoticeKind::FiredAndResolved;
    }
    match kind {
        NoticeKind::Escalated => NoticeKind::Escalated,
        _ => NoticeKind::Firing,
    }
}

/// A row of the inbox about what happened to Atlas's own file, and the incident it belongs to, which is over: something
/// to read for people, and nothing that a channel is told. `id` names it, `at` and `wall` are now.
pub fn word_to_the_inbox(
    id: IncidentId,
    rule: &str,
    (summary, why): (&str, &str),
    at: u64,
    wall: Timestamp,
) -> (StoredIncident, InboxRow) {
    let line = |text: &str| one_line(text, LONGEST_LINE_BYTES);
    let incident = StoredIncident {
        id,
        fingerprint: format!("{rule} {id}"),
        rule: rule.to_owned(),
        service: "database".to_owned(),
        labels: Labels::default(),
        is_status: false,
        state: IncidentState::Resolved,
        since: at,
        last_seen: at,
        is_clear: true,
        severity: Severity::Warning,
        level: 0,
        worst_severity: Severity::Warning,
        worst_level: 0,
        began: at,
        began_wall: wall,
        fired_at: Some(at),
        fired_wall: Some(wall),
        critical_since: None,
        ended_wall: Some(wall),
        end: Some(IncidentEnd::Closed),
        summary: line(summary),
        why: line(why),
        runbook: "docs/guide/operating.md#when-something-is-wrong".to_owned(),
        command: Some("atlas doctor".to_owned()),
        acknowledged: None,
        escalation: 0,
        flapping: false,
        inbox: 1,
        lines: Vec::new(),
    };
    let row = InboxRow {
        incident: id,
        ordinal: 1,
        kind: NoticeKind::Firing,
        severity: Severity::Warning,
        title: incident.summary.clone(),
        why: incident.why.clone(),
        wall,
        suppressed_by: None,
    };
    (incident, row)
}
