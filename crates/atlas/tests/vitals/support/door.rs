//! A service that fails when the test says so: a page that is there or is not, and the check that looks at it.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use tempfile::TempDir;

use super::{Answer, Site};

/// The page that is checked.
pub(crate) struct Door {
    site: Site,
    /// For a program that looks instead.
    folder: TempDir,
}

impl Door {
    /// The name of its check. It comes before all others, and so is looked at first after a start.
    pub(crate) const NAME: &str = "a_door";

    /// A door that is open.
    pub(crate) async fn open_one() -> Self {
        let door = Self {
            site: Site::start().await,
            folder: tempfile::tempdir().unwrap(),
        };
        door.open();
        door
    }

    /// From now on the check passes.
    pub(crate) fn open(&self) {
        self.site.put("/", Answer::page("open"));
    }

    /// From now on the check fails.
    pub(crate) fn close(&self) {
        self.site.put("/", Answer::page("closed").with_status(503));
    }

    /// From now on the check gets no answer in time.
    pub(crate) fn hang(&self) {
        self.site
            .put("/", Answer::page("late").after(Duration::from_mins(1)));
    }

    /// How often it was looked at.
    pub(crate) fn looks(&self) -> usize {
        self.site.requests()
    }

    /// Checked every second: the first failure is degraded, the second critical.
    pub(crate) fn check(&self) -> String {
        self.check_with("ladder = [1, 2, 90]")
    }

    /// A check of the same name by a program that fails, with these words for people.
    pub(crate) fn program_that_says(&self, said: &str) -> String {
        let place = self.folder.path().join("said");
        std::fs::write(&place, said).unwrap();
        let program = self.folder.path().join("fails");
        std::fs::write(
            &program,
            format!("#!/bin/sh\ncat '{}'; exit 2\n", place.display()),
        )
        .unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        format!(
            "name = {:?}\nkind = \"command\"\ntarget = {program:?}\nevery = \"1s\"\ncritical = true\n\
             ladder = [1, 2, 90]\n",
            Self::NAME,
        )
    }

    /// The same with other settings.
    pub(crate) fn check_with(&self, settings: &str) -> String {
        format!(
            "name = {:?}\nkind = \"http\"\ntarget = {:?}\nevery = \"1s\"\ndeadline = \"900ms\"\ncritical = true\n\
             {settings}\n",
            Self::NAME,
            self.site.url("/")
        )
    }
}
