//! Saving addresses. What this has answered is on the disk.

use std::time::Duration;

use atlas_domain::url::parse_web_url;
use atlas_domain::{Item, JobId, JobState, OutcomeWord};
use atlas_store::{Library, NewItem, Saved, SavedAs};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::error::AppError;
use crate::status::free_bytes;
use crate::views::{AddItem, AddReport, AddRequest, AddedItem};

/// Longest HTML that may come along with an address.
const MAX_HTML_BYTES: usize = 10_000_000;
/// Nobody waits longer than this.
pub(super) const MAX_WAIT: Duration = Duration::from_hours(24);
/// Longest tag, in characters.
const MAX_TAG_CHARS: usize = 100;

impl App {
    /// Saves addresses, and waits for what becomes of them if it is asked to.
    pub async fn add(&self, request: AddRequest) -> Result<AddReport, AppError> {
        let library = self.writable()?;
        self.refuse_below_floor()?;
        let mut added = Vec::with_capacity(request.items.len());
        for item in request.items {
            added.push(self.add_one(library, item).await?);
        }
        self.parts.signals.jobs.notify_one();
        self.parts.signals.changes.notify_one();
        if let Some(secs) = request.wait_secs {
            let deadline = Instant::now() + Duration::from_secs(secs).min(MAX_WAIT);
            for (item, job) in &mut added {
                if let Some(job) = *job {
                    self.wait_for(library, job, deadline, item).await?;
                }
            }
        }
        Ok(AddReport {
            items: added.into_iter().map(|(item, _)| item).collect(),
        })
    }

    async fn add_one(
        &self,
        library: &Library,
        item: AddItem,
    ) -> Result<(AddedItem, Option<JobId>), AppError> {
        let url = match parse_web_url(&item.url) {
            Ok(url) => url,
            Err(error) => return Ok((refused(item.url, "invalid_url", error.to_string()), None)),
        };
        let tags = match clean_tags(&item.tags) {
            Ok(tags) => tags,
            Err(error) => return Ok((refused(item.url, "invalid_tag", error.to_string()), None)),
        };
        let given_html = match item.html {
            Some(html) if html.len() > MAX_HTML_BYTES => {
                let message = format!(
                    "the HTML has {} bytes; {MAX_HTML_BYTES} are the limit",
                    html.len()
                );
                return Ok((refused(item.url, "too_large", message), None));
            }
            Some(html) => Some(library.prepare_blob(html.into_bytes()).await?),
            None => None,
        };
        let saved = library
            .save_item(
                self.user(),
                NewItem {
                    url,
                    tags,
                    given_html,
                },
            )
            .await?;
        Ok((acknowledged(item.url, &saved), saved.job))
    }

    /// Reports the outcome of `job`, as far as it is known by `deadline`.
    async fn wait_for(
        &self,
        library: &Library,
        job: JobId,
        deadline: Instant,
        added: &mut AddedItem,
    ) -> Result<(), AppError> {
        let mut finished = self.parts.signals.finished();
        loop {
            let found = library.job(job).await?;
            let deferred = found.state == JobState::Ready && found.outcome == Some(OutcomeWord::Deferred);
            if deferred || matches!(found.state, JobState::Done | JobState::Dead | JobState::Cancelled) {
                added.outcome = found.outcome.unwrap_or(OutcomeWord::Failed);
                added.reason = found.reason;
                added.message = found.message;
                return Ok(());
            }
            if timeout_at(deadline, finished.changed()).await.is_err() {
                return Ok(()); // what is known by now: it is saved and will be processed
            }
        }
    }

    fn refuse_below_floor(&self) -> Result<(), AppError> {
        const MB: u64 = 1024 * 1024;
        let (free, floor) = (free_bytes(self.parts.dir.path()), self.parts.floor_bytes);
        match free {
            Some(free) if free < floor => Err(AppError::DiskFloor {
                free_mb: free / MB,
                floor_mb: floor / MB,
            }),
            _ => Ok(()),
        }
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

fn refused(url: String, reason: &str, message: String) -> AddedItem {
    AddedItem {
        id: None,
        url,
        outcome: OutcomeWord::Rejected,
        reason: reason.to_owned(),
        message,
    }
}

fn acknowledged(url: String, saved: &Saved) -> AddedItem {
    let (reason, message) = match saved.saved_as {
        SavedAs::New => ("", "saved; its turn comes".to_owned()),
        SavedAs::Again => ("same_url", "known; it is tried again".to_owned()),
        SavedAs::Restored => ("same_url", "back from the trash".to_owned()),
        SavedAs::Known => ("same_url", format!("saved already{}", as_what(&saved.item))),
    };
    AddedItem {
        id: Some(saved.item.id.to_string()),
        url,
        outcome: saved.word(),
        reason: reason.to_owned(),
        message,
    }
}

fn as_what(item: &Item) -> String {
    item.title
        .as_ref()
        .map(|title| format!(" as “{title}”"))
        .unwrap_or_default()
}
