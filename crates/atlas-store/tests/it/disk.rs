//! A disk that really fails: with a limit on the size of files the kernel refuses writes, and SQLite reports
//! an I/O error. The limit holds for a whole process, so each scenario runs in one of its own.

use std::process::Command;

use atlas_domain::Item;
use atlas_store::{NewItem, StoreError};
use rstest::rstest;
use rusqlite::{Connection, OpenFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::fixture::{Fixture, OWNER, content, new_item};

/// Sent to a process that writes beyond its limit; without a handler it ends the process.
const SIGXFSZ: i32 = 25;
/// Room for the database and for the log of some saves, not for what the guilty ones write.
const LIMIT_BYTES: u64 = 1024 * 1024;
/// In the table and in its index: more than the limit, less than the page cache of 2 MB. It stays in memory
/// until COMMIT.
const FAILS_AT_COMMIT_BYTES: usize = 650 * 1024;
/// More than the page cache holds: its pages go to the log while the request still runs.
const FAILS_INSIDE_BYTES: usize = 4 * 1024 * 1024;
/// Room for the index of the log, which reading needs too, and for less of the log than the smallest write.
const READ_ONLY_BYTES: u64 = 36 * 1024;
const ROUNDS: usize = 4;

#[rstest]
#[case::at_commit("disk::scenario_the_guilty_request_fails_at_commit")]
#[case::inside_the_request("disk::scenario_the_guilty_request_fails_inside")]
#[case::everything("disk::scenario_nothing_can_be_written_for_a_while")]
#[case::the_log_of_the_last_process("disk::scenario_a_start_finds_no_room_for_what_it_recovers")]
fn an_io_error_costs_only_the_guilty(#[case] scenario: &str) {
    let tests = std::env::current_exe().unwrap();
    let output = Command::new(tests)
        .args([
            "--exact",
            scenario,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("1 passed"), "the scenario did not run: {said}");
}

#[tokio::test]
#[ignore = "limits its whole process: `an_io_error_costs_only_the_guilty` runs it in one of its own"]
async fn scenario_the_guilty_request_fails_at_commit() {
    if runs_alone() {
        neighbours_of_a_huge_save(FAILS_AT_COMMIT_BYTES).await;
    }
}

#[tokio::test]
#[ignore = "limits its whole process: `an_io_error_costs_only_the_guilty` runs it in one of its own"]
async fn scenario_the_guilty_request_fails_inside() {
    if runs_alone() {
        neighbours_of_a_huge_save(FAILS_INSIDE_BYTES).await;
    }
}

#[tokio::test]
#[ignore = "limits its whole process: `an_io_error_costs_only_the_guilty` runs it in one of its own"]
async fn scenario_nothing_can_be_written_for_a_while() {
    if runs_alone() {
        a_disk_that_fails_for_everyone().await;
    }
}

#[tokio::test]
#[ignore = "limits its whole process: `an_io_error_costs_only_the_guilty` runs it in one of its own"]
async fn scenario_a_start_finds_no_room_for_what_it_recovers() {
    if runs_alone() {
        a_start_where_nothing_can_be_moved_out_of_the_log().await;
    }
}

/// `cargo test -- --ignored` would run the scenarios beside other tests, which they would harm.
fn runs_alone() -> bool {
    std::env::args().any(|argument| argument == "--exact")
}

async fn neighbours_of_a_huge_save(huge_bytes: usize) {
    let _handled = signal(SignalKind::from_raw(SIGXFSZ)).unwrap();
    let library = Fixture::new();
    let mut acknowledged = vec![library.ingest("before.example/", content("before")).await];
    let before = library.writer_stats().unwrap();
    for round in 0..ROUNDS {
        empty_the_log(&library);
        limit_file_size(Some(LIMIT_BYTES));
        let save = |name: &str| library.save_item(OWNER, new_item(&format!("{name}.example/{round}")));
        let huge = NewItem {
            tags: vec!["x".repeat(huge_bytes)],
            ..new_item(&format!("huge.example/{round}"))
        };
        let (first, second, guilty, third, last) = tokio::join!(
            save("first"),
            save("second"),
            library.save_item(OWNER, huge),
            save("third"),
            save("last"),
        );
        acknowledged.extend([first, second, third, last].map(|saved| saved.unwrap().item));
        assert!(matches!(&guilty, Err(StoreError::Io(_))), "{guilty:?}");
        let message = guilty.unwrap_err().to_string();
        assert!(
            message.contains("reading or writing the database failed"),
            "{message}"
        );
        acknowledged.push(library.save(&format!("during.example/{round}")).await.item);
        limit_file_size(None);
        acknowledged.push(library.save(&format!("after.example/{round}")).await.item);
    }
    let after = library.writer_stats().unwrap();
    assert!(
        after.batches - before.batches < after.requests - before.requests,
        "the guilty never shared a batch: this shows nothing"
    );
    let library = everything_is_there(library, &acknowledged).await;
    for round in 0..ROUNDS {
        let huge = crate::fixture::canonical(&format!("huge.example/{round}"));
        assert_eq!(library.item_at(OWNER, &huge).await.unwrap(), None);
    }
    let huge = NewItem {
        tags: vec!["x".repeat(huge_bytes)],
        ..new_item("huge.example/0")
    };
    library.save_item(OWNER, huge).await.unwrap();
}

async fn a_disk_that_fails_for_everyone() {
    let _handled = signal(SignalKind::from_raw(SIGXFSZ)).unwrap();
    let library = Fixture::new();
    library.let_everybody_write();
    let mut acknowledged = vec![library.save("before.example/").await.item];
    empty_the_log(&library);
    limit_file_size(Some(READ_ONLY_BYTES));
    for round in 0..ROUNDS {
        let saves = (0..3).map(|number| new_item(&format!("lost{number}.example/{round}")));
        for saved in save_together(&library, saves).await {
            assert!(matches!(&saved, Err(StoreError::Io(_))), "{saved:?}");
        }
        let found = library.item(OWNER, acknowledged[0].id).await.unwrap();
        assert_eq!(found, acknowledged[0], "reading goes on");
    }
    limit_file_size(None);
    acknowledged.push(library.save("after.example/").await.item);
    let library = everything_is_there(library, &acknowledged).await;
    let counts = library.counts(OWNER).await.unwrap();
    assert_eq!(
        counts.items.iter().map(|(_, count)| count).sum::<u64>(),
        acknowledged.len() as u64
    );
    assert_eq!(library.claim_up_to(10).await.len(), acknowledged.len());
}

async fn a_start_where_nothing_can_be_moved_out_of_the_log() {
    let _handled = signal(SignalKind::from_raw(SIGXFSZ)).unwrap();
    let killed = Fixture::new();
    empty_the_log(&killed);
    let mut acknowledged = Vec::new();
    for number in 0..3 {
        let item = NewItem {
            tags: vec!["x".repeat(FAILS_AT_COMMIT_BYTES / 4)],
            ..new_item(&format!("before.example/{number}"))
        };
        acknowledged.push(killed.save_item(OWNER, item).await.unwrap().item);
    }
    let main_file_bytes = std::fs::metadata(killed.dir().library_db()).unwrap().len();
    let library = killed.killed(|| limit_file_size(Some(main_file_bytes)));
    library.let_everybody_write();
    for item in &acknowledged {
        assert_eq!(&library.look(item).await, item);
    }
    let saved = library.save_item(OWNER, new_item("during.example/")).await;
    assert!(matches!(saved, Err(StoreError::Io(_))), "{saved:?}");
    limit_file_size(None);
    acknowledged.push(library.save("after.example/").await.item);
    let now_bytes = std::fs::metadata(library.dir().library_db()).unwrap().len();
    assert!(
        now_bytes > main_file_bytes,
        "the log was not moved by the first batch that could"
    );
    everything_is_there(library, &acknowledged).await;
}

/// Saves all of them at once.
async fn save_together(
    library: &Fixture,
    items: impl Iterator<Item = NewItem>,
) -> Vec<Result<Item, StoreError>> {
    let tasks: Vec<_> = items
        .map(|item| {
            let library = library.library.clone();
            tokio::spawn(async move { library.save_item(OWNER, item).await })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap().map(|saved| saved.item));
    }
    results
}

/// Ends the process, as far as the library can tell, and looks for every acknowledged item in the next.
async fn everything_is_there(library: Fixture, acknowledged: &[Item]) -> Fixture {
    let library = library.reopen().await;
    for item in acknowledged {
        assert_eq!(&library.look(item).await, item);
    }
    let findings: String = engine(&library)
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(findings, "ok");
    library
}

fn limit_file_size(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: bytes.or(maximum),
            maximum,
        },
    )
    .unwrap();
}

/// From here on the log grows from nothing, so that the limit means the same in every round.
fn empty_the_log(library: &Fixture) {
    let busy: i64 = engine(library)
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .unwrap();
    assert_eq!(busy, 0);
}

fn engine(library: &Fixture) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    Connection::open_with_flags(library.dir().library_db(), flags).unwrap()
}
