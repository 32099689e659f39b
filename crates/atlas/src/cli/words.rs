//! Flags whose values are words of a closed vocabulary: wrong ones are refused with the list of right ones,
//! and shells complete them.

use std::error::Error;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The name of an item or a job: an empty one, as from an unset variable of a script, names nothing.
pub(super) fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("it is empty; items are named by id or address, jobs by id".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// Understands the words in `all`.
pub(super) fn words<T>(all: &'static [T], spelling: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static + FromStr<Err: Error + Send + Sync + 'static>,
{
    PossibleValuesParser::new(all.iter().map(|word| spelling(*word))).try_map(|text| text.parse())
}
