//! Extraction in child processes against real faults: each is an outcome of its own page, in time, while a
//! neighbour page succeeds. Runs with the feature `failpoints`.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod system;

use std::time::Duration;

use atlas_app::extraction::{ChildCommand, ExtractFault, ExtractorPool, PoolLimits};
use atlas_extract::{Engine, PageInput};
use tokio::time::{Instant, timeout};

use self::system::{children_tagged, until};

/// Far more than any of these tests needs; what hangs longer has not been stopped.
const IN_TIME: Duration = Duration::from_mins(1);

fn limits() -> PoolLimits {
    PoolLimits {
        processes: 2,
        memory_bytes: 512 << 20,
        deadline: Duration::from_secs(30),
        ..PoolLimits::default()
    }
}

/// A pool whose children can be told from those of other tests by an argument.
fn pool(tag: &str, limits: PoolLimits) -> ExtractorPool {
    let program = env!("CARGO_BIN_EXE_extract-child").into();
    ExtractorPool::new(
        ChildCommand {
            program,
            args: vec![tag.into()],
            env: Vec::new(),
        },
        limits,
    )
}

fn page(html: impl Into<Vec<u8>>) -> PageInput {
    PageInput {
        bytes: html.into(),
        url: None,
        content_type: None,
        engine: Engine::Selected,
    }
}

fn good_page() -> PageInput {
    page(
        "<!doctype html><title>Reed beds</title><article><h1>Reed beds</h1>\
         <p>Reed beds clean water slowly, with roots that bring air down into the mud and feed what lives there.</p>\
         <p>They ask for nothing but time, and for somebody who cuts them every second winter before the birds come.\
         </p></article>",
    )
}

fn faulty_page(fault: &str) -> PageInput {
    page(format!(
        "<!doctype html><meta name=\"atlas-fault\" content=\"{fault}\"><p>Nobody reads this.</p>"
    ))
}

/// Extracts a faulty page and a good one side by side, then another good one; gives the fault's outcome.
async fn fault_beside_a_neighbour(pool: &ExtractorPool, faulty: PageInput) -> ExtractFault {
    let both = async { tokio::join!(pool.extract(faulty), pool.extract(good_page())) };
    let (faulty, neighbour) = timeout(IN_TIME, both)
        .await
        .expect("both pages have an outcome in time");
    let text = neighbour.expect("the neighbour is not affected").article.text;
    assert!(text.contains("somebody who cuts them"), "{text}");
    timeout(IN_TIME, pool.extract(good_page()))
        .await
        .unwrap()
        .expect("the pool goes on");
    faulty.expect_err("the fault is an outcome").fault
}

#[tokio::test]
async fn extracts_a_page_in_a_child() {
    let pool = pool("one-page", limits());
    let extracted = pool.extract(good_page()).await.unwrap();
    assert_eq!(extracted.article.title.as_deref(), Some("Reed beds"));
    assert_eq!(
        extracted,
        atlas_extract::extract(&good_page()),
        "nothing is lost between the processes"
    );
}

#[tokio::test]
async fn a_hang_ends_at_its_deadline() {
    let deadline = Duration::from_secs(5);
    let pool = pool("hang", PoolLimits { deadline, ..limits() });
    let started = Instant::now();
    assert_eq!(
        fault_beside_a_neighbour(&pool, faulty_page("hang")).await,
        ExtractFault::Timeout
    );
    assert!(started.elapsed() >= deadline, "stopped before its time");
}

#[tokio::test]
async fn a_hang_ends_at_its_share_of_processor_time() {
    let pool = pool(
        "cpu",
        PoolLimits {
            cpu_secs: 1,
            ..limits()
        },
    );
    assert_eq!(
        fault_beside_a_neighbour(&pool, faulty_page("hang")).await,
        ExtractFault::Cpu
    );
}

#[tokio::test]
async fn memory_is_limited() {
    let pool = pool("memory", limits());
    assert_eq!(
        fault_beside_a_neighbour(&pool, faulty_page("memory")).await,
        ExtractFault::Memory
    );
}

#[tokio::test]
async fn a_stack_overflow_is_an_outcome() {
    let pool = pool("stack", limits());
    assert_eq!(
        fault_beside_a_neighbour(&pool, faulty_page("stack")).await,
        ExtractFault::Stack
    );
}

#[tokio::test]
async fn a_panic_is_an_outcome_with_its_message() {
    let pool = pool("panic", limits());
    assert_eq!(
        fault_beside_a_neighbour(&pool, faulty_page("panic")).await,
        ExtractFault::Crashed
    );
    let failure = pool.extract(faulty_page("panic")).await.unwrap_err();
    assert!(failure.message.contains("fault on request"), "{failure}");
    assert_eq!(failure.code(), "extract_crashed");
}

#[tokio::test]
async fn a_child_killed_with_its_page_is_an_outcome() {
    let pool = pool("killed-busy", limits());
    let neighbour_then_kill = async {
        let victim = until(|| {
            children_tagged("killed-busy")
                .into_iter()
                .find(system::Child::is_hanging)
        })
        .await;
        let neighbour = pool.extract(good_page()).await;
        victim.kill();
        neighbour
    };
    let both = async { tokio::join!(pool.extract(faulty_page("hang")), neighbour_then_kill) };
    let (killed, neighbour) = timeout(IN_TIME, both)
        .await
        .expect("both pages have an outcome in time");
    neighbour.expect("the neighbour is not affected");
    let failure = killed.expect_err("it is an outcome");
    assert_eq!(failure.fault, ExtractFault::Crashed);
    assert!(failure.message.contains("killed from outside"), "{failure}");
}

