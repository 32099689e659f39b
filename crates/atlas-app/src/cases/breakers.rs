//! Looking at circuit breakers and policies, and the owner's word on breakers.

mod list;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, BreakerStatus, Command, OverlayMode, Rate};
use atlas_resilience::{RetryPlan, Service, ServiceSettings};

use crate::app::{App, Mode};
use crate::error::AppError;
use crate::services::BACKGROUND_PROCESSING;
use crate::services::view::{
    AttemptView, BreakerDecision, BreakerRules, BreakerView, ConcurrentView, PolicyList, PolicyView,
    RateView, RetryView, ShareView, SlowCallsView,
};

/// An overlay that is to end by itself ends within a year: what lasts longer is for good.
const LONGEST_OVERLAY: Duration = Duration::from_hours(365 * 24);
const LONGEST_REASON_CHARS: usize = 200;

impl App {
    /// One breaker. A scope that was never called has a closed one.
    pub fn breaker(&self, service: &str, scope: &str) -> Result<BreakerView, AppError> {
        let service = self.service(service)?;
        let scope = self.scope(service, scope)?;
        if let Some(error) = self.parts.services.unreadable() {
            return Err(AppError::Store(error.clone()));
        }
        Ok(self.breaker_view(service.name(), &scope, service.breakers().status(&scope)))
    }

    /// Puts an overlay over a breaker, or takes it away.
    pub async fn overlay_breaker(
        &self,
        service: &str,
        scope: &str,
        mode: OverlayMode,
        decision: BreakerDecision,
    ) -> Result<BreakerView, AppError> {
        let lasts = decision.for_secs.map(Duration::from_secs);
        if lasts.is_some_and(|lasts| lasts.is_zero() || lasts > LONGEST_OVERLAY) {
            return Err(AppError::Invalid(
                "`for_secs` must be from one second to a year".to_owned(),
            ));
        }
        if decision.reason.chars().count() > LONGEST_REASON_CHARS {
            return Err(AppError::Invalid(format!(
                "`reason` is longer than {LONGEST_REASON_CHARS} characters"
            )));
        }
        let reason = decision.reason;
        self.operate(service, scope, Command::Overlay { mode, lasts, reason })
            .await
    }

    /// Forgets the past of a breaker: it is closed, as if nothing had happened.
    pub async fn reset_breaker(&self, service: &str, scope: &str) -> Result<BreakerView, AppError> {
        self.operate(service, scope, Command::Reset).await
    }

    /// Every policy.
    pub fn policies(&self) -> PolicyList {
        PolicyList {
            policies: self
                .parts
                .services
                .all()
                .map(|service| self.policy_view(service))
                .collect(),
        }
    }

    /// One policy.
    pub fn policy(&self, name: &str) -> Result<PolicyView, AppError> {
        Ok(self.policy_view(self.service(name)?))
    }

    /// What lies within the machine never asks for a pause.
    fn policy_view(&self, service: &Arc<Service>) -> PolicyView {
        let mut within = self.parts.services.within_the_machine();
        policy_view(service, !within.any(|inner| inner.name() == service.name()))
    }

    /// It holds at once; it is acknowledged when it is on the disk.
    async fn operate(&self, service: &str, scope: &str, command: Command) -> Result<BreakerView, AppError> {
        let service = self.service(service)?;
        let scope = self.scope(service, scope)?;
        if let Some(reason) = &self.parts.read_only_because {
            return Err(AppError::Store(reason.clone()));
        }
        if self.parts.mode == Mode::ReadOnly {
            return Err(AppError::ReadOnly);
        }
        let lets_through = !matches!(
            command,
            Command::Overlay {
                mode: OverlayMode::ForcedOpen,
                ..
            }
        );
        let (status, is_kept) = self.parts.services.decide(service, &scope, command).await;
        // Kept or not, it holds: who waited for it runs.
        let woken = if lets_through {
            self.wake_waiting(service.name(), &scope).await
        } else {
            Ok(())
        };
        if !is_kept {
            return Err(AppError::DecisionNotKept);
        }
        woken?;
        Ok(self.breaker_view(service.name(), &scope, status))
    }

    /// What was put off because of a breaker may wait for a day, and the decision is not to wait that long. Where the
    /// library cannot be used there is nothing that could run, and the decision holds all the same.
    async fn wake_waiting(&self, service: &str, scope: &str) -> Result<(), AppError> {
        if service == BACKGROUND_PROCESSING {
            self.parts.signals.jobs.notify_one(); // they were not put off: the worker has passed over them
            return Ok(());
        }
        let (Some(host), Ok(library)) = (self.parts.services.host(service, scope), self.writable()) else {
            return Ok(());
        };
        if library.wake_waiting(self.user(), host).await? > 0 {
            self.changed();
        }
        Ok(())
    }

