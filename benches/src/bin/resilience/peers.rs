//! The breakers of other crates, each set as near to Atlas's as it can be, around the same call.

use std::future::{Ready, ready};
use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use failsafe::CircuitBreaker as _;
use failsafe::backoff::Constant;
use failsafe::failure_policy::ConsecutiveFailures;
use recloser::Recloser;
use tower::{Service, ServiceExt, service_fn};
use tower_resilience_circuitbreaker::{CircuitBreaker, CircuitBreakerLayer, DefaultClassifier};

use crate::measure::{Subject, in_one_task, in_one_thread, in_two_threads, runtime};
use crate::work;

const FAILURES: u8 = 5;
const OPEN: Duration = Duration::from_secs(3_600);

pub fn subjects() -> io::Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    subjects.extend(of_failsafe());
    subjects.extend(of_recloser());
    subjects.extend(of_tower()?);
    Ok(subjects)
}

fn of_failsafe() -> [Subject; 3] {
    fn breaker() -> failsafe::StateMachine<ConsecutiveFailures<Constant>, ()> {
        let policy = failsafe::failure_policy::consecutive_failures(
            FAILURES.into(),
            failsafe::backoff::constant(OPEN),
        );
        failsafe::Config::new().failure_policy(policy).build()
    }
    let (closed, shared, open) = (breaker(), breaker(), breaker());
    for _ in 0..FAILURES {
        let _ = open.call(|| Err::<u64, u64>(1));
    }
    [
        in_one_thread("failsafe: closed", move || drop(black_box(closed.call(work)))),
        in_two_threads("failsafe: closed, two threads, one key", move |_, calls| {
            (0..calls).for_each(|_| drop(black_box(shared.call(work))));
        }),
        in_one_thread("failsafe: open, refused", move || {
            drop(black_box(open.call(work)))
        }),
    ]
}

fn of_recloser() -> [Subject; 3] {
    fn breaker() -> Recloser {
        Recloser::custom()
            .error_rate(0.5)
            .closed_len(FAILURES.into())
            .open_wait(OPEN)
            .build()
    }
    let (closed, shared, open) = (breaker(), breaker(), breaker());
    // The rate counts once the ring is full.
    for _ in 0..=FAILURES {
        let _ = open.call(|| Err::<u64, u64>(1));
    }
    [
        in_one_thread("recloser: closed", move || drop(black_box(closed.call(work)))),
        in_two_threads("recloser: closed, two threads, one key", move |_, calls| {
            (0..calls).for_each(|_| drop(black_box(shared.call(work))));
        }),
        in_one_thread("recloser: open, refused", move || {
            drop(black_box(open.call(work)))
        }),
    ]
}

type Answering = fn(bool) -> Ready<Result<u64, u64>>;
type Guarded = CircuitBreaker<tower::util::ServiceFn<Answering>, DefaultClassifier>;

/// A service, so every call is a future, and needs a runtime.
fn of_tower() -> io::Result<[Subject; 3]> {
    fn breaker() -> io::Result<Guarded> {
        let layer = CircuitBreakerLayer::builder()
            .consecutive_failures(FAILURES.into())
            .wait_duration_in_open(OPEN)
            .build()
            .map_err(io::Error::other)?;
        let answer: Answering = |well| ready(if well { work() } else { Err(1) });
        Ok(layer.layer_fn(service_fn(answer)))
    }
    async fn call(mut service: Guarded, calls: usize, well: bool) {
        for _ in 0..calls {
            if let Ok(service) = service.ready().await {
                let _ = black_box(service.call(well).await);
            }
        }
    }
    let (closed, shared, open) = (breaker()?, breaker()?, breaker()?);
    runtime()?.block_on(call(open.clone(), FAILURES.into(), false));
    let shared = Arc::new(shared);
    Ok([
        in_one_task("tower-resilience: closed", move |calls| {
            call(closed.clone(), calls, true)
        })?,
        in_two_threads(
            "tower-resilience: closed, two threads, one key",
            move |_, calls| {
                if let Ok(runtime) = runtime() {
                    runtime.block_on(call((*shared).clone(), calls, true));
                }
            },
        ),
        in_one_task("tower-resilience: open, refused", move |calls| {
            call(open.clone(), calls, true)
        })?,
    ])
}
