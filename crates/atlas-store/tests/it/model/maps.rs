//! The model: items, addresses and jobs in plain collections, and the rules in as few words as possible. It
//! shares no code with the store. Here is what a person does.

mod content;
mod queue;

use std::collections::{BTreeMap, BTreeSet};

use atlas_domain::{ItemState, JobKind, JobState};

use super::Step;

/// An item is named by its place in the order of saving.
pub(super) type ItemNumber = usize;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelItem {
    pub(super) state: ItemState,
    pub(super) trashed: bool,
    pub(super) keep: bool,
    pub(super) tags: BTreeSet<usize>,
    pub(super) duplicate_of: Option<ItemNumber>,
    /// The text for which it is one, when it is one for its text.
    pub(super) same_text: Option<usize>,
    /// The text of its current document.
    pub(super) text: Option<usize>,
    pub(super) versions: u32,
    /// It was in the trash for too long.
    pub(super) gone: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelJob {
    pub(super) item: ItemNumber,
    pub(super) kind: JobKind,
    pub(super) state: JobState,
    pub(super) attempts: u32,
    pub(super) deferrals: u32,
    /// Swept, with all that it did.
    pub(super) gone: bool,
    run_at: u64,
    risky: bool,
    suspect: bool,
    crashes: u32,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) items: Vec<ModelItem>,
    /// Page addresses and the items that are known by them.
    pub(super) addresses: BTreeMap<usize, ItemNumber>,
    /// In the order in which they were enqueued.
    pub(super) jobs: Vec<ModelJob>,
    /// Those that this process has caused, until a try of theirs has ended.
    caused: BTreeSet<usize>,
    pub(super) now: u64,
}

impl ModelItem {
    pub(super) fn is_searchable(&self) -> bool {
        !self.trashed && self.has_content()
    }

    fn has_content(&self) -> bool {
        matches!(self.state, ItemState::Stored | ItemState::Partial)
    }
}

impl ModelJob {
    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, JobState::Ready | JobState::Leased)
    }
}

impl Model {
    pub(super) fn save(&mut self, page: usize, tag: Option<usize>, html: bool) {
        let Some(&item) = self.addresses.get(&page) else {
            self.addresses.insert(page, self.items.len());
            self.items.push(ModelItem {
                state: ItemState::Queued,
                trashed: false,
                keep: false,
                tags: tag.into_iter().collect(),
                duplicate_of: None,
                same_text: None,
                text: None,
                versions: 0,
                gone: false,
            });
            self.enqueue(self.items.len() - 1, JobKind::IngestItem);
            return;
        };
        self.restore(item);
        self.items[item].tags.extend(tag);
        let has_content = self.items[item].has_content() || self.items[item].state == ItemState::Duplicate;
        if html || !has_content {
            self.request(item, JobKind::IngestItem);
        }
    }

    pub(super) fn trash(&mut self, item: ItemNumber) {
        if !self.items[item].trashed {
            self.items[item].trashed = true;
            self.process_duplicates_again(item);
        }
    }

    pub(super) fn restore(&mut self, item: ItemNumber) {
        if self.items[item].trashed {
            self.items[item].trashed = false;
            let original = self.items[item].duplicate_of;
            let orphaned = !original.is_some_and(|original| self.items[original].is_searchable());
            if self.items[item].state == ItemState::Duplicate && orphaned {
                self.request(item, JobKind::ReprocessItem);
            }
        }
    }

    /// Whether the owner may.
    pub(super) fn keep(&mut self, item: ItemNumber) -> bool {
        let may = matches!(
            self.items[item].state,
            ItemState::Quarantined | ItemState::Rejected
        );
        if may {
            let running = self
                .live(item, JobKind::ReprocessItem)
                .filter(|&live| self.jobs[live].state == JobState::Leased);
            if let Some(running) = running
                && !self.items[item].keep
            {
                self.end(running, JobState::Cancelled);
            }
            self.items[item].keep = true;
            self.request(item, JobKind::ReprocessItem);
        }
        may
    }

    /// Whether the owner may.
    pub(super) fn drop(&mut self, item: ItemNumber) -> bool {
        let may = self.items[item].state == ItemState::Quarantined;
        if may {
            self.items[item].state = ItemState::Rejected;
            self.items[item].keep = false;
            for kind in [JobKind::ReprocessItem, JobKind::IngestItem] {
                if let Some(live) = self.live(item, kind) {
                    self.end(live, JobState::Cancelled);
                }
            }
        }
        may
    }

    /// Everything that came to its end in an earlier step is old enough.
    pub(super) fn sweep(&mut self) {
        for number in 0..self.items.len() {
            if !self.items[number].trashed || self.items[number].gone {
                continue;
            }
            self.items[number].gone = true;
            self.addresses.retain(|_, item| *item != number);
            for other in &mut self.items {
                if other.duplicate_of == Some(number) {
                    other.duplicate_of = None;
                }
            }
            for (job, of_item) in self.jobs.iter_mut().enumerate() {
                if of_item.item == number && !of_item.gone {
                    (of_item.gone, of_item.state) = (true, JobState::Cancelled);
                    self.caused.remove(&job);
                }
            }
        }
        for job in &mut self.jobs {
            job.gone |= matches!(job.state, JobState::Done | JobState::Cancelled);
        }
    }

    /// What a step is about, if it is there.
    pub(super) fn item_of(&self, step: &Step) -> Option<ItemNumber> {
        match step {
            Step::Trash { page }
            | Step::Restore { page }
            | Step::Tag { page, .. }
            | Step::Keep { page }
            | Step::Drop { page }
            | Step::Reprocess { page } => self.addresses.get(page).copied(),
            _ => None,
        }
    }
}
