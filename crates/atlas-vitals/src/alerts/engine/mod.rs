//! The whole as one machine: its state, its inputs, and the order in which a step does its work. The work itself is in
//! the files beside this one.

mod absence;
mod agenda;
mod answers;
mod channels;
mod dispatch;
mod effects;
mod looking;
mod notices;
mod order;
mod pacing;
mod people;
mod repeating;
mod restore;
mod rows;
mod signals;
mod suppression;
mod watching;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use atlas_domain::Timestamp;

use super::delivery::{Answer, Delivery};
use super::group::{Group, GroupKey};
use super::incident::Incident;
use super::line::Line;
use super::observation::{Observation, Reading, Window};
use super::rate::Gcra;
use super::settings::{AlertSettings, SettingsFault};
use super::silence::{NewSilence, Silence, SilenceFault};
use super::{DeliveryId, IncidentId};
use crate::Moment;
use agenda::{Agenda, Wake};
use effects::Touched;
pub use effects::{Attempt, Effects};
use repeating::Repeating;
use signals::RuleIndex;

/// What a step is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// How services are. To be told the same again is harmless.
    Observed(Vec<Observation>),
    /// What one round has measured. The values of one rule are looked for within one round.
    Measured(Vec<Reading>),
    /// All windows that are known from now on.
    Windows(Vec<Window>),
    /// A person asks not to be told.
    Silence(NewSilence),
    /// A person ends a silence.
    EndSilence(u64),
    /// A person takes an incident on.
    Acknowledge {
        /// Which.
        incident: IncidentId,
        /// Who.
        by: String,
        /// What they say.
        comment: String,
    },
    /// A person gives an incident back.
    Unacknowledge(IncidentId),
    /// A person says that it is over, because nothing else ever will.
    Close(IncidentId),
    /// How an attempt ended. `fraction`, drawn from 0 to 1, spreads the next attempts.
    Answered {
        /// Of which message.
        delivery: DeliveryId,
        /// How.
        answer: Answer,
        /// The draw.
        fraction: f64,
    },
    /// Other settings hold.
    Reload(Arc<AlertSettings>),
    /// All services and checks that there are from now on. What was said of the status of others is over.
    Watched(BTreeSet<Arc<str>>),
    /// Time has passed.
    Tick,
}

/// Why an input changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is none, or it is over.
    #[error("there is no open incident {0}")]
    NoIncident(IncidentId),
    /// There is none, or it is over.
    #[error("there is no silence {0} that has not ended")]
    NoSilence(u64),
    /// What was asked for cannot be.
    #[error("the silence cannot be made: {}", list(.0))]
    Silence(Vec<SilenceFault>),
    /// The settings do not fit together; those before still hold.
    #[error("the settings are not taken: {}", list(.0))]
    Settings(Vec<SettingsFault>),
}

fn list<T: ToString>(faults: &[T]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// What is remembered of a channel.
#[derive(Debug, Clone, Copy, Default)]
struct Channel {
    rate: Gcra,
    sequence: u64,
    failing_since: Option<Moment>,
    overflowing_since: Option<Moment>,
    /// When it may carry what has to wait.
    held_until: Option<Moment>,
    /// What it did not take before, and is tried again before anything newer.
    goes_first: Option<DeliveryId>,
    /// It was tried, in vain, and does not keep back what waited for that.
    lets_pass: bool,
}

/// What is remembered of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Service {
    held: bool,
    blocked_by: Option<Arc<str>>,
}

/// Who has to be told of what.
///
/// A step costs what changes: an incident's news is logarithmic in the number of incidents and linear in the channels;
/// a message is linear in those it is about.
#[derive(Debug)]
pub struct Alerts {
    settings: Arc<AlertSettings>,
    index: RuleIndex,
    incidents: BTreeMap<IncidentId, Incident>,
    /// Those that are not over, by fingerprint.
    open: HashMap<Arc<str>, IncidentId>,
    /// Those with something that is kept back.
    held: BTreeSet<IncidentId>,
    groups: BTreeMap<GroupKey, Group>,
    channels: BTreeMap<Arc<str>, Channel>,
    /// Those that have not ended, and those that may come back.
    deliveries: BTreeMap<DeliveryId, Delivery>,
    silences: BTreeMap<u64, Silence>,
    last_silence: u64,
    windows: Vec<Window>,
    services: HashMap<Arc<str>, Service>,
    agenda: Agenda,
    /// The last moment at which an incident began, and how many had begun at it before.
    begun: (Moment, u32),
    /// Only where nothing outlives the process.
    repeating: Option<Repeating>,
    touched: Touched,
}

