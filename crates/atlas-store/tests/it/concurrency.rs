//! Two threads, each with a runtime of its own, on one library: no write is lost, no job is claimed twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Barrier, Mutex};

use atlas_domain::{Item, ItemId, ItemState, JobId, JobState, Lease};

use crate::fixture::{Fixture, content};

const THREADS: usize = 2;
const ROUNDS: usize = 40;
const HOSTS: usize = 5;

/// What all threads have seen.
#[derive(Default)]
struct Seen {
    saved: Mutex<Vec<Item>>,
    claimed: Mutex<Vec<JobId>>,
    /// Claims of each host that have not begun to be given up: never more than are really held.
    held: Mutex<BTreeMap<String, u32>>,
}

impl Seen {
    fn claim(&self, lease: &Lease) {
        let host = lease.job.group_key.clone().unwrap();
        let mut held = self.held.lock().unwrap();
        let count = held.entry(host).or_default();
        *count += 1;
        assert!(*count <= 2, "three jobs of one host at once");
        self.claimed.lock().unwrap().push(lease.job.id);
    }

    fn give_up(&self, lease: &Lease) {
        let host = lease.job.group_key.as_deref().unwrap();
        *self.held.lock().unwrap().get_mut(host).unwrap() -= 1;
    }
}

async fn hammer(library: &Fixture, seen: &Seen, thread: usize) {
    for round in 0..ROUNDS {
        let (own, shared) = (
            format!("host{}.example/{thread}/{round}", round % HOSTS),
            format!("shared.example/{round}"),
        );
        let (own, shared) = tokio::join!(library.save(&own), library.save(&shared));
        seen.saved.lock().unwrap().extend([own.item, shared.item]);
        work(library, seen).await;
    }
    while !library.jobs_in(JobState::Ready).await.is_empty() {
        work(library, seen).await;
    }
}

async fn work(library: &Fixture, seen: &Seen) {
    let leases = library.claim_up_to(3).await;
    for lease in &leases {
        seen.claim(lease);
    }
    for lease in &leases {
        let snapshot = library.snapshot(lease, 200, b"bytes").await;
        let text = format!("content of {}", lease.job.id);
        let commit = crate::fixture::commit_of(lease, &snapshot, content(&text));
        seen.give_up(lease);
        library.commit(lease, commit).await.unwrap();
    }
}

#[test]
fn threads_that_save_claim_and_commit_at_once_lose_nothing_and_claim_nothing_twice() {
    let (library, seen) = (Fixture::new(), Seen::default());
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (library, seen, start) = (&library, &seen, &start);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                start.wait();
                runtime.block_on(hammer(library, seen, thread));
            });
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let library = library.reopen().await;
        let (saved, claimed) = (
            seen.saved.into_inner().unwrap(),
            seen.claimed.into_inner().unwrap(),
        );
        for item in &saved {
            assert_eq!(library.look(item).await.state, ItemState::Stored);
        }
        let items: BTreeSet<ItemId> = saved.iter().map(|item| item.id).collect();
        assert_eq!(
            items.len(),
            ROUNDS * (THREADS + 1),
            "a shared address is one item"
        );
        let found: BTreeSet<ItemId> = library.searchable_items().await.unwrap().into_iter().collect();
        assert_eq!(found, items);
        let once: BTreeSet<JobId> = claimed.iter().copied().collect();
        assert_eq!(claimed.len(), once.len(), "a job was claimed twice");
        let done: BTreeSet<JobId> = library
            .jobs_in(JobState::Done)
            .await
            .iter()
            .map(|job| job.id)
            .collect();
        assert_eq!(done, once);
        library.check_integrity(library.dir()).await.unwrap();
    });
}
