//! Lengths of time as people write them, wherever they do: `500ms`, `30s`, `5m`, `1h30m`, `2d`, or a bare number of
//! seconds. How long one may be is for whoever asks for it.

use std::fmt::Write as _;
use std::time::Duration;

/// The milliseconds in each unit, the longest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads numbers with units, the longest first and each at most once, or whole seconds. `None` where that is no length, or
/// one that cannot be counted.
pub fn read_length(text: &str) -> Option<Duration> {
    millis(text.trim()).map(Duration::from_millis)
}

/// Writes it the same way, to the millisecond.
pub fn written_length(length: Duration) -> String {
    let mut rest = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
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

fn millis(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse::<u64>() {
        return seconds.checked_mul(1_000);
    }
    let (mut rest, mut total) = (text, 0_u64);
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let (number, after) = split_off(rest, |character| character.is_ascii_digit());
        let (unit, after) = split_off(after, |character| character.is_ascii_alphabetic());
        let (_, worth) = units.find(|(known, _)| *known == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*worth)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// The characters at the beginning for which that holds, and the others.
fn split_off(text: &str, holds: fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|character| !holds(character)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("500ms", 500)]
    #[case("30s", 30_000)]
    #[case("90", 90_000)]
    #[case("0", 0)]
    #[case(" 5m ", 300_000)]
    #[case("1h30m", 5_400_000)]
    #[case("2d", 172_800_000)]
    #[case("1s500ms", 1_500)]
    fn lengths_are_read(#[case] text: &str, #[case] millis: u64) {
        assert_eq!(read_length(text), Some(Duration::from_millis(millis)));
    }

    #[rstest]
    #[case::nothing("")]
    #[case::no_number("m")]
    #[case::apart("5 m")]
    #[case::shortest_first("5m1h")]
    #[case::twice("5m5m")]
    #[case::negative("-5m")]
    #[case::other_unit("5w")]
    #[case::decimals("1.5h")]
    #[case::a_number_without_its_unit("1h30")]
    #[case::more_than_can_be_counted("99999999999999999d")]
    #[case::of_other_letters("5µ")]
    fn what_is_no_length_is_none(#[case] text: &str) {
        assert_eq!(read_length(text), None);
    }

    #[rstest]
    #[case("0s")]
    #[case("500ms")]
    #[case("59s")]
    #[case("1h30m")]
    #[case("2d4h")]
    fn lengths_are_written_as_they_are_read(#[case] text: &str) {
        assert_eq!(written_length(read_length(text).unwrap()), text);
    }
}
