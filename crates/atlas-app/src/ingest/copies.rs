//! Step 7: where the page brought little or nothing, look for a better copy: the variants that it names, then an
//! archive.
//!
//! A copy is asked for once, and its failure is never the item's: the reason stays in the steps. It replaces what there
//! is only if it is content and more than that. The item keeps its own address, whoever had the copy.

use atlas_domain::{
    CopyPlace, CopyRequest, Decision, Fetched, ItemState, JunkClass, LinkReason, Outcome, Strategy,
    StrategyStep,
};
use atlas_extract::VariantKind;
use url::Url;

use super::Ingest;
use super::extract::ExtractedPage;
use super::judge::Judged;
use super::run::{Exit, Run};
use super::variants::{Refused, check_origin, permitted};

/// A copy with so much less text than the other is not the better one, whatever the gate says: one in so many words.
const MUCH_SHORTER: u32 = 2;

/// Who may still have something better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    variants: bool,
    archive: bool,
}

/// A copy, judged, and the answer that it was in.
type Copy = (Judged, Fetched);

impl Ingest {
    pub(super) async fn or_a_better_copy(
        &self,
        run: &mut Run,
        page: Result<Judged, Exit>,
    ) -> Result<Judged, Exit> {
        let was_judged = match &page {
            Ok(_) => true,
            Err(Exit::NoContent(end)) => end.verdict.is_some(),
            Err(_) => false,
        };
        if was_judged {
            run.explain(&page);
        }
        let stage = run.stage();
        let link_only = run.steps.pop_if(|step| step.strategy == Strategy::LinkOnly);
        let mut best = page;
        for strategy in [Strategy::Amp, Strategy::Print, Strategy::Archive] {
            if let Some(place) = self.wanted_place(run, &best, strategy) {
                let copy = self.copy(run, place).await;
                best = self.better(run, best, copy).await;
            }
        }
        if best.is_err() {
            run.steps.extend(link_only);
            run.enter(stage);
        }
        best
    }

    /// Where to ask next. What a page names and may not be asked for is refused here, with the reason.
    fn wanted_place(
        &self,
        run: &mut Run,
        best: &Result<Judged, Exit>,
        strategy: Strategy,
    ) -> Option<CopyPlace> {
        // Whoever gives a page does not want anybody to be asked; and what the library has whole, under this address or
        // another, cannot get better.
        let has_it_whole = matches!(run.has, Some(ItemState::Stored | ItemState::Duplicate));
        if run.given_html.is_some() || has_it_whole {
            return None;
        }
        let wanted = Wanted::of(best);
        let kind = match strategy {
            Strategy::Amp if wanted.variants => VariantKind::Amp,
            Strategy::Print if wanted.variants => VariantKind::Print,
            Strategy::Archive if wanted.archive && self.fetcher.has_archive() => {
                return Some(CopyPlace::Archive);
            }
            _ => return None,
        };
        let variant = run.variants.iter().find(|variant| variant.kind == kind)?;
        match permitted(&variant.url, run.page.as_ref()?, strategy) {
            Ok(url) if kind == VariantKind::Amp => Some(CopyPlace::Amp(url)),
            Ok(url) => Some(CopyPlace::Print(url)),
            Err(Refused { code, message }) => {
                run.steps.push(StrategyStep {
                    message,
                    ..StrategyStep::without_hops(strategy, code)
                });
                None
            }
        }
    }

    /// Takes the same steps as the page itself, but keeps nothing yet.
    async fn copy(&self, run: &mut Run, place: CopyPlace) -> Result<Copy, Exit> {
        let fetched = self.fetch_copy(run, place).await?;
        let held = self.hold(run, &fetched);
        let readable = self.require_readable(run, held)?;
        let extracted = self.extract(run, readable).await?;
        require_same_page(run, &extracted)?;
        let judged = self.judge(run, extracted)?;
        Ok((judged, fetched))
    }

    async fn fetch_copy(&self, run: &mut Run, place: CopyPlace) -> Result<Fetched, Exit> {
        run.enter("fetch");
        let request = CopyRequest {
            page: run
                .address
                .clone()
                .ok_or_else(|| no_copy("the page has no address"))?,
            place,
            spent: run.steps.iter().map(StrategyStep::spent).sum(),
        };
        match self.fetcher.fetch_copy(&request).await {
            Ok(fetched) => {
                run.steps.extend(fetched.steps.iter().cloned());
                if (200..300).contains(&fetched.status) {
                    return Ok(fetched);
                }
                Err(no_copy(format!(
                    "there is none: the answer was {}",
                    fetched.status
                )))
            }
            Err(error) => {
                run.steps.extend(error.steps);
                Err(no_copy("")) // the step has the message
            }
        }
    }

