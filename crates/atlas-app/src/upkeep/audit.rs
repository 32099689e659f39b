//! The audit of the library: every item judged, copies found, and where the bytes of the file are. It goes through the library
//! page by page and goes on where it was interrupted; what it found lies beside the library until the next one is done.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use atlas_domain::{Standing, Timestamp, UserId};
use atlas_store::findings::{Finding, Findings, Quality, Reached};
use atlas_store::maintenance::{Depth, Key, Whose};
use atlas_store::{AuditedItem, AuditedPage};
use serde::{Deserialize, Serialize};

use super::found::{AuditSummary, begin, keep_as_latest, place_of, summary_of};
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
    let _under_way = progress.begin();
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
    apart(move || {
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
    .await
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
