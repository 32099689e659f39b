//! How the files of a data directory stand to the schemas that this build knows.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::data_dir::DataDir;
use crate::maintenance::{LookError, Looking, Snapshot, Whose};
use crate::{library, ops};

/// The version of a file's schema, against the newest that this build knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaVersion {
    /// The file.
    pub path: PathBuf,
    /// Its version; none if there is no such file.
    pub version: Option<i64>,
    /// The newest version.
    pub newest: i64,
    /// The steps that lead there, by name: they are taken when the file is opened for writing.
    pub pending: Vec<String>,
}

/// Library and operational state of a data directory. Looks, and changes nothing. Blocks.
pub fn schema_versions(dir: &DataDir) -> Result<Vec<SchemaVersion>, LookError> {
    [(dir.library_db(), &library::SCHEMA), (dir.ops_db(), &ops::SCHEMA)]
        .into_iter()
        .map(|(path, schema)| {
            let looking = Looking {
                whose: Whose::Own,
                ..Looking::default()
            };
            let version = if path.exists() {
                Some(Snapshot::open(&path, looking)?.file()?.user_version)
            } else {
                None
            };
            let steps: Vec<&str> = schema.steps().collect();
            let known = version.map_or(steps.len(), |version| version.max(0) as usize);
            Ok(SchemaVersion {
                path,
                version,
                newest: steps.len() as i64,
                pending: steps.into_iter().skip(known).map(str::to_owned).collect(),
            })
        })
        .collect()
}
