//! Scenarios that need a machine of their own: each is an ignored test that another one runs in private namespaces.

use std::process::Command;

use super::may_unshare;

/// Runs a scenario, an ignored test of this binary, in namespaces of its own, where it may mount what it likes.
pub(crate) fn in_a_namespace(scenario: &str) {
    if !may_unshare("-Urm", scenario) {
        return;
    }
    let output = Command::new("unshare")
        .arg("-Urm")
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            scenario,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// `cargo test -- --ignored` would run the scenarios on the real machine.
pub(crate) fn is_in_a_namespace() -> bool {
    std::env::args().any(|argument| argument == "--exact")
}
