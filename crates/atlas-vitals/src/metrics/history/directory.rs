//! `Directory`: which number stands for which series in stored rows. A number is never given twice; a series is
//! forgotten when no row can mention it any more.

use std::collections::HashMap;

use atlas_domain::Timestamp;

use super::Resolution;
use crate::metrics::{Definition, Kind, Reading};

/// Whatever labels come and go, there are no more series than this.
const SERIES_AT_MOST: usize = 4_096;

/// A value of a label that was not seen for so many days makes room for another.
const DAYS_OF_AN_ABSENT_LABEL: i64 = 1;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// The number of a series in stored rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u32);

/// A series as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSeries {
    /// Its number.
    pub id: SeriesId,
    /// The name of its definition.
    pub name: String,
    /// The spelling of its kind. A series whose kind changes with a new version is another series.
    pub kind: String,
    /// The value of its label.
    pub label: Option<String>,
    /// The day on which it was last measured, counted from the epoch.
    pub last_seen_day: i64,
}

#[derive(Debug)]
struct Known {
    id: SeriesId,
    kind: Kind,
    label: Option<String>,
    last_seen_day: i64,
    is_stored: bool,
}

/// Which number stands for which series.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    by_name: HashMap<String, Vec<Known>>,
    next_id: u32,
}

impl Directory {
    /// The directory as it was stored. What cannot be read is left out; its number is not given again.
    pub(crate) fn restore(stored: Vec<StoredSeries>) -> Self {
        let mut directory = Self::default();
        for series in stored {
            directory.next_id = directory.next_id.max(series.id.0.saturating_add(1));
            let Some(kind) = Kind::from_word(&series.kind) else {
                continue;
            };
            directory.by_name.entry(series.name).or_default().push(Known {
                id: series.id,
                kind,
                label: series.label,
                last_seen_day: series.last_seen_day,
                is_stored: true,
            });
        }
        directory
    }

    /// The number of what was read, which is new if the series is; none where its label has too many values already.
    pub(crate) fn number(&mut self, reading: &Reading, wall: Timestamp) -> Option<SeriesId> {
        let today = day(wall);
        let definition = reading.definition;
        let label = reading.label.as_deref();
        if let Some(known) = self.known_mut(definition, label) {
            if known.last_seen_day < today {
                known.last_seen_day = today;
                known.is_stored = false;
            }
            return Some(known.id);
        }
        let has_room =
            self.len() < SERIES_AT_MOST && self.present(definition, today) < definition.series_at_most();
        let following = self.next_id.checked_add(1).filter(|_| has_room)?;
        let id = SeriesId(std::mem::replace(&mut self.next_id, following));
        self.by_name
            .entry(definition.name.to_owned())
            .or_default()
            .push(Known {
                id,
                kind: definition.kind,
                label: label.map(str::to_owned),
                last_seen_day: today,
                is_stored: false,
            });
        Some(id)
    }

    /// The number of a series, if it has one.
    pub(crate) fn find(&self, definition: &Definition, label: Option<&str>) -> Option<SeriesId> {
        let known = self.by_name.get(definition.name)?.iter();
        known
            .clone()
            .find(|known| known.is(definition, label))
            .map(|known| known.id)
    }

    /// Every series of a definition that has a history: the value of its label, and its number.
    pub(crate) fn labels(&self, definition: &Definition) -> Vec<(Option<&str>, SeriesId)> {
        let known = self.by_name.get(definition.name).map_or(&[][..], Vec::as_slice);
        known
            .iter()
            .filter(|known| known.kind == definition.kind)
            .map(|known| (known.label.as_deref(), known.id))
            .collect()
    }

    /// What is to be stored: what is new, and what is seen again on a new day.
    pub(crate) fn unstored(&self) -> Vec<StoredSeries> {
        let all = self
            .by_name
            .iter()
            .flat_map(|(name, all)| all.iter().map(move |known| (name, known)));
        all.filter(|(_, known)| !known.is_stored)
            .map(|(name, known)| StoredSeries {
                id: known.id,
                name: name.clone(),
                kind: known.kind.as_str().to_owned(),
                label: known.label.clone(),
                last_seen_day: known.last_seen_day,
            })
            .collect()
    }

    /// These have been stored as they are.
    pub(crate) fn stored(&mut self, stored: &[StoredSeries]) {
        for series in stored {
            let known = self.by_name.get_mut(&series.name).into_iter().flatten();
            for known in known.filter(|known| known.id == series.id) {
                known.is_stored = known.last_seen_day == series.last_seen_day;
            }
        }
    }

    /// Forgets the series that no row can mention any more, and says which.
    pub(crate) fn forget_old(&mut self, wall: Timestamp) -> Vec<SeriesId> {
        let kept_days = (Resolution::Hour.kept().as_secs() / 86_400) as i64 + 1;
        let oldest = day(wall) - kept_days;
        let mut forgotten = Vec::new();
        for all in self.by_name.values_mut() {
            all.retain(|known| {
                let is_kept = known.last_seen_day >= oldest;
                if !is_kept {
                    forgotten.push(known.id);
                }
                is_kept
            });
        }
        self.by_name.retain(|_, all| !all.is_empty());
        forgotten
    }

