//! How many bytes of pages are under way at once, from the answer until the content is found: what waits for a
//! child process must not fill the memory. It never holds up a page that has arrived, only the next one.

use std::sync::Arc;

use tokio::sync::watch;

/// With so many bytes under way, no further page is begun. More than this is reached only by what was being
/// fetched then, which the fetcher bounds.
const BODIES_BYTES: usize = 256 << 20;

/// The bytes of pages under way in this process.
#[derive(Debug, Clone, Default)]
pub struct Bodies(Arc<watch::Sender<usize>>);

/// The bytes of one page, until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldBody {
    bodies: Bodies,
    size_bytes: usize,
}

impl Bodies {
    /// Waits until another page may be begun. Nobody who holds a page waits here, so it ends.
    pub(super) async fn room(&self) {
        let mut under_way = self.0.subscribe();
        // Fails only when the sender is gone, and `self` holds it.
        let _ = under_way.wait_for(|size_bytes| *size_bytes < BODIES_BYTES).await;
    }

    /// Counts a page of so many bytes in.
    pub(crate) fn hold(&self, size_bytes: usize) -> HeldBody {
        self.0.send_modify(|under_way| *under_way += size_bytes);
        HeldBody {
            bodies: self.clone(),
            size_bytes,
        }
    }
}

impl Drop for HeldBody {
    fn drop(&mut self) {
        self.bodies
            .0
            .send_modify(|under_way| *under_way -= self.size_bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn small_pages_never_hold_up_the_next_and_large_ones_until_there_is_room() {
        let mut context = Context::from_waker(Waker::noop());
        let bodies = Bodies::default();
        let small: Vec<HeldBody> = (0..256).map(|_| bodies.hold(100 << 10)).collect();
        assert!(pin!(bodies.room()).poll(&mut context).is_ready());
        let large: Vec<HeldBody> = (0..3).map(|_| bodies.hold(100 << 20)).collect();
        let mut next = pin!(bodies.room());
        assert!(next.as_mut().poll(&mut context).is_pending());
        drop(small);
        assert!(next.as_mut().poll(&mut context).is_pending());
        drop(large);
        assert!(next.as_mut().poll(&mut context).is_ready());
    }
}
