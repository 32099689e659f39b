//! How much space must stay free, what is said when it does not, and how sizes are told everywhere. Whoever saves
//! refuses, whoever looks reports.

use std::fmt;

/// A size as people say it, in the decimal units that settings have too: 200 MB that were set are told as 200 MB.
/// Three digits, rounded down, so that free space is never told to be more than it is.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut unit_bytes, mut unit) = (1, None);
    for larger in UNITS {
        if bytes / unit_bytes < 1000 {
            break;
        }
        (unit_bytes, unit) = (unit_bytes * 1000, Some(larger));
    }
    let Some(unit) = unit else {
        return format!("{bytes} B");
    };
    let thousandths = bytes % unit_bytes / (unit_bytes / 1000);
    let three_digits: String = format!("{}.{thousandths:03}", bytes / unit_bytes)
        .chars()
        .take("1.23".len())
        .collect();
    let amount = three_digits.trim_end_matches('0').trim_end_matches('.');
    format!("{amount} {unit}")
}

/// Less is free than must stay free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BelowFloor {
    pub(crate) free_bytes: u64,
    pub(crate) floor_bytes: u64,
}

impl BelowFloor {
    /// Whether `free_bytes` are too few.
    pub(crate) fn of(free_bytes: u64, floor_bytes: u64) -> Option<Self> {
        (free_bytes < floor_bytes).then_some(Self {
            free_bytes,
            floor_bytes,
        })
    }
}

impl fmt::Display for BelowFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} are free and {} must stay free: saving is refused; free some space, or lower `storage.floor_mb`",
            size(self.free_bytes),
            size(self.floor_bytes)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        let sizes = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (1_449, "1.44 kB"),
            (999_999, "999 kB"),
            (1_000_000, "1 MB"),
            (12_345_678, "12.3 MB"),
            (200_000_000, "200 MB"),
            (5_000_000_000_000_000, "5 PB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (bytes, told) in sizes {
            assert_eq!(size(bytes), told);
        }
    }

    #[test]
    fn free_space_that_is_too_little_never_looks_like_enough() {
        let below = BelowFloor::of(199_999_999, 200_000_000).unwrap();
        assert!(
            below
                .to_string()
                .starts_with("199 MB are free and 200 MB must stay free"),
            "{below}"
        );
    }
}
