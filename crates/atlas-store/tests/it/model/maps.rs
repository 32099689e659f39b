//! The model: items, addresses and jobs in plain collections, and the rules in as few words as possible. It
//! shares no code with the store.

use std::collections::{BTreeMap, BTreeSet};

use atlas_domain::{ItemState, JobKind, JobState};
use atlas_store::JobScope;

use super::{Ending, Step};

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

const MAX_ATTEMPTS: u32 = 6;

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

    /// The owner asks for it now, whatever it was put off to.
    pub(super) fn request(&mut self, item: ItemNumber, kind: JobKind) {
        self.enqueue(item, kind);
        let live = self.live(item, kind).expect("just enqueued");
        self.caused.insert(live);
        let job = &mut self.jobs[live];
        if job.state == JobState::Ready {
            job.run_at = job.run_at.min(self.now);
        }
    }

    fn live(&self, item: ItemNumber, kind: JobKind) -> Option<usize> {
        self.jobs
            .iter()
            .position(|job| job.is_live() && job.item == item && job.kind == kind)
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

    fn enqueue(&mut self, item: ItemNumber, kind: JobKind) {
        if self.live(item, kind).is_some() {
            return;
        }
        self.caused.insert(self.jobs.len());
        self.jobs.push(ModelJob {
            item,
            kind,
            state: JobState::Ready,
            attempts: 0,
            deferrals: 0,
            gone: false,
            run_at: self.now,
            risky: false,
            suspect: false,
            crashes: 0,
        });
    }

    fn process_duplicates_again(&mut self, original: ItemNumber) {
        for item in 0..self.items.len() {
            if self.items[item].duplicate_of == Some(original) && !self.items[item].trashed {
                self.enqueue(item, JobKind::ReprocessItem);
            }
        }
    }

    /// The job's last try is over. A good end overtakes every failure of its item, another one those of its kind.
    fn end(&mut self, number: usize, state: JobState) {
        self.caused.remove(&number);
        let job = &mut self.jobs[number];
        (job.state, job.risky) = (state, false);
        let (item, kind) = (job.item, job.kind);
        for (other, job) in self.jobs.iter_mut().enumerate() {
            let overtaken = match state {
                JobState::Done => true,
                JobState::Dead => job.kind == kind,
                _ => false,
            };
            if overtaken && other != number && job.item == item && job.state == JobState::Dead {
                job.state = JobState::Cancelled;
            }
        }
    }

    fn is_in(&self, scope: JobScope, job: usize) -> bool {
        scope == JobScope::All || self.caused.contains(&job)
    }

    pub(super) fn next_due(&self, scope: JobScope) -> Option<u64> {
        let jobs = self.jobs.iter().enumerate();
        jobs.filter(|(number, job)| job.state == JobState::Ready && self.is_in(scope, *number))
            .map(|(_, job)| job.run_at)
            .min()
    }

    pub(super) fn has_due_jobs(&self, scope: JobScope, now: u64) -> bool {
        self.jobs.iter().enumerate().any(|(number, job)| {
            let due = job.state == JobState::Ready && job.run_at <= now;
            self.is_in(scope, number) && (due || job.state == JobState::Leased)
        })
    }

    /// The jobs that a worker gets, in order. All pages are on hosts of their own.
    pub(super) fn claim(&mut self, limit: usize, scope: JobScope) -> Vec<usize> {
        let leased: Vec<&ModelJob> = self
            .jobs
            .iter()
            .filter(|job| job.state == JobState::Leased)
            .collect();
        if leased.iter().any(|job| job.suspect) {
            return Vec::new();
        }
        let alone = leased.is_empty();
        let mut due: Vec<usize> = (0..self.jobs.len())
            .filter(|&job| self.jobs[job].state == JobState::Ready && self.jobs[job].run_at <= self.now)
            .filter(|&job| self.is_in(scope, job))
            .collect();
        due.sort_by_key(|&job| {
            (
                self.jobs[job].kind == JobKind::ReprocessItem,
                self.jobs[job].run_at,
                job,
            )
        });
        let (suspects, innocent): (Vec<usize>, Vec<usize>) =
            due.iter().partition(|&&job| self.jobs[job].suspect);
        let claimed = match suspects.first() {
            Some(suspect) if alone => vec![*suspect],
            _ => innocent.into_iter().take(limit).collect(),
        };
        for &job in &claimed {
            self.jobs[job].state = JobState::Leased;
        }
        claimed
    }

    pub(super) fn enter_risky_stage(&mut self, job: usize) {
        self.jobs[job].risky = true;
    }

    pub(super) fn release(&mut self, job: usize) {
        self.jobs[job].state = JobState::Ready;
        self.jobs[job].risky = false;
    }

    pub(super) fn postpone(&mut self, job: usize, counts: bool, until: u64) {
        self.caused.remove(&job);
        let job = &mut self.jobs[job];
        job.state = JobState::Ready;
        job.run_at = until;
        job.attempts += u32::from(counts);
        job.deferrals += u32::from(!counts);
        (job.risky, job.suspect, job.crashes) = (false, false, 0);
    }

    pub(super) fn expire(&mut self) {
        for number in 0..self.jobs.len() {
            let job = &mut self.jobs[number];
            if job.state != JobState::Leased {
                continue;
            }
            job.attempts += 1;
            (job.run_at, job.risky) = (self.now, false);
            if job.attempts >= MAX_ATTEMPTS {
                self.end(number, JobState::Dead);
                self.fail_queued_item(number);
            } else {
                job.state = JobState::Ready;
            }
        }
    }

    /// The next process has caused nothing yet.
    pub(super) fn crash(&mut self) {
        self.caused.clear();
        for number in 0..self.jobs.len() {
            let job = &mut self.jobs[number];
            if job.state != JobState::Leased {
                continue;
            }
            job.state = JobState::Ready;
            if job.risky {
                job.risky = false;
                if job.crashes == 3 {
                    self.end(number, JobState::Dead);
                    self.fail_queued_item(number);
                } else {
                    job.crashes += 1;
                    job.suspect = true;
                }
            }
        }
    }

    fn fail_queued_item(&mut self, job: usize) {
        let item = &mut self.items[self.jobs[job].item];
        if item.state == ItemState::Queued {
            item.state = ItemState::Failed;
        }
    }

    /// Whether the job may go round again.
    pub(super) fn retry(&mut self, number: usize) -> bool {
        let (item, kind) = (self.jobs[number].item, self.jobs[number].kind);
        if self.live(item, kind).is_some() {
            return false;
        }
        self.caused.insert(number);
        let job = &mut self.jobs[number];
        (job.state, job.run_at, job.attempts, job.deferrals) = (JobState::Ready, self.now, 0, 0);
        (job.suspect, job.crashes) = (false, 0);
        if self.items[item].state == ItemState::Failed {
            self.items[item].state = ItemState::Queued;
        }
        true
    }

    pub(super) fn cancel(&mut self, job: usize) {
        self.end(job, JobState::Cancelled);
        self.fail_queued_item(job);
    }

    /// A fetch, or (for a reprocess job) a new judgement of the same bytes.
    pub(super) fn commit(&mut self, number: usize, ending: Ending) {
        let (item, rejudged) = (
            self.jobs[number].item,
            self.jobs[number].kind == JobKind::ReprocessItem,
        );
        let failed = matches!(ending, Ending::Failed);
        self.end(number, if failed { JobState::Dead } else { JobState::Done });
        let job = &mut self.jobs[number];
        job.attempts += 1;
        (job.risky, job.suspect, job.crashes) = (false, false, 0);
        let stands = rejudged && !failed;
        if !stands && worth(state_of(ending)) < worth(self.items[item].state) {
            return;
        }
        match ending {
            Ending::Content { text, partial, alias } => self.commit_text(item, text, partial, alias),
            _ => self.commit_nothing(item, state_of(ending)),
        }
    }

    fn commit_nothing(&mut self, item: ItemNumber, state: ItemState) {
        let had_content = self.items[item].has_content();
        self.items[item].state = state;
        self.items[item].duplicate_of = None;
        self.items[item].same_text = None;
        if had_content {
            self.process_duplicates_again(item);
        }
    }

    fn commit_text(&mut self, item: ItemNumber, text: usize, partial: bool, alias: Option<usize>) {
        if !self.items[item].has_content()
            && let Some((original, same_text)) = self.original_of(item, text, alias)
        {
            self.items[item].state = ItemState::Duplicate;
            self.items[item].duplicate_of = Some(original);
            self.items[item].same_text = same_text.then_some(text);
            return;
        }
        if let Some(alias) = alias {
            self.addresses.entry(alias).or_insert(item);
        }
        let number = item;
        let item = &mut self.items[number];
        let same = !item.trashed && item.text == Some(text) && item.state == content_state(partial);
        let replaced = item.text.is_some_and(|old| old != text);
        item.versions += u32::from(!same);
        item.text = Some(text);
        item.duplicate_of = None;
        item.same_text = None;
        item.state = content_state(partial);
        if replaced {
            self.process_duplicates_again(number);
            for other in &mut self.items {
                if other.trashed && other.duplicate_of == Some(number) {
                    other.duplicate_of = None; // looked at when it comes back
                }
            }
        }
    }

    /// Which item it is a duplicate of, and whether for its text.
    fn original_of(&self, item: ItemNumber, text: usize, alias: Option<usize>) -> Option<(ItemNumber, bool)> {
        let other = |other: &ItemNumber| *other != item && self.items[*other].is_searchable();
        let at_address = alias
            .and_then(|alias| self.addresses.get(&alias).copied())
            .filter(other);
        let of_text = || {
            (0..self.items.len())
                .filter(other)
                .find(|other| self.items[*other].text == Some(text))
        };
        at_address
            .map(|original| (original, false))
            .or_else(|| of_text().map(|original| (original, true)))
    }

    /// Items whose text would be lost to search: their original holds another one, and nobody is at it. A job that
    /// was given up or called off is somebody's decision, and visible.
    pub(super) fn lost_duplicates(&self) -> Vec<ItemNumber> {
        let is_lost = |number: &ItemNumber| {
            let item = &self.items[*number];
            let Some(text) = item.same_text.filter(|_| !item.trashed && !item.gone) else {
                return false;
            };
            let held = item.duplicate_of.is_some_and(|original| {
                self.items[original].is_searchable() && self.items[original].text == Some(text)
            });
            let of_item = |job: &&ModelJob| job.item == *number && job.kind == JobKind::ReprocessItem;
            let last = self.jobs.iter().rfind(of_item);
            let looked_at = self.live(*number, JobKind::ReprocessItem).is_some()
                || last.is_some_and(|job| job.state != JobState::Done);
            !held && !looked_at
        };
        (0..self.items.len()).filter(is_lost).collect()
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

fn content_state(partial: bool) -> ItemState {
    if partial {
        ItemState::Partial
    } else {
        ItemState::Stored
    }
}

fn state_of(ending: Ending) -> ItemState {
    match ending {
        Ending::Content { partial, .. } => content_state(partial),
        Ending::Quarantined => ItemState::Quarantined,
        Ending::Rejected => ItemState::Rejected,
        Ending::LinkOnly => ItemState::LinkOnly,
        Ending::Failed => ItemState::Failed,
    }
}

/// Nothing that is worth more is replaced by a fetch that brought less.
fn worth(state: ItemState) -> u8 {
    match state {
        ItemState::Queued => 0,
        ItemState::Rejected | ItemState::LinkOnly | ItemState::Failed => 1,
        ItemState::Quarantined => 2,
        ItemState::Partial | ItemState::Duplicate => 3,
        ItemState::Stored => 4,
    }
}
