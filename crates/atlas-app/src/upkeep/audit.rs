//! The audit of the library: every item judged, copies found, and where the bytes of the file are. It goes through the library
//! page by page and goes on where it was interrupted; what it found lies beside the library until the next one is done.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use atlas_domain::{LibraryIdentity, Standing, Timestamp, UserId};
use atlas_extract::GATE_VERSION;
use atlas_store::findings::{Finding, Findings, Quality, Reached};
use atlas_store::maintenance::{Depth, Key, Whose};
use atlas_store::{AuditedItem, AuditedPage};
use serde::{Deserialize, Serialize};

use super::judge::{Judged, judge_item};
use super::{UpkeepError, apart};
use crate::audit::{
    AuditOrder, AuditReport, ContentColumns, FileReport, Role, Totals, address_mark, find_duplicates,
    look_at_structure, text_marks,
};
use crate::jobs::JobContext;
use crate::signals::AuditProgress;

/// Items of a page. Between pages others have their turn.
const PAGE: u32 = 100;
/// The table whose rows are judged.
const TABLE: &str = "item";

/// Sooner, one audit says nothing about how a library has grown since the other.
const COMPARED_AFTER: Duration = Duration::from_hours(24);

/// Where the findings of the last audit lie.
pub(crate) const LATEST: &str = "latest.db";
/// Where those of the one lie that is under way.
const NEXT: &str = "next.db";

/// By which an audit that was interrupted is recognised.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    library: LibraryIdentity,
    gate_version: u32,
    began_at: i64,
}

/// What could not be looked at, kept with how far an audit came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Missed {
    items: u64,
    why: Vec<String>,
}

/// Audits the items of `user`, and keeps what was found.
pub(crate) async fn audit_library(context: &JobContext, user: UserId) -> Result<AuditReport, UpkeepError> {
    let folder = context.dir.audit();
    let identity = context.library().identity().clone();
    let now = context.now();
    let (mut findings, about) = {
        let folder = folder.clone();
        apart(move || begin(&folder, &identity, now.as_millis())).await?
    };
    let progress = context.signals.audit();
    let total = context.library().audited_total(user).await?;
    let place = place_of(user);
    let (mut reached, mut missed) = {
        let reached = findings.reached(place)?.unwrap_or_default();
        let missed: Missed = serde_json::from_str(&reached.more).unwrap_or_default();
        (reached, missed)
    };
    while !reached.is_over {
        progress.tell(AuditProgress {
            what: "judging items".to_owned(),
            items_done: reached.rows_done,
            items_total: total,
        });
        let after = match &reached.after {
            Some(Key::Rowid(row)) => *row,
            _ => 0,
        };
        let page = context.library().audited_page(user, after, PAGE).await?;
        let judged = judge_page(context, user, &page, &mut missed).await?;
        reached = Reached {
            after: page.next.map(Key::Rowid).or(reached.after),
            rows_done: reached.rows_done + (page.items.len() + page.unreadable.len()) as u64,
            is_over: page.next.is_none(),
            more: serde_json::to_string(&missed).unwrap_or_default(),
        };
        let so_far = reached.clone();
        findings = apart(move || {
            findings.put(place, &judged, &so_far)?;
            Ok::<_, UpkeepError>(findings)
        })
        .await?;
    }
    progress.tell(AuditProgress {
        what: "measuring the file".to_owned(),
        items_done: reached.rows_done,
        items_total: total,
    });
    let (library_db, ended_at) = (context.dir.library_db(), context.now());
    let report = apart(move || {
        find_duplicates(&mut findings, place)?;
        let mut structure = look_at_structure(&structure_order(&library_db), &library_db)?;
        let totals = judged_totals(&findings, place, &missed)?;
        tell_judged(&mut structure, totals.clone(), missed);
        let report = AuditReport::of_one(structure, Timestamp::from_millis(about.began_at), ended_at);
        findings.note("report", &serde_json::to_string(&report).unwrap_or_default())?;
        let summary = AuditSummary::of(&report, ended_at, summary_of(&folder)?.as_ref());
        findings.note("summary", &serde_json::to_string(&summary).unwrap_or_default())?;
        keep_as_latest(findings, &folder)?;
        Ok::<_, UpkeepError>(report)
    })
    .await;
    progress.end();
    report
}

