//! Lengths of time as they are set: how they are written is the same everywhere, how long one may be is said here. No
//! meaning, no defaults.

use std::time::Duration;

pub(super) use atlas_domain::written_length as written;

/// Whatever is longer is a typing error.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// Reads one, or says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Duration, String> {
    let length = atlas_domain::read_length(text).filter(|length| *length <= LONGEST);
    length.ok_or_else(|| {
        format!("is `{text}`; it must be a length of time of a year at most, like 30s, 5m, 1h or 2d")
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::no_length("5 m")]
    #[case::more_than_a_year("367d")]
    #[case::more_than_can_be_counted("99999999999999999d")]
    fn what_is_no_length_is_refused_with_an_example(#[case] text: &str) {
        assert!(read(text).unwrap_err().contains("like 30s, 5m, 1h or 2d"));
    }
}
