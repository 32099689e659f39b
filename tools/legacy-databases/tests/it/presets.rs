//! The presets keep their figures, scaled or not.

use std::collections::BTreeSet;

use legacy_databases::{Journal, Kind, Label, Preset, Twist};
use rstest::rstest;

use crate::file::{File, MAINS};

fn file(preset: &str, rows: Option<u64>) -> File {
    File::of(&Preset::named(preset).expect("a preset").recipe(rows))
}

#[test]
fn the_emptied_predecessor_fits_into_24_kilobytes() {
    let file = file("predecessor-a", Some(200));
    let wanted = 290_000_000 * 200 / 8_216;
    let size = file.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    assert!(size.abs_diff(wanted) < wanted / 20, "{size} instead of {wanted}");
    assert!(
        file.summary.free_pages * 4096 * 5 > size,
        "a fifth and more is free"
    );
    assert_eq!(
        file.own("content")
            .filter(|truth| truth.kind == Kind::InterfaceShell)
            .count(),
        200
    );
    assert_eq!(
        file.count("search_index", Label::Junk),
        0,
        "copies have no verdict of their own"
    );
    let follows: BTreeSet<Option<i64>> = file
        .truths
        .iter()
        .filter(|truth| truth.table == "search_index")
        .map(|truth| truth.follows)
        .collect();
    assert_eq!(
        follows,
        file.own("content").map(|truth| Some(truth.rowid)).collect()
    );

    let connection = file.open();
    connection
        .execute_batch("DELETE FROM content; DELETE FROM search_index; VACUUM")
        .unwrap();

    assert!(std::fs::metadata(&file.path).unwrap().len() <= 24 * 1024);
}

#[rstest]
#[case(1_000, 11)]
#[case(300, 3)]
fn the_search_index_has_its_198_of_17782(#[case] rows: u64, #[case] junk: usize) {
    let file = file("predecessor-search", Some(rows));
    assert_eq!(file.count("enhanced_content_index", Label::Junk), junk);
    assert_eq!(
        file.count("enhanced_content_index", Label::Keep) as u64,
        rows - junk as u64
    );
}

#[test]
fn every_segment_is_short_and_good() {
    let file = file("predecessor-segments", None);
    let bodies = file.column("transcript_segments", "content");
    assert_eq!(bodies.len(), 191);
    assert_eq!(file.count("transcript_segments", Label::Keep), 191);
    for body in bodies.values().flatten() {
        assert!((2..=30).contains(&body.split_whitespace().count()), "{body}");
    }
}

#[rstest]
fn three_rows_of_ten_are_junk(#[values(0, 1, 2, 3, 4, 5, 6, 7)] shape: usize) {
    let (preset, table, _, _) = MAINS[shape];
    let file = file(preset, Some(400));
    assert_eq!(file.count(table, Label::Junk), 120, "{preset}");
    assert!(file.count(table, Label::Keep) >= 260, "{preset}");
}

#[test]
fn every_kind_and_every_twist_comes() {
    let mut kinds = BTreeSet::new();
    let mut twists = Vec::new();
    for preset in ["mixed-a", "mixed-segments", "mixed-strange"] {
        let file = file(preset, Some(800));
        kinds.extend(file.truths.iter().map(|truth| truth.kind));
        twists.extend(file.truths.into_iter().flat_map(|truth| truth.twists));
    }
    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for twist in [
        Twist::NoUrl,
        Twist::BlankUrl,
        Twist::DamagedMetadata,
        Twist::NoTitle,
        Twist::InvalidUtf8,
    ] {
        assert!(twists.contains(&twist), "{twist:?}");
    }
}

#[test]
fn catalogues_hold_nothing_but_records() {
    let file = file("mixed-podcasts", Some(100));
    assert!(
        file.truths
            .iter()
            .all(|truth| truth.kind == Kind::Record && truth.label == Label::Keep)
    );
}

#[test]
fn a_file_becomes_as_large_as_is_wished() {
    let mut recipe = Preset::named("mixed-b").unwrap().recipe(Some(300));
    recipe.target_bytes = Some(12_000_000);
    recipe.journal = Journal::Wal;
    let file = File::of(&recipe);
    let size = file.summary.pages * 4096;
    assert!(size.abs_diff(12_000_000) < 900_000, "{size}");
}

#[test]
fn a_huge_row_is_as_large_as_is_wished() {
    let mut recipe = Preset::named("huge-row").unwrap().recipe(Some(20));
    recipe.huge_row_bytes = Some(3_000_000);
    let file = File::of(&recipe);
    assert_eq!(
        file.number("SELECT length(CAST(content AS BLOB)) FROM huge"),
        3_000_000
    );
}
