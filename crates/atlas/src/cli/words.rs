//! Flags whose values are words of a closed vocabulary: wrong ones are refused with the list of right ones,
//! and shells complete them.

use std::error::Error;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// How long `--wait` waits when it does not say.
pub(super) const DEFAULT_WAIT_SECS: &str = "60";
/// The longest wait that can be asked for: more is surely a mistake of units.
pub(super) const MAX_WAIT_SECS: u64 = 24 * 60 * 60;

/// Understands the words in `all`.
pub(super) fn words<T>(all: &'static [T], spelling: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static + FromStr<Err: Error + Send + Sync + 'static>,
{
    PossibleValuesParser::new(all.iter().map(|word| spelling(*word))).try_map(|text| text.parse())
}
