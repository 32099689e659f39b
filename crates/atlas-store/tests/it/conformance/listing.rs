//! Listing items, page by page.

use atlas_domain::{ItemId, ItemState};
use atlas_store::{ItemFilter, StoreError};

use crate::fixture::{Fixture, OWNER, content, quarantined};

async fn save_pages(library: &Fixture, count: usize) -> Vec<ItemId> {
    let mut items = Vec::new();
    for number in 0..count {
        items.push(library.save(&format!("example.com/{number}")).await.item.id);
    }
    items
}

/// Every page of a listing, each with the ids on it.
async fn pages(library: &Fixture, filter: ItemFilter) -> Vec<Vec<ItemId>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = library
            .list_items(
                OWNER,
                ItemFilter {
                    after,
                    ..filter.clone()
                },
            )
            .await
            .unwrap();
        pages.push(page.items.iter().map(|item| item.id).collect());
        after = page.next;
        if after.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn pages_hold_every_item_once_the_newest_first() {
    let library = Fixture::new();
    let mut saved = save_pages(&library, 5).await;
    saved.reverse();
    let listed = pages(
        &library,
        ItemFilter {
            limit: 2,
            ..ItemFilter::default()
        },
    )
    .await;
    assert_eq!(listed.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(listed.concat(), saved);
}

#[tokio::test]
async fn a_last_page_that_is_full_has_no_next() {
    let library = Fixture::new();
    save_pages(&library, 4).await;
    let listed = pages(
        &library,
        ItemFilter {
            limit: 2,
            ..ItemFilter::default()
        },
    )
    .await;
    assert_eq!(listed.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

#[tokio::test]
async fn an_item_saved_between_two_pages_shifts_none() {
    let library = Fixture::new();
    let saved = save_pages(&library, 3).await;
    let filter = ItemFilter {
        limit: 2,
        ..ItemFilter::default()
    };
    let first = library.list_items(OWNER, filter.clone()).await.unwrap();
    library.save("example.com/new").await;
    let second = library
        .list_items(
            OWNER,
            ItemFilter {
                after: first.next,
                ..filter
            },
        )
        .await
        .unwrap();
    assert_eq!(
        second.items.iter().map(|item| item.id).collect::<Vec<_>>(),
        [saved[0]]
    );
    assert_eq!(second.total, Some(4), "the total is of all pages, as of now");
}

#[tokio::test]
async fn who_goes_through_all_pages_need_not_have_them_counted() {
    let library = Fixture::new();
    save_pages(&library, 3).await;
    let filter = ItemFilter {
        limit: 2,
        uncounted: true,
        ..ItemFilter::default()
    };
    let page = library.list_items(OWNER, filter).await.unwrap();
    assert_eq!((page.items.len(), page.total), (2, None));
    assert!(page.next.is_some());
}

#[tokio::test]
async fn filters_by_state_tag_and_trash() {
    let library = Fixture::new();
    let stored = library.ingest("a.example/", content("words")).await;
    let suspect = library.ingest("b.example/", quarantined()).await;
    let tagged = library.save_tagged("c.example/", &["later"]).await.item;
    let trashed = library.save_tagged("d.example/", &["later"]).await.item;
    library.trash_item(OWNER, trashed.id).await.unwrap();
    let only = async |filter: ItemFilter| {
        let page = library.list_items(OWNER, filter).await.unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64));
        page.items.iter().map(|item| item.id).collect::<Vec<_>>()
    };
    let in_state = |state| ItemFilter {
        state: Some(state),
        ..ItemFilter::default()
    };
    assert_eq!(only(in_state(ItemState::Stored)).await, [stored.id]);
    assert_eq!(only(in_state(ItemState::Quarantined)).await, [suspect.id]);
    assert_eq!(only(in_state(ItemState::Failed)).await, []);
    let later = ItemFilter {
        tag: Some("later".to_owned()),
        ..ItemFilter::default()
    };
    assert_eq!(only(later.clone()).await, [tagged.id]);
    assert_eq!(
        only(ItemFilter {
            trashed: true,
            ..later
        })
        .await,
        [trashed.id]
    );
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let library = Fixture::new();
    let filter = ItemFilter {
        after: Some("page two".to_owned()),
        ..ItemFilter::default()
    };
    assert!(matches!(
        library.list_items(OWNER, filter).await,
        Err(StoreError::BadCursor(_))
    ));
}

#[tokio::test]
async fn counts_what_is_there_and_what_is_left_to_do() {
    let library = Fixture::new();
    library.ingest("a.example/", content("words")).await;
    let trashed = library.ingest("b.example/", content("more words")).await;
    library.trash_item(OWNER, trashed.id).await.unwrap();
    library.save("c.example/").await;
    library.clock.advance(crate::fixture::MINUTE);
    let counts = library.counts(OWNER).await.unwrap();
    let items: Vec<_> = counts.items.iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(items, [&(ItemState::Queued, 1), &(ItemState::Stored, 1)]);
    assert_eq!(counts.items.len(), ItemState::ALL.len());
    assert_eq!(
        (counts.trashed, counts.documents, counts.oldest_ready_ms),
        (1, 2, 60_000)
    );
    let jobs: Vec<_> = counts
        .jobs
        .iter()
        .map(|(state, count)| (state.as_str(), *count))
        .collect();
    assert_eq!(
        jobs,
        [
            ("ready", 1),
            ("leased", 0),
            ("done", 2),
            ("dead", 0),
            ("cancelled", 0)
        ]
    );
}
