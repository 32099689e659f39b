//! Reads a table to its end although something in it is wrong: what is wrong is told and gives way to something that fits,
//! so that the next mistake shows, too. What is made up here is never taken for what the owner wrote.

use std::ops::Range;

use serde::de::{DeserializeOwned, IntoDeserializer};
use toml_edit::de::Error;
use toml_edit::{Array, InlineTable, Item, Table, Value};

/// Nobody reads more about one table.
const MOST_FAULTS: usize = 20;

/// Something that is wrong.
pub(super) struct Fault {
    /// Where, in bytes.
    pub(super) place: Option<usize>,
    pub(super) what: String,
}

/// What the table says, as far as it can be read, and everything that is wrong with it.
pub(super) fn read<T: DeserializeOwned>(table: &Table) -> (Option<T>, Vec<Fault>) {
    let Ok(mut value) = Item::Table(table.clone()).into_value() else {
        return (None, Vec::new()); // every table is a value
    };
    let mut wrong = Vec::new();
    while wrong.len() < MOST_FAULTS {
        let error = match understood::<T>(&value) {
            Ok(raw) => return (Some(raw), wrong),
            Err(error) => error,
        };
        let span = error.span();
        // A key that nobody knows is, as a rule, the one that is missed.
        let is_misspelt = wrong
            .iter()
            .any(|fault: &Fault| fault.what.starts_with("unknown field"));
        if is_misspelt && error.message().starts_with("missing field") {
            break;
        }
        wrong.push(Fault {
            place: span.as_ref().map(|span| span.start),
            what: error.message().to_owned(),
        });
        let is_mended = span.is_some_and(|span| mend(&mut value, &span, &|value| fits::<T>(value, &span)));
        if !is_mended {
            break;
        }
    }
    (None, wrong)
}

fn understood<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    T::deserialize(value.clone().into_deserializer())
}

/// Whether whatever is wrong now is something else. What was put in has no place, so a mistake without one is about it.
fn fits<T: DeserializeOwned>(value: &Value, before: &Range<usize>) -> bool {
    match understood::<T>(value) {
        Ok(_) => true,
        Err(error) if error.message().starts_with("missing field") => true,
        Err(error) => error.span().is_some_and(|span| span.start > before.start),
    }
}

/// Puts something that fits where the mistake is: in place of a value, or nothing in place of a key that nobody knows.
fn mend(root: &mut Value, span: &Range<usize>, fits: &dyn Fn(&Value) -> bool) -> bool {
    let candidates = [
        Some(Value::from("1m")),
        Some(Value::from("info")),
        Some(Value::from(">=")),
        Some(Value::from("holds")),
        Some(Value::from(0.0)),
        Some(Value::Array(Array::new())),
        Some(Value::InlineTable(InlineTable::new())),
        None,
    ];
    candidates.into_iter().any(|candidate| {
        let mut tried = root.clone();
        if put(&mut tried, span, candidate.as_ref()) && fits(&tried) {
            *root = tried;
            return true;
        }
        false
    })
}

/// Puts `new` where `span` is. False where nothing stands there by itself.
fn put(value: &mut Value, span: &Range<usize>, new: Option<&Value>) -> bool {
    match value {
        Value::InlineTable(table) => {
            let of_key = |(key, value): (&str, &Value), table: &InlineTable| {
                let key = table.key(key).and_then(toml_edit::Key::span);
                key.is_some_and(|key| key == *span) || value.span().is_some_and(|value| holds(&value, span))
            };
            let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
            let name = names
                .into_iter()
                .find(|name| table.get(name).is_some_and(|value| of_key((name, value), table)));
            let Some(name) = name else {
                return false;
            };
            if let Some(inner) = table.get_mut(&name)
                && put(inner, span, new)
            {
                return true;
            }
            match new {
                Some(new) => drop(table.insert(&name, new.clone())),
                None => drop(table.remove(&name)),
            }
            true
        }
        Value::Array(list) => {
            let place = list
                .iter()
                .position(|value| value.span().is_some_and(|value| holds(&value, span)));
            let Some(place) = place else {
                return false;
            };
            if let Some(inner) = list.get_mut(place)
                && put(inner, span, new)
            {
                return true;
            }
            let Some(new) = new else {
                return false;
            };
            drop(list.replace(place, new.clone()));
            true
        }
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            false
        }
    }
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
