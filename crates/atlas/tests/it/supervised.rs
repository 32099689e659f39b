//! Under a supervisor that speaks as systemd does: what it hears from the real process, and when it hears no more.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use http::{Method, StatusCode};
use rstest::rstest;
use tokio::time::Instant;

use crate::access::ask;
use crate::support::{Atlas, eventually};

/// What the watchdog waits for; a sign comes twice in this time.
const WATCHDOG: Duration = Duration::from_secs(2);
/// A healthy server on a busy machine is quicker.
const BOUND: Duration = Duration::from_mins(1);
/// As long as no healthy server is silent.
const SILENCE: Duration = Duration::from_secs(10);

/// A supervisor that listens.
struct Supervisor {
    listener: UnixDatagram,
    heard: Vec<String>,
}

impl Supervisor {
    /// With the variables that it gives to its process.
    fn of(atlas: &Atlas) -> (Self, [(&'static str, String); 2]) {
        let path = atlas.folder().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let variables = [
            ("NOTIFY_SOCKET", path.display().to_string()),
            ("WATCHDOG_USEC", WATCHDOG.as_micros().to_string()),
        ];
        let heard = Vec::new();
        (Self { listener, heard }, variables)
    }

    /// Every line so far.
    fn lines(&mut self) -> &[String] {
        let mut bytes = [0; 1024];
        while let Ok(length) = self.listener.recv(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            self.heard.extend(text.lines().map(str::to_owned));
        }
        &self.heard
    }

    fn count(&mut self, line: &str) -> usize {
        self.lines().iter().filter(|heard| *heard == line).count()
    }

    async fn hears(&mut self, line: &str, times: usize) {
        let what = format!("the supervisor hears {line} {times} times");
        eventually(BOUND, &what, async || self.count(line) >= times).await;
    }
}

fn borrowed<'a>(variables: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    let pairs = variables.iter().map(|(name, value)| (*name, value.as_str()));
    pairs.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_hears_of_the_start_of_every_turn_of_a_reload_and_of_the_end() {
    let atlas = Atlas::new();
    let (mut supervisor, variables) = Supervisor::of(&atlas);
    let server = atlas.serve_with(&borrowed(&variables)).await;
    supervisor.hears("READY=1", 1).await;
    let before_ready: Vec<String> = supervisor
        .lines()
        .iter()
        .take_while(|line| *line != "READY=1")
        .cloned()
        .collect();
    assert!(
        before_ready
            .iter()
            .any(|line| line.starts_with("EXTEND_TIMEOUT_USEC=")),
        "a start may take its time: {before_ready:?}"
    );
    supervisor.hears("WATCHDOG=1", 3).await;
    eventually(BOUND, "the supervisor hears how the services are", async || {
        let lines = supervisor.lines();
        let tells = |line: &String| {
            ["healthy", "degraded", "critical", "unknown"]
                .iter()
                .any(|word| line.starts_with(&format!("STATUS={word}")))
        };
        lines.iter().any(tells)
    })
    .await;

    server.hang_up();
    supervisor.hears("RELOADING=1", 1).await;
    supervisor.hears("READY=1", 2).await;
    assert!(
        supervisor
            .lines()
            .iter()
            .any(|line| line.starts_with("MONOTONIC_USEC="))
    );

    assert_eq!(server.terminate().await, 0);
    assert_eq!(supervisor.count("STOPPING=1"), 1);
}

/// The process lives and answers, and still nobody may be told that it goes on: nothing can be saved any more, or what is
/// known of health and alerts cannot be kept.
#[rstest]
#[case::of_the_library("save::in_transaction", &["add", "http://127.0.0.1:9/page"])]
#[case::of_operational_state("breaker::in_transaction", &["breaker", "disable", "notifications", "nobody"])]
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_stands_starves_the_watchdog_of_a_process_that_lives(
    #[case] stands_at: &str,
    #[case] what_writes: &'static [&'static str],
) {
    let atlas = Atlas::new();
    let (mut supervisor, mut variables) = {
        let (supervisor, variables) = Supervisor::of(&atlas);
        (supervisor, variables.to_vec())
    };
    variables.push(("FAILPOINTS", format!("{stands_at}=pause")));
    let mut server = atlas.serve_with(&borrowed(&variables)).await;
    supervisor.hears("WATCHDOG=1", 2).await;
    let mut writing = atlas.spawn(what_writes);

    let mut counted = (supervisor.count("WATCHDOG=1"), Instant::now());
    eventually(BOUND, "the watchdog is not fed any more", async || {
        let count = supervisor.count("WATCHDOG=1");
        if count != counted.0 {
            counted = (count, Instant::now());
        }
        counted.1.elapsed() >= SILENCE
    })
    .await;
    assert!(server.runs(), "it is for the supervisor to end it");
    let live = ask(&server, Method::GET, "/livez", &[]).await;
    assert_eq!(live.status(), StatusCode::OK, "its main loop goes on");
    writing.kill().unwrap();
    writing.wait().unwrap();
    server.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_supervisor_a_server_is_as_before() {
    let atlas = Atlas::new();
    let server = atlas.serve_with(&[("WATCHDOG_USEC", "1000000")]).await;
    assert_eq!(server.terminate().await, 0);

    let away = atlas.folder().join("nobody").display().to_string();
    let server = atlas.serve_with(&[("NOTIFY_SOCKET", &away)]).await;
    assert_eq!(server.terminate().await, 0);
}
