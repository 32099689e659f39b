//! The check-up: what `atlas doctor` looks at. Each check uses the real thing.

use std::collections::HashSet;

use atlas_domain::ItemId;

use crate::app::{App, SearchState};
use crate::dead_letters::DeadLetters;
use crate::error::AppError;
use crate::indexer::blocking;
use crate::status::free_bytes;
use crate::views::{DoctorCheck, DoctorReport};

/// What a check came to, in a sentence.
enum Finding {
    InOrder(String),
    /// With what to do about it.
    Wrong(String),
}

impl App {
    /// Runs every check. A check that cannot run is not in order, and says why.
    pub async fn doctor(&self) -> DoctorReport {
        let checks = vec![
            check("disk", Ok(self.check_disk())),
            check("library", self.check_library().await),
            check("writing", Ok(self.check_writing())),
            check("search index", self.check_index().await),
            check("dead letters", self.check_dead_letters().await),
        ];
        DoctorReport { checks }
    }

    fn check_disk(&self) -> Finding {
        const MB: u64 = 1024 * 1024;
        let floor = self.parts.floor_bytes;
        match free_bytes(self.parts.dir.path()) {
            Some(free) if free < floor => Finding::Wrong(format!(
                "{} MB free, {} MB must stay free: saving is refused; free some space, or lower `storage.floor_mb`",
                free / MB,
                floor / MB
            )),
            Some(free) => Finding::InOrder(format!("{} MB free", free / MB)),
            None => Finding::Wrong("the free space cannot be read; look at the data directory".to_owned()),
        }
    }

    async fn check_library(&self) -> Result<Finding, AppError> {
        self.library()?.check_integrity(&self.parts.dir).await?;
        Ok(Finding::InOrder("every page of library.db is sound".to_owned()))
    }

    fn check_writing(&self) -> Finding {
        let troubles = self.troubles();
        if troubles.is_empty() {
            return Finding::InOrder("nothing stands in its way".to_owned());
        }
        let told: Vec<String> = troubles.into_iter().map(|trouble| trouble.message).collect();
        Finding::Wrong(told.join("; "))
    }

    /// The index holds exactly what can be found.
    async fn check_index(&self) -> Result<Finding, AppError> {
        let reader = match &self.parts.search {
            SearchState::Ready(reader) => reader.clone(),
            SearchState::Unavailable(reason) => return Err(AppError::SearchUnavailable(reason.clone())),
        };
        let indexed: HashSet<ItemId> = blocking(move || {
            reader.verify()?;
            let mut indexed = HashSet::new();
            reader.for_each_id(|id| {
                indexed.insert(id);
            })?;
            Ok(indexed)
        })
        .await?;
        let stored: HashSet<ItemId> = self.library()?.searchable_items().await?.into_iter().collect();
        let (missing, extra) = (
            stored.difference(&indexed).count(),
            indexed.difference(&stored).count(),
        );
        if missing + extra > 0 {
            return Ok(Finding::Wrong(format!(
                "{missing} documents are missing in the index and {extra} are too many; while the server is at \
                 work this is normal for a moment; otherwise stop it, delete `{}`, and start it again to rebuild",
                self.parts.dir.search().display()
            )));
        }
        let stored = stored.len();
        Ok(Finding::InOrder(format!(
            "{stored} documents, the same as in the library"
        )))
    }

    async fn check_dead_letters(&self) -> Result<Finding, AppError> {
        let library = self.library()?;
        let counts = library.counts().await?;
        Ok(match DeadLetters::find(library, &counts).await? {
            None => Finding::InOrder("none".to_owned()),
            Some(dead) => Finding::Wrong(dead.to_string()),
        })
    }
}

fn check(name: &str, found: Result<Finding, AppError>) -> DoctorCheck {
    let (ok, message) = match found {
        Ok(Finding::InOrder(message)) => (true, message),
        Ok(Finding::Wrong(message)) => (false, message),
        Err(error) => (false, error.told()),
    };
    DoctorCheck {
        name: name.to_owned(),
        ok,
        message,
    }
}
