//! From looks to messages: each thing is told once, whatever happens to the process meanwhile.

use std::time::Duration;

use atlas_domain::{CheckOutcome, DeliveryState, HealthStatus, Severity};
use atlas_store::IncidentQuery;
use atlas_vitals::alerts::Input;

use super::world::{CHECK, Look, Receiver, Script, World, after_each_result};

const OK: Look = Look::Finds(CheckOutcome::Ok);
const FAILS: Look = Look::Finds(CheckOutcome::Crit);

const A_WHILE: Duration = Duration::from_mins(6);

#[tokio::test]
async fn three_failures_and_a_success_are_told_once_and_taken_back_once() {
    use HealthStatus::{Critical, Degraded, Healthy};
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, FAILS, FAILS, FAILS, OK]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;

    let seen = world.pass(&process, Duration::from_mins(10)).await;

    let statuses = after_each_result(&seen);
    assert_eq!(
        statuses[..6],
        [Healthy, Healthy, Degraded, Critical, Critical, Healthy]
    );
    let titles: Vec<String> = receiver.got().into_iter().map(|message| message.title).collect();
    let told = |word: &str| titles.iter().filter(|title| title.contains(word)).count();
    assert_eq!((told("1 critical"), told("1 resolved")), (1, 1), "{titles:?}");
    process.end().await;
}

/// From the first look on nobody can find out how it is: there is no change of status that would bring a reason.
#[tokio::test]
async fn what_nobody_can_check_is_told_with_the_reason() {
    let world = World::new();
    let probe = Script::of([Look::Finds(CheckOutcome::Unknown)]);
    let receiver = Receiver::answering();
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, Duration::from_mins(10)).await;

    let got = receiver.got();
    assert!(!got.is_empty());
    assert!(
        got[0].title.contains("nobody has been able to check"),
        "{}",
        got[0].title
    );
    assert!(got[0].text.contains("why: look "), "{}", got[0].text);
    process.end().await;
}

/// A reminder is about now, not about how it began.
#[tokio::test]
async fn a_reminder_tells_what_the_newest_look_found() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, FAILS]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, Duration::from_mins(90)).await;

    let whys: Vec<u32> = receiver
        .got()
        .iter()
        .filter_map(|message| {
            message
                .text
                .split_once("why: look ")?
                .1
                .lines()
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert!(whys.len() >= 2, "{whys:?}");
    assert!(
        whys.last() > Some(&20),
        "an hour later there are newer ones: {whys:?}"
    );
    process.end().await;
}

#[tokio::test]
async fn what_arrived_is_written_down_as_sent() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, FAILS]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, A_WHILE).await;

    let incidents = world.ops.incidents(IncidentQuery::open(10)).await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(&*incidents[0].incident.service, CHECK);
    let states: Vec<_> = incidents[0]
        .deliveries
        .iter()
        .map(|delivery| delivery.state)
        .collect();
    assert!(
        !states.is_empty() && states.iter().all(|state| *state == DeliveryState::Sent),
        "{states:?}"
    );
    assert_eq!(receiver.got().len(), states.len());
    assert!(!world.ops.inbox(true, None, 10).await.unwrap().is_empty());
    process.end().await;
}

#[tokio::test]
async fn the_next_process_goes_on_and_repeats_nothing() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, FAILS]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    // Critical is told, and that it is down by now as an update to that.
    world.pass(&process, 3 * A_WHILE).await;
    let told = receiver.got().len();
    let last = receiver.got().pop().unwrap();
    assert!(last.title.contains("is down"), "{}", last.title);
    process.end().await;

    // The machine has no start to go by here, so what the clock says has passed.
    world.set_clock_forward(Duration::from_mins(1));
    probe.becomes(Look::NeverEnds);
    let next = world.start(&probe, &receiver).await;
    let first = world.look(&next).await;
    assert_eq!((first.status, first.restored), (HealthStatus::Down, true));
    probe.becomes(FAILS);
    let seen = world.pass(&next, A_WHILE).await;

    assert!(seen.iter().all(|view| view.status == HealthStatus::Down));
    let texts: Vec<String> = receiver.got().into_iter().map(|message| message.text).collect();
    assert_eq!(texts.len(), told, "{texts:#?}");
    probe.becomes(OK);
    world.pass(&next, A_WHILE).await;
    let last = receiver.got().pop().unwrap();
    assert_eq!(receiver.got().len(), told + 1);
    assert!(last.title.contains("resolved"), "{}", last.title);
    next.end().await;
}

