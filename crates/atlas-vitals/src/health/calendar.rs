//! A window that comes back every week by the clock of a time zone: over midnight, and over the nights on which that
//! clock is changed. It answers when; what for is said in `maintenance`.

use atlas_domain::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use super::spans::Span;
use crate::Moment;

/// A window that comes back every week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklyWindow {
    /// On which days it begins.
    pub days: Vec<Weekday>,
    /// When it begins, as the clock shows it. A time that is left out that night is the one as long after the last that
    /// is not; one that comes twice is the first.
    pub from: Time,
    /// When it ends. No later than `from`: on the next day.
    pub until: Time,
    /// Whose clock.
    pub zone: Zone,
}

/// A time zone by its name in the database of zones that is part of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// There is no such zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{0}`; write it like `Europe/Berlin` or `UTC`")]
pub struct UnknownZone(pub String);

impl Zone {
    /// The zone of that name.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZone::get(name);
        zone.map(Self).map_err(|_| UnknownZone(name.to_owned()))
    }
}

impl WeeklyWindow {
    /// Whether `wall` lies within it.
    pub fn covers(&self, wall: Timestamp) -> bool {
        let now = wall.as_millis();
        self.around(wall)
            .any(|(from, until)| (from..until).contains(&now))
    }

    /// Each time of it that is not over, from when to when: first the one that is now, if one is. They reach a week
    /// ahead.
    pub fn times(&self, wall: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.around(wall)
            .filter(move |(from, until)| from < until && *until > wall.as_millis())
            .map(|(from, until)| (Timestamp::from_millis(from), Timestamp::from_millis(until)))
    }

    /// The same on the time line, as both clocks go now: the one that is now, if one is, and the next. It is asked
    /// again when one has ended, and when the clock on the wall was set.
    pub fn spans(&self, now: Moment, wall: Timestamp) -> Vec<Span> {
        let spans = self.times(wall).map(|(from, until)| Span {
            from: now.at_wall(wall, from),
            until: now.at_wall(wall, until),
        });
        spans.take(2).collect()
    }

    /// When it begins or ends next.
    pub fn next_change(&self, wall: Timestamp) -> Option<Timestamp> {
        let bounds = self.around(wall).flat_map(|(from, until)| [from, until]);
        let next = bounds.filter(|bound| *bound > wall.as_millis()).min();
        next.map(Timestamp::from_millis)
    }

    /// The windows from the one that may have begun yesterday to the one that begins in a week, in milliseconds.
    fn around(&self, wall: Timestamp) -> impl Iterator<Item = (i64, i64)> {
        let today = jiff::Timestamp::from_millisecond(wall.as_millis())
            .ok()
            .map(|wall| self.zone.0.to_datetime(wall).date());
        let first = today.and_then(|today| today.yesterday().ok());
        std::iter::successors(first, |day| day.tomorrow().ok())
            .take(9)
            .filter(|day| self.days.contains(&day.weekday()))
            .filter_map(|day| self.on(day))
    }

