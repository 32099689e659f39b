//! Does every step to a real library and to the model. Here is what a person does, and what happens to a process.

mod compare;
mod index;
mod words;
mod work;

use std::time::Duration;

use atlas_domain::{ItemId, JobId, JobKind, Lease, NewJob};
use atlas_store::{NewItem, RetentionPolicy, StoreError};

use index::Index;
use words::{address, tag_name};

use super::Step;
use super::maps::{ItemNumber, Model};
use crate::fixture::{Fixture, LEASE, MINUTE, OWNER, START, new_item};

const SECOND: Duration = Duration::from_secs(1);

const AT_ONCE: RetentionPolicy = RetentionPolicy {
    trash: Duration::ZERO,
    rejected_snapshots: Duration::ZERO,
    attempts: Duration::ZERO,
    ended_jobs: Duration::ZERO,
    vault: Duration::ZERO,
    cleanups: Duration::ZERO,
    blob_grace: Duration::ZERO,
    incidents: Duration::ZERO,
    messages: Duration::ZERO,
};

pub(super) struct Driver {
    library: Fixture,
    model: Model,
    items: Vec<ItemId>,
    /// By their number in the model.
    jobs: Vec<JobId>,
    /// Leases that a worker holds, with the number of their job.
    held: Vec<(usize, Lease)>,
    /// A search index that follows the change log all the time.
    index: Index,
}

impl Driver {
    pub(super) fn new() -> Self {
        Self {
            library: Fixture::new(),
            model: Model::default(),
            items: Vec::new(),
            jobs: Vec::new(),
            held: Vec::new(),
            index: Index::default(),
        }
    }

    pub(super) async fn take(mut self, step: &Step) -> Self {
        self.library.clock.advance(SECOND);
        match step {
            Step::Save { page, tag, html } => self.save(*page, *tag, *html).await,
            Step::Trash { .. }
            | Step::Restore { .. }
            | Step::Tag { .. }
            | Step::Keep { .. }
            | Step::Drop { .. }
            | Step::Reprocess { .. } => {
                if let Some(item) = self.model.item_of(step) {
                    self.owner_decides(step, item).await;
                }
            }
            Step::Claim { limit, scope } => self.claim(*limit, *scope).await,
            Step::EnterRiskyStage { pick }
            | Step::Commit { pick, .. }
            | Step::Postpone { pick, .. }
            | Step::Release { pick } => {
                if !self.held.is_empty() {
                    self.work(step, pick % self.held.len()).await;
                }
            }
            Step::Expire => {
                self.library.clock.advance(2 * LEASE);
                self.model.now = self.now();
                let expired = self.library.expire_leases().await.unwrap();
                assert_eq!(expired, self.held.len() as u64);
                self.model.expire();
                self.lose_leases().await;
            }
            Step::Crash => {
                self.library = self.library.reopen().await;
                let recovery = self.library.recover_interrupted_jobs().await.unwrap();
                assert_eq!(recovery.interrupted, self.held.len() as u64);
                self.model.crash();
                self.lose_leases().await;
            }
            Step::Sweep => {
                self.library.sweep_retention(AT_ONCE).await.unwrap();
                self.model.sweep();
                self.lose_leases().await;
            }
            Step::Collect => {
                self.library.collect_blobs(AT_ONCE).await.unwrap();
            }
            Step::RetryDead => self.retry_dead().await,
            Step::CancelReady => self.cancel_ready().await,
            Step::Wait => self.library.clock.advance(60 * MINUTE),
        }
        self.learn_new_jobs().await;
        self
    }

    /// Seconds since the beginning: the time of the model.
    fn now(&self) -> u64 {
        self.library.now().since(START).as_secs()
    }

    async fn save(&mut self, page: usize, tag: Option<usize>, html: bool) {
        let given_html = if html {
            let bytes = format!("given at {}", self.now()).into_bytes();
            Some(self.library.prepare_blob(bytes).await.unwrap())
        } else {
            None
        };
        let new = NewItem {
            tags: tag.map(tag_name).into_iter().collect(),
            given_html,
            ..new_item(&address(page))
        };
        let saved = self.library.save_item(OWNER, new).await.unwrap();
        self.model.now = self.now();
        self.model.save(page, tag, html);
        let number = self.model.addresses[&page];
        if number == self.items.len() {
            self.items.push(saved.item.id);
        }
        assert_eq!(saved.item.id, self.items[number]);
    }

    async fn owner_decides(&mut self, step: &Step, number: ItemNumber) {
        let (library, item) = (&self.library, self.items[number]);
        self.model.now = library.now().since(START).as_secs();
        match step {
            Step::Trash { .. } => {
                library.trash_item(OWNER, item).await.unwrap();
                self.model.trash(number);
            }
            Step::Restore { .. } => {
                library.restore_item(OWNER, item).await.unwrap();
                self.model.restore(number);
            }
            Step::Tag { tag, .. } => {
                library
                    .change_tags(OWNER, item, vec![tag_name(*tag)], vec![])
                    .await
                    .unwrap();
                self.model.items[number].tags.insert(*tag);
            }
            Step::Keep { .. } => {
                let done = may(library.keep_quarantined(OWNER, item).await);
                assert_eq!(done, self.model.keep(number));
                self.lose_leases().await;
            }
            Step::Drop { .. } => {
                let done = may(library.drop_quarantined(OWNER, item).await);
                assert_eq!(done, self.model.drop(number));
                self.lose_leases().await;
            }
            Step::Reprocess { .. } => {
                library.request_job(OWNER, NewJob::reprocess(item)).await.unwrap();
                self.model.request(number, JobKind::ReprocessItem);
            }
            _ => unreachable!("not about an item: {step:?}"),
        }
    }
}

/// Whether a step was allowed; any other error is a failure.
fn may<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    match result {
        Ok(_) => true,
        Err(StoreError::Conflict(_)) => false,
        Err(error) => panic!("{error}"),
    }
}
