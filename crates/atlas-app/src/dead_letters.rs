//! `DeadLetters`: the jobs that were given up, said so that whoever reads it can go on from there. It shows ids
//! and reason codes only: what a page said stays out of it.

use atlas_domain::{Job, JobState, UserId};
use atlas_store::{Counts, JobFilter, Library, StoreError};

/// Jobs that are named; the rest is counted.
const NAMED: u32 = 3;

/// At least one job that was given up.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    count: u64,
    /// Those that can be read among the ones given up last.
    latest: Vec<Job>,
}

impl DeadLetters {
    /// Those that `counts` has counted; none when there are none.
    pub(crate) async fn find(
        library: &Library,
        user: UserId,
        counts: &Counts,
    ) -> Result<Option<Self>, StoreError> {
        let dead = counts.jobs.iter().find(|(state, _)| *state == JobState::Dead);
        let Some((_, count @ 1..)) = dead.copied() else {
            return Ok(None);
        };
        let filter = JobFilter {
            state: Some(JobState::Dead),
            limit: NAMED,
            ..JobFilter::default()
        };
        let latest = library.list_jobs(user, filter).await?.jobs;
        Ok(Some(Self { count, latest }))
    }
}

impl std::fmt::Display for DeadLetters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named: Vec<String> = self
            .latest
            .iter()
            .map(|job| format!("{} ({})", job.id, job.reason))
            .collect();
        let named = named.join(", ");
        let id = match (&self.latest[..], self.count) {
            ([], count) => {
                let because = if count == 1 {
                    "1 job was given up because it cannot be read".to_owned()
                } else {
                    format!("{count} jobs were given up, the last of them because they cannot be read")
                };
                return write!(
                    f,
                    "{because}; `atlas job ls --state dead` tells more, `atlas job cancel ID` drops it; saving its page \
                     again with `atlas add URL` makes up for it"
                );
            }
            ([job], 1) => {
                write!(f, "1 job was given up: {named}; ")?;
                job.id.to_string()
            }
            (latest, count) if latest.len() as u64 == count => {
                write!(f, "{count} jobs were given up: {named}; ")?;
                "ID".to_owned()
            }
            (_, count) => {
                write!(
                    f,
                    "{count} jobs were given up, the last of them {named}; `atlas job ls --state dead` lists all, "
                )?;
                "ID".to_owned()
            }
        };
        write!(
            f,
            "`atlas job show {id}` tells why, `atlas job retry {id}` tries again, `atlas job cancel {id}` drops it"
        )
    }
}

#[cfg(test)]
mod tests {
    use atlas_domain::{JobId, JobKind, OutcomeWord, Timestamp};

    use super::*;

    fn dead(n: u8) -> Job {
        let mut id = [0; 16];
        id[15] = n;
        let at = Timestamp::from_millis(0);
        Job {
            id: JobId::from_bytes(id),
            kind: JobKind::IngestItem,
            state: JobState::Dead,
            payload: "{}".to_owned(),
            priority: 100,
            run_at: at,
            attempts: 3,
            max_attempts: 6,
            deferrals: 0,
            unique_key: None,
            group_key: None,
            risky_stage: None,
            deferred_since: None,
            item_id: None,
            outcome: Some(OutcomeWord::Failed),
            reason: "extract_crashed".to_owned(),
            message: "\u{1b}[31m".to_owned(),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn a_single_one_comes_with_the_commands_to_paste() {
        let id = dead(7).id;
        let told = DeadLetters {
            count: 1,
            latest: vec![dead(7)],
        }
        .to_string();
        assert_eq!(
            told,
            format!(
                "1 job was given up: {id} (extract_crashed); `atlas job show {id}` tells why, \
                 `atlas job retry {id}` tries again, `atlas job cancel {id}` drops it"
            )
        );
    }

    #[test]
    fn those_that_cannot_be_read_are_counted_and_come_without_commands_that_would_fail() {
        let none_readable = |count| {
            DeadLetters {
                count,
                latest: Vec::new(),
            }
            .to_string()
        };
        assert_eq!(
            none_readable(1),
            "1 job was given up because it cannot be read; `atlas job ls --state dead` tells more, `atlas job cancel ID` \
             drops it; saving its page again with `atlas add URL` makes up for it"
        );
        assert!(
            none_readable(2)
                .starts_with("2 jobs were given up, the last of them because they cannot be read; ")
        );
    }

    #[test]
    fn of_many_the_last_are_named_and_the_rest_is_counted() {
        let latest = vec![dead(1), dead(2), dead(3)];
        let few = DeadLetters {
            count: 3,
            latest: latest.clone(),
        };
        assert!(few.to_string().starts_with("3 jobs were given up: 0000"), "{few}");
        let many = DeadLetters { count: 40, latest };
        let told = many.to_string();
        assert!(
            told.starts_with("40 jobs were given up, the last of them 0000"),
            "{told}"
        );
        assert!(told.contains("`atlas job ls --state dead` lists all"), "{told}");
        assert!(told.contains("`atlas job retry ID`"), "{told}");
    }
}
