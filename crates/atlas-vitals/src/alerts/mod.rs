//! Alerts: from what is observed and measured to messages on channels. Rules say what is worth telling, incidents what
//! is news, groups and suppressions when it is told, deliveries that it arrives.
//!
//! [`Alerts`] is the whole as one machine, driven with one [`Input`] at a time; it answers with rows to keep and
//! messages to send, in that order, and says when it wants to be asked again. It sends nothing and keeps nothing
//! itself.

mod delivery;
mod engine;
mod figure;
mod group;
mod html;
mod identity;
mod incident;
mod json;
mod line;
mod mending;
mod message;
mod observation;
mod rate;
mod rules;
mod settings;
mod silence;
mod stored;
mod text;
mod trial;

pub use delivery::Answer;
pub use engine::{Alerts, Attempt, Effects, Input, Refusal};
pub use identity::{DeliveryId, IncidentId, InvalidId, Labels};
pub use mending::{Completeness, Mended, word_to_the_inbox};
pub use message::{Counts, Entry, LONGEST_MESSAGE_BYTES, Message, WORST_TOLD};
pub use observation::{Observation, Reading, Window, WindowKind};
pub use rate::MessageRate;
pub use rules::{Absent, Comparison, Condition, Rule, RuleFault, RuleSet, When, is_label, labels};
pub use settings::{AlertSettings, CHANNEL_SETS, ChannelSettings, SettingsFault, Timing};
pub use silence::{LONGEST_SILENCE, MatchOp, NewSilence, SilenceFault, StoredMatcher};
pub use stored::{
    Change, Fate, GroupClass, InboxRow, NoticeEnd, StoredAcknowledgement, StoredAlerts, StoredChannel,
    StoredDelivery, StoredGroup, StoredIncident, StoredLine, StoredNotice, StoredService, StoredSilence,
};
pub use trial::{Moved, Timeline, TimelineEvent, try_rules};

#[cfg(test)]
mod tests;
