//! `DatabaseProbe`: writes a mark into the library as any other change is written, and reads it back; and tells what
//! the last look through the whole file found, and whether its log has grown too large.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, PortFuture};
use atlas_store::FileCheck;
use tokio::time::Instant;

use super::super::{Looked, Probe};
use super::failed;
use crate::app::App;
use crate::error::AppError;
use crate::space::size;

/// A write that takes longer is worth knowing.
const SLOW: Duration = Duration::from_secs(2);
/// Every read looks through the log first: from here on each of them is slower.
const LARGE_LOG_BYTES: u64 = 256 * 1024 * 1024;

/// Looks at the library's file.
pub struct DatabaseProbe(pub Arc<App>);

/// What a look brought.
#[derive(Debug, Clone)]
struct Seen {
    took: Duration,
    check: Option<FileCheck>,
    log_bytes: u64,
    /// Why writes were kept away until a moment ago.
    outage: Option<String>,
}

impl Probe for DatabaseProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            match self.beat().await {
                Ok(looked) => looked,
                Err(error) => failed(&error),
            }
        })
    }
}

impl DatabaseProbe {
    async fn beat(&self) -> Result<Looked, AppError> {
        if let Some(reason) = &self.0.parts.read_only_because {
            return Err(AppError::Store(reason.clone()));
        }
        let library = self.0.library()?.for_looking();
        if let Some(trouble) = library.trouble() {
            return Err(AppError::Store(trouble));
        }
        let begun_at = Instant::now();
        library.beat().await?;
        let took = begun_at.elapsed();
        let log = self.0.parts.dir.library_db().with_file_name("library.db-wal");
        let seen = Seen {
            took,
            check: self.0.known.file_check(),
            log_bytes: tokio::fs::metadata(log)
                .await
                .map_or(0, |metadata| metadata.len()),
            outage: library.outage().map(|outage| outage.to_string()),
        };
        Ok(judge(&seen).after(took))
    }
}

fn judge(seen: &Seen) -> Looked {
    let warn = |message: String| Looked::new(CheckOutcome::Warn, message);
    if let Some(FileCheck {
        ended_at,
        damage: Some(damage),
    }) = &seen.check
    {
        return Looked::new(
            CheckOutcome::Crit,
            format!("{damage}; it was found at {ended_at}"),
        );
    }
    if let Some(outage) = &seen.outage {
        return warn(format!("the file takes what it is given again; {outage}"));
    }
    if seen.took >= SLOW {
        return warn(format!(
            "written and read back, but only after {} ms",
            seen.took.as_millis()
        ));
    }
    if seen.log_bytes >= LARGE_LOG_BYTES {
        return warn(format!(
            "the log has grown to {}: something keeps it from being emptied, and every read is slower",
            size(seen.log_bytes)
        ));
    }
    let checked = match &seen.check {
        Some(check) => format!("no damage was found at {}", check.ended_at),
        None => "not looked through yet".to_owned(),
    };
    let message = format!(
        "written and read back; the log has {}; {checked}",
        size(seen.log_bytes)
    );
    Looked::new(CheckOutcome::Ok, message)
}

#[cfg(test)]
mod tests {
    use atlas_domain::Timestamp;
    use rstest::rstest;

    use super::*;

    fn seen() -> Seen {
        Seen {
            took: Duration::from_millis(3),
            check: None,
            log_bytes: 0,
            outage: None,
        }
    }

    fn check(damage: Option<&str>) -> FileCheck {
        FileCheck {
            ended_at: Timestamp::from_millis(0),
            damage: damage.map(str::to_owned),
        }
    }

    #[rstest]
    #[case::well(seen(), CheckOutcome::Ok)]
    #[case::checked(Seen { check: Some(check(None)), ..seen() }, CheckOutcome::Ok)]
    #[case::damaged(Seen { check: Some(check(Some("a page is used twice"))), ..seen() }, CheckOutcome::Crit)]
    #[case::slow(Seen { took: SLOW, ..seen() }, CheckOutcome::Warn)]
    #[case::large_log(Seen { log_bytes: LARGE_LOG_BYTES, ..seen() }, CheckOutcome::Warn)]
    #[case::recovering(Seen { outage: Some("a moment ago".to_owned()), ..seen() }, CheckOutcome::Warn)]
    fn a_file_must_take_and_give_and_be_whole(#[case] seen: Seen, #[case] expected: CheckOutcome) {
        let looked = judge(&seen);
        assert_eq!(looked.outcome, expected, "{}", looked.message);
    }
}
