//! The query language: text in, a list of clauses out. Knows nothing of the index.
//!
//! `word` is looked for and ranks, `"a phrase"` must occur, `pre*` matches beginnings, `-` in front excludes,
//! and `tag:` `site:` `author:` `lang:` `kind:` `is:` restrict. Whatever else people type is words, unless it is
//! most likely one of these mistyped.

mod fields;

use atlas_domain::{ItemState, PageType};
use fields::unknown_name;

pub use fields::FilterField;

/// Longer queries are pasted by accident.
const LONGEST_QUERY_BYTES: usize = 4_096;
/// What one query may ask for. Bounds the work of a search.
const MOST_CLAUSES: usize = 64;

/// A query, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// At least one, in the order typed.
    pub clauses: Vec<Clause>,
    /// The first word that stands like the name of a field, and is searched as a word because there is no such field.
    pub no_field: Option<String>,
}

/// One thing that a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// A `-` stood in front: what matches is not wanted.
    pub excluded: bool,
    /// What to look for.
    pub operand: Operand,
}

/// What a clause looks for. Texts are as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A word; documents with more of the words rank higher.
    Word(String),
    /// Words that must follow each other.
    Phrase(String),
    /// The beginning of a word.
    Prefix(String),
    /// A restriction on a field.
    Filter(FilterField, String),
}

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nothing in it could be looked for.
    #[error("the query has no words; type at least one letter or digit")]
    Empty,
    /// It is too long.
    #[error("the query is too long: at most {LONGEST_QUERY_BYTES} bytes and {MOST_CLAUSES} words or phrases")]
    TooLong,
    /// A word before a colon is no field, and so close to one that it was likely meant.
    #[error(
        "unknown field `{name}` at character {at}; did you mean `{meant}`? Known: {}; to search the words as they are, \
         put them in quotes",
        FilterField::names()
    )]
    UnknownField {
        /// The name as typed.
        name: String,
        /// Where it begins, counted from 1.
        at: usize,
        /// The field that it resembles.
        meant: FilterField,
    },
    /// A field stands alone.
    #[error(
        "`{field}:` at character {at} has no value; type one right behind the colon, without a space, or put the words \
         in quotes to search them as they are"
    )]
    NoValue {
        /// The field.
        field: FilterField,
        /// Where it begins, counted from 1.
        at: usize,
    },
    /// The value of `lang:` is no language.
    #[error(
        "`lang:{value}` is no language that Atlas knows; {}type its English name or its code: {codes}",
        .meant.as_ref().map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default()
    )]
    UnknownLanguage {
        /// The value as typed.
        value: String,
        /// The value that was likely meant.
        meant: Option<String>,
        /// The codes that exist.
        codes: String,
    },
    /// A filter's value is not one of the words that the field knows.
    #[error("`{field}:{value}` finds nothing; expected one of: {expected}")]
    UnknownValue {
        /// The field.
        field: FilterField,
        /// Its value as typed.
        value: String,
        /// The values that exist.
        expected: String,
    },
    /// The page of hits lies too deep.
    #[error("hits are listed up to number {most}; refine the query instead of paging further")]
    TooDeep {
        /// The last hit that can be listed.
        most: usize,
    },
}

impl Query {
    /// Parses what a person typed. An unbalanced quote reaches to the end.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.len() > LONGEST_QUERY_BYTES {
            return Err(QueryError::TooLong);
        }
        let mut clauses = Vec::new();
        let mut no_field = None;
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (excluded, operand) = match rest.strip_prefix('-') {
                Some(operand) => (true, operand),
                None => (false, rest),
            };
            let at = text[..text.len() - operand.len()].chars().count() + 1;
            let (found, after) = operand_at(at, operand)?;
            clauses.extend(found.map(|operand| Clause { excluded, operand }));
            no_field = no_field.or_else(|| unknown_name(operand));
            rest = after.trim_start();
        }
        match clauses.len() {
            0 => Err(QueryError::Empty),
            1..=MOST_CLAUSES => Ok(Self {
                clauses,
                no_field: no_field.map(str::to_owned),
            }),
            _ => Err(QueryError::TooLong),
        }
    }

    /// What may explain that nothing was found.
    pub fn hint(&self) -> Option<String> {
        let name = self.no_field.as_ref()?;
        let known = FilterField::names();
        Some(format!(
            "`{name}:` is no field, so it was searched as a word; the fields are {known}"
        ))
    }
}

