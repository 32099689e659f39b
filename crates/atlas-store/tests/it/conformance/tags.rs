//! The owner's own words for items.

use atlas_domain::ChangeOp;

use crate::fixture::{Fixture, OWNER, content};

fn words(tags: &[&str]) -> Vec<String> {
    tags.iter().map(|tag| (*tag).to_owned()).collect()
}

#[tokio::test]
async fn tags_are_added_and_removed_and_come_sorted() {
    let library = Fixture::new();
    let item = library.save_tagged("example.com/page", &["rust"]).await.item;
    let changed = library
        .change_tags(OWNER, item.id, words(&["zebra", "apple"]), words(&["rust"]))
        .await
        .unwrap();
    assert_eq!(changed.tags, ["apple", "zebra"]);
    let audit = library.audit_of(OWNER, item.id).await.unwrap();
    let last = audit.last().unwrap();
    assert_eq!(
        (last.actor.as_str(), last.action.as_str(), last.detail.as_str()),
        ("owner", "tagged", "+zebra, +apple, -rust")
    );
}

#[tokio::test]
async fn adding_what_is_there_and_removing_what_is_not_changes_nothing() {
    let library = Fixture::new();
    let item = library.save_tagged("example.com/page", &["rust"]).await.item;
    let changed = library
        .change_tags(OWNER, item.id, words(&["rust", "rust"]), words(&["unknown"]))
        .await
        .unwrap();
    assert_eq!(changed.tags, ["rust"]);
    assert_eq!(library.audit_actions(&item).await, ["saved"]);
    assert_eq!(library.all_changes().await, []);
}

#[tokio::test]
async fn a_change_of_tags_reaches_the_search_index_with_them() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library
        .change_tags(OWNER, item.id, words(&["new"]), vec![])
        .await
        .unwrap();
    assert_eq!(
        library.all_changes().await.last(),
        Some(&(item.id, ChangeOp::Upsert))
    );
    let material = library.index_material(vec![item.id]).await.unwrap().material;
    assert_eq!(material[0].item.tags, ["new"]);
}

#[tokio::test]
async fn two_items_share_a_tag_and_lose_it_apart() {
    let library = Fixture::new();
    let first = library.save_tagged("a.example/", &["shared"]).await.item;
    let second = library.save_tagged("b.example/", &["shared"]).await.item;
    library
        .change_tags(OWNER, first.id, vec![], words(&["shared"]))
        .await
        .unwrap();
    assert_eq!(library.look(&first).await.tags, [""; 0]);
    assert_eq!(library.look(&second).await.tags, ["shared"]);
}

#[tokio::test]
async fn a_tag_that_comes_with_another_save_is_on_record() {
    let library = Fixture::new();
    let item = library.save_tagged("example.com/page", &["old"]).await.item;
    library.save_tagged("example.com/page", &["old", "new"]).await;
    assert_eq!(
        library.audit_actions(&item).await,
        ["saved", "tagged", "saved_again"]
    );
}