impl Alerts {
    /// Without any past. Settings that do not fit together are refused.
    pub fn new(settings: Arc<AlertSettings>) -> Result<Self, Refusal> {
        let faults = settings.faults();
        if !faults.is_empty() {
            return Err(Refusal::Settings(faults));
        }
        let names = settings.channels.iter().map(|channel| Arc::clone(&channel.name));
        Ok(Self {
            channels: names.map(|name| (name, Channel::default())).collect(),
            index: RuleIndex::of(&settings.rules),
            settings,
            incidents: BTreeMap::new(),
            open: HashMap::new(),
            held: BTreeSet::new(),
            groups: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            silences: BTreeMap::new(),
            last_silence: 0,
            windows: Vec::new(),
            services: HashMap::new(),
            agenda: Agenda::default(),
            begun: (Moment::ORIGIN, 0),
            repeating: None,
            touched: Touched::default(),
        })
    }

    /// Takes one input in, and does what is due. `now` and `wall` are the same moment on both clocks.
    pub fn step(&mut self, now: Moment, wall: Timestamp, input: Input) -> Effects {
        let refused = self.take(now, wall, input).err();
        self.advance(now, wall);
        self.effects(refused)
    }

    /// When it wants to be stepped next, if nothing comes in before. It may be too early, never too late.
    pub fn next_due(&self) -> Option<Moment> {
        self.agenda.next()
    }

    /// Every channel by its name, and since when nothing gets through it, if that is so.
    pub fn channels_failing(&self) -> impl Iterator<Item = (&str, Option<Moment>)> {
        let channels = self.channels.iter();
        channels.map(|(name, channel)| (&**name, channel.failing_since))
    }

    /// The settings that hold.
    pub fn settings(&self) -> &AlertSettings {
        &self.settings
    }

    fn take(&mut self, now: Moment, wall: Timestamp, input: Input) -> Result<(), Refusal> {
        match input {
            Input::Observed(observations) => {
                for observation in observations {
                    self.observe(&observation, now, wall);
                }
            }
            Input::Measured(readings) => self.measure(&readings, now, wall),
            Input::Windows(windows) => self.announce(windows, now),
            Input::Silence(asked) => return self.silence(asked, now, wall),
            Input::EndSilence(number) => return self.end_silence(number, now),
            Input::Acknowledge {
                incident,
                by,
                comment,
            } => return self.acknowledge(incident, &by, &comment, now, wall),
            Input::Unacknowledge(incident) => return self.unacknowledge(incident, now),
            Input::Close(incident) => return self.close(incident, now, wall),
            Input::Answered {
                delivery,
                answer,
                fraction,
            } => self.answered(delivery, &answer, fraction, now, wall),
            Input::Reload(settings) => return self.reload(settings, now, wall),
            Input::Watched(services) => self.forget_status_of_others(&services, now, wall),
            Input::Tick => {}
        }
        Ok(())
    }

    /// Everything that is due. What one thing leads to may be due at once, so it is asked until nothing is; each round
    /// does something that cannot be done twice at one moment.
    fn advance(&mut self, now: Moment, wall: Timestamp) {
        self.end_silences_that_are_done(now);
        let mut drained = BTreeSet::new();
        while let Some(wake) = self.agenda.pop(now) {
            match wake {
                Wake::Incident(id) => self.incident_is_due(id, now, wall),
                Wake::Sweep => self.sweep(now),
                Wake::Delivery(id) => self.delivery_is_due(id, now, wall),
                Wake::Group(key) => {
                    self.remind(&key, now, wall);
                    drained.insert(key.channel);
                }
                Wake::Channel(name) => {
                    drained.insert(name);
                }
                Wake::Look(name) => {
                    self.touched.channel_news.insert(name);
                    self.watch_channels(now, wall);
                }
            }
        }
        for name in drained {
            self.drain(&name, now, wall);
        }
        self.end_silences_that_are_done(now);
    }
}
