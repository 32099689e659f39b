//! `Sample`: what one source has measured in one look. Whoever measures fills one; what could not be measured is not
//! in it, and a value that is no number never gets in. Where it was found that there is no value, it can say so.

use std::borrow::Cow;
use std::time::Duration;

use super::Definition;

/// A label longer than this is cut: it comes from outside, and is kept for years.
const LABEL_BYTES_AT_MOST: usize = 100;

/// One value of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which series.
    pub definition: &'static Definition,
    /// Which of them, where the definition is divided by a label.
    pub label: Option<Cow<'static, str>>,
    /// How much.
    pub value: f64,
}

/// What one source has measured in one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    source: &'static str,
    every: Duration,
    readings: Vec<Reading>,
    absent: Vec<Absence>,
    refused: u64,
}

/// That there is no value, as its source has found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Of which series.
    pub definition: &'static Definition,
    /// For which label. Where the definition is divided by one and this is none: for none but those that have a value.
    pub label: Option<Cow<'static, str>>,
}

impl Sample {
    /// An empty sample of that source, which looks about so often: what it has said before counts no longer once it
    /// is silent for three such spans.
    pub const fn of(source: &'static str, every: Duration) -> Self {
        Self {
            source,
            every,
            readings: Vec::new(),
            absent: Vec::new(),
            refused: 0,
        }
    }

    /// Who measured.
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// How often it measures.
    pub const fn every(&self) -> Duration {
        self.every
    }

    /// What was measured.
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// Of what it was found that there is no value.
    pub fn absences(&self) -> &[Absence] {
        &self.absent
    }

    /// The value of a series, if it was measured.
    pub fn value(&self, definition: &Definition, label: Option<&str>) -> Option<f64> {
        let mut readings = self.readings.iter();
        let reading =
            readings.find(|each| each.definition.name == definition.name && each.label.as_deref() == label);
        reading.map(|reading| reading.value)
    }

    /// How many values were refused, because their label has too many.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Adds a value, or that there is none. Whoever could not find out adds nothing.
    pub fn add(&mut self, definition: &'static Definition, value: impl Into<Option<f64>>) {
        self.push(definition, None, value.into());
    }

    /// Adds the value that belongs to a label, or that there is none.
    pub fn add_for(
        &mut self,
        definition: &'static Definition,
        label: impl Into<Cow<'static, str>>,
        value: impl Into<Option<f64>>,
    ) {
        self.push(definition, Some(cut(label.into())), value.into());
    }

    /// Says that no other labels of that series have a value than those that were added.
    pub fn add_no_others(&mut self, definition: &'static Definition) {
        self.push(definition, None, None);
    }

    fn push(
        &mut self,
        definition: &'static Definition,
        label: Option<Cow<'static, str>>,
        value: Option<f64>,
    ) {
        let Some(value) = value else {
            self.absent.push(Absence { definition, label });
            return;
        };
        if !value.is_finite() {
            return; // Something is there, whatever it is.
        }
        let mut of_definition = 0;
        for earlier in &mut self.readings {
            if std::ptr::eq(earlier.definition, definition) {
                if earlier.label == label {
                    earlier.value = value;
                    return;
                }
                of_definition += 1;
            }
        }
        if of_definition >= definition.series_at_most() {
            self.refused += 1;
            return;
        }
        self.readings.push(Reading {
            definition,
            label,
            value,
        });
    }
}

fn cut(label: Cow<'static, str>) -> Cow<'static, str> {
    if label.len() <= LABEL_BYTES_AT_MOST {
        return label;
    }
    let end = label.floor_char_boundary(LABEL_BYTES_AT_MOST);
    Cow::Owned(label[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Unit;

    static LEVEL: Definition = Definition::gauge("level", Unit::Count, "A level");
    static BY_HOST: Definition = Definition::gauge("by_host", Unit::Count, "By host").by("host", 2);

    fn sample() -> Sample {
        Sample::of("test", Duration::from_secs(10))
    }

    #[test]
    fn what_was_not_measured_is_absent_and_never_zero() {
        let mut sample = sample();
        sample.add(&LEVEL, None);

        assert_eq!(sample.readings(), []);
    }

    #[test]
    fn what_was_found_not_to_be_there_is_told_apart_from_what_nobody_looked_for() {
        let mut sample = sample();
        sample.add(&LEVEL, None);
        sample.add_for(&BY_HOST, "a", None);
        sample.add_for(&BY_HOST, "b", 1.0);
        sample.add_no_others(&BY_HOST);

        let absent = sample.absences().iter();
        let told: Vec<_> = absent
            .map(|absence| (absence.definition.name, absence.label.as_deref()))
            .collect();
        assert_eq!(told, [("level", None), ("by_host", Some("a")), ("by_host", None)]);
    }

    #[test]
    fn what_is_no_number_is_no_value_and_not_absent_either() {
        let mut sample = sample();
        sample.add(&LEVEL, f64::NAN);
        sample.add_for(&BY_HOST, "a", f64::INFINITY);

        assert_eq!(sample.readings(), []);
        assert_eq!(sample.absences(), []);
        assert_eq!(sample.refused(), 0);
    }

    #[test]
    fn a_label_with_too_many_values_is_refused_and_counted() {
        let mut sample = sample();
        for host in ["a", "b", "c", "d"] {
            sample.add_for(&BY_HOST, host, 1.0);
        }

        assert_eq!(sample.readings().len(), 2);
        assert_eq!(sample.refused(), 2);
    }

    #[test]
    fn the_last_word_about_a_series_counts() {
        let mut sample = sample();
        sample.add_for(&BY_HOST, "a", 1.0);
        sample.add_for(&BY_HOST, "a", 2.0);

        assert_eq!(sample.readings().len(), 1);
        assert_eq!(Some(sample.readings()[0].value), Some(2.0));
    }

    #[test]
    fn a_long_label_is_cut_between_characters() {
        let mut sample = sample();
        sample.add_for(&BY_HOST, format!("a{}", "ü".repeat(80)), 1.0);

        let label = sample.readings()[0].label.as_deref().unwrap();
        assert_eq!(label.len(), 99);
        assert!(label.ends_with('ü'));
    }
}
