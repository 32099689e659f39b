//! Waking what waited for something that is well again by itself, for a host whose circuit breaker has closed or for
//! the network; and as many as it takes to find that out, where a breaker tries its host, or will do so earlier than it
//! was to. It stands beside the calls, which only leave a note and never wait for this.

use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::{BreakerKey, Service};
use atlas_store::{Library, StoreError, Turns, WaitedFor};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::services::{Recovered, Services};
use crate::signals::Signals;

/// The time between two jobs of one host, where its policy has no longer one.
const APART: Duration = Duration::from_secs(1);
/// How often it is tried where the store fails. After that, what waits comes when it would have come.
const TRIES: u32 = 5;
/// Before the second try; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Comeback {
    pub(super) services: Arc<Services>,
    pub(super) library: Library,
    pub(super) signals: Arc<Signals>,
}

impl Comeback {
    /// Wakes until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let waking = async {
            loop {
                let recovered = self.services.next_recovered().await;
                match self.waited_for(&recovered) {
                    Some((over, turns)) => self.bring_forward(over, turns).await,
                    // Nobody was put off: where a kind of job rested, the worker has passed over it.
                    None => self.signals.jobs.notify_one(),
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = waking => {}
        }
    }

    /// What is over, and how those come back who waited for it. None where nobody waits.
    fn waited_for(&self, recovered: &Recovered) -> Option<(WaitedFor, Turns)> {
        match recovered {
            Recovered::Network => {
                let apart = self.services.all().map(politeness).max();
                Some((WaitedFor::Network, Turns::all(apart.unwrap_or(APART))))
            }
            Recovered::Closed(key) => {
                let service = self.services.get(&key.service)?;
                let (name, port) = self.host(key)?;
                let well = WaitedFor::Recovery { name, port };
                Some((well, Turns::all(politeness(service))))
            }
            Recovered::Tried(key) => {
                let (service, host) = self.left_alone(key)?;
                // By then the probe before it is over. If it has failed, the first of these is refused, and takes the
                // others with it.
                let turns = probing_turns(service, key);
                let begin = turns.apart;
                Some((host, Turns { begin, ..turns }))
            }
            Recovered::EndsEarlier(key) => {
                let (service, host) = self.left_alone(key)?;
                let (breakers, turns) = (service.breakers(), probing_turns(service, key));
                let until = breakers.status(&key.scope).until;
                let begin = until.map_or(Duration::ZERO, |until| until.since(breakers.now()));
                Some((host, Turns { begin, ..turns }))
            }
        }
    }

    fn left_alone(&self, key: &BreakerKey) -> Option<(&Arc<Service>, WaitedFor)> {
        let service = self.services.get(&key.service)?;
        let (name, port) = self.host(key)?;
        Some((service, WaitedFor::Host { name, port }))
    }

    fn host(&self, key: &BreakerKey) -> Option<(String, u16)> {
        let name = self.services.host(&key.service, &key.scope)?.to_owned();
        let port = key.scope.rsplit_once(':')?.1.parse().ok()?;
        Some((name, port))
    }

    async fn bring_forward(&self, over: WaitedFor, turns: Turns) {
        let mut pause = FIRST_PAUSE;
        for tried in 1..=TRIES {
            match self.try_to_bring_forward(&over, turns).await {
                Ok(()) => return,
                Err(error) if tried < TRIES => {
                    tracing::warn!(?over, %error, "what waited for it cannot be woken; it is tried again");
                    sleep(pause).await;
                    pause *= 2;
                }
                Err(error) => {
                    tracing::warn!(?over, %error, "what waited for it was not woken, and comes at its own time");
                }
            }
        }
    }

    async fn try_to_bring_forward(&self, over: &WaitedFor, turns: Turns) -> Result<(), StoreError> {
        let jobs = self.library.bring_forward(over.clone(), turns).await?;
        if jobs > 0 {
            tracing::info!(?over, jobs, "what waited for it comes back");
            self.signals.jobs.notify_one();
        }
        Ok(())
    }
}

/// As many as it takes to know, each after the one before it is over.
fn probing_turns(service: &Arc<Service>, key: &BreakerKey) -> Turns {
    let probing = service.breakers().settings(&key.scope).probing;
    Turns {
        begin: Duration::ZERO,
        apart: politeness(service).max(service.settings().attempt_timeout),
        at_most: probing.successes_to_close as usize,
    }
}

/// How far apart the requests to one host are.
fn politeness(service: &Arc<Service>) -> Duration {
    let rate = service.settings().rate;
    rate.map_or(APART, |rate| rate.interval.max(APART))
}
