//! How sure a verdict is, from the weights of its reasons. Decides nothing about a page: that is done already.

use atlas_domain::{Decision, Standing, Verdict};
use serde::{Deserialize, Serialize};

/// From here on junk that is not certain enough to be rejected is called junk, and not only suspected.
const JUNK_FROM: f32 = 0.65;
/// How fast certainty grows with the distance from the threshold.
const STEEPNESS: f32 = 4.0;
/// Where the gate begins to quarantine.
const THRESHOLD: f32 = 1.0;

/// A verdict in the words of an audit, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// What it is.
    pub standing: Standing,
    /// How likely it is that, `0.0..=1.0`: of content that it is content, of junk and of a suspect that it is junk.
    pub confidence: f32,
}

/// How sure a verdict is.
///
/// With `s` as the sum of all weights (junk is positive, content negative), junk is likely by
/// `1 / (1 + e^(-4 (s - 1)))`: one half at the threshold of quarantine, 0.92 where the gate may reject, 0.02 where
/// nothing speaks against a text. What is quarantined with less than 0.65 (a sum of 1.15) is a suspect: that is
/// mostly a text of some sentences which is only short.
pub fn assess(verdict: &Verdict) -> Assessment {
    let sum: f32 = verdict.reasons.iter().map(|reason| reason.weight).sum();
    let likely_junk = 1.0 / (1.0 + (-STEEPNESS * (sum - THRESHOLD)).exp());
    let (standing, confidence) = match verdict.decision {
        Decision::Accept | Decision::Partial => (Standing::Keep, 1.0 - likely_junk),
        Decision::Quarantine if likely_junk < JUNK_FROM => (Standing::Suspect, likely_junk),
        Decision::Quarantine | Decision::Reject => (Standing::Junk, likely_junk),
    };
    Assessment { standing, confidence }
}

#[cfg(test)]
mod tests {
    use atlas_domain::{JunkClass, Reason};
    use rstest::rstest;

    use super::*;

    fn verdict(decision: Decision, weights: &[f32]) -> Verdict {
        Verdict {
            decision,
            class: None,
            reasons: weights
                .iter()
                .map(|weight| Reason {
                    code: "because".to_owned(),
                    class: (*weight > 0.0).then_some(JunkClass::Stub),
                    weight: *weight,
                    evidence: String::new(),
                })
                .collect(),
            gate_version: 1,
        }
    }

    #[rstest]
    #[case::nothing_against(Decision::Accept, &[], Standing::Keep, 0.98)]
    #[case::article(Decision::Accept, &[-1.0, 0.4], Standing::Keep, 1.0)]
    #[case::near_the_threshold(Decision::Accept, &[0.9], Standing::Keep, 0.6)]
    #[case::beginning(Decision::Partial, &[-0.3], Standing::Keep, 0.99)]
    #[case::short(Decision::Quarantine, &[1.0], Standing::Suspect, 0.5)]
    #[case::shorter(Decision::Quarantine, &[1.2], Standing::Junk, 0.69)]
    #[case::short_without_a_sentence(Decision::Quarantine, &[1.0, 0.4], Standing::Junk, 0.83)]
    #[case::certain(Decision::Reject, &[1.0, 0.9], Standing::Junk, 0.97)]
    fn says_how_sure_a_verdict_is(
        #[case] decision: Decision,
        #[case] weights: &[f32],
        #[case] standing: Standing,
        #[case] confidence: f32,
    ) {
        let assessed = assess(&verdict(decision, weights));
        assert_eq!(assessed.standing, standing);
        assert!((assessed.confidence - confidence).abs() < 0.01, "{assessed:?}");
    }
}
