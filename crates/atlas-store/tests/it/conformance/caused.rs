//! What a command without a server works off: the jobs that it caused itself, and no others.

use atlas_domain::{Item, JobId, JobKind, NewJob};
use atlas_store::{JobScope, StoreError};
use rstest::rstest;

use crate::fixture::{
    Fixture, LEASE, MINUTE, OWNER, commit_without_bytes, content, failed, quarantined, rejected,
};

async fn claim_caused(library: &Fixture) -> Vec<JobId> {
    let leases = library.claim_in(JobScope::CausedHere, 100).await;
    leases.iter().map(|lease| lease.job.id).collect()
}

/// The process ends and the next one starts.
async fn next_process(library: Fixture) -> Fixture {
    let library = library.reopen().await;
    library.recover_interrupted_jobs().await.unwrap();
    library
}

async fn nothing_is_due_here(library: &Fixture) {
    assert!(!library.has_due_jobs(JobScope::CausedHere, &[]).await.unwrap());
    assert_eq!(library.next_due(JobScope::CausedHere, &[]).await.unwrap(), None);
    assert_eq!(claim_caused(library).await, []);
}

#[tokio::test]
async fn a_process_works_off_what_it_caused_and_leaves_the_rest() {
    let library = Fixture::new();
    let left = library.save("left.example/").await.job.unwrap();
    let library = next_process(library).await;
    nothing_is_due_here(&library).await;
    let own = library.save("own.example/").await.job.unwrap();
    assert!(library.has_due_jobs(JobScope::CausedHere, &[]).await.unwrap());
    assert_eq!(
        library.next_due(JobScope::CausedHere, &[]).await.unwrap(),
        Some(library.now())
    );
    let leases = library.claim_in(JobScope::CausedHere, 100).await;
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].job.id, own);
    assert!(
        library.has_due_jobs(JobScope::CausedHere, &[]).await.unwrap(),
        "it is running"
    );
    library.conclude(&leases[0], content("words")).await;
    nothing_is_due_here(&library).await;
    assert!(library.has_due_jobs(JobScope::All, &[]).await.unwrap());
    assert_eq!(library.claim().await.job.id, left);
}

#[tokio::test]
async fn work_that_follows_from_its_work_is_its_own() {
    let library = Fixture::new();
    let original = library.ingest("a.example/", content("words")).await;
    let duplicate = library.ingest("b.example/", content("words")).await;
    let library = next_process(library).await;
    library
        .request_job(OWNER, NewJob::reprocess(original.id))
        .await
        .unwrap();
    library.rejudge(&original, rejected()).await;
    let leases = library.claim_in(JobScope::CausedHere, 100).await;
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].job.item_id, Some(duplicate.id));
}

#[tokio::test]
async fn a_job_that_is_put_back_for_later_is_left_to_whoever_comes_then() {
    let library = Fixture::new();
    library.save("example.com/page").await;
    let lease = library.claim().await;
    library
        .postpone_job(&lease, library.in_an_hour(true), library.attempt())
        .await
        .unwrap();
    nothing_is_due_here(&library).await;
    library.clock.advance(61 * MINUTE);
    nothing_is_due_here(&library).await;
    assert!(library.has_due_jobs(JobScope::All, &[]).await.unwrap());
}

#[tokio::test]
async fn a_job_whose_lease_ran_out_is_tried_again_by_who_caused_it_until_it_is_given_up() {
    let library = Fixture::new();
    let job = library.save("example.com/page").await.job.unwrap();
    let max_attempts = library.job(OWNER, job).await.unwrap().max_attempts;
    for _ in 0..max_attempts {
        assert_eq!(claim_caused(&library).await, [job]);
        library.clock.advance(2 * LEASE);
        assert_eq!(library.expire_leases().await.unwrap(), 1);
    }
    nothing_is_due_here(&library).await;
}

#[tokio::test]
async fn a_job_that_is_given_back_or_called_off_is_due_or_not_as_one_would_think() {
    let library = Fixture::new();
    let job = library.save("example.com/page").await.job.unwrap();
    let lease = library.claim().await;
    library.release_job(&lease).await.unwrap();
    assert_eq!(claim_caused(&library).await, [job], "given back");
    library.cancel_job(OWNER, job).await.unwrap();
    nothing_is_due_here(&library).await;
}

#[tokio::test]
async fn what_was_rolled_back_has_caused_nothing() {
    let library = Fixture::new();
    let original = library.ingest("a.example/", content("words")).await;
    library.ingest("b.example/", content("words")).await;
    let lost = library.lease_for(&original).await;
    library.clock.advance(2 * LEASE);
    library.expire_leases().await.unwrap();
    let held = library.claim().await;
    let library_before = library.jobs_in(atlas_domain::JobState::Ready).await;
    let snapshot = library
        .latest_snapshot(OWNER, original.id)
        .await
        .unwrap()
        .unwrap();
    let commit = atlas_store::IngestCommit {
        rejudged: true,
        ..crate::fixture::commit_of(&lost, &snapshot, rejected())
    };
    // It enqueues a job for the duplicate before it finds out that its lease is lost.
    let late = library.commit(&lost, commit).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    assert_eq!(
        library.jobs_in(atlas_domain::JobState::Ready).await,
        library_before
    );
    library.conclude(&held, content("words")).await;
    nothing_is_due_here(&library).await;
}

/// Something that a person does.
#[derive(Debug, Clone, Copy)]
enum Asking {
    AddAgain,
    Reprocess,
    Keep,
    Restore,
}

