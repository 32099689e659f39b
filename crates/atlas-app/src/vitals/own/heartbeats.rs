//! `Heartbeats`: those who call by themselves to say that they are well. It remembers each one's last call, also over a
//! restart, and says when one is overdue. Who calls is known by a secret, which never leaves it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atlas_domain::{CheckOutcome, PortFuture};
use atlas_store::{Ops, StoreError, StoredHeartbeat};
use atlas_vitals::Moment;
use tokio::time::timeout;

use super::super::keeping::WRITE_LIMIT;
use super::super::timeline::Timeline;
use super::super::{Looked, OwnCheck, Probe, Secret};

/// However often one calls, it is written down no more often than this.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Who may have called while Atlas did not run is given so long to call again.
const AFTER_A_START: Duration = Duration::from_hours(1);

/// Remembers calls.
pub(in super::super) struct Heartbeats {
    ops: Ops,
    line: Timeline,
    /// When this process began to listen.
    began: Moment,
    awaited: Mutex<BTreeMap<String, Awaited>>,
}

/// One who is to call.
struct Awaited {
    secret: Secret,
    known: StoredHeartbeat,
    written_at: Option<Moment>,
}

impl Heartbeats {
    pub(in super::super) fn new(ops: Ops, line: Timeline) -> Self {
        Self {
            ops,
            began: line.now(),
            line,
            awaited: Mutex::default(),
        }
    }

    /// Waits for the calls of these checks, and of no others. What is known of those that were waited for before stays
    /// known; where that cannot be read, everybody is new.
    pub(in super::super) async fn wait_for(&self, own: &BTreeMap<String, OwnCheck>) {
        let secrets: BTreeMap<&String, &Secret> = own
            .iter()
            .filter_map(|(check, asked)| match asked {
                OwnCheck::Heartbeat { secret } => Some((check, secret)),
                OwnCheck::Ask(_) | OwnCheck::Query(_) => None,
            })
            .collect();
        if secrets.is_empty() && self.awaited().is_empty() {
            return;
        }
        let stored = in_time(self.ops.heartbeats()).await;
        let is_read = stored.is_ok();
        let awaited = self.take(
            &secrets,
            &stored.unwrap_or_else(|trouble| {
                tracing::warn!(
                    trouble,
                    "when those who call by themselves last called cannot be read"
                );
                BTreeMap::new()
            }),
        );
        // What could not be read is not written over.
        if is_read && let Err(trouble) = in_time(self.ops.await_heartbeats(awaited)).await {
            tracing::warn!(trouble, "whose calls are waited for is not written down");
        }
    }

    fn take(
        &self,
        secrets: &BTreeMap<&String, &Secret>,
        stored: &BTreeMap<String, StoredHeartbeat>,
    ) -> BTreeMap<String, StoredHeartbeat> {
        let new = StoredHeartbeat {
            awaited_since_ms: self.line.now().millis(),
            beat_at_ms: None,
            failed: false,
        };
        let mut awaited = self.awaited();
        let mut before = std::mem::take(&mut *awaited);
        for (check, secret) in secrets {
            let known = before.remove(*check).map(|before| before.known);
            let known = known.or_else(|| stored.get(*check).copied());
            let waiting = Awaited {
                secret: (*secret).clone(),
                known: known.unwrap_or(new),
                written_at: None,
            };
            awaited.insert((*check).clone(), waiting);
        }
        awaited
            .iter()
            .map(|(check, awaited)| (check.clone(), awaited.known))
            .collect()
    }

    /// Takes a call in; false if nobody of that secret is waited for. That it was written down is not promised: a call
    /// that is lost in a crash is followed by the next one.
    pub(in super::super) async fn beat(&self, secret: &str, failed: bool) -> bool {
        let Some((check, to_write)) = self.take_call(secret, failed) else {
            return false;
        };
        if let Some(known) = to_write
            && let Err(trouble) = in_time(self.ops.keep_heartbeat(check.clone(), known)).await
        {
            tracing::warn!(check, trouble, "a heartbeat is not written down");
        }
        true
    }

