//! The rules of content: what a run makes of its item, and whose duplicates are looked at again.

use atlas_domain::{ItemState, JobKind, JobState};

use super::{ItemNumber, Model, ModelJob};
use crate::model::Ending;

impl Model {
    /// A fetch, or (for a reprocess job) a new judgement of the same bytes.
    pub(in crate::model) fn commit(&mut self, number: usize, ending: Ending) {
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

    pub(super) fn process_duplicates_again(&mut self, original: ItemNumber) {
        for item in 0..self.items.len() {
            if self.items[item].duplicate_of == Some(original) && !self.items[item].trashed {
                self.enqueue(item, JobKind::ReprocessItem);
            }
        }
    }

    /// Items whose text would be lost to search: their original holds another one, and nobody is at it. A job that
    /// was given up or called off is somebody's decision, and visible.
    pub(in crate::model) fn lost_duplicates(&self) -> Vec<ItemNumber> {
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
