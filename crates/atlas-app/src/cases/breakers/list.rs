//! A page of circuit breakers, in the order of service and scope. There may be as many as hosts: only those of the page
//! are looked at, and those that are passed over on the way to it.

use std::sync::Arc;

use atlas_resilience::breaker::{BreakerStatus, OverlayMode, Phase};
use atlas_resilience::{EgressStatus, Service};

use crate::app::App;
use crate::cases::limits::page_size;
use crate::error::AppError;
use crate::services::view::{BreakerList, BreakerQuery, BreakerView, PAUSED};

const MAX_PAGE: u32 = 1_000;

impl App {
    /// The breakers, those that are not well or were decided about; with `all`, every one that is known.
    pub fn breakers(&self, query: &BreakerQuery) -> Result<BreakerList, AppError> {
        let services = &self.parts.services;
        let (breakers, next) = self.page_of_breakers(query)?;
        let network_down_until = match services.network() {
            EgressStatus::Up => None,
            EgressStatus::Down { until, .. } => Some(services.timestamp(until)),
        };
        let problem = services
            .unreadable()
            .map(|error| AppError::Store(error.clone()).told());
        Ok(BreakerList {
            breakers,
            next,
            network_down_until,
            problem: problem.unwrap_or_default(),
        })
    }

    fn page_of_breakers(&self, query: &BreakerQuery) -> Result<(Vec<BreakerView>, Option<String>), AppError> {
        let limit = page_size(query.limit, 50, MAX_PAGE)? as usize;
        let state = query.state.as_deref().map(wanted).transpose()?;
        let after = query.after.as_deref().map(place).transpose()?;
        let mut page: Vec<BreakerView> = Vec::new();
        for service in self.services_of(query)? {
            if after.is_some_and(|(last, _)| service.name() < last) {
                continue;
            }
            for scope in service.breakers().scopes() {
                if after.is_some_and(|after| (service.name(), &*scope) <= after) {
                    continue;
                }
                let status = service.breakers().status(&scope);
                let is_shown = match state {
                    Some(Wanted::Paused) => status.phase == Phase::Closed && status.until.is_some(),
                    Some(Wanted::In(phase)) => status.phase == phase,
                    None => query.all || is_worth_a_look(&status),
                };
                if is_shown && page.len() == limit {
                    return Ok((page.clone(), page.last().map(place_behind)));
                }
                if is_shown {
                    page.push(self.breaker_view(service.name(), &scope, status));
                }
            }
        }
        Ok((page, None))
    }

    /// By name.
    fn services_of(&self, query: &BreakerQuery) -> Result<Vec<&Arc<Service>>, AppError> {
        if let Some(name) = &query.service {
            return Ok(vec![self.service(name)?]);
        }
        let mut services: Vec<_> = self.parts.services.all().collect();
        services.sort_by_key(|service| service.name());
        Ok(services)
    }
}

/// Whether it stops calls, was decided about, or may soon stop calls.
fn is_worth_a_look(status: &BreakerStatus) -> bool {
    status.phase != Phase::Closed
        || status.overlay.mode != OverlayMode::Auto
        || status.until.is_some()
        || status.consecutive_failures > 0
}

/// The state of those to list.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    In(Phase),
    /// Closed, with a pause that is not over.
    Paused,
}

fn wanted(word: &str) -> Result<Wanted, AppError> {
    if word == PAUSED {
        return Ok(Wanted::Paused);
    }
    let known = [Phase::Closed, Phase::Open, Phase::HalfOpen];
    let phase = known.into_iter().find(|phase| phase.as_str() == word);
    phase.map(Wanted::In).ok_or_else(|| {
        AppError::Invalid(format!(
            "`state` is `closed`, `open`, `half_open` or `{PAUSED}`, not `{word}`"
        ))
    })
}

fn place_behind(breaker: &BreakerView) -> String {
    format!("{}/{}", breaker.service, breaker.scope)
}

/// The service and scope that a place in the list stands for.
fn place(text: &str) -> Result<(&str, &str), AppError> {
    text.split_once('/').ok_or_else(|| {
        AppError::Invalid("`after` is no place in this list; take `next` of the page before".to_owned())
    })
}
