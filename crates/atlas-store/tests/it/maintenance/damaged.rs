//! A damaged file is read as far as it can be, and what cannot is named. Nothing panics, whatever the bytes.

use atlas_store::maintenance::{Depth, Key, LookError, RowLimits, Unread};
use rusqlite::Connection;

use super::{Place, impatient, read_all, rowids, table};
use atlas_store::maintenance::Snapshot;

const PAGE: usize = 1024;
/// Some hundred pages, with rows of about a hundred bytes, and one with a long value.
const ROWS: i64 = 3_000;

fn filled() -> Place {
    Place::with(&format!(
        "PRAGMA page_size = {PAGE}; CREATE TABLE content(id INTEGER PRIMARY KEY, body TEXT); \
         CREATE TABLE other(a); INSERT INTO other VALUES ('fine'); \
         CREATE TABLE tag(name TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID; \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
         INSERT INTO content SELECT i, i || hex(zeroblob(50)) FROM n; \
         INSERT INTO tag SELECT body, 'x' FROM content; \
         UPDATE content SET body = hex(zeroblob(5000)) WHERE id = 100"
    ))
}

/// Pages of a table of one kind, in the order of its rows.
fn pages(sql: &Connection, table: &str, kind: &str) -> Vec<u64> {
    let mut statement = sql
        .prepare("SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = ?2 ORDER BY path")
        .unwrap();
    let pages = statement
        .query_map([table, kind], |row| row.get::<_, i64>(0))
        .unwrap();
    pages.map(|page| page.unwrap() as u64).collect()
}

fn leaves(place: &Place, table: &str) -> Vec<u64> {
    pages(&place.writer(), table, "leaf")
}

/// Every row was read, or lies in a range that was named.
fn assert_nothing_is_passed_over(found: &[i64], unread: &[Unread]) {
    let is_named = |rowid: i64| {
        unread.iter().any(|unread| match unread {
            Unread::Row { key, .. } => *key == Key::Rowid(rowid),
            Unread::Range { after, before, .. } => {
                let key = Key::Rowid(rowid);
                after.as_ref().is_none_or(|after| key.compare(after).is_gt())
                    && before.as_ref().is_none_or(|before| key.compare(before).is_lt())
            }
        })
    };
    for rowid in 1..=ROWS {
        assert_ne!(
            found.binary_search(&rowid).is_ok(),
            is_named(rowid),
            "row {rowid}"
        );
    }
}

#[test]
fn damaged_pages_cost_their_own_rows_and_no_more() {
    let place = filled();
    let leaves = leaves(&place, "content");
    assert!(leaves.len() > 100);
    for leaf in [0, 40, 41, 90, leaves.len() - 1] {
        place.overwrite_page(leaves[leaf], PAGE);
    }
    let snapshot = place.look();
    let (rows, unread) = read_all(&snapshot, "content", RowLimits::default());
    let found = rowids(&rows);
    assert_eq!(unread.len(), 4, "{unread:?}");
    assert_nothing_is_passed_over(&found, &unread);
    assert!(found.len() as i64 > ROWS - 60, "{} rows were found", found.len());
    assert_eq!(super::rows(&snapshot, "other").len(), 1);
}

#[test]
fn a_long_value_with_a_damaged_page_costs_its_row() {
    let place = filled();
    let overflow = pages(&place.writer(), "content", "overflow");
    let mut bytes = std::fs::read(place.path()).unwrap();
    // A chain that leads to a page that does not exist.
    let at = (overflow[1] as usize - 1) * PAGE;
    bytes[at..at + 4].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
    std::fs::write(place.path(), bytes).unwrap();
    for limits in [
        RowLimits::default(),
        RowLimits {
            row_bytes: 5_000,
            ..RowLimits::default()
        },
    ] {
        let (rows, unread) = read_all(&place.look(), "content", limits);
        let found = rowids(&rows);
        assert_nothing_is_passed_over(&found, &unread);
        assert_eq!(found.len() as i64, ROWS - 1);
    }
}

