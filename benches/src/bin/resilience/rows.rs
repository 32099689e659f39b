//! How long a process takes to begin with ten thousand breakers of the one before it.

use atlas_resilience::breaker::{OverlayMode, Phase, StoredBreaker};
use atlas_resilience::{Breakers, Capacity, ServiceSettings};

use crate::breakers::{HOSTS, host, surroundings};
use crate::measure::{Subject, in_batches, nanos_each};

pub fn subjects() -> Vec<Subject> {
    let surroundings = surroundings();
    let now = surroundings.clock.wall();
    let now = now
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64);
    let rows: Vec<_> = (0..HOSTS).map(|number| (host(number), open_since(now))).collect();
    vec![in_batches("Atlas: one of 10,000 rows restored", move || {
        let rows = rows.clone();
        let mut restored = None;
        let nanos = nanos_each(HOSTS, || {
            restored = Some(Breakers::new(
                "bench",
                ServiceSettings::default(),
                Capacity::default(),
                surroundings.clone(),
                rows,
            ));
        });
        assert_eq!(
            restored.map(|breakers| breakers.remembered()),
            Some((0, HOSTS)),
            "every row has a past"
        );
        nanos
    })]
}

fn open_since(wall_millis: i64) -> StoredBreaker {
    StoredBreaker {
        phase: Phase::Open,
        since: wall_millis,
        open_since: Some(wall_millis),
        open_for_ms: 3_600_000,
        not_before: None,
        trips: 3,
        succeeded: 0,
        generation: 5,
        overlay: OverlayMode::Auto,
        overlay_since: wall_millis,
        overlay_for_ms: None,
        overlay_reason: String::new(),
        reason: "HTTP 503 from the other side".to_owned(),
    }
}
