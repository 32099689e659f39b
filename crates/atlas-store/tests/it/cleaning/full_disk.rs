//! Disks that take no more, at each step: where copy and vault lie, and where the file itself lies. In memory, in a mount
//! namespace that nobody else sees.

use std::path::{Path, PathBuf};
use std::process::Command;

use atlas_store::maintenance::cleaning::{Batch, CleaningError, Vault};

use super::{RUN, doomed, hashes, hold, removal};
use crate::alone;
use crate::maintenance::Place;

const SCENARIO: &str = "cleaning::full_disk::scenario_disks_that_take_no_more";

const ROWS: &str = "CREATE TABLE page (id INTEGER PRIMARY KEY, body TEXT);
    INSERT INTO page WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
        SELECT i, i || hex(zeroblob(1000)) FROM n;";

#[test]
#[expect(
    clippy::print_stderr,
    reason = "a test that does not run must not look like one that passed"
)]
fn a_full_disk_loses_nothing_at_any_step() {
    let tried = Command::new("unshare").args(["-Urm", "true"]).output();
    if !tried.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED {SCENARIO}: this machine forbids `unshare -Urm`");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = alone::run(&["unshare", "-Urm"], SCENARIO, folder.path());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "mounts disks: `a_full_disk_loses_nothing_at_any_step` runs it in a namespace"]
fn scenario_disks_that_take_no_more() {
    if !alone::runs_alone() {
        return;
    }
    let small = disk("small", "300k");
    let place = Place::with(ROWS);
    let mut held = hold(&place);
    let before = hashes(&held);

    let copy = small.join("copy.db");
    assert!(is_full(&held.back_up(&copy, &mut |_| {}).unwrap_err()));
    assert!(!copy.exists(), "half a copy is no copy");

    // The vault: the first batch fits, the second does not.
    let rows = doomed(&held, "page", |_| true);
    let vault = small.join("vault.db");
    let removal = removal(&held, &[]);
    let batch = |rows| Batch {
        rows,
        vault: &vault,
        run: RUN,
    };
    assert_eq!(held.remove(&removal, batch(&rows[..50])).unwrap().rows, 50);
    assert!(is_full(&held.remove(&removal, batch(&rows[50..])).unwrap_err()));
    let left = Vault::open(&vault).unwrap().subtracted_from(&before).unwrap();
    held.verify(&left).unwrap();
    assert_eq!(left.tables["page"].rows, 350);

    let scratch = small.join("small.db");
    let tables = held.look().tables().unwrap();
    assert!(is_full(&held.compact(&scratch, &tables, &left).unwrap_err()));
    assert!(!scratch.exists());
    held.verify(&left).unwrap();
    let undone = held.undo(&removal, &vault, RUN, None, &mut |_| {}).unwrap();
    assert_eq!((undone.rows, undone.conflicts.len()), (50, 0));
    held.verify(&before).unwrap();
    held.let_go().unwrap();

    // The disk of the file itself: its journal finds no place.
    let full = disk("full", "1200k");
    std::fs::copy(place.path(), full.join("foreign.db")).unwrap();
    std::fs::write(full.join("filler"), vec![0_u8; 4096]).unwrap();
    fill(&full);
    let place = Place::at(&full);
    let mut held = hold(&place);
    let vault = PathBuf::from("vault-elsewhere.db");
    let batch = Batch {
        rows: &rows,
        vault: &vault,
        run: RUN,
    };
    assert!(is_full(&held.remove(&removal, batch).unwrap_err()));
    held.verify(&before).unwrap();
    std::fs::remove_file(full.join("filling")).unwrap();
    assert_eq!(held.remove(&removal, batch).unwrap().rows, 400);
    fill(&full);
    let left = Vault::open(&vault).unwrap().subtracted_from(&before).unwrap();
    let tables = held.look().tables().unwrap();
    // Pages that become free are journalled, too: either it is refused, or it is done.
    let compacted = held.compact(Path::new("small-elsewhere.db"), &tables, &left);
    assert!(compacted.as_ref().err().is_none_or(is_full), "{compacted:?}");
    held.verify(&left).unwrap();
}

fn is_full(error: &CleaningError) -> bool {
    matches!(error, CleaningError::Full(_))
}

fn disk(name: &str, size: &str) -> PathBuf {
    let place = std::env::current_dir().unwrap().join(name);
    std::fs::create_dir(&place).unwrap();
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "none"])
        .arg(&place)
        .status()
        .unwrap();
    assert!(status.success());
    place
}

fn fill(disk: &Path) {
    use std::io::Write;
    let mut filling = std::fs::File::create(disk.join("filling")).unwrap();
    while filling.write_all(&[0; 4096]).is_ok() {}
}
