//! What people ask of alerts that only the task can answer: a silence by the calendar, the rules in force, and what
//! keeps incidents back. It only asks; the task decides and writes down.

use std::time::Duration;

use atlas_domain::{Suppression, Timestamp};
use atlas_vitals::alerts::{Change, Effects, IncidentId, NewSilence, Refusal, RuleSet, StoredMatcher};
use tokio::time::timeout;

use super::timeline::Timeline;
use super::{Ending, PATIENCE, Request, Vitals};

/// A silence, by the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilenceOrder {
    /// All of them must fit.
    pub matchers: Vec<StoredMatcher>,
    /// From when on; at once without it.
    pub from: Option<Timestamp>,
    /// How it ends.
    pub end: SilenceEnd,
    /// Who asks.
    pub author: String,
    /// Why.
    pub comment: String,
    /// It ends before its time, as soon as everything that it means is over.
    pub until_resolved: bool,
}

/// When a silence ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceEnd {
    /// So long after its beginning.
    After(Duration),
    /// At this time.
    At(Timestamp),
}

impl SilenceOrder {
    /// The same on the steady time line. What lies before now is now.
    pub(super) fn on(self, line: &Timeline) -> NewSilence {
        let (now, wall) = (line.now(), line.wall());
        let moment = |time: Timestamp| now.after(time.since(wall));
        let from = self.from.map_or(now, moment);
        let until = match self.end {
            SilenceEnd::After(lasts) => from.after(lasts),
            SilenceEnd::At(time) => moment(time),
        };
        NewSilence {
            matchers: self.matchers,
            from,
            until,
            author: self.author,
            comment: self.comment,
            until_resolved: self.until_resolved,
        }
    }
}

/// The number of the silence that a step has made. Others that it touched are older.
pub(super) fn number_of(effects: &Effects) -> Result<u64, Refusal> {
    if let Some(refusal) = &effects.refused {
        return Err(refusal.clone());
    }
    let numbers = effects.changes.iter().filter_map(|change| match change {
        Change::Silence(silence) => Some(silence.number),
        _ => None,
    });
    Ok(numbers.max().unwrap_or_default())
}

impl Vitals {
    /// A person asks not to be told; the answer is the number of the silence. What was decided is on the disk when this
    /// returns.
    pub async fn silence(&self, order: SilenceOrder) -> Result<Result<u64, Refusal>, Ending> {
        self.ask(|answer| Request::Silence(Box::new(order), answer)).await
    }

    /// The rules in force.
    pub async fn rules(&self) -> Result<RuleSet, Ending> {
        self.ask(Request::Rules).await
    }

    /// What keeps incidents back now; nothing while the task is held up.
    pub async fn kept_back(
        &self,
        incidents: Vec<IncidentId>,
    ) -> Result<Vec<(IncidentId, Suppression)>, Ending> {
        let answer = timeout(PATIENCE, self.ask(|answer| Request::KeptBack(incidents, answer))).await;
        answer.unwrap_or_else(|_elapsed| Ok(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use atlas_domain::time::ManualClock;
    use atlas_vitals::Moment;
    use rstest::rstest;

    use super::super::timeline::Boot;
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);
    const HOUR: Duration = Duration::from_hours(1);

    #[rstest]
    #[case::at_once(None, SilenceEnd::After(HOUR), 0, 3_600)]
    #[case::later(Some(NOW.after(HOUR)), SilenceEnd::After(HOUR), 3_600, 7_200)]
    #[case::until_a_time(None, SilenceEnd::At(NOW.after(HOUR)), 0, 3_600)]
    #[case::since_before_now(Some(NOW.before(HOUR)), SilenceEnd::After(HOUR), 0, 3_600)]
    #[tokio::test(start_paused = true)]
    async fn a_silence_by_the_calendar_has_its_place_on_the_time_line(
        #[case] from: Option<Timestamp>,
        #[case] end: SilenceEnd,
        #[case] from_secs: u64,
        #[case] until_secs: u64,
    ) {
        let line = Timeline::resume(None, Boot::default(), Arc::new(ManualClock::at(NOW)));
        let order = SilenceOrder {
            matchers: Vec::new(),
            from,
            end,
            author: "mara".to_owned(),
            comment: "work".to_owned(),
            until_resolved: false,
        };
        let asked = order.on(&line);
        let moment = |secs| Moment::ORIGIN.after(Duration::from_secs(secs));
        assert_eq!((asked.from, asked.until), (moment(from_secs), moment(until_secs)));
    }
}