/// The operand at the beginning of `text`, if it says anything, and what follows it. For people, it stands `at` this
/// character of the query.
fn operand_at(at: usize, text: &str) -> Result<(Option<Operand>, &str), QueryError> {
    if text.starts_with(is_quote) {
        let (phrase, rest) = quoted(text);
        let operand = says_something(phrase).then(|| Operand::Phrase(phrase.to_owned()));
        return Ok((operand, rest));
    }
    if let Some((field, rest)) = FilterField::leading(text) {
        let (operand, rest) = filter(at, field, rest)?;
        return Ok((Some(operand), rest));
    }
    refuse_mistyped_field(at, text)?;
    Ok(bare(text))
}

fn refuse_mistyped_field(at: usize, text: &str) -> Result<(), QueryError> {
    let Some(name) = unknown_name(text) else {
        return Ok(());
    };
    match FilterField::meant_by(name) {
        None => Ok(()),
        Some(meant) => Err(QueryError::UnknownField {
            name: name.to_owned(),
            at,
            meant,
        }),
    }
}

fn filter(at: usize, field: FilterField, rest: &str) -> Result<(Operand, &str), QueryError> {
    let (value, rest) = match rest.chars().next() {
        Some(quote) if is_quote(quote) => quoted(rest),
        _ => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
    };
    let is_value = match field {
        // Tags are not cut into words: one may be a sign.
        FilterField::Tag => !value.trim().is_empty(),
        _ => says_something(value),
    };
    if !is_value {
        return Err(QueryError::NoValue { field, at });
    }
    match field {
        FilterField::Kind => known(
            field,
            value,
            value
                .to_lowercase()
                .parse::<PageType>()
                .map_err(|error| error.expected),
        )?,
        FilterField::State => known(
            field,
            value,
            // Nothing else is in the index.
            match value.to_lowercase().parse::<ItemState>() {
                Ok(state) if state.is_searchable() => Ok(state),
                _ => Err(format!("{}, {}", ItemState::Stored, ItemState::Partial)),
            },
        )?,
        // Which languages there are, the index knows too.
        FilterField::Tag | FilterField::Site | FilterField::Author | FilterField::Language => {}
    }
    Ok((Operand::Filter(field, value.to_owned()), rest))
}

fn known<T>(field: FilterField, value: &str, parsed: Result<T, String>) -> Result<(), QueryError> {
    parsed.map(drop).map_err(|expected| QueryError::UnknownValue {
        field,
        value: value.to_owned(),
        expected,
    })
}

fn bare(text: &str) -> (Option<Operand>, &str) {
    let end = text
        .find(|c: char| c.is_whitespace() || is_quote(c))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let operand = says_something(word).then(|| match word.strip_suffix('*') {
        Some(beginning) => Operand::Prefix(beginning.to_owned()),
        None => Operand::Word(word.to_owned()),
    });
    (operand, rest)
}

/// The text between the quote at the beginning and the next one, and what follows.
fn quoted(text: &str) -> (&str, &str) {
    let mut characters = text.chars();
    characters.next();
    let inside = characters.as_str();
    match inside.char_indices().find(|&(_, c)| is_quote(c)) {
        Some((end, quote)) => (&inside[..end], &inside[end + quote.len_utf8()..]),
        None => (inside, ""),
    }
}

/// Telephones type curly quotes, and languages have their own.
fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' | '\u{300c}' | '\u{300d}'
    )
}

fn says_something(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
