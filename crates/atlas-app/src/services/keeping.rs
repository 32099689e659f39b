//! What a process does for its breakers as long as it runs: what changes is written, and what slept with the machine or
//! has no past any more is seen to. It decides about no call.

use std::time::Duration;

use atlas_resilience::BreakerStore;

use super::Services;

/// How long the end of the process waits for the state of breakers to be written.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);
/// How often both clocks are compared, and how far they may part before the machine must have slept.
const COMPARE_CLOCKS: Duration = Duration::from_secs(10);
const SLEPT: Duration = Duration::from_secs(5);
/// How often breakers whose past is over are forgotten, in comparisons of the clocks.
const FORGET_EVERY: u32 = 60;

impl Services {
    /// Writes what changes, for ever; drop the future to stop.
    pub async fn keep_in(&self, store: &dyn BreakerStore) {
        let mut failures = 0_u32;
        let failed = |failure: &_| {
            failures = failures.saturating_add(1);
            // The first, the second, the fourth: a disk that stays full need not be told of every second.
            if failures.is_power_of_two() {
                tracing::warn!(%failure, failures, "it stays in memory and is tried again");
            }
        };
        self.journal.write_to(store, failed).await;
    }

    /// Looks after breakers, for ever: what has slept with the machine is due earlier, and those whose past is over
    /// are forgotten. Drop the future to stop.
    pub async fn tend(&self) {
        let mut ticks = tokio::time::interval(COMPARE_CLOCKS);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut now, mut wall) = (self.clock.now(), self.clock.wall());
        for tick in 1_u32.. {
            ticks.tick().await;
            let (earlier, earlier_wall) = (now, wall);
            (now, wall) = (self.clock.now(), self.clock.wall());
            let passed = wall.duration_since(earlier_wall).unwrap_or_default();
            let slept = passed.saturating_sub(now.since(earlier));
            if slept > SLEPT {
                tracing::info!(
                    ?slept,
                    "the machine slept, or its clock was set: open circuit breakers are due earlier"
                );
                self.egress.slept(slept);
                self.all().for_each(|service| service.breakers().slept(slept));
            }
            if tick.is_multiple_of(FORGET_EVERY) {
                self.all()
                    .for_each(|service| service.breakers().forget_the_well());
            }
        }
    }

    /// Writes what has not been written, before the process ends. What takes too long stays unwritten: it costs a
    /// few failures or one probe.
    pub async fn flush_to(&self, store: &dyn BreakerStore) {
        match tokio::time::timeout(FLUSH_LIMIT, self.journal.write_once(store)).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::warn!(%failure, "the last changes are lost"),
            Err(_elapsed) => tracing::warn!("the state of circuit breakers was not written in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use atlas_resilience::{Clock, ManualClock, Reach};

    use super::*;
    use crate::metrics::Metrics;
    use crate::services::Inheritance;

    const HOUR: Duration = Duration::from_hours(1);

    fn take_network_down(services: &Services) {
        for host in 0..8 {
            let scope = format!("host-{host}");
            services
                .egress
                .pass(&scope)
                .expect("it is up")
                .report(Reach::NotReached);
        }
        assert!(services.egress.is_down());
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_that_was_down_before_the_machine_slept_is_tried_soon_after() {
        let clock = Arc::new(ManualClock::starting_at(HOUR));
        let inheritance = Inheritance {
            rows: Vec::new(),
            next_number: 1,
            unreadable: None,
        };
        let services = Services::new(
            Vec::new(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            7,
            inheritance,
            Arc::<Metrics>::default(),
        );
        take_network_down(&services);
        assert!(services.egress.pass("other").is_err());
        let sleeping = async {
            tokio::time::sleep(COMPARE_CLOCKS / 2).await;
            clock.set_wall(HOUR * 9); // the lid was closed for eight hours
            tokio::time::sleep(COMPARE_CLOCKS).await;
        };
        tokio::select! {
            () = services.tend() => unreachable!("it tends for ever"),
            () = sleeping => {}
        }
        assert!(services.egress.pass("other").is_ok());
    }
}
