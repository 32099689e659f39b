//! The check-up: what `atlas doctor` looks at. Each check uses the real thing.

use std::collections::HashSet;

use atlas_domain::ItemId;

use crate::app::{App, SearchState};
use crate::error::AppError;
use crate::indexer::blocking;
use crate::status::free_bytes;
use crate::views::{DoctorCheck, DoctorReport};

impl App {
    /// Runs every check. A check that cannot run is not in order, and says why.
    pub async fn doctor(&self) -> DoctorReport {
        let checks = vec![
            self.check_disk(),
            result("library", self.check_library().await),
            result("search index", self.check_index().await),
            result("dead letters", self.check_dead_letters().await),
        ];
        DoctorReport { checks }
    }

    fn check_disk(&self) -> DoctorCheck {
        const MB: u64 = 1024 * 1024;
        let floor = self.parts.floor_bytes;
        let (ok, message) = match free_bytes(self.parts.dir.path()) {
            Some(free) if free < floor => (
                false,
                format!(
                    "{} MB free, {} MB must stay free: saving is refused",
                    free / MB,
                    floor / MB
                ),
            ),
            Some(free) => (true, format!("{} MB free", free / MB)),
            None => (false, "the free space cannot be read".to_owned()),
        };
        DoctorCheck {
            name: "disk".to_owned(),
            ok,
            message,
        }
    }

    async fn check_library(&self) -> Result<String, AppError> {
        self.library()?.check_integrity(&self.parts.dir).await?;
        Ok("every page of library.db is sound".to_owned())
    }

    /// The index holds exactly what can be found.
    async fn check_index(&self) -> Result<String, AppError> {
        let SearchState::Ready(reader) = &self.parts.search else {
            let SearchState::Unavailable(reason) = &self.parts.search else {
                unreachable!("two states")
            };
            return Err(AppError::SearchUnavailable(reason.clone()));
        };
        let reader = reader.clone();
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
            return Err(AppError::SearchUnavailable(format!(
                "{missing} documents are missing in the index and {extra} are too many; while the server is at \
                 work this is normal for a moment; otherwise stop it, delete `{}`, and start it again to rebuild",
                self.parts.dir.search().display()
            )));
        }
        Ok(format!("{} documents, the same as in the library", stored.len()))
    }

    async fn check_dead_letters(&self) -> Result<String, AppError> {
        let counts = self.library()?.counts().await?;
        let dead = counts
            .jobs
            .iter()
            .find(|(state, _)| *state == atlas_domain::JobState::Dead)
            .map_or(0, |(_, n)| *n);
        match dead {
            0 => Ok("none".to_owned()),
            n => Err(AppError::Invalid(format!(
                "{n}: see `atlas job ls --state dead`, then `atlas job retry ID`"
            ))),
        }
    }
}

fn result(name: &str, result: Result<String, AppError>) -> DoctorCheck {
    let (ok, message) = match result {
        Ok(message) => (true, message),
        Err(error) => (false, error.to_string()),
    };
    DoctorCheck {
        name: name.to_owned(),
        ok,
        message,
    }
}
