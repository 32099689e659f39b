//! What is said of a file that was set aside: one warning in the log and the same in the inbox, and a line in the log for
//! each thing that somebody would have been told and now is not.

use atlas_domain::Timestamp;
use atlas_vitals::alerts::{InboxRow, StoredIncident, word_to_the_inbox};

use super::tables::{DELIVERY, INCIDENT, NOTICE};
use super::{Lost, Salvaged, id_of_word};
use crate::error::StoreError;

/// So many are named one by one.
const MOST_NAMED: usize = 50;
/// The rule by which the word in the inbox can be found.
const RULE: &str = "operations_set_aside";
const SUMMARY: &str = "ops.db could not be used: it was set aside and begun anew";

impl Salvaged {
    /// The word to the inbox: the file that was set aside as `name` could not be used for this reason.
    pub(in crate::ops) fn word(
        &self,
        name: &str,
        reason: &StoreError,
        now: Timestamp,
    ) -> Option<(StoredIncident, InboxRow)> {
        let why = format!("kept as {name}; {reason}; {}", self.account());
        Some(word_to_the_inbox(
            id_of_word(name)?,
            RULE,
            (SUMMARY, &why),
            self.at_ms(),
            now,
        ))
    }

    /// What was saved and what was not, in a sentence.
    fn account(&self) -> String {
        let alerts = &self.alerts;
        let mut parts = vec![format!(
            "saved: {}, {}, {}",
            counted(alerts.incidents.len(), "incident"),
            counted(alerts.deliveries.len(), "message"),
            counted(alerts.notices.len(), "notice"),
        )];
        let anew = self.mended.told_anew.len();
        if anew > 0 {
            parts.push(format!("{} told in new messages", counted(anew, "notice")));
        }
        let lost = self.to_name();
        if !lost.is_empty() {
            parts.push(format!("lost: {}", counted(lost.len(), "row")));
        }
        if !self.torn.is_empty() {
            let torn: Vec<&str> = self.torn.iter().copied().collect();
            parts.push(format!(
                "there may have been more, which nobody can name, of: {}",
                torn.join(", ")
            ));
        }
        if self.was_put_back {
            parts.push("it was an older copy that was put back, so nothing of it is sent".to_owned());
        }
        parts.extend(self.short.iter().cloned());
        parts.join("; ")
    }

    /// What somebody would have been told, or still must be.
    fn to_name(&self) -> Vec<Lost> {
        let matters = |lost: &&Lost| [DELIVERY.noun, NOTICE.noun, INCIDENT.noun].contains(&lost.noun);
        let mut lost: Vec<Lost> = self.lost.iter().filter(matters).cloned().collect();
        lost.extend(self.mended.lost.iter().map(|notice| Lost {
            noun: NOTICE.noun,
            name: format!("{} {} {}", notice.incident, notice.channel, notice.ordinal),
            why: "its incident or its message is lost, or it is out of date".to_owned(),
        }));
        lost
    }
}

/// Says it in the log.
pub(in crate::ops) fn tell(salvaged: &Salvaged, name: &str, reason: &StoreError) {
    let lost = salvaged.to_name();
    for Lost { noun, name, why } in lost.iter().take(MOST_NAMED) {
        tracing::warn!(what = noun, name, why, "lost with a damaged ops.db");
    }
    if lost.len() > MOST_NAMED {
        tracing::warn!(more = lost.len() - MOST_NAMED, "lost with a damaged ops.db");
    }
    tracing::warn!(%reason, file = name, account = salvaged.account(), "{SUMMARY}; the library is not affected");
}

fn counted(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}
