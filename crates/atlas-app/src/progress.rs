//! Whether loops go on: whoever wants to know asks, and a loop answers when it next comes round. It measures no time;
//! how long an answer may take is for whoever asks.

use atlas_domain::PortFuture;
use atlas_store::{Library, Ops};
use tokio::sync::{mpsc, oneshot};

use crate::vitals::Vitals;

/// Who asks while others have not been answered waits for a place.
const ASKERS: usize = 16;

/// Something that must go on for the process to be of use.
pub trait Progress: Send + Sync {
    /// What it is, for people.
    fn name(&self) -> &'static str;
    /// Returns once it has shown that it goes on; never if it stands, or has ended without being asked to.
    fn shown(&self) -> PortFuture<'_, ()>;
}

/// Asks a loop whether it goes on.
#[derive(Debug, Clone)]
pub struct LoopProgress {
    name: &'static str,
    ask: mpsc::Sender<oneshot::Sender<()>>,
}

/// The side of the loop.
#[derive(Debug)]
pub struct Turns {
    asked: mpsc::Receiver<oneshot::Sender<()>>,
}

/// For a loop of that name.
pub fn progress_of(name: &'static str) -> (LoopProgress, Turns) {
    let (ask, asked) = mpsc::channel(ASKERS);
    (LoopProgress { name, ask }, Turns { asked })
}

impl Turns {
    /// Answers the next who asks. A branch of the loop's `select!`: it may be dropped at any moment.
    pub async fn answer(&mut self) {
        match self.asked.recv().await {
            // Who asked may have gone.
            Some(asker) => drop(asker.send(())),
            // Nobody will ask any more; a loop must not spin over that.
            None => std::future::pending().await,
        }
    }
}

impl Progress for LoopProgress {
    fn name(&self) -> &'static str {
        self.name
    }

    fn shown(&self) -> PortFuture<'_, ()> {
        Box::pin(async {
            let (asker, answer) = oneshot::channel();
            if self.ask.send(asker).await.is_err() || answer.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl Progress for Library {
    fn name(&self) -> &'static str {
        "the writer of the library"
    }

    fn shown(&self) -> PortFuture<'_, ()> {
        Box::pin(self.writer_shows_progress())
    }
}

impl Progress for Ops {
    fn name(&self) -> &'static str {
        "the writer of operational state"
    }

    fn shown(&self) -> PortFuture<'_, ()> {
        Box::pin(self.writer_shows_progress())
    }
}

impl Progress for Vitals {
    fn name(&self) -> &'static str {
        "the task that looks after the services"
    }

    fn shown(&self) -> PortFuture<'_, ()> {
        Box::pin(async {
            if self.comes_round().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::test_app::TestApp;

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_comes_round_shows_that_it_goes_on() {
        let (progress, mut turns) = progress_of("a loop");
        tokio::spawn(async move {
            loop {
                turns.answer().await;
            }
        });
        progress.shown().await;
        progress.shown().await;
    }

    /// The fault of a deadlocked loop.
    #[tokio::test(start_paused = true)]
    async fn a_loop_that_hangs_shows_nothing_however_long_one_waits() {
        let (progress, turns) = progress_of("a loop");
        assert!(timeout(LONG, progress.shown()).await.is_err());
        drop(turns);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_has_died_shows_nothing_either() {
        let (progress, turns) = progress_of("a loop");
        drop(turns);
        assert!(timeout(LONG, progress.shown()).await.is_err());
    }

    #[tokio::test]
    async fn a_process_lives_by_its_main_loop() {
        let test = TestApp::open();
        let app = test.app();
        assert!(app.is_alive().await, "without one, by whoever answers");
        let (progress, mut turns) = progress_of("the main loop");
        app.live_by(progress);
        {
            let (alive, ()) = tokio::join!(app.is_alive(), turns.answer());
            assert!(alive);
        }
        let hanging = app.is_alive();
        let passing = test.pass_for_timers(LONG);
        let (alive, ()) = tokio::join!(biased; hanging, passing);
        assert!(!alive);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_stopped_waiting_does_not_stop_the_loop() {
        let (progress, mut turns) = progress_of("a loop");
        assert!(timeout(LONG, progress.shown()).await.is_err());
        turns.answer().await; // of the one that has gone
        let asking = progress.clone();
        let asked = tokio::spawn(async move { asking.shown().await });
        turns.answer().await;
        asked.await.unwrap();
    }
}
