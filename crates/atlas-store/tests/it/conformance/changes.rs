//! The change log, as a search index follows it.

use atlas_domain::{Article, ChangeOp, Cursor};
use atlas_store::{Conclusion, StoreError};

use crate::fixture::{Fixture, OWNER, article, content, quarantined};

#[tokio::test]
async fn a_reader_gets_every_change_once_page_by_page() {
    let library = Fixture::new();
    let first = library.ingest("a.example/", content("one")).await;
    let second = library.ingest("b.example/", content("two")).await;
    library.trash_item(OWNER, first.id).await.unwrap();
    let (mut cursor, mut read) = (None, Vec::new());
    for left in [3, 2, 1] {
        assert_eq!(library.changes_behind(cursor.as_ref()).await.unwrap(), left);
        let page = library.changes_after(cursor.as_ref(), 1).await.unwrap();
        read.extend(page.changes.iter().map(|change| (change.item_id, change.op)));
        cursor = Some(page.next);
    }
    let expected = [
        (first.id, ChangeOp::Upsert),
        (second.id, ChangeOp::Upsert),
        (first.id, ChangeOp::Remove),
    ];
    assert_eq!(read, expected);
}

#[tokio::test]
async fn a_reader_at_the_end_stays_there_until_something_happens() {
    let library = Fixture::new();
    library.ingest("a.example/", content("one")).await;
    let end = library.changes_after(None, 10).await.unwrap().next;
    let page = library.changes_after(Some(&end), 10).await.unwrap();
    assert_eq!((page.changes.len(), &page.next), (0, &end));
    let library = library.reopen().await;
    let item = library.ingest("b.example/", content("two")).await;
    let page = library.changes_after(Some(&end), 10).await.unwrap();
    assert_eq!(
        page.changes
            .iter()
            .map(|change| change.item_id)
            .collect::<Vec<_>>(),
        [item.id]
    );
}

#[tokio::test]
async fn index_material_is_the_current_content_of_what_can_be_found() {
    let library = Fixture::new();
    let found = library.ingest("a.example/", content("one")).await;
    let suspect = library.ingest("b.example/", quarantined()).await;
    let trashed = library.ingest("c.example/", content("two")).await;
    library.trash_item(OWNER, trashed.id).await.unwrap();
    let material = library
        .index_material(vec![suspect.id, found.id, trashed.id])
        .await
        .unwrap()
        .material;
    assert_eq!(material.len(), 1);
    assert_eq!(material[0].item, found);
    let without_markup = Article {
        markdown: String::new(),
        html: String::new(),
        ..article("one")
    };
    assert_eq!(material[0].article, without_markup);
}

#[tokio::test]
async fn a_cursor_of_another_store_is_refused() {
    let library = Fixture::new();
    let foreign = Cursor::from_store("lsn:0/16B3748".to_owned());
    assert!(matches!(
        library.changes_after(Some(&foreign), 1).await,
        Err(StoreError::Unreadable(_))
    ));
}

fn text_of(letter: &str, size_bytes: usize) -> Conclusion {
    let article = Box::new(Article {
        text: letter.repeat(size_bytes),
        ..Article::default()
    });
    Conclusion::Content {
        article,
        partial: false,
    }
}

#[tokio::test]
async fn index_material_of_long_texts_comes_in_pages_that_fit_in_memory() {
    let library = Fixture::new();
    let mut items = Vec::new();
    for (letter, megabytes) in [("a", 12), ("b", 12), ("c", 12), ("d", 40)] {
        let long = text_of(letter, megabytes * 1_000_000);
        items.push(library.ingest(&format!("{letter}.example/"), long).await.id);
    }
    let (mut asked, mut pages) = (items.clone(), Vec::new());
    while !asked.is_empty() {
        let page = library.index_material(asked).await.unwrap();
        let found = page.material.iter().map(|material| material.item.id);
        pages.push(found.collect::<Vec<_>>());
        asked = page.remaining;
    }
    assert_eq!(
        pages,
        [&items[..2], &items[2..3], &items[3..]],
        "at most 32 MB, or a single item"
    );
}
