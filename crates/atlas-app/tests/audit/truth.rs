//! Precision and recall on mixtures of everything, in every shape.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use atlas_domain::Standing;
use legacy_databases::{Label, Truth};
use rstest::rstest;

use crate::support::{Case, preset};

/// Of 1,000 rows that are called junk so many are, and of 1,000 that are junk so many are called so.
#[derive(Default)]
struct Score {
    hits: u64,
    losses: u64,
    misses: u64,
    /// By kind, language, oddities, and what was said about them.
    wrong: BTreeMap<String, u64>,
}

impl Score {
    fn of(case: &Case) -> Self {
        let mut score = Self::default();
        let kept = |rowid: i64, table: &str| {
            case.truths.iter().any(|other| {
                other.rowid == rowid && other.table == table && case.standing(other) != Standing::Junk
            })
        };
        // Of an original and its copies one has to stay: which one is the tool's choice.
        let mut survivors: BTreeMap<(&str, i64), bool> = BTreeMap::new();
        for truth in &case.truths {
            if let Some(original) = truth.duplicate_of {
                let stays = case.standing(truth) != Standing::Junk;
                *survivors.entry((&truth.table, original)).or_default() |= stays;
            }
        }
        for truth in case
            .truths
            .iter()
            .filter(|truth| !truth.derived && !case.is_refused(truth))
        {
            let is_called_junk = case.standing(truth) == Standing::Junk;
            let is_original_with_copy = survivors.get(&(truth.table.as_str(), truth.rowid)).copied();
            match (truth.label, is_called_junk) {
                (Label::Junk, true) => score.hits += 1,
                (Label::Junk, false) => {
                    let original_gone = truth
                        .duplicate_of
                        .is_some_and(|original| !kept(original, &truth.table));
                    if original_gone {
                        score.hits += 1;
                    } else {
                        score.misses += 1;
                        score.tell("missed", case, truth);
                    }
                }
                (Label::Keep, true) if is_original_with_copy == Some(true) => {}
                (Label::Keep, true) => {
                    score.losses += 1;
                    score.tell("LOST", case, truth);
                }
                _ => {}
            }
        }
        score
    }

    fn tell(&mut self, what: &str, case: &Case, truth: &Truth) {
        let reasons = case.found(truth).map_or("not judged".to_owned(), |found| {
            format!("{} {}", found.standing, found.criteria)
        });
        let language = truth.language.as_deref().unwrap_or("-");
        let line = format!(
            "{what} {} {language} {:?} in {}: {reasons}",
            truth.kind.name(),
            truth.twists,
            truth.table
        );
        *self.wrong.entry(line).or_default() += 1;
    }

    fn precision(&self) -> f64 {
        share(self.hits, self.losses)
    }

    fn recall(&self) -> f64 {
        share(self.hits, self.misses)
    }

    fn shown(&self) -> String {
        let mut shown = format!(
            "precision {:.4} recall {:.4} ({} hits, {} losses, {} misses)\n",
            self.precision(),
            self.recall(),
            self.hits,
            self.losses,
            self.misses
        );
        for (line, rows) in &self.wrong {
            let _ = writeln!(shown, "{rows:5} {line}");
        }
        shown
    }
}

/// Where there was nothing to do, all of it was done.
fn share(right: u64, wrong: u64) -> f64 {
    if right + wrong == 0 {
        1.0
    } else {
        right as f64 / (right + wrong) as f64
    }
}

/// Precision and recall that are reached today. Wanted are 0.99 of both everywhere: raise the numbers with the gate.
#[rstest]
#[case("mixed-a", 1.00, 0.99)]
#[case("mixed-b", 1.00, 0.99)]
#[case("mixed-c", 1.00, 0.99)]
#[case("mixed-d", 1.00, 0.98)]
#[case("mixed-segments", 1.00, 0.84)]
#[case("mixed-search", 1.00, 0.96)]
#[case("mixed-podcasts", 1.00, 1.00)]
#[case("mixed-index", 1.00, 0.98)]
#[case("mixed-inbox", 1.00, 0.98)]
#[case("mixed-strange", 0.99, 0.87)]
fn junk_is_found_and_good_rows_are_kept(#[case] name: &str, #[case] precision: f64, #[case] recall: f64) {
    let score = Score::of(&Case::of(&preset(name, Some(400), 1)));
    assert!(
        score.precision() >= precision && score.recall() >= recall,
        "{name}: {}",
        score.shown()
    );
}

/// What a change of the gate does, over several seeds: `cargo nextest run -p atlas-app --test audit --run-ignored only
/// --no-capture`. Tells kinds, never texts.
#[test]
#[ignore = "measures, and asserts nothing"]
#[expect(clippy::print_stderr, reason = "it is there to be read")]
fn measure() {
    const SHAPES: [&str; 9] = [
        "mixed-a",
        "mixed-b",
        "mixed-c",
        "mixed-d",
        "mixed-segments",
        "mixed-search",
        "mixed-index",
        "mixed-inbox",
        "mixed-strange",
    ];
    let mut wrong: BTreeMap<String, u64> = BTreeMap::new();
    for name in SHAPES {
        let mut sum = Score::default();
        for seed in 11..14 {
            let score = Score::of(&Case::of(&preset(name, Some(1_000), seed)));
            sum.hits += score.hits;
            sum.losses += score.losses;
            sum.misses += score.misses;
            for (line, rows) in score.wrong {
                *wrong.entry(line).or_default() += rows;
            }
        }
        eprintln!("{name}: {}", sum.shown().trim_end());
    }
    for (line, rows) in wrong {
        eprintln!("{rows:5} {line}");
    }
}
