//! Bringing forward: what jobs waited for is over by itself, or may be, and they come back earlier than they were put
//! off to, one after another. No herd meets whoever is just well again, and nobody comes later than before.

use std::collections::HashMap;
use std::time::Duration;

use atlas_domain::{AttemptEnd, Entropy, ErrorClass, FetchFault, Timestamp};
use rusqlite::{Connection, named_params};

use super::crowd::port_of;
use crate::error::StoreError;
use crate::library::Library;
use crate::sqlite::{Column, Lane};
use crate::tx::Tx;

/// How many one transaction moves: it must not keep other writes waiting.
const AT_ONCE: usize = 500;

/// What is over, and was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitedFor {
    /// This host was left alone.
    Host {
        /// Its name.
        name: String,
        /// Its port.
        port: u16,
    },
    /// This host was in trouble. Besides those who left it alone, those it failed in passing come back, who wait for
    /// their next try; their last one keeps its time, so that nobody is given up earlier for having come earlier.
    Recovery {
        /// Its name.
        name: String,
        /// Its port.
        port: u16,
    },
    /// Nothing got out of this machine.
    Network,
}

/// What those wait for who left their host alone.
const LEFT_ALONE: &str = "circuit_open";

/// How those who waited come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turns {
    /// Not before so much time has passed.
    pub begin: Duration,
    /// So far from one another: those of one host, if they waited for the network.
    pub apart: Duration,
    /// So many at most, the first to come; the others wait on.
    pub at_most: usize,
}

impl Turns {
    /// All of them, from now on.
    pub const fn all(apart: Duration) -> Self {
        Self {
            begin: Duration::ZERO,
            apart,
            at_most: usize::MAX,
        }
    }
}

impl Library {
    /// Lets the jobs that waited come back in turns. Where this ends early, the rest come when they would have come.
    /// Returns how many are earlier than before.
    pub async fn bring_forward(&self, over: WaitedFor, turns: Turns) -> Result<u64, StoreError> {
        let (now, message) = (self.clock.now(), over.message());
        let asked = over.clone();
        let waiting = self.db.read(move |sql| waiting_for(sql, &asked, now)).await?;
        let mut forward = 0;
        for moved in in_turns(waiting, &over, now, turns, &self.entropy).chunks(AT_ONCE) {
            let moved = moved.to_vec();
            forward += self
                .write(Lane::Bulk, move |tx| {
                    let mut forward = 0;
                    for (job, turn) in &moved {
                        forward += tx.bring_forward(job, *turn, message)?;
                    }
                    Ok(forward)
                })
                .await?;
        }
        Ok(forward)
    }
}

impl WaitedFor {
    fn host(&self) -> Option<(&str, u16)> {
        match self {
            Self::Host { name, port } | Self::Recovery { name, port } => Some((name, *port)),
            Self::Network => None,
        }
    }

    /// The reason of those who wait for it, where they have only one.
    fn only_reason(&self) -> Option<&'static str> {
        match self {
            Self::Host { .. } => Some(LEFT_ALONE),
            Self::Recovery { .. } => None,
            Self::Network => Some("network_down"),
        }
    }

    fn is_waited_for_by(&self, job: &Waiting) -> bool {
        match self.only_reason() {
            Some(reason) => job.reason == reason,
            None => job.reason == LEFT_ALONE || job.was_failed_in_passing(),
        }
    }

    fn message(&self) -> &'static str {
        match self {
            Self::Host { .. } => "its host is asked again: it is fetched in its turn",
            Self::Recovery { .. } => "its host is well again: it is fetched in its turn",
            Self::Network => "the network works again: it is fetched in its turn",
        }
    }
}

/// A job that waits.
#[derive(Clone)]
struct Waiting {
    row: i64,
    host: String,
    until: Timestamp,
    reason: String,
    /// It waits for a next try after one that counted, and not for the last it has. Told only where a host is well
    /// again.
    has_tries_left: bool,
}

