//! One bucket of tokens, counted in thousandths. A value: time is a parameter, and nothing is shared.

use std::time::Duration;

use crate::clock::Moment;

/// A level that rises by itself with time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    level_thousandths: u64,
    /// Up to here, time has been turned into tokens.
    refilled_at: Moment,
}

/// What is the same for all buckets of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct BucketShape {
    capacity_thousandths: u64,
    thousandth_every_nanos: u64,
}

impl BucketShape {
    pub(super) fn new(capacity_tokens: u32, refill_every: Duration) -> Self {
        let nanos = u64::try_from(refill_every.as_nanos() / 1_000).unwrap_or(u64::MAX);
        Self {
            capacity_thousandths: thousandths(capacity_tokens),
            thousandth_every_nanos: nanos.max(1),
        }
    }
}

impl Bucket {
    pub(super) const fn full(shape: BucketShape, now: Moment) -> Self {
        Self {
            level_thousandths: shape.capacity_thousandths,
            refilled_at: now,
        }
    }

    /// The same bucket with what time has brought since. Time that is not yet worth a thousandth is kept for the
    /// next look, unless the bucket is full: nobody saves up beyond that.
    pub(super) fn refilled(self, shape: BucketShape, now: Moment) -> Self {
        let elapsed_nanos = now.nanos().saturating_sub(self.refilled_at.nanos());
        let gained = elapsed_nanos / shape.thousandth_every_nanos;
        let level_thousandths = self.level_thousandths.saturating_add(gained);
        if level_thousandths >= shape.capacity_thousandths {
            return Self::full(shape, now.max(self.refilled_at));
        }
        Self {
            level_thousandths,
            refilled_at: Moment::from_nanos(self.refilled_at.nanos() + gained * shape.thousandth_every_nanos),
        }
    }

    /// `None` when there is not enough in it.
    pub(super) fn without(self, price_thousandths: u64) -> Option<Self> {
        let level_thousandths = self.level_thousandths.checked_sub(price_thousandths)?;
        Some(Self {
            level_thousandths,
            ..self
        })
    }

    pub(super) fn credited(self, shape: BucketShape, credit_thousandths: u64) -> Self {
        let level = self.level_thousandths.saturating_add(credit_thousandths);
        Self {
            level_thousandths: level.min(shape.capacity_thousandths),
            ..self
        }
    }

    /// When time alone will have filled it.
    pub(super) fn full_at(self, shape: BucketShape) -> Moment {
        let missing = shape.capacity_thousandths.saturating_sub(self.level_thousandths);
        let nanos = missing.saturating_mul(shape.thousandth_every_nanos);
        Moment::from_nanos(self.refilled_at.nanos().saturating_add(nanos))
    }

    pub(super) const fn is_full(self, shape: BucketShape) -> bool {
        self.level_thousandths >= shape.capacity_thousandths
    }

    pub(super) const fn level_thousandths(self) -> u64 {
        self.level_thousandths
    }

    pub(super) fn whole_tokens(self) -> u32 {
        u32::try_from(self.level_thousandths / 1_000).unwrap_or(u32::MAX)
    }
}

pub(super) fn thousandths(tokens: u32) -> u64 {
    u64::from(tokens) * 1_000
}
