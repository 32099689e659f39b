//! What an owner decides about alerts beside the rules: through which channels, how often, how long. It is checked as a
//! whole before it takes anything's place.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Severity;

use super::rate::MessageRate;
use super::rules::RuleSet;

/// How many sets of channels there are: the first, and those that are asked when nobody answers.
pub const CHANNEL_SETS: u8 = 3;

/// A way to reach a person outside this machine. The local inbox is none: it is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSettings {
    /// Its name.
    pub name: Arc<str>,
    /// How many messages it may carry. `None`: as many as there are.
    pub rate: Option<MessageRate>,
    /// Nothing less is told through it.
    pub at_least: Severity,
    /// The set it belongs to: 0 hears at once, 1 and 2 when nobody has taken on what is critical.
    pub set: u8,
    /// The channel that is told what this one could not be.
    pub failover: Option<Arc<str>>,
}

impl ChannelSettings {
    /// One of the first set that is told everything.
    pub fn new(name: &str, rate: Option<MessageRate>) -> Self {
        Self {
            name: Arc::from(name),
            rate,
            at_least: Severity::Info,
            set: 0,
            failover: None,
        }
    }
}

/// How long what lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// What belongs together is waited for.
    pub group_wait: Duration,
    /// The same for what is critical.
    pub group_wait_critical: Duration,
    /// Between two messages about one group.
    pub update_interval: Duration,
    /// Until the first reminder; each further one takes twice as long.
    pub reminder: Duration,
    /// The same for what is critical.
    pub reminder_critical: Duration,
    /// No reminder takes longer.
    pub reminder_cap: Duration,
    /// Until each further set of channels is asked.
    pub escalate_after: [Duration; 2],
    /// The first delay after a failed attempt; each further one is up to twice as long.
    pub retry_base: Duration,
    /// No delay is longer, unless the channel asks for it.
    pub retry_cap: Duration,
    /// A channel cannot ask for more.
    pub retry_after_cap: Duration,
    /// A message that is older is given up.
    pub max_age: Duration,
    /// The same for what is critical.
    pub max_age_critical: Duration,
    /// An attempt that has said nothing for so long has an unknown end.
    pub attempt_lease: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let (secs, mins, hours) = (Duration::from_secs, Duration::from_mins, Duration::from_hours);
        Self {
            group_wait: secs(30),
            group_wait_critical: secs(10),
            update_interval: mins(5),
            reminder: hours(4),
            reminder_critical: hours(1),
            reminder_cap: hours(24),
            escalate_after: [mins(15), mins(45)],
            retry_base: secs(5),
            retry_cap: mins(15),
            retry_after_cap: hours(1),
            max_age: hours(24),
            max_age_critical: hours(72),
            attempt_lease: mins(5),
        }
    }
}

/// Everything that is set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertSettings {
    /// When what is told.
    pub rules: RuleSet,
    /// Through what.
    pub channels: Vec<ChannelSettings>,
    /// How often.
    pub timing: Timing,
    /// A page of the owner's that messages link to, as it is.
    pub base_url: Option<String>,
    /// How messages name this machine: who has several must know which one speaks.
    pub host: Option<String>,
}

/// What does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFault {
    /// Two channels have one name.
    #[error("there are two channels of the name `{0}`")]
    ChannelTwice(Arc<str>),
    /// Its failover does not exist.
    #[error("channel `{channel}` falls over to `{failover}`, which does not exist")]
    UnknownFailover {
        /// Whose.
        channel: Arc<str>,
        /// Which.
        failover: Arc<str>,
    },
    /// A failure would be told through what failed.
    #[error("channel `{0}` falls over to itself, by whatever way")]
    FailoverCircle(Arc<str>),
    /// There is no such set.
    #[error("channel `{channel}` is in set {set}; the sets are 0, 1 and 2")]
    UnknownSet {
        /// Whose.
        channel: Arc<str>,
        /// Which.
        set: u8,
    },
    /// It could never carry anything.
    #[error("channel `{0}` may carry no message at all")]
    NoRate(Arc<str>),
    /// Nobody hears at once.
    #[error("channels are set, and none of them is in set 0, which hears at once")]
    NobodyFirst,
    /// A time is zero that must pass.
    #[error("`{0}` must be longer than nothing")]
    ZeroTime(&'static str),
    /// The second set would be asked before the first.
    #[error("the last set of channels must be asked after the second")]
    EscalatesBackwards,
}

