//! Batches, watermarks, and who may write.

use atlas_search::{IndexOp, SearchError, SearchIndex};

use crate::library::{Library, cursor, document, id, identity, open, search};

#[test]
fn a_batch_can_be_found_as_soon_as_it_is_applied() {
    let library = Library::new();
    library.put([document(1, "Ferns", "Ferns like shade")]);
    assert_eq!(library.titles("shade"), ["Ferns"]);
    assert_eq!(library.index.reader().watermark(), Some(cursor("put")));
}

#[test]
fn putting_an_item_again_replaces_it() {
    let library = Library::with([document(1, "Old", "yesterday")]);
    library.put([document(1, "New", "today")]);
    assert_eq!(library.titles("today"), ["New"]);
    assert_eq!(library.search("yesterday").total, 0);
    assert_eq!(library.index.reader().count(), 1);
}

#[test]
fn the_last_operation_of_a_batch_on_an_item_holds() {
    let library = Library::new();
    let put = |text: &str| IndexOp::Put(Box::new(document(1, text, text)));
    library
        .index
        .apply(&[put("first"), put("second")], &cursor("1"))
        .unwrap();
    assert_eq!(
        (library.search("first").total, library.search("second").total),
        (0, 1)
    );
    library
        .index
        .apply(&[put("third"), IndexOp::Remove(id(1))], &cursor("2"))
        .unwrap();
    assert_eq!(library.index.reader().count(), 0);
    library
        .index
        .apply(&[IndexOp::Remove(id(1)), put("fourth")], &cursor("3"))
        .unwrap();
    assert_eq!(library.titles("fourth"), ["fourth"]);
}

#[test]
fn a_removed_item_is_gone() {
    let library = Library::with([document(1, "Stays", "common"), document(2, "Goes", "common")]);
    library
        .index
        .apply(&[IndexOp::Remove(id(2))], &cursor("removed"))
        .unwrap();
    assert_eq!(library.titles("common"), ["Stays"]);
    let mut indexed = Vec::new();
    library.index.reader().for_each_id(|id| indexed.push(id)).unwrap();
    assert_eq!(indexed, [id(1)]);
}

#[test]
fn applying_a_batch_twice_changes_nothing() {
    let library = Library::new();
    let batch = [
        IndexOp::Put(Box::new(document(1, "Once", "only"))),
        IndexOp::Remove(id(9)),
    ];
    library.index.apply(&batch, &cursor("5")).unwrap();
    let before = library.search("only");
    library.index.apply(&batch, &cursor("5")).unwrap();
    assert_eq!(library.search("only"), before);
    assert_eq!(library.index.reader().count(), 1);
}

#[test]
fn an_empty_batch_moves_the_watermark() {
    let library = Library::new();
    library.index.apply(&[], &cursor("far")).unwrap();
    assert_eq!(library.index.reader().watermark(), Some(cursor("far")));
}

#[test]
fn clearing_forgets_documents_and_watermark() {
    let library = Library::with([document(1, "Gone", "gone")]);
    library.index.clear().unwrap();
    assert_eq!(library.index.reader().count(), 0);
    assert_eq!(library.index.reader().watermark(), None);

    let Library { index, directory } = library;
    drop(index);
    let opened = open(&directory).unwrap();
    assert_eq!((opened.resume, opened.rebuild), (None, None));
    opened
        .index
        .apply(
            &[IndexOp::Put(Box::new(document(2, "Back", "back")))],
            &cursor("1"),
        )
        .unwrap();
    assert_eq!(search(opened.index.reader(), "back").unwrap().total, 1);
}

#[test]
fn writing_goes_on_after_the_writer_was_released() {
    let library = Library::with([document(1, "One", "shared")]);
    library.index.release_writer().unwrap();
    assert_eq!(library.titles("shared"), ["One"]);
    library.index.release_writer().unwrap();
    library.put([document(2, "Two", "shared")]);
    assert_eq!(library.sorted_titles("shared"), ["One", "Two"]);
}

#[test]
fn many_small_batches_stay_searchable_while_segments_merge() {
    let library = Library::new();
    for number in 1..=40 {
        library.put([document(number, &format!("Number {number}"), "same words")]);
    }
    library.index.release_writer().unwrap();
    assert_eq!(library.search("same").total, 40);
    let segments = std::fs::read_dir(library.directory.path().join("current"))
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|extension| extension == "store")
        })
        .count();
    assert!(segments < 40, "{segments} segments");
}

#[test]
fn a_second_writer_is_locked_out_until_the_first_is_gone() {
    let library = Library::with([document(1, "Mine", "mine")]);
    library.index.release_writer().unwrap();
    assert!(matches!(open(&library.directory), Err(SearchError::Locked)));
    assert_eq!(library.titles("mine"), ["Mine"]);

    let Library { index, directory } = library;
    drop(index);
    assert_eq!(open(&directory).unwrap().resume, Some(cursor("put")));
}

#[test]
fn a_reader_beside_the_writer_sees_commits_after_it_reloads() {
    let library = Library::with([document(1, "First", "both")]);
    let reader = SearchIndex::open_read_only(library.directory.path(), &identity(1)).unwrap();
    library.put([document(2, "Second", "both")]);
    library.index.apply(&[], &cursor("later")).unwrap();
    assert_eq!(
        (search(&reader, "both").unwrap().total, reader.watermark()),
        (1, Some(cursor("put")))
    );
    reader.reload().unwrap();
    assert_eq!(
        (search(&reader, "both").unwrap().total, reader.watermark()),
        (2, Some(cursor("later")))
    );
}

#[test]
fn a_batch_that_fails_leaves_the_last_commit() {
    let library = Library::with([document(1, "Kept", "kept")]);
    library.index.release_writer().unwrap();
    // Without its directory the engine can write nothing, as on a disk that went away.
    let current = library.directory.path().join("current");
    let hidden = library.directory.path().join("hidden");
    std::fs::rename(&current, &hidden).unwrap();
    let batch = [IndexOp::Put(Box::new(document(2, "Lost", "lost")))];
    assert!(library.index.apply(&batch, &cursor("lost")).is_err());
    std::fs::rename(&hidden, &current).unwrap();

    assert_eq!(library.index.reader().watermark(), Some(cursor("put")));
    assert_eq!(library.titles("kept"), ["Kept"]);
    library.index.apply(&batch, &cursor("again")).unwrap();
    assert_eq!(library.titles("lost"), ["Lost"]);
}
