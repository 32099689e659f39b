//! Turns a panic of the engine into an error: broken files must not end a thread of the server.

use std::panic::{AssertUnwindSafe, catch_unwind};

use atlas_domain::panic_message;

use crate::error::SearchError;

/// Runs `work`. The engine checks the outer shape of its files and panics where their inside is broken, so a
/// panic counts as damage. Unwinding is safe because callers drop whatever `work` was about to change.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, SearchError>) -> Result<T, SearchError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic_message(panic.as_ref());
        Err(SearchError::Damaged(format!("the engine panicked: {message}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_a_panic_as_damage() {
        let result = guarded::<()>(|| panic!("block {} is out of range", 7));
        assert!(matches!(result, Err(SearchError::Damaged(message)) if message.contains("block 7")));
    }
}
