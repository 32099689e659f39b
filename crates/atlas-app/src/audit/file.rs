//! Audits one file: what it is, what its tables are for, its rows, copies among them, where its bytes are.

use std::path::{Path, PathBuf};

use atlas_domain::Standing;
use atlas_extract::GATE_VERSION;
use atlas_store::findings::Findings;
use atlas_store::maintenance::{ColumnBytes, FileFacts, Looking, Snapshot, Symlinks, Table};
use serde::{Deserialize, Serialize};

use super::duplicates::find_duplicates;
use super::judging::Judge;
use super::order::{AuditError, AuditOrder, Step, Watch};
use super::report::{Example, FileReport, TableReport, Totals};
use super::roles::{Role, Roles};
use super::table::{Counted, TableReader, read_table};

/// So many rows are shown for each table.
const EXAMPLES: usize = 12;
/// So many findings about the structure are kept.
const STRUCTURE_FINDINGS: usize = 100;

/// What was found, and where the findings are.
pub struct Audited {
    /// The report.
    pub report: FileReport,
    /// The tables that were judged: by their place in the findings.
    pub judged: Vec<(u32, Table)>,
    /// Row by row.
    pub findings: Findings,
}

/// By which findings are recognised as being about a file as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    path: PathBuf,
    size_bytes: u64,
    wal_bytes: u64,
    inode: (u64, u64),
    modified: Option<u128>,
    schema_version: i64,
    gate_version: u32,
    choices: String,
}

/// Audits the file at `path`.
pub fn audit_file(path: &Path, order: &AuditOrder, watch: &Watch<'_>) -> Result<Audited, AuditError> {
    let looking = Looking {
        symlinks: Symlinks::Follow,
        whose: order.whose,
        cancel: order.cancel.clone(),
        ..Looking::default()
    };
    let mut progress = Progress::new(path, watch);
    progress.say("looking at tables");
    let snapshot = Snapshot::open(path, looking).map_err(AuditError::of_look)?;
    let facts = snapshot.file().map_err(AuditError::of_look)?;
    let mut notes: Vec<String> = facts
        .damage
        .iter()
        .map(|damage| format!("damaged: {damage}"))
        .collect();
    let tables = snapshot.tables().map_err(AuditError::of_look)?;
    for table in &tables {
        notes.extend(
            table
                .trouble
                .iter()
                .map(|trouble| format!("{}: {trouble}", table.name)),
        );
    }
    let roles = Roles::find(&snapshot, tables, &order.choices)?;
    notes.extend_from_slice(&roles.notes);
    progress.rows_total = judged_rows(&roles);

    let (mut findings, is_resumed) = workplace(&facts, order)?;
    if order.resume && !is_resumed {
        notes.push("there was nothing to go on with, or the file has changed since: it was audited from the beginning".to_owned());
    }
    let reader = TableReader {
        snapshot: &snapshot,
        order,
        encoding: facts.encoding,
    };
    let mut judged = Vec::new();
    let mut counted = Vec::new();
    for (place, (table, role)) in roles.tables.iter().enumerate() {
        let place = place as u32;
        let Role::Content(columns) = role else {
            counted.push(None);
            continue;
        };
        progress.say(&format!("judging {}", table.name));
        let judge = Judge::new(table, columns, order.tree.as_deref());
        let before = progress.rows_done;
        let mut done = |rows: u64| progress.at(before + rows);
        let sums = read_table(&reader, (place, table), &judge, &mut findings, &mut done)?;
        progress.at(before + table.rows.unwrap_or(0));
        counted.push(Some(sums));
        judged.push((place, table.clone()));
    }
    for (place, table) in &judged {
        progress.say(&format!("comparing {}", table.name));
        if findings.noted(&compared(*place))?.is_none() {
            find_duplicates(&mut findings, *place)?;
            findings.note(&compared(*place), "")?;
        }
    }
    progress.say("measuring");
    let report = report(&snapshot, facts, roles, counted, Some(&findings), order, notes)?;
    Ok(Audited {
        report,
        judged,
        findings,
    })
}

/// What a file is and where its bytes are; its rows are not judged.
pub(crate) fn look_at_structure(order: &AuditOrder, path: &Path) -> Result<FileReport, AuditError> {
    let looking = Looking {
        whose: order.whose,
        cancel: order.cancel.clone(),
        ..Looking::default()
    };
    let snapshot = Snapshot::open(path, looking).map_err(AuditError::of_look)?;
    let facts = snapshot.file().map_err(AuditError::of_look)?;
    let tables = snapshot.tables().map_err(AuditError::of_look)?;
    let roles = Roles::without_content(tables);
    let counted = roles.tables.iter().map(|_| None).collect();
    report(&snapshot, facts, roles, counted, None, order, Vec::new())
}

fn compared(place: u32) -> String {
    format!("compared {place}")
}

fn judged_rows(roles: &Roles) -> u64 {
    let content = roles
        .tables
        .iter()
        .filter(|(_, role)| matches!(role, Role::Content(_)));
    content.map(|(table, _)| table.rows.unwrap_or(0)).sum()
}

