//! Times as people give them to commands: `90s`, `30m`, `2h`, `7d`, or a bare number of seconds. How long a time may
//! be is for its command to say.

use std::time::Duration;

const ADVICE: &str = "give a number of seconds, or one with s, m, h or d behind it, such as 2h";

/// Understands a time.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if text.starts_with('-') {
        return Err(format!("a time is not negative; {ADVICE}"));
    }
    let split = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds_each = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(ADVICE.to_owned()),
    };
    if number.is_empty() {
        return Err(ADVICE.to_owned());
    }
    let seconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds_each));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("{text} is longer than anybody waits"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0", 0)]
    #[case("90", 90)]
    #[case("90s", 90)]
    #[case("30m", 1_800)]
    #[case("2h", 7_200)]
    #[case("365d", 31_536_000)]
    fn a_time_is_a_number_of_seconds_or_has_a_unit(#[case] text: &str, #[case] seconds: u64) {
        assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
    }

    #[rstest]
    #[case("")]
    #[case("h")]
    #[case("-1h")]
    #[case("2 h")]
    #[case("2w")]
    #[case("99999999999999999999d")]
    fn anything_else_is_no_time(#[case] text: &str) {
        assert!(duration(text).is_err());
    }
}
