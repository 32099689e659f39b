//! `Written` and `Entry`: values of the file as they stand there, each with its line. What they mean is not decided
//! here.

use toml_edit::{Item, Table, TableLike, Value};

/// A value, whatever its kind.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::config) enum Written {
    Text(String),
    Whole(i64),
    Decimal(f64),
    Truth(bool),
    List(Vec<Written>),
    Table(Vec<(String, Written)>),
}

/// A section that can be there several times, each time for another thing of its kind.
#[derive(Debug)]
pub(in crate::config) struct Entry {
    pub(super) kind: EntryKind,
    /// Where it begins.
    pub(super) origin: String,
    pub(super) fields: Vec<Field>,
}

/// A setting in such a section.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) written: Written,
    pub(super) origin: String,
}

/// What such a section describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum EntryKind {
    Check,
    Maintenance,
    Channel,
    QuietHours,
}

impl EntryKind {
    pub(in crate::config) const ALL: [Self; 4] =
        [Self::Check, Self::Maintenance, Self::Channel, Self::QuietHours];

    /// What the section of that name describes.
    pub(in crate::config) fn of(section: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.section() == section)
    }

    pub(in crate::config) const fn section(self) -> &'static str {
        match self {
            Self::Check => "health.checks",
            Self::Maintenance => "health.maintenance",
            Self::Channel => "alerts.channels",
            Self::QuietHours => "alerts.quiet_hours",
        }
    }

    /// What one of them is called.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Maintenance => "maintenance",
            Self::Channel => "channel",
            Self::QuietHours => "quiet hours",
        }
    }
}

impl Entry {
    /// Takes the section apart. `origin` says where something stands, by its place in bytes.
    pub(in crate::config) fn of(kind: EntryKind, table: &Table, origin: impl Fn(usize) -> String) -> Self {
        let header = table.span().map_or(0, |span| span.start);
        let fields = table.iter().filter_map(|(name, item)| {
            let place = table.key(name).and_then(toml_edit::Key::span);
            Some(Field {
                name: name.to_owned(),
                written: Written::of(item)?,
                origin: origin(place.map_or(header, |span| span.start)),
            })
        });
        Self {
            kind,
            origin: origin(header),
            fields: fields.collect(),
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Where a setting stands, or where the section begins that does not have it.
    pub(super) fn origin_of(&self, name: &str) -> &str {
        self.field(name).map_or(&self.origin, |field| &field.origin)
    }

    /// The section with the name in it, as it is told.
    pub(super) fn label(&self) -> String {
        let section = self.kind.section();
        match self.field("name").map(|field| &field.written) {
            Some(Written::Text(name)) if is_plain(name) => format!("{section}.{name}"),
            Some(Written::Text(name)) => format!("{section}.\"{}\"", name.escape_debug()),
            _ => section.to_owned(),
        }
    }
}

impl Written {
    /// What stands there, if something does. A date is its text.
    pub(in crate::config) fn of(item: &Item) -> Option<Self> {
        match item {
            Item::None => None,
            Item::Value(value) => Some(Self::of_value(value)),
            Item::Table(table) => Some(Self::of_table(table)),
            Item::ArrayOfTables(tables) => Some(Self::List(
                tables.iter().map(|table| Self::of_table(table)).collect(),
            )),
        }
    }

    /// On one line, as in the environment: a list with commas, a table as `name=value`.
    pub(in crate::config) fn compact(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::List(list) => list.iter().map(Self::compact).collect::<Vec<_>>().join(","),
            Self::Table(fields) => {
                let named = |(name, value): &(String, Self)| format!("{name}={}", value.compact());
                fields.iter().map(named).collect::<Vec<_>>().join(",")
            }
        }
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.value().clone()),
            Value::Integer(number) => Self::Whole(*number.value()),
            Value::Float(number) => Self::Decimal(*number.value()),
            Value::Boolean(truth) => Self::Truth(*truth.value()),
            Value::Datetime(moment) => Self::Text(moment.value().to_string()),
            Value::Array(list) => Self::List(list.iter().map(Self::of_value).collect()),
            Value::InlineTable(table) => Self::of_table(table),
        }
    }

    fn of_table(table: &dyn TableLike) -> Self {
        let fields = table.iter();
        let fields = fields.filter_map(|(name, item)| Some((name.to_owned(), Self::of(item)?)));
        Self::Table(fields.collect())
    }
}

/// Whether a name can be told without quotes.
pub(super) fn is_plain(name: &str) -> bool {
    let is_of_names = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "-_".contains(character)
    };
    !name.is_empty() && name.chars().all(is_of_names)
}
