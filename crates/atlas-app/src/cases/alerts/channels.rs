//! Trying a channel: a real message, and what its receiver really says.

use atlas_domain::Receipt;

use super::App;
use crate::error::AppError;
use crate::views::alerts::ChannelTest;
use crate::vitals::{ChannelView, TestFailure};

impl App {
    /// Sends a real message through the channel of that name. One that was not taken is an error, in the receiver's own
    /// words.
    pub async fn try_channel(&self, name: &str) -> Result<ChannelTest, AppError> {
        match self.test_channel(name).await {
            Ok(receipt) => Ok(ChannelTest {
                channel: name.to_owned(),
                answer: in_words(&receipt),
            }),
            Err(unknown @ TestFailure::Unknown { .. }) => Err(AppError::NoSuch(unknown.to_string())),
            Err(TestFailure::Failed(failure)) => Err(AppError::NotDelivered(failure.message)),
        }
    }

    /// The channels, and since when they fail as far as anybody knows; none where even the channels are unknown.
    pub(crate) async fn known_channels(&self) -> Option<Vec<ChannelView>> {
        if let Some(health) = self.health().await {
            return Some(health.channels);
        }
        let known = self.channels()?.known().into_iter();
        let views = known.map(|channel| ChannelView {
            name: channel.name,
            kind: channel.kind.to_owned(),
            failing_since: None,
            held_until: None,
        });
        Some(views.collect())
    }
}

/// The receiver's own words, and whom it did not take the message for.
fn in_words(receipt: &Receipt) -> String {
    let misses = receipt.misses();
    if misses.is_empty() {
        receipt.answer.clone()
    } else {
        format!("{}; {misses}", receipt.answer)
    }
}
