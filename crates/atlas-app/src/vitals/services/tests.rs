//! What sources say where all is well: it must be enough to end whatever they had told before.

use atlas_vitals::alerts::{Absent, Condition, RuleSet, When};

use super::*;
use crate::test_app::TestApp;

/// Where nothing was saved, nobody asked and nothing is broken.
async fn all_is_well() -> Sample {
    let test = TestApp::open();
    let app = test.app();
    let mut sample = Sample::of(SOURCE, EVERY);
    tell_of_library(&app.status().await, &mut sample);
    ingestion::tell(&app, &mut sample).await;
    databases::tell(&app, &test.ops, &mut sample).await;
    Requests::default().tell(&app, &mut sample);
    outbound::tell(&app, &mut sample);
    sample
}

/// What else rules look at is about the machine, or about channels.
fn is_of_services(series: &str) -> bool {
    let begin = ["database_", "queue_", "ingest_", "library_", "api_", "breaker_"];
    begin.iter().any(|begin| series.starts_with(begin))
}

/// Whether a condition is seen not to hold, or is said to be about nothing.
fn ends(condition: &Condition, absent: Absent, sample: &Sample) -> bool {
    let label = condition.labels.first().map(|(_, value)| &**value);
    let readings = sample.readings().iter().filter(|reading| {
        reading.definition.name == &*condition.series
            && (label.is_none() || reading.label.as_deref() == label)
    });
    let values: Vec<f64> = readings.map(|reading| reading.value).collect();
    let is_seen_to_end = !values.is_empty() && values.iter().all(|value| !condition.holds(*value, true));
    let is_absent = sample
        .absences()
        .iter()
        .any(|absence| absence.definition.name == &*condition.series && absence.label.as_deref() == label);
    is_seen_to_end || (values.is_empty() && is_absent && absent == Absent::Ends)
}

#[tokio::test]
async fn where_all_is_well_the_sources_end_every_rule_about_them() {
    let sample = all_is_well().await;
    let mut tried = 0;
    for rule in RuleSet::builtin().iter() {
        let When::Metric { all, absent, .. } = &rule.when else {
            continue;
        };
        if !all.iter().all(|condition| is_of_services(&condition.series)) {
            continue;
        }
        tried += 1;
        assert!(
            all.iter().any(|condition| ends(condition, *absent, &sample)),
            "{}: {:?} {:?}",
            rule.name,
            sample.readings(),
            sample.absences()
        );
    }
    assert!(tried >= 10, "{tried}");
}
