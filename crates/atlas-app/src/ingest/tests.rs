//! What becomes of an item whose page cannot be had: tried again, given up as a link, never dead-lettered for
//! another's outage. A real library on a clock that tests turn; the web is a script.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{
    Attempt, CopyPlace, CopyRequest, FetchError, FetchFault, FetchRequest, Fetched, Hop, ItemState, Job,
    LinkReason, NewJob, PortFuture, Strategy, StrategyStep, Timestamp, UserId,
};
use atlas_store::{DataDir, DataDirLock, DatabaseServices, Holder, JobFilter, JobScope, NewItem};
use rstest::rstest;
use tempfile::TempDir;
use url::Url;

use super::*;
use crate::extraction::{ChildCommand, PoolLimits};

mod copies;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Answers what it was told to, in order.
#[derive(Default)]
struct ScriptedWeb(Mutex<VecDeque<Result<Fetched, FetchError>>>, Mutex<Copies>);

/// Other copies, and who has asked for them.
#[derive(Default)]
struct Copies {
    has_archive: bool,
    answers: VecDeque<Result<Fetched, FetchError>>,
    asked: Vec<CopyPlace>,
    spent: Duration,
}

impl Fetcher for ScriptedWeb {
    fn fetch<'a>(&'a self, _: &'a FetchRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        let next = self
            .0
            .lock()
            .unwrap()
            .pop_front()
            .expect("the page was asked for more often than scripted");
        Box::pin(async move { next })
    }

    fn fetch_copy<'a>(&'a self, request: &'a CopyRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        let mut copies = self.1.lock().unwrap();
        copies.asked.push(request.place.clone());
        copies.spent = request.spent;
        let next = copies.answers.pop_front();
        let next = next.expect("a copy was asked for more often than scripted");
        Box::pin(async move { next })
    }

    fn has_archive(&self) -> bool {
        self.1.lock().unwrap().has_archive
    }
}

struct World {
    ingest: Ingest,
    web: Arc<ScriptedWeb>,
    clock: Arc<ManualClock>,
    _lock: DataDirLock,
    _folder: TempDir,
}

impl World {
    /// A library with one saved item.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let holder = Holder {
            pid: 1,
            purpose: "test".to_owned(),
            socket: None,
        };
        let lock = DataDir::new(folder.path()).lock(&holder).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_750_000_000_000)));
        let entropy = Arc::new(Entropy::seeded(7));
        let library = Library::open(
            &lock,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&entropy),
            &DatabaseServices::default(),
        )
        .unwrap();
        let item = NewItem {
            url: Url::parse(URL).unwrap(),
            tags: Vec::new(),
            given_html: None,
        };
        library.save_item(UserId::OWNER, item).await.unwrap();
        let web = Arc::new(ScriptedWeb::default());
        let nowhere = ChildCommand {
            program: "/nonexistent/atlas".into(),
            args: Vec::new(),
            env: Vec::new(),
        };
        let limits = PoolLimits {
            max_page_bytes: MAX_PAGE_BYTES,
            ..PoolLimits::default()
        };
        let ingest = Ingest {
            library,
            fetcher: Arc::clone(&web) as Arc<dyn Fetcher>,
            extractor: Arc::new(ExtractorPool::new(nowhere, limits)),
            bodies: Bodies::default(),
            waits: JobWaits::default(),
            stages: Arc::default(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy,
        };
        Self {
            ingest,
            web,
            clock,
            _lock: lock,
            _folder: folder,
        }
    }

    /// One try at the item, in which the web answers `answer`.
    async fn try_once(&self, answer: Result<Fetched, FetchError>) -> Outcome {
        self.web.0.lock().unwrap().push_back(answer);
        let run = self.next_run(false).await;
        self.ingest.ingest(run).await.unwrap()
    }

    /// A run of the job that is due.
    async fn next_run(&self, rejudged: bool) -> Run {
        let leases = self
            .ingest
            .library
            .claim_jobs("test", JobScope::All, 1, HOUR)
            .await
            .unwrap();
        let lease = leases.into_iter().next().expect("the job is due");
        let item = lease.job.item_id.unwrap();
        Run::new(lease, item, self.clock.now(), rejudged)
    }

    /// The pause until the next try, after one in which the web answers `answer`.
    async fn pause_after(&self, answer: Result<Fetched, FetchError>) -> Duration {
        match self.try_once(answer).await {
            Outcome::Deferred { until, .. } => until.since(self.clock.now()),
            outcome => panic!("{outcome:?}"),
        }
    }

    /// Everything that was ever tried for the item, the oldest try first.
    async fn attempts(&self) -> Vec<Attempt> {
        let item = self.job().await.item_id.unwrap();
        self.ingest
            .library
            .attempts_of_item(UserId::OWNER, item)
            .await
            .unwrap()
    }

    async fn job(&self) -> Job {
        self.ingest
            .library
            .list_jobs(UserId::OWNER, JobFilter::default())
            .await
            .unwrap()
            .jobs
            .remove(0)
    }

    async fn state(&self) -> ItemState {
        let item = self.job().await.item_id.unwrap();
        self.ingest.library.item(UserId::OWNER, item).await.unwrap().state
    }
}

