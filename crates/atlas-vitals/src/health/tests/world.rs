//! A world in which checks really run when the engine says so, and answer after a while: time goes from one thing that
//! happens to the next.

use std::collections::BTreeMap;

use super::*;

/// What a check finds at a moment. `None`: it hangs, and nobody ends it.
type Finding = Box<dyn Fn(&str, Duration) -> Option<CheckOutcome>>;

pub(super) struct World {
    pub(super) line: Timeline,
    finding: Finding,
    answer_after: Duration,
    /// When the run of each check that is under way answers, and what.
    under_way: BTreeMap<String, (Moment, CheckOutcome)>,
    pub(super) runs: Vec<(String, Duration)>,
}

impl World {
    pub(super) fn of(
        checks: Vec<CheckSettings>,
        finding: impl Fn(&str, Duration) -> Option<CheckOutcome> + 'static,
    ) -> Self {
        Self {
            line: Timeline::of(checks),
            finding: Box::new(finding),
            answer_after: Duration::from_millis(20),
            under_way: BTreeMap::new(),
            runs: Vec::new(),
        }
    }

    /// Everything that becomes of `duration`.
    pub(super) fn pass(&mut self, duration: Duration) -> Vec<Transition> {
        let end = self.line.now.after(duration);
        let mut all = Vec::new();
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < 1_000_000, "the engine wants to be called without end");
            let answers = self.under_way.values().map(|(at, _)| *at).min();
            let due = self.line.engine.next_due();
            let next = [answers, due].into_iter().flatten().min().unwrap_or(end);
            if next > end {
                self.line.pass(end.since(self.line.now));
                return all;
            }
            self.line.pass(next.since(self.line.now));
            let answered = self.under_way.iter().find(|(_, (at, _))| *at <= self.line.now);
            let input = match answered.map(|(name, (_, outcome))| (name.clone(), *outcome)) {
                Some((check, outcome)) => {
                    self.under_way.remove(&check);
                    let took = self.answer_after;
                    let result = CheckResult::new(outcome, outcome.as_str(), took, self.line.wall);
                    HealthInput::Result { check, result }
                }
                None => HealthInput::Tick,
            };
            let effects = self.line.step(input);
            self.begin_runs(&effects);
            all.extend(transitions(effects));
        }
    }

    fn begin_runs(&mut self, effects: &[HealthEffect]) {
        for effect in effects {
            let HealthEffect::Run { check, .. } = effect else {
                continue;
            };
            let since_start = self.line.now.since(START);
            self.runs.push((check.clone(), since_start));
            if let Some(outcome) = (self.finding)(check, since_start) {
                let at = self.line.now.after(self.answer_after);
                let before = self.under_way.insert(check.clone(), (at, outcome));
                assert!(before.is_none(), "two runs of `{check}` at once");
            }
        }
    }
}

/// Who was told what.
pub(super) fn told_of(transitions: &[Transition]) -> Vec<(&str, HealthStatus)> {
    let told = transitions
        .iter()
        .filter(|transition| transition.announce.is_yes());
    told.map(|transition| (transition.check.as_str(), transition.to))
        .collect()
}