    fn on(&self, day: Date) -> Option<(i64, i64)> {
        let last_day = if self.until <= self.from {
            day.tomorrow().ok()?
        } else {
            day
        };
        let at = |day: Date, time: Time| {
            let moment = self.zone.0.to_timestamp(day.to_datetime(time)).ok()?;
            Some(moment.as_millisecond())
        };
        Some((at(day, self.from)?, at(last_day, self.until)?))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use rstest::rstest;

    use super::*;

    fn window(days: &[Weekday], from: Time, until: Time, zone: &str) -> WeeklyWindow {
        WeeklyWindow {
            days: days.to_vec(),
            from,
            until,
            zone: Zone::named(zone).unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[rstest]
    #[case::before("2026-06-06T20:59:59Z", false)]
    #[case::at_its_beginning("2026-06-06T21:00:00Z", true)]
    #[case::after_midnight("2026-06-06T23:30:00Z", true)]
    #[case::at_its_end("2026-06-07T00:00:00Z", false)]
    #[case::on_another_day("2026-06-07T21:30:00Z", false)]
    fn a_window_crosses_midnight_by_the_clock_of_its_zone(#[case] wall: &str, #[case] covered: bool) {
        let window = window(
            &[Weekday::Saturday],
            time(23, 0, 0, 0),
            time(2, 0, 0, 0),
            "Europe/Berlin",
        );
        assert_eq!(window.covers(at(wall)), covered);
    }

    /// In Berlin the clock goes from 2:00 to 3:00 on 29 March 2026, and from 3:00 to 2:00 on 25 October.
    #[rstest]
    #[case::winter("2026-03-22T00:00:00Z", "2026-03-22T03:00:00Z")]
    #[case::an_hour_is_left_out("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z")]
    #[case::summer("2026-07-04T23:00:00Z", "2026-07-05T02:00:00Z")]
    #[case::an_hour_comes_twice("2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z")]
    fn a_window_follows_the_clock_over_its_changes(#[case] from: &str, #[case] until: &str) {
        let window = window(
            &[Weekday::Sunday],
            time(1, 0, 0, 0),
            time(4, 0, 0, 0),
            "Europe/Berlin",
        );
        let millisecond = std::time::Duration::from_millis(1);
        assert!(!window.covers(at(from).before(millisecond)));
        assert!(window.covers(at(from)));
        assert!(window.covers(at(until).before(millisecond)));
        assert!(!window.covers(at(until)));
        assert_eq!(window.next_change(at(from).before(millisecond)), Some(at(from)));
        assert_eq!(window.next_change(at(from)), Some(at(until)));
    }

    /// The night on which an hour is left out, and the one on which an hour comes twice.
    #[rstest]
    #[case::an_hour_is_left_out("2026-03-28T23:00:00Z", 1, 2)]
    #[case::an_hour_comes_twice("2026-10-24T22:00:00Z", 1, 4)]
    fn on_the_time_line_a_window_is_as_long_as_the_night_makes_it(
        #[case] wall: &str,
        #[case] begins_in_hours: u64,
        #[case] lasts_hours: u64,
    ) {
        let window = window(
            &[Weekday::Sunday],
            time(1, 0, 0, 0),
            time(4, 0, 0, 0),
            "Europe/Berlin",
        );
        let now = Moment::from_millis(5_000);
        let spans = window.spans(now, at(wall));
        let hours = std::time::Duration::from_hours;
        assert_eq!(spans[0].from, now.after(hours(begins_in_hours)));
        assert_eq!(spans[0].length(), hours(lasts_hours));
    }

    #[test]
    fn the_times_of_a_window_are_the_one_that_is_now_and_those_to_come() {
        let window = window(
            &[Weekday::Monday, Weekday::Tuesday],
            time(23, 0, 0, 0),
            time(1, 0, 0, 0),
            "UTC",
        );
        let times: Vec<String> = window
            .times(at("2026-06-02T00:30:00Z"))
            .take(3)
            .map(|(from, until)| format!("{from} {until}"))
            .collect();
        assert_eq!(
            times,
            [
                "2026-06-01T23:00:00Z 2026-06-02T01:00:00Z",
                "2026-06-02T23:00:00Z 2026-06-03T01:00:00Z",
                "2026-06-08T23:00:00Z 2026-06-09T01:00:00Z",
            ]
        );
        // What has begun on the wall before the time line did began with it.
        let spans = window.spans(Moment::ORIGIN, at("2026-06-02T00:30:00Z"));
        let minutes = |count: u64| Moment::from_millis(count * 60_000);
        let told: Vec<_> = spans.iter().map(|span| (span.from, span.until)).collect();
        assert_eq!(
            told,
            [
                (minutes(0), minutes(30)),
                (minutes(22 * 60 + 30), minutes(24 * 60 + 30))
            ]
        );
    }

    #[test]
    fn a_window_that_begins_in_the_hour_left_out_begins_after_it() {
        let window = window(
            &[Weekday::Sunday],
            time(2, 30, 0, 0),
            time(5, 0, 0, 0),
            "Europe/Berlin",
        );
        assert!(!window.covers(at("2026-03-29T01:29:59Z")));
        assert!(window.covers(at("2026-03-29T01:30:00Z")));
    }

    #[test]
    fn the_next_change_of_a_window_without_days_never_comes() {
        let window = window(&[], time(1, 0, 0, 0), time(2, 0, 0, 0), "UTC");
        assert_eq!(window.next_change(at("2026-03-29T01:29:59Z")), None);
    }

    #[test]
    fn a_zone_that_is_not_known_is_told_with_one_that_is() {
        let fault = Zone::named("Middle-earth/Shire").unwrap_err();
        assert!(
            fault
                .to_string()
                .contains("`Middle-earth/Shire`; write it like `Europe/Berlin`")
        );
    }
}
