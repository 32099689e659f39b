//! When more breakers have a past than there is room for: what is not remembered is tried with care, as long as that
//! may matter, and no longer.

use super::*;
use crate::breaker::CallResult;

const ROOM: Capacity = Capacity { hot: 32, dormant: 64 };

/// More open breakers than there is room for. Their trip is forgotten after some hours.
fn overflowing() -> Hosts {
    let hosts = Hosts::new(ROOM);
    for number in 0..200 {
        hosts.trip(&format!("bad-{number}.example"));
    }
    hosts
}

/// The phase in which a host begins that nobody has called before.
fn begins(hosts: &Hosts, scope: &str) -> Phase {
    hosts.phase(scope)
}

#[test]
fn who_may_have_been_dropped_begins_with_a_probe() {
    let hosts = overflowing();
    assert_eq!(begins(&hosts, "new.example"), Phase::Open);
}

#[test]
fn once_there_is_room_again_new_hosts_begin_closed() {
    let hosts = Hosts::new(ROOM);
    for number in 0..ROOM.hot + ROOM.dormant + 8 {
        let breaker = hosts.breakers.get(&format!("throttled-{number}.example"));
        let permit = breaker.acquire().expect("nobody has asked for a pause");
        permit.finish(CallResult::Throttled { pause: Some(HOUR) });
    }
    hosts.breakers.forget_the_well();
    assert_eq!(begins(&hosts, "new.example"), Phase::Open, "there is none yet");
    hosts.clock.advance(2 * HOUR);
    hosts.breakers.forget_the_well();
    assert_eq!(begins(&hosts, "newer.example"), Phase::Closed);
}

/// An open breaker has a past until somebody calls its scope, and perhaps nobody ever does.
#[test]
fn once_nothing_that_was_dropped_would_turn_a_call_away_new_hosts_begin_closed() {
    let hosts = overflowing();
    hosts.clock.advance(23 * HOUR);
    hosts.breakers.forget_the_well();
    assert_eq!(begins(&hosts, "new.example"), Phase::Open);
    hosts.clock.advance(2 * HOUR);
    hosts.breakers.forget_the_well();
    assert_eq!(begins(&hosts, "newer.example"), Phase::Closed);
}

#[test]
fn as_long_as_a_decision_may_have_been_dropped_new_hosts_begin_with_a_probe() {
    let hosts = Hosts::new(ROOM);
    for number in 0..200 {
        hosts.overlay(&format!("shut-{number}.example"), OverlayMode::ForcedOpen, None);
    }
    hosts.clock.advance(30 * DAY);
    hosts.breakers.forget_the_well();
    assert_eq!(begins(&hosts, "new.example"), Phase::Open);
}

#[tokio::test]
async fn rows_that_were_dropped_do_not_come_back_with_the_next_process() {
    let hosts = overflowing();
    let saved = hosts
        .records()
        .await
        .into_iter()
        .filter_map(|(scope, record)| match record {
            Record::Save(row) => Some((scope, *row)),
            Record::Forget => None,
        });
    let next = Hosts::with_stored(
        Capacity {
            dormant: ROOM.dormant + ROOM.hot,
            ..ROOM
        },
        saved,
    );
    assert_eq!(begins(&next, "new.example"), Phase::Closed);
}

#[tokio::test]
async fn what_a_person_decided_is_kept_on_the_disk_even_where_there_is_no_room_for_it() {
    let hosts = Hosts::new(ROOM);
    for number in 0..200 {
        hosts.overlay(&format!("shut-{number}.example"), OverlayMode::ForcedOpen, None);
    }
    let records = hosts.records().await;
    assert!(records.values().all(|record| matches!(record, Record::Save(_))));
    assert_eq!(records.len(), 200);
}
