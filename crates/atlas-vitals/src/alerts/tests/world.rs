//! A small world around the engine: a clock that is turned by hand, rows in memory, channels that answer as they are
//! told, and a process that can be killed between any two effects.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{DeliveryState, HealthStatus, IncidentState, NoticeKind, NoticeState, Timestamp};

use crate::Moment;
use crate::alerts::*;

/// Where the clock begins.
pub(super) const START: Moment = Moment::from_millis(1_000_000_000);

/// A message as its channel got it.
#[derive(Debug, Clone)]
pub(super) struct Got {
    /// Seconds after the start.
    pub(super) at: u64,
    pub(super) channel: String,
    pub(super) message: Message,
    pub(super) answer: Answer,
}

impl Got {
    pub(super) fn kinds(&self) -> Vec<NoticeKind> {
        self.message.worst.iter().map(|entry| entry.kind).collect()
    }
}

/// The rows of the database.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) incidents: BTreeMap<IncidentId, StoredIncident>,
    pub(super) notices: BTreeMap<(IncidentId, String, u32), StoredNotice>,
    pub(super) deliveries: BTreeMap<DeliveryId, StoredDelivery>,
    groups: BTreeMap<(String, String, GroupClass), StoredGroup>,
    pub(super) channels: BTreeMap<String, StoredChannel>,
    pub(super) silences: BTreeMap<u64, StoredSilence>,
    services: BTreeMap<String, StoredService>,
    windows: Vec<Window>,
    pub(super) inbox: BTreeMap<(IncidentId, u32), InboxRow>,
}

impl Rows {
    pub(super) fn commit(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Incident(row) => drop(self.incidents.insert(row.id, row)),
                Change::Notice(row) => {
                    let key = (row.incident, row.channel.clone(), row.ordinal);
                    self.notices.insert(key, row);
                }
                Change::NoticeState(end) => {
                    let key = (end.incident, end.channel, end.ordinal);
                    let row = self
                        .notices
                        .get_mut(&key)
                        .expect("a notice ends that was written before");
                    row.state = end.state;
                }
                Change::Delivery(row) => drop(self.deliveries.insert(row.id, row)),
                Change::Group(row) => {
                    self.groups
                        .insert((row.channel.clone(), row.service.clone(), row.class), row);
                }
                Change::GroupGone(row) => drop(self.groups.remove(&(row.channel, row.service, row.class))),
                Change::Channel(row) => drop(self.channels.insert(row.name.clone(), row)),
                Change::Silence(row) => drop(self.silences.insert(row.number, row)),
                Change::Service(row) => drop(self.services.insert(row.name.clone(), row)),
                Change::Windows(windows) => self.windows = windows,
                Change::Inbox(row) => {
                    let before = self.inbox.insert((row.incident, row.ordinal), row);
                    assert_eq!(before, None, "a row of the inbox is written once");
                }
            }
        }
    }

    /// Holds these as well.
    fn take_in(&mut self, stored: &StoredAlerts) {
        let incidents = stored.incidents.iter().cloned().map(Change::Incident);
        let notices = stored.notices.iter().cloned().map(Change::Notice);
        let deliveries = stored.deliveries.iter().cloned().map(Change::Delivery);
        self.commit(incidents.chain(notices).chain(deliveries).collect());
    }

    /// What a start reads, no more and no less than the store gives: everything that is not over, or has something left
    /// to tell.
    pub(super) fn stored(&self) -> StoredAlerts {
        use NoticeState::{Dead, Delivering, Held, UnknownFate, Waiting};
        let is_open =
            |row: &&StoredNotice| matches!(row.state, Waiting | Held | Delivering | Dead | UnknownFate);
        let notices: Vec<StoredNotice> = self.notices.values().filter(is_open).cloned().collect();
        let lives = |row: &&StoredDelivery| {
            use DeliveryState::{Dead, Sending, Waiting};
            matches!(row.state, Waiting | Sending | Dead)
        };
        StoredAlerts {
            incidents: self
                .incidents
                .values()
                .filter(|row| {
                    row.state != IncidentState::Resolved
                        || notices.iter().any(|notice| notice.incident == row.id)
                })
                .cloned()
                .collect(),
            notices,
            deliveries: self.deliveries.values().filter(lives).cloned().collect(),
            groups: self.groups.values().cloned().collect(),
            channels: self.channels.values().cloned().collect(),
            silences: self.silences.values().cloned().collect(),
            services: self.services.values().cloned().collect(),
            windows: self.windows.clone(),
        }
    }
}

pub(super) type Transport = Box<dyn FnMut(&Attempt, u64) -> Answer>;

pub(super) struct World {
    pub(super) settings: Arc<AlertSettings>,
    alerts: Alerts,
    pub(super) now: Moment,
    pub(super) rows: Rows,
    pub(super) got: Vec<Got>,
    transport: Transport,
    /// The process dies after so many effects.
    pub(super) fuse: Option<usize>,
    pub(super) deaths: usize,
    /// What was under way at a death: how many messages had been sent until then, and which nobody knows the end of.
    pub(super) in_doubt: Vec<(usize, DeliveryId)>,
}

pub(super) fn mail() -> ChannelSettings {
    ChannelSettings::new("mail", Some(MessageRate::MAIL))
}

pub(super) fn hook() -> ChannelSettings {
    ChannelSettings::new("hook", Some(MessageRate::WEBHOOK))
}

pub(super) fn settings(channels: Vec<ChannelSettings>) -> AlertSettings {
    AlertSettings {
        rules: RuleSet::builtin(),
        channels,
        ..AlertSettings::default()
    }
}

pub(super) fn failed() -> Answer {
    Answer::Failed {
        reason: "connection refused".to_owned(),
        retry_after: None,
    }
}

