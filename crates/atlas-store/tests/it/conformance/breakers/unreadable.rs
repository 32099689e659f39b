//! A row of a breaker that cannot be read costs a probe, and nothing else.

use atlas_resilience::BreakerStore;
use atlas_resilience::breaker::Phase;
use atlas_store::StoredBreakers;
use rstest::rstest;

use super::{by_scope, clock, key, open, open_breaker, reopen_after, save, scopes, service, three_breakers};
use crate::fixture::{Fixture, MINUTE, START};

/// Puts a text where a number belongs, which the schema must not know of meanwhile.
const TEXT_FOR_A_NUMBER: &str = "PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, WITHOUT ROWID', 'WITHOUT ROWID') WHERE name = 'breaker';
    PRAGMA schema_version = 1000;
    UPDATE breaker SET trips = 'often' WHERE scope = 'bad.example';
    UPDATE sqlite_schema SET sql = replace(sql, 'WITHOUT ROWID', 'STRICT, WITHOUT ROWID') WHERE name = 'breaker';
    PRAGMA schema_version = 1001;";

#[rstest]
#[case::unknown_state(
    "UPDATE breaker SET state = 'ajar' WHERE scope = 'bad.example'",
    "`ajar` is unknown to this version"
)]
#[case::unknown_overlay(
    "UPDATE breaker SET overlay = 'perhaps' WHERE scope = 'bad.example'",
    "`perhaps` is unknown"
)]
#[case::negative("UPDATE breaker SET open_for_ms = -5 WHERE scope = 'bad.example'", "-5")]
#[case::negative_number("UPDATE breaker SET number = -1 WHERE scope = 'bad.example'", "-1")]
#[case::too_large(
    "UPDATE breaker SET trips = 4294967296 WHERE scope = 'bad.example'",
    "4294967296"
)]
#[case::no_text(
    "UPDATE breaker SET reason = CAST(x'61ff' AS TEXT) WHERE scope = 'bad.example'",
    "utf-8"
)]
#[case::text_for_a_number(TEXT_FOR_A_NUMBER, "trips")]
#[tokio::test]
async fn d16_a_row_that_cannot_be_read_is_set_aside_and_its_breaker_begins_with_a_probe(
    #[case] damage: &str,
    #[case] problem: &str,
) {
    let library = Fixture::new();
    let ops = open(&library);
    let run = ops.begin_run("1.0.0").await.unwrap();
    ops.write(three_breakers()).await.unwrap();
    let sound = by_scope(&ops.stored_breakers().await.unwrap());
    let ops = reopen_after(ops, &library, |library| library.damage_ops(damage)).await;
    assert_eq!(
        ops.begin_run("1.0.0").await.unwrap(),
        run + 1,
        "the file is still the same"
    );
    library.clock.advance(MINUTE);

    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!(stored.unreadable.len(), 1);
    let (named, said) = stored.unreadable[0].clone();
    assert_eq!(named, key("bad.example"));
    assert!(said.contains(problem), "{said}");
    let rows = by_scope(&stored);
    assert_eq!(
        (&rows["a.example"], &rows["c.example"]),
        (&sound["a.example"], &sound["c.example"])
    );
    assert_eq!(rows.len(), 3);
    let due = &rows["bad.example"];
    assert_eq!((due.phase, due.trips, due.not_before), (Phase::HalfOpen, 1, None));
    assert!(due.reason.contains(problem), "{}", due.reason);
    assert_eq!(stored.next_number, 4);
    let (breakers, _) = service(stored, &clock());
    assert!(
        breakers
            .get("bad.example")
            .acquire()
            .expect("it may be tried")
            .is_probe()
    );
    drop(breakers);

    // Also when this process ends before anybody has called.
    let ops = reopen_after(ops, &library, |_| ()).await;
    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!(stored.unreadable, [], "once is enough");
    assert_eq!(by_scope(&stored), rows);
    // And whatever the number of the damaged row was, the next record replaces it.
    ops.write(vec![save("bad.example", 4, open_breaker())])
        .await
        .unwrap();
    assert_eq!(
        by_scope(&ops.stored_breakers().await.unwrap())["bad.example"],
        open_breaker()
    );
    let kept = library.ask_ops(
        "SELECT concat_ws(' ', at, service, scope, row ->> 'service', problem) FROM breaker_set_aside",
    );
    let at = START.after(MINUTE).as_millis();
    assert_eq!(kept, format!("{at} fetch bad.example fetch {said}"));
}

#[tokio::test]
async fn who_only_looks_sees_a_row_that_cannot_be_read_as_due_and_changes_nothing() {
    let library = Fixture::new();
    let ops = open(&library);
    ops.write(three_breakers()).await.unwrap();
    ops.close().await;
    library.damage_ops("UPDATE breaker SET state = 'ajar' WHERE scope = 'bad.example'");
    let seen = StoredBreakers::look(library.dir(), library.now()).unwrap();
    let rows = by_scope(&seen);
    assert_eq!(rows.len(), 3);
    let due = &rows["bad.example"];
    assert_eq!((due.phase, due.trips, due.not_before), (Phase::HalfOpen, 1, None));
    assert_eq!(seen.unreadable.len(), 1);
    assert_eq!(
        library.ask_ops("SELECT state FROM breaker WHERE scope = 'bad.example'"),
        "ajar"
    );
}

#[tokio::test]
async fn a_row_whose_name_is_no_text_is_set_aside_and_nobody_can_ask_for_it() {
    let library = Fixture::new();
    let ops = open(&library);
    ops.write(three_breakers()).await.unwrap();
    let damage = "UPDATE breaker SET scope = CAST(x'ff61' AS TEXT) WHERE scope = 'bad.example'";
    let ops = reopen_after(ops, &library, |library| library.damage_ops(damage)).await;
    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!(stored.unreadable.len(), 1);
    assert_eq!(stored.unreadable[0].0, key("\u{fffd}a"));
    assert_eq!(scopes(&ops).await, ["a.example", "c.example"]);
    assert_eq!(
        library.ask_ops("SELECT row ->> '$.scope.bytes_hex' FROM breaker_set_aside"),
        "ff61"
    );
}

#[tokio::test]
async fn every_row_may_be_unreadable_and_only_the_latest_are_kept_beside() {
    let library = Fixture::new();
    let ops = open(&library);
    let batch = (1..=1_500).map(|number| save(&format!("{number}.example"), number, open_breaker()));
    ops.write(batch.collect()).await.unwrap();
    let ops = reopen_after(ops, &library, |library| {
        library.damage_ops("UPDATE breaker SET state = 'ajar'");
    })
    .await;
    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!((stored.rows.len(), stored.unreadable.len()), (1_500, 1_500));
    assert_eq!(
        library.ask_ops("SELECT CAST(count(*) AS TEXT) FROM breaker_set_aside"),
        "1000"
    );
}

#[tokio::test]
async fn what_is_wrong_beside_the_breakers_still_sets_the_file_aside() {
    let library = Fixture::new();
    let ops = open(&library);
    ops.write(three_breakers()).await.unwrap();
    let damage =
        "UPDATE breaker SET state = 'ajar' WHERE scope = 'bad.example'; UPDATE index_guard SET opening = 7;";
    let ops = reopen_after(ops, &library, |library| library.damage_ops(damage)).await;
    assert_eq!(scopes(&ops).await, [""; 0]);
}
