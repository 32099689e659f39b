//! Asks what the owner wants to have checked: an address of the web, a port, a name, a program. What is named in the
//! configuration is trusted as it stands. A probe reports; it never counts against anybody.

mod command;
mod http;

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use atlas_domain::{CheckOutcome, Clock, HttpProbe, PortFuture, ProbeAnswer, ProbeTarget, Prober};
use atlas_resilience::{Call, Deadline, Judgement, PolicyError, Rejection, Service};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::fetch::{ClientError, Resolve};

/// Probes by the policy of one service, with a scope for each check.
pub struct Probes {
    /// None where nothing is asked over HTTP: to make a client takes its time.
    http: RwLock<Option<Arc<http::Asker>>>,
    resolver: Arc<dyn Resolve>,
    service: Arc<Service>,
    clock: Arc<dyn Clock>,
}

/// The client of targets that were replaced, so that it can be put back.
pub struct ReplacedTargets(Option<Arc<http::Asker>>);

impl Probes {
    /// For these targets.
    pub fn new<'a>(
        targets: impl Iterator<Item = &'a ProbeTarget>,
        resolver: Arc<dyn Resolve>,
        service: Arc<Service>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            http: RwLock::new(asker(targets, &resolver, &clock)?),
            resolver,
            service,
            clock,
        })
    }

    /// From now on these are asked, and no others over HTTP. Returns what was before, for [`Probes::put_back`]; where no
    /// client can be made for them, that stays.
    pub fn replace<'a>(
        &self,
        targets: impl Iterator<Item = &'a ProbeTarget>,
    ) -> Result<ReplacedTargets, ClientError> {
        let asker = asker(targets, &self.resolver, &self.clock)?;
        Ok(ReplacedTargets(self.change(asker)))
    }

    /// Takes the targets that were replaced back again.
    pub fn put_back(&self, before: ReplacedTargets) {
        self.change(before.0);
    }

    fn change(&self, asker: Option<Arc<http::Asker>>) -> Option<Arc<http::Asker>> {
        let mut current = self.http.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, asker)
    }

    async fn ask_address(&self, probe: &HttpProbe) -> Finding {
        let asker = self.http.read().unwrap_or_else(PoisonError::into_inner).clone();
        match asker {
            Some(asker) => asker.ask(probe).await,
            // The settings were read again while this was on its way.
            None => Finding::new(CheckOutcome::Unknown, "it is not asked any more"),
        }
    }

    async fn ask(&self, target: &ProbeTarget) -> Finding {
        match target {
            ProbeTarget::Http(probe) => self.ask_address(probe).await,
            ProbeTarget::Tcp { host, port } => connect(host, *port).await,
            ProbeTarget::Dns { name, expected } => self.look_up(name, expected).await,
            ProbeTarget::Command { program, arguments } => command::run(program, arguments).await,
        }
    }

    async fn look_up(&self, name: &str, expected: &[IpAddr]) -> Finding {
        let addresses = match self.resolver.resolve(name).await {
            Ok(addresses) => addresses,
            Err(error) => return Finding::no_answer(format!("`{name}`: {error}")),
        };
        let missing: Vec<_> = expected
            .iter()
            .filter(|address| !addresses.contains(address))
            .map(ToString::to_string)
            .collect();
        let found = addresses
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        if missing.is_empty() {
            Finding::ok(format!("`{name}` leads to {found}"))
        } else {
            let missing = missing.join(", ");
            Finding::crit(format!("`{name}` leads to {found}, and not to {missing}"))
        }
    }
}

impl Prober for Probes {
    fn probe<'a>(
        &'a self,
        check: &'a str,
        target: &'a ProbeTarget,
        limit: Duration,
    ) -> PortFuture<'a, ProbeAnswer> {
        Box::pin(async move {
            let begun_at = Instant::now();
            let policy = self.service.policy();
            let asked = policy.run(
                Call::once(check, Deadline::after(limit)),
                |_| Judgement::ignored(),
                async |_| Ok::<_, std::convert::Infallible>(self.ask(target).await),
            );
            let asked = asked.await;
            let was_asked = asked.is_ok();
            let finding = match asked {
                Ok(finding) => finding,
                Err(PolicyError::Inner(never)) => match never {},
                Err(PolicyError::Timeout { .. } | PolicyError::DeadlineExceeded { .. }) => {
                    let limit = limit.min(self.service.settings().attempt_timeout);
                    Finding::no_answer(format!("no answer within {} s", limit.as_secs_f64()))
                }
                Err(PolicyError::Rejected {
                    rejection: rejection @ Rejection::CircuitOpen { .. },
                    ..
                }) => Finding::crit(format!("breaker_open; it was not asked: {rejection}")),
                Err(PolicyError::Rejected { rejection, .. }) => {
                    // Nothing was asked, so nothing is known of the other side.
                    Finding::new(CheckOutcome::Unknown, format!("it was not asked: {rejection}"))
                }
            };
            let answered = was_asked
                && matches!(
                    finding.outcome,
                    CheckOutcome::Ok | CheckOutcome::Warn | CheckOutcome::Crit
                );
            ProbeAnswer {
                outcome: finding.outcome,
                took_ms: answered.then(|| begun_at.elapsed().as_secs_f64() * 1_000.0),
                message: finding.message,
            }
        })
    }
}

fn asker<'a>(
    targets: impl Iterator<Item = &'a ProbeTarget>,
    resolver: &Arc<dyn Resolve>,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<http::Asker>>, ClientError> {
    let mut over_http = targets
        .filter(|target| matches!(target, ProbeTarget::Http(_)))
        .peekable();
    if over_http.peek().is_none() {
        return Ok(None);
    }
    let asker = http::Asker::new(over_http, Arc::clone(resolver), Arc::clone(clock))?;
    Ok(Some(Arc::new(asker)))
}

/// What a probe found.
struct Finding {
    outcome: CheckOutcome,
    message: String,
}

impl Finding {
    fn new(outcome: CheckOutcome, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
        }
    }

    fn ok(message: impl Into<String>) -> Self {
        Self::new(CheckOutcome::Ok, message)
    }

    fn warn(message: impl Into<String>) -> Self {
        Self::new(CheckOutcome::Warn, message)
    }

    fn crit(message: impl Into<String>) -> Self {
        Self::new(CheckOutcome::Crit, message)
    }

    fn no_answer(message: impl Into<String>) -> Self {
        Self::new(CheckOutcome::NoAnswer, message)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that connects to see whether somebody listens"
)]
async fn connect(host: &str, port: u16) -> Finding {
    match TcpStream::connect((host, port)).await {
        Ok(_connected) => Finding::ok(format!("{host}:{port} takes connections")),
        Err(error) => Finding::no_answer(format!("{host}:{port}: {error}")),
    }
}
