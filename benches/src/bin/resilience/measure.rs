//! How anything here is measured: in rounds, in each of which every subject has its turn, so that what disturbs the
//! machine meets all of them. It knows nothing of what it measures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const ROUNDS: usize = 15;
/// Of each subject in each round; their median is what the round says about it.
const BATCHES: usize = 21;
const CALLS_IN_ONE_THREAD: usize = 2_000;
/// Long enough that the threads' beginnings, which are never at the same moment, do not matter.
const CALLS_IN_EACH_OF_TWO: usize = 20_000;

/// Something whose calls take time.
pub struct Subject {
    pub name: &'static str,
    /// Nanoseconds a call, of one batch.
    batch: Box<dyn Fn() -> f64>,
    /// Of each round.
    medians: Vec<f64>,
}

/// Takes turns until all is measured.
pub fn measure(subjects: &mut [Subject]) {
    for _ in 0..ROUNDS {
        for subject in &mut *subjects {
            let batches = (0..BATCHES).map(|_| (subject.batch)()).collect();
            subject.medians.push(middle(batches));
        }
    }
}

/// Calls from one thread.
pub fn in_one_thread(name: &'static str, call: impl Fn() + 'static) -> Subject {
    in_batches(name, move || {
        nanos_each(CALLS_IN_ONE_THREAD, || {
            (0..CALLS_IN_ONE_THREAD).for_each(|_| call())
        })
    })
}

/// Calls that wait for a future, in a loop that is one itself.
pub fn in_one_task<Running>(
    name: &'static str,
    run: impl Fn(usize) -> Running + 'static,
) -> std::io::Result<Subject>
where
    Running: Future<Output = ()>,
{
    let runtime = runtime()?;
    Ok(in_batches(name, move || {
        nanos_each(CALLS_IN_ONE_THREAD, || runtime.block_on(run(CALLS_IN_ONE_THREAD)))
    }))
}

/// The same calls from two threads at once: what one call takes in its own thread. `run` is told which of the two it is,
/// and makes that many calls.
pub fn in_two_threads(name: &'static str, run: impl Fn(usize, usize) + Send + Sync + 'static) -> Subject {
    in_batches(name, move || {
        let begun = AtomicUsize::new(0);
        let in_thread = |thread: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            while begun.load(Ordering::SeqCst) < 2 {
                std::hint::spin_loop();
            }
            nanos_each(CALLS_IN_EACH_OF_TWO, || run(thread, CALLS_IN_EACH_OF_TWO))
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| in_thread(1));
            let own = in_thread(0);
            other.join().map_or(f64::NAN, |others| own.midpoint(others))
        })
    })
}

/// `batch` says what one call took.
pub fn in_batches(name: &'static str, batch: impl Fn() -> f64 + 'static) -> Subject {
    Subject {
        name,
        batch: Box::new(batch),
        medians: Vec::new(),
    }
}

/// What each of `count` things took that are done in `all`.
pub fn nanos_each(count: usize, all: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    all();
    begun.elapsed().as_nanos() as f64 / count as f64
}

/// The kind that a program of one thread has.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
}

/// A number below `bound`, another each time, the same in every run.
pub fn drawn(state: &AtomicUsize, bound: usize) -> usize {
    let number = state
        .load(Ordering::Relaxed)
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    state.store(number, Ordering::Relaxed);
    (number >> 33) % bound
}

impl Subject {
    pub fn best(&self) -> f64 {
        self.medians.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub fn median(&self) -> f64 {
        middle(self.medians.clone())
    }

    pub fn worst(&self) -> f64 {
        self.medians.iter().copied().fold(0.0, f64::max)
    }
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
