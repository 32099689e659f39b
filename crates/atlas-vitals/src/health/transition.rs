//! `Transition`: one status became another, with all that is needed to tell it and to keep it. The words in which the
//! engine speaks; nothing is decided here.

use std::time::Duration;

use atlas_domain::{HealthStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::result::CheckResult;
use crate::Moment;

/// One status became another, after enough results to be sure.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// Whose.
    pub check: String,
    /// The status before.
    pub from: HealthStatus,
    /// The status after.
    pub to: HealthStatus,
    /// Why.
    pub cause: Cause,
    /// The result that led to it. `None` when it is that none came.
    pub observed: Option<CheckResult>,
    /// Since when the new status stands.
    pub since: Moment,
    /// The same by the wall clock.
    pub since_wall: Timestamp,
    /// How long the status before had stood.
    pub lasted: Duration,
    /// What it needs and what is critical or worse itself.
    pub blocked_by: Vec<String>,
    /// Whether results change too often.
    pub flapping: FlappingWord,
    /// Whether it is told.
    pub announce: Announce,
}

/// Why a status became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It failed again and again, without a good result between.
    Failing,
    /// Results in a row were all at least that bad.
    Sustained,
    /// It fails now and then.
    Intermittent,
    /// Results change too often.
    Flapping,
    /// Results in a row were better.
    Recovered,
    /// The first result ever was good.
    FirstResult,
    /// Nothing has been found out for too long.
    Stale,
    /// Something was found out again.
    HeardAgain,
}

impl Cause {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Sustained => "sustained",
            Self::Intermittent => "intermittent",
            Self::Flapping => "flapping",
            Self::Recovered => "recovered",
            Self::FirstResult => "first_result",
            Self::Stale => "stale",
            Self::HeardAgain => "heard_again",
        }
    }
}

/// Whether results change too often, seen from one transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlappingWord {
    /// They do not.
    Steady,
    /// They do, since this result.
    Began,
    /// They do, and did before.
    Ongoing,
    /// They did, until this result.
    Ended(FlappingSummary),
}

/// What there is to say when results have ceased to change too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlappingSummary {
    /// How long they did.
    pub lasted: Duration,
    /// How often the result changed meanwhile.
    pub changes: u32,
    /// The worst status meanwhile.
    pub worst: HealthStatus,
}

/// Whether a transition is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announce {
    /// At once.
    Yes,
    /// Not now. When what holds it back ends and it still stands, it comes again as told late.
    Held(Hold),
    /// Not at all.
    Silent(Silence),
}

/// What holds a notice back, and until when at most. `None`: until that ends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What.
    pub by: HeldBy,
    /// Until when at most, as far as that is known.
    pub until: Option<Moment>,
}

/// What holds a notice back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldBy {
    /// This check, on which it depends, is as bad, and began to fail shortly before.
    Dependency(String),
    /// This check, on which it depends, has begun to fail: its next result is waited for.
    DependencyInDoubt(String),
    /// Work that was announced under this name.
    Maintenance(String),
}

/// Why something that stands is not told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// Something holds it back.
    By(Hold),
    /// Nothing does any more, and it is looked at once more first: it may be over.
    UntilLook,
}

/// Why a transition is not told at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It is what was told last, or was never told to be otherwise.
    NothingNew,
    /// Results change too often, and this is no worse than what was told of it.
    Flapping,
    /// That nothing can be found out is told by a rule of its own, which waits longer.
    Unknown,
}

impl Announce {
    /// Whether it is told at once.
    pub const fn is_yes(&self) -> bool {
        matches!(self, Self::Yes)
    }
}