/// The report of the last audit; none if there was none. Blocks.
pub(crate) fn report_of(folder: &Path) -> Result<Option<AuditReport>, UpkeepError> {
    let path = folder.join(LATEST);
    if !path.exists() {
        return Ok(None);
    }
    let (findings, _) = Findings::open(&path)?;
    let report = findings.noted("report")?;
    Ok(report.and_then(|report| serde_json::from_str(&report).ok()))
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
    fn of(report: &AuditReport, ended_at: Timestamp, before: Option<&Self>) -> Self {
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
    let path = folder.join(LATEST);
    if !path.exists() {
        return Ok(None);
    }
    let summary = Findings::open(&path)?.0.noted("summary")?;
    Ok(summary.and_then(|summary| serde_json::from_str(&summary).ok()))
}

/// Findings keep tables apart by a number; here they keep people apart.
pub(super) fn place_of(user: UserId) -> u32 {
    user.0 as u32
}

/// Goes on with an audit of the same library by the same gate, or begins one.
fn begin(folder: &Path, library: &LibraryIdentity, now: i64) -> Result<(Findings, About), UpkeepError> {
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
fn keep_as_latest(findings: Findings, folder: &Path) -> Result<(), UpkeepError> {
    drop(findings);
    for file in &files_of(&folder.join(LATEST))[1..] {
        let _ = std::fs::remove_file(file);
    }
    std::fs::rename(folder.join(NEXT), folder.join(LATEST))
        .map_err(|error| UpkeepError::Io(format!("{}: {error}", folder.display())))
}

async fn judge_page(
    context: &JobContext,
    user: UserId,
    page: &AuditedPage,
    missed: &mut Missed,
) -> Result<Vec<Finding>, UpkeepError> {
    for (row, why) in &page.unreadable {
        missed.tell(format!("row {row} of `{TABLE}`: {why}"));
    }
    let mut findings = Vec::with_capacity(page.items.len());
    for item in &page.items {
        match judge_item(&context.ingest, user, item).await? {
            Some(judged) => findings.push(finding(item, &judged)),
            None => missed.tell(format!("the gate failed on item {}", item.id)),
        }
    }
    Ok(findings)
}

fn finding(item: &AuditedItem, judged: &Judged) -> Finding {
    let may_be_copy = judged.standing != Standing::Junk && !item.keep_always;
    let (text_hash, signature) = text_marks(&item.text);
    Finding {
        key: Key::Rowid(item.row),
        row_hash: item.stamp,
        criteria: judged.criteria,
        standing: judged.standing,
        confidence: judged.confidence,
        bytes: item.bytes,
        quality: Quality {
            words: item.words,
            filled: item.filled,
            saved: Some(format!("{:020}", item.saved_at.as_millis())),
        },
        text_hash: may_be_copy.then_some(text_hash),
        url_hash: may_be_copy.then(|| address_mark(&item.canonical_url)),
        signature: if may_be_copy { signature } else { None },
    }
}

impl Missed {
    fn tell(&mut self, why: String) {
        const MOST: usize = 5;
        self.items += 1;
        if self.why.len() < MOST {
            self.why.push(why);
        }
    }
}

fn structure_order(library_db: &Path) -> AuditOrder {
    AuditOrder {
        paths: vec![library_db.to_owned()],
        tree: None,
        workplace: PathBuf::new(),
        whose: Whose::Own,
        depth: Depth::Quick,
        choices: std::collections::BTreeMap::new(),
        resume: false,
        workers: 1,
        cancel: Arc::new(AtomicBool::new(false)),
    }
}

fn judged_totals(findings: &Findings, place: u32, missed: &Missed) -> Result<Totals, UpkeepError> {
    Ok(Totals::of(&findings.sums(place)?, missed.items))
}

/// Puts what was judged where the report has it for any other file.
fn tell_judged(file: &mut FileReport, totals: Totals, missed: Missed) {
    file.totals = totals.clone();
    file.notes.extend(missed.why);
    if let Some(table) = file.tables.iter_mut().find(|table| table.name == TABLE) {
        table.totals = Some(totals);
        table.role = Role::Content(ContentColumns {
            body: "document.text".to_owned(),
            title: Some("title".to_owned()),
            url: Some("canonical_url".to_owned()),
            date: Some("saved_at".to_owned()),
            ..ContentColumns::default()
        });
    }
}
