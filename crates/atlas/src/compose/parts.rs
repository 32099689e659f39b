//! Parts that are made from configuration alone: they open no library.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use atlas_app::extraction::{ChildCommand, ExtractorPool, PoolLimits};
use atlas_domain::{Clock, Entropy, Fetcher, SystemClock};
use atlas_net::fetch::{FetchSettings, HttpFetcher, Politeness};
use atlas_store::StoreError;

use crate::config::Config;
use crate::error::{CliError, Exit};

/// This very program, of this very version, even after its file has been replaced by a newer one.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// A fetcher for a command that saves nothing.
pub(crate) fn page_fetcher(config: &Config) -> Result<Arc<dyn Fetcher>, CliError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    fetcher(config, &clock)
}

pub(super) fn fetcher(config: &Config, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Fetcher>, CliError> {
    let settings = FetchSettings {
        html_limit_bytes: config.html_limit_bytes,
        attempt_timeout: config.attempt_timeout,
        overall_timeout: config.overall_timeout,
        concurrent_requests: NonZeroU32::new(config.worker_slots as u32).unwrap_or(NonZeroU32::MIN),
        politeness: config.politeness.then(Politeness::default),
        addresses: config.allow_hosts.clone(),
        ..FetchSettings::default()
    };
    let fetcher = HttpFetcher::new(&settings, Arc::clone(clock))
        .map_err(|error| CliError::new(Exit::Failure, error.to_string()))?;
    Ok(Arc::new(fetcher))
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
    let seed = getrandom::u64()
        .map_err(|error| StoreError::Io(format!("the system gives no random numbers: {error}")))?;
    Ok(Arc::new(Entropy::seeded(seed)))
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