    /// The better of the two. Only the bytes of a copy that wins are kept.
    async fn better(
        &self,
        run: &mut Run,
        best: Result<Judged, Exit>,
        copy: Result<Copy, Exit>,
    ) -> Result<Judged, Exit> {
        let (judged, mut fetched) = match copy {
            Ok(copy) => copy,
            Err(Exit::Store(error)) => return Err(Exit::Store(error)),
            failed => {
                run.explain(&failed.map(|(judged, _)| judged));
                return best;
            }
        };
        if let Some(why_not) = why_not_better(&judged, &best, run.has) {
            run.note(why_not);
            return best;
        }
        run.explain(&Ok(&judged));
        fetched.steps.clone_from(&run.steps);
        let kept = self.keep(run, fetched).await?;
        Ok(Judged {
            snapshot_id: kept.snapshot.id,
            ..judged
        })
    }
}

impl Wanted {
    const NOTHING: Self = Self {
        variants: false,
        archive: false,
    };
    const VARIANTS: Self = Self {
        variants: true,
        archive: false,
    };
    const ARCHIVE: Self = Self {
        variants: false,
        archive: true,
    };
    const ANYTHING: Self = Self {
        variants: true,
        archive: true,
    };

    fn of(best: &Result<Judged, Exit>) -> Self {
        match best {
            Ok(judged) => match judged.verdict.decision {
                // Markup says more than data, if the page has it somewhere.
                Decision::Accept if judged.strategy == Strategy::Embedded => Self::VARIANTS,
                Decision::Accept => Self::NOTHING,
                Decision::Partial => Self::ANYTHING,
                Decision::Quarantine | Decision::Reject => Self::instead_of(judged.verdict.class),
            },
            Err(Exit::NoContent(end)) => match &end.outcome {
                Outcome::LinkOnly { reason, .. } => Self::without_page(*reason),
                Outcome::Quarantined { .. } | Outcome::Rejected { .. } => {
                    Self::instead_of(end.verdict.as_ref().and_then(|verdict| verdict.class))
                }
                _ => Self::NOTHING,
            },
            // Not now is not never: the page itself is the best copy.
            Err(Exit::Postponed(..) | Exit::Store(_)) => Self::NOTHING,
        }
    }

    /// Something stood where the page should be.
    fn instead_of(class: Option<JunkClass>) -> Self {
        match class {
            Some(
                JunkClass::JsStub
                | JunkClass::LoginWall
                | JunkClass::Challenge
                | JunkClass::ConsentWall
                | JunkClass::Stub,
            ) => Self::ANYTHING,
            Some(JunkClass::Soft404) => Self::ARCHIVE,
            Some(JunkClass::Error | JunkClass::Interface | JunkClass::ServerDefault) | None => Self::NOTHING,
        }
    }

    /// Nobody may be told of an address that Atlas itself refuses to ask, and a limit of ours is one for all copies.
    fn without_page(reason: LinkReason) -> Self {
        match reason {
            LinkReason::Gone
            | LinkReason::Blocked
            | LinkReason::Dead
            | LinkReason::Tls
            | LinkReason::Unreachable => Self::ARCHIVE,
            LinkReason::Refused | LinkReason::Unsupported | LinkReason::NoBytes => Self::NOTHING,
        }
    }
}

/// Why a copy does not replace what there is: it must be content, and more of it, or as much from a better place.
fn why_not_better(
    copy: &Judged,
    best: &Result<Judged, Exit>,
    has: Option<ItemState>,
) -> Option<&'static str> {
    let best = best.as_ref().ok();
    let in_library = match has {
        Some(ItemState::Stored | ItemState::Duplicate) => 2,
        Some(ItemState::Partial) => 1,
        _ => 0,
    };
    let had = best
        .map_or(0, |best| worth(best.verdict.decision))
        .max(in_library);
    let copied = worth(copy.verdict.decision);
    let is_preferred = best.is_some_and(|best| copy.strategy < best.strategy) && copied > in_library;
    if copied == 0 {
        return Some("it is no content either");
    }
    if copied < had || (copied == had && !is_preferred) {
        return Some("it is no better than what there is");
    }
    let words = best
        .filter(|best| worth(best.verdict.decision) > 0)
        .map_or(0, |best| best.article.word_count);
    (copy.article.word_count.saturating_mul(MUCH_SHORTER) < words)
        .then_some("it is much shorter than what there is")
}

fn worth(decision: Decision) -> u8 {
    match decision {
        Decision::Accept => 2,
        Decision::Partial => 1,
        Decision::Quarantine | Decision::Reject => 0,
    }
}

fn require_same_page(run: &mut Run, copy: &ExtractedPage) -> Result<(), Exit> {
    let strategy = copy.snapshot.strategy;
    let (Some(page), Ok(found)) = (&run.page, Url::parse(&copy.snapshot.final_url)) else {
        return Ok(()); // nothing of the page is known, and so it has named nothing
    };
    if strategy == Strategy::Archive {
        return Ok(()); // the owner trusts it
    }
    let declared = copy.extracted.declared_url.as_deref();
    check_origin(&found, declared, page, strategy).map_err(|Refused { code, message }| {
        run.name_last_step(strategy, code);
        no_copy(message)
    })
}

fn no_copy(message: impl Into<String>) -> Exit {
    Exit::without_bytes(Outcome::LinkOnly {
        reason: LinkReason::Dead,
        message: message.into(),
    })
}

#[cfg(test)]
mod tests;