    fn known_mut(&mut self, definition: &Definition, label: Option<&str>) -> Option<&mut Known> {
        let all = self.by_name.get_mut(definition.name)?;
        all.iter_mut().find(|known| known.is(definition, label))
    }

    fn present(&self, definition: &Definition, today: i64) -> usize {
        let known = self.by_name.get(definition.name).map_or(&[][..], Vec::as_slice);
        known
            .iter()
            .filter(|known| known.kind == definition.kind)
            .filter(|known| known.last_seen_day >= today - DAYS_OF_AN_ABSENT_LABEL)
            .count()
    }

    fn len(&self) -> usize {
        self.by_name.values().map(Vec::len).sum()
    }
}

impl Known {
    fn is(&self, definition: &Definition, label: Option<&str>) -> bool {
        self.kind == definition.kind && self.label.as_deref() == label
    }
}

fn day(wall: Timestamp) -> i64 {
    wall.as_millis().div_euclid(DAY_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Unit;

    static BY_HOST: Definition = Definition::gauge("by_host", Unit::Count, "By host").by("host", 2);
    static TOTAL_BY_HOST: Definition = Definition::counter("by_host", Unit::Count, "By host").by("host", 2);

    fn reading(definition: &'static Definition, host: &'static str) -> Reading {
        Reading {
            definition,
            label: Some(host.into()),
            value: 1.0,
        }
    }

    fn on_day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * DAY_MILLIS)
    }

    #[test]
    fn a_series_keeps_its_number_over_a_restart() {
        let mut directory = Directory::default();
        let first = directory.number(&reading(&BY_HOST, "a"), on_day(10)).unwrap();
        let second = directory.number(&reading(&BY_HOST, "b"), on_day(10)).unwrap();
        assert_ne!(first, second);

        let mut restored = Directory::restore(directory.unstored());
        assert_eq!(restored.number(&reading(&BY_HOST, "b"), on_day(10)), Some(second));
        assert_eq!(restored.unstored(), []);
    }

    #[test]
    fn a_label_with_too_many_values_gets_no_more_until_one_was_absent_for_a_day() {
        let mut directory = Directory::default();
        directory.number(&reading(&BY_HOST, "a"), on_day(10)).unwrap();
        directory.number(&reading(&BY_HOST, "b"), on_day(10)).unwrap();

        assert_eq!(directory.number(&reading(&BY_HOST, "c"), on_day(10)), None);
        assert_eq!(directory.number(&reading(&BY_HOST, "c"), on_day(11)), None);
        assert!(directory.number(&reading(&BY_HOST, "c"), on_day(12)).is_some());
    }

    #[test]
    fn a_series_that_is_seen_again_on_a_new_day_is_stored_again_once() {
        let mut directory = Directory::default();
        directory.number(&reading(&BY_HOST, "a"), on_day(10)).unwrap();
        let stored = directory.unstored();
        directory.stored(&stored);
        assert_eq!(directory.unstored(), []);

        directory.number(&reading(&BY_HOST, "a"), on_day(11)).unwrap();
        assert_eq!(directory.unstored().len(), 1);
        // What was stored meanwhile was the day before.
        directory.stored(&stored);
        assert_eq!(directory.unstored().len(), 1);
    }

    #[test]
    fn a_series_is_forgotten_when_no_row_can_mention_it_and_its_number_is_not_given_again() {
        let mut directory = Directory::default();
        let first = directory.number(&reading(&BY_HOST, "a"), on_day(0)).unwrap();

        assert_eq!(directory.forget_old(on_day(731)), []);
        assert_eq!(directory.forget_old(on_day(732)), [first]);
        let second = directory.number(&reading(&BY_HOST, "a"), on_day(732)).unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn a_series_that_changes_its_kind_is_another_series() {
        let mut directory = Directory::default();
        let gauge = directory.number(&reading(&BY_HOST, "a"), on_day(0));
        let counter = directory.number(&reading(&TOTAL_BY_HOST, "a"), on_day(0));

        assert_ne!(gauge, counter);
        assert_eq!(directory.find(&BY_HOST, Some("a")), gauge);
        assert_eq!(directory.find(&TOTAL_BY_HOST, Some("a")), counter);
    }

    #[test]
    fn there_are_never_more_series_than_the_hard_bound() {
        let stored = (0..SERIES_AT_MOST as u32).map(|id| StoredSeries {
            id: SeriesId(id),
            name: format!("gone_{id}"),
            kind: "gauge".to_owned(),
            label: None,
            last_seen_day: 0,
        });
        let mut directory = Directory::restore(stored.collect());

        assert_eq!(directory.number(&reading(&BY_HOST, "a"), on_day(0)), None);
    }
}