#[tokio::test]
async fn a_child_killed_while_idle_is_blamed_on_no_page() {
    let pool = pool(
        "killed-idle",
        PoolLimits {
            processes: 1,
            ..limits()
        },
    );
    pool.extract(good_page()).await.unwrap();
    let idle = children_tagged("killed-idle")
        .pop()
        .expect("it waits for the next page");
    idle.kill();
    pool.extract(good_page())
        .await
        .expect("a new child takes the page");
    assert!(
        children_tagged("killed-idle")
            .iter()
            .all(|child| child.id != idle.id),
        "the dead one is reaped"
    );
}

#[tokio::test]
async fn an_oversize_page_is_refused_without_a_child() {
    let pool = pool(
        "oversize",
        PoolLimits {
            max_page_bytes: 10_000,
            ..limits()
        },
    );
    assert_eq!(
        fault_beside_a_neighbour(&pool, page(vec![b'a'; 10_001])).await,
        ExtractFault::TooLarge
    );
}

#[tokio::test]
async fn a_library_that_prints_does_no_harm() {
    let pool = pool("print", limits());
    pool.extract(faulty_page("print"))
        .await
        .expect("what is printed is not taken for the answer");
}

/// No fault hook: these pages are what the limits are for. Whatever becomes of them, it is an outcome.
#[tokio::test]
async fn pathological_pages_end_in_time() {
    let pool = pool("pathological", limits());
    let deep = format!(
        "<!doctype html><title>Deep</title>{}<p>The bottom of the page.</p>",
        "<div>".repeat(200_000)
    );
    let tags = "<b><i><a href=x><table><tr><td>".repeat((10 << 20) / 31);
    for (name, html) in [("deep", deep), ("tags", tags)] {
        let both = async { tokio::join!(pool.extract(page(html)), pool.extract(good_page())) };
        let (odd, neighbour) = timeout(IN_TIME, both)
            .await
            .expect("both pages have an outcome in time");
        neighbour.expect("the neighbour is not affected");
        if let Err(failure) = odd {
            assert!(
                matches!(
                    failure.fault,
                    ExtractFault::Timeout | ExtractFault::Cpu | ExtractFault::Memory
                ),
                "{name}: {failure}"
            );
        }
    }
}

#[tokio::test]
async fn a_child_is_used_again_and_replaced_after_its_share_of_pages() {
    let pool = pool(
        "recycled",
        PoolLimits {
            processes: 1,
            max_pages_per_child: 2,
            ..limits()
        },
    );
    let only_child = || children_tagged("recycled").first().map(|child| child.id);
    pool.extract(good_page()).await.unwrap();
    let first = only_child().expect("it waits for its second page");
    pool.extract(good_page()).await.unwrap();
    assert_eq!(only_child(), None, "two pages are its share");
    pool.extract(good_page()).await.unwrap();
    assert_ne!(only_child().expect("a new one"), first);
}

#[tokio::test]
async fn children_start_on_demand_and_go_when_idle() {
    let pool = pool(
        "idle",
        PoolLimits {
            idle: Duration::from_millis(200),
            ..limits()
        },
    );
    assert!(children_tagged("idle").is_empty(), "no page, no process");
    pool.extract(good_page()).await.unwrap();
    until(|| children_tagged("idle").is_empty().then_some(())).await;
}

#[tokio::test]
async fn shutdown_finishes_pages_in_work_and_leaves_no_process() {
    let pool = pool("shutdown", limits());
    pool.extract(good_page()).await.unwrap();
    let (in_work, ()) = tokio::join!(pool.extract(good_page()), pool.shutdown());
    in_work.expect("it had its child before the shutdown");
    assert!(children_tagged("shutdown").is_empty());
    assert_eq!(
        pool.extract(good_page()).await.unwrap_err().fault,
        ExtractFault::Unavailable
    );
}

#[tokio::test]
async fn a_dropped_extraction_kills_its_child() {
    let pool = pool("dropped", limits());
    let hanging = until(|| {
        children_tagged("dropped")
            .into_iter()
            .find(system::Child::is_hanging)
    });
    tokio::select! {
        result = pool.extract(faulty_page("hang")) => panic!("it hangs: {result:?}"),
        _ = hanging => {}
    }
    until(|| children_tagged("dropped").is_empty().then_some(())).await;
    pool.extract(good_page()).await.expect("its place is free again");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_no_fault_of_the_page() {
    for program in ["/nowhere/at/all", "/bin/false"] {
        let command = ChildCommand {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
        };
        let failure = ExtractorPool::new(command, limits())
            .extract(good_page())
            .await
            .unwrap_err();
        assert_eq!(failure.code(), "extract_unavailable", "{failure}");
    }
}

/// The parent is gone, by whatever death: even a child that hangs ends at once.
#[tokio::test]
async fn a_hanging_child_does_not_outlive_its_parent() {
    let parent = system::Parent::of(
        env!("CARGO_BIN_EXE_extract-child"),
        "orphan",
        &faulty_page("hang").bytes,
    );
    until(|| {
        children_tagged("orphan")
            .into_iter()
            .find(system::Child::is_hanging)
    })
    .await;
    let ended = parent.close_pipe();
    assert!(ended.success(), "{ended}");
}
