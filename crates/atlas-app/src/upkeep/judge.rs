//! Judges an item of the library by what ingestion would judge it by: the bytes it was made from. Where these are gone, its
//! text has to do.

use atlas_domain::{Criteria, Criterion, Decision, Standing, UserId, Verdict};
use atlas_extract::{
    BodyInput, BodyKind, Engine, Extracted, FetchSignals, GATE_VERSION, PageInput, assess, judge, read_body,
};
use atlas_store::{AuditedItem, StoreError};
use tokio::task::spawn_blocking;

use crate::audit::criteria_of;
use crate::ingest::Ingest;

/// What was found out about an item.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) standing: Standing,
    pub(super) confidence: f32,
    pub(super) criteria: Criteria,
    /// What the gate said, where it was asked.
    pub(super) verdict: Option<Verdict>,
}

impl Judged {
    fn kept() -> Self {
        Self {
            standing: Standing::Keep,
            confidence: 1.0,
            criteria: Criteria::NONE,
            verdict: None,
        }
    }

    fn of(verdict: Verdict) -> Self {
        let assessment = assess(&verdict);
        Self {
            standing: assessment.standing,
            confidence: assessment.confidence,
            criteria: criteria_of(&verdict),
            verdict: Some(verdict),
        }
    }
}

/// Judges an item; `None` if our own fault kept us from it. What this version of the gate has accepted is not asked again:
/// the same bytes come to the same verdict.
pub(super) async fn judge_item(
    ingest: &Ingest,
    user: UserId,
    item: &AuditedItem,
) -> Result<Option<Judged>, StoreError> {
    if item.keep_always {
        return Ok(Some(Judged::kept()));
    }
    if item.text.trim().is_empty() {
        let judged = by_text(item).await;
        return Ok(judged.map(|judged| Judged {
            standing: Standing::Junk,
            criteria: judged.criteria.with(Criterion::Empty),
            confidence: 1.0,
            ..judged
        }));
    }
    match item.judged {
        Some((Decision::Accept | Decision::Partial, GATE_VERSION)) => Ok(Some(Judged::kept())),
        _ => judge_anew(ingest, user, item).await,
    }
}

/// Judges an item whatever was said of it before.
pub(super) async fn judge_anew(
    ingest: &Ingest,
    user: UserId,
    item: &AuditedItem,
) -> Result<Option<Judged>, StoreError> {
    Ok(match by_bytes(ingest, user, item).await? {
        Some(judged) => Some(judged),
        None => by_text(item).await,
    })
}

async fn by_bytes(ingest: &Ingest, user: UserId, item: &AuditedItem) -> Result<Option<Judged>, StoreError> {
    let kept = ingest.library.snapshot_to_reprocess(user, item.id).await?;
    let Some((hash, snapshot)) = kept.and_then(|kept| Some((kept.body_hash?, kept))) else {
        return Ok(None);
    };
    if snapshot.id != item.snapshot {
        return Ok(None); // bytes of another try say nothing about this content
    }
    let bytes = match ingest.library.blob(hash).await {
        Err(StoreError::Blob { .. }) => return Ok(None),
        other => other?,
    };
    let _under_way = ingest.bodies.hold(bytes.len());
    let input = PageInput {
        bytes,
        url: Some(snapshot.final_url.clone()),
        content_type: snapshot.content_type.clone(),
        engine: Engine::Selected,
    };
    Ok(match ingest.extractor.extract(input).await {
        Ok(extracted) => Some(Judged::of(judge(&FetchSignals::of(&snapshot), &extracted))),
        Err(error) => {
            tracing::warn!(item = %item.id, %error, "an item could not be extracted again; its text is judged");
            None
        }
    })
}

async fn by_text(item: &AuditedItem) -> Option<Judged> {
    let (text, title, url) = (item.text.clone(), item.title.clone(), item.canonical_url.clone());
    let read = move || -> (FetchSignals, Extracted) {
        let extracted = read_body(&BodyInput {
            body: text.as_bytes(),
            title: title.as_deref(),
            url: Some(&url),
            kind: BodyKind::Page,
        });
        (FetchSignals::given(Some(&url)), extracted)
    };
    // A body may be anything. Should the gate fail on one, that speaks against no item.
    let (fetch, extracted) = spawn_blocking(read).await.ok()?;
    Some(Judged::of(judge(&fetch, &extracted)))
}
