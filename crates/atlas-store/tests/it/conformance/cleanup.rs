//! Cleaning the library: a plan does what it says and nothing else, whoever changed something meanwhile wins, and an undo
//! overwrites nobody's word.

use atlas_domain::{
    CleanupId, CleanupState, CleanupStep, Criteria, Criterion, Decision, Item, ItemState, JunkClass, Outcome,
    Reason, Verdict,
};
use atlas_store::{CleanAction, Cleaned, CleanupPlan, CleanupRun, PlannedItem, StoreError};

use crate::fixture::{Fixture, OWNER, content};

/// Everything with content, planned as an audit would find it.
async fn plan(library: &Fixture, items: &[&Item], survivor: Option<&Item>) -> CleanupRun {
    let page = library.audited_page(OWNER, 0, 100).await.unwrap();
    let row = |item: &Item| page.items.iter().find(|found| found.id == item.id);
    let planned = items
        .iter()
        .filter_map(|item| row(item))
        .map(|found| PlannedItem {
            row: found.row,
            criteria: Criteria::NONE.with(Criterion::LoginWall),
            survivor: survivor.and_then(row).map(|found| found.row),
            stamp: found.stamp,
        })
        .collect();
    let what = CleanupPlan {
        user: OWNER,
        wanted: serde_json::json!({}),
        items_total: page.items.len() as u64,
        gate_version: 7,
    };
    library.plan_cleanup(what, planned).await.unwrap()
}

fn quarantine() -> CleanAction {
    CleanAction::Quarantine {
        verdict: Verdict {
            decision: Decision::Quarantine,
            class: Some(JunkClass::LoginWall),
            reasons: vec![Reason {
                code: "has_password_field".to_owned(),
                class: Some(JunkClass::LoginWall),
                weight: 1.4,
                evidence: "1 password field".to_owned(),
            }],
            gate_version: 7,
        },
        outcome: Outcome::Quarantined {
            reason: "login_wall".to_owned(),
            message: "looks like a login wall page".to_owned(),
        },
    }
}

/// Does the same to every item of a plan that is left.
async fn carry_out(library: &Fixture, run: CleanupId, action: &CleanAction) {
    library.begin_cleanup(OWNER, run).await.unwrap();
    let left = library
        .cleanup_items(OWNER, run, Some(CleanupStep::Planned), 100, None)
        .await
        .unwrap();
    let cleaned = left.items.iter().map(|item| Cleaned {
        number: item.number,
        action: action.clone(),
    });
    library.clean_items(OWNER, run, cleaned.collect()).await.unwrap();
}

async fn tag(library: &Fixture, item: &Item, name: &str) {
    let add = vec![name.to_owned()];
    library
        .change_tags(OWNER, item.id, add, Vec::new())
        .await
        .unwrap();
}

/// Two items that came to have the same content.
async fn two_of_the_same(library: &Fixture) -> (Item, Item) {
    let survivor = library.ingest("a.example/", content("otters hold hands")).await;
    let copy = library.ingest("b.example/", content("something else")).await;
    let lease = library.lease_for(&copy).await;
    library.conclude(&lease, content("otters hold hands")).await;
    (survivor, library.look(&copy).await)
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let library = Fixture::new();
    let item = library.ingest("a.example/", content("words")).await;
    let run = plan(&library, &[&item], None).await;
    assert_eq!(
        (run.state, run.items(), run.items_total),
        (CleanupState::Planned, 1, 1)
    );
    assert_eq!(library.look(&item).await, item);
    let undone = library.undo_cleanup(OWNER, run.id, None).await;
    assert!(matches!(undone, Err(StoreError::Conflict(_))), "{undone:?}");
}

