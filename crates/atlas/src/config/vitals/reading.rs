//! `Reading`: takes the settings of one `Entry` by their names, and collects what is wrong, each with its line. What was
//! never asked for is no setting of it.

use std::fmt::Display;
use std::time::Duration;

use super::length;
use super::written::{Entry, Written};

/// One entry while it is understood.
pub(super) struct Reading<'a> {
    pub(super) entry: &'a Entry,
    label: String,
    asked: Vec<&'static str>,
    pub(super) mistakes: Vec<String>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        Self {
            entry,
            label: entry.label(),
            asked: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// Something is wrong with a setting, or with its absence.
    pub(super) fn mistake(&mut self, name: &str, what: impl Display) {
        let (origin, label) = (self.entry.origin_of(name), &self.label);
        self.mistakes.push(format!("{origin}: {label}.{name} {what}"));
    }

    /// Something is missing.
    pub(super) fn missing(&mut self, name: &str, like: &str) {
        let (origin, label) = (&self.entry.origin, &self.label);
        self.mistakes
            .push(format!("{origin}: {label} needs `{name}`, like {like}"));
    }

    pub(super) fn written(&mut self, name: &'static str) -> Option<&'a Written> {
        self.asked.push(name);
        self.entry.field(name).map(|field| &field.written)
    }

    /// Whether it is set, without reading it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entry.field(name).is_some()
    }

    /// Understands a value as it is written on one line.
    pub(super) fn read<Value>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<Value, String>,
    ) -> Option<Value> {
        let text = self.written(name)?.compact();
        read(&text).map_err(|what| self.mistake(name, what)).ok()
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        match self.written(name)? {
            Written::Text(text) if !text.trim().is_empty() => Some(text),
            _ => {
                self.mistake(name, "must be a text that is not empty");
                None
            }
        }
    }

    /// A text without which there is nothing.
    pub(super) fn needed(&mut self, name: &'static str, like: &str) -> Option<&'a str> {
        if !self.has(name) {
            self.asked.push(name);
            self.missing(name, like);
            return None;
        }
        self.text(name)
    }

    /// One text or several.
    pub(super) fn texts(&mut self, name: &'static str) -> Option<Vec<&'a str>> {
        let written = self.written(name)?;
        let list = if let Written::List(list) = written {
            list.as_slice()
        } else {
            std::slice::from_ref(written)
        };
        let text = |written: &'a Written| match written {
            Written::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let texts: Option<Vec<_>> = list.iter().map(text).collect();
        if texts.is_none() {
            self.mistake(name, "must be a text or a list of texts");
        }
        texts
    }

    pub(super) fn length(&mut self, name: &'static str) -> Option<Duration> {
        self.read(name, length::read)
    }

    pub(super) fn decimal(&mut self, name: &'static str) -> Option<f64> {
        self.read(name, |text| {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.ok_or_else(|| format!("is `{text}`; it must be a number"))
        })
    }

    /// One of some words.
    pub(super) fn word<Value: Copy>(&mut self, name: &'static str, words: &[(&str, Value)]) -> Option<Value> {
        self.read(name, |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| *value).ok_or_else(|| {
                let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                format!("is `{text}`; it must be one of {}", known.join(", "))
            })
        })
    }

    /// Whatever was not asked for.
    pub(super) fn refuse_others(&mut self, what: &str) {
        for field in &self.entry.fields {
            let name = field.name.as_str();
            if self.asked.contains(&name) {
                continue;
            }
            let near = self
                .asked
                .iter()
                .map(|known| (strsim::damerau_levenshtein(name, known), *known))
                .min()
                .filter(|(distance, _)| *distance <= name.len() / 3);
            let hint = match near {
                Some((_, known)) => format!("did you mean `{known}`?"),
                None => format!("there are: {}", self.asked.join(", ")),
            };
            let (origin, label) = (&field.origin, &self.label);
            self.mistakes.push(format!(
                "{origin}: {label}: `{name}` is no setting of {what}; {hint}"
            ));
        }
    }
}
