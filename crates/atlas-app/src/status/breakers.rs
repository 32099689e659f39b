//! What `atlas status` says of circuit breakers: how many are not closed, and which of them hold this machine back.

use atlas_resilience::breaker::{BreakerStatus, OverlayMode, Phase};
use atlas_resilience::{EgressStatus, Moment, Service};

use super::{Degradation, StatusView};
use crate::app::{App, Mode};
use crate::services::Services;
use crate::services::view::PAUSED;

impl App {
    /// A host in trouble is counted; what lies within this machine and is not called holds the service back.
    pub(super) fn tell_of_breakers(&self, status: &mut StatusView) {
        let services = &self.parts.services;
        if self.parts.mode == Mode::Normal {
            status.breakers.unwritten = services.unwritten();
        }
        let first_decision = self.count_breakers(status);
        if let EgressStatus::Down { until, .. } = services.network() {
            let until = services.timestamp(until);
            let message = format!("no call gets out: is this machine online? Tried again at {until}");
            status.degrade("network_down", message);
        }
        for service in services.within_the_machine() {
            status.degraded.extend(self.left_alone(service));
        }
        if let Some(first) = first_decision {
            let first = services.timestamp(first);
            let message = format!(
                "circuit breakers were decided by hand, the first at {first}: `atlas breaker ls` shows them, `atlas \
                 breaker auto` takes a decision back"
            );
            status.degrade("breaker_decided", message);
        }
    }

    /// Returns when a person decided first.
    fn count_breakers(&self, status: &mut StatusView) -> Option<Moment> {
        let mut first_decision: Option<Moment> = None;
        for service in self.parts.services.all() {
            let tally = service.breakers().tally();
            status.breakers.open += tally.open;
            status.breakers.half_open += tally.half_open;
            status.breakers.paused += tally.paused;
            status.breakers.decided += tally.decided;
            first_decision = first_decision.into_iter().chain(tally.first_decision).min();
            let counts = [
                (Phase::Open.as_str(), tally.open),
                (Phase::HalfOpen.as_str(), tally.half_open),
                (PAUSED, tally.paused),
                (OverlayMode::ForcedOpen.as_str(), tally.forced_open),
            ];
            for (state, count) in counts {
                self.parts.metrics.breakers_counted(service.name(), state, count);
            }
        }
        first_decision
    }

    /// What of this service is not called at the moment. That nothing is saved is told by whoever looks after the file.
    fn left_alone(&self, service: &Service) -> Vec<Degradation> {
        let is_told = |scope: &str| self.write_outage().is_some() && scope == "library.write";
        let all = service.breakers().all().into_iter();
        let left_alone = all.filter(|(scope, status)| lets_nothing_through(status) && !is_told(scope));
        left_alone
            .map(|(scope, status)| Degradation {
                code: "breaker_open".to_owned(),
                message: message(&self.parts.services, service.name(), &scope, &status),
            })
            .collect()
    }
}

/// One that is due lets the next call through: nothing is held back.
fn lets_nothing_through(status: &BreakerStatus) -> bool {
    match status.overlay.mode {
        OverlayMode::ForcedOpen => true,
        OverlayMode::Auto => status.until.is_some(),
        OverlayMode::Disabled | OverlayMode::MetricsOnly => false,
    }
}

fn message(services: &Services, service: &str, scope: &str, status: &BreakerStatus) -> String {
    let because = |reason: &str| match reason {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    if status.overlay.mode == OverlayMode::ForcedOpen {
        return format!(
            "`{service} {scope}` is not called: opened by hand{}; `atlas breaker auto {service} {scope}` takes it back",
            because(&status.overlay.reason)
        );
    }
    let until = status.until.map_or(String::new(), |until| {
        format!(" until {}", services.timestamp(until))
    });
    format!(
        "`{service} {scope}` is not called{until}, because it kept failing{}; `atlas breaker reset {service} {scope}` \
         lets the next call try at once",
        because(&status.reason)
    )
}
