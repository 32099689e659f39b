//! How far along the change log a reader is.

use std::time::Duration;

use atlas_domain::Cursor;
use atlas_store::StoreError;

use crate::fixture::{Fixture, content};

#[tokio::test]
async fn a_reader_has_reached_a_place_once_it_has_read_everything_before_it() {
    let library = Fixture::new();
    let empty = library.change_head().await.unwrap();
    assert!(
        library.has_reached(None, &empty).unwrap(),
        "there is nothing to read"
    );

    library.ingest("a.example/", content("one")).await;
    let written = library.change_head().await.unwrap();
    assert!(!library.has_reached(None, &written).unwrap());
    assert!(!library.has_reached(Some(&empty), &written).unwrap());

    library.ingest("b.example/", content("two")).await;
    let first = library.changes_after(None, 1).await.unwrap().next;
    assert!(
        library.has_reached(Some(&first), &written).unwrap(),
        "later changes do not move the place"
    );
}

#[tokio::test]
async fn the_oldest_change_that_waits_tells_how_far_behind_a_reader_is() {
    let library = Fixture::new();
    library.ingest("a.example/", content("one")).await;
    library.clock.advance(Duration::from_secs(40));
    library.ingest("b.example/", content("two")).await;
    library.clock.advance(Duration::from_secs(2));

    let first = library.changes_after(None, 1).await.unwrap().next;
    let end = library.change_head().await.unwrap();
    for (reader, waiting) in [(None, 42), (Some(&first), 2), (Some(&end), 0)] {
        let oldest = library.oldest_waiting(reader).await.unwrap();
        assert_eq!(oldest, Duration::from_secs(waiting), "{reader:?}");
    }
}

#[tokio::test]
async fn a_place_that_is_none_is_refused() {
    let library = Fixture::new();
    let nonsense = Cursor::from_store("the day before yesterday".to_owned());
    assert!(matches!(
        library.has_reached(None, &nonsense),
        Err(StoreError::Unreadable(_))
    ));
}
