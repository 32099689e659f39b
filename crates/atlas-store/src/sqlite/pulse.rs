//! `Pulse`: by it a thread shows that it goes on. Whoever wants to know asks; the thread answers wherever it comes by,
//! idle or in the middle of a long statement. It knows nothing of what the thread does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::StoreError;

/// Virtual instructions of SQLite between two moments at which a long statement answers: some milliseconds.
const STEPS_PER_BEAT: i32 = 100_000;

/// Who waits for a sign of the thread.
#[derive(Default)]
pub(super) struct Pulse {
    /// Looked at on every way past; the list only when it is set.
    is_asked: AtomicBool,
    askers: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Pulse {
    /// Asks for a sign. It comes when the thread next comes by, and never from one that does not go on.
    pub(super) fn ask(&self) -> oneshot::Receiver<()> {
        let (asker, answer) = oneshot::channel();
        let mut askers = self.lock();
        askers.retain(|asker| !asker.is_closed()); // a thread that stands must not gather them for ever
        askers.push(asker);
        self.is_asked.store(true, Ordering::Release);
        answer
    }

    /// The thread goes on.
    pub(super) fn beat(&self) {
        if self.is_asked.load(Ordering::Relaxed) {
            self.is_asked.store(false, Ordering::Release); // first: whoever asks from here on is answered now or next
            let askers = std::mem::take(&mut *self.lock());
            for asker in askers {
                let _ = asker.send(()); // who may have gone
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<oneshot::Sender<()>>> {
        self.askers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets every statement on `connection` that takes its time show that it goes on.
pub(super) fn beat_during_statements(
    connection: &mut Connection,
    pulse: &Arc<Pulse>,
) -> Result<(), StoreError> {
    let pulse = Arc::clone(pulse);
    let go_on = move || {
        pulse.beat();
        false
    };
    Ok(connection.progress_handler(STEPS_PER_BEAT, Some(go_on))?)
}
