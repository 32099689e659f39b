//! Whether what is wrong reaches anybody outside this machine.

use super::Finding;
use crate::vitals::ChannelView;

/// None at all is a choice, which is told and is no failure. One that nothing gets through is.
pub(super) fn judge(channels: &[ChannelView]) -> Finding {
    if channels.is_empty() {
        return Finding::InOrder(
            "none is set up: nobody outside this machine is told when something is wrong; the guide to alerts says how \
             to set one up"
                .to_owned(),
        );
    }
    let failing: Vec<String> = channels
        .iter()
        .filter_map(|channel| {
            let since = channel.failing_since?;
            Some(format!("nothing gets through {} since {since}", channel.name))
        })
        .collect();
    if failing.is_empty() {
        let names: Vec<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
        return Finding::InOrder(format!("{}; none is known to fail", names.join(", ")));
    }
    Finding::Wrong(format!(
        "{}; `atlas alert test CHANNEL` tells what the receiver says",
        failing.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use atlas_domain::Timestamp;

    use super::*;

    fn channel(name: &str, failing_since: Option<Timestamp>) -> ChannelView {
        ChannelView {
            name: name.to_owned(),
            kind: "email".to_owned(),
            failing_since,
            held_until: None,
        }
    }

    #[test]
    fn to_have_no_channel_is_told_and_is_no_failure() {
        assert!(matches!(judge(&[]), Finding::InOrder(told) if told.contains("none is set up")));
    }

    #[test]
    fn a_channel_that_nothing_gets_through_is_a_failure() {
        let since = Timestamp::from_millis(1_767_225_600_000);
        let found = judge(&[channel("mail", None), channel("chat", Some(since))]);
        let Finding::Wrong(told) = found else {
            panic!("one of them fails");
        };
        assert!(
            told.contains("nothing gets through chat since 2026-01-01T00:00:00Z"),
            "{told}"
        );
        assert!(!told.contains("mail"), "{told}");
        assert!(matches!(judge(&[channel("mail", None)]), Finding::InOrder(_)));
    }
}
