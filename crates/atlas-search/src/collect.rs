//! Collecting hits with somebody who may say stop: the engine itself goes through everything that a query matches,
//! however long that takes. It decides nothing about time.

use std::sync::atomic::{AtomicBool, Ordering};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::Weight;
use tantivy::schema::Schema;
use tantivy::{DocId, DocSet as _, Score, SegmentReader, TERMINATED};

/// Matches between two questions whether to stop: a fraction of a millisecond.
const MATCHES_PER_LOOK: u32 = 1_024;

/// Does what `inner` does, with what was matched before `is_over`.
pub(crate) struct Stoppable<'a, C> {
    inner: C,
    is_over: &'a (dyn Fn() -> bool + Sync),
    was_stopped: &'a AtomicBool,
}

impl<'a, C> Stoppable<'a, C> {
    /// Sets `was_stopped` when not everything was looked at.
    pub(crate) fn new(inner: C, is_over: &'a (dyn Fn() -> bool + Sync), was_stopped: &'a AtomicBool) -> Self {
        Self {
            inner,
            is_over,
            was_stopped,
        }
    }

    fn must_stop(&self) -> bool {
        let is_over = (self.is_over)();
        if is_over {
            self.was_stopped.store(true, Ordering::Relaxed);
        }
        is_over
    }
}

impl<C: Collector> Collector for Stoppable<'_, C> {
    type Fruit = C::Fruit;
    type Child = C::Child;

    fn check_schema(&self, schema: &Schema) -> tantivy::Result<()> {
        self.inner.check_schema(schema)
    }

    fn for_segment(&self, number: u32, segment: &SegmentReader) -> tantivy::Result<C::Child> {
        self.inner.for_segment(number, segment)
    }

    fn requires_scoring(&self) -> bool {
        self.inner.requires_scoring()
    }

    fn merge_fruits(&self, fruits: Vec<<C::Child as SegmentCollector>::Fruit>) -> tantivy::Result<C::Fruit> {
        self.inner.merge_fruits(fruits)
    }

    fn collect_segment(
        &self,
        weight: &dyn Weight,
        number: u32,
        segment: &SegmentReader,
    ) -> tantivy::Result<<C::Child as SegmentCollector>::Fruit> {
        let mut child = self.inner.for_segment(number, segment)?;
        if self.must_stop() {
            return Ok(child.harvest());
        }
        let scores = self.requires_scoring();
        let is_alive = |document: DocId| {
            segment
                .alive_bitset()
                .is_none_or(|alive| alive.is_alive(document))
        };
        let mut matches = weight.scorer(segment, 1.0)?;
        let (mut document, mut until_look) = (matches.doc(), MATCHES_PER_LOOK);
        while document != TERMINATED {
            until_look -= 1;
            if until_look == 0 {
                if self.must_stop() {
                    break;
                }
                until_look = MATCHES_PER_LOOK;
            }
            if is_alive(document) {
                let score: Score = if scores { matches.score() } else { 0.0 };
                child.collect(document, score);
            }
            document = matches.advance();
        }
        Ok(child.harvest())
    }
}
