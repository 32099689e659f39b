//! One backup as one file, to be carried elsewhere: a tar archive with the folder of the backup and those pages of the pool that
//! it needs. What is in it proves itself as it does in a destination, so that an archive is only a way, and no second format.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};

use super::error::at;
use super::files::create_folder;
use super::manifest::Manifest;
use super::verify::read_list;
use super::{BackupDestination, BackupError, LAST_CHECK, POOL, is_name};

impl BackupDestination {
    /// Writes the backup `name` to the new file `archive`, and answers its size. What fails leaves no file behind. Blocks.
    pub fn pack(&self, name: &str, archive: &Path) -> Result<u64, BackupError> {
        let folder = self.folder_of(name)?;
        let _nobody_removes = self.lock_shared()?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(archive)
            .map_err(at(archive))?;
        let packed = self.write(name, &folder, file, archive);
        if packed.is_err() {
            let _ = std::fs::remove_file(archive);
        }
        packed
    }

    /// Takes an archive apart into `folder`, which exists and is empty: a destination with one backup. Nothing is proved by
    /// that; whoever uses it does. Blocks.
    pub fn of_archive(archive: &Path, folder: &Path) -> Result<Self, BackupError> {
        let file = File::open(archive).map_err(at(archive))?;
        let mut entries = tar::Archive::new(file);
        let wrong = |problem: String| BackupError::Unusable {
            backup: archive.display().to_string(),
            part: "the archive".to_owned(),
            problem,
        };
        for entry in entries.entries().map_err(|error| wrong(error.to_string()))? {
            let mut entry = entry.map_err(|error| wrong(error.to_string()))?;
            let path = entry
                .path()
                .map_err(|error| wrong(error.to_string()))?
                .into_owned();
            if !entry.header().entry_type().is_file() || !belongs(&path) {
                return Err(wrong(format!("holds `{}`, which no backup has", path.display())));
            }
            if let Some(parent) = folder.join(&path).parent() {
                std::fs::create_dir_all(parent).map_err(at(parent))?;
            }
            entry
                .unpack_in(folder)
                .map_err(|error| wrong(format!("`{}`: {error}", path.display())))?;
        }
        create_folder(&folder.join(POOL))?;
        Ok(Self::at(folder))
    }

    fn write(&self, name: &str, folder: &Path, file: File, archive: &Path) -> Result<u64, BackupError> {
        let list = read_list(folder, &Manifest::read(folder, name)?)?;
        let mut writing = tar::Builder::new(file);
        writing.mode(tar::HeaderMode::Deterministic);
        for entry in std::fs::read_dir(folder).map_err(at(folder))? {
            let entry = entry.map_err(at(folder))?;
            // How it was found here says nothing of the archive.
            if entry.file_name() != LAST_CHECK {
                let inside = Path::new(name).join(entry.file_name());
                let added = writing.append_path_with_name(entry.path(), inside);
                added.map_err(at(archive))?;
            }
        }
        let pool = self.pool();
        for (hash, _) in list {
            let path = pool.path(hash);
            let inside = path.strip_prefix(&self.folder).unwrap_or(&path);
            writing
                .append_path_with_name(&path, inside)
                .map_err(|error| BackupError::Unusable {
                    backup: name.to_owned(),
                    part: format!("the page {hash}"),
                    problem: error.to_string(),
                })?;
        }
        let file = writing.into_inner().map_err(at(archive))?;
        file.sync_all().map_err(at(archive))?;
        Ok(file.metadata().map_err(at(archive))?.len())
    }
}

/// `NAME/FILE`, or `pool/AB/HASH`.
fn belongs(path: &Path) -> bool {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    match parts.as_deref() {
        Some([POOL, _, _]) => true,
        Some([folder, _]) => is_name(folder),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-03-01T03-00-00Z/manifest.json", true)]
    #[case("pool/ab/abcd", true)]
    #[case("../2026-03-01T03-00-00Z/manifest.json", false)]
    #[case("/etc/passwd", false)]
    #[case("pool/abcd", false)]
    #[case("lock", false)]
    #[case("notes/text", false)]
    fn only_what_a_backup_has_belongs_into_an_archive(#[case] path: &str, #[case] does: bool) {
        assert_eq!(belongs(Path::new(path)), does);
    }
}
