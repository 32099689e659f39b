//! `Definition`: what a series is: its name, what it counts, how its history is summed up, and by what it is
//! divided. It holds no value.

/// What a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Seconds, with fractions.
    Seconds,
    /// A share of a whole: 1 is all of it.
    Ratio,
    /// Processor cores, with fractions.
    Cores,
    /// Things, as the name says.
    Count,
}

impl Unit {
    /// The unit as the end of a name, where there is one.
    pub const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Bytes => Some("bytes"),
            Self::Seconds => Some("seconds"),
            Self::Ratio => Some("ratio"),
            Self::Cores => Some("cores"),
            Self::Count => None,
        }
    }
}

/// How a value behaves over time, and so what its history keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A level at the moment of the look: mean, least, greatest and last are kept.
    Gauge,
    /// A total that only grows: what it grew by and its fastest growth are kept.
    Counter,
    /// What happened since the look before, already divided by the time: mean, least and greatest are kept.
    Rate,
}

impl Kind {
    /// The stable spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Rate => "rate",
        }
    }

    /// The kind of that spelling.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Gauge, Self::Counter, Self::Rate]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// By what a series is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// What the label is called.
    pub key: &'static str,
    /// How many values it has at one time. What is beyond is refused and counted.
    pub at_most: usize,
}

/// One series, or one for each value of its label.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name without the prefix of the program and without the unit.
    pub name: &'static str,
    /// What it says, as a phrase for people.
    pub help: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// How it behaves over time.
    pub kind: Kind,
    /// By what it is divided, if by anything.
    pub label: Option<Label>,
    /// Whether it has a history. What has none is shown only as it is now.
    pub is_kept: bool,
}

impl Definition {
    /// A level.
    pub const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> Self {
        Self::new(name, unit, Kind::Gauge, help)
    }

    /// A total that only grows.
    pub const fn counter(name: &'static str, unit: Unit, help: &'static str) -> Self {
        Self::new(name, unit, Kind::Counter, help)
    }

    /// What happened since the look before, divided by the time.
    pub const fn rate(name: &'static str, unit: Unit, help: &'static str) -> Self {
        Self::new(name, unit, Kind::Rate, help)
    }

    const fn new(name: &'static str, unit: Unit, kind: Kind, help: &'static str) -> Self {
        Self {
            name,
            help,
            unit,
            kind,
            label: None,
            is_kept: true,
        }
    }

    /// The same, divided by a label with at most that many values at one time.
    #[must_use]
    pub const fn by(self, key: &'static str, at_most: usize) -> Self {
        Self {
            label: Some(Label { key, at_most }),
            ..self
        }
    }

    /// The same without a history.
    #[must_use]
    pub const fn without_history(self) -> Self {
        Self {
            is_kept: false,
            ..self
        }
    }

    /// How many series this can be at one time.
    pub const fn series_at_most(&self) -> usize {
        match self.label {
            Some(label) => label.at_most,
            None => 1,
        }
    }
}
