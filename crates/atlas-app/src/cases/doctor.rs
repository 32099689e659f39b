//! The check-up: what `atlas doctor` looks at. Each check uses the real thing.

mod backups;
mod channels;
mod index;

use atlas_store::Ops;

use crate::app::App;
use crate::dead_letters::DeadLetters;
use crate::error::AppError;
use crate::space::{BelowFloor, size};
use crate::trouble::about_damaged_operations;
use crate::views::{DoctorCheck, DoctorReport};

/// Stored pages whose bytes are compared.
const BYTES_COMPARED: u32 = 32;

/// What a check came to, in a sentence.
enum Finding {
    InOrder(String),
    /// With what to do about it.
    Wrong(String),
}

impl App {
    /// Runs every check. A check that cannot run is not in order, and says why.
    pub async fn doctor(&self) -> DoctorReport {
        let mut checks = vec![
            check("disk", Ok(self.check_disk())),
            check("library", self.check_library().await),
            check("operations", self.check_operations().await),
            check("writing", Ok(self.check_writing())),
            check("stored pages", self.check_stored_pages().await),
            check("search index", self.check_index().await),
            check("dead letters", self.check_dead_letters().await),
            check("backups", self.check_backups().await),
        ];
        if let Some(known) = self.known_channels().await {
            checks.push(check("channels", Ok(channels::judge(&known))));
        }
        DoctorReport { checks }
    }

    fn check_disk(&self) -> Finding {
        let Some(free) = self.parts.dir.free_bytes() else {
            return Finding::Wrong("the free space cannot be read; look at the data directory".to_owned());
        };
        match BelowFloor::of(free, self.parts.floor_bytes) {
            Some(below) => Finding::Wrong(below.to_string()),
            None => Finding::InOrder(format!("{} free", size(free))),
        }
    }

    async fn check_library(&self) -> Result<Finding, AppError> {
        self.library()?.check_integrity(&self.parts.dir).await?;
        Ok(Finding::InOrder("every page of library.db is sound".to_owned()))
    }

    /// The file with circuit breakers and the history of the server, and what was set aside of it.
    async fn check_operations(&self) -> Result<Finding, AppError> {
        let dir = self.parts.dir.clone();
        let looking = tokio::task::spawn_blocking(move || Ops::check(&dir)).await;
        match looking {
            Ok(Ok(())) => {}
            Ok(Err(damage)) if damage.is_damage() => {
                return Ok(Finding::Wrong(about_damaged_operations(&damage)));
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(broken) => return Ok(Finding::Wrong(format!("it could not be looked at: {broken}"))),
        }
        let troubles = self.operations_troubles();
        if troubles.is_empty() {
            return Ok(Finding::InOrder("every page of ops.db is sound".to_owned()));
        }
        let told: Vec<String> = troubles.into_iter().map(|trouble| trouble.message).collect();
        Ok(Finding::Wrong(told.join("; ")))
    }

    fn check_writing(&self) -> Finding {
        let troubles = self.troubles();
        let mut told: Vec<String> = troubles.into_iter().map(|trouble| trouble.message).collect();
        if told.is_empty()
            && let Some(path) = self.parts.dir.not_writable()
        {
            told.push(format!(
                "{}: permission to write is denied; Atlas must run as the user whom its data belongs to",
                path.display()
            ));
        }
        if told.is_empty() {
            return Finding::InOrder("nothing stands in its way".to_owned());
        }
        Finding::Wrong(told.join("; "))
    }

    /// Files that are missing, and a sample of the bytes: to read them all would take too long.
    async fn check_stored_pages(&self) -> Result<Finding, AppError> {
        let found = self.library()?.check_stored_bytes(BYTES_COMPARED).await?;
        if found.missing + found.damaged == 0 {
            return Ok(Finding::InOrder(format!(
                "{} files, none is missing; {} pages were read, and are sound",
                found.files, found.compared
            )));
        }
        let items: Vec<String> = found.items.iter().map(ToString::to_string).collect();
        Ok(Finding::Wrong(format!(
            "{} of {} files in blobs/ are missing, and {} of {} pages that were read are damaged (items {}, ...): put \
             blobs/ back from a backup; what was extracted from these pages can be read and found all the same",
            found.missing,
            found.files,
            found.damaged,
            found.compared,
            items.join(", ")
        )))
    }

    async fn check_dead_letters(&self) -> Result<Finding, AppError> {
        let (library, user) = (self.library()?, self.user());
        let counts = library.counts(user).await?;
        Ok(match DeadLetters::find(library, user, &counts).await? {
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

#[cfg(test)]
mod tests;
