//! How much one answer may hold. What is beyond is refused with the limit, never cut silently.

use std::ops::RangeInclusive;

use crate::error::AppError;

/// The page size that was asked for, or `without` when none was.
pub(super) fn page_size(asked: Option<u32>, without: u32, most: u32) -> Result<u32, AppError> {
    let allowed: RangeInclusive<u32> = 1..=most;
    match asked {
        None => Ok(without),
        Some(asked) if allowed.contains(&asked) => Ok(asked),
        Some(asked) => Err(AppError::Invalid(format!(
            "`limit` is a number from 1 to {most}, not {asked}; ask for more in several pages"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_limit_is_refused_with_the_limit() {
        assert_eq!(page_size(None, 50, 500).unwrap(), 50);
        assert_eq!(page_size(Some(500), 50, 500).unwrap(), 500);
        for beyond in [0, 501] {
            let refused = page_size(Some(beyond), 50, 500).unwrap_err();
            assert_eq!(refused.code(), "invalid_request");
            assert!(refused.to_string().contains("from 1 to 500"), "{refused}");
        }
    }
}