async fn ask(library: &Fixture, item: &Item, asking: Asking) {
    match asking {
        Asking::AddAgain => drop(library.save("example.com/page").await),
        Asking::Reprocess => {
            library
                .request_job(OWNER, NewJob::reprocess(item.id))
                .await
                .unwrap();
        }
        Asking::Keep => drop(library.keep_quarantined(OWNER, item.id).await.unwrap()),
        Asking::Restore => drop(library.restore_item(OWNER, item.id).await.unwrap()),
    }
}

#[rstest]
#[case(Asking::AddAgain, JobKind::IngestItem)]
#[case(Asking::Reprocess, JobKind::ReprocessItem)]
#[case(Asking::Keep, JobKind::ReprocessItem)]
#[case(Asking::Restore, JobKind::ReprocessItem)]
#[tokio::test]
async fn a_job_that_waits_for_later_is_due_at_once_when_a_person_asks_for_it(
    #[case] asking: Asking,
    #[case] kind: JobKind,
) {
    let library = Fixture::new();
    let item = if let Asking::Restore = asking {
        let original = library.ingest("original.example/", content("words")).await;
        let item = library.ingest("example.com/page", content("words")).await;
        library.trash_item(OWNER, item.id).await.unwrap();
        library.trash_item(OWNER, original.id).await.unwrap();
        item
    } else {
        library.ingest("example.com/page", quarantined()).await
    };
    let job = NewJob {
        kind,
        unique_key: Some(format!("{kind}:{}", item.id)),
        ..NewJob::ingest(item.id, &item.url)
    };
    let waiting = library.enqueue_job(job.clone()).await.unwrap();
    let lease = library.claim().await;
    library
        .postpone_job(&lease, library.in_an_hour(false), library.attempt())
        .await
        .unwrap();
    let library = next_process(library).await;
    assert_eq!(library.enqueue_job(job).await.unwrap(), waiting);
    nothing_is_due_here(&library).await; // a schedule waits for as long as the job has to
    ask(&library, &item, asking).await;
    assert_eq!(claim_caused(&library).await, [waiting]);
}

#[tokio::test]
async fn a_job_that_is_retried_is_work_of_who_retried_it() {
    let library = Fixture::new();
    library.ingest("example.com/page", failed()).await;
    let library = next_process(library).await;
    let dead = library.jobs_in(atlas_domain::JobState::Dead).await.pop().unwrap();
    library.retry_job(OWNER, dead.id).await.unwrap();
    assert_eq!(claim_caused(&library).await, [dead.id]);
}

#[tokio::test]
async fn priority_hosts_and_suspects_count_as_they_do_for_a_server() {
    let library = Fixture::new();
    let suspect = library.save("suspect.example/").await.job.unwrap();
    let lease = library.claim().await;
    library.snapshot(&lease, 200, b"poison").await;
    let library = next_process(library).await;
    let item = library.save("busy.example/0").await.item;
    for page in 1..4 {
        library.save(&format!("busy.example/{page}")).await;
    }
    library
        .request_job(OWNER, NewJob::reprocess(item.id))
        .await
        .unwrap();
    let leases = library.claim_in(JobScope::CausedHere, 100).await;
    let kinds: Vec<_> = leases.iter().map(|lease| lease.job.kind).collect();
    assert_eq!(
        kinds,
        [JobKind::IngestItem, JobKind::IngestItem, JobKind::ReprocessItem],
        "two of one host, and the one that nobody waits for last"
    );
    library.save("suspect.example/").await;
    assert_eq!(claim_caused(&library).await, [], "a suspect runs alone");
    for lease in &leases {
        library.release_job(lease).await.unwrap();
    }
    assert_eq!(claim_caused(&library).await, [suspect]);
    assert_eq!(claim_caused(&library).await, [], "and nothing beside it");
}

/// Saves so many pages, each at the address that `address` gives it.
async fn save_many(library: &Fixture, count: usize, address: fn(usize) -> String) {
    let mut saving = tokio::task::JoinSet::new();
    for number in 0..count {
        let own = library.library.clone();
        let new = crate::fixture::new_item(&address(number));
        saving.spawn(async move { own.save_item(OWNER, new).await.unwrap() });
    }
    saving.join_all().await;
}

#[tokio::test]
async fn what_lies_beyond_one_look_at_the_queue_has_its_turn_at_the_next() {
    let library = Fixture::new();
    save_many(&library, 1_001, |host| format!("host{host}.example/")).await;
    let leases = library.claim_in(JobScope::CausedHere, 1_100).await;
    assert_eq!(leases.len(), 1_000);
    assert_eq!(claim_caused(&library).await.len(), 1);
    assert_eq!(claim_caused(&library).await, []);
    let first = &leases[0];
    let commit = commit_without_bytes(first, None, crate::fixture::link_only());
    library.commit(first, commit).await.unwrap();
    assert!(library.has_due_jobs(JobScope::CausedHere, &[]).await.unwrap());
}

#[tokio::test]
async fn a_thousand_addresses_of_one_host_do_not_hold_up_another() {
    let library = Fixture::new();
    save_many(&library, 1_000, |page| format!("slow.example/{page}")).await;
    let other = library.save("other.example/").await.job.unwrap();
    assert_eq!(
        library.claim_in(JobScope::CausedHere, 16).await.len(),
        2,
        "as many as one host may have"
    );
    assert!(
        library
            .next_due(JobScope::CausedHere, &[])
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(claim_caused(&library).await, [other]);
}
