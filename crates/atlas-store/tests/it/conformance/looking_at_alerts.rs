//! Looking at alerts: lists page by page, ids by their beginnings, silences, and the same beside whoever writes.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, Severity, Timestamp};
use atlas_store::{
    DatabaseServices, IncidentQuery, OpenIncidents, Ops, StoreError, TimelineMark, VitalsRows,
};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{
    AlertSettings, Alerts, ChannelSettings, Input, MatchOp, NewSilence, Observation, RuleSet, StoredMatcher,
};

use crate::fixture::Fixture;

const START: i64 = 1_750_000_000_000;

/// An engine whose steps are written down.
struct Watched {
    ops: Ops,
    alerts: Alerts,
    now: Moment,
}

impl Watched {
    fn new(library: &Fixture) -> Self {
        let settings = AlertSettings {
            rules: RuleSet::builtin(),
            channels: vec![ChannelSettings::new("mail", None)],
            ..AlertSettings::default()
        };
        Self {
            ops: Ops::open(
                library.lock(),
                library.shared_clock(),
                &DatabaseServices::default(),
            )
            .unwrap(),
            alerts: Alerts::new(Arc::new(settings)).unwrap(),
            now: Moment::from_millis(1_000),
        }
    }

    async fn step(&mut self, input: Input) {
        let wall = Timestamp::from_millis(START + self.now.millis() as i64);
        let effects = self.alerts.step(self.now, wall, input);
        assert_eq!(effects.refused, None);
        let rows = VitalsRows {
            mark: TimelineMark {
                at_ms: self.now.millis(),
                wall,
                uptime_ms: self.now.millis(),
                boot_id: "a start".to_owned(),
            },
            health: None,
            alerts: effects.changes,
            measured: atlas_vitals::metrics::Flush::default(),
        };
        self.ops.write_vitals(rows).await.unwrap();
    }

    async fn is(&mut self, service: &str, status: HealthStatus) {
        self.now = self.now.after(Duration::from_secs(1));
        let observation = Observation::plain(service, status, self.now);
        self.step(Input::Observed(vec![observation])).await;
    }

    /// Services of the incidents that are found, in their order.
    async fn found(&self, asked: IncidentQuery) -> Vec<String> {
        let records = self.ops.incidents(asked).await.unwrap();
        records
            .into_iter()
            .map(|record| record.incident.service)
            .collect()
    }
}

fn all() -> IncidentQuery {
    IncidentQuery {
        all: true,
        limit: 10,
        ..IncidentQuery::default()
    }
}

async fn with_three(library: &Fixture) -> Watched {
    let mut watched = Watched::new(library);
    watched.is("search", HealthStatus::Degraded).await;
    watched.is("api", HealthStatus::Down).await;
    watched.is("database", HealthStatus::Down).await;
    watched.is("api", HealthStatus::Healthy).await;
    watched
}

#[tokio::test]
async fn incidents_are_listed_the_newest_first_by_what_is_asked() {
    let library = Fixture::new();
    let watched = with_three(&library).await;
    let open = IncidentQuery { all: false, ..all() };
    let critical = IncidentQuery {
        severity: Some(Severity::Critical),
        ..all()
    };
    let of_search = IncidentQuery {
        service: Some("search".to_owned()),
        ..all()
    };
    assert_eq!(watched.found(all()).await, ["database", "api", "search"]);
    assert_eq!(watched.found(open).await, ["database", "search"]);
    assert_eq!(watched.found(critical).await, ["database", "api"]);
    assert_eq!(watched.found(of_search).await, ["search"]);
    assert_eq!(
        watched.ops.open_incidents().await.unwrap(),
        OpenIncidents {
            all: 2,
            critical: 1,
            unacknowledged: 2,
        }
    );
}

#[tokio::test]
async fn pages_follow_one_another_without_a_gap_and_never_twice() {
    let library = Fixture::new();
    let mut watched = Watched::new(&library);
    // All at one moment: the ids alone tell them apart.
    let observations = ["search", "api", "database"]
        .map(|service| Observation::plain(service, HealthStatus::Down, Moment::from_millis(1_000)));
    watched.step(Input::Observed(observations.to_vec())).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = IncidentQuery {
            limit: 1,
            after,
            ..all()
        };
        let records = watched.ops.incidents(page).await.unwrap();
        let Some(record) = records.first() else { break };
        seen.push(record.incident.service.clone());
        after = Some(record.incident.id);
    }
    seen.sort();
    assert_eq!(seen, ["api", "database", "search"]);
}

#[tokio::test]
async fn a_page_after_something_that_is_not_there_is_refused() {
    let library = Fixture::new();
    let watched = Watched::new(&library);
    let page = IncidentQuery {
        after: Some("0123456789abcdef".parse().unwrap()),
        ..all()
    };
    let refused = watched.ops.incidents(page).await.unwrap_err();
    assert!(matches!(refused, StoreError::BadCursor(_)), "{refused}");
}

#[tokio::test]
async fn an_incident_is_found_by_the_beginning_of_its_id() {
    let library = Fixture::new();
    let watched = with_three(&library).await;
    let records = watched.ops.incidents(all()).await.unwrap();
    let id = records[0].incident.id;
    let text = id.to_string();
    assert_eq!(watched.ops.incidents_named(&text[..8], 5).await.unwrap(), [id]);
    assert_eq!(
        watched.ops.incidents_named("", 2).await.unwrap().len(),
        2,
        "at most so many"
    );
    assert_eq!(watched.ops.incidents_named(&text[8..], 5).await.unwrap(), []);
}

#[tokio::test]
async fn silences_are_listed_with_the_times_that_people_know() {
    let library = Fixture::new();
    let mut watched = Watched::new(&library);
    let hour = Duration::from_hours(1);
    watched
        .step(Input::Silence(NewSilence {
            matchers: vec![StoredMatcher {
                label: "service".to_owned(),
                op: MatchOp::Equal,
                value: "search".to_owned(),
            }],
            from: watched.now,
            until: watched.now.after(hour),
            author: "mara".to_owned(),
            comment: "work".to_owned(),
            until_resolved: false,
        }))
        .await;
    let silences = watched.ops.silences().await.unwrap();
    let mark = watched.ops.timeline().await.unwrap().unwrap();
    assert_eq!(silences.len(), 1);
    assert_eq!(mark.wall_of(silences[0].until), silences[0].until_wall);
    assert_eq!(
        mark.wall_of(silences[0].from),
        silences[0].until_wall.before(hour)
    );
}

#[tokio::test]
async fn alerts_can_be_looked_at_beside_whoever_writes_and_not_written() {
    let library = Fixture::new();
    let dir = library.lock().dir();
    let look = || Ops::open_read_only(dir, library.shared_clock(), &DatabaseServices::default());
    assert!(look().unwrap().is_none(), "nothing was ever kept");
    let watched = with_three(&library).await;
    let beside = look().unwrap().unwrap();
    assert_eq!(beside.incidents(all()).await.unwrap().len(), 3);
    assert_eq!(beside.unread_in_inbox().await.unwrap(), 4);
    let page = beside.inbox(true, None, 3).await.unwrap();
    let rest = beside.inbox(true, Some(page[2].id), 3).await.unwrap();
    assert_eq!((page.len(), rest.len()), (3, 1));
    let refused = beside.read_inbox(page[0].id).await.unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly), "{refused}");
    assert_eq!(watched.ops.read_inbox(page[0].id).await.unwrap(), 4);
    let told = beside.told_of(page[0].row.incident).await.unwrap();
    assert!(told.iter().all(|row| row.incident == page[0].row.incident));
}
