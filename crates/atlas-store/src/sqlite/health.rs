//! What turned out to be wrong with a database file while it was in use. Damage stays known until the process
//! ends, and ends all writing; a file that was displaced is forgiven as soon as a write reaches it again.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::StoreError;

/// Shared by all users of one database.
#[derive(Default)]
pub(super) struct Health(Mutex<Option<StoreError>>);

impl Health {
    /// What is wrong, if anything.
    pub(super) fn trouble(&self) -> Option<StoreError> {
        self.lock().clone()
    }

    /// Fails with the damage, if there is any: on top of damage a write does more, and what it reads before it
    /// deletes may be missing rather than gone. A displaced file is looked at anew by each write instead.
    pub(super) fn allow_writing(&self) -> Result<(), StoreError> {
        match &*self.lock() {
            Some(damage @ StoreError::Corrupt { .. }) => Err(damage.clone()),
            _ => Ok(()),
        }
    }

    /// A write went through.
    pub(super) fn written(&self) {
        let mut trouble = self.lock();
        if matches!(*trouble, Some(StoreError::Displaced { .. })) {
            *trouble = None;
        }
    }

    /// Remembers `error` if it says that the file at `path` is not well, and gives it the name of the file.
    pub(super) fn note(&self, error: StoreError, path: &Path) -> StoreError {
        let error = match error {
            StoreError::Corrupt {
                path: unnamed,
                detail,
            } if unnamed == Path::new(StoreError::UNNAMED) => StoreError::Corrupt {
                path: path.to_owned(),
                detail,
            },
            other => other,
        };
        let mut trouble = self.lock();
        let is_damage = matches!(&error, StoreError::Corrupt { path: damaged, .. } if damaged == path);
        let is_news = match &*trouble {
            None => is_damage || matches!(error, StoreError::Displaced { .. }),
            Some(StoreError::Corrupt { .. }) => false,
            Some(_) => is_damage,
        };
        if is_news {
            tracing::error!(%error, "the file of the database is not well");
            *trouble = Some(error.clone());
        }
        error
    }

    fn lock(&self) -> MutexGuard<'_, Option<StoreError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
