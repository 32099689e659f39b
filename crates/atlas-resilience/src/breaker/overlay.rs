//! `Overlay`: what a person decided about a breaker, kept apart from its automatic state, so that leaving it returns
//! to automatic judgement.

use crate::clock::Moment;

/// What a person can decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OverlayMode {
    /// Nothing: the breaker decides.
    #[default]
    Auto,
    /// No call is let through.
    ForcedOpen,
    /// Every call is let through, and none is judged.
    Disabled,
    /// Every call is let through and judged: what the breaker would do can be seen.
    MetricsOnly,
}

impl OverlayMode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::ForcedOpen, Self::Disabled, Self::MetricsOnly];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }

    /// The one of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// A decision, with its age and its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// What was decided.
    pub mode: OverlayMode,
    /// When.
    pub since: Moment,
    /// When it ends by itself.
    pub expires: Option<Moment>,
    /// Why, for people.
    pub reason: String,
}

impl Overlay {
    pub(super) fn has_expired(&self, now: Moment) -> bool {
        self.mode != OverlayMode::Auto && self.expires.is_some_and(|expires| expires <= now)
    }
}
