//! Which files are opened, and in which state they are left.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atlas_store::maintenance::{JournalMode, LookError, Looking, Snapshot, Symlinks, Way, Whose};
use rstest::rstest;

use super::{Place, ask_everything, copy, impatient, rows};

const THREE_ROWS: &str = "CREATE TABLE content(id INTEGER PRIMARY KEY, body TEXT, UNIQUE(body)); \
    CREATE VIRTUAL TABLE search USING fts5(body, content='content', content_rowid='id'); \
    INSERT INTO content VALUES (1, 'one'), (2, 'two'), (3, NULL); \
    INSERT INTO search(search) VALUES ('rebuild');";
const WAL: &str = "PRAGMA journal_mode = WAL;";

fn refusal(path: &Path) -> LookError {
    match Snapshot::open(path, impatient()) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

#[rstest]
#[case::rollback_journal("", JournalMode::Rollback, Way::Shared)]
#[case::log_that_was_tidied_up(WAL, JournalMode::Wal, Way::Still)]
fn a_file_and_its_folder_are_as_they_were(
    #[case] mode: &str,
    #[case] journal_mode: JournalMode,
    #[case] way: Way,
) {
    let place = Place::with(&format!("{mode} {THREE_ROWS}"));
    let before = place.listing();
    assert_eq!(before.len(), 1, "{:?}", before.keys());
    let snapshot = place.look();
    ask_everything(&snapshot);
    let file = snapshot.file().unwrap();
    assert_eq!((file.journal_mode, file.way), (journal_mode, way));
    assert_eq!(file.made_beside, Vec::<std::path::PathBuf>::new());
    assert!(place.listing() == before, "while it is open");
    drop(snapshot);
    assert!(place.listing() == before, "afterwards");
}

#[test]
fn beside_somebody_who_has_it_open_nothing_but_marks_changes() {
    let place = Place::with(&format!("{WAL} {THREE_ROWS}"));
    let writer = place.writer();
    writer
        .execute_batch("INSERT INTO content(body) VALUES ('in the log')")
        .unwrap();
    let before = place.listing();
    assert_eq!(before.len(), 3);
    let snapshot = place.look();
    assert_eq!(snapshot.file().unwrap().way, Way::Shared);
    assert_eq!(rows(&snapshot, "content").len(), 4, "the log is read too");
    ask_everything(&snapshot);
    drop(snapshot);
    let without_marks = |mut listing: std::collections::BTreeMap<String, Vec<u8>>| {
        assert!(listing.remove("foreign.db-shm").is_some());
        listing
    };
    assert!(without_marks(place.listing()) == without_marks(before));
}

#[test]
fn a_copy_with_its_log_is_read_with_it_and_says_what_was_made_beside_it() {
    let place = Place::with(&format!("{WAL} {THREE_ROWS}"));
    let writer = place.writer();
    writer
        .execute_batch("INSERT INTO content(body) VALUES ('in the log')")
        .unwrap();
    let copied = place.beside("copy.db");
    copy(&place.path(), &copied);
    let snapshot = Snapshot::open(&copied, impatient()).unwrap();
    assert_eq!(rows(&snapshot, "content").len(), 4);
    assert_eq!(
        snapshot.file().unwrap().made_beside,
        [place.beside("copy.db-shm")]
    );
    let log = std::fs::read(place.beside("copy.db-wal")).unwrap();
    assert!(log == std::fs::read(place.beside("foreign.db-wal")).unwrap());
}

#[test]
fn a_log_that_cannot_be_read_where_it_lies_is_not_left_out() {
    let place = Place::with(&format!("{WAL} {THREE_ROWS}"));
    let writer = place.writer();
    writer
        .execute_batch("INSERT INTO content(body) VALUES ('in the log')")
        .unwrap();
    let copied = place.beside("copy.db");
    copy(&place.path(), &copied);
    // What reading a log needs beside it cannot be made.
    symlink("nowhere", place.beside("copy.db-shm")).unwrap();
    let refusal = refusal(&copied);
    assert!(matches!(refusal, LookError::LogUnreadable { .. }), "{refusal:?}");
}

#[rstest]
#[case::rollback_journal("", 3)]
#[case::log(WAL, 4)]
fn what_is_written_meanwhile_does_not_show(#[case] mode: &str, #[case] rows_at_last: usize) {
    let place = Place::with(&format!("{mode} {THREE_ROWS}"));
    let writer = place.writer();
    // It has the file open, and has read.
    let counted: i64 = writer
        .query_row("SELECT count(*) FROM content", [], |row| row.get(0))
        .unwrap();
    assert_eq!(counted, 3);
    let snapshot = place.look();
    let written = writer
        .execute_batch("PRAGMA busy_timeout = 0; BEGIN; INSERT INTO content(body) VALUES ('new'); COMMIT");
    assert_eq!(
        written.is_ok(),
        rows_at_last == 4,
        "a file without a log waits for its readers"
    );
    drop(writer);
    assert_eq!(rows(&snapshot, "content").len(), 3);
    assert_eq!(snapshot.tables().unwrap()[0].rows, Some(3));
    snapshot.still_holds().unwrap();
    drop(snapshot);
    assert_eq!(rows(&place.look(), "content").len(), rows_at_last);
}

#[test]
fn a_file_that_is_read_as_it_lies_notices_that_somebody_writes_to_it() {
    let place = Place::with(&format!("{WAL} {THREE_ROWS}"));
    let snapshot = place.look();
    assert_eq!(snapshot.file().unwrap().way, Way::Still);
    // Closing moves the log into the file.
    place
        .writer()
        .execute_batch("INSERT INTO content(body) VALUES ('new')")
        .unwrap();
    assert_eq!(snapshot.tables().unwrap_err(), LookError::Changed(place.path()));
    drop(snapshot);
    assert_eq!(rows(&place.look(), "content").len(), 4);
}

#[test]
fn what_is_no_database_is_refused_by_name() {
    let place = Place::with(THREE_ROWS);
    let missing = place.beside("missing.db");
    assert_eq!(refusal(&missing), LookError::Missing(missing));

    let folder = place.beside("folder");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(refusal(&folder), LookError::Directory(folder));

    let socket = place.beside("socket");
    let _listening = UnixListener::bind(&socket).unwrap();
    assert_eq!(
        refusal(&socket),
        LookError::NotAFile {
            path: socket,
            what: "a socket"
        }
    );

    let empty = place.beside("empty.db");
    std::fs::write(&empty, "").unwrap();
    assert_eq!(refusal(&empty), LookError::Empty(empty));
}

#[rstest]
#[case::text(b"Dear diary, this is no database.".repeat(64), "it does not begin like one")]
#[case::archive([b"PK\x03\x04".to_vec(), noise()].concat(), "it is a ZIP archive")]
#[case::short(b"SQLite".to_vec(), "it does not begin like one")]
#[case::header_and_noise([b"SQLite format 3\0".to_vec(), noise()].concat(), "encrypted behind its header")]
fn a_file_of_another_kind_is_refused_with_what_it_looks_like(#[case] bytes: Vec<u8>, #[case] looks: &str) {
    let place = Place::with(THREE_ROWS);
    std::fs::write(place.path(), bytes).unwrap();
    let refusal = refusal(&place.path());
    assert!(matches!(refusal, LookError::NotADatabase { .. }), "{refusal:?}");
    assert!(refusal.to_string().contains(looks), "{refusal}");
}

#[test]
fn noise_from_the_first_byte_on_is_taken_for_encryption() {
    let place = Place::with(THREE_ROWS);
    std::fs::write(place.path(), noise()).unwrap();
    assert_eq!(refusal(&place.path()), LookError::Encrypted(place.path()));
}

/// Bytes without any order, always the same ones.
fn noise() -> Vec<u8> {
    let mut bytes = vec![0; 8_192];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

#[test]
fn a_file_that_somebody_holds_alone_is_named_as_locked() {
    let place = Place::with(THREE_ROWS);
    let writer = place.writer();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(refusal(&place.path()), LookError::Locked(place.path()));
    writer.execute_batch("COMMIT").unwrap();
    place.look();
}

#[test]
fn a_change_that_a_crash_left_unfinished_is_not_repaired() {
    let place = Place::with(&format!("PRAGMA cache_size = 1; {THREE_ROWS}"));
    let writer = place.writer();
    writer
        .execute_batch(
            "PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN; \
             WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
             INSERT INTO content SELECT i, hex(randomblob(50)) FROM n",
        )
        .unwrap();
    // As a crash in the middle would leave it.
    let crashed = place.beside("crashed.db");
    std::fs::copy(place.path(), &crashed).unwrap();
    std::fs::copy(
        place.beside("foreign.db-journal"),
        place.beside("crashed.db-journal"),
    )
    .unwrap();
    let before = (
        std::fs::read(&crashed).unwrap(),
        std::fs::read(place.beside("crashed.db-journal")).unwrap(),
    );
    assert_eq!(refusal(&crashed), LookError::HotJournal(crashed.clone()));
    let after = (
        std::fs::read(&crashed).unwrap(),
        std::fs::read(place.beside("crashed.db-journal")).unwrap(),
    );
    assert!(before == after);
}

#[test]
fn a_link_is_followed_or_refused_as_is_wished() {
    let place = Place::with(THREE_ROWS);
    let link = place.beside("link.db");
    symlink("foreign.db", &link).unwrap();
    let file = Snapshot::open(&link, impatient()).unwrap().file().unwrap();
    let target = std::fs::canonicalize(place.path()).unwrap();
    assert_eq!((file.path, file.link), (target.clone(), Some(link.clone())));

    let refusing = Looking {
        symlinks: Symlinks::Refuse,
        ..impatient()
    };
    let refused = Snapshot::open(&link, refusing).map(drop).unwrap_err();
    assert_eq!(
        refused,
        LookError::Symlink {
            path: link,
            leads_to: target
        }
    );

    let dangling = place.beside("dangling.db");
    symlink("nowhere.db", &dangling).unwrap();
    assert_eq!(refusal(&dangling), LookError::Missing(place.beside("nowhere.db")));
}

#[test]
fn our_own_file_is_read_beside_the_process_that_writes_it() {
    let place = Place::with(&format!("{WAL} {THREE_ROWS}"));
    let writer = place.writer();
    writer
        .execute_batch("INSERT INTO content(body) VALUES ('in the log')")
        .unwrap();
    let own = Looking {
        whose: Whose::Own,
        ..impatient()
    };
    let snapshot = Snapshot::open(&place.path(), own).unwrap();
    assert_eq!(rows(&snapshot, "content").len(), 4);
    let file = snapshot.file().unwrap();
    assert_eq!((file.journal_mode, file.way), (JournalMode::Wal, Way::Shared));
}

#[test]
fn whoever_does_not_wait_any_more_ends_every_question() {
    let place = Place::with(THREE_ROWS);
    let cancel = Arc::new(AtomicBool::new(false));
    let looking = Looking {
        cancel: Arc::clone(&cancel),
        ..impatient()
    };
    let snapshot = Snapshot::open(&place.path(), looking).unwrap();
    snapshot.tables().unwrap();
    cancel.store(true, Ordering::Relaxed);
    assert_eq!(snapshot.tables().unwrap_err(), LookError::Cancelled(place.path()));
    assert_eq!(snapshot.bytes().unwrap_err(), LookError::Cancelled(place.path()));
}
