//! Whatever happens to a library, it is what a few maps say it should be, and its change log always leads to
//! exactly what search must find.

mod drive;
mod maps;

use atlas_store::JobScope;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use drive::Driver;

/// One thing that happens. `pick` chooses among the leases that are held; what names nothing does nothing.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Save {
        page: usize,
        tag: Option<usize>,
        html: bool,
    },
    Trash {
        page: usize,
    },
    Restore {
        page: usize,
    },
    Tag {
        page: usize,
        tag: usize,
    },
    Keep {
        page: usize,
    },
    Drop {
        page: usize,
    },
    Claim {
        limit: usize,
        scope: JobScope,
    },
    EnterRiskyStage {
        pick: usize,
    },
    Commit {
        pick: usize,
        ending: Ending,
    },
    Postpone {
        pick: usize,
        counts: bool,
    },
    Release {
        pick: usize,
    },
    /// The owner wants its stored bytes processed again, which may give another text than the last time.
    Reprocess {
        page: usize,
    },
    /// Lets go of all that a retention of no time at all lets go.
    Sweep,
    /// Collects the bytes that nothing refers to.
    Collect,
    Expire,
    Crash,
    RetryDead,
    CancelReady,
    Wait,
}

/// How an ingestion ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// Text number `text`, from a page that turned out to be at the address of page `alias` too.
    Content {
        text: usize,
        partial: bool,
        alias: Option<usize>,
    },
    Quarantined,
    Rejected,
    LinkOnly,
    Failed,
}

/// Few pages, texts and tags, so that they meet.
pub(crate) const PAGES: usize = 5;
const TEXTS: usize = 2;
const TAGS: usize = 3;

fn ending() -> impl Strategy<Value = Ending> {
    let content = (0..TEXTS, any::<bool>(), proptest::option::weighted(0.3, 0..PAGES));
    prop_oneof![
        6 => content.prop_map(|(text, partial, alias)| Ending::Content { text, partial, alias }),
        2 => Just(Ending::Quarantined),
        1 => Just(Ending::Rejected),
        1 => Just(Ending::LinkOnly),
        1 => Just(Ending::Failed),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let page = 0..PAGES;
    let pick = 0..4_usize;
    let save = (
        page.clone(),
        proptest::option::weighted(0.3, 0..TAGS),
        proptest::bool::weighted(0.2),
    );
    prop_oneof![
        7 => save.prop_map(|(page, tag, html)| Step::Save { page, tag, html }),
        2 => page.clone().prop_map(|page| Step::Trash { page }),
        2 => page.clone().prop_map(|page| Step::Restore { page }),
        1 => (page.clone(), 0..TAGS).prop_map(|(page, tag)| Step::Tag { page, tag }),
        2 => page.clone().prop_map(|page| Step::Keep { page }),
        1 => page.clone().prop_map(|page| Step::Drop { page }),
        6 => page.prop_map(|page| Step::Reprocess { page }),
        1 => Just(Step::Sweep),
        1 => Just(Step::Collect),
        5 => (1..4_usize).prop_map(|limit| Step::Claim { limit, scope: JobScope::All }),
        3 => (1..4_usize).prop_map(|limit| Step::Claim { limit, scope: JobScope::CausedHere }),
        2 => pick.clone().prop_map(|pick| Step::EnterRiskyStage { pick }),
        9 => (pick.clone(), ending()).prop_map(|(pick, ending)| Step::Commit { pick, ending }),
        2 => (pick.clone(), any::<bool>()).prop_map(|(pick, counts)| Step::Postpone { pick, counts }),
        1 => pick.prop_map(|pick| Step::Release { pick }),
        1 => Just(Step::Expire),
        1 => Just(Step::Crash),
        1 => Just(Step::RetryDead),
        1 => Just(Step::CancelReady),
        1 => Just(Step::Wait),
    ]
}

#[test]
fn a_library_is_what_its_model_says_after_every_step() {
    let config = Config {
        cases: 32,
        failure_persistence: None,
        ..Config::default()
    };
    // The same cases in every run: a failure is never a matter of luck.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let steps = proptest::collection::vec(step(), 40);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let result = TestRunner::new_with_rng(config, random).run(&steps, |steps| {
        runtime.block_on(async {
            let mut driver = Driver::new();
            for step in steps {
                driver = driver.take(&step).await;
                driver.compare(&step).await;
            }
        });
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
