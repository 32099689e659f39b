//! Reads a `Retry-After` header (RFC 9110, section 10.2.3). It only parses: whoever calls decides which
//! statuses to heed, and waits.

use std::time::{Duration, SystemTime};

/// No server can ask for a longer pause than this.
pub const RETRY_AFTER_LIMIT: Duration = Duration::from_hours(24);

/// How long the server asks its client to wait, at most [`RETRY_AFTER_LIMIT`]; zero when the moment lies
/// in the past. `None` when the value means nothing.
///
/// A date is measured against the response's own `Date` header when there is one, so that a server whose
/// clock is wrong still gets the pause it meant; otherwise against `now`.
pub fn parse_retry_after(value: &str, date_header: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let pause = parse_seconds(value).or_else(|| {
        let until = httpdate::parse_http_date(value).ok()?;
        let sent = date_header
            .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
            .unwrap_or(now);
        Some(until.duration_since(sent).unwrap_or(Duration::ZERO))
    })?;
    Some(pause.min(RETRY_AFTER_LIMIT))
}

fn parse_seconds(value: &str) -> Option<Duration> {
    let (negative, digits) = value
        .strip_prefix('-')
        .map_or((false, value), |digits| (true, digits));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Digits that do not fit are a number all the same, only a large one.
    let seconds = if negative {
        0
    } else {
        digits.parse().unwrap_or(u64::MAX)
    };
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Sunday, 6 November 1994, 08:49:37 UTC.
    const NOW_SECONDS: u64 = 784_111_777;

    fn parse(value: &str, date_header: Option<&str>) -> Option<u64> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_SECONDS);
        parse_retry_after(value, date_header, now).map(|pause| pause.as_secs())
    }

    #[rstest]
    #[case::seconds("120", Some(120))]
    #[case::spaces(" 7 ", Some(7))]
    #[case::zero("0", Some(0))]
    #[case::negative("-30", Some(0))]
    #[case::longer_than_a_day("864000", Some(86_400))]
    #[case::more_digits_than_fit("99999999999999999999999", Some(86_400))]
    #[case::date("Sun, 06 Nov 1994 08:50:37 GMT", Some(60))]
    #[case::old_date_format("Sunday, 06-Nov-94 08:50:37 GMT", Some(60))]
    #[case::date_in_the_past("Sun, 06 Nov 1994 08:00:00 GMT", Some(0))]
    #[case::date_far_ahead("Sun, 06 Nov 2044 08:49:37 GMT", Some(86_400))]
    #[case::empty("", None)]
    #[case::words("soon", None)]
    #[case::fraction("1.5", None)]
    #[case::sign("+5", None)]
    #[case::only_a_minus("-", None)]
    #[case::not_ascii_digits("١٢", None)]
    fn reads_seconds_and_dates(#[case] value: &str, #[case] expected: Option<u64>) {
        assert_eq!(parse(value, None), expected);
    }

    #[test]
    fn measures_a_date_against_the_servers_own_clock() {
        // The server's clock is an hour ahead of ours; it means five minutes.
        let date_header = Some("Sun, 06 Nov 1994 09:49:37 GMT");
        assert_eq!(parse("Sun, 06 Nov 1994 09:54:37 GMT", date_header), Some(300));
    }

    #[test]
    fn falls_back_to_our_clock_when_the_servers_date_is_garbage() {
        assert_eq!(
            parse("Sun, 06 Nov 1994 08:50:37 GMT", Some("yesterday")),
            Some(60)
        );
    }
}
