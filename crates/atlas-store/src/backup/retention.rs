//! Which backups are kept: of each of the last hours, days, weeks and months the newest one, as many of each as the owner
//! says. The newest sound backup of a library is never removed, whatever the disk says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use atlas_domain::{BlobHash, Timestamp};
use uuid::Uuid;

use super::error::BackupError;
use super::files::{remove_folder, sync_folder};
use super::verify::read_list;
use super::{Backup, BackupDestination, UNFINISHED};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The epoch was a Thursday; weeks begin on Monday.
const MONDAY_SHIFT_DAYS: i64 = 3;
/// A backup that is damaged may still hold what no other has; somebody has this long to look.
const DAMAGED_KEPT: Duration = Duration::from_hours(7 * 24);

/// How many backups are kept, each the newest of its hour, day, week or month in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupRetention {
    /// Of as many hours.
    pub hourly: u32,
    /// Of as many days.
    pub daily: u32,
    /// Of as many weeks.
    pub weekly: u32,
    /// Of as many months.
    pub monthly: u32,
    /// What all of it may take up, stored pages included; the oldest go first. None sets no limit.
    pub budget_bytes: Option<u64>,
}

impl Default for BackupRetention {
    fn default() -> Self {
        Self {
            hourly: 0,
            daily: 7,
            weekly: 4,
            monthly: 6,
            budget_bytes: None,
        }
    }
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The names of the backups.
    pub backups: Vec<String>,
    /// Stored pages that no backup needed any more.
    pub blobs: u64,
    /// Whether the rest takes up more than its budget all the same, because none of it may be removed.
    pub over_budget: bool,
}

impl BackupDestination {
    /// Removes those backups of `library` that the retention does not keep, then stored pages that no backup needs any
    /// more. Backups of other libraries stay as they are. Blocks.
    ///
    /// While a backup is there whose pages are not known, no page is removed: it may need any of them.
    pub fn prune(
        &self,
        library: Uuid,
        retention: BackupRetention,
        now: Timestamp,
    ) -> Result<Pruned, BackupError> {
        let _alone = self.lock_alone()?;
        self.remove_debris()?;
        let mut pruned = Pruned::default();
        let ours: Vec<Backup> = self
            .list()?
            .into_iter()
            .filter(|backup| backup.is_of(library))
            .collect();
        let kept = kept(&ours, retention, now);
        let (mut kept, gone): (Vec<_>, Vec<_>) = ours
            .iter()
            .partition(|backup| kept.contains(backup.name.as_str()));
        for backup in gone {
            self.remove(backup, &mut pruned)?;
        }
        pruned.blobs += self.prune_pool()?;
        let Some(budget_bytes) = retention.budget_bytes else {
            return Ok(pruned);
        };
        let last = last_sound(&ours).map(|backup| backup.name.clone());
        while self.size_bytes() > budget_bytes {
            // The list begins with the newest.
            let Some(oldest) = kept
                .iter()
                .rposition(|backup| Some(&backup.name) != last.as_ref())
            else {
                pruned.over_budget = true;
                break;
            };
            self.remove(kept.remove(oldest), &mut pruned)?;
            pruned.blobs += self.prune_pool()?;
        }
        Ok(pruned)
    }

    /// In two steps: a folder that is only partly removed is no backup any more.
    fn remove(&self, backup: &Backup, pruned: &mut Pruned) -> Result<(), BackupError> {
        let folder = self.folder.join(&backup.name);
        let leaving = self.folder.join(format!("{UNFINISHED}{}", backup.name));
        std::fs::rename(&folder, &leaving).map_err(super::error::at(&folder))?;
        sync_folder(&self.folder)?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("backup::half_removed", |_| std::process::abort());
        remove_folder(&leaving)?;
        pruned.backups.push(backup.name.clone());
        Ok(())
    }

