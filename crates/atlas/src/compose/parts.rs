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

/// This very program, even after its file has been replaced by a newer one.
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
    let limits = PoolLimits {
        processes: config.extraction_processes,
        memory_bytes: config.extraction_memory_bytes,
        deadline: config.extraction_deadline,
        ..PoolLimits::default()
    };
    ExtractorPool::new(command, limits)
}

/// Randomness that the operating system has begun.
pub(super) fn entropy() -> Result<Arc<Entropy>, StoreError> {
    let seed = getrandom::u64()
        .map_err(|error| StoreError::Io(format!("the system gives no random numbers: {error}")))?;
    Ok(Arc::new(Entropy::seeded(seed)))
}
