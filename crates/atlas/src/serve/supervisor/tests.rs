//! What a supervisor hears, on a clock that tests turn.

use std::cell::RefCell;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicU64, Ordering};

use atlas_app::{LoopProgress, progress_of};
use atlas_domain::Timestamp;
use tempfile::TempDir;

use super::*;

/// A supervisor that listens.
struct Listening {
    _folder: TempDir,
    listener: UnixDatagram,
    socket: Arc<NotifySocket>,
}

impl Listening {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let socket = Arc::new(NotifySocket::to(path.to_str().unwrap()).unwrap());
        Self {
            _folder: folder,
            listener,
            socket,
        }
    }

    /// What has been said since this was asked last.
    fn heard(&self) -> Vec<String> {
        let mut bytes = [0; 512];
        let next = || {
            let length = self.listener.recv(&mut bytes).ok()?;
            Some(String::from_utf8_lossy(&bytes[..length]).into_owned())
        };
        std::iter::from_fn(next).collect()
    }
}

const WATCHDOG: Duration = Duration::from_mins(1);

/// A loop that goes on until it is told to hang.
fn turning(name: &'static str) -> (LoopProgress, tokio::task::JoinHandle<()>) {
    let (progress, mut turns) = progress_of(name);
    let task = tokio::spawn(async move {
        loop {
            turns.answer().await;
        }
    });
    (progress, task)
}

async fn pass(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_is_fed_twice_in_its_time() {
    let supervisor = Listening::begin();
    let (main_loop, _task) = turning("the main loop");
    let socket = Arc::clone(&supervisor.socket);
    let _feeding = AbortOnDropHandle::new(tokio::spawn(feed(
        socket,
        WATCHDOG / 2,
        vec![Arc::new(main_loop)],
    )));
    pass(Duration::from_secs(299)).await;
    assert_eq!(supervisor.heard(), vec!["WATCHDOG=1"; 10]);
}

/// The fault of a loop that hangs: the process lives, and is not said to go on.
#[tokio::test(start_paused = true)]
async fn one_loop_that_hangs_among_others_starves_the_watchdog() {
    let supervisor = Listening::begin();
    let (main_loop, _turns) = turning("the main loop");
    let (scheduler, hanging) = progress_of("the scheduler");
    let progress: Vec<Arc<dyn Progress>> = vec![Arc::new(main_loop), Arc::new(scheduler)];
    let _feeding = AbortOnDropHandle::new(tokio::spawn(feed(
        Arc::clone(&supervisor.socket),
        WATCHDOG / 2,
        progress,
    )));
    pass(WATCHDOG * 10).await;
    assert_eq!(supervisor.heard(), Vec::<String>::new());
    drop(hanging);
}

#[tokio::test(start_paused = true)]
async fn more_time_is_asked_for_as_long_as_something_is_done() {
    let said = RefCell::new(0);
    let done = AtomicU64::new(0);
    // Thirty looks at work, then it hangs.
    let effort = || Some(done.fetch_add(1, Ordering::Relaxed).min(30));
    ask_for_time(START_AT_MOST, effort, |message| {
        assert_eq!(message, "EXTEND_TIMEOUT_USEC=60000000");
        *said.borrow_mut() += 1;
    })
    .await;
    assert_eq!(*said.borrow(), 31, "the first, and one for each step");
}

#[tokio::test(start_paused = true)]
async fn what_spins_for_ever_is_given_up_all_the_same() {
    let begun = Instant::now();
    let said = RefCell::new(0);
    let done = AtomicU64::new(0);
    let effort = || Some(done.fetch_add(1, Ordering::Relaxed));
    ask_for_time(END_AT_MOST, effort, |_| *said.borrow_mut() += 1).await;
    assert_eq!(*said.borrow(), 60);
    assert!(begun.elapsed() >= END_AT_MOST);
}

fn service(name: &str, status: HealthStatus) -> serde_json::Value {
    serde_json::json!({
        "name": name, "status": status, "soft_status": status, "since": Timestamp::from_millis(0),
        "reason": "", "observed": null, "outcome": null, "observed_at": null, "took_ms": null,
        "blocked_by": [], "critical": true, "flapping": false, "restored": false, "maintenance": null, "uptime": [],
    })
}

#[test]
fn the_status_is_one_line_that_names_what_is_not_well() {
    let health = |services: Vec<serde_json::Value>, overall: HealthStatus| {
        let json = serde_json::json!({ "overall": overall, "services": services });
        line_of(&serde_json::from_value(json).unwrap())
    };
    let well = service("database", HealthStatus::Healthy);
    assert_eq!(health(vec![well.clone()], HealthStatus::Healthy), "healthy");
    let broken = service("my\nsearch", HealthStatus::Down);
    assert_eq!(
        health(vec![well, broken], HealthStatus::Degraded),
        "degraded: my search is down"
    );
}
