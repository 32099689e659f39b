//! A pool of read-only connections. Each read is one transaction with a time limit; none lives across an await.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atlas_domain::panic_message;
use rusqlite::{Connection, InterruptHandle};
use tokio::sync::Semaphore;

use super::connection::{Reading, open_reader};
use crate::error::StoreError;

pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
    limit: Duration,
}

impl Readers {
    pub(crate) fn open(
        path: &Path,
        reading: Reading,
        count: usize,
        limit: Duration,
    ) -> Result<Self, StoreError> {
        let connections = (0..count)
            .map(|_| open_reader(path, reading))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            idle: Arc::new(Mutex::new(connections)),
            free: Arc::new(Semaphore::new(count)),
            limit,
        })
    }

    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let connection = self.take();
        let running = Running::on(&connection);
        let interrupt = InterruptOnDrop(running.clone());
        let idle = Arc::clone(&self.idle);
        let mut task = tokio::task::spawn_blocking(move || {
            let result = in_transaction(&connection, work);
            running.end();
            lock(&idle).push(connection);
            drop(permit); // only now may another reader come for the connection
            result
        });
        let joined = tokio::select! {
            joined = &mut task => joined,
            () = tokio::time::sleep(self.limit) => {
                interrupt.0.interrupt();
                task.await
            }
        };
        joined.unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())))
    }

    fn take(&self) -> Connection {
        // The permit says that one is idle: a connection is put back before its permit is.
        lock(&self.idle)
            .pop()
            .expect("a permit stands for an idle connection")
    }
}

fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    // A panic must not cost the pool a connection; the transaction is rolled back either way.
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&transaction)))
        .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_message(panic.as_ref()).to_owned())));
    transaction.finish()?;
    result
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One read on one connection. Once it has ended it can no longer be interrupted: the connection may serve
/// another reader by then, who is not to blame.
#[derive(Clone)]
struct Running(Arc<Mutex<Option<InterruptHandle>>>);

impl Running {
    fn on(connection: &Connection) -> Self {
        Self(Arc::new(Mutex::new(Some(connection.get_interrupt_handle()))))
    }

    fn interrupt(&self) {
        if let Some(handle) = lock(&self.0).as_ref() {
            handle.interrupt();
        }
    }

    fn end(&self) {
        *lock(&self.0) = None;
    }
}

/// A caller that goes away must not leave its query running.
struct InterruptOnDrop(Running);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}
