//! `Bulkhead`: how many calls may run at once, in each scope and in all. It knows nothing of time: whoever
//! waits for a permit bounds the wait.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Scopes = HashMap<String, Scope>;

#[derive(Debug)]
struct Scope {
    semaphore: Arc<Semaphore>,
    /// Those who run or wait in it: counted here, under the lock of the map, so that the last one knows it.
    seats: usize,
}

/// Limits concurrent calls. Waiting is first come, first served within a scope.
#[derive(Debug)]
pub struct Bulkhead {
    all: Arc<Semaphore>,
    per_scope: usize,
    scopes: Arc<Mutex<Scopes>>,
}

impl Bulkhead {
    /// At most `per_scope` calls at once in one scope, and `total` in all of them.
    pub fn new(total: NonZeroU32, per_scope: NonZeroU32) -> Self {
        let permits = |count: NonZeroU32| {
            usize::try_from(count.get())
                .unwrap_or(usize::MAX)
                .min(Semaphore::MAX_PERMITS)
        };
        Self {
            all: Arc::new(Semaphore::new(permits(total))),
            per_scope: permits(per_scope),
            scopes: Arc::default(),
        }
    }

    /// Waits for a place and holds it until the permit is dropped. Dropping the future leaves the queue.
    pub async fn enter(&self, scope: &str) -> BulkheadPermit {
        // The scope first: a crowd that waits for one slow scope must not hold places of the others.
        let seat = self.seat(scope);
        let in_scope = acquire(Arc::clone(&seat.semaphore)).await;
        let in_all = acquire(Arc::clone(&self.all)).await;
        BulkheadPermit {
            _in_all: in_all,
            _in_scope: in_scope,
            _seat: seat,
        }
    }

    /// How many scopes have calls that run or wait.
    pub fn busy_scopes(&self) -> usize {
        lock(&self.scopes).len()
    }

    fn seat(&self, scope: &str) -> Seat {
        let mut scopes = lock(&self.scopes);
        let entry = scopes.entry(scope.to_owned()).or_insert_with(|| Scope {
            semaphore: Arc::new(Semaphore::new(self.per_scope)),
            seats: 0,
        });
        entry.seats += 1;
        Seat {
            scope: scope.to_owned(),
            semaphore: Arc::clone(&entry.semaphore),
            scopes: Arc::clone(&self.scopes),
        }
    }
}

/// A place in a [`Bulkhead`], given back when dropped.
#[derive(Debug)]
pub struct BulkheadPermit {
    // Dropped in this order: the seat last, because a scope that is removed must have no call left in it.
    _in_all: OwnedSemaphorePermit,
    _in_scope: OwnedSemaphorePermit,
    _seat: Seat,
}

/// Someone who runs or waits in a scope. The last one to leave removes the scope, so that the map does not
/// grow with every host ever called.
#[derive(Debug)]
struct Seat {
    scope: String,
    semaphore: Arc<Semaphore>,
    scopes: Arc<Mutex<Scopes>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut scopes = lock(&self.scopes);
        if let Some(scope) = scopes.get_mut(&self.scope) {
            scope.seats -= 1;
            if scope.seats == 0 {
                scopes.remove(&self.scope);
            }
        }
    }
}

async fn acquire(semaphore: Arc<Semaphore>) -> OwnedSemaphorePermit {
    match semaphore.acquire_owned().await {
        Ok(permit) => permit,
        Err(_closed) => unreachable!("nothing closes these semaphores"),
    }
}

fn lock(scopes: &Mutex<Scopes>) -> MutexGuard<'_, Scopes> {
    scopes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    fn bulkhead(total: u32, per_scope: u32) -> Bulkhead {
        Bulkhead::new(
            NonZeroU32::new(total).unwrap(),
            NonZeroU32::new(per_scope).unwrap(),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_scope_leaves_room_for_the_others() {
        let bulkhead = bulkhead(10, 2);
        let _one = bulkhead.enter("a").await;
        let _two = bulkhead.enter("a").await;
        assert!(timeout(MOMENT, bulkhead.enter("a")).await.is_err());
        assert!(timeout(MOMENT, bulkhead.enter("b")).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_total_holds_across_scopes() {
        let bulkhead = bulkhead(2, 2);
        let _one = bulkhead.enter("a").await;
        let _two = bulkhead.enter("b").await;
        assert!(timeout(MOMENT, bulkhead.enter("c")).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_in_one_scope_holds_no_places_of_the_others() {
        let bulkhead = bulkhead(2, 1);
        let _running = bulkhead.enter("a").await;
        let crowd = async { tokio::join!(bulkhead.enter("a"), bulkhead.enter("a"), bulkhead.enter("a")) };
        tokio::select! {
            _ = crowd => panic!("the scope is full"),
            _permit = bulkhead.enter("b") => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_permit_lets_the_next_one_in() {
        let bulkhead = bulkhead(1, 1);
        let running = bulkhead.enter("a").await;
        let (_next, ()) = tokio::join!(bulkhead.enter("a"), async { drop(running) });
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_no_scope_that_nobody_uses() {
        let bulkhead = bulkhead(2, 1);
        let running = bulkhead.enter("a").await;
        assert!(
            timeout(MOMENT, bulkhead.enter("a")).await.is_err(),
            "given up while waiting"
        );
        assert_eq!(bulkhead.busy_scopes(), 1);
        drop(running);
        assert_eq!(bulkhead.busy_scopes(), 0);
        drop(bulkhead.enter("a").await);
        assert_eq!(bulkhead.busy_scopes(), 0);
    }

    #[test]
    fn keeps_no_scope_that_many_leave_at_the_same_moment() {
        const LEAVING: usize = 4;
        let bulkhead = bulkhead(10, 10);
        for _ in 0..2_000 {
            let seats: Vec<Seat> = (0..LEAVING).map(|_| bulkhead.seat("a")).collect();
            let together = std::sync::Barrier::new(LEAVING);
            std::thread::scope(|scope| {
                for seat in seats {
                    let together = &together;
                    scope.spawn(move || {
                        together.wait();
                        drop(seat);
                    });
                }
            });
            assert_eq!(bulkhead.busy_scopes(), 0);
        }
    }
}