#[tokio::test]
async fn a_probe_that_hangs_did_not_answer() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, Look::NeverEnds]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;

    let seen = world.pass(&process, A_WHILE).await;

    let last = seen.last().unwrap();
    assert_eq!(last.outcome, Some(CheckOutcome::NoAnswer));
    assert!(last.status > HealthStatus::Healthy, "{last:?}");
    assert_eq!(last.reason, "no answer within 30 s");
    process.end().await;
}

#[tokio::test]
async fn a_probe_that_panics_says_nothing_of_what_it_looks_at() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, Look::Panics]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;

    let seen = world.pass(&process, Duration::from_mins(2)).await;

    let last = seen.last().unwrap();
    assert_eq!(last.outcome, Some(CheckOutcome::Unknown));
    assert_eq!(last.status, HealthStatus::Healthy);
    assert_eq!(last.reason, "the check itself failed: as scripted");
    // It looks again all the same.
    probe.becomes(FAILS);
    let seen = world.pass(&process, A_WHILE).await;
    assert_eq!(seen.last().unwrap().outcome, Some(CheckOutcome::Crit));
    process.end().await;
}

#[tokio::test]
async fn what_is_critical_is_told_where_nothing_can_be_written() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, FAILS]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, Duration::from_secs(20)).await;
    world.ops.close().await;

    world.pass(&process, A_WHILE).await;

    let got = receiver.got();
    assert!(
        got.iter().any(|message| message.severity == Severity::Critical),
        "{got:?}"
    );
    assert!(
        got.iter().all(|message| message.severity == Severity::Critical),
        "{got:?}"
    );
    process.end().await;
}

#[tokio::test]
async fn a_message_whose_process_was_killed_is_sent_again_under_its_id() {
    let world = World::new();
    let (probe, silent) = (Script::of([OK, FAILS]), Receiver::silent());
    let process = world.start(&probe, &silent).await;
    world.pass(&process, Duration::from_mins(3)).await;
    let lost = silent.got();
    assert_eq!(lost.len(), 1);
    process.kill().await;

    let receiver = Receiver::answering();
    let next = world.start(&probe, &receiver).await;
    world.pass(&next, A_WHILE).await;

    let got = receiver.got();
    let again = got
        .iter()
        .filter(|message| message.delivery_id == lost[0].delivery_id)
        .count();
    assert_eq!(again, 1, "{got:?}");
    next.end().await;
}

/// To close is for what nothing else ends. What still holds is none of that, and begins anew without a restart.
#[tokio::test]
async fn what_is_closed_and_still_fails_begins_anew() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK, FAILS]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, A_WHILE).await;
    let open = async || {
        let records = world.ops.incidents(IncidentQuery::open(10)).await.unwrap();
        let ids: Vec<_> = records.iter().map(|record| record.incident.id).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        ids[0]
    };
    let closed = open().await;

    process
        .vitals
        .decide(Input::Close(closed))
        .await
        .unwrap()
        .unwrap();
    world.pass(&process, A_WHILE).await;

    assert_ne!(open().await, closed);
    let titles: Vec<String> = receiver.got().into_iter().map(|message| message.title).collect();
    let told = |word: &str| titles.iter().filter(|title| title.contains(word)).count();
    assert!(told("critical") >= 2, "{titles:?}");
    process.end().await;
}