    /// Whose call it is, and what is to be written, if it is time for that. Every secret is compared: how long this
    /// takes says nothing.
    fn take_call(&self, secret: &str, failed: bool) -> Option<(String, Option<StoredHeartbeat>)> {
        let now = self.line.now();
        let mut awaited = self.awaited();
        let mut found = None;
        for (check, one) in awaited.iter_mut() {
            if one.secret.is(secret) {
                found = Some((check, one));
            }
        }
        let (check, one) = found?;
        one.known.beat_at_ms = Some(now.millis());
        one.known.failed = failed;
        let is_due = one.written_at.is_none_or(|at| now.since(at) >= WRITE_EVERY);
        let to_write = is_due.then(|| {
            one.written_at = Some(now);
            one.known
        });
        Some((check.clone(), to_write))
    }

    fn look(&self, check: &str, span: Duration, patience: Duration) -> Looked {
        let now = self.line.now();
        let known = self.awaited().get(check).map(|awaited| awaited.known);
        let Some(known) = known else {
            return Looked::new(CheckOutcome::Unknown, "nobody waits for its calls any more");
        };
        let limit = span + patience;
        let Some(beat_at) = known.beat_at_ms.map(Moment::from_millis) else {
            let waited = now.since(Moment::from_millis(known.awaited_since_ms));
            return never_called(waited, limit);
        };
        let age = now.since(beat_at);
        let looked = if age <= limit {
            called(age, known.failed)
        } else if beat_at < self.began && now.since(self.began) <= limit.min(AFTER_A_START) {
            Looked::new(
                CheckOutcome::Unknown,
                format!(
                    "it called {} ago, before Atlas was started; it is given time to call again",
                    told(age)
                ),
            )
        } else {
            Looked::new(
                CheckOutcome::NoAnswer,
                format!("it called {} ago, and is to call every {}", told(age), told(span)),
            )
        };
        Looked {
            value: Some((age.as_secs_f64(), "s")),
            ..looked
        }
    }

    fn awaited(&self) -> MutexGuard<'_, BTreeMap<String, Awaited>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that does not answer is not waited for any longer than others wait for it.
async fn in_time<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
    match timeout(WRITE_LIMIT, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_elapsed) => Err(format!("not done within {} s", WRITE_LIMIT.as_secs())),
    }
}

fn never_called(waited: Duration, limit: Duration) -> Looked {
    if waited <= limit {
        // It owes nothing yet: that is no trouble that anybody is to hear of.
        let message = format!(
            "it has not called yet, and has {} left for its first call",
            told(limit.saturating_sub(waited))
        );
        return Looked::new(CheckOutcome::Ok, message);
    }
    let message = format!("it has never called, in {}", told(waited));
    Looked::new(CheckOutcome::NoAnswer, message)
}

fn called(age: Duration, failed: bool) -> Looked {
    if failed {
        let message = format!("it called {} ago, and said that something failed", told(age));
        return Looked::new(CheckOutcome::Crit, message);
    }
    Looked::new(CheckOutcome::Ok, format!("it called {} ago", told(age)))
}

/// For people, who want no more than its size.
fn told(time: Duration) -> String {
    match time.as_secs() {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7_200 => format!("{} min", secs / 60),
        secs @ 7_200..172_800 => format!("{} h", secs / 3_600),
        secs => format!("{} days", secs / 86_400),
    }
}

/// Looks whether one has called.
pub(super) struct HeartbeatProbe {
    pub(super) check: String,
    /// How often it is to call.
    pub(super) span: Duration,
    /// How late it may be.
    pub(super) patience: Duration,
    pub(super) heartbeats: Arc<Heartbeats>,
}

impl Probe for HeartbeatProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async { self.heartbeats.look(&self.check, self.span, self.patience) })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(45, "45 s")]
    #[case(300, "5 min")]
    #[case(7_200, "2 h")]
    #[case(259_200, "3 days")]
    fn a_time_is_told_by_its_size(#[case] secs: u64, #[case] expected: &str) {
        assert_eq!(told(Duration::from_secs(secs)), expected);
    }
}
