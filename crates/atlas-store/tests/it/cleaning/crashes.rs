//! The process ends at a named step. No row is lost: what is not in the file is in the vault. To do the same again comes
//! to the same end as if nothing had happened.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use atlas_store::maintenance::cleaning::{Held, Vault};
use atlas_store::maintenance::{Depth, Looking, Snapshot};
use rstest::rstest;

use super::{RUN, doomed, hashes, impatient, removal, remove};
use crate::alone;
use crate::maintenance::Place;

const STEP: &str = "step";
const BATCH: usize = 40;

/// Rows with others that depend on them, and an index of their words.
const LIBRARY: &str = "
    CREATE TABLE page (id INTEGER PRIMARY KEY, body TEXT);
    CREATE TABLE note (id INTEGER PRIMARY KEY, page_id REFERENCES page (id) ON DELETE CASCADE, text);
    CREATE VIRTUAL TABLE words USING fts5 (body, content = 'page', content_rowid = 'id');
    INSERT INTO page WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        SELECT i, 'heron ' || i || hex(zeroblob(300)) FROM n;
    INSERT INTO note SELECT id, id, 'on ' || id FROM page;
    INSERT INTO words (words) VALUES ('rebuild');
";

/// All that is done, from the beginning, whatever was done before.
fn clean_up(place: &Place) {
    let mut held = Held::take(&place.path(), &impatient(), Looking::default()).unwrap();
    let copy = place.beside("copy.db");
    let before = place.beside("before.json");
    let hashes_before = if before.exists() {
        serde_json::from_slice(&std::fs::read(&before).unwrap()).unwrap()
    } else {
        let _ = std::fs::remove_file(&copy);
        let copied = held.back_up(&copy, &mut |_| {}).unwrap();
        std::fs::write(&before, serde_json::to_vec(&copied.hashes).unwrap()).unwrap();
        copied.hashes
    };
    // The rows that were planned, by what the copy says: most of them may be gone here.
    let rows = doomed(
        &Held::take(&copy, &impatient(), Looking::default()).unwrap(),
        "page",
        |key| !matches!(key, atlas_store::maintenance::Key::Rowid(rowid) if rowid % 4 == 0),
    );
    for batch in rows.chunks(BATCH) {
        remove(&held, place, batch, &[]);
    }
    let left = Vault::open(&super::vault(place))
        .unwrap()
        .subtracted_from(&hashes_before)
        .unwrap();
    let tables = held.look().tables().unwrap();
    let _ = std::fs::remove_file(place.beside("small.db"));
    held.compact(&place.beside("small.db"), &tables, &left).unwrap();
    held.let_go().unwrap();
}

fn what_it_holds(place: &Place) -> super::TableHashes {
    let snapshot = Snapshot::open(&place.path(), Looking::default()).unwrap();
    assert_eq!(
        snapshot.integrity(Depth::Full, 10).unwrap().findings,
        Vec::<String>::new()
    );
    super::TableHashes::of(&snapshot, &snapshot.tables().unwrap(), &mut |_| {}).unwrap()
}

fn dies_at(step: &str, scenario: &str, folder: &Path) {
    std::fs::write(folder.join(STEP), step).unwrap();
    let output = alone::run(&[], &format!("cleaning::crashes::{scenario}"), folder);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.signal(),
        Some(6),
        "it was to be aborted at {step}: {complained}"
    );
}

fn arm() {
    let step = std::fs::read_to_string(STEP).unwrap();
    let (name, action) = step.split_once('=').unwrap_or((&step, "return"));
    fail::cfg(name, action).unwrap();
}

#[rstest]
#[case::copied("cleaning::backup_written")]
#[case::before_the_vault_is_committed("cleaning::in_vault")]
#[case::in_the_vault("cleaning::vault_committed")]
#[case::before_the_batch_is_committed("cleaning::in_batch=2*off->return")]
#[case::after_a_batch("cleaning::batch_committed=1*off->return")]
#[case::small_copy_made("cleaning::compact_copied")]
fn a_cleanup_that_was_cut_short_comes_to_the_same_end(#[case] step: &str) {
    let undisturbed = Place::with(LIBRARY);
    clean_up(&undisturbed);
    let place = Place::with(LIBRARY);
    dies_at(step, "scenario_a_cleanup", place.folder());
    // Nothing is lost: each row is here or in the vault.
    what_it_holds(&place);
    clean_up(&place);
    assert_eq!(what_it_holds(&place), what_it_holds(&undisturbed));
    let rows = |place: &Place| {
        let mut rows = Vault::open(&super::vault(place)).unwrap().rows(0, 1_000).unwrap();
        rows.sort_by_key(|row| (row.table.clone(), format!("{:?}", row.key)));
        rows.into_iter()
            .map(|row| (row.table, row.key, row.row_hash))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&place), rows(&undisturbed));
}

#[test]
#[ignore = "ends its process: `a_cleanup_that_was_cut_short_comes_to_the_same_end` runs it in one of its own"]
fn scenario_a_cleanup() {
    if !alone::runs_alone() {
        return;
    }
    arm();
    clean_up(&Place::here());
    panic!("the step was not come to");
}

#[test]
fn an_undo_that_was_cut_short_goes_on() {
    let place = Place::with(LIBRARY);
    let before = what_it_holds(&place);
    clean_up(&place);
    dies_at("cleaning::undo_committed", "scenario_an_undo", place.folder());
    let held = super::hold(&place);
    let undone = held
        .undo(
            &removal(&held, &[]),
            &super::vault(&place),
            RUN,
            None,
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(undone.conflicts, []);
    assert_eq!(undone.rows + undone.back_before, 300);
    assert_eq!(before.difference(&hashes(&held)), None);
}

#[test]
#[ignore = "ends its process: `an_undo_that_was_cut_short_goes_on` runs it in one of its own"]
fn scenario_an_undo() {
    if !alone::runs_alone() {
        return;
    }
    arm();
    let place = Place::here();
    let held = super::hold(&place);
    held.undo(
        &removal(&held, &[]),
        &super::vault(&place),
        RUN,
        None,
        &mut |_| {},
    )
    .unwrap();
    panic!("the step was not come to");
}
