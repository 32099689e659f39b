//! Where things are: the checkout, and the cache outside it with tools and build products. The only place
//! in xtask that reads the environment.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::Failure;

/// The checkout this run works on, and its cache.
pub(crate) struct Workspace {
    root: PathBuf,
    cache: PathBuf,
    target: PathBuf,
    /// The program that compiles C, as the `cc` crate of our dependencies would choose it.
    c_compiler: OsString,
}

impl Workspace {
    /// Finds the checkout and makes the cache.
    pub(crate) fn locate() -> Result<Self, Failure> {
        Self::from_environment(&environment)
    }

    /// `cargo` with these arguments.
    pub(crate) fn cargo<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.program("cargo");
        command.args(arguments);
        command
    }

    /// A program that runs in the checkout, as if it had been started from a shell.
    ///
    /// `cargo run` describes the package of xtask in variables. Build scripts that read them would see a
    /// change, and recompile, each time one goes from `cargo xtask` to plain cargo and back.
    #[expect(
        clippy::disallowed_methods,
        reason = "what must not reach children has to be looked for"
    )]
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        let ours = std::env::vars_os()
            .map(|(name, _)| name)
            .filter(|name| describes_xtask(name));
        for name in ours {
            command.env_remove(name);
        }
        command
    }

    /// The C compiler, not yet told what to compile.
    pub(crate) fn c_compiler(&self) -> Command {
        self.program(&self.c_compiler)
    }

    /// Where `cargo install` puts tools, in a folder `bin`.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// Waits until no other run uses the cache, and keeps others waiting until the value is dropped.
    pub(crate) fn lock_cache(&self) -> Result<File, Failure> {
        let path = self.cache.join("xtask.lock");
        let file = File::create(&path).map_err(|error| unusable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                eprintln!(
                    "Waiting for another `cargo xtask` that uses {}.",
                    self.cache.display()
                );
            }
            Err(TryLockError::Error(error)) => return Err(unusable(&path, &error)),
        }
        file.lock().map_err(|error| unusable(&path, &error))?;
        Ok(file)
    }

    fn from_environment(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, Failure> {
        // Asked at run time: with a shared cache, the binary of another checkout may stand in for ours.
        let package = variable("CARGO_MANIFEST_DIR")
            .ok_or_else(|| Failure::new("the checkout is not known: run this as `cargo xtask`"))?;
        let root = Path::new(&package)
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default();
        let cache = cache(variable)?;
        let target = match variable("CARGO_TARGET_DIR") {
            Some(chosen) => absolute(Path::new(&chosen))?,
            None => cache.join("target"),
        };
        let c_compiler = variable("CC").unwrap_or_else(|| "cc".into());
        Ok(Self {
            root,
            cache,
            target,
            c_compiler,
        })
    }
}

fn cache(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf, Failure> {
    let path = variable("ATLAS_CACHE_DIR")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&variable("XDG_CACHE_HOME")?).join("atlas")))
        .or_else(|| Some(Path::new(&variable("HOME")?).join(".cache/atlas")))
        .ok_or_else(|| Failure::new("there is no place for the cache: set ATLAS_CACHE_DIR to a folder"))?;
    let path = absolute(&path)?;
    fs::create_dir_all(&path).map_err(|error| unusable(&path, &error))?;
    Ok(path)
}

/// Commands run in the checkout, wherever xtask was started: a relative path would mean two folders.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot use {}: {error}", path.display()))
}

fn describes_xtask(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// A variable of the environment; one that is set to nothing counts as not set.
#[expect(
    clippy::disallowed_methods,
    reason = "xtask has no configuration but these variables"
)]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo sets for xtask in a checkout.
    const XTASK: (&str, &str) = ("CARGO_MANIFEST_DIR", "/checkout/xtask");

    /// A workspace found with these variables and [`XTASK`].
    fn located(variables: &[(&str, &Path)]) -> Result<Workspace, Failure> {
        let mut all = variables.to_vec();
        all.push((XTASK.0, Path::new(XTASK.1)));
        found(&all)
    }

    /// A workspace found with these variables alone.
    fn found(variables: &[(&str, &Path)]) -> Result<Workspace, Failure> {
        Workspace::from_environment(&|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(value.as_os_str().to_owned())
        })
    }

    #[test]
    fn works_on_the_checkout_that_cargo_names_and_on_no_other() {
        let home = tempfile::tempdir().unwrap();

        let workspace = located(&[("HOME", home.path())]).unwrap();
        let unnamed = found(&[("HOME", home.path())])
            .err()
            .expect("no variable names it");

        assert_eq!(workspace.root, Path::new("/checkout"));
        assert!(unnamed.to_string().contains("cargo xtask"), "{unnamed}");
    }

    #[test]
    fn keeps_tools_and_build_products_outside_the_checkout() {
        let home = tempfile::tempdir().unwrap();

        let workspace = located(&[("HOME", home.path())]).unwrap();

        assert_eq!(workspace.tools(), home.path().join(".cache/atlas/tools"));
        assert_eq!(workspace.target, home.path().join(".cache/atlas/target"));
        assert!(home.path().join(".cache/atlas").is_dir());
    }

    #[test]
    fn the_more_specific_variable_wins() {
        let home = tempfile::tempdir().unwrap();
        let (shared, own) = (home.path().join("shared"), home.path().join("own"));

        let by_convention = located(&[("HOME", home.path()), ("XDG_CACHE_HOME", &shared)]).unwrap();
        let by_name = located(&[("XDG_CACHE_HOME", &shared), ("ATLAS_CACHE_DIR", &own)]).unwrap();

        assert_eq!(by_convention.tools(), shared.join("atlas/tools"));
        assert_eq!(by_name.tools(), own.join("tools"));
    }

    #[test]
    fn a_target_folder_that_was_chosen_wins_over_the_cache() {
        let home = tempfile::tempdir().unwrap();
        let chosen = home.path().join("chosen");

        let workspace = located(&[("HOME", home.path()), ("CARGO_TARGET_DIR", &chosen)]).unwrap();

        assert_eq!(workspace.target, chosen);
    }

    #[test]
    fn says_what_to_set_when_there_is_no_place_for_the_cache() {
        let failure = located(&[]).err().expect("no variable gives a place").to_string();

        assert!(failure.contains("set ATLAS_CACHE_DIR"), "{failure}");
    }

    #[test]
    fn hides_from_cargo_what_describes_xtask() {
        assert!(describes_xtask(OsStr::new("CARGO_PKG_VERSION")));
        assert!(describes_xtask(OsStr::new("CARGO_MANIFEST_DIR")));
        assert!(!describes_xtask(OsStr::new("CARGO_HOME")));
    }

    #[test]
    fn one_run_at_a_time_uses_the_cache() {
        let home = tempfile::tempdir().unwrap();
        let workspace = located(&[("HOME", home.path())]).unwrap();
        let second = File::create(home.path().join(".cache/atlas/xtask.lock")).unwrap();

        let first = workspace.lock_cache().unwrap();
        assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));

        drop(first);
        assert!(second.try_lock().is_ok());
    }
}
