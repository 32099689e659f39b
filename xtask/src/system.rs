//! What Atlas needs from the operating system, installed through apt-get where it is missing. Nothing is
//! installed silently: what and why is said first.

use std::path::Path;
use std::process::Command;

use crate::command::{self, Failure, answer};
use crate::workspace::Workspace;

/// Makes sure that C can be compiled.
///
/// Rust on Linux links with a C compiler, so there mostly is one. Not always: Rust can be told to link with
/// another program, and `CC` may name one that is gone.
pub(crate) fn ensure_c_compiler(workspace: &Workspace) -> Result<(), Failure> {
    if compiles_c(workspace) {
        return Ok(());
    }
    install(
        &["gcc", "libc6-dev"],
        "a C compiler, for SQLite, zstd and the cryptography of TLS",
    )?;
    if compiles_c(workspace) {
        Ok(())
    } else {
        Err(Failure::new(
            "still no program compiles C: does the variable CC name one that exists?",
        ))
    }
}

fn compiles_c(workspace: &Workspace) -> bool {
    // A header of the C library, because the compiler can be there without the library's headers.
    let compile = ["-fsyntax-only", "-include", "stdlib.h", "-x", "c", "/dev/null"];
    answer(workspace.c_compiler().args(compile)).is_some()
}

/// Makes sure that tests have a mail server to hand letters in to. It is a library and a script of ours that uses it:
/// a mail server that belongs to a machine would take the place of the one that is there.
pub(crate) fn ensure_mail_server() -> Result<(), Failure> {
    let imports = || answer(Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"])).is_some();
    ensure(
        imports,
        &["python3-aiosmtpd"],
        "a mail server, for the tests of alerts",
    )
}

/// Makes sure that tests can put the clock of a process forward and back.
pub(crate) fn ensure_shifting_of_clocks() -> Result<(), Failure> {
    let shifts = || answer(Command::new("faketime").args(["-f", "+1h", "true"])).is_some();
    ensure(
        shifts,
        &["faketime"],
        "a clock that can be put back, for the tests of alerts",
    )
}

fn ensure(is_there: impl Fn() -> bool, packages: &[&str], purpose: &str) -> Result<(), Failure> {
    if is_there() {
        return Ok(());
    }
    install(packages, purpose)?;
    if is_there() {
        return Ok(());
    }
    let list = packages.join(" ");
    Err(Failure::new(format!(
        "{list} is installed now, and still does not work"
    )))
}

/// Makes sure that the unit can be looked at. No service is started.
pub(crate) fn ensure_systemd_analyze() -> Result<(), Failure> {
    if has_systemd_analyze() {
        return Ok(());
    }
    install(&["systemd"], "`systemd-analyze`, to check the unit for systemd")?;
    if has_systemd_analyze() {
        Ok(())
    } else {
        Err(Failure::new("still there is no `systemd-analyze` that answers"))
    }
}

fn has_systemd_analyze() -> bool {
    answer(Command::new("systemd-analyze").arg("--version")).is_some()
}

fn install(packages: &[&str], purpose: &str) -> Result<(), Failure> {
    let list = packages.join(" ");
    if answer(Command::new("apt-get").arg("--version")).is_none() {
        return Err(Failure::new(format!(
            "{purpose}, is missing, and there is no apt-get to install it with. Install what this system calls: {list}"
        )));
    }
    let is_root = runs_as_root();
    if !is_root && answer(Command::new("sudo").arg("--version")).is_none() {
        return Err(Failure::new(format!(
            "{purpose}, is missing. Install it as root: apt-get install {list}"
        )));
    }
    let through = if is_root { "apt-get" } else { "sudo and apt-get" };
    eprintln!("Missing: {purpose}. Installing {list} through {through}.");
    command::run(&mut apt_get(is_root, &["update"]))?;
    command::run(&mut apt_get(
        is_root,
        &[&["install", "--yes", "--no-install-recommends"], packages].concat(),
    ))
}

/// `env` sets the variable, because sudo passes none of ours on.
fn apt_get(is_root: bool, arguments: &[&str]) -> Command {
    let mut command = if is_root {
        Command::new("env")
    } else {
        let mut command = Command::new("sudo");
        command.arg("env");
        command
    };
    command
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .args(arguments);
    command
}

fn runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of a process's entry is its effective user.
    Path::new("/proc/self")
        .metadata()
        .is_ok_and(|process| process.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::shown;

    #[test]
    fn root_installs_without_sudo() {
        let command = shown(&apt_get(true, &["install", "--yes", "gcc"]));

        assert_eq!(
            command,
            "env DEBIAN_FRONTEND=noninteractive apt-get install --yes gcc"
        );
    }

    #[test]
    fn others_install_through_sudo() {
        let command = shown(&apt_get(false, &["update"]));

        assert_eq!(command, "sudo env DEBIAN_FRONTEND=noninteractive apt-get update");
    }

    #[test]
    fn knows_whether_it_is_root() {
        let user = answer(Command::new("id").arg("-u")).unwrap();

        assert_eq!(runs_as_root(), user.trim() == "0");
    }
}