pub(super) fn unknown() -> Answer {
    Answer::Unknown {
        reason: "lost after the last byte".to_owned(),
    }
}

pub(super) fn refused() -> Answer {
    Answer::Refused {
        reason: "404".to_owned(),
    }
}

impl World {
    /// One mail channel that always works.
    pub(super) fn new() -> Self {
        Self::with(settings(vec![mail()]))
    }

    pub(super) fn with(settings: AlertSettings) -> Self {
        let settings = Arc::new(settings);
        Self {
            alerts: Alerts::new(Arc::clone(&settings)).expect("the settings fit together"),
            settings,
            now: START,
            rows: Rows::default(),
            got: Vec::new(),
            transport: Box::new(|_, _| Answer::Delivered),
            fuse: None,
            deaths: 0,
            in_doubt: Vec::new(),
        }
    }

    pub(super) fn answering(mut self, transport: impl FnMut(&Attempt, u64) -> Answer + 'static) -> Self {
        self.transport = Box::new(transport);
        self
    }

    pub(super) fn seconds(&self) -> u64 {
        self.now.since(START).as_secs()
    }

    pub(super) fn wall(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000).after(self.now.since(START))
    }

    /// One input with everything that follows from it at once. False when the process died on the way.
    pub(super) fn input(&mut self, input: Input) -> bool {
        let effects = self.alerts.step(self.now, self.wall(), input);
        assert_eq!(effects.refused, None);
        self.carry_out(effects)
    }

    pub(super) fn refusal(&mut self, input: Input) -> Option<Refusal> {
        let mut effects = self.alerts.step(self.now, self.wall(), input);
        let refused = effects.refused.take();
        self.carry_out(effects);
        refused
    }

    fn carry_out(&mut self, effects: Effects) -> bool {
        if self.dies() {
            return false;
        }
        self.rows.commit(effects.changes);
        for attempt in effects.attempts {
            if self.dies() {
                return false;
            }
            let seconds = self.seconds();
            let answer = (self.transport)(&attempt, seconds);
            self.got.push(Got {
                at: seconds,
                channel: attempt.channel.to_string(),
                message: attempt.message,
                answer: answer.clone(),
            });
            let answered = Input::Answered {
                delivery: attempt.delivery,
                answer,
                fraction: 0.5,
            };
            if self.dies() || !self.input(answered) {
                return false;
            }
        }
        true
    }

    fn dies(&mut self) -> bool {
        match &mut self.fuse {
            Some(0) => {
                self.fuse = None;
                self.deaths += 1;
                self.restart();
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    /// The process ends and begins again with what is in the database.
    pub(super) fn restart(&mut self) {
        let deliveries = self.rows.deliveries.values();
        let under_way = deliveries.filter(|row| row.state == DeliveryState::Sending);
        let sent = self.got.len();
        self.in_doubt.extend(under_way.map(|row| (sent, row.id)));
        self.restart_with(self.rows.stored());
    }

    /// The same with these rows, which are written as well.
    pub(super) fn restart_with(&mut self, stored: StoredAlerts) {
        let settings = Arc::clone(&self.settings);
        self.rows.take_in(&stored);
        let (alerts, effects) =
            Alerts::restore(settings, stored, self.now, self.wall()).expect("it was sound before");
        self.alerts = alerts;
        self.carry_out(effects);
    }

    pub(super) fn restart_from_backup(&mut self, rows: Rows) {
        let (settings, stored) = (Arc::clone(&self.settings), rows.stored());
        self.rows = rows;
        let (alerts, effects) = Alerts::restore_from_backup(settings, stored, self.now, self.wall())
            .expect("it was sound before");
        self.alerts = alerts;
        self.carry_out(effects);
    }

    /// Lets time pass, with everything that becomes due.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        while let Some(due) = self.alerts.next_due().filter(|due| *due <= end) {
            let before = self.now;
            self.now = due.max(self.now);
            self.input(Input::Tick);
            let stands = self.alerts.next_due().is_some_and(|due| due <= self.now) && before == self.now;
            assert!(!stands, "it asks for the same moment again and again");
        }
        self.now = end;
    }

    pub(super) fn pass_secs(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    pub(super) fn observe(&mut self, service: &str, status: HealthStatus) -> bool {
        self.input(Input::Observed(vec![Observation::plain(
            service, status, self.now,
        )]))
    }

    pub(super) fn everything(&self) -> Vec<Change> {
        self.alerts.everything()
    }

    pub(super) fn next_due(&self) -> Option<Moment> {
        self.alerts.next_due()
    }

    /// Which channels hold messages back by their rate, and until how many seconds after the start.
    pub(super) fn holding(&self) -> Vec<(String, u64)> {
        let holding = self.alerts.channels_holding();
        holding
            .map(|(name, until)| (name.to_owned(), until.since(START).as_secs()))
            .collect()
    }

    /// What a channel accepted.
    pub(super) fn accepted(&self, channel: &str) -> Vec<&Got> {
        let is_its = |got: &&Got| got.channel == channel && got.answer == Answer::Delivered;
        self.got.iter().filter(is_its).collect()
    }

    /// When it accepted what: seconds and title.
    pub(super) fn titles(&self) -> Vec<(u64, &str)> {
        let accepted = self.got.iter().filter(|got| got.answer == Answer::Delivered);
        accepted.map(|got| (got.at, got.message.title.as_str())).collect()
    }

    /// The only open incident.
    pub(super) fn only_open(&self) -> IncidentId {
        let open = self
            .rows
            .incidents
            .values()
            .filter(|row| row.state != IncidentState::Resolved);
        let ids: Vec<IncidentId> = open.map(|row| row.id).collect();
        assert_eq!(ids.len(), 1);
        ids[0]
    }
}
