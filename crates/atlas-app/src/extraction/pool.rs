//! `ExtractorPool`: pages in, articles out, each in a child process of its own for as long as it takes.
//!
//! Children are started when there is a page and gone when there is none. A child that failed is never used
//! again, and its failure is the outcome of its own page only.

use std::sync::{Arc, Mutex, PoisonError};

use atlas_extract::{Extracted, PageInput};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::failure::{ExtractFailure, ExtractFault};
use super::limits::{ChildLimits, PoolLimits};
use super::process::{ChildCommand, ChildProcess, Trouble};

/// A small pool of child processes that extract pages.
#[derive(Debug)]
pub struct ExtractorPool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    command: ChildCommand,
    limits: PoolLimits,
    /// One permit a child that may exist at the same time.
    slots: Semaphore,
    /// Children without a page, the longest idle first. The last is taken first, so that the rest can go.
    idle: Mutex<Vec<ChildProcess>>,
    became_idle: Notify,
    closing: CancellationToken,
}

impl ExtractorPool {
    /// A pool that starts its children with `command`. Must be called within a tokio runtime.
    pub fn new(command: ChildCommand, limits: PoolLimits) -> Self {
        let shared = Arc::new(Shared {
            slots: Semaphore::new(limits.processes.max(1)),
            idle: Mutex::default(),
            became_idle: Notify::new(),
            closing: CancellationToken::new(),
            command,
            limits,
        });
        tokio::spawn(let_idle_go(Arc::clone(&shared)));
        Self { shared }
    }

    /// Extracts one page, as soon as a child is free.
    pub async fn extract(&self, page: PageInput) -> Result<Extracted, ExtractFailure> {
        self.slot().await?.extract(page).await
    }

    /// Waits until a child is free, for a caller who has something to do between that and the extraction.
    pub async fn slot(&self) -> Result<ExtractionSlot<'_>, ExtractFailure> {
        let shared = &*self.shared;
        let permit = shared
            .slots
            .acquire()
            .await
            .ok()
            .filter(|_| !shared.closing.is_cancelled());
        match permit {
            Some(permit) => Ok(ExtractionSlot {
                shared,
                _permit: permit,
            }),
            None => Err(ExtractFailure::new(
                ExtractFault::Unavailable,
                "extraction is shutting down",
            )),
        }
    }

    /// Takes no more pages, lets those in work finish (each has its deadline), and ends all children.
    pub async fn shutdown(&self) {
        self.shared.closing.cancel();
        let all = u32::try_from(self.shared.limits.processes.max(1)).unwrap_or(u32::MAX);
        // Fails only when another shutdown has closed it already.
        let _in_work = self.shared.slots.acquire_many(all).await;
        self.shared.slots.close();
        let idle = std::mem::take(&mut *self.shared.idle());
        for process in idle {
            process.end().await;
        }
    }
}

/// The right to one child. Given back when it is dropped.
#[derive(Debug)]
pub struct ExtractionSlot<'a> {
    shared: &'a Shared,
    _permit: SemaphorePermit<'a>,
}

impl ExtractionSlot<'_> {
    /// Extracts one page. The deadline runs from the moment the child gets it. Dropping the future kills the child.
    pub async fn extract(self, page: PageInput) -> Result<Extracted, ExtractFailure> {
        let shared = self.shared;
        shared.check_size(&page)?;
        match shared.attempt(&page).await {
            // The child died between two pages. A new one has not had the time to.
            Err(Attempt::NotDelivered) => shared.attempt(&page).await.map_err(Attempt::into_failure),
            result => result.map_err(Attempt::into_failure),
        }
    }
}

impl Drop for ExtractorPool {
    /// Children that are idle are killed as they are dropped.
    fn drop(&mut self) {
        self.shared.closing.cancel();
    }
}

/// How one attempt ended without a result.
enum Attempt {
    NotDelivered,
    Failed(ExtractFailure),
}

impl Attempt {
    fn into_failure(self) -> ExtractFailure {
        match self {
            Self::NotDelivered => {
                let message = "two extraction processes in a row died before they had the page";
                ExtractFailure::new(ExtractFault::Unavailable, message)
            }
            Self::Failed(failure) => failure,
        }
    }
}

impl Shared {
    fn check_size(&self, page: &PageInput) -> Result<(), ExtractFailure> {
        let (size, limit) = (page.bytes.len(), self.limits.max_page_bytes);
        if size > limit {
            let message = format!("the page has {size} bytes; at most {limit} are extracted");
            return Err(ExtractFailure::new(ExtractFault::TooLarge, message));
        }
        Ok(())
    }

    async fn attempt(&self, page: &PageInput) -> Result<Extracted, Attempt> {
        let mut process = self.take_process().await.map_err(Attempt::Failed)?;
        match timeout(self.limits.deadline, process.extract(page)).await {
            Ok(Ok(extracted)) => {
                self.give_back(process).await;
                Ok(extracted)
            }
            Ok(Err(Trouble::NotDelivered)) => {
                process.kill().await;
                Err(Attempt::NotDelivered)
            }
            Ok(Err(trouble)) => Err(Attempt::Failed(process.autopsy(trouble).await)),
            Err(_) => {
                process.kill().await;
                let message = format!(
                    "extraction was stopped after {} s",
                    self.limits.deadline.as_secs_f64()
                );
                Err(Attempt::Failed(ExtractFailure::new(
                    ExtractFault::Timeout,
                    message,
                )))
            }
        }
    }

    async fn take_process(&self) -> Result<ChildProcess, ExtractFailure> {
        loop {
            let idle = self.idle().pop();
            let Some(mut process) = idle else {
                return ChildProcess::start(&self.command, ChildLimits::from(&self.limits)).await;
            };
            if process.is_alive() {
                return Ok(process);
            }
            process.end().await;
        }
    }

    async fn give_back(&self, mut process: ChildProcess) {
        if process.pages >= self.limits.max_pages_per_child {
            process.end().await;
            return;
        }
        process.idle_since = Instant::now();
        self.idle().push(process);
        self.became_idle.notify_one();
    }

    fn take_expired(&self) -> Vec<ChildProcess> {
        let mut idle = self.idle();
        let expired = idle
            .iter()
            .take_while(|process| process.idle_since.elapsed() >= self.limits.idle)
            .count();
        idle.drain(..expired).collect()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<ChildProcess>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends each child that has been idle for long enough.
async fn let_idle_go(shared: Arc<Shared>) {
    let watch = async {
        loop {
            let longest = shared.idle().first().map(|process| process.idle_since);
            match longest {
                Some(since) => sleep_until(since + shared.limits.idle).await,
                None => shared.became_idle.notified().await,
            }
            for process in shared.take_expired() {
                process.end().await;
            }
        }
    };
    let _: Option<()> = shared.closing.run_until_cancelled(watch).await;
}
