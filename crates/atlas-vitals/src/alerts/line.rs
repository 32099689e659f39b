//! What one channel has been told of one incident, what it is being told, and what it has yet to be told. There is
//! never more than one thing to tell: what is newer is put together with what has not been sent.

use std::sync::Arc;

use atlas_domain::{NoticeKind, Suppression, Timestamp};

use serde::{Deserialize, Serialize};

use super::incident::Badness;
use super::{DeliveryId, IncidentId};
use crate::Moment;

/// One thing to tell one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) ordinal: u32,
    pub(super) kind: NoticeKind,
    pub(super) badness: Badness,
    pub(super) at: Moment,
    pub(super) wall: Timestamp,
    /// What keeps it back.
    pub(super) held: Option<Suppression>,
    /// Nothing is wrong any more, so it is only worth a line in the digest at the end of what kept it back.
    pub(super) for_digest: bool,
    /// Its channel could not carry it when it was its turn.
    pub(super) over_rate: bool,
}

/// Whether the channel knows that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Nothing has arrived.
    Never,
    /// Something may have.
    Unknown,
    /// It was told.
    Sent,
}

/// The conversation with one channel about one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) channel: Arc<str>,
    pub(super) fate: Fate,
    /// The worst that it was told, or is being told.
    pub(super) told: Option<Badness>,
    /// The last thing it was told was the end.
    pub(super) told_end: bool,
    pub(super) ordinals: u32,
    /// It waits, or is held.
    pub(super) waiting: Option<Notice>,
    /// It is under way.
    pub(super) open: Option<DeliveryId>,
    /// It was given up, and may come back.
    pub(super) dead: Option<DeliveryId>,
    /// The first message about this incident, which the others follow.
    pub(super) thread: Option<DeliveryId>,
    /// The last notice that was sent; what came before it and was given up is out of date.
    pub(super) arrived: u32,
}

impl Line {
    pub(super) fn new(channel: Arc<str>) -> Self {
        Self {
            channel,
            fate: Fate::Never,
            told: None,
            told_end: false,
            ordinals: 0,
            waiting: None,
            open: None,
            dead: None,
            thread: None,
            arrived: 0,
        }
    }

    /// Nothing is left to tell.
    pub(super) const fn is_quiet(&self) -> bool {
        self.waiting.is_none() && self.open.is_none() && self.dead.is_none()
    }

    /// Whether it waits for nothing but its group.
    pub(super) fn is_ready(&self) -> bool {
        self.open.is_none() && self.waiting.as_ref().is_some_and(|notice| notice.held.is_none())
    }

    /// Puts `kind` in the place of what waits. False when the channel need not be told.
    pub(super) fn queue(&mut self, kind: NoticeKind, badness: Badness, now: Moment, wall: Timestamp) -> bool {
        let waiting = self.waiting.as_ref().map(|notice| notice.kind);
        let Some(kind) = self.put_together(waiting, kind) else {
            return false;
        };
        if let Some(notice) = &mut self.waiting {
            notice.kind = kind;
            notice.badness = notice.badness.max(badness);
        } else {
            self.ordinals += 1;
            self.waiting = Some(Notice {
                ordinal: self.ordinals,
                kind,
                badness,
                at: now,
                wall,
                held: None,
                for_digest: false,
                over_rate: false,
            });
        }
        true
    }

    fn put_together(&self, waiting: Option<NoticeKind>, new: NoticeKind) -> Option<NoticeKind> {
        use NoticeKind::{Escalated, FiredAndResolved, Firing, Reminder, Resolved, Worse};
        match (waiting, new) {
            // Told in one, because nobody has heard anything of it.
            (Some(Firing | Escalated | FiredAndResolved), Resolved | FiredAndResolved)
                if !self.may_know() =>
            {
                Some(FiredAndResolved)
            }
            (Some(Worse | Reminder), Resolved) if !self.may_know() => Some(FiredAndResolved),
            (Some(_), Resolved) => Some(Resolved),
            (None, Resolved) => self.may_know().then_some(Resolved),
            (Some(Firing), _) => Some(Firing),
            (Some(Escalated), _) => Some(Escalated),
            // To whom nothing was told, it is new, not worse.
            (_, Worse | Reminder) if !self.may_know() => Some(Firing),
            (Some(other), Reminder) | (_, other) => Some(other),
        }
    }

    /// Whether the channel knows, or may know, that something is wrong. What is under way counts: until it has ended,
    /// nobody knows.
    pub(super) fn may_know(&self) -> bool {
        self.fate != Fate::Never || self.open.is_some()
    }
}

/// A notice that is part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) incident: IncidentId,
    pub(super) ordinal: u32,
    pub(super) kind: NoticeKind,
    pub(super) badness: Badness,
}

/// Whether that kind of notice says that it is over.
pub(super) const fn tells_the_end(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::Resolved | NoticeKind::FiredAndResolved)
}
