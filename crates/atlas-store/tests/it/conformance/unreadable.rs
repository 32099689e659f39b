//! One damaged row costs one item, and it is named: everything else is listed, found and exported as before.

use atlas_domain::{Item, ItemId};
use atlas_store::{IndexMaterialPage, ItemFilter, StoreError};
use rstest::rstest;

use crate::fixture::{Fixture, OWNER, content};

const WRONG_SHAPE: &str = r#"UPDATE document SET metadata = '{"title": 5}'
    WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)"#;
const NO_JSON: &str =
    "UPDATE document SET metadata = 'garbage' WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)";
const NO_TEXT: &str = "UPDATE document SET text = CAST(x'61ff62' AS TEXT) WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)";
const NO_ZSTD: &str = "UPDATE document SET markdown = substr(markdown, 1, 10)
    WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)";
const NO_NAME: &str = "UPDATE item SET message = CAST(x'ff' AS TEXT) WHERE uuid = ?1";
const NO_STATE: &str = "UPDATE item SET state = 'petrified' WHERE uuid = ?1";

async fn three_items() -> (Fixture, [Item; 3]) {
    let library = Fixture::new();
    let first = library.ingest("a.example/", content("one")).await;
    let second = library.ingest("b.example/", content("two")).await;
    let third = library.ingest("c.example/", content("three")).await;
    (library, [first, second, third])
}

fn ids_of(page: &IndexMaterialPage) -> Vec<ItemId> {
    page.material.iter().map(|material| material.item.id).collect()
}

#[rstest]
#[case(WRONG_SHAPE)]
#[case(NO_JSON)]
#[case(NO_TEXT)]
#[case(NO_NAME)]
#[tokio::test]
async fn the_index_gets_all_others_and_the_name_of_the_damaged_one(#[case] damage: &str) {
    let (library, [first, damaged, third]) = three_items().await;
    library.damage(&damaged, damage);
    let page = library
        .index_material(vec![first.id, damaged.id, third.id])
        .await
        .unwrap();
    assert_eq!(ids_of(&page), [first.id, third.id]);
    assert_eq!(page.remaining, []);
    assert_eq!(page.unreadable.len(), 1);
    let (item, reason) = &page.unreadable[0];
    assert_eq!(*item, damaged.id);
    assert!(reason.contains("cannot be read"), "{reason}");
}

#[rstest]
#[case(NO_NAME)]
#[case(NO_STATE)]
#[tokio::test]
async fn a_list_has_all_others_and_names_the_damaged_one(#[case] damage: &str) {
    let (library, [first, damaged, third]) = three_items().await;
    library.damage(&damaged, damage);
    let page = library.list_items(OWNER, ItemFilter::default()).await.unwrap();
    assert_eq!(page.items, [third.clone(), first.clone()]);
    assert_eq!((page.unreadable.len(), page.unreadable[0].id), (1, damaged.id));
    assert_eq!(page.total, 3);

    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let filter = ItemFilter {
            limit: 1,
            after,
            ..ItemFilter::default()
        };
        let page = library.list_items(OWNER, filter).await.unwrap();
        pages.extend(page.items.iter().map(|item| item.id));
        pages.extend(page.unreadable.iter().map(|item| item.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        pages,
        [third.id, damaged.id, first.id],
        "page by page nothing is left out"
    );
}

#[rstest]
#[case(WRONG_SHAPE)]
#[case(NO_TEXT)]
#[case(NO_ZSTD)]
#[tokio::test]
async fn a_damaged_document_says_so_and_its_item_is_still_there(#[case] damage: &str) {
    let (library, [first, damaged, _]) = three_items().await;
    library.damage(&damaged, damage);
    let document = library.current_document(OWNER, damaged.id).await;
    assert!(matches!(document, Err(StoreError::Unreadable(_))), "{document:?}");
    assert_eq!(library.look(&damaged).await, damaged);
    assert!(library.current_document(OWNER, first.id).await.unwrap().is_some());
}
