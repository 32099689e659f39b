//! A run: its directory, and how far it came. What is written here is written whole or not at all.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use atlas_domain::Timestamp;
use atlas_store::maintenance::cleaning::{Remembered, TableHashes};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::CleanupError;
use super::plan::Plan;

/// The directory of a run.
#[derive(Debug, Clone)]
pub struct Run {
    directory: PathBuf,
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// There is a plan, and nothing was done.
    Planned,
    /// The file was locked; perhaps some rows are out.
    Begun,
    /// All rows of the plan are out that may go, and the file was verified.
    Done,
    /// It could not be verified, and was put back.
    RolledBack,
}

/// What a run has to remember.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunState {
    /// How far it came.
    pub stage: Stage,
    /// How the file was journalled when it was found.
    pub remembered: Option<Remembered>,
    /// The verified copy.
    pub backup: Option<PathBuf>,
    /// What the file held when it was copied.
    pub before: Option<TableHashes>,
    /// Bytes of the file then.
    pub bytes_before: u64,
    /// Foreign keys that led to nothing then.
    pub broken_references: u64,
}

/// A run in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RunView {
    /// Its name.
    pub run: String,
    /// The file.
    pub file: PathBuf,
    /// When it was planned.
    pub made_at: Timestamp,
    /// How far it came.
    pub stage: Stage,
    /// Rows of the plan.
    pub planned: u64,
    /// Bytes of the verified copy.
    pub backup_bytes: u64,
    /// Bytes of the vault.
    pub vault_bytes: u64,
}

impl Run {
    /// Makes the directory of a new run in `place`, for its owner only.
    pub(super) fn begin(place: &Path, name: &str) -> Result<Self, CleanupError> {
        let run = Self {
            directory: place.join(name),
        };
        let made = std::fs::create_dir_all(place)
            .and_then(|()| DirBuilder::new().mode(0o700).create(&run.directory));
        made.map_err(|error| run.wrong(error.to_string()))?;
        Ok(run)
    }

    /// The run in `directory`, or the one to which the plan at that path belongs.
    pub fn at(path: &Path) -> Result<Self, CleanupError> {
        let directory = if path.is_dir() {
            path.to_owned()
        } else {
            path.parent().unwrap_or(Path::new("")).to_owned()
        };
        let run = Self {
            directory: std::path::absolute(&directory).unwrap_or(directory),
        };
        if run.plan_file().is_file() {
            return Ok(run);
        }
        Err(run.wrong("there is no plan in it; atlas db runs lists the runs there are"))
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its name.
    pub fn name(&self) -> String {
        let name = self.directory.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Where the plan is.
    pub fn plan_file(&self) -> PathBuf {
        self.directory.join("plan.json")
    }

    /// Where the rows of the plan are, a line each.
    pub fn rows_file(&self) -> PathBuf {
        self.directory.join("rows.jsonl")
    }

    /// Where every row goes that is taken out.
    pub fn vault_file(&self) -> PathBuf {
        self.directory.join("vault.db")
    }

    /// Where the verified copy goes, unless somebody names another directory.
    pub fn backup_file(&self, elsewhere: Option<&Path>) -> PathBuf {
        match elsewhere {
            Some(elsewhere) => elsewhere.join(format!("{}-backup.db", self.name())),
            None => self.directory.join("backup.db"),
        }
    }

    /// Where a small copy lies while the file is compacted.
    pub(super) fn scratch_file(&self) -> PathBuf {
        self.directory.join("small.db")
    }

    /// Where the report is.
    pub fn report_file(&self) -> PathBuf {
        self.directory.join("report.json")
    }

    /// The plan.
    pub fn plan(&self) -> Result<Plan, CleanupError> {
        read(&self.plan_file())
    }

    /// How far it came.
    pub fn state(&self) -> Result<RunState, CleanupError> {
        let path = self.directory.join("run.json");
        if path.exists() {
            return read(&path);
        }
        Ok(RunState {
            stage: Stage::Planned,
            remembered: None,
            backup: None,
            before: None,
            bytes_before: 0,
            broken_references: 0,
        })
    }

    pub(super) fn keep(&self, state: &RunState) -> Result<(), CleanupError> {
        self.write("run.json", state)
    }

    /// Writes a file of the run: whole, synced, under its name at last.
    pub(super) fn write(&self, name: &str, value: &impl Serialize) -> Result<(), CleanupError> {
        let (path, new) = (
            self.directory.join(name),
            self.directory.join(format!("{name}.new")),
        );
        let write = || -> std::io::Result<()> {
            let bytes = serde_json::to_vec_pretty(value).map_err(std::io::Error::other)?;
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)?;
            File::open(&self.directory)?.sync_all()
        };
        write().map_err(|error| CleanupError::Run {
            path,
            what: error.to_string(),
        })
    }

    /// Keeps others from working on the same run, for as long as what it answers is there.
    pub(super) fn lock(&self) -> Result<File, CleanupError> {
        let path = self.directory.join("lock");
        let open = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let file = open.map_err(|error| self.wrong(error.to_string()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(_) => Err(self.wrong("another process works on it: wait for that, or end it")),
        }
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> CleanupError {
        CleanupError::Run {
            path: self.directory.clone(),
            what: what.into(),
        }
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, CleanupError> {
    let read =
        std::fs::read(path).and_then(|bytes| serde_json::from_slice(&bytes).map_err(std::io::Error::other));
    read.map_err(|error| CleanupError::Run {
        path: path.to_owned(),
        what: format!("it cannot be read ({error}): plan again"),
    })
}

/// The runs in a directory, the newest first. What is no run is left out.
pub fn runs(place: &Path) -> Vec<RunView> {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    let mut runs: Vec<RunView> = entries
        .filter_map(|entry| {
            let run = Run::at(&entry.path()).ok()?;
            let (plan, state) = (run.plan().ok()?, run.state().ok()?);
            let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            Some(RunView {
                run: run.name(),
                file: plan.file,
                made_at: plan.made_at,
                stage: state.stage,
                planned: plan.rows,
                backup_bytes: state.backup.as_deref().map_or(0, size),
                vault_bytes: size(&run.vault_file()),
            })
        })
        .collect();
    runs.sort_by(|one, two| two.made_at.cmp(&one.made_at).then_with(|| two.run.cmp(&one.run)));
    runs
}
