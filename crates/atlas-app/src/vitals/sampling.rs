//! Measures the machine, off the threads that must not wait: a file system that is far away may take long to answer.
//! One look at a time; until it is back nothing is measured, and what was measured before it grows too old to count.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_vitals::Moment;
use atlas_vitals::metrics::catalogue::service::MONITORING_LOOK;
use atlas_vitals::metrics::{Machine, Sample, WrittenPlace, look_at_space};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Looks at the machine.
pub(super) struct Sampling {
    machine: Arc<Mutex<Machine>>,
    places: Arc<[WrittenPlace]>,
    is_looking: Arc<AtomicBool>,
    samples: mpsc::UnboundedSender<Sample>,
}

impl Sampling {
    pub(super) fn new(
        machine: Machine,
        places: Vec<WrittenPlace>,
    ) -> (Self, mpsc::UnboundedReceiver<Sample>) {
        let (samples, taken) = mpsc::unbounded_channel();
        let sampling = Self {
            machine: Arc::new(Mutex::new(machine)),
            places: places.into(),
            is_looking: Arc::default(),
            samples,
        };
        (sampling, taken)
    }

    /// Begins a look at everything, as one of those that come about every `every`, unless the one before it has not come
    /// back.
    pub(super) fn begin(&self, now: Moment, every: Duration) {
        if self.is_looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let (machine, places) = (Arc::clone(&self.machine), Arc::clone(&self.places));
        let (under_way, samples) = (UnderWay(Arc::clone(&self.is_looking)), self.samples.clone());
        tokio::task::spawn_blocking(move || {
            let under_way = under_way;
            let begun_at = Instant::now();
            let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            machine.look_every(every);
            let mut sample = machine.look(now);
            drop(machine);
            look_at_space(&places, &mut sample);
            sample.add(&MONITORING_LOOK, begun_at.elapsed().as_secs_f64());
            drop(under_way);
            // Nobody waits for it any more when the process ends.
            let _ = samples.send(sample);
        });
    }
}

/// However the look ends, there may be another.
pub(super) struct UnderWay(pub(super) Arc<AtomicBool>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
