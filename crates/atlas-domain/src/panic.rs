//! What a caught panic said. For logs and for errors of our own, never for an answer to a stranger.

use std::any::Any;

/// The message of a panic, as `catch_unwind` hands it over.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any};

    use super::*;

    fn said(panics: impl FnOnce() + std::panic::UnwindSafe) -> String {
        panic_message(catch_unwind(panics).unwrap_err().as_ref()).to_owned()
    }

    #[test]
    fn repeats_what_was_said_and_tells_when_nothing_was() {
        assert_eq!(said(|| panic!("plain")), "plain");
        assert_eq!(said(|| panic!("block {} is torn", 7)), "block 7 is torn");
        assert_eq!(said(|| panic_any(7_u8)), "a panic without a message");
    }
}
