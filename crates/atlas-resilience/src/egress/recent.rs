//! The last call of each scope within the window, counted. A call costs the same however many scopes there are: most
//! only correct the time of their scope. It does not decide what the counts mean.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;

#[derive(Debug, Default)]
pub(super) struct Recent {
    last: HashMap<Arc<str>, Last>,
    /// Each scope once, by the time of a call that was its last one when it came here. So whichever has left the
    /// window lies in front; those of which a later call is known by then go back.
    by_age: BinaryHeap<Reverse<(Moment, Arc<str>)>>,
    not_reached: usize,
}

#[derive(Debug)]
struct Last {
    at: Moment,
    was_reached: bool,
}

impl Recent {
    /// Notes a call that has just ended, after letting go of what left the window.
    pub(super) fn note(&mut self, scope: &str, was_reached: bool, now: Moment, window: Duration) {
        self.slide(now, window);
        self.not_reached += usize::from(!was_reached);
        if let Some(last) = self.last.get_mut(scope) {
            self.not_reached -= usize::from(!last.was_reached);
            // Clocks are read before the lock is taken, so that an earlier call may come later.
            last.at = last.at.max(now);
            last.was_reached = was_reached;
        } else {
            let scope: Arc<str> = scope.into();
            self.by_age.push(Reverse((now, Arc::clone(&scope))));
            self.last.insert(scope, Last { at: now, was_reached });
        }
    }

    pub(super) fn scopes(&self) -> usize {
        self.last.len()
    }

    pub(super) const fn not_reached(&self) -> usize {
        self.not_reached
    }

    fn slide(&mut self, now: Moment, window: Duration) {
        while let Some(Reverse((at, _))) = self.by_age.peek()
            && now.since(*at) > window
            && let Some(Reverse((_, scope))) = self.by_age.pop()
        {
            match self.last.get(&scope) {
                Some(last) if now.since(last.at) <= window => self.by_age.push(Reverse((last.at, scope))),
                Some(last) => {
                    self.not_reached -= usize::from(!last.was_reached);
                    self.last.remove(&scope);
                }
                None => {}
            }
        }
    }
}
