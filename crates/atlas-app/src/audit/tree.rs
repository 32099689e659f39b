//! The files beside databases: which of them no row knows, which rows have lost theirs, and what a failed fetch has left.
//! Knows the predecessor's layout: `content/KIND/YYYY/MM/DD/ID/` with `content.md`, where ID is the first 16 digits of the
//! SHA-256 of the address, and transcripts as single files. Reads only, and follows no link out of the tree.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use atlas_domain::Standing;
use atlas_extract::{BodyInput, BodyKind, FetchSignals, assess, judge, read_body};
use atlas_store::maintenance::{Looking, RowLimits, Snapshot, Value};
use serde::{Deserialize, Serialize};

use super::order::{AuditError, AuditOrder};
use super::report::FileReport;
use super::roles::{ContentColumns, Role};

/// So much of a text is read to judge it.
const JUDGED_BYTES: u64 = 256 * 1024;
/// So many are named of each class.
const EXAMPLES: usize = 5;
/// Digits of an ID.
const ID_DIGITS: usize = 16;

/// What was found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TreeReport {
    /// The tree.
    pub root: PathBuf,
    /// Texts that a row knows, and that are no junk.
    pub with_row: Class,
    /// Texts that no row knows, and that are no junk: perhaps the only copies.
    pub without_row: Class,
    /// What a failed fetch has left: error pages and the like.
    pub failed: Class,
    /// Texts without a word.
    pub empty: Class,
    /// Everything else: pictures, metadata, pages as they came.
    pub other: Class,
    /// Rows that name a file, or have an address whose files would be known.
    pub rows_with_place: u64,
    /// Those whose file is not there.
    pub rows_without_file: u64,
    /// Some of the paths that rows name, of files that are not there.
    pub missing: Vec<String>,
    /// What could not be read.
    pub unreadable: Vec<String>,
}

/// Files of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Some of them.
    pub examples: Vec<PathBuf>,
}

/// What rows know of.
#[derive(Default)]
struct Known {
    /// By ID: from a path, or computed from an address.
    ids: HashSet<u64>,
    /// By the end of a path: hash of the name of the folder and the file.
    paths: HashSet<u64>,
}

/// Compares the tree with the rows of files that were audited.
pub(super) fn audit_tree(
    root: &Path,
    files: &[FileReport],
    order: &AuditOrder,
) -> Result<TreeReport, AuditError> {
    if !root.is_dir() {
        return Err(AuditError::Wrong(format!(
            "{} is no directory: name the one with the files",
            root.display()
        )));
    }
    let mut report = TreeReport {
        root: root.to_owned(),
        ..TreeReport::default()
    };
    let mut known = Known::default();
    for file in files {
        for table in &file.tables {
            if let Role::Content(columns) = &table.role {
                ask_rows(
                    &file.file.path,
                    &table.name,
                    columns,
                    order,
                    &mut known,
                    &mut report,
                )?;
            }
        }
    }
    walk(root, &known, order, &mut report)?;
    Ok(report)
}

/// Learns from each row of a table which files it has, and looks whether those are there that it names.
fn ask_rows(
    path: &Path,
    table: &str,
    columns: &ContentColumns,
    order: &AuditOrder,
    known: &mut Known,
    report: &mut TreeReport,
) -> Result<(), AuditError> {
    let wanted: Vec<String> = [&columns.path, &columns.url]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let looking = Looking {
        whose: order.whose,
        cancel: order.cancel.clone(),
        ..Looking::default()
    };
    let snapshot = Snapshot::open(path, looking).map_err(AuditError::of_look)?;
    let tables = snapshot.tables().map_err(AuditError::of_look)?;
    let Some(table) = tables.iter().find(|known| known.name == table) else {
        return Ok(());
    };
    let mut stream = snapshot
        .rows(table, &wanted, None, RowLimits::default())
        .map_err(AuditError::of_look)?;
    while let Some(batch) = stream.next_batch().map_err(AuditError::of_look)? {
        for row in batch.rows {
            let mut values = row.values.iter();
            let place = columns.path.as_ref().and_then(|_| values.next()).and_then(text);
            let url = columns.url.as_ref().and_then(|_| values.next()).and_then(text);
            if let Some(url) = url {
                known.ids.insert(id_of_address(&url));
            }
            if let Some(place) = place {
                report.rows_with_place += 1;
                known.learn(Path::new(&place));
                if !is_there(&report.root, &place) {
                    report.rows_without_file += 1;
                    if report.missing.len() < EXAMPLES {
                        report.missing.push(place);
                    }
                }
            }
        }
    }
    Ok(())
}

