//! Lengths of time as people write them: `90s`, `5m`, `1h30m`, `2d`.

use std::fmt::Write as _;
use std::time::Duration;

/// The seconds in each unit, the longest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads numbers with units, the longest first, each at most once.
pub(in crate::alerts) fn read(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time; write it like \"90s\", \"5m\" or \"1h30m\"");
    let mut rest = text.trim();
    let mut seconds: u64 = 0;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..].chars().next().ok_or_else(wrong)?;
        let (_, worth) = units.find(|(known, _)| *known == unit).ok_or_else(wrong)?;
        let part = number.checked_mul(*worth).ok_or_else(wrong)?;
        seconds = seconds.checked_add(part).ok_or_else(wrong)?;
        rest = &rest[digits + 1..];
    }
    Ok(Duration::from_secs(seconds))
}

/// Writes it the same way.
pub(in crate::alerts) fn long(length: Duration) -> String {
    let mut rest = length.as_secs();
    let mut text = String::new();
    for (unit, worth) in UNITS {
        if rest >= worth {
            let _ = write!(text, "{}{unit}", rest / worth);
            rest %= worth;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0s", 0)]
    #[case("90s", 90)]
    #[case("5m", 300)]
    #[case("1h30m", 5_400)]
    #[case("2d", 172_800)]
    #[case(" 1m ", 60)]
    fn lengths_are_read(#[case] text: &str, #[case] seconds: u64) {
        assert_eq!(read(text), Ok(Duration::from_secs(seconds)));
    }

    #[rstest]
    #[case("")]
    #[case("5")]
    #[case("m")]
    #[case("5 m")]
    #[case("5m1h")]
    #[case("5m5m")]
    #[case("-5m")]
    #[case("5µ")]
    #[case("99999999999999999999d")]
    #[case("99999999999999999d")]
    fn what_is_no_length_is_refused(#[case] text: &str) {
        assert!(read(text).is_err());
    }

    #[rstest]
    #[case("0s")]
    #[case("59s")]
    #[case("1h30m")]
    #[case("2d4h")]
    fn lengths_are_written_as_they_are_read(#[case] text: &str) {
        assert_eq!(long(read(text).unwrap()), text);
    }
}
