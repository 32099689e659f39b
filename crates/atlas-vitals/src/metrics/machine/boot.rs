//! `BootId`: which start of the machine this is, and how long ago it was. Two that differ mean that the machine has
//! started anew meanwhile.

use std::time::Duration;

/// The kernel's name for one start of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootId(String);

impl BootId {
    /// From `/proc/sys/kernel/random/boot_id`, or from what was stored. Anything but hexadecimal digits and hyphens
    /// is no id.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_id = text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        is_id.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The form in which it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// From `/proc/uptime`: seconds, and a second figure that nobody needs here.
pub(super) fn parse_uptime(text: &str) -> Option<Duration> {
    let seconds: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual("350735.47 234388.90\n", Some(350_735_470))]
    #[case::just_started("0.00 0.00", Some(0))]
    #[case::empty("", None)]
    #[case::negative("-1.0 0.0", None)]
    #[case::no_number("NaN 0.0", None)]
    #[case::words("a while", None)]
    fn uptime_is_the_first_figure(#[case] text: &str, #[case] expected_ms: Option<u64>) {
        assert_eq!(parse_uptime(text), expected_ms.map(Duration::from_millis));
    }
}
