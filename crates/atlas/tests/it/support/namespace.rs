//! Private namespaces, which some machines forbid.

use std::process::Command;

/// Whether `unshare` may be used with these flags. If not, it is said which test is skipped and why.
#[expect(
    clippy::print_stderr,
    reason = "a test that does not run must not look like one that passed"
)]
pub(crate) fn may_unshare(flags: &str, test: &str) -> bool {
    let tried = Command::new("unshare").args([flags, "true"]).output();
    let may = tried.is_ok_and(|output| output.status.success());
    if !may {
        eprintln!("SKIPPED {test}: this machine forbids `unshare {flags}`");
    }
    may
}