impl Known {
    fn learn(&mut self, path: &Path) {
        self.ids.extend(id_in(path));
        self.paths.insert(end_of(path));
    }

    fn has(&self, path: &Path) -> bool {
        id_in(path).map_or_else(|| self.paths.contains(&end_of(path)), |id| self.ids.contains(&id))
    }
}

/// Whether a path that a row names leads somewhere: below the tree, or beside it where the tree is the folder it begins with.
pub(super) fn is_there(root: &Path, place: &str) -> bool {
    let relative = Path::new(place.trim_start_matches(['/', '.']));
    let below = relative
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    below
        && (root.join(relative).is_file()
            || root
                .parent()
                .is_some_and(|parent| parent.join(relative).is_file()))
}

fn walk(root: &Path, known: &Known, order: &AuditOrder, report: &mut TreeReport) -> Result<(), AuditError> {
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        if order.cancel.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(AuditError::Interrupted);
        }
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                report.unreadable.push(format!("{}: {error}", folder.display()));
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            // Of the link itself: what it leads to is not in the tree.
            let Ok(metadata) = std::fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                open.push(path);
            } else if metadata.is_file() {
                sort(&path, metadata.len(), known, report);
            }
        }
    }
    Ok(())
}

/// Puts a file where it belongs.
fn sort(path: &Path, bytes: u64, known: &Known, report: &mut TreeReport) {
    let is_text = path
        .extension()
        .is_some_and(|end| ["md", "txt"].iter().any(|known| end.eq_ignore_ascii_case(known)));
    let standing = if is_text { standing(path) } else { Ok(None) };
    let class = match standing {
        _ if !is_text => &mut report.other,
        Ok(None) => &mut report.empty,
        Ok(Some(Standing::Junk)) => &mut report.failed,
        Ok(Some(_)) if known.has(path) => &mut report.with_row,
        Ok(Some(_)) => &mut report.without_row,
        Err(error) => {
            report.unreadable.push(format!("{}: {error}", path.display()));
            return;
        }
    };
    class.files += 1;
    class.bytes += bytes;
    if class.examples.len() < EXAMPLES {
        class
            .examples
            .push(path.strip_prefix(&report.root).unwrap_or(path).to_owned());
    }
}

/// What the gate says of a text; nothing where there is none.
fn standing(path: &Path) -> std::io::Result<Option<Standing>> {
    let mut body = Vec::new();
    std::fs::File::open(path)?
        .take(JUDGED_BYTES)
        .read_to_end(&mut body)?;
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let extracted = read_body(&BodyInput {
        body: &body,
        title: None,
        url: None,
        kind: BodyKind::Page,
    });
    let verdict = judge(&FetchSignals::given(None), &extracted);
    Ok(Some(assess(&verdict).standing))
}

/// The ID in a path: a part of 16 hexadecimal digits.
fn id_in(path: &Path) -> Option<u64> {
    path.components().rev().find_map(|part| {
        let part = part.as_os_str().to_str()?;
        let is_id = part.len() == ID_DIGITS && part.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_id.then(|| u64::from_str_radix(part, 16).ok()).flatten()
    })
}

/// The ID of an address: the first 16 digits of its SHA-256.
fn id_of_address(url: &str) -> u64 {
    let digest = ring::digest::digest(&ring::digest::SHA256, url.as_bytes());
    let (first, _rest) = digest.as_ref().split_at(8);
    first.iter().fold(0, |id, byte| id << 8 | u64::from(*byte))
}

/// By which single files are known: their name and that of the two folders above, whatever the path begins with.
fn end_of(path: &Path) -> u64 {
    let parts: Vec<_> = path.components().rev().take(3).collect();
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_os_str().as_encoded_bytes()).update(b"/");
    }
    let hash = hasher.finalize();
    hash.as_bytes()[..8]
        .iter()
        .fold(0, |end, byte| end << 8 | u64::from(*byte))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(bytes) if !bytes.trim_ascii().is_empty() => {
            Some(String::from_utf8_lossy(bytes).trim().to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_id_that_the_predecessor_gave_it() {
        // sha256("abc") = ba7816bf8f01cfea…, FIPS 180-2, appendix B.1
        assert_eq!(id_of_address("abc"), 0xba78_16bf_8f01_cfea);
        assert_eq!(
            id_in(Path::new(
                "content/article/2024/05/17/ba7816bf8f01cfea/content.md"
            )),
            Some(0xba78_16bf_8f01_cfea)
        );
        assert_eq!(id_in(Path::new("content/article/2024/ba7816bf/content.md")), None);
    }

    #[test]
    fn a_path_that_leads_out_of_the_tree_is_nowhere() {
        assert!(!is_there(Path::new("/"), "content/../etc/passwd"));
    }
}
