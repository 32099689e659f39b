//! How often the log of a server says the same. What says too much is held back, counted, and told of: nothing is
//! dropped in silence. It decides from what it is given, and knows neither a clock nor a log.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// How long is counted together.
pub(super) const WINDOW: Duration = Duration::from_mins(1);
/// How often the very same may be said in that time.
const OF_THE_SAME: u32 = 10;
/// How much one place in the code may say in that time, all different. Beyond it only the number is told, with one of
/// them as an example.
const OF_ONE_PLACE: usize = 60;

/// What one place in the code has said in its window.
struct Place {
    began: Instant,
    /// What it said, by its content, each with how often.
    said: HashMap<u64, Said>,
    /// How many lines it was let say.
    let_through: usize,
    /// What there was no place left for.
    others: Option<HeldBack>,
}

#[derive(Default)]
struct Said {
    times: u32,
    held_back: Option<HeldBack>,
}

/// What was not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeldBack {
    /// How many lines.
    pub(super) times: u64,
    /// The first of them.
    pub(super) example: String,
    /// They differ from each other.
    pub(super) differ: bool,
}

/// Counts by place, which is whatever `P` says it is.
pub(super) struct Limit<P> {
    places: HashMap<P, Place>,
    /// Of windows that have ended, and not told yet.
    ended: Vec<(P, HeldBack)>,
}

impl<P> Default for Limit<P> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            ended: Vec::new(),
        }
    }
}

impl<P: Clone + Eq + Hash> Limit<P> {
    /// Whether `place` may say what has this `content` at `now`. Where it may not, `line` is asked for as an example,
    /// the first time.
    pub(super) fn allows(
        &mut self,
        place: &P,
        content: u64,
        now: Instant,
        line: impl FnOnce() -> String,
    ) -> bool {
        let known = self
            .places
            .entry(place.clone())
            .or_insert_with(|| Place::new(now));
        if now >= known.began + WINDOW {
            let before = std::mem::replace(known, Place::new(now));
            self.ended
                .extend(before.held_back().map(|held| (place.clone(), held)));
        }
        known.allows(content, line)
    }

    /// When the next window ends in which something was held back; none when nothing was.
    pub(super) fn next_end(&self) -> Option<Instant> {
        let holding = self.places.values().filter(|place| place.holds_back());
        // What has ended already was due when its place began anew.
        let ended = self
            .ended
            .first()
            .and_then(|_| self.places.values().map(|place| place.began).min());
        ended.or_else(|| holding.map(|place| place.began + WINDOW).min())
    }

    /// What was held back in windows that have ended by `now`: each is told once. Places that are quiet are forgotten.
    pub(super) fn held_back_until(&mut self, now: Instant) -> Vec<(P, HeldBack)> {
        let mut held_back = std::mem::take(&mut self.ended);
        self.places.retain(|place, known| {
            let is_over = now >= known.began + WINDOW;
            if is_over {
                held_back.extend(
                    std::mem::replace(known, Place::new(now))
                        .held_back()
                        .map(|held| (place.clone(), held)),
                );
            }
            !is_over
        });
        held_back
    }
}

impl Place {
    fn new(began: Instant) -> Self {
        Self {
            began,
            said: HashMap::new(),
            let_through: 0,
            others: None,
        }
    }

    fn allows(&mut self, content: u64, line: impl FnOnce() -> String) -> bool {
        let is_known = self.said.contains_key(&content);
        if self.let_through >= OF_ONE_PLACE && !is_known {
            hold_back(&mut self.others, true, line);
            return false;
        }
        let said = self.said.entry(content).or_default();
        if said.times >= OF_THE_SAME || self.let_through >= OF_ONE_PLACE {
            hold_back(&mut said.held_back, false, line);
            return false;
        }
        said.times += 1;
        self.let_through += 1;
        true
    }

    fn holds_back(&self) -> bool {
        self.others.is_some() || self.said.values().any(|said| said.held_back.is_some())
    }

