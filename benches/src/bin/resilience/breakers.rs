//! Atlas's breakers: closed, open, from two threads, and looked up by host.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::SystemTime;

use atlas_resilience::breaker::{Breaker, BreakerSettings, Core};
use atlas_resilience::{Breakers, Capacity, Clock, ServiceSettings, Surroundings, TokioClock};

use crate::measure::{Subject, drawn, in_one_thread, in_two_threads};
use crate::work;

pub const HOSTS: usize = 10_000;

pub fn subjects() -> Vec<Subject> {
    let closed = breaker();
    let open = open();
    let one = breaker();
    let two = [breaker(), breaker()];
    let default = Capacity::default();
    let crowded = Capacity {
        hot: 4_096,
        ..default
    };
    vec![
        in_one_thread("Atlas: closed", move || guarded(&closed)),
        in_two_threads("Atlas: closed, two threads, one key", move |_, calls| {
            (0..calls).for_each(|_| guarded(&one));
        }),
        in_two_threads("Atlas: closed, two threads, two keys", move |thread, calls| {
            (0..calls).for_each(|_| guarded(&two[thread]));
        }),
        in_one_thread("Atlas: open, refused", move || {
            let _ = black_box(open.acquire());
        }),
        looked_up("Atlas: looked up, closed, 1 host", default, 1),
        looked_up(
            "Atlas: looked up, closed, 10,000 hosts, default capacity",
            default,
            HOSTS,
        ),
        looked_up(
            "Atlas: looked up, closed, 10,000 hosts, 4,096 at hand",
            crowded,
            HOSTS,
        ),
    ]
}

pub fn host(number: usize) -> String {
    format!("host-{number}.example.org")
}

pub fn surroundings() -> Surroundings {
    Surroundings {
        clock: clock(),
        journal: None,
        observer: None,
        seed: 1,
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::new(SystemTime::now))
}

fn breaker() -> Breaker {
    let clock = clock();
    let mut settings = BreakerSettings::default();
    // The open one must not become due while it is measured.
    settings.open.base = settings.open.cap;
    let core = Core::new(Arc::new(settings), 1, clock.now());
    Breaker::new("host.example.org", core, clock, None)
}

fn open() -> Breaker {
    let breaker = breaker();
    while let Ok(permit) = breaker.acquire() {
        permit.failure("for the bench");
    }
    breaker
}

fn guarded(breaker: &Breaker) {
    if let Ok(permit) = breaker.acquire() {
        let _ = black_box(work());
        black_box(permit.success());
    }
}

/// Hosts in no order, so that neither the processor's cache nor the registry's guesses the next one.
fn looked_up(name: &'static str, capacity: Capacity, hosts: usize) -> Subject {
    let breakers = Breakers::new("bench", ServiceSettings::default(), capacity, surroundings(), []);
    let names: Vec<String> = (0..hosts).map(host).collect();
    names.iter().for_each(|name| drop(breakers.get(name)));
    let state = AtomicUsize::new(1);
    in_one_thread(name, move || guarded(&breakers.get(&names[drawn(&state, hosts)])))
}
