//! What retries cost, and how an empty budget fills again, on a clock that stands still.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const THROTTLED: RetryClass = RetryClass::Throttled { retry_after: None };

const fn at(secs: u64) -> Moment {
    Moment::from_nanos(secs * 1_000_000_000)
}

/// How many retries in a row the budget grants at that moment.
fn retries(budget: &RetryBudget, scope: &str, class: RetryClass, now: Moment) -> u32 {
    let mut count = 0;
    while budget.take_retry(scope, class, now).is_ok() {
        count += 1;
    }
    count
}

#[rstest]
#[case::throttled(THROTTLED, 50)]
#[case::transient(RetryClass::Transient, 25)]
#[case::timeout(RetryClass::Timeout, 10)]
#[case::permanent(RetryClass::Permanent, 0)]
fn a_full_bucket_pays_for_so_many_retries(#[case] class: RetryClass, #[case] expected: u32) {
    let budget = RetryBudget::new(BudgetSettings::default());
    assert_eq!(retries(&budget, "a", class, at(0)), expected);
}

#[test]
fn ten_successes_pay_for_one_retry() {
    let budget = RetryBudget::new(BudgetSettings::default());
    retries(&budget, "a", RetryClass::Transient, at(0));
    for _ in 0..9 {
        budget.credit_success("a", at(0));
    }
    assert_eq!(retries(&budget, "a", RetryClass::Transient, at(0)), 0);
    budget.credit_success("a", at(0));
    assert_eq!(retries(&budget, "a", RetryClass::Transient, at(0)), 1);
}

#[test]
fn time_alone_fills_the_bucket_and_no_further() {
    let budget = RetryBudget::new(BudgetSettings::default());
    retries(&budget, "a", THROTTLED, at(0));
    assert_eq!(budget.service_tokens(at(9)), 0);
    assert_eq!(budget.service_tokens(at(10)), 1);
    assert_eq!(retries(&budget, "a", THROTTLED, at(35)), 3);
    assert_eq!(retries(&budget, "a", THROTTLED, at(1_000_000)), 50);
}

#[test]
fn frequent_changes_lose_no_time() {
    let budget = RetryBudget::new(BudgetSettings {
        success_credit_thousandths: 0,
        ..BudgetSettings::default()
    });
    retries(&budget, "a", THROTTLED, at(0));
    // Each too soon after the one before for a thousandth of a token.
    for nanos in (0..10_000_000_000).step_by(3_333_333) {
        budget.credit_success("a", Moment::from_nanos(nanos));
        assert_eq!(retries(&budget, "a", THROTTLED, Moment::from_nanos(nanos)), 0);
    }
    assert_eq!(retries(&budget, "a", THROTTLED, at(10)), 1);
}

#[test]
fn a_time_before_the_last_one_gives_nothing() {
    let budget = RetryBudget::new(BudgetSettings::default());
    retries(&budget, "a", THROTTLED, at(1_000));
    assert_eq!(retries(&budget, "a", THROTTLED, at(0)), 0);
    assert_eq!(retries(&budget, "a", THROTTLED, at(1_010)), 1);
}

#[test]
fn a_scope_that_used_up_its_own_leaves_something_to_the_others() {
    let budget = RetryBudget::new(BudgetSettings {
        scope_tokens: 10,
        ..BudgetSettings::default()
    });
    assert_eq!(retries(&budget, "bad", RetryClass::Transient, at(0)), 5);
    assert_eq!(
        budget.take_retry("bad", RetryClass::Transient, at(0)),
        Err(BudgetExhausted::Scope)
    );
    assert_eq!(budget.take_retry("good", RetryClass::Transient, at(0)), Ok(()));
}

#[test]
fn many_scopes_together_cannot_exceed_the_services_budget() {
    let budget = RetryBudget::new(BudgetSettings {
        scope_tokens: 10,
        ..BudgetSettings::default()
    });
    let granted: u32 = ["a", "b", "c", "d", "e", "f", "g"]
        .iter()
        .map(|scope| retries(&budget, scope, RetryClass::Transient, at(0)))
        .sum();
    assert_eq!(granted, 25);
    assert_eq!(
        budget.take_retry("h", RetryClass::Transient, at(0)),
        Err(BudgetExhausted::Service)
    );
}

