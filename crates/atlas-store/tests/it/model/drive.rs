//! Does every step to a real library and to the model, and compares all that can be seen of both.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use atlas_domain::{
    ChangeOp, Cursor, ItemId, ItemState, Job, JobId, JobKind, JobState, Lease, NewJob, Outcome,
};
use atlas_store::{
    Conclusion, IngestCommit, ItemFilter, JobFilter, JobScope, NewItem, RetentionPolicy, StoreError,
};

use super::maps::{ItemNumber, Model};
use super::{Ending, PAGES, Step};
use crate::fixture::{
    Fixture, LEASE, MINUTE, OWNER, START, beginning, canonical, commit_of, content, failed, link_only,
    new_item, quarantined, rejected,
};

const SECOND: Duration = Duration::from_secs(1);

const AT_ONCE: RetentionPolicy = RetentionPolicy {
    trash: Duration::ZERO,
    rejected_snapshots: Duration::ZERO,
    attempts: Duration::ZERO,
    ended_jobs: Duration::ZERO,
    blob_grace: Duration::ZERO,
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

/// What search would find, with its text and tags, after reading the change log up to the cursor.
#[derive(Debug, Default)]
struct Index {
    cursor: Option<Cursor>,
    entries: Entries,
}

type Entries = BTreeMap<ItemId, (String, Vec<String>)>;

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

    async fn claim(&mut self, limit: usize, scope: JobScope) {
        let leases = self.library.claim_in(scope, limit).await;
        self.model.now = self.now();
        let expected = self.model.claim(limit, scope);
        let claimed: Vec<_> = leases.iter().map(|lease| self.number_of(lease.job.id)).collect();
        assert_eq!(claimed, expected, "claimed in another order");
        self.held.extend(expected.into_iter().zip(leases));
    }

    async fn work(&mut self, step: &Step, place: usize) {
        let (number, lease) = self.held[place].clone();
        self.model.now = self.now();
        if let Step::EnterRiskyStage { .. } = step {
            self.library.snapshot(&lease, 200, &bytes_of(number)).await;
            self.model.enter_risky_stage(number);
            return;
        }
        self.held.remove(place);
        match step {
            Step::Commit { ending, .. } => {
                let snapshot = self.library.snapshot(&lease, 200, &bytes_of(number)).await;
                let commit = IngestCommit {
                    addresses: addresses(*ending),
                    rejudged: lease.job.kind == JobKind::ReprocessItem,
                    ..commit_of(&lease, &snapshot, conclusion(*ending))
                };
                self.library.commit(&lease, commit).await.unwrap();
                self.model.commit(number, *ending);
            }
            Step::Postpone { counts, .. } => {
                let (to, attempt) = (self.library.in_an_hour(*counts), self.library.attempt());
                let until = to.until.since(START).as_secs();
                self.library.postpone_job(&lease, to, attempt).await.unwrap();
                self.model.postpone(number, *counts, until);
            }
            Step::Release { .. } => {
                self.library.release_job(&lease).await.unwrap();
                self.model.release(number);
            }
            _ => unreachable!("not about a lease: {step:?}"),
        }
    }

    /// Whoever held a lease that is none any more learns it at the next write, which changes nothing.
    async fn lose_leases(&mut self) {
        let (held, lost): (Vec<_>, Vec<_>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(number, _)| self.model.jobs[*number].state == JobState::Leased);
        self.held = held;
        for (_, lease) in lost {
            let late = self
                .library
                .finish_job(&lease, Outcome::Unchanged, self.library.attempt())
                .await;
            assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
        }
    }

    async fn retry_dead(&mut self) {
        let Some(number) = self
            .model
            .jobs
            .iter()
            .rposition(|job| job.state == JobState::Dead)
        else {
            return;
        };
        self.model.now = self.now();
        let done = may(self.library.retry_job(self.jobs[number]).await);
        assert_eq!(done, self.model.retry(number));
    }

    async fn cancel_ready(&mut self) {
        let Some(number) = self
            .model
            .jobs
            .iter()
            .position(|job| job.state == JobState::Ready)
        else {
            return;
        };
        self.library.cancel_job(self.jobs[number]).await.unwrap();
        self.model.cancel(number);
    }

    /// Finds the real jobs behind those that the model has just enqueued.
    async fn learn_new_jobs(&mut self) {
        let real = self.all_jobs().await;
        for number in self.jobs.len()..self.model.jobs.len() {
            let expected = &self.model.jobs[number];
            let item = self.items[expected.item];
            let job = real.iter().find(|job| {
                job.item_id == Some(item) && job.kind == expected.kind && !self.jobs.contains(&job.id)
            });
            self.jobs
                .push(job.unwrap_or_else(|| panic!("missing: {expected:?}")).id);
        }
    }

    async fn all_jobs(&self) -> Vec<Job> {
        let everything = JobFilter {
            limit: 10_000,
            ..JobFilter::default()
        };
        self.library.list_jobs(everything).await.unwrap().jobs
    }

    fn number_of(&self, job: JobId) -> usize {
        self.jobs
            .iter()
            .position(|known| *known == job)
            .expect("a job that the model has not")
    }

    pub(super) async fn compare(&mut self, step: &Step) {
        self.compare_items(step).await;
        self.compare_jobs(step).await;
        assert_eq!(
            self.model.lost_duplicates(),
            [0; 0],
            "lost to search after {step:?}"
        );
        if let Step::Sweep | Step::Collect = step {
            self.check_bytes(step).await;
        }
        let expected = self.expected_entries();
        let found: BTreeSet<ItemId> = self
            .library
            .searchable_items()
            .await
            .unwrap()
            .into_iter()
            .collect();
        assert_eq!(
            found,
            expected.keys().copied().collect(),
            "searchable after {step:?}"
        );
        self.index.follow(&self.library).await;
        assert_eq!(
            self.index.entries, expected,
            "an index that follows, after {step:?}"
        );
        let mut fresh = Index::default();
        fresh.follow(&self.library).await;
        assert_eq!(
            fresh.entries, expected,
            "an index from the beginning, after {step:?}"
        );
    }

    async fn compare_items(&self, step: &Step) {
        for trashed in [false, true] {
            let filter = ItemFilter {
                trashed,
                limit: 1_000,
                ..ItemFilter::default()
            };
            let listed = self.library.list_items(OWNER, filter).await.unwrap().items;
            let expected: Vec<_> = (0..self.items.len())
                .rev()
                .filter(|&item| !self.model.items[item].gone)
                .filter(|&item| self.model.items[item].trashed == trashed)
                .collect();
            let ids: Vec<_> = expected.iter().map(|&item| self.items[item]).collect();
            assert_eq!(
                listed.iter().map(|item| item.id).collect::<Vec<_>>(),
                ids,
                "listed after {step:?}"
            );
            for (item, number) in listed.iter().zip(expected) {
                let model = &self.model.items[number];
                let tags: Vec<_> = model.tags.iter().copied().map(tag_name).collect();
                let original = model.duplicate_of.map(|original| self.items[original]);
                assert_eq!(
                    (item.state, item.keep_always, &item.tags, item.duplicate_of),
                    (model.state, model.keep, &tags, original),
                    "item {number} after {step:?}"
                );
                let document = self.library.current_document(OWNER, item.id).await.unwrap();
                let text = document
                    .as_ref()
                    .map(|document| (document.article.text.clone(), document.version));
                assert_eq!(
                    text,
                    model.text.map(|text| (text_of(text), model.versions)),
                    "document after {step:?}"
                );
            }
        }
        for page in 0..PAGES {
            let at = self
                .library
                .item_at(OWNER, &canonical(&address(page)))
                .await
                .unwrap();
            let expected = self.model.addresses.get(&page).map(|&item| self.items[item]);
            assert_eq!(at.map(|item| item.id), expected, "address {page} after {step:?}");
        }
    }

    async fn compare_jobs(&self, step: &Step) {
        for scope in [JobScope::All, JobScope::CausedHere] {
            let next = self.library.next_due(scope).await.unwrap();
            assert_eq!(
                next.map(|due| due.since(START).as_secs()),
                self.model.next_due(scope),
                "next due in {scope:?} after {step:?}"
            );
            assert_eq!(
                self.library.has_due_jobs(scope).await.unwrap(),
                self.model.has_due_jobs(scope, self.now()),
                "due in {scope:?} after {step:?}"
            );
        }
        let real = self.all_jobs().await;
        let kept = self.model.jobs.iter().filter(|job| !job.gone).count();
        assert_eq!(real.len(), kept, "jobs after {step:?}");
        for job in real {
            let model = &self.model.jobs[self.number_of(job.id)];
            assert_eq!(
                (job.item_id, job.kind, job.state, job.attempts, job.deferrals),
                (
                    Some(self.items[model.item]),
                    model.kind,
                    model.state,
                    model.attempts,
                    model.deferrals
                ),
                "after {step:?}"
            );
            assert_eq!(
                model.state == JobState::Leased,
                self.held.iter().any(|(_, lease)| lease.job.id == job.id)
            );
        }
    }

    /// What content was made from, what the gate decided on and what waits for its ingestion can all be read.
    async fn check_bytes(&self, step: &Step) {
        let items = self.model.items.iter().zip(&self.items);
        for (model, item) in items.filter(|(model, _)| !model.gone) {
            let snapshot = self.library.snapshot_to_reprocess(*item).await.unwrap();
            if let Some(snapshot) = &snapshot {
                self.library.blob(snapshot.body_hash).await.unwrap();
            }
            let is_kept = model.text.is_some() || model.state == ItemState::Quarantined;
            assert!(snapshot.is_some() || !is_kept, "no bytes after {step:?}");
            self.library.ingest_material(*item).await.unwrap();
        }
    }

    fn expected_entries(&self) -> Entries {
        let items = self.model.items.iter().zip(&self.items);
        items
            .filter(|(model, _)| model.is_searchable())
            .map(|(model, id)| {
                let tags = model.tags.iter().copied().map(tag_name).collect();
                (*id, (text_of(model.text.expect("content has a text")), tags))
            })
            .collect()
    }
}

