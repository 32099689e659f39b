//! The numbers of the policy hold for what is asked of a file from the moment on that they are set.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use atlas_resilience::PolicySettings;

use super::*;
use crate::sqlite::trace::take_statements;

const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

fn three_attempts(services: &DatabaseServices) {
    let settings = PolicySettings::clone(&services.operations.settings());
    let mut retry = settings.retry.clone().unwrap();
    retry.max_attempts = 3;
    services.operations.configure(PolicySettings {
        retry: Some(retry),
        ..settings
    });
}

#[tokio::test]
async fn a_lock_is_tried_as_often_as_the_policy_says() {
    let services = DatabaseServices::default();
    let fixture = Fixture::by(&services);
    three_attempts(&services);
    take_statements(&fixture.path());
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let other = Connection::open_with_flags(fixture.path(), flags).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = fixture.db.write(Lane::Interactive, note("in vain")).await;
    assert!(matches!(busy, Err(StoreError::Busy(_))), "{busy:?}");
    let tried = take_statements(&fixture.path());
    assert_eq!(tried.iter().filter(|sql| *sql == "BEGIN IMMEDIATE").count(), 3);
}

#[tokio::test]
async fn a_read_that_meets_a_lock_runs_as_often_as_the_policy_says() {
    let services = DatabaseServices::default();
    let fixture = Fixture::by(&services);
    three_attempts(&services);
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let busy = fixture
        .db
        .read(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            Err::<(), _>(StoreError::Busy("locked".to_owned()))
        })
        .await;
    assert!(matches!(busy, Err(StoreError::Busy(_))), "{busy:?}");
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_read_may_take_as_long_as_the_policy_says() {
    let services = DatabaseServices::default();
    let fixture = Fixture::by(&services);
    services.operations.configure(PolicySettings {
        attempt_timeout: Duration::from_millis(20),
        ..PolicySettings::clone(&services.operations.settings())
    });
    let begun = tokio::time::Instant::now();
    let endless = fixture
        .db
        .read(|sql| Ok(sql.query_row(ENDLESS, [], |row| row.get::<_, i64>(0))?))
        .await;
    assert!(matches!(endless, Err(StoreError::Interrupted)), "{endless:?}");
    assert!(begun.elapsed() < READ_LIMIT, "{:?}", begun.elapsed());
}
