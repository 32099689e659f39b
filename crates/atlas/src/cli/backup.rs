//! `atlas backup`: makes a backup through whoever has the library; lists, checks and restores backups from their files
//! alone, because that must go when there is no library any more.

use std::path::{Path, PathBuf};

use atlas_app::views::backups::{BackupList, BackupView, CheckedBackup, MadeBackup, RestoredBackup};
use atlas_app::{list_backups, restore_backup, size, verify_backup};
use atlas_domain::{Clock, SystemClock};
use atlas_store::{BackupDestination, DataDir, Holder};
use clap::{Args, Subcommand};
use tempfile::TempDir;

use super::Access;
use super::output::Output;
use super::routes;
use super::table::{spare, table, text, whole};
use super::text::{Look, counted};
use crate::client::Client;
use crate::compose::chance;
use crate::config::Config;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas backup create\n  \
    atlas backup ls\n  \
    atlas backup verify 2026-03-01T03-00-00Z\n  \
    atlas backup restore 2026-03-01T03-00-00Z --to restored/\n  \
    atlas backup restore latest --from /mnt/backups --to restored/\n  \
    atlas backup create --single-file library.tar\n  \
    atlas backup restore latest --from library.tar --to restored/";

/// Stands for the newest backup without a known problem.
const LATEST: &str = "latest";

/// `atlas backup`
#[derive(Debug, Clone, Args)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    command: BackupCommand,
}

/// What to do about backups.
#[derive(Debug, Clone, Subcommand)]
enum BackupCommand {
    /// Make a backup now, beside whoever works with the library
    Create(CreateArgs),
    /// List the backups, the newest first
    Ls(FromArgs),
    /// Read all of a backup again, unpack and compare it
    Verify {
        /// The backup, or `latest`
        #[arg(value_name = "BACKUP")]
        name: String,
        #[command(flatten)]
        from: FromArgs,
    },
    /// Restore a backup into an empty directory
    Restore {
        /// The backup, or `latest`
        #[arg(value_name = "BACKUP")]
        name: String,
        /// The directory, empty or to be made; nothing in use is ever replaced
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        #[command(flatten)]
        from: FromArgs,
    },
}

/// What to make.
#[derive(Debug, Clone, Default, Args)]
struct CreateArgs {
    /// Write it to this new file as well, with everything that it needs, to be carried elsewhere
    #[arg(long, value_name = "FILE")]
    single_file: Option<PathBuf>,
}

/// Which backups are meant.
#[derive(Debug, Clone, Args)]
struct FromArgs {
    /// The folder with the backups, where it is another than the configured one, or a single file
    #[arg(long, value_name = "DIR|FILE")]
    from: Option<PathBuf>,
}

impl BackupArgs {
    pub(super) fn access(&self) -> Access {
        match self.command {
            BackupCommand::Create(_) => Access::Decide,
            _ => Access::None, // see `needs_only_files`
        }
    }

    /// Whether it is carried out without any library.
    pub(crate) fn needs_only_files(&self) -> bool {
        !matches!(self.command, BackupCommand::Create(_))
    }
}

/// Makes a backup by the route.
pub(super) async fn create(args: &BackupArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let BackupCommand::Create(wanted) = &args.command else {
        return Err(CliError::new(
            Exit::Usage,
            "where the backups are is configured, and the configuration has to be mended first",
        ));
    };
    refuse_existing(wanted.single_file.as_deref())?;
    let made: MadeBackup = client.post_patiently(routes::BACKUPS, &()).await?;
    output.answer(&made, |_| format!("{}\n", made.backup.name))?;
    if let Some(file) = &wanted.single_file {
        let (from, name, file) = (
            BackupDestination::at(&made.destination),
            made.backup.name.clone(),
            whole_path(file)?,
        );
        let told = file.display().to_string();
        let packed = tokio::task::spawn_blocking(move || from.pack(&name, &file)).await;
        let packed = packed.map_err(|_panicked| CliError::unexpected())?;
        let bytes = packed.map_err(atlas_app::AppError::from)?;
        if !output.is_json() {
            output.say(&format!("{told} has it, too: {}", size(bytes)));
        }
    }
    warn_of_device(made.on_device_of_data, &made.destination, output);
    warn_of_left_out(&made.backup.left_out, output);
    if let Some(why) = &made.not_removed {
        output.warn(&format!("old backups are still there: {why}"));
    }
    if !output.is_json() {
        let rows = counted(made.backup.rows.unwrap_or(0), "row");
        let pages = counted(made.backup.blobs.unwrap_or(0), "stored page");
        output.say(&format!(
            "made and read again in {}: {rows}, {pages}",
            made.destination
        ));
    }
    Ok(if made.backup.left_out.is_empty() {
        Exit::Ok
    } else {
        Exit::Partial
    })
}

