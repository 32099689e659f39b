//! When an archive is asked, how often, and what its troubles do to an item: nothing.

use super::*;

/// A world whose web knows an archive, which answers so.
async fn world_with_archive(answers: Vec<Result<Fetched, FetchError>>) -> World {
    let world = World::new().await;
    let mut copies = world.web.1.lock().unwrap();
    copies.has_archive = true;
    copies.answers = answers.into();
    drop(copies);
    world
}

impl World {
    fn times_asked(&self) -> usize {
        let asked = &self.web.1.lock().unwrap().asked;
        assert!(
            asked.iter().all(|place| *place == CopyPlace::Archive),
            "{asked:?}"
        );
        asked.len()
    }

    async fn last_steps(&self) -> Vec<(Strategy, String)> {
        let last = self.attempts().await.pop().unwrap();
        last.steps
            .into_iter()
            .map(|step| (step.strategy, step.result))
            .collect()
    }
}

fn direct(fault_: FetchFault) -> Result<Fetched, FetchError> {
    let mut failed = fault(fault_);
    if let Err(error) = &mut failed {
        error.steps = vec![
            StrategyStep::without_hops(Strategy::Direct, fault_.as_str()),
            StrategyStep::without_hops(Strategy::LinkOnly, fault_.as_str()),
        ];
    }
    failed
}

fn of_archive(mut end: Result<Fetched, FetchError>, result: &str) -> Result<Fetched, FetchError> {
    let step = StrategyStep::without_hops(Strategy::Archive, result);
    match &mut end {
        Ok(fetched) => {
            fetched.strategy = Strategy::Archive;
            fetched.steps = vec![step];
        }
        Err(error) => error.steps = vec![step],
    }
    end
}

#[rstest]
#[case::left_alone(fault(FetchFault::CircuitOpen), "circuit_open")]
#[case::held_back(fault(FetchFault::HostBusy), "host_busy")]
#[case::too_slow(fault(FetchFault::Timeout), "timeout")]
#[case::refused(fault(FetchFault::RefusedAddress), "refused_address")]
#[case::no_copy(answer(404, "text/html", None), "http_404")]
#[case::asks_for_a_pause(answer(429, "text/html", Some(HOUR)), "http_429")]
#[case::failing(answer(503, "text/html", None), "http_503")]
#[case::copy_of_another_kind(answer(200, "application/pdf", None), "ok")]
#[case::copy_that_cannot_be_looked_into(answer(200, "text/html", None), "ok")]
#[tokio::test]
async fn the_troubles_of_an_archive_are_a_step_with_a_reason_and_nothing_else(
    #[case] archive: Result<Fetched, FetchError>,
    #[case] result: &str,
) {
    let world = world_with_archive(vec![of_archive(archive, result)]).await;
    let outcome = world.try_once(direct(FetchFault::TlsFailed)).await;
    assert!(
        matches!(
            outcome,
            Outcome::LinkOnly {
                reason: LinkReason::Tls,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(world.times_asked(), 1);
    let expected = [
        (Strategy::Direct, "tls_failed".to_owned()),
        (Strategy::Archive, result.to_owned()),
        (Strategy::LinkOnly, "tls_failed".to_owned()),
    ];
    assert_eq!(world.last_steps().await, expected);
    let item = world.job().await.item_id.unwrap();
    let kept = world
        .ingest
        .library
        .latest_snapshot(UserId::OWNER, item)
        .await
        .unwrap();
    assert_eq!(kept, None, "bytes that did not win are not kept");
}

#[rstest]
#[case::nobody_listens(fault(FetchFault::ConnectRefused))]
#[case::left_alone(fault(FetchFault::CircuitOpen))]
#[case::our_own_limits(fault(FetchFault::HostBusy))]
#[case::our_network_is_down(fault(FetchFault::NetworkDown))]
#[case::failing(answer(500, "text/html", None))]
#[case::asks_for_a_pause(answer(429, "text/html", Some(HOUR)))]
#[tokio::test]
async fn while_the_page_may_still_come_nobody_else_is_asked(#[case] page: Result<Fetched, FetchError>) {
    let world = world_with_archive(Vec::new()).await;
    world.pause_after(page).await;
    assert_eq!(world.times_asked(), 0);
}

#[tokio::test]
async fn an_archive_is_asked_once_for_a_page_that_is_given_up() {
    let no_copy = of_archive(answer(404, "text/html", None), "http_404");
    let world = world_with_archive(vec![no_copy]).await;
    for _ in 0..5 {
        let pause = world.pause_after(direct(FetchFault::ConnectRefused)).await;
        world.clock.advance(pause);
    }
    let outcome = world.try_once(direct(FetchFault::ConnectRefused)).await;
    assert!(
        matches!(
            outcome,
            Outcome::LinkOnly {
                reason: LinkReason::Unreachable,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(world.times_asked(), 1);
}

#[rstest]
#[case(FetchFault::RefusedAddress)]
#[case(FetchFault::Credentials)]
#[case(FetchFault::UnsupportedScheme)]
#[case(FetchFault::AddressTooLong)]
#[case(FetchFault::TooLarge)]
#[tokio::test]
async fn what_atlas_itself_refuses_is_told_to_nobody(#[case] refused: FetchFault) {
    let world = world_with_archive(Vec::new()).await;
    let outcome = world.try_once(direct(refused)).await;
    assert!(matches!(outcome, Outcome::LinkOnly { .. }), "{outcome:?}");
    assert_eq!(world.times_asked(), 0);
}

#[tokio::test]
async fn a_copy_has_what_the_page_left_of_its_time() {
    let no_copy = of_archive(answer(404, "text/html", None), "http_404");
    let world = world_with_archive(vec![no_copy]).await;
    let mut failed = direct(FetchFault::RedirectLoop);
    if let Err(error) = &mut failed {
        let slow = |waited_ms, took_ms| Hop {
            waited_ms,
            took_ms,
            ..hop(URL)
        };
        error.steps[0].hops = vec![slow(1_000, 20_000), slow(0, 4_000)];
    }
    world.try_once(failed).await;
    assert_eq!(world.web.1.lock().unwrap().spent, Duration::from_secs(25));
}

#[tokio::test]
async fn for_a_page_that_was_given_or_is_there_whole_nobody_is_asked() {
    let world = world_with_archive(Vec::new()).await;
    let mut run = world.next_run(false).await;
    let gone = || {
        Err(Exit::without_bytes(Outcome::LinkOnly {
            reason: LinkReason::Gone,
            message: String::new(),
        }))
    };
    run.address = Some(Url::parse(URL).unwrap());
    run.given_html = Some(atlas_domain::BlobHash([0; 32]));
    assert!(world.ingest.or_a_better_copy(&mut run, gone()).await.is_err());
    run.given_html = None;
    for whole in [ItemState::Stored, ItemState::Duplicate] {
        run.has = Some(whole);
        assert!(world.ingest.or_a_better_copy(&mut run, gone()).await.is_err());
    }
    assert_eq!(world.times_asked(), 0);
}
