//! The audit: looks at any SQLite file without changing it, judges every row with the junk gate of ingestion, and tells
//! where the bytes are, what is junk and why. Nothing here deletes, and nothing here knows a class of junk: what the gate
//! lacks is added to the gate.

mod content;
mod duplicates;
mod file;
mod html;
mod judging;
mod names;
mod near;
mod order;
mod report;
mod roles;
mod sample;
mod table;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use atlas_domain::Clock;
use atlas_extract::GATE_VERSION;
use atlas_store::maintenance::LookError;

use self::tree::audit_tree;

pub(crate) use duplicates::find_duplicates;
pub(crate) use file::look_at_structure;
pub use file::{Audited, audit_file};
pub use html::html;
pub(crate) use judging::{address_mark, criteria_of, text_marks};
pub use order::{AuditError, AuditOrder, Step, Watch};
pub use report::{
    AuditReport, Combination, Example, FileReport, ReasonRows, Refused, SCHEMA_VERSION, TableReport, Totals,
};
pub use roles::{Choice, ContentColumns, Followed, Role};
pub use tree::{Class, TreeReport};

/// Audits every file that `order` names, one after another. What cannot be looked at is told and does not stop the rest.
pub fn audit(order: &AuditOrder, clock: &dyn Clock, watch: &Watch<'_>) -> Result<AuditReport, AuditError> {
    let began_at = clock.now();
    let (paths, mut refused) = databases(&order.paths);
    let (mut files, mut totals) = (Vec::new(), Totals::default());
    for path in &paths {
        match audit_file(path, order, watch) {
            Ok(audited) => {
                totals.add(&audited.report.totals);
                files.push(audited.report);
                audited.findings.remove();
            }
            Err(AuditError::Look(error)) => refused.push(Refused {
                path: path.clone(),
                why: error.to_string(),
            }),
            Err(error) => return Err(error),
        }
    }
    let tree = order
        .tree
        .as_deref()
        .map(|root| audit_tree(root, &files, order))
        .transpose()?;
    let ended_at = clock.now();
    Ok(AuditReport {
        tree,
        schema_version: SCHEMA_VERSION,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        gate_version: GATE_VERSION,
        began_at,
        took_ms: ended_at.since(began_at).as_millis() as u64,
        totals,
        bytes: bytes_by_table(&files),
        files,
        refused,
    })
}

/// The files that are meant: those that are named, and databases in directories that are named, not below them.
fn databases(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Refused>) {
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        match in_directory(path) {
            Ok(found) if found.is_empty() => refused.push(Refused {
                path: path.clone(),
                why: format!("there is no SQLite database in the directory {}", path.display()),
            }),
            Ok(found) => files.extend(found),
            Err(error) => refused.push(Refused {
                path: path.clone(),
                why: LookError::of_directory(path, &error).to_string(),
            }),
        }
    }
    (files, refused)
}

fn in_directory(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_file() && begins_like_a_database(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn begins_like_a_database(path: &Path) -> bool {
    use std::io::Read;
    let mut beginning = [0; 16];
    std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut beginning).is_ok())
        && &beginning == b"SQLite format 3\0"
}

fn bytes_by_table(files: &[FileReport]) -> BTreeMap<String, u64> {
    let mut bytes = BTreeMap::new();
    for file in files {
        let name = |table: &str| {
            if files.len() == 1 {
                return table.to_owned();
            }
            let file = file.file.path.file_name().unwrap_or_default();
            format!("{}:{table}", file.to_string_lossy())
        };
        let page = file.space.page_size_bytes;
        let mut of_tables = 0;
        for table in file.tables.iter().filter(|table| table.bytes > 0) {
            of_tables += table.bytes;
            bytes.insert(name(&table.name), table.bytes);
        }
        let free = file.space.free_pages * page;
        bytes.insert(name("(free)"), free);
        bytes.insert(
            name("(other)"),
            (file.space.pages * page).saturating_sub(of_tables + free),
        );
    }
    bytes
}