/// Lists, checks or restores from the files of the backups.
pub(crate) async fn from_files(
    args: &BackupArgs,
    config: &Config,
    output: &Output,
) -> Result<Exit, CliError> {
    let (args, data) = (args.clone(), DataDir::new(&config.data_dir));
    let configured = config.backup.plan(&data, config.floor_bytes).destination;
    let work = move || -> Result<Done, CliError> {
        match args.command {
            BackupCommand::Create(_) => Err(CliError::unexpected()), // has a route
            BackupCommand::Ls(from) => {
                let (from, _unpacked) = from.or(configured, None)?;
                Ok(Done::Listed(list_backups(&from, data.path())?))
            }
            BackupCommand::Verify { name, from } => {
                let (from, _unpacked) = from.or(configured, None)?;
                let name = resolve(&from, name)?;
                let checked = verify_backup(&from, &name, from.path(), SystemClock.now())?;
                Ok(Done::Checked(checked))
            }
            BackupCommand::Restore { name, to, from } => {
                let (from, _unpacked) = from.or(configured, Some(&whole_path(&to)?))?;
                let name = resolve(&from, name)?;
                let (to, entropy) = (DataDir::new(whole_path(&to)?), chance()?);
                let restored = restore_backup(&from, &name, &to, &holder(), SystemClock.now(), &entropy)?;
                Ok(Done::Restored(restored))
            }
        }
    };
    let done = tokio::task::spawn_blocking(work).await;
    match done.map_err(|_panicked| CliError::unexpected())?? {
        Done::Listed(list) => tell_list(&list, output),
        Done::Checked(checked) => tell_checked(&checked, output),
        Done::Restored(restored) => tell_restored(&restored, output),
    }
}

enum Done {
    Listed(BackupList),
    Checked(CheckedBackup),
    Restored(RestoredBackup),
}

impl FromArgs {
    /// The destination that is meant. A single file is taken apart first, on the disk to which it goes: what comes back with it
    /// removes that again.
    fn or(
        self,
        configured: BackupDestination,
        to: Option<&Path>,
    ) -> Result<(BackupDestination, Option<TempDir>), CliError> {
        let Some(path) = self.from else {
            return Ok((configured, None));
        };
        if !path.is_file() {
            return Ok((BackupDestination::at(path), None));
        }
        let path = whole_path(&path)?;
        let beside = to.unwrap_or(&path).parent().unwrap_or(Path::new("/"));
        let unpacked = tempfile::Builder::new()
            .prefix(".atlas-unpacked-")
            .tempdir_in(beside)?;
        let destination = BackupDestination::of_archive(&path, unpacked.path());
        Ok((destination.map_err(atlas_app::AppError::from)?, Some(unpacked)))
    }
}

/// Before anything is made: a file that is there is somebody's.
fn refuse_existing(file: Option<&Path>) -> Result<(), CliError> {
    match file {
        Some(file) if file.exists() => Err(CliError::new(
            Exit::Usage,
            format!(
                "{} exists already, and was not touched: name another file",
                file.display()
            ),
        )),
        _ => Ok(()),
    }
}

fn resolve(from: &BackupDestination, name: String) -> Result<String, CliError> {
    if name != LATEST {
        return Ok(name);
    }
    let backups = from.list().map_err(atlas_app::AppError::from)?;
    let sound = backups.into_iter().find(|backup| backup.problem.is_none());
    sound.map(|backup| backup.name).ok_or_else(|| {
        CliError::new(
            Exit::NotFound,
            format!(
                "there is no backup without a known problem in {}; name another folder with --from DIR",
                from.path().display()
            ),
        )
    })
}

/// So that what is told of it holds wherever it is read.
fn whole_path(path: &Path) -> Result<PathBuf, CliError> {
    Ok(std::path::absolute(path)?)
}

