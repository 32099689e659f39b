//! Whose is whose: what belongs to another is not there, and whoever works for the process works for all.

use atlas_domain::{AttemptEnd, ItemState, JobId, JobKind, JobState, NewJob, UserId};
use atlas_store::{JobFilter, Saved, StoreError};

use crate::fixture::{Fixture, MINUTE, OWNER, content, failed, new_item};

/// A library in which two persons have saved the same page.
async fn two_persons() -> (Fixture, UserId, Saved, Saved) {
    let library = Fixture::new();
    let other = library.another_user();
    let mine = library.save("example.com/page").await;
    let theirs = library
        .save_item(other, new_item("example.com/page"))
        .await
        .unwrap();
    (library, other, mine, theirs)
}

async fn listed(library: &Fixture, user: UserId) -> (Vec<JobId>, u64) {
    let page = library.list_jobs(user, JobFilter::default()).await.unwrap();
    (page.jobs.iter().map(|job| job.id).collect(), page.total)
}

fn no_such_job<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::NotFound { what: "job", .. })),
        "{result:?}"
    );
}

/// Whatever is done to it by its name, it is as if there were no such job.
async fn assert_hidden(library: &Fixture, job: JobId, user: UserId) {
    no_such_job(&library.job(user, job).await);
    no_such_job(&library.attempts_of_job(user, job).await);
    no_such_job(&library.retry_job(user, job).await);
    no_such_job(&library.call_off(user, job).await);
}

#[tokio::test]
async fn the_job_of_another_can_be_neither_read_nor_retried_nor_cancelled() {
    let (library, other, mine, theirs) = two_persons().await;
    let (mine, theirs) = (mine.job.unwrap(), theirs.job.unwrap());
    for lease in library.claim_up_to(10).await {
        library.conclude(&lease, failed()).await;
    }
    for (user, own, foreign) in [(OWNER, mine, theirs), (other, theirs, mine)] {
        assert_hidden(&library, foreign, user).await;
        assert_eq!(library.job(user, own).await.unwrap().state, JobState::Dead);
        assert_eq!(
            library.attempts_of_job(user, own).await.unwrap()[0].end,
            AttemptEnd::Dead
        );
    }
    assert_eq!(
        library.retry_job(other, theirs).await.unwrap().state,
        JobState::Ready
    );
    assert_eq!(
        library.call_off(other, theirs).await.unwrap().state,
        JobState::Cancelled
    );
    assert_eq!(library.job(OWNER, mine).await.unwrap().state, JobState::Dead);
}

#[tokio::test]
async fn jobs_are_listed_and_counted_for_whom_they_belong_to() {
    let (library, other, mine, theirs) = two_persons().await;
    assert_eq!(listed(&library, OWNER).await, (vec![mine.job.unwrap()], 1));
    assert_eq!(listed(&library, other).await, (vec![theirs.job.unwrap()], 1));
    library.clock.advance(MINUTE);
    let lease = library.claim_job(theirs.job.unwrap()).await;
    library.conclude(&lease, content("words")).await;
    let counts = async |user| {
        let counts = library.counts(user).await.unwrap();
        let of = |wanted| counts.jobs.iter().find(|(state, _)| *state == wanted).unwrap().1;
        let queued = counts.items.iter().find(|(state, _)| *state == ItemState::Queued);
        (
            of(JobState::Ready),
            of(JobState::Done),
            queued.unwrap().1,
            counts.documents,
            counts.oldest_ready_ms,
        )
    };
    assert_eq!(counts(OWNER).await, (1, 0, 1, 0, 60_000));
    assert_eq!(counts(other).await, (0, 1, 0, 1, 0));
    assert_eq!(counts(UserId(99)).await, (0, 0, 0, 0, 0));
}

#[tokio::test]
async fn pages_and_tries_of_anothers_item_are_not_there() {
    let (library, other, mine, theirs) = two_persons().await;
    for lease in library.claim_up_to(10).await {
        library.conclude(&lease, content("words")).await;
    }
    let (mine, theirs) = (mine.item.id, theirs.item.id);
    for (user, own, foreign) in [(OWNER, mine, theirs), (other, theirs, mine)] {
        assert_eq!(library.latest_snapshot(user, foreign).await.unwrap(), None);
        assert_eq!(library.snapshot_to_reprocess(user, foreign).await.unwrap(), None);
        assert_eq!(library.attempts_of_item(user, foreign).await.unwrap(), []);
        let snapshot = library.latest_snapshot(user, own).await.unwrap();
        assert!(snapshot.is_some_and(|snapshot| snapshot.item_id == own));
        assert!(library.snapshot_to_reprocess(user, own).await.unwrap().is_some());
        assert_eq!(library.attempts_of_item(user, own).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_job_about_an_item_belongs_to_whom_the_item_belongs_whoever_enqueues_it() {
    let (library, other, _, theirs) = two_persons().await;
    let job = library
        .enqueue_job(NewJob::reprocess(theirs.item.id))
        .await
        .unwrap();
    assert_eq!(library.job(other, job).await.unwrap().id, job);
    assert_hidden(&library, job, OWNER).await;
    let nothing = atlas_domain::ItemId::from_bytes([9; 16]);
    let refused = library.enqueue_job(NewJob::reprocess(nothing)).await;
    assert!(
        matches!(refused, Err(StoreError::NotFound { what: "item", .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn work_on_the_whole_library_is_seen_to_by_its_owner_and_by_nobody_else() {
    let library = Fixture::new();
    let other = library.another_user();
    let sweep = NewJob::maintenance(JobKind::SweepRetention);
    let job = library.enqueue_job(sweep).await.unwrap();
    assert_hidden(&library, job, other).await;
    assert_eq!(listed(&library, other).await, (vec![], 0));
    assert_eq!(listed(&library, OWNER).await, (vec![job], 1));
    assert_eq!(library.counts(OWNER).await.unwrap().jobs[0], (JobState::Ready, 1));
    assert_eq!(
        library.call_off(OWNER, job).await.unwrap().state,
        JobState::Cancelled
    );
}

#[tokio::test]
async fn a_worker_takes_the_jobs_of_all_persons() {
    let (library, _, mine, theirs) = two_persons().await;
    let claimed: Vec<_> = library
        .claim_up_to(10)
        .await
        .iter()
        .map(|lease| lease.job.id)
        .collect();
    assert_eq!(claimed, [mine.job.unwrap(), theirs.job.unwrap()]);
    let library = library.reopen().await;
    assert_eq!(library.recover_interrupted_jobs().await.unwrap().interrupted, 2);
}
