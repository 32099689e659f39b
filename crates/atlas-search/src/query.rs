//! The query language: text in, a list of clauses out. Knows nothing of the index.
//!
//! `word` is looked for and ranks, `"a phrase"` must occur, `pre*` matches beginnings, `-` in front excludes,
//! and `tag:` `site:` `author:` `lang:` `kind:` `is:` restrict. Whatever else people type is words.

use atlas_domain::{ItemState, PageType};

/// Longer queries are pasted by accident.
const LONGEST_QUERY_BYTES: usize = 4_096;
/// What one query may ask for. Bounds the work of a search.
const MOST_CLAUSES: usize = 64;

/// A query, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// At least one, in the order typed.
    pub clauses: Vec<Clause>,
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

/// A field that a filter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterField {
    /// `tag:` one of the owner's tags.
    Tag,
    /// `site:` the host, one of its parent domains, or the publication's name.
    Site,
    /// `author:` words of an author's name.
    Author,
    /// `lang:` a BCP 47 primary language subtag.
    Language,
    /// `kind:` the kind of page.
    Kind,
    /// `is:` where the item stands.
    State,
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
    /// A filter's value is not one of the words that the field knows.
    #[error("`{field}:{value}` finds nothing; expected one of: {expected}")]
    UnknownValue {
        /// The filter as typed.
        field: &'static str,
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
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (clause, after) = clause(rest)?;
            clauses.extend(clause);
            rest = after.trim_start();
        }
        match clauses.len() {
            0 => Err(QueryError::Empty),
            1..=MOST_CLAUSES => Ok(Self { clauses }),
            _ => Err(QueryError::TooLong),
        }
    }
}

impl FilterField {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "tag" => Self::Tag,
            "site" => Self::Site,
            "author" => Self::Author,
            "lang" => Self::Language,
            "kind" => Self::Kind,
            "is" => Self::State,
            _ => return None,
        })
    }
}

/// The clause at the beginning of `text`, if it says anything, and what follows it.
fn clause(text: &str) -> Result<(Option<Clause>, &str), QueryError> {
    let (excluded, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (operand, rest) = match text.chars().next() {
        Some(quote) if is_quote(quote) => {
            let (phrase, rest) = quoted(text);
            (
                says_something(phrase).then(|| Operand::Phrase(phrase.to_owned())),
                rest,
            )
        }
        _ => match filter(text)? {
            Some((operand, rest)) => (Some(operand), rest),
            None => bare(text),
        },
    };
    Ok((operand.map(|operand| Clause { excluded, operand }), rest))
}

fn filter(text: &str) -> Result<Option<(Operand, &str)>, QueryError> {
    let Some((name, rest)) = text.split_once(':') else {
        return Ok(None);
    };
    let Some(field) = FilterField::named(name) else {
        return Ok(None);
    };
    let (value, rest) = match rest.chars().next() {
        Some(quote) if is_quote(quote) => quoted(rest),
        _ => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
    };
    // `tag:` alone is a word with a colon.
    if !says_something(value) {
        return Ok(None);
    }
    match field {
        FilterField::Kind => known(
            "kind",
            value,
            value
                .to_lowercase()
                .parse::<PageType>()
                .map_err(|error| error.expected),
        )?,
        FilterField::State => known(
            "is",
            value,
            // Nothing else is in the index.
            match value.to_lowercase().parse::<ItemState>() {
                Ok(state) if state.is_searchable() => Ok(state),
                _ => Err(format!("{}, {}", ItemState::Stored, ItemState::Partial)),
            },
        )?,
        FilterField::Tag | FilterField::Site | FilterField::Author | FilterField::Language => {}
    }
    Ok(Some((Operand::Filter(field, value.to_owned()), rest)))
}

fn known<T>(field: &'static str, value: &str, parsed: Result<T, String>) -> Result<(), QueryError> {
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
