//! What one try says about the channel. When to try again is not decided here: whoever keeps the message does.

use atlas_domain::{Fate, Receipt, SendFailure};
use atlas_resilience::Judgement;

/// A channel that answers is well, also when it does not want this message, or not yet. Only what is about the channel
/// itself counts against it or pauses it: one mailbox that is busy must not keep every other message waiting.
pub(super) fn judge(result: Result<&Receipt, &SendFailure>) -> Judgement {
    let Err(failure) = result else {
        return Judgement::success();
    };
    match failure.fate {
        Fate::Refused | Fate::NotYet => Judgement::refused(),
        Fate::HeldBack => Judgement::ignored(),
        Fate::NotSent if failure.retry_after.is_some() => {
            Judgement::throttled(failure.retry_after, "asks_for_a_pause")
        }
        Fate::NotSent => Judgement::transient("not_sent"),
        Fate::Unknown => Judgement::transient("lost_while_sending"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use atlas_resilience::breaker::CallResult;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::wants_it_not(Fate::Refused, None, CallResult::Success)]
    #[case::wants_it_later(Fate::NotYet, None, CallResult::Success)]
    #[case::does_not_answer(Fate::NotSent, None, CallResult::Failure)]
    #[case::breaks_off(Fate::Unknown, None, CallResult::Failure)]
    #[case::was_not_asked(Fate::HeldBack, None, CallResult::Ignored)]
    fn a_channel_is_well_if_it_answers(
        #[case] fate: Fate,
        #[case] retry_after: Option<Duration>,
        #[case] health: CallResult,
    ) {
        let failure = SendFailure {
            fate,
            message: String::new(),
            retry_after,
        };
        assert_eq!(judge(Err(&failure)).health, health);
    }

    #[test]
    fn a_channel_that_asks_for_a_pause_gets_it() {
        let pause = Some(Duration::from_secs(30));
        let failure = SendFailure {
            fate: Fate::NotSent,
            message: String::new(),
            retry_after: pause,
        };
        assert_eq!(judge(Err(&failure)).health, CallResult::Throttled { pause });
    }
}
