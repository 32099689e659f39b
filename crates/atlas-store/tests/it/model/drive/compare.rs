//! Compares all that can be seen of the library and of its model.

use std::collections::BTreeSet;

use atlas_domain::{ItemId, ItemState, JobState};
use atlas_store::{ItemFilter, JobScope};

use super::Driver;
use super::index::{Entries, Index};
use super::words::{address, tag_name, text_of};
use crate::fixture::{OWNER, START, canonical};
use crate::model::{PAGES, Step};

impl Driver {
    pub(in crate::model) async fn compare(&mut self, step: &Step) {
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
            let next = self.library.next_due(scope, &[]).await.unwrap();
            assert_eq!(
                next.map(|due| due.since(START).as_secs()),
                self.model.next_due(scope),
                "next due in {scope:?} after {step:?}"
            );
            assert_eq!(
                self.library.has_due_jobs(scope, &[]).await.unwrap(),
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
            let snapshot = self.library.snapshot_to_reprocess(OWNER, *item).await.unwrap();
            if let Some(snapshot) = &snapshot {
                self.library.blob(snapshot.body_hash.unwrap()).await.unwrap();
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