#[test]
fn a_refusal_takes_from_neither_bucket() {
    let settings = BudgetSettings {
        service_tokens: 6,
        scope_tokens: 4,
        ..BudgetSettings::default()
    };
    let budget = RetryBudget::new(settings);
    assert_eq!(
        budget.take_retry("a", RetryClass::Timeout, at(0)),
        Err(BudgetExhausted::Scope)
    );
    assert_eq!(
        (budget.service_tokens(at(0)), budget.scope_tokens("a", at(0))),
        (6, 4)
    );
    assert_eq!(retries(&budget, "a", RetryClass::Transient, at(0)), 2);
    assert_eq!(
        budget.take_retry("b", RetryClass::Timeout, at(0)),
        Err(BudgetExhausted::Service)
    );
    assert_eq!(
        (budget.service_tokens(at(0)), budget.scope_tokens("b", at(0))),
        (2, 4)
    );
}

#[test]
fn a_scope_that_is_full_again_is_forgotten() {
    let budget = RetryBudget::new(BudgetSettings::default());
    budget.credit_success("never failed", at(0));
    assert_eq!(budget.remembered_scopes(), 0);
    budget.take_retry("a", RetryClass::Transient, at(0)).unwrap();
    assert_eq!(budget.remembered_scopes(), 1);
    for _ in 0..10 {
        budget.credit_success("a", at(0));
    }
    assert_eq!(budget.remembered_scopes(), 0);
}

#[test]
fn a_budget_is_full_until_a_retry_and_again_when_what_it_took_has_come_back() {
    let budget = RetryBudget::new(BudgetSettings::default());
    budget.credit_success("a", at(0));
    assert!(budget.is_full(), "nothing can be added to it");
    budget.take_retry("a", RetryClass::Transient, at(0)).unwrap();
    for success in 0..10 {
        assert!(!budget.is_full(), "after {success} successes");
        budget.credit_success("a", at(0));
    }
    assert!(budget.is_full());
    assert_eq!(
        (budget.service_tokens(at(0)), budget.scope_tokens("a", at(0))),
        (50, 50)
    );
}

#[test]
fn a_budget_that_time_has_filled_is_full_although_the_scope_that_retried_is_called_no_more() {
    let budget = RetryBudget::new(BudgetSettings::default());
    budget.take_retry("gone", THROTTLED, at(0)).unwrap();
    budget.credit_success("other", at(9));
    assert!(!budget.is_full(), "a token comes back in ten seconds");
    budget.credit_success("other", at(11));
    assert!(budget.is_full());
    assert_eq!(budget.remembered_scopes(), 0);
}

#[test]
fn the_number_of_scopes_is_bounded_and_the_deepest_in_debt_stay() {
    let budget = RetryBudget::new(BudgetSettings {
        max_scopes: 2,
        ..BudgetSettings::default()
    });
    budget.take_retry("a lot", RetryClass::Timeout, at(0)).unwrap();
    budget.take_retry("a little", THROTTLED, at(0)).unwrap();
    budget.take_retry("some", RetryClass::Transient, at(0)).unwrap();
    assert_eq!(budget.remembered_scopes(), 2);
    let left = ["a lot", "a little", "some"].map(|scope| budget.scope_tokens(scope, at(0)));
    assert_eq!(left, [45, 50, 48]);
}

#[test]
fn scopes_that_time_has_filled_make_room_first() {
    let budget = RetryBudget::new(BudgetSettings {
        max_scopes: 2,
        ..BudgetSettings::default()
    });
    budget.take_retry("long ago", THROTTLED, at(0)).unwrap();
    budget.take_retry("today", THROTTLED, at(100)).unwrap();
    budget.take_retry("now", RetryClass::Timeout, at(100)).unwrap();
    let left = ["today", "now"].map(|scope| budget.scope_tokens(scope, at(100)));
    assert_eq!(left, [49, 45]);
}