fn holder() -> Holder {
    Holder {
        pid: std::process::id(),
        purpose: "backup restore".to_owned(),
        socket: None,
    }
}

fn tell_list(list: &BackupList, output: &Output) -> Result<Exit, CliError> {
    output.answer(list, |look| render(&list.backups, look))?;
    warn_of_device(list.on_device_of_data, &list.destination, output);
    if !output.is_json() {
        output.say(&match list.backups.len() {
            0 => format!(
                "no backup is in {}; atlas backup create makes one",
                list.destination
            ),
            n => format!(
                "{} in {}, {} with their stored pages",
                counted(n as u64, "backup"),
                list.destination,
                size(list.size_bytes)
            ),
        });
    }
    let has_problem = list.backups.iter().any(|backup| backup.problem.is_some());
    Ok(if has_problem { Exit::Damaged } else { Exit::Ok })
}

fn tell_checked(checked: &CheckedBackup, output: &Output) -> Result<Exit, CliError> {
    output.answer(checked, |_| {
        format!(
            "{} is whole: {} and {} were read and compared\n",
            checked.name,
            counted(checked.rows, "row"),
            counted(checked.blobs, "stored page")
        )
    })?;
    warn_of_left_out(&checked.left_out, output);
    Ok(Exit::Ok)
}

fn tell_restored(restored: &RestoredBackup, output: &Output) -> Result<Exit, CliError> {
    output.answer(restored, |_| format!("{}\n", restored.data_dir))?;
    warn_of_left_out(&restored.left_out, output);
    if !output.is_json() {
        output.say(&format!(
            "restored from {}, as of {}: {}, {}; its index is built anew at the first start: \
             atlas serve --data-dir {}",
            restored.name,
            restored.created_at,
            counted(restored.rows, "row"),
            counted(restored.blobs, "stored page"),
            restored.data_dir
        ));
    }
    Ok(Exit::Ok)
}

fn warn_of_device(on_device_of_data: Option<bool>, destination: &str, output: &Output) {
    if on_device_of_data == Some(true) && !output.is_json() {
        output.warn(&format!(
            "{destination} is on the device of the data: a failure of that takes both; set backup.destination to \
             another disk"
        ));
    }
}

fn warn_of_left_out(left_out: &[String], output: &Output) {
    for what in left_out {
        output.warn(&format!("not in the backup: {what}"));
    }
}

fn render(backups: &[BackupView], look: Look) -> String {
    if backups.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = backups
        .iter()
        .map(|backup| {
            let number = |number: Option<u64>| number.map_or("?".to_owned(), |number| number.to_string());
            [
                backup.name.clone(),
                size(backup.size_bytes),
                number(backup.rows),
                number(backup.blobs),
                backup.checked_at.map_or("never".to_owned(), |at| at.to_string()),
                match &backup.problem {
                    Some(problem) => problem.clone(),
                    None if backup.left_out.is_empty() => "sound".to_owned(),
                    None => format!("sound, without {}", backup.left_out.join("; ")),
                },
            ]
        })
        .collect();
    let columns = [
        whole("BACKUP"),
        spare("SIZE"),
        spare("ROWS"),
        spare("PAGES"),
        spare("CHECKED"),
        text("STATE"),
    ];
    table(columns, &rows, look)
}

#[cfg(test)]
mod tests {
    use atlas_domain::Timestamp;

    use super::*;

    #[test]
    fn the_list_tells_what_is_wrong_with_each() {
        let sound = BackupView {
            name: "2026-01-02T00-00-00Z".to_owned(),
            rows: Some(12),
            blobs: Some(3),
            size_bytes: 2_000,
            checked_at: Some(Timestamp::from_millis(1_767_312_000_000)),
            ..BackupView::default()
        };
        let damaged = BackupView {
            name: "2026-01-01T00-00-00Z".to_owned(),
            problem: Some("manifest.json is missing".to_owned()),
            ..BackupView::default()
        };
        let shown = render(&[sound, damaged], Look::PLAIN);
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines[0].starts_with("BACKUP"), "{shown}");
        assert!(
            lines[1].starts_with("2026-01-02T00-00-00Z") && lines[1].ends_with("sound"),
            "{shown}"
        );
        assert!(lines[2].contains('?') && lines[2].contains("never"), "{shown}");
        assert!(lines[2].ends_with("manifest.json is missing"), "{shown}");
    }
}
