//! `Latest`: what every source said last. A value is gone as soon as its source leaves it out, or has been silent for
//! too long; it never stays behind as if it were still true.

use super::{Absence, Definition, Reading, Sample};
use crate::Moment;

/// A source that has missed this many looks says nothing any more.
const LOOKS_AT_MOST_MISSED: u32 = 3;

/// A value as it is now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Current<'a> {
    /// What it is: name, help, unit and kind for an export.
    pub definition: &'static Definition,
    /// Key and value of its label, where it has one.
    pub label: Option<(&'static str, &'a str)>,
    /// How much. Of a counter, the total.
    pub value: f64,
}

#[derive(Debug)]
struct Heard {
    at: Moment,
    sample: Sample,
}

/// What every source said last.
#[derive(Debug, Default)]
pub(super) struct Latest {
    sources: Vec<Heard>,
}

impl Latest {
    /// Takes the place of everything that the source said before.
    pub(super) fn take(&mut self, at: Moment, sample: Sample) {
        let heard = Heard { at, sample };
        match self
            .sources
            .iter_mut()
            .find(|known| known.sample.source() == heard.sample.source())
        {
            Some(known) => *known = heard,
            None => self.sources.push(heard),
        }
    }

    /// Every value that holds now, those of one definition together.
    pub(super) fn current(&self, now: Moment) -> Vec<Current<'_>> {
        let mut all: Vec<Current<'_>> = self.readings(now).map(current).collect();
        all.sort_by(|one, other| (one.definition.name, one.label).cmp(&(other.definition.name, other.label)));
        all
    }

    /// Everything that does not exist now, as its source says.
    pub(super) fn absences(&self, now: Moment) -> impl Iterator<Item = &Absence> {
        self.holding(now).flat_map(Sample::absences)
    }

    /// The value of one series, if it holds now.
    pub(super) fn value(&self, now: Moment, definition: &Definition, label: Option<&str>) -> Option<f64> {
        self.holding(now)
            .find_map(|sample| sample.value(definition, label))
    }

    fn readings(&self, now: Moment) -> impl Iterator<Item = &Reading> {
        self.holding(now).flat_map(Sample::readings)
    }

    fn holding(&self, now: Moment) -> impl Iterator<Item = &Sample> {
        self.sources
            .iter()
            .filter(move |heard| now.since(heard.at) <= heard.sample.every() * LOOKS_AT_MOST_MISSED)
            .map(|heard| &heard.sample)
    }
}

fn current(reading: &Reading) -> Current<'_> {
    let key = reading.definition.label.map_or("", |label| label.key);
    Current {
        definition: reading.definition,
        label: reading.label.as_deref().map(|value| (key, value)),
        value: reading.value,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::catalogue::machine::{MEMORY_AVAILABLE, MOUNT_AVAILABLE, SWAP_FREE};

    fn at(secs: u64) -> Moment {
        Moment::from_millis(secs * 1_000)
    }

    fn sample(source: &'static str) -> Sample {
        Sample::of(source, Duration::from_secs(10))
    }

    #[test]
    fn what_a_source_leaves_out_is_gone_at_once() {
        let mut latest = Latest::default();
        let mut both = sample("machine");
        both.add(&MEMORY_AVAILABLE, 1.0);
        both.add(&SWAP_FREE, 2.0);
        latest.take(at(0), both);
        let mut one = sample("machine");
        one.add(&MEMORY_AVAILABLE, 3.0);
        latest.take(at(10), one);

        assert_eq!(latest.value(at(10), &SWAP_FREE, None), None);
        assert_eq!(latest.value(at(10), &MEMORY_AVAILABLE, None), Some(3.0));
    }

    #[test]
    fn one_silent_source_silences_no_other() {
        let mut latest = Latest::default();
        let mut machine = sample("machine");
        machine.add(&MEMORY_AVAILABLE, 1.0);
        latest.take(at(0), machine);
        let mut space = sample("space");
        space.add_for(&MOUNT_AVAILABLE, "data", 5.0);
        latest.take(at(30), space);

        assert_eq!(latest.value(at(30), &MEMORY_AVAILABLE, None), Some(1.0));
        assert_eq!(latest.value(at(31), &MEMORY_AVAILABLE, None), None);
        assert_eq!(latest.value(at(31), &MOUNT_AVAILABLE, Some("data")), Some(5.0));
    }

    #[test]
    fn values_of_one_definition_come_together_whoever_said_them() {
        let mut latest = Latest::default();
        let mut one = sample("one");
        one.add_for(&MOUNT_AVAILABLE, "data", 1.0);
        one.add(&SWAP_FREE, 2.0);
        latest.take(at(0), one);
        let mut other = sample("other");
        other.add_for(&MOUNT_AVAILABLE, "backup", 3.0);
        latest.take(at(0), other);

        let current = latest.current(at(0));
        let shown: Vec<_> = current
            .iter()
            .map(|each| (each.definition.name, each.label))
            .collect();
        assert_eq!(
            shown,
            [
                ("mount_available", Some(("mount", "backup"))),
                ("mount_available", Some(("mount", "data"))),
                ("swap_free", None)
            ]
        );
    }
}
