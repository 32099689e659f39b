//! The one way in which these tests wait for another process: by asking again, until a bound that no healthy machine
//! comes near. Nothing else sleeps in order to wait.

use std::time::Duration;

use tokio::time::{interval, timeout};

const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Returns as soon as `condition` holds. After `deadline` the test fails with `what` did not come about.
pub(crate) async fn eventually(deadline: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let mut ticks = interval(ASK_AGAIN);
    let holds = async {
        while !condition().await {
            ticks.tick().await;
        }
    };
    let in_time = timeout(deadline, holds).await.is_ok();
    assert!(in_time, "within {deadline:?} it did not come about that {what}");
}