    fn prune_pool(&self) -> Result<u64, BackupError> {
        let mut needed: BTreeSet<BlobHash> = BTreeSet::new();
        for backup in self.list()? {
            let Some(manifest) = &backup.manifest else {
                return Ok(0);
            };
            match read_list(&self.folder.join(&backup.name), manifest) {
                Ok(list) => needed.extend(list.into_iter().map(|(hash, _)| hash)),
                Err(error) if error.is_of_the_backup() => return Ok(0),
                Err(error) => return Err(error),
            }
        }
        let (pool, mut removed) = (self.pool(), 0);
        for hash in pool.all()? {
            if !needed.contains(&hash) {
                pool.remove(hash)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

impl Backup {
    fn is_of(&self, library: Uuid) -> bool {
        self.manifest
            .as_ref()
            .is_some_and(|manifest| manifest.library.library == library)
    }

    fn made_at(&self) -> Option<Timestamp> {
        Some(self.manifest.as_ref()?.created_at)
    }
}

/// The newest without a known problem.
fn last_sound(backups: &[Backup]) -> Option<&Backup> {
    backups
        .iter()
        .filter(|backup| backup.problem.is_none())
        .max_by_key(|backup| (backup.made_at(), &backup.name))
}

/// The number of the hour, day, week or month in which something was made.
type Span = fn(Timestamp) -> i64;

/// The names of those that stay.
fn kept(backups: &[Backup], retention: BackupRetention, now: Timestamp) -> BTreeSet<String> {
    let mut sound: Vec<_> = backups
        .iter()
        .filter(|backup| backup.problem.is_none())
        .filter_map(|backup| Some((backup.made_at()?, backup.name.as_str())))
        .collect();
    sound.sort_unstable(); // so that the newest of each span is the last one met
    let spans: [(u32, Span); 4] = [
        (retention.hourly, hour),
        (retention.daily, day),
        (retention.weekly, week),
        (retention.monthly, month),
    ];
    let mut kept = BTreeSet::new();
    for (count, span) in spans {
        let newest: BTreeMap<i64, &str> = sound.iter().map(|(at, name)| (span(*at), *name)).collect();
        kept.extend(
            newest
                .values()
                .rev()
                .take(count as usize)
                .map(|name| (*name).to_owned()),
        );
    }
    kept.extend(last_sound(backups).map(|backup| backup.name.clone()));
    let is_recent = |backup: &&Backup| backup.made_at().is_none_or(|at| now.since(at) < DAMAGED_KEPT);
    let damaged = backups.iter().filter(|backup| backup.problem.is_some());
    kept.extend(damaged.filter(is_recent).map(|backup| backup.name.clone()));
    kept
}

fn hour(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(HOUR_MS)
}

fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

fn week(at: Timestamp) -> i64 {
    (day(at) + MONDAY_SHIFT_DAYS).div_euclid(7)
}

fn month(at: Timestamp) -> i64 {
    let moment = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    let date = jiff::tz::Offset::UTC.to_datetime(moment).date();
    i64::from(date.year()) * 12 + i64::from(date.month())
}

#[cfg(test)]
mod tests {
    use atlas_domain::LibraryIdentity;
    use rstest::rstest;

    use super::super::manifest::{Bytes, Manifest, PackedBlobs};
    use super::*;

    /// The first of January 2026, a Thursday.
    const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
    const HOUR: Duration = Duration::from_hours(1);

    fn backup(hours: u32, problem: Option<&str>) -> Backup {
        let nothing = Bytes {
            size_bytes: 0,
            hash: BlobHash([0; 32]),
        };
        let name = format!("{hours}");
        let manifest = Manifest {
            name: name.clone(),
            created_at: START.after(HOUR * hours),
            program: "1".to_owned(),
            library: LibraryIdentity {
                library: Uuid::nil(),
                epoch: Uuid::nil(),
            },
            databases: BTreeMap::new(),
            blobs: PackedBlobs {
                count: 0,
                size_bytes: 0,
                packed: nothing,
                list: nothing,
            },
            left_out: Vec::new(),
        };
        Backup {
            name,
            size_bytes: 0,
            manifest: Some(manifest),
            checked_at: None,
            problem: problem.map(str::to_owned),
        }
    }

    fn none() -> BackupRetention {
        BackupRetention {
            hourly: 0,
            daily: 0,
            weekly: 0,
            monthly: 0,
            budget_bytes: None,
        }
    }

    fn kept_of(backups: &[Backup], retention: BackupRetention, now_hours: u32) -> Vec<u32> {
        let kept = kept(backups, retention, START.after(HOUR * now_hours));
        let mut hours: Vec<u32> = kept.iter().map(|name| name.parse().unwrap()).collect();
        hours.sort_unstable();
        hours
    }

    /// One every six hours for ten weeks.
    #[rstest]
    #[case::hours(BackupRetention { hourly: 3, ..none() }, &[1662, 1668, 1674])]
    #[case::days(BackupRetention { daily: 3, ..none() }, &[1626, 1650, 1674])]
    #[case::weeks_end_on_sunday(BackupRetention { weekly: 3, ..none() }, &[1434, 1602, 1674])]
    #[case::months(BackupRetention { monthly: 3, ..none() }, &[738, 1410, 1674])]
    #[case::more_than_there_are(BackupRetention { monthly: 30, ..none() }, &[738, 1410, 1674])]
    #[case::one_may_stand_for_several(
        BackupRetention { hourly: 1, daily: 2, weekly: 1, monthly: 2, budget_bytes: None }, &[1410, 1650, 1674]
    )]
    #[case::never_none(none(), &[1674])]
    fn the_newest_of_each_span_is_kept(#[case] retention: BackupRetention, #[case] expected: &[u32]) {
        let backups: Vec<_> = (0..280).map(|n| backup(n * 6, None)).collect();
        assert_eq!(kept_of(&backups, retention, 1_700), expected);
    }

    #[test]
    fn a_damaged_backup_takes_no_place_of_a_sound_one_and_is_kept_for_a_week() {
        let backups = [backup(0, None), backup(1, Some("truncated"))];
        assert_eq!(kept_of(&backups, none(), 2), [0, 1]);
        assert_eq!(kept_of(&backups, none(), 1 + 7 * 24), [0]);
    }

    #[test]
    fn an_empty_destination_keeps_nothing() {
        assert!(kept(&[], BackupRetention::default(), START).is_empty());
    }
}