    fn scope(&self, service: &Service, text: &str) -> Result<String, AppError> {
        self.parts
            .services
            .scope(service.name(), text)
            .map_err(AppError::Invalid)
    }

    fn service(&self, name: &str) -> Result<&Arc<Service>, AppError> {
        let services = &self.parts.services;
        services.get(name).ok_or_else(|| {
            let known: Vec<_> = services.all().map(|service| service.name()).collect();
            AppError::Invalid(format!(
                "there is no policy `{name}`; there are: {}",
                known.join(", ")
            ))
        })
    }

    fn breaker_view(&self, service: &str, scope: &str, status: BreakerStatus) -> BreakerView {
        let services = &self.parts.services;
        let overlay = status.overlay;
        let decided = overlay.mode != OverlayMode::Auto;
        BreakerView {
            service: service.to_owned(),
            scope: scope.to_owned(),
            state: status.phase.as_str().to_owned(),
            overlay: overlay.mode.as_str().to_owned(),
            trips: status.trips,
            until: status.until.map(|until| services.timestamp(until)),
            reason: status.reason,
            probe_due: status.is_due,
            since: services.timestamp(status.since),
            overlay_since: decided.then(|| services.timestamp(overlay.since)),
            overlay_until: overlay
                .expires
                .filter(|_| decided)
                .map(|until| services.timestamp(until)),
            overlay_reason: if decided { overlay.reason } else { String::new() },
            failures_in_a_row: status.consecutive_failures,
            probes: status.probes,
        }
    }
}

fn policy_view(service: &Arc<Service>, can_ask_for_pause: bool) -> PolicyView {
    let settings = service.settings();
    let worst_case = settings.worst_case().into_iter().map(|attempt| AttemptView {
        wait_ms: millis(attempt.wait),
        begins_ms: millis(attempt.begins),
        ends_ms: millis(attempt.ends),
    });
    let worst_case: Vec<_> = worst_case.collect();
    let breaker = settings
        .breaker
        .as_ref()
        .map(|by_scope| rules_of_all(by_scope, can_ask_for_pause));
    PolicyView {
        name: service.name().to_owned(),
        attempt_timeout_ms: millis(settings.attempt_timeout),
        overall_timeout_ms: millis(settings.overall_timeout),
        retry: settings.retry.as_ref().map(retry_view),
        concurrent: settings.concurrency.map(|limit| ConcurrentView {
            total: limit.total.get(),
            per_scope: limit.per_scope.get(),
            queues: limit.queues,
        }),
        rate: settings.rate.map(|rate| RateView {
            interval_ms: millis(rate.interval),
            burst: rate.burst.get(),
        }),
        breaker,
        worst_case_ms: worst_case.last().map_or(0, |attempt| attempt.ends_ms),
        worst_case,
    }
}

fn retry_view(plan: &RetryPlan) -> RetryView {
    /// So late that every series has reached its cap.
    const LATE_RETRY: u32 = 100;
    let longest = |retry| {
        let nominal = plan.transient.nominal(retry).unwrap_or_default();
        millis(nominal.min(plan.longest_wait))
    };
    RetryView {
        attempts: plan.max_attempts.max(1),
        kind: plan.transient.growth().to_owned(),
        base_ms: longest(1),
        cap_ms: longest(LATE_RETRY),
    }
}

/// The rules of a service, with those that single scopes have of their own.
fn rules_of_all(by_scope: &ServiceSettings, can_ask_for_pause: bool) -> BreakerRules {
    let own = by_scope.scopes.iter();
    let own_rules: BTreeMap<_, _> = own
        .map(|(scope, rules)| (scope.clone(), rules_view(rules, can_ask_for_pause)))
        .collect();
    BreakerRules {
        own_rules_for: own_rules.keys().cloned().collect(),
        own_rules,
        ..rules_view(&by_scope.default, can_ask_for_pause)
    }
}

fn rules_view(rules: &BreakerSettings, can_ask_for_pause: bool) -> BreakerRules {
    BreakerRules {
        consecutive_failures: rules.trip.consecutive_failures,
        failure_rate: rules.trip.failure_rate.map(share),
        slow_calls: rules.trip.slow_calls.map(|slow| SlowCallsView {
            slower_than_ms: millis(slow.slower_than),
            rate: share(slow.rate),
        }),
        open_ms: millis(rules.open.base),
        open_cap_ms: millis(rules.open.cap),
        probes: rules.probing.concurrent,
        successes_to_close: rules.probing.successes_to_close,
        pause_ms: if can_ask_for_pause {
            millis(rules.throttle_pause)
        } else {
            0
        },
        own_rules_for: Vec::new(),
        own_rules: BTreeMap::new(),
    }
}

fn share(rate: Rate) -> ShareView {
    ShareView {
        percent: rate.percent,
        min_calls: rate.min_calls,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
