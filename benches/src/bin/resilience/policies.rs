//! Atlas's whole policy, of which a call meets every layer, and the same layer by layer.

use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use atlas_resilience::{
    Breakers, BudgetSettings, Bulkhead, Call, Capacity, Deadline, Egress, EgressSettings, Judgement, Pace,
    Policy, RetryBudget, RetryPlan, Retrying, ServiceSettings, Surroundings,
};

use crate::breakers::{HOSTS, host, surroundings};
use crate::measure::{Subject, drawn, in_one_task};
use crate::work;

pub fn subjects() -> io::Result<Vec<Subject>> {
    let bare = || Policy::new("bench", Duration::from_secs(10));
    Ok(vec![
        running("Atlas: policy, time limit alone", bare(), 1)?,
        running("Atlas: policy, rate limit", bare().with_pace(pace()), 1)?,
        running("Atlas: policy, bulkhead", bare().with_bulkhead(bulkhead()), 1)?,
        running("Atlas: policy, breaker", bare().with_breakers(breakers()), 1)?,
        running("Atlas: policy, budget", bare().with_retrying(retrying()), 1)?,
        running(
            "Atlas: policy, guard of the network",
            bare().with_egress(egress()),
            1,
        )?,
        running("Atlas: whole policy, 1 host", whole(), 1)?,
        running(
            "Atlas: whole policy and guard, 1 host",
            whole().with_egress(egress()),
            1,
        )?,
        running("Atlas: whole policy, 10,000 hosts", whole(), HOSTS)?,
        running(
            "Atlas: whole policy and guard, 10,000 hosts",
            whole().with_egress(egress()),
            HOSTS,
        )?,
    ])
}

/// Budget, rate limit, bulkhead, breaker, time limit for the attempt and for the call.
fn whole() -> Policy {
    Policy::new("bench", Duration::from_secs(10))
        .with_overall_timeout(Duration::from_secs(60))
        .with_pace(pace())
        .with_bulkhead(bulkhead())
        .with_breakers(breakers())
        .with_retrying(retrying())
}

/// So generous that nobody ever waits.
fn pace() -> Pace {
    Pace::new(Duration::from_nanos(1), NonZeroU32::MAX)
}

fn bulkhead() -> Bulkhead {
    const ROOM: NonZeroU32 = NonZeroU32::new(16).unwrap();
    Bulkhead::new(ROOM, ROOM)
}

fn breakers() -> Breakers {
    let capacity = Capacity::default();
    Breakers::new("bench", ServiceSettings::default(), capacity, surroundings(), [])
}

fn retrying() -> Retrying {
    let Surroundings { clock, seed, .. } = surroundings();
    let budget = Arc::new(RetryBudget::new(BudgetSettings::default()));
    Retrying::new(RetryPlan::default(), budget, clock, seed)
}

fn egress() -> Egress {
    Egress::new(EgressSettings::default(), surroundings().clock)
}

fn running(name: &'static str, policy: Policy, hosts: usize) -> io::Result<Subject> {
    let names: Arc<[String]> = (0..hosts).map(host).collect();
    let policy = Arc::new(policy);
    let state = Arc::new(AtomicUsize::new(1));
    in_one_task(name, move |calls| {
        let (policy, names, state) = (Arc::clone(&policy), Arc::clone(&names), Arc::clone(&state));
        async move {
            let deadline = Deadline::after(Duration::from_secs(3_600));
            for _ in 0..calls {
                let call = Call::repeatable(&names[drawn(&state, names.len())], deadline);
                let judge = |_: Result<&u64, &u64>| Judgement::success();
                let _ = std::hint::black_box(policy.run(call, judge, async |_| work()).await);
            }
        }
    })
}
