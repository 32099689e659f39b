//! Lengths of time in rules, written as everywhere else, and what is said of one that is none.

use std::time::Duration;

pub(in crate::alerts) use atlas_domain::written_length as long;

/// Reads one, or says how to write it.
pub(in crate::alerts) fn read(text: &str) -> Result<Duration, String> {
    atlas_domain::read_length(text)
        .ok_or_else(|| format!("`{text}` is no length of time; write it like \"90s\", \"5m\" or \"1h30m\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_what_the_configuration_reads() {
        assert_eq!(read("90"), Ok(Duration::from_secs(90)));
        assert_eq!(read("500ms"), Ok(Duration::from_millis(500)));
        assert!(read("5 m").unwrap_err().contains("1h30m"));
    }
}
