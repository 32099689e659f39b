//! Backups of a real library: made, looked through, restored, pruned, and cut short at every step.

#[cfg(feature = "failpoints")]
mod crashes;
mod creating;
mod full_disk;
mod pruning;
mod restoring;
mod verifying;

use std::path::{Path, PathBuf};

use atlas_domain::{BlobHash, Entropy, Item};
use atlas_store::{
    BackupDestination, BackupError, BackupOrder, Checked, DataDir, DatabaseServices, Manifest, Ops, Restored,
    VerifyDepth,
};
use tempfile::TempDir;

use crate::fixture::{Fixture, commit_of, content, holder};

/// More than lies in a row.
const LARGE: usize = 200_000;

/// A library with content, and a place for its backups.
struct World {
    library: Fixture,
    ops: Ops,
    elsewhere: TempDir,
}

impl World {
    /// Two pages in files, one of them small, and operational state.
    async fn new() -> Self {
        let library = Fixture::new();
        let ops = Ops::open(
            library.lock(),
            library.shared_clock(),
            &DatabaseServices::default(),
        )
        .unwrap();
        ops.library_opened().await.unwrap();
        ops.begin_run("1.0.0").await.unwrap();
        let world = Self {
            library,
            ops,
            elsewhere: tempfile::tempdir().unwrap(),
        };
        world.page("example.com/small", 100).await;
        world.page("example.com/large", LARGE).await;
        world
    }

    /// Saves an address whose answer has so many bytes that nobody has seen before.
    async fn page(&self, address: &str, size_bytes: usize) -> (Item, BlobHash) {
        let saved = self.library.save(address).await;
        let lease = self.library.claim_job(saved.job.unwrap()).await;
        let snapshot = self
            .library
            .snapshot(&lease, 200, &self.library.noise(size_bytes))
            .await;
        let commit = commit_of(&lease, &snapshot, content(address));
        self.library.commit(&lease, commit).await.unwrap();
        (self.library.look(&saved.item).await, snapshot.body_hash.unwrap())
    }

    fn destination(&self) -> BackupDestination {
        BackupDestination::at(self.elsewhere.path().join("backups"))
    }

    async fn create(&self) -> Result<Manifest, BackupError> {
        self.destination()
            .create(&self.library, Some(&self.ops), order())
            .await
    }

    fn verify(&self, name: &str) -> Result<Checked, BackupError> {
        let scratch = self.elsewhere.path().join("scratch");
        self.destination()
            .verify(name, VerifyDepth::Everything, &scratch, self.library.now())
    }

    fn restore(&self, name: &str) -> Result<(DataDir, Restored), BackupError> {
        let to = DataDir::new(self.elsewhere.path().join("restored"));
        let restored =
            self.destination()
                .restore(name, &to, &holder(), self.library.now(), &Entropy::seeded(9))?;
        Ok((to, restored))
    }

    /// Every file of the destination, by its path in it.
    fn files(&self) -> Vec<PathBuf> {
        files_below(self.destination().path())
    }
}

fn order() -> BackupOrder {
    BackupOrder {
        program: "1.2.3".to_owned(),
        floor_bytes: 0,
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}
