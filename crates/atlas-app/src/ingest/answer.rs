//! Step 3: what the status says by itself. A server in trouble is asked again later; every other answer goes
//! on to the gate, because some sites answer an article with 403 or 404.

use super::Ingest;
use super::keep::Kept;
use super::retry::Trouble;
use super::run::{Exit, Run};

impl Ingest {
    pub(super) fn answer(&self, run: &mut Run, kept: Kept) -> Result<Kept, Exit> {
        run.enter("answer");
        let status = kept.snapshot.status;
        let trouble = Trouble {
            reason: format!("http_{status}"),
            message: format!("the server answered {status}"),
            retry_after: kept.retry_after,
        };
        match status {
            429 => Err(self.pause(run, trouble)),
            503 if kept.retry_after.is_some() => Err(self.pause(run, trouble)),
            408 | 425 | 500 | 502..=504 | 520..=529 => Err(self.try_again(run, trouble)),
            _ => Ok(kept),
        }
    }
}
