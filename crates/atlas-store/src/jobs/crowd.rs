//! A crowd: those who wait for the same as a job that was just refused on its account, for one host or for the network.
//! They are put off with it in one write, instead of being claimed and refused one by one.

use std::time::Duration;

use atlas_domain::{ItemId, JobKind, Lease, Timestamp};
use rusqlite::named_params;
use url::Url;

use super::caused::JobNote;
use super::finish::{AttemptRecord, Postponement};
use crate::error::StoreError;
use crate::library::Library;
use crate::sqlite::Lane;
use crate::tx::Tx;

/// How many one transaction moves: it must not keep other writes waiting.
const AT_ONCE: u32 = 2_000;

/// Who would be refused as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Companions {
    /// Those who want the same host and port.
    SameHost,
    /// Everybody who wants something from the web.
    Everybody,
}

/// When those who wait for the same come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    /// Who belongs to it.
    pub who: Companions,
    /// Nothing is sent before this.
    pub from: Timestamp,
    /// They come back one after another over this time.
    pub spread: Duration,
    /// Those that are older have to be looked at one by one, because they may have waited for long enough.
    pub made_after: Timestamp,
}

impl Library {
    /// Puts a job back because nothing is sent where it wants to go, and with it the jobs that would be refused as
    /// well. It is no try of theirs, and nobody counts it. Returns how many went with it.
    pub async fn postpone_with_crowd(
        &self,
        lease: &Lease,
        postponement: Postponement,
        crowd: Crowd,
        attempt: AttemptRecord,
    ) -> Result<u64, StoreError> {
        let lease = lease.clone();
        self.write(Lane::Interactive, move |tx| {
            tx.postpone(&lease, &postponement, &attempt)?;
            let waiting = match crowd.who {
                Companions::SameHost => tx.crowd_of(&lease, &crowd)?,
                Companions::Everybody => tx.everybody(&lease, &crowd, &postponement.reason)?,
            };
            for row in &waiting {
                let until = crowd.from.after(crowd.spread.mul_f64(tx.entropy.fraction()));
                tx.move_behind(*row, until, &postponement)?;
            }
            Ok(waiting.len() as u64)
        })
        .await
    }
}

impl Tx<'_> {
    /// Those that are due, and those that wait for the host already and would come too early. A page that was given
    /// along needs no host. A group has all ports of a host, and here only one of them is meant.
    fn crowd_of(&self, lease: &Lease, crowd: &Crowd) -> Result<Vec<i64>, StoreError> {
        let (Some(item), Some(group)) = (lease.job.item_id, &lease.job.group_key) else {
            return Ok(Vec::new());
        };
        let port = port_of(&self.address_of(item)?);
        let mut statement = self.sql.prepare_cached(
            "SELECT job.id, item.url FROM job INDEXED BY job_ready JOIN item ON item.uuid = job.item_uuid
             WHERE job.state = 'ready' AND job.priority = :priority AND job.run_at < :from
             AND job.group_key = :group AND job.kind = :kind AND job.created_at > :made_after
             AND (job.run_at <= :now OR job.reason = :reason)
             AND NOT EXISTS (SELECT 1 FROM given_html WHERE given_html.item_id = item.id)
             ORDER BY job.run_at, job.id LIMIT :at_once",
        )?;
        let parameters = named_params! {
            ":priority": lease.job.priority,
            ":from": crowd.from.as_millis(),
            ":group": group,
            ":kind": JobKind::IngestItem.as_str(),
            ":made_after": crowd.made_after.as_millis(),
            ":now": self.now.as_millis(),
            ":reason": "circuit_open",
            ":at_once": AT_ONCE,
        };
        let mut rows = statement.query(parameters)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if port_of(&row.get::<_, String>("url")?) == port {
                found.push(row.get("id")?);
            }
        }
        Ok(found)
    }

    /// The same of all hosts. Those that are due come first: they would be claimed at once.
    fn everybody(&self, lease: &Lease, crowd: &Crowd, reason: &str) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT job.id FROM job INDEXED BY job_ready JOIN item ON item.uuid = job.item_uuid
             WHERE job.state = 'ready' AND job.priority = :priority AND job.run_at < :from
             AND job.kind = :kind AND job.created_at > :made_after
             AND (job.run_at <= :now OR job.reason = :reason)
             AND NOT EXISTS (SELECT 1 FROM given_html WHERE given_html.item_id = item.id)
             ORDER BY job.run_at, job.id LIMIT :at_once",
        )?;
        let parameters = named_params! {
            ":priority": lease.job.priority,
            ":from": crowd.from.as_millis(),
            ":kind": JobKind::IngestItem.as_str(),
            ":made_after": crowd.made_after.as_millis(),
            ":now": self.now.as_millis(),
            ":reason": reason,
            ":at_once": AT_ONCE,
        };
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn address_of(&self, item: ItemId) -> Result<String, StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT url FROM item WHERE uuid = ?1")?;
        Ok(statement.query_row([item.as_bytes()], |row| row.get(0))?)
    }

    fn move_behind(&self, row: i64, until: Timestamp, to: &Postponement) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE job SET run_at = ?2, outcome = 'deferred', reason = ?3, message = ?4, updated_at = ?5
                 WHERE id = ?1",
            )?
            .execute((
                row,
                until.as_millis(),
                &to.reason,
                &to.message,
                self.now.as_millis(),
            ))?;
        self.sql
            .prepare_cached(
                "UPDATE item SET reason = ?2, message = ?3, updated_at = ?4
                 WHERE uuid = (SELECT item_uuid FROM job WHERE id = ?1) AND state = 'queued'",
            )?
            .execute((row, &to.reason, &to.message, self.now.as_millis()))?;
        self.note(JobNote::Ended(row)); // whoever caused it need not wait for it
        Ok(())
    }
}

pub(super) fn port_of(address: &str) -> Option<u16> {
    Url::parse(address).ok()?.port_or_known_default()
}
