//! Whether the process can do its main job: for load balancers and supervisors, who ask often and without a token.
//! So it costs one small read, whose answer serves everybody for a second. It changes nothing.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::app::{App, Mode, SearchState};
use crate::error::AppError;

/// How long the answer of one read serves.
const SERVES: Duration = Duration::from_secs(1);

/// What is wrong, as a sentence, if anything.
type Ready = Result<(), String>;

/// The latest answer of the library, and when it was given.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Ready)>>);

impl Readiness {
    /// The latest answer, unless it is too old: then that of `read`. Those who ask meanwhile wait for the same one.
    async fn latest(&self, read: impl AsyncFnOnce() -> Ready) -> Ready {
        let mut latest = self.0.lock().await;
        if let Some((given_at, answer)) = &*latest
            && given_at.elapsed() < SERVES
        {
            return answer.clone();
        }
        let answer = read().await;
        *latest = Some((Instant::now(), answer.clone()));
        answer
    }
}

impl App {
    /// Whether the process can save, read and search, or why not.
    pub async fn is_ready(&self) -> Ready {
        let library = self.library().map_err(|error| error.told())?;
        if let Some(trouble) = self.file_trouble() {
            return Err(trouble.to_string());
        }
        if let Some(outage) = self.write_outage() {
            return Err(outage.to_string());
        }
        if let Some(reason) = &self.parts.read_only_because {
            return Err(format!("read_only: {reason}"));
        }
        if self.parts.mode == Mode::ReadOnly {
            return Err(format!("read_only: {}", AppError::ReadOnly));
        }
        match &self.parts.search {
            SearchState::Unavailable(reason) => return Err(reason.clone()),
            SearchState::Ready(reader) => {
                if let Some(loss) = self.index_loss(reader) {
                    return Err(loss.to_owned());
                }
            }
        }
        self.readiness
            .latest(async || match library.change_head().await {
                Ok(_) => Ok(()),
                Err(error) => Err(AppError::from(error).told()),
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::{advance, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn everybody_is_served_by_one_read_a_second() {
        let (readiness, reads) = (Readiness::default(), AtomicU32::new(0));
        let ask = || {
            readiness.latest(async || {
                sleep(Duration::from_millis(100)).await;
                match reads.fetch_add(1, Ordering::Relaxed) {
                    0 => Err("damaged".to_owned()),
                    _ => Ok(()),
                }
            })
        };
        let damaged = Err("damaged".to_owned());
        let (first, second) = tokio::join!(ask(), ask());
        assert_eq!((&first, &second), (&damaged, &damaged));
        advance(Duration::from_millis(999)).await;
        assert_eq!((ask().await, reads.load(Ordering::Relaxed)), (damaged, 1));
        advance(Duration::from_millis(1)).await;
        assert_eq!((ask().await, reads.load(Ordering::Relaxed)), (Ok(()), 2));
    }
}
