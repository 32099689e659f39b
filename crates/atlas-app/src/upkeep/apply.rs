//! Carries a plan out, a few items at a time, so that nobody who searches or saves waits for it. It goes on where it was
//! interrupted, whatever interrupted it. In the end it proves that nothing else was touched; if something was, everything it
//! did is undone.

use atlas_domain::{CleanupId, CleanupState, CleanupStep, Standing, UserId};
use atlas_store::{CleanAction, Cleaned, CleanupItem, CleanupRun};

use super::UpkeepError;
use super::judge::judge_anew;
use super::plan::is_copy;
use crate::ingest::quarantined;
use crate::jobs::JobContext;
use crate::views::upkeep::WantedCleanup;

/// Items of one transaction.
const BATCH: u32 = 20;

/// Carries out what is left of a cleanup. Answers it as it stands in the end.
pub(crate) async fn clean_library(
    context: &JobContext,
    user: UserId,
    run: CleanupId,
) -> Result<CleanupRun, UpkeepError> {
    let library = context.library();
    let begun = library.begin_cleanup(user, run).await?;
    let wanted: WantedCleanup = serde_json::from_value(begun.wanted).unwrap_or_default();
    let before = library.witness(user).await?;
    loop {
        let left = library
            .cleanup_items(user, run, Some(CleanupStep::Planned), BATCH, None)
            .await?;
        if left.items.is_empty() {
            break;
        }
        let mut cleaned = Vec::with_capacity(left.items.len());
        for item in &left.items {
            let action = decide(context, user, item, wanted.suspects).await?;
            cleaned.push(Cleaned {
                number: item.number,
                action,
            });
        }
        library.clean_items(user, run, cleaned).await?;
        context.signals.changes.notify_one();
        context.signals.jobs.notify_one();
        #[cfg(feature = "failpoints")]
        fail::fail_point!("cleanup::between_batches", |_| std::process::abort());
    }
    let found = library.testify(user, run, before).await?;
    if found.is_empty() {
        let run = library
            .end_cleanup(user, run, CleanupState::Applied, String::new())
            .await?;
        return Ok(run);
    }
    take_back(context, user, run, &found.join("; ")).await
}

/// What to do with an item now. The plan may be days old, and the gate has the last word.
async fn decide(
    context: &JobContext,
    user: UserId,
    planned: &CleanupItem,
    takes_suspects: bool,
) -> Result<CleanAction, UpkeepError> {
    if is_copy(planned.reasons) && planned.survivor.is_some() {
        return Ok(CleanAction::Merge);
    }
    let Some(item) = context.library().audited_item(user, planned.item).await? else {
        return Ok(CleanAction::Skip("it has no content any more".to_owned()));
    };
    if item.keep_always {
        return Ok(CleanAction::Skip("the owner said that it is content".to_owned()));
    }
    let Some(judged) = judge_anew(&context.ingest, user, &item).await? else {
        return Ok(CleanAction::Skip("the gate failed on it".to_owned()));
    };
    let is_junk = match judged.standing {
        Standing::Junk => true,
        Standing::Suspect => takes_suspects,
        Standing::Keep => false,
    };
    match judged.verdict {
        Some(verdict) if is_junk => Ok(CleanAction::Quarantine {
            outcome: quarantined(&verdict),
            verdict,
        }),
        _ => Ok(CleanAction::Skip(
            "the gate does not hold it for junk any more".to_owned(),
        )),
    }
}

/// Undoes a cleanup that touched what it should not have: no backup is copied over a library that others write to.
async fn take_back(
    context: &JobContext,
    user: UserId,
    run: CleanupId,
    why: &str,
) -> Result<CleanupRun, UpkeepError> {
    tracing::error!(%run, why, "a cleanup touched what it should not have; it is undone");
    let library = context.library();
    let (_, undone) = library.undo_cleanup(user, run, None).await?;
    let conflicts = match undone.conflicts.len() {
        0 => String::new(),
        n => format!("; {n} could not be, because somebody decided about them since"),
    };
    let message = format!(
        "{why}; it was undone: {} items are back{conflicts}",
        undone.undone
    );
    Ok(library
        .end_cleanup(user, run, CleanupState::Failed, message)
        .await?)
}