impl Waiting {
    /// By its host, and it waits for its next try. Whoever was asked to wait has no try that counted, and a name that
    /// is missing says nothing about a host.
    fn was_failed_in_passing(&self) -> bool {
        let fault = self.reason.parse::<FetchFault>();
        let is_transient = fault.is_ok_and(|fault| fault.class() == ErrorClass::Transient);
        self.has_tries_left && (is_transient || self.reason.starts_with("http_"))
    }
}

/// The first to come is the first here. Read and not written, so that nobody who writes waits for a look at all that
/// wait.
fn waiting_for(sql: &Connection, over: &WaitedFor, now: Timestamp) -> Result<Vec<Waiting>, StoreError> {
    let (host, port) = over.host().unzip();
    let mut statement = sql.prepare_cached(
        "SELECT job.id, job.run_at, job.reason, rtrim(ifnull(job.group_key, ''), '.') AS host, item.url,
             CASE WHEN :reason IS NULL THEN job.attempts + 1 < job.max_attempts AND :counted IS
                 (SELECT ended FROM attempt WHERE job_id = job.id ORDER BY id DESC LIMIT 1) ELSE 0 END AS has_tries_left
         FROM job INDEXED BY job_due JOIN item ON item.uuid = job.item_uuid
         WHERE job.state = 'ready' AND job.run_at > :now AND (:reason IS NULL OR job.reason = :reason)
         AND (:host IS NULL OR rtrim(job.group_key, '.') = :host)
         ORDER BY job.run_at",
    )?;
    let parameters = named_params! {
        ":now": now.as_millis(),
        ":reason": over.only_reason(),
        ":counted": AttemptEnd::Retry.as_str(),
        ":host": host,
    };
    let mut rows = statement.query(parameters)?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        let job = Waiting {
            row: row.get("id")?,
            host: row.get("host")?,
            until: Timestamp::read(row, "run_at")?,
            reason: row.get("reason")?,
            has_tries_left: row.get("has_tries_left")?,
        };
        if over.is_waited_for_by(&job) && (port.is_none() || port_of(&row.get::<_, String>("url")?) == port) {
            waiting.push(job);
        }
    }
    Ok(waiting)
}

/// The turn of each that has one before it would have come. Where many hosts were waited for, each begins at another
/// moment within the time between two of its jobs.
fn in_turns(
    waiting: Vec<Waiting>,
    over: &WaitedFor,
    now: Timestamp,
    turns: Turns,
    entropy: &Entropy,
) -> Vec<(Waiting, Timestamp)> {
    let Turns {
        begin,
        apart,
        at_most,
    } = turns;
    let first = || match over {
        WaitedFor::Host { .. } | WaitedFor::Recovery { .. } => now.after(begin),
        WaitedFor::Network => now.after(begin + apart.mul_f64(entropy.fraction())),
    };
    let mut next_turns = HashMap::new();
    let mut moved = Vec::new();
    for job in waiting.into_iter().take(at_most) {
        let next = next_turns.entry(job.host.clone()).or_insert_with(first);
        let turn = *next;
        *next = turn.after(apart);
        if turn < job.until {
            moved.push((job, turn));
        }
    }
    moved
}

impl Tx<'_> {
    /// Unless it has gone its own way meanwhile. It still waits for the same: if that is in trouble again, it is put
    /// off with the others.
    fn bring_forward(&self, job: &Waiting, turn: Timestamp, message: &str) -> Result<u64, StoreError> {
        let moved = self
            .sql
            .prepare_cached(
                "UPDATE job SET run_at = ?2, message = ?4, updated_at = ?5
                 WHERE id = ?1 AND state = 'ready' AND run_at > ?2 AND reason = ?3",
            )?
            .execute((
                job.row,
                turn.as_millis(),
                &job.reason,
                message,
                self.now.as_millis(),
            ))?;
        if moved > 0 {
            self.sql
                .prepare_cached(
                    "UPDATE item SET message = ?2, updated_at = ?3
                     WHERE uuid = (SELECT item_uuid FROM job WHERE id = ?1) AND state = 'queued'",
                )?
                .execute((job.row, message, self.now.as_millis()))?;
        }
        Ok(moved as u64)
    }
}
