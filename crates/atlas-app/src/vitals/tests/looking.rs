//! Real probes on a real library.

use std::sync::Arc;

use atlas_domain::CheckOutcome;

use crate::test_app::TestApp;
use crate::vitals::Probe;
use crate::vitals::probes::{BackgroundProbe, DatabaseProbe, SearchProbe};

#[tokio::test]
async fn a_library_that_takes_a_mark_and_gives_it_back_is_well() {
    let app = TestApp::open();
    let probe = DatabaseProbe(Arc::new(app.app()));

    for _ in 0..2 {
        let looked = probe.look().await;
        assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
    }
    assert_eq!(app.library.beat().await.unwrap(), 3);
    app.library.close().await;
    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::Crit, "{}", looked.message);
}

#[tokio::test]
async fn an_index_that_answers_and_follows_is_well() {
    let app = TestApp::open();
    let looked = SearchProbe(Arc::new(app.app())).look().await;

    assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
}

#[tokio::test]
async fn a_worker_that_has_never_looked_around_does_not_answer() {
    let app = TestApp::open();
    let probe = BackgroundProbe(Arc::new(app.app()));
    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::NoAnswer, "{}", looked.message);

    app.signals.worker_turned();
    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
}