#[rstest]
#[case::endless_refill(BudgetSettings { refill_every: Duration::ZERO, ..BudgetSettings::default() }, 50)]
#[case::no_refill(BudgetSettings { refill_every: Duration::MAX, ..BudgetSettings::default() }, 0)]
#[case::nothing_at_all(BudgetSettings { service_tokens: 0, scope_tokens: 0, ..BudgetSettings::default() }, 0)]
#[case::largest(BudgetSettings { service_tokens: u32::MAX, scope_tokens: u32::MAX, throttled_price: u32::MAX, ..BudgetSettings::default() }, 0)]
fn absurd_settings_do_not_overflow(#[case] settings: BudgetSettings, #[case] after_ages: u32) {
    let budget = RetryBudget::new(BudgetSettings {
        success_credit_thousandths: u32::MAX,
        ..settings
    });
    retries(&budget, "a", THROTTLED, at(0));
    assert_eq!(
        retries(&budget, "a", THROTTLED, Moment::from_nanos(u64::MAX)),
        after_ages
    );
    budget.credit_success("a", Moment::from_nanos(u64::MAX));
}

#[test]
fn threads_share_one_budget() {
    let budget = RetryBudget::new(BudgetSettings::default());
    let granted = AtomicU32::new(0);
    std::thread::scope(|threads| {
        for scope in ["a", "b", "c", "d"] {
            threads.spawn(|| granted.fetch_add(retries(&budget, scope, THROTTLED, at(0)), Ordering::SeqCst));
        }
    });
    assert_eq!(granted.into_inner(), 50);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Retry(usize, RetryClass),
    Success(usize),
    Wait(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![
        Just(THROTTLED),
        Just(RetryClass::Transient),
        Just(RetryClass::Timeout)
    ];
    prop_oneof![
        6 => (0..3_usize, class).prop_map(|(scope, class)| Step::Retry(scope, class)),
        2 => (0..3_usize).prop_map(Step::Success),
        1 => (0..20_000_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Counted independently, in thousandths of a token: what was spent is at most what was there and what came in,
    /// for the service and for each scope.
    #[test]
    fn retries_never_exceed_the_budget_and_what_came_in(steps in proptest::collection::vec(any_step(), 1..400)) {
        let settings = BudgetSettings { scope_tokens: 20, ..BudgetSettings::default() };
        let budget = RetryBudget::new(settings);
        let names = ["a", "b", "c"];
        let (mut spent, mut earned, mut elapsed_ms) = ([0_u64; 3], [0_u64; 3], 0_u64);
        for step in steps {
            let now = Moment::from_nanos(elapsed_ms * 1_000_000);
            match step {
                Step::Wait(ms) => elapsed_ms += ms,
                Step::Success(scope) => {
                    budget.credit_success(names[scope], now);
                    earned[scope] += 200;
                }
                Step::Retry(scope, class) => {
                    if budget.take_retry(names[scope], class, now).is_ok() {
                        spent[scope] += match class {
                            RetryClass::Timeout => 5_000,
                            RetryClass::Transient => 2_000,
                            _ => 1_000,
                        };
                    }
                }
            }
            let refilled = elapsed_ms / 10;
            for scope in 0..3 {
                prop_assert!(spent[scope] <= 20_000 + earned[scope] + refilled);
            }
            prop_assert!(spent.iter().sum::<u64>() <= 50_000 + earned.iter().sum::<u64>() + refilled);
            if budget.is_full() {
                let now = Moment::from_nanos(elapsed_ms * 1_000_000);
                prop_assert_eq!(budget.service_tokens(now), 50);
                prop_assert_eq!(names.map(|scope| budget.scope_tokens(scope, now)), [20; 3]);
            }
        }
    }

    #[test]
    fn nobody_is_locked_out_for_long(steps in proptest::collection::vec(any_step(), 1..100)) {
        let budget = RetryBudget::new(BudgetSettings::default());
        for step in steps {
            if let Step::Retry(scope, class) = step {
                let _either = budget.take_retry(["a", "b", "c"][scope], class, at(0));
            }
        }
        prop_assert_eq!(budget.take_retry("a", RetryClass::Timeout, at(50)), Ok(()));
    }
}