const URL: &str = "https://example.com/page";
const MAX_PAGE_BYTES: usize = 64 << 10;

fn fault(fault: FetchFault) -> Result<Fetched, FetchError> {
    Err(FetchError {
        fault,
        message: "no answer".to_owned(),
        steps: Vec::new(),
        retry_after: None,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "this is what the web gives the story")]
fn answer(status: u16, content_type: &str, retry_after: Option<Duration>) -> Result<Fetched, FetchError> {
    Ok(Fetched {
        url: Url::parse(URL).unwrap(),
        final_url: Url::parse(URL).unwrap(),
        status,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: b"<html>busy</html>".to_vec(),
        strategy: Strategy::Direct,
        steps: Vec::new(),
        fetched_at: Timestamp::from_millis(1_750_000_000_000),
        retry_after,
    })
}

#[rstest]
#[case::nobody_listens(FetchFault::ConnectRefused)]
#[case::too_slow(FetchFault::Timeout)]
#[case::broken_off(FetchFault::Truncated)]
#[tokio::test]
async fn an_outage_is_tried_again_five_times_and_then_the_link_stays(#[case] outage: FetchFault) {
    let world = World::new().await;
    let schedule = [HOUR / 60, HOUR / 12, HOUR / 2, 3 * HOUR, 12 * HOUR];
    for (tries, longest) in (1..).zip(schedule) {
        let outcome = world.try_once(fault(outage)).await;
        let Outcome::Deferred { until, reason, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(reason, outage.as_str());
        assert!(
            until.since(world.clock.now()) <= longest,
            "at most {longest:?} after try {tries}"
        );
        assert_eq!(world.job().await.attempts, tries);
        assert_eq!(world.state().await, ItemState::Queued);
        world.clock.advance(longest);
    }
    let outcome = world.try_once(fault(outage)).await;
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
    assert_eq!(world.state().await, ItemState::LinkOnly);
    assert_eq!(
        world.job().await.state,
        atlas_domain::JobState::Done,
        "nothing is dead-lettered for it"
    );
}

#[rstest]
#[case::too_many_requests(429, Some(HOUR))]
#[case::unavailable_for_an_hour(503, Some(HOUR))]
#[case::too_many_without_a_time(429, None)]
#[tokio::test]
async fn a_server_that_asks_for_a_pause_gets_it_and_the_try_does_not_count(
    #[case] status: u16,
    #[case] retry_after: Option<Duration>,
) {
    let world = World::new().await;
    let pause = world.pause_after(answer(status, "text/html", retry_after)).await;
    assert!(pause >= retry_after.unwrap_or(HOUR / 12), "{pause:?}");
    let job = world.job().await;
    assert_eq!((job.attempts, job.deferrals), (0, 1));
    assert_eq!(world.attempts().await[0].stage, "answer");
}

#[tokio::test]
async fn a_failing_server_that_names_a_time_is_not_asked_before_it() {
    let world = World::new().await;
    let pause = world.pause_after(answer(500, "text/html", Some(2 * HOUR))).await;
    assert_eq!(pause, 2 * HOUR, "the first wait would be a minute");
    assert_eq!(world.job().await.attempts, 1);
}

#[rstest]
#[case::throttled(429)]
#[case::failing(500)]
#[tokio::test]
async fn no_server_keeps_a_page_waiting_for_longer_than_a_day(#[case] status: u16) {
    let world = World::new().await;
    let pause = world
        .pause_after(answer(status, "text/html", Some(1_000 * DAY)))
        .await;
    assert!((DAY..=DAY + HOUR / 60).contains(&pause), "{pause:?}");
}

#[rstest]
#[case::at_once(Duration::ZERO, [HOUR / 12, HOUR / 12, HOUR / 12, HOUR / 2, HOUR / 2])]
#[case::in_a_second(HOUR / 3_600, [HOUR / 3_600, HOUR / 60, HOUR / 12, HOUR / 2, HOUR / 2])]
#[tokio::test]
async fn a_server_that_is_never_satisfied_is_asked_less_and_less(
    #[case] asked: Duration,
    #[case] expected: [Duration; 5],
) {
    let world = World::new().await;
    for shortest in expected {
        let pause = world.pause_after(answer(429, "text/html", Some(asked))).await;
        assert!(
            (shortest..=shortest + HOUR / 60).contains(&pause),
            "{pause:?} instead of {shortest:?}"
        );
        world.clock.advance(pause);
    }
}

#[rstest]
#[case::a_host_that_fails(fault(FetchFault::ConnectRefused), 1)]
#[case::a_host_that_names_no_time(answer(429, "text/html", None), 5 + 1)]
#[case::our_own_limits(fault(FetchFault::HostBusy), 5 + 1)]
#[tokio::test]
async fn every_wait_of_our_own_is_so_many_steps(
    #[case] answer: Result<Fetched, FetchError>,
    #[case] most_steps: u32,
) {
    let mut world = World::new().await;
    let step = Duration::from_millis(20);
    world.ingest.waits = JobWaits { step };
    let pause = world.pause_after(answer).await;
    assert!(pause <= step * most_steps, "{pause:?}");
}

#[tokio::test]
async fn our_own_politeness_costs_no_try_and_does_not_grow() {
    let world = World::new().await;
    for _ in 0..10 {
        let mut held_back = fault(FetchFault::HostBusy);
        if let Err(error) = &mut held_back {
            error.retry_after = Some(HOUR / 3_600);
        }
        let pause = world.pause_after(held_back).await;
        assert!(pause <= HOUR / 3_600 + HOUR / 60, "{pause:?}");
        world.clock.advance(pause);
    }
    let job = world.job().await;
    assert_eq!((job.attempts, job.deferrals), (0, 10));
}

#[tokio::test]
async fn those_who_wait_for_a_host_that_is_left_alone_do_not_come_back_together() {
    let world = World::new().await;
    let mut pauses = Vec::new();
    for _ in 0..20 {
        let mut left_alone = fault(FetchFault::CircuitOpen);
        if let Err(error) = &mut left_alone {
            error.retry_after = Some(HOUR);
        }
        let pause = world.pause_after(left_alone).await;
        assert!((HOUR..=HOUR * 3 / 2).contains(&pause), "{pause:?}");
        pauses.push(pause);
        world.clock.advance(pause);
    }
    let (first, last) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
    assert!(*last > *first + HOUR / 6, "{pauses:?}");
    let job = world.job().await;
    assert_eq!(
        (job.attempts, job.deferrals),
        (0, 20),
        "the host was not even asked"
    );
}

#[tokio::test]
async fn those_who_wait_for_a_host_that_asks_for_a_week_are_back_after_a_day_and_an_hour() {
    let world = World::new().await;
    for _ in 0..10 {
        let mut left_alone = fault(FetchFault::CircuitOpen);
        if let Err(error) = &mut left_alone {
            error.retry_after = Some(7 * DAY);
        }
        let pause = world.pause_after(left_alone).await;
        assert!((DAY..=DAY + HOUR).contains(&pause), "{pause:?}");
        world.clock.advance(pause);
    }
}

/// A job of another page, after the first was refused because its host is left alone for `retry_after`.
async fn other_page_after(address: &str, retry_after: Duration, hops: &[&str]) -> (World, Job) {
    other_page_after_a(FetchFault::CircuitOpen, address, retry_after, hops).await
}

async fn other_page_after_a(
    refusal: FetchFault,
    address: &str,
    retry_after: Duration,
    hops: &[&str],
) -> (World, Job) {
    let world = World::new().await;
    let item = NewItem {
        url: Url::parse(address).unwrap(),
        tags: Vec::new(),
        given_html: None,
    };
    let library = &world.ingest.library;
    let other = library.save_item(UserId::OWNER, item).await.unwrap();
    let mut left_alone = fault(refusal);
    if let Err(error) = &mut left_alone {
        error.retry_after = Some(retry_after);
        error.steps = vec![StrategyStep {
            hops: hops.iter().map(|url| hop(url)).collect(),
            ..StrategyStep::without_hops(Strategy::Direct, "circuit_open")
        }];
    }
    world.pause_after(left_alone).await;
    let job = library.job(UserId::OWNER, other.job.unwrap()).await.unwrap();
    (world, job)
}

fn hop(url: &str) -> Hop {
    Hop {
        url: url.to_owned(),
        address: None,
        result: "circuit_open".to_owned(),
        waited_ms: 0,
        took_ms: 0,
    }
}

#[tokio::test]
async fn a_host_that_is_left_alone_is_left_alone_by_all_who_wait_for_it() {
    let (world, other) = other_page_after("https://example.com/other", HOUR, &[URL]).await;
    assert_eq!((other.reason.as_str(), other.deferrals), ("circuit_open", 0));
    let wait = other.run_at.since(world.clock.now());
    assert!((HOUR..=HOUR * 3 / 2).contains(&wait), "{wait:?}");
}

#[tokio::test]
async fn nobody_else_is_put_off_when_it_is_soon_over_or_when_another_host_is_left_alone() {
    let another = "https://elsewhere.example/page";
    for (retry_after, hops) in [(HOUR / 3_600, vec![URL]), (HOUR, vec![URL, another])] {
        let (world, other) = other_page_after("https://example.com/other", retry_after, &hops).await;
        assert_eq!((other.reason.as_str(), other.run_at), ("", world.clock.now()));
    }
}

#[tokio::test]
async fn a_network_that_is_down_is_left_alone_by_all_who_need_it() {
    const SECOND: Duration = Duration::from_secs(1);
    let away = "https://elsewhere.example/page";
    for address in ["https://example.com/other", away] {
        let (world, other) =
            other_page_after_a(FetchFault::NetworkDown, address, 10 * SECOND, &[URL, away]).await;
        assert_eq!((other.reason.as_str(), other.deferrals), ("network_down", 0));
        let wait = other.run_at.since(world.clock.now());
        assert!((10 * SECOND..=70 * SECOND).contains(&wait), "{wait:?}");
    }
    let (world, other) = other_page_after_a(FetchFault::NetworkDown, away, 2 * SECOND, &[URL]).await;
    assert_eq!(
        (other.reason.as_str(), other.run_at),
        ("", world.clock.now()),
        "others may be its probes"
    );
}

#[tokio::test]
async fn a_server_that_asks_for_pauses_for_ever_is_given_up() {
    let world = World::new().await;
    let mut pauses = 0;
    while matches!(
        world.try_once(answer(429, "text/html", Some(DAY))).await,
        Outcome::Deferred { .. }
    ) {
        pauses += 1;
        world.clock.advance(DAY + HOUR);
    }
    assert_eq!(pauses, 14, "after fourteen days, whatever came first");
    assert_eq!(world.state().await, ItemState::LinkOnly);
}

#[tokio::test]
async fn a_missing_name_is_looked_up_once_more_after_a_day() {
    let world = World::new().await;
    assert_eq!(world.pause_after(fault(FetchFault::NameNotFound)).await, DAY);
    world.clock.advance(DAY);
    let outcome = world.try_once(fault(FetchFault::NameNotFound)).await;
    assert!(
        matches!(
            outcome,
            Outcome::LinkOnly {
                reason: LinkReason::Dead,
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_missing_name_is_looked_up_once_more_whatever_else_happened() {
    let world = World::new().await;
    let pause = world.pause_after(fault(FetchFault::Timeout)).await;
    world.clock.advance(pause);
    assert_eq!(world.pause_after(fault(FetchFault::NameNotFound)).await, DAY);
    world.clock.advance(DAY);
    let pause = world.pause_after(fault(FetchFault::DnsFailed)).await;
    world.clock.advance(pause);
    let outcome = world.try_once(fault(FetchFault::NameNotFound)).await;
    assert!(
        matches!(
            outcome,
            Outcome::LinkOnly {
                reason: LinkReason::Dead,
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[rstest]
#[case::private_address(FetchFault::RefusedAddress, LinkReason::Refused)]
#[case::password(FetchFault::Credentials, LinkReason::Refused)]
#[case::too_large(FetchFault::TooLarge, LinkReason::Unsupported)]
#[case::empty(FetchFault::EmptyPage, LinkReason::Unsupported)]
#[case::endless_address(FetchFault::AddressTooLong, LinkReason::Unsupported)]
#[case::circle(FetchFault::RedirectLoop, LinkReason::Dead)]
#[case::bad_certificate(FetchFault::TlsFailed, LinkReason::Tls)]
#[tokio::test]
async fn what_no_second_try_can_mend_ends_at_once(
    #[case] permanent: FetchFault,
    #[case] expected: LinkReason,
) {
    let world = World::new().await;
    let outcome = world.try_once(fault(permanent)).await;
    assert!(
        matches!(outcome, Outcome::LinkOnly { reason, .. } if reason == expected),
        "{outcome:?}"
    );
}

#[rstest]
#[case("application/pdf")]
#[case("image/png; charset=binary")]
#[tokio::test]
async fn what_cannot_be_read_yet_is_kept_for_the_day_it_can(#[case] content_type: &str) {
    let world = World::new().await;
    let outcome = world.try_once(answer(200, content_type, None)).await;
    assert!(
        matches!(
            outcome,
            Outcome::LinkOnly {
                reason: LinkReason::Unsupported,
                ..
            }
        ),
        "{outcome:?}"
    );
    let item = world.job().await.item_id.unwrap();
    let snapshot = world
        .ingest
        .library
        .latest_snapshot(UserId::OWNER, item)
        .await
        .unwrap()
        .expect("the bytes are kept");
    assert_eq!(
        world
            .ingest
            .library
            .blob(snapshot.body_hash.unwrap())
            .await
            .unwrap(),
        b"<html>busy</html>"
    );
}

#[tokio::test]
async fn what_is_too_large_to_extract_is_nobodys_failure_and_its_bytes_are_kept() {
    let world = World::new().await;
    let mut large = answer(200, "application/octet-stream", None);
    if let Ok(fetched) = &mut large {
        fetched.body = vec![0; MAX_PAGE_BYTES + 1];
    }
    let outcome = world.try_once(large).await;
    assert!(
        matches!(
            outcome,
            Outcome::LinkOnly {
                reason: LinkReason::Unsupported,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(world.job().await.state, atlas_domain::JobState::Done);
    let item = world.job().await.item_id.unwrap();
    let snapshot = world
        .ingest
        .library
        .latest_snapshot(UserId::OWNER, item)
        .await
        .unwrap();
    assert_eq!(snapshot.unwrap().size_bytes, MAX_PAGE_BYTES as u64 + 1);
}

#[tokio::test]
async fn what_cannot_be_read_yet_is_not_read_from_stored_bytes_either() {
    let world = World::new().await;
    world.try_once(answer(200, "application/pdf", None)).await;
    let item = world.job().await.item_id.unwrap();
    world
        .ingest
        .library
        .enqueue_job(NewJob::reprocess(item))
        .await
        .unwrap();
    let outcome = world.ingest.reprocess(world.next_run(true).await).await.unwrap();
    assert!(
        matches!(
            outcome,
            Outcome::LinkOnly {
                reason: LinkReason::Unsupported,
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn every_try_tells_how_its_page_was_fetched() {
    let world = World::new().await;
    let step = |result: &str| StrategyStep {
        strategy: Strategy::Direct,
        result: result.to_owned(),
        message: String::new(),
        hops: vec![Hop {
            url: URL.to_owned(),
            address: None,
            result: result.to_owned(),
            waited_ms: 0,
            took_ms: 20_000,
        }],
    };
    let mut failed = fault(FetchFault::Timeout);
    if let Err(error) = &mut failed {
        error.steps = vec![step("timeout")];
    }
    let mut answered = answer(200, "application/pdf", None);
    if let Ok(fetched) = &mut answered {
        fetched.steps = vec![step("ok")];
    }
    let pause = world.pause_after(failed).await;
    world.clock.advance(pause);
    world.try_once(answered).await;
    let steps: Vec<_> = world
        .attempts()
        .await
        .into_iter()
        .map(|attempt| attempt.steps)
        .collect();
    assert_eq!(steps, [[step("timeout")], [step("ok")]]);
}

#[tokio::test]
async fn an_extractor_that_cannot_start_is_not_the_pages_fault() {
    let world = World::new().await;
    let outcome = world.try_once(answer(200, "text/html", None)).await;
    assert!(
        matches!(outcome, Outcome::Deferred { ref reason, .. } if reason == "extract_unavailable"),
        "{outcome:?}"
    );
    assert_eq!(world.state().await, ItemState::Queued);
}

#[tokio::test]
async fn an_extractor_that_never_starts_is_our_own_failure_and_the_bytes_are_kept() {
    let world = World::new().await;
    while matches!(
        world.try_once(answer(200, "text/html", None)).await,
        Outcome::Deferred { .. }
    ) {
        world.clock.advance(12 * HOUR);
    }
    assert_eq!(world.state().await, ItemState::Failed);
    let item = world.job().await.item_id.unwrap();
    assert!(
        world
            .ingest
            .library
            .snapshot_to_reprocess(UserId::OWNER, item)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn html_that_comes_while_a_run_is_under_way_gets_a_run_of_its_own() {
    let world = World::new().await;
    let lease = world
        .ingest
        .library
        .claim_jobs("test", JobScope::All, 1, HOUR)
        .await
        .unwrap()
        .remove(0);
    let item = lease.job.item_id.unwrap();
    let html = world
        .ingest
        .library
        .prepare_blob(b"<html>better</html>".to_vec())
        .await
        .unwrap();
    let again = NewItem {
        url: Url::parse(URL).unwrap(),
        tags: Vec::new(),
        given_html: Some(html),
    };
    world
        .ingest
        .library
        .save_item(UserId::OWNER, again)
        .await
        .unwrap();
    world
        .web
        .0
        .lock()
        .unwrap()
        .push_back(fault(FetchFault::RefusedAddress));
    // This run read its material before the HTML came: it must not swallow it.
    let mut run = Run::new(lease, item, world.clock.now(), false);
    run.given_html = None;
    let end = run::NoContent {
        outcome: Outcome::LinkOnly {
            reason: LinkReason::Refused,
            message: "refused".to_owned(),
        },
        snapshot_id: None,
        verdict: None,
        addresses: Vec::new(),
    };
    world.ingest.commit_without_content(&run, end).await.unwrap();
    let material = world.ingest.library.ingest_material(item).await.unwrap();
    assert_eq!(
        material.given_html.map(|given| given.bytes),
        Some(b"<html>better</html>".to_vec())
    );
    assert_eq!(
        world
            .ingest
            .library
            .claim_jobs("test", JobScope::All, 1, HOUR)
            .await
            .unwrap()
            .len(),
        1,
        "it has its turn"
    );
}

/// Templates that declare one address on every page are common. What such a page says of itself is no identity.
#[rstest]
#[case::the_front_page("/")]
#[case::another_article("/other")]
#[tokio::test]
async fn a_page_is_known_where_it_was_had_and_not_where_it_says_it_is(#[case] declared: &str) {
    let world = World::new().await;
    let pause = world.pause_after(answer(200, "text/html", None)).await; // its bytes are kept
    world.clock.advance(pause);
    let mut run = world.next_run(false).await;
    let mut snapshot = world
        .ingest
        .library
        .latest_snapshot(UserId::OWNER, run.item_id)
        .await
        .unwrap()
        .unwrap();
    snapshot.final_url = "https://example.com/?p=7&utm_source=feed".to_owned();
    let words = "A long sentence about ponds, and what lives in them. ".repeat(40);
    let html = format!("<html><head><link rel=canonical href='{declared}'></head><p>{words}</p></html>");
    let extracted = atlas_extract::extract(&atlas_extract::PageInput {
        bytes: html.into_bytes(),
        url: Some(snapshot.final_url.clone()),
        content_type: Some("text/html".to_owned()),
        engine: atlas_extract::Engine::Selected,
    });
    assert!(extracted.declared_url.is_some());
    let page = extract::ExtractedPage { snapshot, extracted };
    let judged = world.ingest.judge(&mut run, page).unwrap();
    let addresses: Vec<String> = judged.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["https://example.com/?p=7"]);
}
