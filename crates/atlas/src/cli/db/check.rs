//! `atlas db check`: whether database files are sound, without judging a row.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use atlas_app::size;
use atlas_store::DataDir;
use atlas_store::maintenance::{Depth, FileFacts, Integrity, LookError, Looking, Snapshot};
use clap::Args;
use serde::Serialize;

use crate::cli::output::Output;
use crate::cli::text::{counted, one_line};
use crate::config::Config;
use crate::error::{CliError, Exit};

/// So many findings are kept of each file.
const FINDINGS: usize = 100;

/// `atlas db check`
#[derive(Debug, Clone, Args)]
pub(super) struct CheckArgs {
    /// Databases; without any, the two of the library
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// Look up each row in each index as well: several times as long
    #[arg(long)]
    full: bool,
}

/// What was found of a file.
#[derive(Serialize)]
struct Checked {
    path: PathBuf,
    is_sound: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integrity: Option<Integrity>,
    /// Why it could not be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Checks, and tells.
pub(super) fn run(
    args: &CheckArgs,
    config: &Config,
    output: &Output,
    cancel: &Arc<AtomicBool>,
) -> Result<Exit, CliError> {
    let paths = if args.paths.is_empty() {
        let data = DataDir::new(&config.data_dir);
        vec![super::audit::own_library(config)?, data.ops_db()]
    } else {
        args.paths.clone()
    };
    let depth = if args.full { Depth::Full } else { Depth::Quick };
    let mut checked = Vec::new();
    for path in paths {
        checked.push(check(&path, depth, cancel)?);
    }
    output.answer(&checked, |_| {
        checked.iter().map(render).collect::<Vec<_>>().concat()
    })?;
    let (looked_at, sound) = (
        checked.iter().filter(|checked| checked.refused.is_none()).count(),
        checked.iter().filter(|checked| checked.is_sound).count(),
    );
    Ok(if sound == checked.len() {
        Exit::Ok
    } else if sound < looked_at {
        Exit::Damaged
    } else if looked_at > 0 {
        Exit::Partial
    } else {
        Exit::Failure
    })
}

fn check(path: &Path, depth: Depth, cancel: &Arc<AtomicBool>) -> Result<Checked, CliError> {
    let looking = Looking {
        cancel: cancel.clone(),
        ..Looking::default()
    };
    let look = || -> Result<(FileFacts, Integrity), LookError> {
        let snapshot = Snapshot::open(path, looking)?;
        Ok((snapshot.file()?, snapshot.integrity(depth, FINDINGS)?))
    };
    match look() {
        Ok((file, integrity)) => Ok(Checked {
            path: path.to_owned(),
            is_sound: integrity.is_whole() && file.damage.is_none(),
            file: Some(file),
            integrity: Some(integrity),
            refused: None,
        }),
        Err(LookError::Cancelled(_)) => Err(CliError::interrupted()),
        Err(error) => Ok(Checked {
            path: path.to_owned(),
            is_sound: false,
            file: None,
            integrity: None,
            refused: Some(error.to_string()),
        }),
    }
}

fn render(checked: &Checked) -> String {
    let path = one_line(&checked.path.display().to_string());
    let (Some(file), Some(integrity)) = (&checked.file, &checked.integrity) else {
        return format!("{}\n", checked.refused.as_deref().unwrap_or(&path));
    };
    let bytes = size(file.pages * file.page_size_bytes);
    let mut lines = vec![if checked.is_sound {
        format!("{path}: sound, {bytes}")
    } else {
        format!(
            "{path}: NOT SOUND, {bytes}, {}",
            counted(integrity.findings.len() as u64, "finding")
        )
    }];
    lines.extend(
        integrity
            .findings
            .iter()
            .take(20)
            .map(|finding| format!("  {}", one_line(finding))),
    );
    lines.extend(
        integrity
            .unchecked
            .iter()
            .map(|what| format!("  {} could not be looked at: {}", what.what, one_line(&what.why))),
    );
    lines.extend(integrity.foreign_keys.iter().map(|keys| {
        format!(
            "  {} of {} without the row of {} they refer to",
            counted(keys.rows, "row"),
            keys.table,
            keys.parent
        )
    }));
    lines.join("\n") + "\n"
}
