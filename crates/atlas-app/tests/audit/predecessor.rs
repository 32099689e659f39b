//! The predecessor's case, scaled down: its figures came from counting rows twice, and from never looking where the
//! bytes are.

use atlas_domain::{Criterion, Standing};

use crate::support::{Case, preset};

#[test]
fn rows_that_meet_two_criteria_are_told_once_and_their_copies_never() {
    let case = Case::of(&preset("predecessor-a", Some(200), 1));
    let totals = &case.report.totals;
    assert_eq!(
        (totals.rows_total, totals.rows_junk, totals.rows_suspect),
        (200, 200, 0)
    );
    for reason in [Criterion::Stub, Criterion::JsStub] {
        assert_eq!(totals.by_reason[&reason].junk, 200, "{totals:?}");
    }
    let together: u64 = totals.by_combination.iter().map(|one| one.rows).sum();
    assert_eq!(together, 200, "{totals:?}");
}

#[test]
fn short_segments_of_transcripts_are_kept() {
    let case = Case::of(&preset("predecessor-segments", None, 1));
    assert_eq!(case.report.totals.rows_total, 191);
    assert_eq!(case.report.totals.rows_junk, 0, "{:?}", case.report.totals);
    assert!(
        case.truths
            .iter()
            .all(|truth| case.standing(truth) == Standing::Keep)
    );
}
