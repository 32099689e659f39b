//! Parts that are made from configuration alone: they open no library.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use atlas_app::extraction::{ChildCommand, ExtractorPool, PoolLimits};
use atlas_app::services::{
    API_CALLS, BACKGROUND_PROCESSING, HEALTH_PROBES, Inheritance, LLM_OPERATIONS, NOTIFICATIONS,
    SEARCH_OPERATIONS, ServicePlan, api_calls, background_processing, database_services, health_probes,
    llm_operations, notifications, search_operations,
};
use atlas_app::{Metrics, Services};
use atlas_domain::{Clock, Entropy, Fetcher, SystemClock};
use atlas_net::fetch::{
    ARTICLE_PROCESSING, FetchSettings, HttpFetcher, Politeness, passing_service, scope_of,
};
use atlas_resilience::{PolicySettings, Service, TokioClock};
use atlas_store::{DatabaseServices, StoreError};

use crate::config::Config;
use crate::error::{CliError, Exit};

/// This very program, of this very version, even after its file has been replaced by a newer one.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// A fetcher for a command that saves nothing.
pub(crate) fn page_fetcher(config: &Config) -> Result<Arc<dyn Fetcher>, CliError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    fetcher(config, &clock, passing_service(&fetch_settings(config)), None)
}

/// What is there before any file is opened.
pub(super) struct Groundwork {
    pub(super) metrics: Arc<Metrics>,
    pub(super) databases: DatabaseServices,
    /// That of all services.
    clock: Arc<TokioClock>,
}

impl Groundwork {
    pub(super) fn lay(config: &Config) -> Result<Self, StoreError> {
        let metrics = Arc::new(Metrics::default());
        let clock = Arc::new(TokioClock::new(|| SystemClock.now().into()));
        let service_clock = Arc::clone(&clock) as Arc<dyn atlas_resilience::Clock>;
        let databases = database_services(service_clock, seed()?, Arc::clone(&metrics));
        for service in databases.all() {
            if let Some(policy) = policy(config, service.name()) {
                service.configure(policy);
            }
        }
        Ok(Self {
            metrics,
            databases,
            clock,
        })
    }
}

/// Every kind of call, with what the process before this one left behind.
pub(super) fn services(
    config: &Config,
    groundwork: &Groundwork,
    inheritance: Inheritance,
) -> Result<Arc<Services>, StoreError> {
    let set = |name, made: fn() -> PolicySettings| policy(config, name).unwrap_or_else(made);
    let to_endpoints = |name, made: fn() -> PolicySettings| ServicePlan::to_endpoints(name, set(name, made));
    let within = |name, made: fn() -> PolicySettings| ServicePlan::within(name, set(name, made));
    let plans = vec![
        ServicePlan::to_web(ARTICLE_PROCESSING, fetch_settings(config).policy(), scope_of),
        to_endpoints(API_CALLS, api_calls),
        to_endpoints(LLM_OPERATIONS, llm_operations),
        to_endpoints(NOTIFICATIONS, notifications),
        to_endpoints(HEALTH_PROBES, health_probes),
        within(BACKGROUND_PROCESSING, background_processing),
        within(SEARCH_OPERATIONS, search_operations),
    ];
    let clock = Arc::clone(&groundwork.clock);
    let services = Services::new(
        plans,
        clock,
        seed()?,
        inheritance,
        Arc::clone(&groundwork.metrics),
    );
    Ok(Arc::new(services.beside(groundwork.databases.all())))
}

/// The policy of the service of that name, as it is set; none where nothing of it can be.
pub(crate) fn policy(config: &Config, service: &str) -> Option<PolicySettings> {
    if service == ARTICLE_PROCESSING {
        return Some(fetch_settings(config).policy());
    }
    config.policies.of(service)
}

/// Brings pages, by the policy of `service`, and copies of them from the archive that is set, by that of `archive`.
pub(super) fn fetcher(
    config: &Config,
    clock: &Arc<dyn Clock>,
    service: Arc<Service>,
    archive: Option<Arc<Service>>,
) -> Result<Arc<dyn Fetcher>, CliError> {
    let fetcher = HttpFetcher::new(&fetch_settings(config), Arc::clone(clock), service);
    let fetcher = fetcher.and_then(|fetcher| match config.archive.clone().zip(archive) {
        Some((template, archive)) => fetcher.with_archive(template, archive),
        None => Ok(fetcher),
    });
    match fetcher {
        Ok(fetcher) => Ok(Arc::new(fetcher)),
        Err(error) => Err(CliError::new(Exit::Failure, error.to_string())),
    }
}

/// The limits of fetching, and what its policy is made from.
pub(crate) fn fetch_settings(config: &Config) -> FetchSettings {
    let made = FetchSettings::default();
    let set = config
        .policies
        .of(ARTICLE_PROCESSING)
        .unwrap_or_else(|| made.policy());
    let politeness = set.rate.zip(set.concurrency).map(|(rate, limit)| Politeness {
        interval: rate.interval,
        burst: rate.burst,
        concurrent_requests: limit.per_scope,
    });
    FetchSettings {
        html_limit_bytes: config.html_limit_bytes,
        attempt_timeout: config.attempt_timeout,
        overall_timeout: config.overall_timeout,
        concurrent_requests: NonZeroU32::new(config.worker_slots as u32).unwrap_or(NonZeroU32::MIN),
        politeness: politeness.filter(|_| config.politeness),
        retry: set.retry,
        breaker: set.breaker,
        addresses: config.allow_hosts.clone(),
        ..made
    }
}

/// The pool of children: this very program under its hidden subcommand.
pub(crate) fn extractor(config: &Config) -> ExtractorPool {
    let command = ChildCommand {
        program: PathBuf::from(OWN_PROGRAM),
        args: vec!["extract-child".into()],
        env: Vec::new(),
    };
    ExtractorPool::new(command, pool_limits(config))
}

/// A page may compute for as long as it may take: the limit on processor time is what ends a child whose parent
/// cannot, and must not come before the deadline that somebody has set.
fn pool_limits(config: &Config) -> PoolLimits {
    PoolLimits {
        processes: config.extraction_processes,
        memory_bytes: config.extraction_memory_bytes,
        cpu_secs: config.extraction_deadline.as_secs(),
        deadline: config.extraction_deadline,
        ..PoolLimits::default()
    }
}

/// Randomness that the operating system has begun.
pub(super) fn entropy() -> Result<Arc<Entropy>, StoreError> {
    chance().map(Arc::new)
}

/// The same, for whoever needs it alone.
pub(crate) fn chance() -> Result<Entropy, StoreError> {
    Ok(Entropy::seeded(seed()?))
}

fn seed() -> Result<u64, StoreError> {
    getrandom::u64().map_err(|error| StoreError::Io(format!("the system gives no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::config::{Environment, Flags};

    #[rstest]
    #[case("1")]
    #[case("20")]
    #[case("600")]
    fn a_page_may_compute_until_its_deadline(#[case] deadline_secs: &str) {
        let variables = [
            ("HOME", "/home/reader"),
            ("ATLAS_EXTRACTION_DEADLINE_SECS", deadline_secs),
        ];
        let config = Config::load(&Flags::default(), &Environment::of(&variables)).unwrap();
        let limits = pool_limits(&config);
        assert_eq!(limits.deadline.as_secs().to_string(), deadline_secs);
        assert_eq!(limits.cpu_secs, limits.deadline.as_secs());
    }
}
