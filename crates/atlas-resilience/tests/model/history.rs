//! What can happen to a breaker, and histories of it: settings, and everything that happened since. A history
//! decides nothing.

use std::time::Duration;

use atlas_resilience::breaker::{
    BreakerSettings, CallResult, OpenTime, OverlayMode, Probing, Rate, SlowCalls, TripRules, WindowKind,
};
use proptest::option::of;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use crate::naive::World;

/// One thing that happens. All times are whole milliseconds, as they are stored; a sleep is whole seconds, the parts
/// of the windows of time.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Ask,
    /// One of the calls under way ends.
    Finish {
        which: usize,
        result: CallResult,
    },
    Overlay {
        mode: OverlayMode,
        lasts: Option<Duration>,
    },
    Reset,
    Wait(Duration),
    Sleep(Duration),
    /// The process ends and comes back; meanwhile somebody puts the wall clock right.
    Restart {
        gap: Duration,
        step_secs: i64,
    },
}

/// Everything that happened to one breaker.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) settings: BreakerSettings,
    pub(crate) operations: Vec<Operation>,
}

impl History {
    /// What has come of it, computed from the beginning.
    pub(crate) fn replay(&self) -> World {
        let mut world = World::at_the_beginning(&self.settings);
        for operation in &self.operations {
            world.live(operation);
        }
        world
    }
}

impl ReferenceStateMachine for History {
    type State = Self;
    type Transition = Operation;

    fn init_state() -> BoxedStrategy<Self> {
        any_settings()
            .prop_map(|settings| Self {
                settings,
                operations: Vec::new(),
            })
            .boxed()
    }

    fn transitions(history: &Self) -> BoxedStrategy<Operation> {
        let rest = history.replay().rest();
        let just_before = rest.saturating_sub(Duration::from_millis(1));
        prop_oneof![
            16 => Just(Operation::Ask),
            16 => (any::<usize>(), any_result()).prop_map(|(which, result)| Operation::Finish { which, result }),
            2 => millis(0..3_000).prop_map(Operation::Wait),
            2 => millis(0..90_000).prop_map(Operation::Wait),
            1 => millis(0..86_400_000).prop_map(Operation::Wait),
            5 => Just(Operation::Wait(rest)),
            1 => Just(Operation::Wait(just_before)),
            1 => (any_overlay(), of(millis(0..100_000)))
                .prop_map(|(mode, lasts)| Operation::Overlay { mode, lasts }),
            1 => Just(Operation::Overlay { mode: OverlayMode::Auto, lasts: None }),
            1 => Just(Operation::Reset),
            1 => (1_u64..28_800).prop_map(|seconds| Operation::Sleep(Duration::from_secs(seconds))),
            2 => (millis(0..60_000), prop::sample::select(vec![0, 0, -3_600, 86_400]))
                .prop_map(|(gap, step_secs)| Operation::Restart { gap, step_secs }),
        ]
        .boxed()
    }

    fn apply(mut history: Self, operation: &Operation) -> Self {
        history.operations.push(operation.clone());
        history
    }
}

fn any_result() -> impl Strategy<Value = CallResult> {
    prop_oneof![
        5 => Just(CallResult::Success),
        5 => Just(CallResult::Failure),
        1 => Just(CallResult::Outage),
        2 => Just(CallResult::Ignored),
        1 => of(millis(0..100_000_000)).prop_map(|pause| CallResult::Throttled { pause }),
        1 => of(millis(0..100_000)).prop_map(|pause| CallResult::Throttled { pause }),
    ]
}

fn any_overlay() -> impl Strategy<Value = OverlayMode> {
    prop::sample::select(OverlayMode::ALL.to_vec())
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn any_settings() -> impl Strategy<Value = BreakerSettings> {
    let rate = || (1_u32..=100, 1_u32..=5).prop_map(|(percent, min_calls)| Rate { percent, min_calls });
    let slow = (500_u64..5_000, rate()).prop_map(|(millis, rate)| SlowCalls {
        slower_than: Duration::from_millis(millis),
        rate,
    });
    let window = prop_oneof![
        (5_u32..10).prop_map(WindowKind::Calls),
        Just(WindowKind::Time(Duration::from_secs(10))),
    ];
    let trip = (of(1_u32..4), of(rate()), of(slow), window).prop_map(
        |(consecutive_failures, failure_rate, slow_calls, window)| TripRules {
            consecutive_failures,
            failure_rate,
            slow_calls,
            window,
        },
    );
    let open = (1_000_u64..60_000, 0_u64..600_000, 1_u32..4).prop_map(|(base, more, growth)| OpenTime {
        base: Duration::from_millis(base),
        cap: Duration::from_millis(base + more),
        growth,
        jitter_percent: 0,
    });
    let probing = (1_u32..4, 1_u32..4, 1_000_u64..60_000, 100_u64..1_000).prop_map(
        |(concurrent, successes_to_close, max_age, retry_after)| Probing {
            concurrent,
            successes_to_close,
            max_age: Duration::from_millis(max_age),
            retry_after: Duration::from_millis(retry_after),
        },
    );
    (trip, open, probing, millis(1..60_000)).prop_map(|(trip, open, probing, throttle_pause)| {
        BreakerSettings {
            trip,
            open,
            probing,
            throttle_pause,
        }
    })
}
