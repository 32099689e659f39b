//! Which of several copies stays: the longest clean text, then most metadata, then the earliest date, then the smallest
//! key. The order is total, so that it does not matter in which order rows were read.
//!
//! - **The same text** under whatever address: the others are junk.
//! - **Nearly the same text** at another address: the others are suspects, because somebody may have changed it.
//! - **The same address**: versions of one text leave the best; texts that have nothing in common are suspects, for
//!   two articles can have been saved under one address.

use std::cmp::{Ordering, Reverse};

use atlas_domain::{Criterion, Standing};
use atlas_store::findings::{By, Duplicate, Findings, FindingsError, Marked, Member};

use super::near::{NEAR, VERSION, bands, similarity};

/// Finds all copies in the table at `place`, which was read to its end.
pub(crate) fn find_duplicates(findings: &mut Findings, place: u32) -> Result<(), FindingsError> {
    findings.group(place, By::Text, &mut same_text)?;
    findings.group(place, By::Url, &mut same_url)?;
    findings.near(place, bands, &mut near)
}

fn same_text(members: &[Member]) -> Vec<Duplicate> {
    let best = best(members);
    let others = members.iter().filter(|member| member.id != best.id);
    others
        .map(|member| Duplicate {
            id: member.id,
            survivor: best.id,
            criterion: Criterion::ExactDuplicate,
            standing: Standing::Junk,
            confidence: 1.0,
        })
        .collect()
}

/// Versions of the best copy go; what is no version of it stays with a question.
fn same_url(members: &[Member]) -> Vec<Duplicate> {
    let best = best(members);
    let others = members.iter().filter(|member| member.id != best.id);
    others
        .map(|member| {
            let alike = match (&best.signature, &member.signature) {
                (Some(one), Some(two)) => similarity(one, two),
                _ => 0.0,
            };
            let is_version = alike >= VERSION;
            Duplicate {
                id: member.id,
                survivor: best.id,
                criterion: Criterion::SameUrl,
                standing: if is_version {
                    Standing::Junk
                } else {
                    Standing::Suspect
                },
                confidence: if is_version { alike.max(0.9) } else { 0.5 },
            }
        })
        .collect()
}

fn near(member: &Member, candidates: &[Marked]) -> Option<Duplicate> {
    let own = member.signature.as_deref()?;
    let (survivor, alike) = candidates
        .iter()
        .map(|candidate| (candidate.id, similarity(own, &candidate.signature)))
        .max_by(|one, two| one.1.total_cmp(&two.1).then(two.0.cmp(&one.0)))?;
    (alike >= NEAR).then_some(Duplicate {
        id: member.id,
        survivor,
        criterion: Criterion::NearDuplicate,
        standing: Standing::Suspect,
        confidence: alike,
    })
}

/// The best copy of a group; a group has at least one.
fn best(members: &[Member]) -> &Member {
    members
        .iter()
        .min_by(|one, two| by_quality(one, two))
        .unwrap_or(&members[0])
}

/// The better one first.
fn by_quality(one: &Member, two: &Member) -> Ordering {
    fn rank(member: &Member) -> impl Ord + '_ {
        let quality = &member.quality;
        (
            member.standing,
            Reverse(quality.words),
            Reverse(quality.filled),
            quality.saved.is_none(),
            quality.saved.as_deref(),
            member.id,
        )
    }
    rank(one).cmp(&rank(two))
}

#[cfg(test)]
mod tests {
    use atlas_store::findings::Quality;
    use rstest::rstest;

    use super::*;

    fn member(id: i64, words: u32, filled: u32, saved: Option<&str>) -> Member {
        Member {
            id,
            standing: Standing::Keep,
            quality: Quality {
                words,
                filled,
                saved: saved.map(str::to_owned),
            },
            signature: None,
        }
    }

    #[rstest]
    #[case::longest(&[member(1, 10, 9, None), member(2, 11, 0, None)], 2)]
    #[case::most_metadata(&[member(1, 10, 2, Some("2020")), member(2, 10, 3, None)], 2)]
    #[case::earliest(&[member(1, 10, 2, Some("2021")), member(2, 10, 2, Some("2020"))], 2)]
    #[case::a_date_before_none(&[member(1, 10, 2, None), member(2, 10, 2, Some("2020"))], 2)]
    #[case::smallest_key(&[member(2, 10, 2, None), member(1, 10, 2, None)], 1)]
    fn the_best_copy_stays(#[case] members: &[Member], #[case] survivor: i64) {
        let duplicates = same_text(members);
        assert_eq!(duplicates.len(), members.len() - 1);
        assert!(duplicates.iter().all(|duplicate| duplicate.survivor == survivor));
    }

    #[test]
    fn a_suspect_is_no_better_copy_than_a_row_that_is_kept() {
        let mut suspect = member(1, 100, 9, None);
        suspect.standing = Standing::Suspect;
        let duplicates = same_text(&[suspect, member(2, 10, 0, None)]);
        assert_eq!(duplicates[0].survivor, 2);
    }

    #[test]
    fn two_different_texts_at_one_address_are_never_junk() {
        let words = |word: &str| {
            let words: Vec<String> = (0..100).map(|n| format!("{word}{n} ")).collect();
            words.concat()
        };
        let signed = |id, text: &str| Member {
            signature: super::super::near::signature(text),
            ..member(id, 100, 0, None)
        };
        let one = words("one");
        let version = one.replacen("one7 ", "", 1);
        let members = [signed(1, &one), signed(2, &words("two")), signed(3, &version)];
        let standings: Vec<_> = same_url(&members)
            .iter()
            .map(|duplicate| (duplicate.id, duplicate.standing))
            .collect();
        assert_eq!(standings, [(2, Standing::Suspect), (3, Standing::Junk)]);
    }
}