#[tokio::test]
async fn junk_leaves_for_the_quarantine_with_what_speaks_against_it_and_the_undo_brings_it_back() {
    let library = Fixture::new();
    let junk = library.ingest("a.example/", content("log in")).await;
    let good = library.ingest("b.example/", content("words")).await;
    let run = plan(&library, &[&junk], None).await.id;
    carry_out(&library, run, &quarantine()).await;
    let left = library.look(&junk).await;
    assert_eq!(
        (left.state, left.reason.as_str()),
        (ItemState::Quarantined, "login_wall")
    );
    assert_eq!(library.look(&good).await, good);
    assert_eq!(library.searchable_items().await.unwrap(), [good.id]);
    let shown = library.list_quarantine(OWNER, 10, None).await.unwrap();
    assert_eq!(
        shown.items[0].judgement.verdict.reasons[0].evidence,
        "1 password field"
    );
    let trail = library.audit_of(OWNER, junk.id).await.unwrap();
    assert!(
        trail.last().unwrap().detail.contains(&run.to_string()),
        "{trail:?}"
    );

    let (run, undone) = library.undo_cleanup(OWNER, run, None).await.unwrap();
    assert_eq!((run.state, undone.undone), (CleanupState::Undone, 1));
    let back = library.look(&junk).await;
    assert_eq!(
        (back.state, &back.reason, &back.message),
        (junk.state, &junk.reason, &junk.message)
    );
    assert_eq!(library.searchable_items().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_copy_becomes_a_duplicate_and_its_better_copy_takes_over_tags_and_the_earlier_date() {
    let library = Fixture::new();
    let (survivor, copy) = two_of_the_same(&library).await;
    // The other way round: the later one is the better.
    tag(&library, &survivor, "sea").await;
    tag(&library, &copy, "zoo").await;
    let run = plan(&library, &[&survivor], Some(&copy)).await.id;
    let before = library.witness(OWNER).await.unwrap();
    carry_out(&library, run, &CleanAction::Merge).await;
    assert_eq!(
        library.testify(OWNER, run, before).await.unwrap(),
        Vec::<String>::new()
    );
    let (gone, kept) = (library.look(&survivor).await, library.look(&copy).await);
    assert_eq!(
        (gone.state, gone.duplicate_of),
        (ItemState::Duplicate, Some(copy.id))
    );
    assert_eq!(
        (kept.tags, kept.saved_at),
        (vec!["sea".to_owned(), "zoo".to_owned()], survivor.saved_at)
    );

    let (_, undone) = library.undo_cleanup(OWNER, run, None).await.unwrap();
    assert_eq!((undone.undone, undone.kept_merges.len()), (1, 0));
    let (back, as_before) = (library.look(&survivor).await, library.look(&copy).await);
    assert_eq!(
        (back.state, back.tags),
        (ItemState::Stored, vec!["sea".to_owned()])
    );
    assert_eq!(
        (as_before.tags, as_before.saved_at),
        (vec!["zoo".to_owned()], copy.saved_at)
    );
}

#[tokio::test]
async fn all_copies_of_one_item_come_back_together() {
    let library = Fixture::new();
    let (survivor, copy) = two_of_the_same(&library).await;
    let another = library.ingest("c.example/", content("a third text")).await;
    let lease = library.lease_for(&another).await;
    library.conclude(&lease, content("otters hold hands")).await;
    let run = plan(&library, &[&copy, &another], Some(&survivor)).await.id;
    carry_out(&library, run, &CleanAction::Merge).await;
    assert_eq!(library.searchable_items().await.unwrap(), [survivor.id]);
    let (_, undone) = library.undo_cleanup(OWNER, run, None).await.unwrap();
    assert_eq!((undone.undone, undone.conflicts), (2, Vec::new()));
    assert_eq!(library.searchable_items().await.unwrap().len(), 3);
}

/// A better copy that has taken over a tag, its copy, and the cleanup.
async fn merged(library: &Fixture) -> (Item, Item, CleanupId) {
    let (survivor, copy) = two_of_the_same(library).await;
    tag(library, &copy, "zoo").await;
    let run = plan(library, &[&copy], Some(&survivor)).await.id;
    carry_out(library, run, &CleanAction::Merge).await;
    (survivor, copy, run)
}

#[tokio::test]
async fn undoing_one_copy_leaves_its_better_copy_as_it_is() {
    let library = Fixture::new();
    let (survivor, copy, run) = merged(&library).await;
    let (run, undone) = library
        .undo_cleanup(OWNER, run, Some(vec![copy.id]))
        .await
        .unwrap();
    assert_eq!((run.count(CleanupStep::Undone), undone.undone), (1, 1));
    assert_eq!(library.look(&survivor).await.tags, ["zoo"]);
}

#[tokio::test]
async fn a_better_copy_that_was_edited_since_keeps_what_it_has() {
    let library = Fixture::new();
    let (survivor, _, run) = merged(&library).await;
    tag(&library, &survivor, "mine").await;
    let (_, undone) = library.undo_cleanup(OWNER, run, None).await.unwrap();
    assert_eq!((undone.undone, undone.kept_merges), (1, vec![survivor.id]));
    assert_eq!(library.look(&survivor).await.tags, ["mine", "zoo"]);
}

#[tokio::test]
async fn what_changed_since_it_was_judged_is_left_alone() {
    let library = Fixture::new();
    let changed = library.ingest("a.example/", content("log in")).await;
    let removed = library.ingest("b.example/", content("sign in")).await;
    let kept = library.ingest("c.example/", content("register")).await;
    let run = plan(&library, &[&changed, &removed, &kept], None).await.id;
    let lease = library.lease_for(&changed).await;
    library.conclude(&lease, content("words at last")).await;
    library.trash_item(OWNER, removed.id).await.unwrap();
    carry_out(&library, run, &quarantine()).await;
    let found = library.cleanup(OWNER, run).await.unwrap();
    assert_eq!(
        (found.count(CleanupStep::Skipped), found.count(CleanupStep::Done)),
        (2, 1)
    );
    assert_eq!(library.look(&changed).await.state, ItemState::Stored);
    let skipped = library
        .cleanup_items(OWNER, run, Some(CleanupStep::Skipped), 10, None)
        .await
        .unwrap();
    let why: Vec<_> = skipped.items.iter().map(|item| item.message.as_str()).collect();
    assert_eq!(
        why,
        ["it has changed since it was judged", "it has no content any more"]
    );
}

#[tokio::test]
async fn a_copy_whose_better_copy_is_gone_is_left_alone() {
    let library = Fixture::new();
    let (survivor, copy) = two_of_the_same(&library).await;
    let run = plan(&library, &[&copy], Some(&survivor)).await.id;
    library.trash_item(OWNER, survivor.id).await.unwrap();
    carry_out(&library, run, &CleanAction::Merge).await;
    assert_eq!(
        library
            .cleanup(OWNER, run)
            .await
            .unwrap()
            .count(CleanupStep::Skipped),
        1
    );
    assert_eq!(library.look(&copy).await.state, ItemState::Stored);
}

#[tokio::test]
async fn an_undo_overwrites_nobodys_word() {
    let library = Fixture::new();
    let dropped = library.ingest("a.example/", content("log in")).await;
    let trashed = library.ingest("b.example/", content("sign in")).await;
    let replaced = library.ingest("c.example/", content("register")).await;
    let run = plan(&library, &[&dropped, &trashed, &replaced], None).await.id;
    carry_out(&library, run, &quarantine()).await;
    library.drop_quarantined(OWNER, dropped.id).await.unwrap();
    library.trash_item(OWNER, trashed.id).await.unwrap();
    let other = library.ingest("d.example/", content("register")).await;
    let (_, undone) = library.undo_cleanup(OWNER, run, None).await.unwrap();
    let why = |item: &Item| {
        let found = undone.conflicts.iter().find(|(id, _)| *id == item.id);
        found.map(|(_, why)| why.as_str()).unwrap_or_default()
    };
    assert_eq!(undone.undone, 0);
    assert!(why(&dropped).contains("rejected now"), "{undone:?}");
    assert!(why(&trashed).contains("restore it"), "{undone:?}");
    assert!(why(&replaced).contains(&other.id.to_string()), "{undone:?}");
    assert_eq!(library.look(&dropped).await.state, ItemState::Rejected);

    // What was in the way is out of it.
    library.restore_item(OWNER, trashed.id).await.unwrap();
    library.trash_item(OWNER, other.id).await.unwrap();
    let (_, undone) = library.undo_cleanup(OWNER, run, None).await.unwrap();
    assert_eq!((undone.undone, undone.conflicts.len()), (2, 1));
}

#[tokio::test]
async fn one_cleanup_is_carried_out_at_a_time_and_none_after_one_that_failed() {
    let library = Fixture::new();
    let item = library.ingest("a.example/", content("log in")).await;
    let (one, two) = (
        plan(&library, &[&item], None).await.id,
        plan(&library, &[&item], None).await.id,
    );
    library.begin_cleanup(OWNER, one).await.unwrap();
    library.begin_cleanup(OWNER, one).await.expect("it goes on");
    let refused = library.begin_cleanup(OWNER, two).await.unwrap_err();
    assert!(refused.to_string().contains(&one.to_string()), "{refused}");
    library
        .end_cleanup(OWNER, one, CleanupState::Failed, "why".to_owned())
        .await
        .unwrap();
    assert_eq!(library.failed_cleanup(OWNER).await.unwrap(), Some(one));
    let refused = library.begin_cleanup(OWNER, two).await.unwrap_err();
    assert!(refused.to_string().contains("acknowledge"), "{refused}");
    library.acknowledge_cleanup(OWNER, one).await.unwrap();
    library.begin_cleanup(OWNER, two).await.unwrap();
    assert!(library.begin_cleanup(OWNER, one).await.is_err(), "it is over");
}

#[tokio::test]
async fn a_change_that_nobody_accounts_for_is_told() {
    let library = Fixture::new();
    let junk = library.ingest("a.example/", content("log in")).await;
    let other = library.ingest("b.example/", content("words")).await;
    let edited = library.ingest("c.example/", content("more words")).await;
    let run = plan(&library, &[&junk], None).await.id;
    let before = library.witness(OWNER).await.unwrap();
    carry_out(&library, run, &quarantine()).await;
    tag(&library, &edited, "mine").await;
    library.ingest("d.example/", content("new words")).await;
    assert_eq!(
        library.testify(OWNER, run, before.clone()).await.unwrap(),
        Vec::<String>::new()
    );

    library.damage(&other, "UPDATE item SET state = 'rejected' WHERE uuid = ?1");
    let told = library.testify(OWNER, run, before).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("nobody says why"), "{told:?}");
    assert_eq!(library.look(&other).await.state, ItemState::Rejected);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_does_not_hide_the_rest() {
    let library = Fixture::new();
    let damaged = library.ingest("a.example/", content("words")).await;
    let last = library.ingest("b.example/", content("more words")).await;
    library.damage(
        &damaged,
        "UPDATE item SET title = CAST(x'ff' AS TEXT) WHERE uuid = ?1",
    );
    let page = library.audited_page(OWNER, 0, 10).await.unwrap();
    assert_eq!((page.items.len(), page.unreadable.len(), page.next), (1, 1, None));
    assert_eq!(page.items[0].id, last.id);
}
