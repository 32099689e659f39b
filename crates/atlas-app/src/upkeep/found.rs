//! What audits of the library found: the last one that came to its end, and the one that is under way. It lies beside the
//! library, each in a file of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_domain::{LibraryIdentity, Standing, Timestamp, UserId};
use atlas_extract::GATE_VERSION;
use atlas_store::findings::{Findings, FoundPage};
use serde::{Deserialize, Serialize};

use super::UpkeepError;
use crate::audit::AuditReport;

/// Sooner, one audit says nothing about how a library has grown since the other.
const COMPARED_AFTER: Duration = Duration::from_hours(24);

/// Where the findings of the last audit lie.
const LATEST: &str = "latest.db";
/// Where those of the one lie that is under way.
const NEXT: &str = "next.db";

/// By which an audit that was interrupted is recognised.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    library: LibraryIdentity,
    gate_version: u32,
    pub(super) began_at: i64,
}

/// The report of the last audit; none if there was none. Blocks.
pub(crate) fn report_of(folder: &Path) -> Result<Option<AuditReport>, UpkeepError> {
    let Some(findings) = latest(folder)? else {
        return Ok(None);
    };
    let report = findings.noted("report")?;
    Ok(report.and_then(|report| serde_json::from_str(&report).ok()))
}

/// Items of `user` that the last audit holds for as bad as `least` at least, behind a number; `None` if there was no audit.
/// Blocks.
pub(crate) fn found_of(
    folder: &Path,
    user: UserId,
    least: Standing,
    after: Option<i64>,
    most: usize,
) -> Result<Option<FoundPage>, UpkeepError> {
    match latest(folder)? {
        Some(findings) => Ok(Some(findings.page(place_of(user), least, after, most)?)),
        None => Ok(None),
    }
}

/// What is measured of the last audit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct AuditSummary {
    pub(crate) ended_at: Timestamp,
    /// Share of the items that are junk; of none there is none.
    pub(crate) junk: Option<f64>,
    /// What the file of the library took up.
    pub(crate) size_bytes: u64,
    /// How much larger that was than at the audit before.
    pub(crate) growth: Option<f64>,
}

impl AuditSummary {
    pub(super) fn of(report: &AuditReport, ended_at: Timestamp, before: Option<&Self>) -> Self {
        let size_bytes = report.files.iter().map(|file| file.file.size_bytes).sum();
        let (items, junk) = (report.totals.rows_total, report.totals.rows_junk);
        let long_ago = before.filter(|before| ended_at.since(before.ended_at) >= COMPARED_AFTER);
        let growth = match (before, long_ago) {
            (_, Some(before)) if before.size_bytes > 0 => {
                Some(size_bytes as f64 / before.size_bytes as f64 - 1.0)
            }
            (Some(before), _) => before.growth,
            _ => None,
        };
        Self {
            ended_at,
            junk: (items > 0).then(|| junk as f64 / items as f64),
            size_bytes,
            growth,
        }
    }
}

/// What is measured of the last audit; none if there was none. Blocks.
pub(crate) fn summary_of(folder: &Path) -> Result<Option<AuditSummary>, UpkeepError> {
    let Some(findings) = latest(folder)? else {
        return Ok(None);
    };
    let summary = findings.noted("summary")?;
    Ok(summary.and_then(|summary| serde_json::from_str(&summary).ok()))
}

/// The findings of the last audit.
fn latest(folder: &Path) -> Result<Option<Findings>, UpkeepError> {
    let path = folder.join(LATEST);
    Ok(if path.exists() {
        Some(Findings::open(&path)?.0)
    } else {
        None
    })
}

/// Findings keep tables apart by a number; here they keep people apart.
pub(super) fn place_of(user: UserId) -> u32 {
    user.0 as u32
}

/// Goes on with an audit of the same library by the same gate, or begins one.
pub(super) fn begin(
    folder: &Path,
    library: &LibraryIdentity,
    now: i64,
) -> Result<(Findings, About), UpkeepError> {
    let failed = |error: std::io::Error| UpkeepError::Io(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let about = About {
        library: library.clone(),
        gate_version: GATE_VERSION,
        began_at: now,
    };
    let path = folder.join(NEXT);
    if let Ok((findings, known)) = Findings::open(&path)
        && let Ok(known) = serde_json::from_str::<About>(&known)
        && (&known.library, known.gate_version) == (&about.library, about.gate_version)
    {
        return Ok((findings, known));
    }
    for file in files_of(&path) {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    let text = serde_json::to_string(&about).unwrap_or_default();
    Ok((Findings::create(&path, &text)?, about))
}

/// A database and what SQLite keeps beside it.
fn files_of(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        PathBuf::from(file)
    })
}

/// Closing it takes its log in, so that it is one file that takes the place of the last.
pub(super) fn keep_as_latest(findings: Findings, folder: &Path) -> Result<(), UpkeepError> {
    drop(findings);
    for file in &files_of(&folder.join(LATEST))[1..] {
        let _ = std::fs::remove_file(file);
    }
    std::fs::rename(folder.join(NEXT), folder.join(LATEST))
        .map_err(|error| UpkeepError::Io(format!("{}: {error}", folder.display())))
}