    fn held_back(self) -> impl Iterator<Item = HeldBack> {
        let of_the_same = self.said.into_values().filter_map(|said| said.held_back);
        of_the_same.chain(self.others)
    }
}

fn hold_back(held_back: &mut Option<HeldBack>, differ: bool, line: impl FnOnce() -> String) {
    let held_back = held_back.get_or_insert_with(|| HeldBack {
        times: 0,
        example: line(),
        differ,
    });
    held_back.times += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "fetch.rs:7";

    struct Log {
        limit: Limit<&'static str>,
        now: Instant,
    }

    impl Log {
        fn new() -> Self {
            Self {
                limit: Limit::default(),
                now: Instant::now(),
            }
        }

        /// How many of so many lines are let through.
        fn say(&mut self, place: &'static str, content: u64, times: usize) -> usize {
            let line = || format!("content {content}");
            (0..times)
                .filter(|_| self.limit.allows(&place, content, self.now, line))
                .count()
        }

        fn told(&mut self) -> Vec<HeldBack> {
            let mut told: Vec<_> = self
                .limit
                .held_back_until(self.now)
                .into_iter()
                .map(|(_, held)| held)
                .collect();
            told.sort_by(|a, b| a.example.cmp(&b.example));
            told
        }
    }

    fn held(times: u64, example: &str, differ: bool) -> HeldBack {
        HeldBack {
            times,
            example: example.to_owned(),
            differ,
        }
    }

    #[test]
    fn the_same_is_said_ten_times_a_minute_and_the_rest_is_counted() {
        let mut log = Log::new();
        assert_eq!(log.say(PLACE, 1, 1_000), 10);
        assert_eq!(log.told(), [], "the minute is not over");
        log.now += WINDOW;
        assert_eq!(log.told(), [held(990, "content 1", false)]);
        assert_eq!(log.told(), [], "once");
        assert_eq!(log.say(PLACE, 1, 1_000), 10, "a new minute");
    }

    #[test]
    fn another_error_at_the_same_place_is_said() {
        let mut log = Log::new();
        log.say(PLACE, 1, 1_000);
        assert_eq!(log.say(PLACE, 2, 1), 1);
    }

    #[test]
    fn another_place_is_not_kept_from_speaking() {
        let mut log = Log::new();
        log.say(PLACE, 1, 1_000);
        assert_eq!(log.say("store.rs:9", 1, 20), 10);
    }

    #[test]
    fn a_storm_of_lines_that_all_differ_is_bounded_and_told_of() {
        let mut log = Log::new();
        let said: usize = (0..10_000).map(|content| log.say(PLACE, content, 1)).sum();
        assert_eq!(said, 60);
        log.now += WINDOW;
        assert_eq!(log.told(), [held(9_940, "content 60", true)]);
    }

    #[test]
    fn what_was_said_before_the_storm_is_counted_apart() {
        let mut log = Log::new();
        for content in 0..100 {
            log.say(PLACE, content, 1);
        }
        log.say(PLACE, 3, 5);
        log.now += WINDOW;
        assert_eq!(
            log.told(),
            [held(5, "content 3", false), held(40, "content 60", true)]
        );
    }

    #[test]
    fn what_a_minute_held_back_is_told_although_the_next_has_begun() {
        let mut log = Log::new();
        log.say(PLACE, 1, 15);
        log.now += WINDOW;
        log.say(PLACE, 1, 1);
        assert!(
            log.limit.next_end().is_some_and(|end| end <= log.now),
            "it is due"
        );
        assert_eq!(log.told(), [held(5, "content 1", false)]);
    }

    #[test]
    fn nothing_is_due_and_nothing_remembered_when_nothing_was_held_back() {
        let mut log = Log::new();
        log.say(PLACE, 1, 10);
        assert_eq!(log.limit.next_end(), None);
        log.say(PLACE, 1, 1);
        assert_eq!(log.limit.next_end(), Some(log.now + WINDOW));
        log.now += WINDOW;
        log.told();
        assert!(log.limit.places.is_empty());
    }
}
