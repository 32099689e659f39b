//! `Telling`: what of a check has been told, so that nothing is told twice and nothing is withheld for ever. It says
//! whether a transition is told; who is told, and how, is decided elsewhere.

use atlas_domain::HealthStatus;

use super::check::{CheckState, Turn};
use super::level::Level;
use super::transition::{Announce, FlappingSummary, FlappingWord, Hold, Silence};
use crate::Moment;

/// What of a check has been told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Telling {
    /// The level that was told last. What was never told is well: nobody believes otherwise.
    pub(super) told: Level,
    /// What is held back. It is told only after a look that came later than the hold.
    pub(super) waiting: Option<Waiting>,
    /// The time for which results have been changing too often.
    pub(super) episode: Option<Episode>,
}

/// Something is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    /// When something was seen last to hold it back.
    pub(super) held_at: Moment,
    /// That has ended, and the check was asked to look again.
    pub(super) asked: bool,
}

/// What is to be done about something that is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Release {
    /// Wait.
    Wait,
    /// Nothing holds it any more: look again, for it may be over.
    Look,
    /// It was looked at again, and still is bad: tell.
    Tell,
}

/// A time in which results change too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Episode {
    pub(super) since: Moment,
    pub(super) changes: u32,
    pub(super) worst: Level,
    /// The worst that was told of it.
    pub(super) worst_told: Level,
}

impl Telling {
    /// Takes note of a result's turn of flapping, before it is asked what to tell.
    pub(super) fn observe(&mut self, state: &CheckState, turn: Option<Turn>, now: Moment) -> FlappingWord {
        let level = state.hard().unwrap_or_default();
        if turn == Some(Turn::Began) {
            // What was told already and still stands need not be told again as part of the episode.
            let stands = self.told == level;
            self.episode = Some(Episode {
                since: now,
                changes: state.changes.bits.count_ones(),
                worst: level,
                worst_told: if stands { level } else { Level::Healthy },
            });
            return FlappingWord::Began;
        }
        let Some(episode) = &mut self.episode else {
            return FlappingWord::Steady;
        };
        episode.changes += state.changes.bits & 1;
        episode.worst = episode.worst.max(level);
        if turn != Some(Turn::Ended) {
            return FlappingWord::Ongoing;
        }
        let summary = FlappingSummary {
            lasted: now.since(episode.since),
            changes: episode.changes,
            worst: episode.worst.status(),
        };
        self.episode = None;
        FlappingWord::Ended(summary)
    }

    /// Whether the status `to`, which has just begun to stand, is told.
    pub(super) fn announce(
        &mut self,
        to: HealthStatus,
        flapping: FlappingWord,
        hold: Option<Hold>,
        now: Moment,
    ) -> Announce {
        let Some(level) = Level::of_status(to) else {
            return Announce::Silent(Silence::Unknown);
        };
        if level <= self.told {
            self.waiting = None;
        }
        // The end of flapping is summed up, whatever was told of it.
        let sums_up = matches!(flapping, FlappingWord::Ended(_)) && level <= self.told;
        if level == self.told && !sums_up {
            return Announce::Silent(Silence::NothingNew);
        }
        if level > self.told
            && let Some(hold) = hold
        {
            self.hold_at(now);
            return Announce::Held(hold);
        }
        if self.is_quiet(level) {
            return Announce::Silent(Silence::Flapping);
        }
        self.tell(level);
        Announce::Yes
    }

    /// What becomes of a status that has stood for a while and is worse than what was told.
    pub(super) fn release(&mut self, state: &CheckState, is_held: bool, now: Moment) -> Release {
        let newest = state.newest();
        let Some(level) = Level::of_status(state.status()).filter(|level| *level > self.told) else {
            return Release::Wait;
        };
        if is_held {
            self.hold_at(now);
            return Release::Wait;
        }
        let Some(waiting) = &mut self.waiting else {
            return Release::Wait;
        };
        if state.heard_at <= waiting.held_at {
            let asks = !std::mem::replace(&mut waiting.asked, true);
            return if asks { Release::Look } else { Release::Wait };
        }
        // A good result is on its way to be well again, though it takes more than one.
        if newest <= Some(self.told) || self.is_quiet(level) {
            return Release::Wait;
        }
        self.tell(level);
        Release::Tell
    }

    /// It has been told.
    fn tell(&mut self, level: Level) {
        self.told = level;
        self.waiting = None;
        if let Some(episode) = &mut self.episode {
            episode.worst_told = episode.worst_told.max(level);
        }
    }

    fn hold_at(&mut self, now: Moment) {
        self.waiting = Some(Waiting {
            held_at: now,
            asked: false,
        });
    }

    /// While results change too often, only what is worse than all that was told of it gets through.
    fn is_quiet(&self, level: Level) -> bool {
        self.episode.is_some_and(|episode| level <= episode.worst_told)
    }
}