impl AlertSettings {
    /// All that does not fit together.
    pub fn faults(&self) -> Vec<SettingsFault> {
        let mut faults = Vec::new();
        let mut names = BTreeSet::new();
        for channel in &self.channels {
            if !names.insert(&channel.name) {
                faults.push(SettingsFault::ChannelTwice(Arc::clone(&channel.name)));
            }
            self.channel_faults(channel, &mut faults);
        }
        if !self.channels.is_empty() && self.channels.iter().all(|channel| channel.set > 0) {
            faults.push(SettingsFault::NobodyFirst);
        }
        let timing = &self.timing;
        let must_pass = [
            ("update_interval", timing.update_interval),
            ("reminder", timing.reminder),
            ("reminder_critical", timing.reminder_critical),
            ("reminder_cap", timing.reminder_cap),
            ("retry_base", timing.retry_base),
            ("max_age", timing.max_age),
            ("max_age_critical", timing.max_age_critical),
            ("attempt_lease", timing.attempt_lease),
        ];
        let zero = must_pass.iter().filter(|(_, time)| time.is_zero());
        faults.extend(zero.map(|(name, _)| SettingsFault::ZeroTime(name)));
        if timing.escalate_after[1] < timing.escalate_after[0] {
            faults.push(SettingsFault::EscalatesBackwards);
        }
        faults
    }

    /// The channel of that name.
    pub fn channel(&self, name: &str) -> Option<&ChannelSettings> {
        self.channels.iter().find(|channel| *channel.name == *name)
    }

    fn channel_faults(&self, channel: &ChannelSettings, faults: &mut Vec<SettingsFault>) {
        let name = || Arc::clone(&channel.name);
        if channel.set >= CHANNEL_SETS {
            faults.push(SettingsFault::UnknownSet {
                channel: name(),
                set: channel.set,
            });
        }
        if channel
            .rate
            .is_some_and(|rate| rate.count == 0 || rate.per.is_zero())
        {
            faults.push(SettingsFault::NoRate(name()));
        }
        let Some(failover) = &channel.failover else {
            return;
        };
        if self.channel(failover).is_none() {
            faults.push(SettingsFault::UnknownFailover {
                channel: name(),
                failover: Arc::clone(failover),
            });
        } else if self.comes_back(channel) {
            faults.push(SettingsFault::FailoverCircle(name()));
        }
    }

    fn comes_back(&self, start: &ChannelSettings) -> bool {
        let mut here = start;
        for _ in &self.channels {
            match here.failover.as_ref().and_then(|name| self.channel(name)) {
                Some(next) if next.name == start.name => return true,
                Some(next) => here = next,
                None => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn falls_over(name: &str, failover: &str) -> ChannelSettings {
        ChannelSettings {
            failover: Some(Arc::from(failover)),
            ..ChannelSettings::new(name, None)
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let settings = AlertSettings {
            channels: vec![
                falls_over("mail", "hook"),
                falls_over("hook", "mail"),
                falls_over("chat", "nowhere"),
                ChannelSettings {
                    set: 3,
                    rate: Some(MessageRate {
                        count: 0,
                        per: Duration::from_secs(1),
                    }),
                    ..ChannelSettings::new("mail", None)
                },
            ],
            timing: Timing {
                max_age: Duration::ZERO,
                ..Timing::default()
            },
            ..AlertSettings::default()
        };

        let name = Arc::from;
        assert_eq!(
            settings.faults(),
            [
                SettingsFault::FailoverCircle(name("mail")),
                SettingsFault::FailoverCircle(name("hook")),
                SettingsFault::UnknownFailover {
                    channel: name("chat"),
                    failover: name("nowhere"),
                },
                SettingsFault::ChannelTwice(name("mail")),
                SettingsFault::UnknownSet {
                    channel: name("mail"),
                    set: 3,
                },
                SettingsFault::NoRate(name("mail")),
                SettingsFault::ZeroTime("max_age"),
            ]
        );
    }

    #[test]
    fn a_circle_that_does_not_come_back_is_not_this_channels_fault() {
        let settings = AlertSettings {
            channels: vec![falls_over("a", "b"), falls_over("b", "c"), falls_over("c", "b")],
            ..AlertSettings::default()
        };

        assert_eq!(settings.faults().len(), 2);
    }

    #[test]
    fn the_defaults_are_sound_without_any_channel() {
        assert_eq!(AlertSettings::default().faults(), []);
    }
}
