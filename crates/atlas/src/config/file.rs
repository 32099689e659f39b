//! The TOML file: values with the line they stand on. What a value means is not decided here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use toml_edit::{Document, Item, Table, Value};

use super::Given;
use super::policies::{self, Apart, Configurable, GivenApart};
use super::settings::{Setting, nearest, settings};
use super::vitals::{Entry, EntryKind, Written};

/// A file that is longer is no configuration.
const LIMIT_BYTES: u64 = 1_000_000;

/// Values by their dotted key.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// The file could be taken apart, or there need not be one.
    pub(super) is_read: bool,
    plain: BTreeMap<String, Given>,
    /// What differs for single scopes.
    pub(super) apart: Vec<GivenApart>,
    /// What has a section of its own each, in their order.
    pub(super) entries: Vec<Entry>,
}

impl Values {
    pub(super) fn get(&self, key: &str) -> Option<&Given> {
        self.plain.get(key)
    }
}

/// Reads `path`. A file that need not exist and does not is an empty one.
pub(super) fn read(path: &Path, must_exist: bool, mistakes: &mut Vec<String>) -> Values {
    match read_text(path, must_exist) {
        Ok(Some(text)) => parse(&text, &path.display().to_string(), mistakes),
        Ok(None) => Values {
            is_read: true,
            ..Values::default()
        },
        Err(mistake) => {
            mistakes.push(format!("{}: {mistake}", path.display()));
            Values::default()
        }
    }
}

/// Never waits and never reads much, whatever lies at `path`: a device or a pipe may have no end.
pub(super) fn read_text(path: &Path, must_exist: bool) -> Result<Option<String>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let metadata = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(None),
        other => other.map_err(unreadable)?,
    };
    if !metadata.is_file() {
        return Err("is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LIMIT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LIMIT_BYTES {
        return Err(format!(
            "is longer than {LIMIT_BYTES} bytes, and so no configuration"
        ));
    }
    let text =
        String::from_utf8(bytes).map_err(|error| format!("is no UTF-8 text: {}", error.utf8_error()))?;
    Ok(Some(text))
}

pub(super) fn parse(text: &str, name: &str, mistakes: &mut Vec<String>) -> Values {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            mistakes.push(format!("{name}:{line}: {}", error.message()));
            return Values::default();
        }
    };
    let mut reader = Reader {
        text,
        name,
        mistakes,
        values: Values {
            is_read: true,
            ..Values::default()
        },
    };
    reader.table("", document.as_table());
    reader.values
}

struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    mistakes: &'a mut Vec<String>,
    values: Values,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &Table) {
        for (key, item) in table {
            let dotted = if prefix.is_empty() {
                key.to_owned()
            } else {
                format!("{prefix}.{key}")
            };
            let place = place_of(table, key).unwrap_or(0);
            let of_vitals = settings().find(|setting| setting.key == dotted && setting.of_vitals().is_some());
            match (item, EntryKind::of(&dotted)) {
                (Item::ArrayOfTables(tables), Some(kind)) => {
                    let (name, text) = (self.name, self.text);
                    let origin = |place| format!("{name}:{}", line_of(text, place));
                    let entries = tables.iter().map(|table| Entry::of(kind, table, origin));
                    self.values.entries.extend(entries);
                }
                (_, Some(_)) => {
                    let what = format!("`{dotted}` takes sections, each under [[{dotted}]]");
                    self.mistake(place, &what);
                }
                (item, None) if let Some(setting) = of_vitals => self.of_vitals(setting, item, place),
                (Item::Table(inner), None) => self.section(&dotted, inner, place),
                (Item::Value(value), None) => self.value(dotted, value, place),
                (Item::None | Item::ArrayOfTables(_), None) => {
                    let hint = nearest_section(&dotted);
                    self.mistake(place, &format!("`{dotted}` is no setting{hint}"));
                }
            }
        }
    }

    fn section(&mut self, dotted: &str, table: &Table, place: usize) {
        if let Some((service, apart)) = policies::with_section(dotted) {
            self.scopes(dotted, service, apart, table);
            return;
        }
        if settings().any(|setting| setting.key.starts_with(&format!("{dotted}."))) {
            self.table(dotted, table);
        } else {
            let hint = nearest_section(dotted);
            self.mistake(place, &format!("there is no section [{dotted}]{hint}"));
        }
    }

    /// A value that may be of any kind: a number, a length of time, several by name.
    fn of_vitals(&mut self, setting: &Setting, item: &Item, place: usize) {
        if let Some(written) = Written::of(item) {
            let given = Given {
                text: written.compact(),
                origin: format!("{}:{}", self.name, line_of(self.text, place)),
            };
            self.values.plain.insert(setting.key.to_string(), given);
        }
    }

    fn scopes(&mut self, dotted: &str, service: &'static Configurable, apart: &Apart, table: &Table) {
        for (scope, item) in table {
            let place = place_of(table, scope).unwrap_or(0);
            let Item::Table(of_scope) = item else {
                let like = format!("[{dotted}.\"{scope}\"]");
                self.mistake(place, &format!("`{scope}` must be a section, like {like}"));
                continue;
            };
            for (name, item) in of_scope {
                let place = place_of(of_scope, name).unwrap_or(place);
                let key = service.keys_apart().find(|key| key.name == name);
                match (key, item.as_value().and_then(text_of)) {
                    (Some(key), Some(text)) => {
                        let origin = format!("{}:{}", self.name, line_of(self.text, place));
                        self.values.apart.push(GivenApart {
                            service,
                            scope: scope.to_owned(),
                            key,
                            given: Given { text, origin },
                        });
                    }
                    (Some(_), None) => self.mistake(place, &format!("`{name}` takes one value")),
                    (None, _) => {
                        let known: Vec<_> = service.keys_apart().map(|key| key.name).collect();
                        let (one, known) = (apart.one, known.join(", "));
                        self.mistake(
                            place,
                            &format!("`{name}` is no setting of a {one}; there are: {known}"),
                        );
                    }
                }
            }
        }
    }

    fn value(&mut self, dotted: String, value: &Value, place: usize) {
        if !settings().any(|setting| setting.key == dotted) {
            if settings().any(|setting| setting.key.starts_with(&format!("{dotted}."))) {
                self.mistake(
                    place,
                    &format!("`{dotted}` is no setting, but a section: write its settings under [{dotted}]"),
                );
                return;
            }
            let hint = nearest(&dotted).map_or_else(
                || "`atlas config show` lists all".to_owned(),
                |setting| format!("did you mean `{}`?", setting.key),
            );
            self.mistake(place, &format!("there is no setting `{dotted}`; {hint}"));
            return;
        }
        match text_of(value) {
            Some(text) => {
                let origin = format!("{}:{}", self.name, line_of(self.text, place));
                self.values.plain.insert(dotted, Given { text, origin });
            }
            None => self.mistake(place, &format!("`{dotted}` takes one value or a list of texts")),
        }
    }

    fn mistake(&mut self, place: usize, what: &str) {
        let line = line_of(self.text, place);
        self.mistakes.push(format!("{}:{line}: {what}", self.name));
    }
}

/// `; did you mean [health]?`, or nothing where no section is called alike.
fn nearest_section(name: &str) -> String {
    let plain = settings().flat_map(|setting| {
        let ends = setting.key.match_indices('.').map(|(end, _)| end);
        ends.map(|end| {
            (
                setting.key[..end].to_owned(),
                format!("[{}]", &setting.key[..end]),
            )
        })
    });
    let repeated = EntryKind::ALL.map(|kind| (kind.section().to_owned(), format!("[[{}]]", kind.section())));
    let (distance, shown) = plain
        .chain(repeated)
        .map(|(section, shown)| (strsim::damerau_levenshtein(name, &section), shown))
        .min()
        .unwrap_or((usize::MAX, String::new()));
    if distance <= name.len() / 3 {
        format!("; did you mean {shown}?")
    } else {
        String::new()
    }
}

/// A list is written with commas, as in the environment.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(truth) => Some(truth.value().to_string()),
        Value::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::InlineTable(_) => None,
    }
}

/// Where a key of a table stands, in bytes.
fn place_of(table: &Table, key: &str) -> Option<usize> {
    let span = table.key(key).and_then(toml_edit::Key::span)?;
    Some(span.start)
}

fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(byte)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}