impl Index {
    async fn follow(&mut self, library: &Fixture) {
        loop {
            let page = library.changes_after(self.cursor.as_ref(), 2).await.unwrap();
            if page.changes.is_empty() {
                return;
            }
            for change in page.changes {
                self.entries.remove(&change.item_id);
                if change.op == ChangeOp::Upsert {
                    for material in library
                        .index_material(vec![change.item_id])
                        .await
                        .unwrap()
                        .material
                    {
                        self.entries
                            .insert(material.item.id, (material.article.text, material.item.tags));
                    }
                }
            }
            self.cursor = Some(page.next);
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

fn address(page: usize) -> String {
    format!("host{page}.example/page")
}

fn addresses(ending: Ending) -> Vec<atlas_domain::CanonicalUrl> {
    match ending {
        Ending::Content {
            alias: Some(page), ..
        } => vec![canonical(&address(page))],
        _ => Vec::new(),
    }
}

fn bytes_of(job: usize) -> Vec<u8> {
    format!("the answer to job {job}").into_bytes()
}

fn tag_name(tag: usize) -> String {
    format!("tag{tag}")
}

fn text_of(text: usize) -> String {
    format!("text number {text}")
}

fn conclusion(ending: Ending) -> Conclusion {
    match ending {
        Ending::Content {
            text, partial: false, ..
        } => content(&text_of(text)),
        Ending::Content {
            text, partial: true, ..
        } => beginning(&text_of(text)),
        Ending::Quarantined => quarantined(),
        Ending::Rejected => rejected(),
        Ending::LinkOnly => link_only(),
        Ending::Failed => failed(),
    }
}
