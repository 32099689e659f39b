//! Dead letters: as many as there are things that need a look.

use atlas_domain::{AttemptEnd, Item, Job, JobKind, JobState, Lease, NewJob, Outcome};
use atlas_store::Conclusion;
use rstest::rstest;

use crate::fixture::{Fixture, LEASE, MINUTE, OWNER, content, failed, link_only, quarantined};

async fn ingest_again(library: &Fixture, item: &Item, conclusion: Conclusion) {
    let job = NewJob::ingest(item.id, &item.url);
    let job = library.enqueue_job(job).await.unwrap();
    let lease = library.claim_job(job).await;
    library.conclude(&lease, conclusion).await;
}

async fn dead(library: &Fixture) -> Vec<Job> {
    library.jobs_in(JobState::Dead).await
}

#[rstest]
#[case(content("words"))]
#[case(quarantined())]
#[case(link_only())]
#[tokio::test]
async fn an_item_that_came_through_has_no_dead_letters(#[case] conclusion: Conclusion) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", failed()).await;
    library.rejudge(&item, failed()).await;
    let letters = dead(&library).await;
    assert_eq!(letters.len(), 2, "one of each kind");
    let other = library.ingest("other.example/", failed()).await;
    library.clock.advance(MINUTE);
    ingest_again(&library, &item, conclusion).await;
    for letter in letters {
        let closed = library.job(OWNER, letter.id).await.unwrap();
        assert_eq!(
            (closed.state, closed.reason.as_str(), closed.updated_at),
            (JobState::Cancelled, "superseded", library.now())
        );
        let attempts = library.attempts_of_job(OWNER, letter.id).await.unwrap();
        assert_eq!(
            (attempts[0].end, attempts[0].reason.as_str()),
            (AttemptEnd::Dead, "extraction_crashed"),
            "what happened stays on record"
        );
    }
    let left = dead(&library).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].item_id, Some(other.id));
}

#[tokio::test]
async fn an_item_that_fails_again_has_one_dead_letter_of_a_kind() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.rejudge(&item, failed()).await;
    for _ in 0..3 {
        ingest_again(&library, &item, failed()).await;
    }
    let kinds: Vec<_> = dead(&library).await.iter().map(|job| job.kind).collect();
    assert_eq!(kinds, [JobKind::IngestItem, JobKind::ReprocessItem]);
    assert_eq!(library.jobs_in(JobState::Cancelled).await.len(), 2);
}

/// Ways to be given up besides a commit.
#[derive(Debug, Clone, Copy)]
enum GivenUp {
    Expired,
    Poison,
}

#[rstest]
#[case(GivenUp::Expired)]
#[case(GivenUp::Poison)]
#[tokio::test]
async fn a_job_that_is_given_up_replaces_the_dead_letter_before_it(#[case] how: GivenUp) {
    let mut library = Fixture::new();
    let item = library.ingest("example.com/page", failed()).await;
    library.save("example.com/page").await;
    while library.jobs_in(JobState::Ready).await.len() == 1 {
        let lease = library.claim().await;
        match how {
            GivenUp::Expired => {
                library.clock.advance(2 * LEASE);
                library.expire_leases().await.unwrap();
            }
            GivenUp::Poison => {
                library.snapshot(&lease, 200, b"poison").await;
                library = library.reopen().await;
                library.recover_interrupted_jobs().await.unwrap();
            }
        }
    }
    let left = dead(&library).await;
    assert_eq!(left.len(), 1);
    assert_ne!(left[0].reason, "extraction_crashed");
    assert_eq!(left[0].item_id, Some(item.id));
}

async fn maintain(library: &Fixture) -> Lease {
    let job = NewJob::maintenance(JobKind::SweepRetention);
    library.enqueue_job(job).await.unwrap();
    library.claim().await
}

#[tokio::test]
async fn work_on_the_whole_library_leaves_one_dead_letter_until_it_goes_well() {
    let library = Fixture::new();
    library.ingest("example.com/page", failed()).await;
    for letters in [2, 2, 2] {
        let lease = maintain(&library).await;
        let outcome = Outcome::Failed {
            reason: "disk".to_owned(),
            message: "the disk is gone".to_owned(),
        };
        library
            .finish_job(&lease, outcome, library.attempt())
            .await
            .unwrap();
        assert_eq!(dead(&library).await.len(), letters);
    }
    let lease = maintain(&library).await;
    library
        .finish_maintenance(&lease, "nothing to delete", library.attempt())
        .await
        .unwrap();
    let left = dead(&library).await;
    assert_eq!(left.len(), 1, "the page's own");
    assert_eq!(left[0].kind, JobKind::IngestItem);
}