/// Findings to go on with, if somebody wants that and they are about the same file as it is; otherwise new ones.
fn workplace(facts: &FileFacts, order: &AuditOrder) -> Result<(Findings, bool), AuditError> {
    let failed = |path: &Path, error: std::io::Error| AuditError::Workplace {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    let about = About::of(facts, order).map_err(|error| failed(&facts.path, error))?;
    let about = serde_json::to_string(&about).map_err(|error| AuditError::Wrong(error.to_string()))?;
    let name = blake3::hash(facts.path.as_os_str().as_encoded_bytes()).to_hex();
    let path = order.workplace.join(format!("findings-{}.db", &name[..16]));
    std::fs::create_dir_all(&order.workplace).map_err(|error| failed(&order.workplace, error))?;
    if order.resume
        && let Ok((findings, known)) = Findings::open(&path)
        && known == about
    {
        return Ok((findings, true));
    }
    for end in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&path, error)),
            _ => {}
        }
    }
    Ok((Findings::create(&path, &about)?, false))
}

impl About {
    fn of(facts: &FileFacts, order: &AuditOrder) -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(&facts.path)?;
        let since = |at: std::time::SystemTime| at.duration_since(std::time::UNIX_EPOCH).ok();
        Ok(Self {
            path: facts.path.clone(),
            size_bytes: facts.size_bytes,
            wal_bytes: facts.wal_bytes,
            inode: (metadata.dev(), metadata.ino()),
            modified: metadata.modified().ok().and_then(since).map(|at| at.as_nanos()),
            schema_version: facts.schema_version,
            gate_version: GATE_VERSION,
            choices: format!("{:?} {:?}", order.choices, order.tree),
        })
    }
}

fn report(
    snapshot: &Snapshot,
    facts: FileFacts,
    roles: Roles,
    counted: Vec<Option<Counted>>,
    findings: Option<&Findings>,
    order: &AuditOrder,
    mut notes: Vec<String>,
) -> Result<FileReport, AuditError> {
    let space = snapshot.bytes().map_err(AuditError::of_look)?;
    let integrity = snapshot
        .integrity(order.depth, STRUCTURE_FINDINGS)
        .map_err(AuditError::of_look)?;
    let (mut tables, mut totals) = (Vec::new(), Totals::default());
    for (place, ((table, role), counted)) in roles.tables.into_iter().zip(counted).enumerate() {
        let own = space.objects.iter().filter(|object| object.table == table.name);
        let pages = |wanted: fn(&atlas_store::maintenance::ObjectBytes) -> bool| -> u64 {
            own.clone()
                .filter(|object| wanted(object))
                .map(|object| object.pages)
                .sum()
        };
        let (bytes, index_bytes) = (
            pages(|_| true) * space.page_size_bytes,
            pages(|object| object.is_index) * space.page_size_bytes,
        );
        let judged = match (&counted, findings) {
            (Some(counted), Some(findings)) => {
                notes.extend(counted.why.iter().map(|why| format!("{}: {why}", table.name)));
                let sums = Totals::of(&findings.sums(place as u32)?, counted.unread);
                totals.add(&sums);
                Some(sums)
            }
            _ => None,
        };
        let examples = match (&judged, findings) {
            (Some(_), Some(findings)) => examples(findings, place as u32)?,
            _ => Vec::new(),
        };
        let columns = match counted {
            Some(counted) => counted.columns,
            None if table.holds_records() => column_bytes(snapshot, &table, &mut notes)?,
            None => Vec::new(),
        };
        tables.push(TableReport {
            name: table.name,
            role,
            rows: table.rows,
            bytes,
            index_bytes,
            columns,
            totals: judged,
            examples,
        });
    }
    tables.sort_by(|one, two| two.bytes.cmp(&one.bytes).then_with(|| one.name.cmp(&two.name)));
    Ok(FileReport {
        file: facts,
        totals,
        space,
        tables,
        integrity,
        orphans: roles.orphans,
        notes,
    })
}

/// Of a table that was not judged.
fn column_bytes(
    snapshot: &Snapshot,
    table: &Table,
    notes: &mut Vec<String>,
) -> Result<Vec<ColumnBytes>, AuditError> {
    match snapshot
        .column_bytes(table, &mut |_| {})
        .map_err(AuditError::of_look)
    {
        Ok(sums) => Ok(sums.columns),
        Err(AuditError::Interrupted) => Err(AuditError::Interrupted),
        Err(error) => {
            notes.push(format!("{}: {error}", table.name));
            Ok(Vec::new())
        }
    }
}

fn examples(findings: &Findings, place: u32) -> Result<Vec<Example>, AuditError> {
    let page = findings.examples(place, Standing::Suspect, EXAMPLES)?;
    let shown = page.into_iter().map(|found| Example {
        key: found.key,
        reasons: found.criteria,
        verdict: found.standing,
        confidence: found.confidence,
        survivor: found.survivor.map(|better| better.key),
    });
    Ok(shown.collect())
}

/// Tells whoever watches.
struct Progress<'w> {
    file: &'w Path,
    watch: &'w Watch<'w>,
    what: String,
    rows_done: u64,
    rows_total: u64,
}

impl<'w> Progress<'w> {
    fn new(file: &'w Path, watch: &'w Watch<'w>) -> Self {
        Self {
            file,
            watch,
            what: String::new(),
            rows_done: 0,
            rows_total: 0,
        }
    }

    fn say(&mut self, what: &str) {
        what.clone_into(&mut self.what);
        self.tell();
    }

    fn at(&mut self, rows: u64) {
        self.rows_done = rows;
        self.tell();
    }

    fn tell(&self) {
        (self.watch)(Step {
            file: self.file,
            what: &self.what,
            rows_done: self.rows_done,
            rows_total: self.rows_total,
        });
    }
}
