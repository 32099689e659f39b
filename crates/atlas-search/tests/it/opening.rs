//! Reopening, other libraries, and every kind of damage: a rebuild, never a panic, never a loss of the reason.

use std::fs;
use std::path::{Path, PathBuf};

use atlas_domain::LibraryIdentity;
use atlas_search::{IndexOp, IndexSettings, RebuildReason, SearchError, SearchIndex};
use rstest::rstest;
use tempfile::TempDir;

use crate::library::{Library, cursor, document, identity, open, search};

/// A directory with an index of 20 documents that nobody has open.
fn closed_index() -> TempDir {
    let library = Library::with((1..=20).map(|number| document(number, "Title", "some words to keep")));
    library.put([document(21, "Deleted", "again"), document(1, "Replaced", "again")]);
    library.index.release_writer().unwrap();
    library.directory
}

fn current(directory: &TempDir) -> PathBuf {
    directory.path().join("current")
}

fn files_with(directory: &TempDir, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(current(directory))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

fn truncate(file: &Path, length_bytes: u64) {
    fs::File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_len(length_bytes)
        .unwrap();
}

/// The lock that whoever loads or removes files of an index takes, in the hands of somebody who does not go on.
fn hold_files(directory: &TempDir) -> fs::File {
    let lock = fs::File::create(current(directory).join(".tantivy-meta.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

fn reason_beside(directory: &TempDir) -> String {
    fs::read_to_string(directory.path().join("aside/reason.txt")).unwrap()
}

fn assert_rebuilds_as_damaged(directory: &TempDir) {
    let read_only = SearchIndex::open_read_only(directory.path(), &identity(1));
    assert!(
        matches!(
            read_only,
            Err(SearchError::MustRebuild(RebuildReason::Damaged(_)))
        ),
        "{read_only:?}"
    );
    let opened = open(directory).unwrap();
    assert!(
        matches!(opened.rebuild, Some(RebuildReason::Damaged(_))),
        "{:?}",
        opened.rebuild
    );
    assert_eq!((opened.resume, opened.index.reader().count()), (None, 0));
    assert!(reason_beside(directory).contains("damaged"));
    assert!(opened.index.apply(&[], &cursor("anew")).is_ok());
}

#[test]
fn a_new_index_starts_from_the_beginning() {
    let directory = tempfile::tempdir().unwrap();
    let opened = open(&directory).unwrap();
    assert_eq!((opened.resume, opened.rebuild), (None, Some(RebuildReason::New)));
    assert_eq!(search(opened.index.reader(), "anything").unwrap().total, 0);
}

#[test]
fn an_index_without_a_commit_is_new_and_nothing_is_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(&directory).unwrap());
    assert_eq!(open(&directory).unwrap().rebuild, Some(RebuildReason::New));
    assert!(!directory.path().join("aside").exists());
}

#[test]
fn reopening_goes_on_at_the_watermark() {
    let directory = closed_index();
    let opened = open(&directory).unwrap();
    assert_eq!((opened.resume, opened.rebuild), (Some(cursor("put")), None));
    assert_eq!(opened.index.reader().count(), 21);
    assert_eq!(search(opened.index.reader(), "again").unwrap().total, 2);
}

#[test]
fn what_was_not_committed_leaves_the_old_watermark() {
    let directory = closed_index();
    // The files of a process that died while it wrote a segment.
    fs::write(
        current(&directory).join("0123456789abcdef0123456789abcdef.store.temp"),
        b"half a segm",
    )
    .unwrap();
    fs::write(
        current(&directory).join("0123456789abcdef0123456789abcdef.term"),
        b"half a segm",
    )
    .unwrap();
    fs::write(current(&directory).join(".tantivy-writer.lock"), b"").unwrap();
    let opened = open(&directory).unwrap();
    assert_eq!((opened.resume, opened.rebuild), (Some(cursor("put")), None));
    opened.index.apply(&[], &cursor("next")).unwrap();
    drop(opened.index);
    assert_eq!(open(&directory).unwrap().resume, Some(cursor("next")));
}

#[rstest]
#[case::another_library(LibraryIdentity { library: uuid::Uuid::from_u128(99), ..identity(1) })]
#[case::restored_from_a_backup(LibraryIdentity { epoch: uuid::Uuid::from_u128(99), ..identity(1) })]
fn another_identity_means_rebuild(#[case] other: LibraryIdentity) {
    let directory = closed_index();
    let read_only = SearchIndex::open_read_only(directory.path(), &other);
    assert!(matches!(
        read_only,
        Err(SearchError::MustRebuild(RebuildReason::OtherLibrary))
    ));
    let opened = SearchIndex::open(directory.path(), &other, IndexSettings::default()).unwrap();
    assert_eq!(
        (opened.resume, opened.rebuild),
        (None, Some(RebuildReason::OtherLibrary))
    );
    assert_eq!(opened.index.reader().count(), 0);
    assert!(reason_beside(&directory).contains("another library"));
}

#[test]
fn another_schema_version_means_rebuild() {
    let directory = closed_index();
    let meta = current(&directory).join("meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    let other = text.replace(r#"\"schema_version\":"#, r#"\"schema_version\":9"#);
    assert_ne!(text, other);
    fs::write(&meta, other).unwrap();
    let opened = open(&directory).unwrap();
    assert_eq!(
        (opened.resume, opened.rebuild),
        (None, Some(RebuildReason::OtherSchema))
    );
}

#[rstest]
#[case::terms("term")]
#[case::postings("idx")]
#[case::positions("pos")]
#[case::stored_text("store")]
#[case::columns("fast")]
#[case::lengths("fieldnorm")]
#[case::deletions("del")]
fn a_truncated_segment_file_means_rebuild(#[case] extension: &str, #[values(0, 3, 60)] left_bytes: u64) {
    let directory = closed_index();
    let file = files_with(&directory, extension)
        .into_iter()
        .next()
        .expect("the index has such a file");
    let length_bytes = fs::metadata(&file).unwrap().len();
    truncate(&file, left_bytes.min(length_bytes - 1));
    assert_rebuilds_as_damaged(&directory);
}

#[rstest]
#[case::garbage(b"not json at all")]
#[case::empty(b"")]
#[case::other_json(b"{\"segments\":7}")]
#[case::not_text(b"\xff\xfe\x00")]
fn a_broken_list_of_segments_means_rebuild(#[case] content: &[u8]) {
    let directory = closed_index();
    fs::write(current(&directory).join("meta.json"), content).unwrap();
    assert_rebuilds_as_damaged(&directory);
}

#[test]
fn a_missing_file_means_rebuild() {
    let missing_list = closed_index();
    fs::remove_file(current(&missing_list).join("meta.json")).unwrap();
    assert_rebuilds_as_damaged(&missing_list);

    let missing_segment = closed_index();
    fs::remove_file(&files_with(&missing_segment, "idx")[0]).unwrap();
    assert_rebuilds_as_damaged(&missing_segment);
}

#[test]
fn a_flipped_byte_is_found_by_verification_and_healed_by_clearing() {
    let directory = closed_index();
    let opened = open(&directory).unwrap();
    opened.index.reader().verify().unwrap();
    drop(opened);
    let file = &files_with(&directory, "store")[0];
    let mut bytes = fs::read(file).unwrap();
    bytes[10] ^= 0xff;
    fs::write(file, bytes).unwrap();

    let index = open(&directory).unwrap().index;
    let verified = index.reader().verify();
    assert!(matches!(verified, Err(SearchError::Damaged(_))), "{verified:?}");
    index.clear().unwrap();
    index.reader().verify().unwrap();
    let put = IndexOp::Put(Box::new(document(1, "Anew", "words")));
    index.apply(&[put], &cursor("anew")).unwrap();
    assert_eq!(search(index.reader(), "words").unwrap().hits[0].title, "Anew");
}

#[test]
fn an_index_whose_inside_is_garbage_never_panics() {
    for extension in ["term", "idx", "pos", "store", "fast", "fieldnorm"] {
        let directory = closed_index();
        for file in files_with(&directory, extension) {
            let mut bytes = fs::read(&file).unwrap();
            // The footer at the end stays whole: from outside the file looks sound.
            let inside = bytes.len().saturating_sub(150);
            for byte in &mut bytes[..inside] {
                *byte = byte.wrapping_mul(31).wrapping_add(7);
            }
            fs::write(&file, bytes).unwrap();
        }
        let opened = open(&directory).unwrap();
        for query in ["words", "\"some words\"", "wor*", "-absent", "tag:none"] {
            match search(opened.index.reader(), query) {
                Ok(_) | Err(SearchError::Damaged(_)) => {}
                Err(other) => panic!("{extension}, {query}: {other:?}"),
            }
        }
    }
}

#[test]
fn only_one_former_index_is_kept() {
    let directory = closed_index();
    for number in 2..=4 {
        let opened =
            SearchIndex::open(directory.path(), &identity(number), IndexSettings::default()).unwrap();
        opened.index.apply(&[], &cursor("some")).unwrap();
    }
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["aside", "current", "lock"]);
}

#[test]
fn reading_where_nothing_is_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let read_only = SearchIndex::open_read_only(directory.path(), &identity(1));
    assert!(matches!(
        read_only,
        Err(SearchError::MustRebuild(RebuildReason::New))
    ));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn reading_makes_no_file_and_still_sees_later_commits() {
    let directory = closed_index();
    let names = || {
        let entries = fs::read_dir(current(&directory)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    fs::remove_file(current(&directory).join(".tantivy-meta.lock")).unwrap();
    let before = names();
    let reader = SearchIndex::open_read_only(directory.path(), &identity(1)).unwrap();
    reader.reload().unwrap();
    assert_eq!(search(&reader, "again").unwrap().total, 2);
    reader.verify().unwrap();
    assert_eq!(names(), before);

    let index = open(&directory).unwrap().index;
    let put = IndexOp::Put(Box::new(document(30, "Later", "again and again")));
    index.apply(&[put], &cursor("later")).unwrap();
    reader.reload().unwrap();
    assert_eq!(search(&reader, "again").unwrap().total, 3);
    assert_eq!(reader.watermark(), Some(cursor("later")));
}

#[test]
fn a_place_that_cannot_hold_an_index_is_an_error_and_not_damage() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("search");
    fs::write(&file, b"a file in the way").unwrap();
    let opened = SearchIndex::open(&file, &identity(1), IndexSettings::default());
    assert!(matches!(opened, Err(SearchError::Io(_))), "{opened:?}");
    assert_eq!(fs::read(&file).unwrap(), b"a file in the way");
}

#[rstest]
#[case::everything("")]
#[case::only_the_files_of_the_engine("current")]
fn an_index_whose_files_vanish_while_it_is_open_is_begun_anew(#[case] lost: &str) {
    let library = Library::with([document(1, "Otters", "they hold hands")]);
    let reader = library.index.reader().clone();
    assert!(!reader.has_vanished());
    fs::remove_dir_all(library.directory.path().join(lost)).unwrap();
    assert!(reader.has_vanished());
    library.index.begin_anew().unwrap();
    assert!(!reader.has_vanished());
    assert_eq!((reader.watermark(), reader.count()), (None, 0));
    library.put([document(2, "Badgers", "they hold court")]);
    assert_eq!(
        search(&reader, "hold").unwrap().total,
        1,
        "an older clone shows it too"
    );
    assert!(matches!(open(&library.directory), Err(SearchError::Locked)));
    let Library { index, directory } = library;
    drop((index, reader));
    assert_eq!(open(&directory).unwrap().resume, Some(cursor("put")));
}

#[test]
fn who_only_reads_waits_a_moment_for_a_writer_that_has_stopped_and_says_so() {
    let directory = closed_index();
    let held = hold_files(&directory);
    let refused = SearchIndex::open_read_only(directory.path(), &identity(1));
    assert!(matches!(refused, Err(SearchError::Locked)), "{refused:?}");
    drop(held);
    let reader = SearchIndex::open_read_only(directory.path(), &identity(1)).unwrap();
    assert_eq!(search(&reader, "words").unwrap().total, 19);

    let held = hold_files(&directory);
    let refused = reader.reload();
    assert!(matches!(refused, Err(SearchError::Locked)), "{refused:?}");
    assert_eq!(
        search(&reader, "words").unwrap().total,
        19,
        "what was shown is shown on"
    );
    drop(held);
}

#[test]
fn how_far_the_index_reaches_is_told_while_somebody_waits_to_show_more() {
    let library = Library::with([document(1, "Title", "some words")]);
    let before = library.index.reader().watermark();
    let held = hold_files(&library.directory);
    let reader = library.index.reader().clone();
    let reloading = std::thread::spawn(move || reader.reload());
    for _ in 0..100 {
        assert_eq!(library.index.reader().watermark(), before);
        std::thread::yield_now();
    }
    assert!(!reloading.is_finished());
    drop(held);
    reloading.join().unwrap().unwrap();
}
