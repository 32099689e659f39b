//! What of an audit's findings goes into a plan, and how much of a library may leave unasked.

use std::path::Path;

use atlas_domain::{Criteria, Criterion, Standing, UserId};
use atlas_store::PlannedItem;
use atlas_store::findings::Found;
use atlas_store::maintenance::Key;

use super::UpkeepError;
use super::found::found_of;
use crate::views::upkeep::WantedCleanup;

/// Findings that are read at once.
const PAGE: usize = 1_000;
/// As much of a library may leave without somebody saying so, in percent.
const UNASKED_PERCENT: u64 = 20;

/// How much of a library a plan takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) planned: u64,
    pub(crate) of: u64,
}

impl Share {
    /// In percent, rounded up.
    pub(crate) fn percent(self) -> u64 {
        (self.planned * 100).div_ceil(self.of.max(1))
    }

    /// Whether it may leave, if somebody allows so many percent.
    pub(crate) fn is_allowed(self, allowed_percent: Option<u64>) -> bool {
        let most = allowed_percent.unwrap_or(0).max(UNASKED_PERCENT);
        self.planned * 100 <= most * self.of
    }
}

/// What is to be planned of the last audit. Blocks.
pub(crate) fn select(
    folder: &Path,
    user: UserId,
    wanted: &WantedCleanup,
) -> Result<Vec<PlannedItem>, UpkeepError> {
    let least = if wanted.suspects {
        Standing::Suspect
    } else {
        Standing::Junk
    };
    let (mut selected, mut after) = (Vec::new(), None);
    loop {
        let Some(page) = found_of(folder, user, least, after, PAGE)? else {
            return Ok(selected);
        };
        selected.extend(
            page.rows
                .iter()
                .filter(|found| is_wanted(found, wanted))
                .filter_map(planned),
        );
        after = page.after;
        if after.is_none() {
            return Ok(selected);
        }
    }
}

/// Texts that are only nearly the same, or that have nothing but their address in common, are told and never planned:
/// somebody may have changed them on purpose.
fn is_wanted(found: &Found, wanted: &WantedCleanup) -> bool {
    let is_copy = is_copy(found.criteria);
    if found.standing == Standing::Suspect && is_only_told(found.criteria) {
        return false;
    }
    let is_named = wanted.only.is_empty() || wanted.only.iter().any(|only| found.criteria.contains(*only));
    is_named && !(wanted.keep_duplicates && is_copy)
}

pub(super) fn is_copy(criteria: Criteria) -> bool {
    criteria.contains(Criterion::ExactDuplicate) || criteria.contains(Criterion::SameUrl)
}

fn is_only_told(criteria: Criteria) -> bool {
    criteria
        .iter()
        .all(|criterion| matches!(criterion, Criterion::NearDuplicate | Criterion::SameUrl))
}

fn planned(found: &Found) -> Option<PlannedItem> {
    let row = |key: &Key| match key {
        Key::Rowid(row) => Some(*row),
        Key::Primary(_) => None,
    };
    Some(PlannedItem {
        row: row(&found.key)?,
        criteria: found.criteria,
        survivor: found.survivor.as_ref().and_then(|survivor| row(&survivor.key)),
        stamp: found.row_hash,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_fifth(20, 100, None, true)]
    #[case::more_than_a_fifth(21, 100, None, false)]
    #[case::as_much_as_somebody_said(50, 100, Some(50), true)]
    #[case::more_than_somebody_said(51, 100, Some(50), false)]
    #[case::all_of_it_because_somebody_said_so(3, 3, Some(100), true)]
    #[case::to_say_less_than_a_fifth_changes_nothing(20, 100, Some(5), true)]
    #[case::nothing(0, 0, None, true)]
    fn more_than_a_fifth_leaves_only_because_somebody_said_so(
        #[case] planned: u64,
        #[case] of: u64,
        #[case] said: Option<u64>,
        #[case] may: bool,
    ) {
        assert_eq!(Share { planned, of }.is_allowed(said), may);
    }
}
