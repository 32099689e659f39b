//! `Recoveries`: where the other side is tried, or is well again, on the way from the calls that found that out to whoever
//! wakes what waited. A call only leaves a note here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atlas_resilience::BreakerKey;
use tokio::sync::Notify;

/// What changes for those who wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recovered {
    /// This breaker lets a few calls through, and has to see some of them succeed.
    Tried(BreakerKey),
    /// The other side of this breaker is well again.
    Closed(BreakerKey),
    /// This breaker will let a call through earlier than those know who wait for it.
    EndsEarlier(BreakerKey),
    /// Our own network works again.
    Network,
}

/// What happened to a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Note {
    EndsEarlier,
    Tried,
    Closed,
}

/// What nobody has taken up yet: each breaker once, however often that has happened meanwhile.
#[derive(Debug, Default)]
pub(super) struct Recoveries {
    noted_scopes: Mutex<BTreeSet<(BreakerKey, Note)>>,
    noted: Notify,
}

impl Recoveries {
    pub(super) fn tried(&self, service: &str, scope: &str) {
        self.note(service, scope, Note::Tried);
    }

    pub(super) fn ends_earlier(&self, service: &str, scope: &str) {
        self.note(service, scope, Note::EndsEarlier);
    }

    pub(super) fn closed(&self, service: &str, scope: &str) {
        self.note(service, scope, Note::Closed);
    }

    fn note(&self, service: &str, scope: &str, note: Note) {
        let key = BreakerKey {
            service: Arc::from(service),
            scope: Arc::from(scope),
        };
        self.lock().insert((key, note));
        self.noted.notify_one();
    }

    /// The next, for the one who takes them up. Dropped before its end, it has taken none.
    pub(super) async fn next(&self) -> Recovered {
        loop {
            let next = self.lock().pop_first();
            match next {
                Some((key, Note::Closed)) => return Recovered::Closed(key),
                Some((key, Note::Tried)) => return Recovered::Tried(key),
                Some((key, Note::EndsEarlier)) => return Recovered::EndsEarlier(key),
                None => self.noted.notified().await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<(BreakerKey, Note)>> {
        self.noted_scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
