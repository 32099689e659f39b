//! `Bulkhead`: how many calls may run at once, in each scope and in all. It knows nothing of time: whoever
//! waits for a permit bounds the wait.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many scopes are kept although nobody may be in them: making one anew for every call costs more than the call.
const SCOPES_KEPT: usize = 64;

/// Limits concurrent calls. Waiting is first come, first served within a scope.
#[derive(Debug)]
pub struct Bulkhead {
    all: Arc<Semaphore>,
    per_scope: usize,
    scopes: Mutex<Scopes>,
    has_queue: bool,
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
            scopes: Mutex::default(),
            has_queue: true,
        }
    }

    /// Nobody is to wait for a place: a policy turns away at once whom there is none for.
    #[must_use]
    pub fn without_queue(mut self) -> Self {
        self.has_queue = false;
        self
    }

    /// Whether a policy waits for a place.
    pub const fn has_queue(&self) -> bool {
        self.has_queue
    }

    /// Waits for a place and holds it until the permit is dropped. Dropping the future leaves the queue.
    pub async fn enter(&self, scope: &str) -> BulkheadPermit {
        // The scope first: a crowd that waits for one slow scope must not hold places of the others.
        let in_scope = acquire(self.scope(scope)).await;
        let in_all = acquire(Arc::clone(&self.all)).await;
        BulkheadPermit {
            _in_all: in_all,
            _in_scope: in_scope,
        }
    }

    /// Holds a place until the permit is dropped, if there is one now. Nobody who waits is overtaken.
    pub fn try_enter(&self, scope: &str) -> Option<BulkheadPermit> {
        let in_scope = self.scope(scope).try_acquire_owned().ok()?;
        let in_all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(BulkheadPermit {
            _in_all: in_all,
            _in_scope: in_scope,
        })
    }

    /// How many scopes have calls that run or wait.
    pub fn busy_scopes(&self) -> usize {
        self.lock()
            .by_name
            .values()
            .filter(|scope| is_busy(scope))
            .count()
    }

    fn scope(&self, scope: &str) -> Arc<Semaphore> {
        let mut scopes = self.lock();
        if let Some(known) = scopes.by_name.get(scope) {
            return Arc::clone(known);
        }
        scopes.make_room();
        let semaphore = Arc::new(Semaphore::new(self.per_scope));
        scopes.by_name.insert(scope.to_owned(), Arc::clone(&semaphore));
        semaphore
    }

    fn lock(&self) -> MutexGuard<'_, Scopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a [`Bulkhead`], given back when dropped.
#[derive(Debug)]
pub struct BulkheadPermit {
    _in_all: OwnedSemaphorePermit,
    _in_scope: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Scopes {
    by_name: HashMap<String, Arc<Semaphore>>,
    /// When there are so many, those that nobody is in are let go.
    full_at: usize,
}

impl Default for Scopes {
    fn default() -> Self {
        Self {
            by_name: HashMap::new(),
            full_at: SCOPES_KEPT,
        }
    }
}

impl Scopes {
    /// The map must not grow with every scope ever called, nor be looked through for each of them.
    fn make_room(&mut self) {
        if self.by_name.len() >= self.full_at {
            self.by_name.retain(|_, scope| is_busy(scope));
            self.full_at = SCOPES_KEPT.max(2 * self.by_name.len());
        }
    }
}

/// Whether somebody runs or waits in it: each of them holds it, and gets it under the lock of the map alone.
fn is_busy(scope: &Arc<Semaphore>) -> bool {
    Arc::strong_count(scope) > 1
}

async fn acquire(semaphore: Arc<Semaphore>) -> OwnedSemaphorePermit {
    match semaphore.acquire_owned().await {
        Ok(permit) => permit,
        Err(_closed) => unreachable!("nothing closes these semaphores"),
    }
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

    #[test]
    fn who_does_not_wait_takes_what_is_free_or_nothing() {
        let bulkhead = bulkhead(2, 1);
        let running = bulkhead.try_enter("a").unwrap();
        assert!(bulkhead.try_enter("a").is_none(), "the scope is full");
        let _other = bulkhead.try_enter("b").unwrap();
        assert!(bulkhead.try_enter("c").is_none(), "all places are taken");
        assert_eq!(bulkhead.busy_scopes(), 2, "who was turned away leaves no scope");
        drop(running);
        assert!(bulkhead.try_enter("c").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_scope_is_busy_as_long_as_somebody_runs_or_waits_in_it() {
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
    fn forgets_scopes_that_nobody_uses_and_none_that_somebody_does() {
        let bulkhead = bulkhead(2, 1);
        let _running = bulkhead.try_enter("busy").unwrap();
        for scope in 0..10 * SCOPES_KEPT {
            bulkhead.try_enter(&scope.to_string()).unwrap();
            assert!(bulkhead.lock().by_name.len() <= SCOPES_KEPT);
        }
        assert!(bulkhead.try_enter("busy").is_none(), "its place is still taken");
    }

    #[tokio::test(start_paused = true)]
    async fn forgets_no_scope_that_somebody_waits_in() {
        let bulkhead = bulkhead(2, 1);
        let running = bulkhead.enter("busy").await;
        let crowd = async { tokio::join!(bulkhead.enter("busy"), bulkhead.enter("busy")) };
        tokio::select! {
            biased;
            _ = crowd => panic!("they keep their places, so only one of them gets in"),
            () = async {
                drop(running);
                for scope in 0..10 * SCOPES_KEPT {
                    bulkhead.try_enter(&scope.to_string()).unwrap();
                }
                assert!(bulkhead.try_enter("busy").is_none(), "the next in the queue has the place");
            } => {}
        }
    }

    #[test]
    fn a_scope_that_many_leave_at_the_same_moment_is_busy_no_more() {
        const LEAVING: usize = 4;
        let bulkhead = bulkhead(10, 10);
        for _ in 0..2_000 {
            let permits: Vec<_> = (0..LEAVING).map(|_| bulkhead.try_enter("a").unwrap()).collect();
            let together = std::sync::Barrier::new(LEAVING);
            std::thread::scope(|scope| {
                for permit in permits {
                    let together = &together;
                    scope.spawn(move || {
                        together.wait();
                        drop(permit);
                    });
                }
            });
            assert_eq!(bulkhead.busy_scopes(), 0);
        }
    }
}
