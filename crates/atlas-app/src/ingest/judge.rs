//! Step 6: ask the junk gate, and follow it unless the owner has said otherwise. The gate itself is
//! `atlas_extract::quality`.

use atlas_domain::{
    Article, CanonicalUrl, Decision, JunkClass, LinkReason, Outcome, Snapshot, SnapshotId, Strategy, Verdict,
};
use atlas_extract::FetchSignals;
use url::Url;

use super::Ingest;
use super::extract::ExtractedPage;
use super::run::{Exit, NoContent, Run};

/// Content that is to be committed.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) snapshot_id: SnapshotId,
    pub(super) verdict: Verdict,
    pub(super) article: Article,
    pub(super) addresses: Vec<CanonicalUrl>,
    /// Which strategy brought it.
    pub(super) strategy: Strategy,
}

impl Ingest {
    #[expect(clippy::unused_self, reason = "a step of the story, like the others")]
    pub(super) fn judge(&self, run: &mut Run, page: ExtractedPage) -> Result<Judged, Exit> {
        run.enter("judge");
        let ExtractedPage { snapshot, extracted } = page;
        let verdict = atlas_extract::judge(&FetchSignals::of(&snapshot), &extracted);
        let addresses = addresses(&snapshot);
        let strategy = match snapshot.strategy {
            // Of the page itself, but not what a visitor sees of it.
            Strategy::Direct if extracted.from_data.is_some() => Strategy::Embedded,
            other => other,
        };
        let overruled = run.keep_always && !extracted.article.text.trim().is_empty();
        let outcome = match verdict.decision {
            Decision::Accept | Decision::Partial => None,
            _ if overruled => None,
            _ => refused(snapshot.status, &verdict),
        };
        match outcome {
            None => Ok(Judged {
                snapshot_id: snapshot.id,
                verdict,
                article: extracted.article,
                addresses,
                strategy,
            }),
            Some(outcome) => Err(Exit::NoContent(Box::new(NoContent {
                outcome,
                snapshot_id: Some(snapshot.id),
                verdict: Some(verdict),
                addresses,
            }))),
        }
    }
}

/// Where the page turned out to be, unless a copy of it was had elsewhere. Where it says it is (`rel=canonical`) is no
/// identity: many a template says the same of every page. Two addresses of one page have the same content, and are
/// found by that.
fn addresses(snapshot: &Snapshot) -> Vec<CanonicalUrl> {
    if snapshot.strategy.is_elsewhere() {
        return Vec::new();
    }
    Url::parse(&snapshot.final_url)
        .map(|url| CanonicalUrl::of(&url))
        .into_iter()
        .collect()
}

/// A page that the gate does not accept. Behind an error status there is nothing to keep but the link.
fn refused(status: u16, verdict: &Verdict) -> Option<Outcome> {
    let link = |reason, message| Some(Outcome::LinkOnly { reason, message });
    match status {
        404 | 410 => {
            let message = format!("the page is gone: the server answered {status}");
            return link(LinkReason::Gone, message);
        }
        401 | 402 | 403 | 451 => {
            let message = format!("the server does not let Atlas in: it answered {status}");
            return link(LinkReason::Blocked, message);
        }
        400.. => return link(LinkReason::Dead, format!("the server answered {status}")),
        _ => {}
    }
    match verdict.decision {
        Decision::Accept | Decision::Partial => None,
        Decision::Quarantine => Some(quarantined(verdict)),
        Decision::Reject => Some(Outcome::Rejected {
            reason: class_of(verdict).to_owned(),
            message: format!("is a {}", page_of(verdict)),
        }),
    }
}

/// The quarantine of a page that the gate does not accept.
pub(crate) fn quarantined(verdict: &Verdict) -> Outcome {
    Outcome::Quarantined {
        reason: class_of(verdict).to_owned(),
        message: format!("looks like a {}", page_of(verdict)),
    }
}

fn class_of(verdict: &Verdict) -> &'static str {
    verdict.class.map_or("unknown", JunkClass::as_str)
}

/// What kind of page it is, and what says so.
fn page_of(verdict: &Verdict) -> String {
    let evidence = verdict
        .reasons
        .iter()
        .find(|reason| reason.class.is_some())
        .map(|reason| format!(": {}", reason.evidence));
    let kind = class_of(verdict).replace('_', " ");
    format!("{kind} page{}", evidence.unwrap_or_default())
}
