//! The unit for systemd says what systemd understands, and takes away what Atlas does not need. Looked at as a file: no
//! service is started.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::repository::text_files;

const UNIT: &str = "packaging/systemd/atlas.service";
/// Where the unit says that the program lies, which on the machine of a test it does not.
const PROGRAM: &str = "/usr/local/bin/atlas";
/// Tenths of what `systemd-analyze security` calls exposure. What is left is the network, which Atlas is there for.
const EXPOSURE_AT_MOST: &str = "--threshold=15";

#[test]
fn systemd_understands_the_unit() {
    let analysed = analyse(&text_of_unit(), &["verify", "--man=no"]);
    let complaints = String::from_utf8_lossy(&analysed.stderr);
    assert!(analysed.status.success() && complaints.is_empty(), "{complaints}");
}

#[test]
fn systemd_would_complain_of_a_word_that_it_does_not_know() {
    let unit = text_of_unit().replace("ProtectSystem=", "ProtectSytem=");
    let analysed = analyse(&unit, &["verify", "--man=no"]);
    assert!(String::from_utf8_lossy(&analysed.stderr).contains("ProtectSytem"));
}

#[test]
fn the_unit_exposes_no_more_than_it_has_to() {
    let security = ["security", "--offline=true", "--no-pager", EXPOSURE_AT_MOST];
    let analysed = analyse(&text_of_unit(), &security);
    let table = String::from_utf8_lossy(&analysed.stdout);
    assert!(analysed.status.success(), "{table}");
    let without = text_of_unit().replace("SystemCallFilter=", "# SystemCallFilter=");
    assert!(
        !analyse(&without, &security).status.success(),
        "the bound is tight"
    );
}

fn text_of_unit() -> String {
    let mut files = text_files(|path| path == UNIT);
    files.pop().expect("the unit is there").text
}

/// Asks about a copy of the unit that starts a program which is there.
fn analyse(unit: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let path: PathBuf = folder.path().join("atlas.service");
    std::fs::write(&path, unit.replace(PROGRAM, "/bin/true")).expect("a file for a test");
    Command::new("systemd-analyze")
        .args(arguments)
        .arg(&path)
        .output()
        .expect("systemd-analyze is there: `cargo xtask test` installs it")
}
