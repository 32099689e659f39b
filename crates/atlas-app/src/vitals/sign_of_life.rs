//! `SignsOfLife`: lets somebody outside know that somebody here still looks. A sign is given only after a round of the
//! task that looks after the server has come to its end: whoever misses it knows that nobody looks. It is never waited
//! for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use atlas_domain::{CheckOutcome, ProbeTarget, Prober};
use atlas_vitals::Moment;
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::service::SIGN_OF_LIFE;

use super::SignOfLife;

/// Its scope in the policy of probes.
const SCOPE: &str = "sign_of_life";
/// Whoever listens answers soon.
const LONGEST: Duration = Duration::from_secs(20);
const SOURCE: &str = "sign_of_life";

const NONE_YET: u8 = 0;
const ARRIVED: u8 = 1;
const LOST: u8 = 2;

/// Gives signs.
pub(super) struct SignsOfLife {
    prober: Arc<dyn Prober>,
    settings: Option<SignOfLife>,
    next: Moment,
    last: Arc<Last>,
}

/// The last sign.
#[derive(Default)]
struct Last {
    is_under_way: AtomicBool,
    ended: AtomicU8,
}

impl SignsOfLife {
    /// The first sign is due at once.
    pub(super) fn begin(prober: Arc<dyn Prober>, settings: Option<SignOfLife>, now: Moment) -> Self {
        Self {
            prober,
            settings,
            next: now,
            last: Arc::default(),
        }
    }

    /// Takes other settings. Another address hears from it at once.
    pub(super) fn configure(&mut self, settings: Option<SignOfLife>, now: Moment) {
        if self.settings != settings {
            self.settings = settings;
            self.next = now;
            self.last = Arc::default();
        }
    }

    /// When the next is due, if any is given.
    pub(super) fn next_due(&self) -> Option<Moment> {
        self.settings.as_ref().map(|_| self.next)
    }

    /// A round has come to its end: gives a sign, if it is time for one and the last is not on its way any more.
    pub(super) fn give(&mut self, now: Moment) {
        let Some(settings) = self.settings.as_ref().filter(|_| now >= self.next) else {
            return;
        };
        self.next = now.after(settings.every);
        if self.last.is_under_way.swap(true, Ordering::AcqRel) {
            return;
        }
        let target = ProbeTarget::Http(Box::new(settings.target.clone()));
        let limit = settings.every.min(LONGEST);
        let (prober, last) = (Arc::clone(&self.prober), Arc::clone(&self.last));
        tokio::spawn(async move {
            let under_way = UnderWay(last);
            let answer = prober.probe(SCOPE, &target, limit).await;
            let arrived = matches!(answer.outcome, CheckOutcome::Ok | CheckOutcome::Warn);
            under_way.0.note(arrived, &answer.message);
        });
    }

    /// Whether the last one arrived, as a sample; nothing while none has ended.
    pub(super) fn tell(&self, every: Duration) -> Option<Sample> {
        let ended = self.last.ended.load(Ordering::Relaxed);
        if self.settings.is_none() || ended == NONE_YET {
            return None;
        }
        let mut sample = Sample::of(SOURCE, every);
        sample.add(&SIGN_OF_LIFE, f64::from(u8::from(ended == ARRIVED)));
        Some(sample)
    }
}

impl Last {
    /// Said once for each change, not once for each sign.
    fn note(&self, arrived: bool, message: &str) {
        let ended = if arrived { ARRIVED } else { LOST };
        let before = self.ended.swap(ended, Ordering::Relaxed);
        if !arrived && before != LOST {
            tracing::warn!(
                message,
                "the sign of life does not arrive: somebody outside may take this server for dead"
            );
        }
        if arrived && before == LOST {
            tracing::info!("the sign of life arrives again");
        }
    }
}

/// However a sign ends, there may be another.
struct UnderWay(Arc<Last>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.is_under_way.store(false, Ordering::Release);
    }
}