#[test]
fn a_table_without_rowid_is_read_up_to_the_damage() {
    let place = filled();
    let pages = leaves(&place, "tag");
    place.overwrite_page(pages[pages.len() / 2], PAGE);
    let (rows, unread) = read_all(&place.look(), "tag", RowLimits::default());
    assert!(rows.len() > 1_000, "{}", rows.len());
    match unread.as_slice() {
        [
            Unread::Range {
                after, before: None, ..
            },
        ] => assert_eq!(after.as_ref(), Some(&rows.last().unwrap().key)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_table_whose_root_is_damaged_says_so_and_hides_no_other() {
    let place = filled();
    let root: i64 = place
        .writer()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'content'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    place.overwrite_page(root as u64, PAGE);
    let snapshot = place.look();
    let content = table(&snapshot, "content");
    assert_eq!(
        (content.rows, content.trouble.len()),
        (None, 1),
        "{:?}",
        content.trouble
    );
    let (rows, unread) = read_all(&snapshot, "content", RowLimits::default());
    assert_eq!(rows, []);
    assert!(
        matches!(
            unread.as_slice(),
            [Unread::Range {
                after: None,
                before: None,
                ..
            }]
        ),
        "{unread:?}"
    );
    assert_eq!(table(&snapshot, "other").rows, Some(1));
    assert_eq!(table(&snapshot, "tag").rows, Some(ROWS as u64));
    let bytes = snapshot.bytes().unwrap();
    assert!(bytes.unaccounted_pages > 100, "{bytes:?}");
    assert!(!snapshot.integrity(Depth::Quick, 10).unwrap().is_whole());
}

#[test]
fn a_file_that_was_cut_off_is_read_up_to_its_end() {
    let place = filled();
    let whole = std::fs::metadata(place.path()).unwrap().len();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(place.path())
        .unwrap();
    file.set_len(whole / 2 / PAGE as u64 * PAGE as u64).unwrap();
    let snapshot = place.look();
    let file = snapshot.file().unwrap();
    assert!(file.damage.is_some(), "{file:?}");
    assert_eq!(super::rows(&snapshot, "other").len(), 1);
    let (rows, unread) = read_all(&snapshot, "content", RowLimits::default());
    let found = rowids(&rows);
    assert!(found.len() > 1_000, "{}", found.len());
    assert_nothing_is_passed_over(&found, &unread);
    let integrity = snapshot.integrity(Depth::Full, 10).unwrap();
    assert!(!integrity.is_whole(), "{integrity:?}");
}

#[test]
fn a_file_without_a_readable_schema_still_tells_what_its_header_says() {
    let place = filled();
    let mut bytes = std::fs::read(place.path()).unwrap();
    bytes[100..PAGE].fill(0xff);
    std::fs::write(place.path(), bytes).unwrap();
    let snapshot = place.look();
    let file = snapshot.file().unwrap();
    assert_eq!(file.page_size_bytes, PAGE as u64);
    assert!(file.damage.is_some());
    let refused = snapshot.tables().unwrap_err();
    assert!(matches!(refused, LookError::Damaged { .. }), "{refused:?}");
    assert!(refused.to_string().contains("foreign.db"));
    assert!(!snapshot.integrity(Depth::Quick, 10).unwrap().is_whole());
}

#[test]
fn no_bytes_at_all_make_it_panic_or_go_on_for_ever() {
    let place = filled();
    let whole = std::fs::read(place.path()).unwrap();
    let mut noise = blake3::Hasher::new().finalize_xof();
    for _round in 0..40 {
        let mut bytes = whole.clone();
        for _hit in 0..60 {
            let mut place = [0; 5];
            noise.fill(&mut place);
            let at = u32::from_le_bytes([place[0], place[1], place[2], 0]) as usize % bytes.len();
            // The beginning of a page is where it hurts.
            let at = if place[3] & 1 == 0 {
                at
            } else {
                at / PAGE * PAGE + usize::from(place[3] % 12)
            };
            if at >= 100 {
                bytes[at] = place[4];
            }
        }
        std::fs::write(place.path(), bytes).unwrap();
        let Ok(snapshot) = Snapshot::open(&place.path(), impatient()) else {
            continue;
        };
        drop(snapshot.file());
        drop(snapshot.bytes());
        drop(snapshot.integrity(Depth::Full, 10));
        for table in snapshot.tables().unwrap_or_default() {
            let columns = table.stored_columns();
            let Ok(mut stream) = snapshot.rows(&table, &columns, None, RowLimits::default()) else {
                continue;
            };
            while let Ok(Some(_)) = stream.next_batch() {}
            drop(snapshot.column_bytes(&table, &mut |_| ()));
        }
    }
}
