//! Saving addresses. What this has answered is on the disk.

use atlas_domain::url::{concealed, parse_web_url};
use atlas_domain::{DuplicateReason, Item, OutcomeWord};
use atlas_store::{Library, NewItem, Saved, SavedAs, StoreError};
use futures_util::future::join_all;

use super::given_html::given_html;
use crate::app::App;
use crate::error::AppError;
use crate::space::BelowFloor;
use crate::views::{AddItem, AddReport, AddRequest, ItemOutcome};

/// Saves that wait for the writer together, which commits together what waits for it.
const SAVED_AT_ONCE: usize = 100;
/// Longest tag, in characters.
const MAX_TAG_CHARS: usize = 100;

/// An address that was not saved.
struct NotSaved {
    outcome: OutcomeWord,
    reason: &'static str,
    message: String,
}

impl App {
    /// Saves addresses, each by itself, and waits for what becomes of them if it is asked to.
    pub async fn add(&self, request: AddRequest) -> Result<AddReport, AppError> {
        let library = self.writable()?;
        self.refuse_below_floor()?;
        let wake = WakeWorker(self);
        let mut items = Vec::with_capacity(request.items.len());
        let mut waiting = request.items.into_iter().peekable();
        while waiting.peek().is_some() {
            let saves = waiting.by_ref().take(SAVED_AT_ONCE);
            items.extend(join_all(saves.map(|item| self.add_one(library, item))).await);
        }
        drop(wake);
        if let Some(secs) = request.wait_secs {
            self.follow_all(library, &mut items, secs).await;
        }
        Ok(AddReport { items })
    }

    async fn add_one(&self, library: &Library, item: AddItem) -> ItemOutcome {
        match self.save(library, &item).await {
            Ok(saved) => acknowledged(item.url, &saved),
            Err(not_saved) => ItemOutcome {
                id: None,
                url: concealed(&item.url), // it was not saved, perhaps for the password in it
                outcome: not_saved.outcome,
                reason: not_saved.reason.to_owned(),
                message: not_saved.message,
                job: None,
            },
        }
    }

    async fn save(&self, library: &Library, item: &AddItem) -> Result<Saved, NotSaved> {
        let url = parse_web_url(&item.url).map_err(|error| NotSaved::refused("invalid_url", &error))?;
        let tags = clean_tags(&item.tags).map_err(|error| NotSaved::refused("invalid_tag", &error))?;
        let given_html = match given_html(item, self.parts.html_limit_bytes) {
            Ok(Some(html)) => Some(library.prepare_blob(html).await?),
            Ok(None) => None,
            Err((reason, message)) => return Err(NotSaved::refused(reason, &message)),
        };
        let new = NewItem {
            url,
            tags,
            given_html,
        };
        Ok(library.save_item(self.user(), new).await?)
    }

    fn refuse_below_floor(&self) -> Result<(), AppError> {
        let free_bytes = self.parts.dir.free_bytes();
        match free_bytes.and_then(|free| BelowFloor::of(free, self.parts.floor_bytes)) {
            Some(BelowFloor {
                free_bytes,
                floor_bytes,
            }) => Err(AppError::DiskFloor {
                free_bytes,
                floor_bytes,
            }),
            None => Ok(()),
        }
    }
}

impl NotSaved {
    fn refused(reason: &'static str, message: &impl ToString) -> Self {
        Self {
            outcome: OutcomeWord::Rejected,
            reason,
            message: message.to_string(),
        }
    }
}

impl From<StoreError> for NotSaved {
    fn from(error: StoreError) -> Self {
        let error = AppError::from(error);
        tracing::error!(code = error.code(), %error, "an address could not be saved");
        Self {
            outcome: OutcomeWord::Failed,
            reason: error.code(),
            message: error.told(),
        }
    }
}

/// Wakes the worker for what has been saved, also when whoever asked went away in the middle.
pub(super) struct WakeWorker<'a>(pub(super) &'a App);

impl Drop for WakeWorker<'_> {
    fn drop(&mut self) {
        self.0.changed();
    }
}

/// Tags as they are kept: trimmed, not empty, each once.
pub(super) fn clean_tags(tags: &[String]) -> Result<Vec<String>, AppError> {
    let mut clean: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.trim();
        if tag.is_empty() || tag.chars().count() > MAX_TAG_CHARS || tag.chars().any(char::is_control) {
            return Err(AppError::Invalid(format!(
                "`{}` is no tag: a tag is one to {MAX_TAG_CHARS} characters on one line",
                tag.chars().take(MAX_TAG_CHARS).collect::<String>()
            )));
        }
        if !clean.iter().any(|known| known == tag) {
            clean.push(tag.to_owned());
        }
    }
    Ok(clean)
}

fn acknowledged(url: String, saved: &Saved) -> ItemOutcome {
    let known = DuplicateReason::SameUrl.as_str();
    let (reason, message) = match saved.saved_as {
        SavedAs::New => ("", "saved; its turn comes".to_owned()),
        SavedAs::Again => (known, "known; it is tried again".to_owned()),
        SavedAs::Restored => (known, "back from the trash".to_owned()),
        SavedAs::Known => (known, format!("saved already{}", as_what(&saved.item))),
    };
    ItemOutcome {
        id: Some(saved.item.id.to_string()),
        url,
        outcome: saved.word(),
        reason: reason.to_owned(),
        message,
        job: saved.job.map(|job| job.to_string()),
    }
}

fn as_what(item: &Item) -> String {
    item.title
        .as_ref()
        .map(|title| format!(" as “{title}”"))
        .unwrap_or_default()
}
