//! What the resilience layer costs a call, beside its peers, a bare call and the clock, in one run:
//! `cargo run --release --manifest-path benches/Cargo.toml --bin resilience [-- PART]`, where PART of a name picks
//! some. It prints one table and never fails on a figure. On a machine that others use too, only several runs count.

mod breakers;
mod measure;
mod peers;
mod policies;
mod rows;

use std::error::Error;
use std::hint::black_box;

use measure::{Subject, in_one_thread};
use tokio::time::Instant;

/// What everything is compared with.
const CLOCK_READ: &str = "one clock read";

fn main() -> Result<(), Box<dyn Error>> {
    let mut subjects = vec![
        in_one_thread("a bare call", bare),
        in_one_thread(CLOCK_READ, read_clock),
        in_one_thread("two clock reads", || {
            read_clock();
            read_clock();
        }),
    ];
    subjects.extend(breakers::subjects());
    subjects.extend(policies::subjects()?);
    subjects.extend(peers::subjects()?);
    subjects.extend(rows::subjects());
    if let Some(part) = std::env::args().nth(1) {
        subjects.retain(|subject| subject.name.contains(&part) || subject.name == CLOCK_READ);
    }
    measure::measure(&mut subjects);
    print(&subjects);
    Ok(())
}

/// What every guarded call guards: nothing that takes time, and nothing that the compiler sees through.
fn bare() {
    let _ = black_box(work());
}

fn work() -> Result<u64, u64> {
    black_box(Ok(1))
}

fn read_clock() {
    black_box(Instant::now());
}

fn print(subjects: &[Subject]) {
    let clock_read = subjects
        .iter()
        .find(|subject| subject.name == CLOCK_READ)
        .map_or(f64::NAN, Subject::best);
    println!(
        "{:<58}{:>12}{:>12}{:>12}{:>14}",
        "ns a call; medians of a round", "best", "median", "worst", "clock reads"
    );
    for subject in subjects {
        println!(
            "{:<58}{:>12.1}{:>12.1}{:>12.1}{:>14.2}",
            subject.name,
            subject.best(),
            subject.median(),
            subject.worst(),
            subject.best() / clock_read
        );
    }
}
