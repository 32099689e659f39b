//! How the demo's own services are: waits, within a bound, until each was looked at once, and shows what was found. It
//! looks at nothing itself.

use std::io::Write;
use std::time::Duration;

use atlas_app::App;
use atlas_app::vitals::{CheckView, HealthView};
use atlas_domain::{CheckOutcome, HealthStatus};
use tokio::time::{Instant, sleep};

/// How often is looked whether all are known.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A demo that takes longer than this says what it waits for.
const EXPLAINED_AFTER: Duration = Duration::from_secs(10);
/// After that it shows what is known.
const WAIT: Duration = Duration::from_secs(30);

/// The width of a terminal that nobody has made wider.
const COLUMNS: usize = 80;
/// Where what was found begins.
const INDENT: usize = 43;

/// How every service is, once each was looked at, or after a while. `begun`: when the demo did. None where nobody looks
/// after this process.
pub(super) async fn once_looked_at(app: &App, begun: Instant) -> Option<HealthView> {
    let until = Instant::now() + WAIT;
    let mut is_explained = false;
    loop {
        let health = app.health().await?;
        let waited_for: Vec<&str> = health
            .services
            .iter()
            .filter(|service| !is_known(service))
            .map(|service| service.name.as_str())
            .collect();
        if waited_for.is_empty() || Instant::now() >= until {
            return Some(health);
        }
        if !is_explained && begun.elapsed() > EXPLAINED_AFTER {
            is_explained = true;
            // Whether anybody reads this does not matter.
            let _ = writeln!(
                std::io::stderr(),
                "atlas: waiting for the first look at {}; at most {} s more",
                waited_for.join(", "),
                until.duration_since(Instant::now()).as_secs()
            );
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Somebody has looked, and found something out.
fn is_known(service: &CheckView) -> bool {
    let is_answer = |outcome| outcome != CheckOutcome::Unknown;
    service.outcome.is_some_and(is_answer) && service.status != HealthStatus::Unknown
}

/// Whether all is as it should be.
pub(super) fn are_healthy(health: &HealthView) -> bool {
    health.overall == HealthStatus::Healthy
        && health
            .services
            .iter()
            .all(|service| service.status == HealthStatus::Healthy)
}

/// The whole in a few words.
pub(super) fn heading(health: &HealthView) -> String {
    let count = health.services.len();
    format!("Services: {count} looked at, the whole is {}", health.overall)
}

/// Each service on a line, and on another one where more was found than fits.
pub(super) fn lines(health: &HealthView) -> Vec<String> {
    health.services.iter().flat_map(lines_of).collect()
}

fn lines_of(service: &CheckView) -> Vec<String> {
    let took = service.took_ms.map(|ms| format!("{ms} ms")).unwrap_or_default();
    let head = format!("  {:<8} {:<21} {took:>8}", service.status.as_str(), service.name);
    let found = wrapped(&service.reason, COLUMNS - INDENT);
    let rows = found.into_iter().enumerate();
    rows.map(|(row, text)| {
        let before = if row == 0 { head.as_str() } else { "" };
        format!("{before:<INDENT$}{text}").trim_end().to_owned()
    })
    .collect()
}

/// At least one line. A word that is wider than a line has one of its own.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let width = line.chars().count() + 1 + word.chars().count();
        if line.is_empty() {
            line.push_str(word);
        } else if width <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use atlas_domain::Timestamp;

    use super::*;

    fn service(name: &str, status: HealthStatus, reason: &str) -> CheckView {
        CheckView {
            name: name.to_owned(),
            status,
            soft_status: status,
            since: Timestamp::from_millis(0),
            reason: reason.to_owned(),
            observed: None,
            outcome: Some(CheckOutcome::Ok),
            observed_at: None,
            took_ms: Some(12),
            blocked_by: Vec::new(),
            critical: false,
            flapping: false,
            restored: false,
            maintenance: None,
            uptime: Vec::new(),
        }
    }

    fn health(overall: HealthStatus, services: Vec<CheckView>) -> HealthView {
        HealthView {
            overall,
            services,
            channels: Vec::new(),
            maintenance: Vec::new(),
        }
    }

    #[test]
    fn each_service_is_told_with_its_status_its_time_and_what_was_found_within_80_columns() {
        let health = health(
            HealthStatus::Degraded,
            vec![
                service("api", HealthStatus::Healthy, "answers"),
                service(
                    "background_processing",
                    HealthStatus::Degraded,
                    "the worker has not looked around for a very long time, and 12 jobs wait",
                ),
            ],
        );
        assert_eq!(heading(&health), "Services: 2 looked at, the whole is degraded");
        let lines = lines(&health);
        assert!(lines.iter().all(|line| line.chars().count() <= COLUMNS));
        assert_eq!(
            lines.join("\n"),
            "  healthy  api                      12 ms  answers\n  \
             degraded background_processing    12 ms  the worker has not looked around for\n\
             \x20                                          a very long time, and 12 jobs wait"
        );
    }

    #[test]
    fn one_that_is_not_healthy_spoils_the_whole() {
        let well = || service("api", HealthStatus::Healthy, "");
        assert!(are_healthy(&health(HealthStatus::Healthy, vec![well()])));
        let unknown = service("search", HealthStatus::Unknown, "");
        assert!(!are_healthy(&health(
            HealthStatus::Healthy,
            vec![well(), unknown]
        )));
    }

    #[test]
    fn what_was_not_looked_at_or_could_not_be_is_waited_for() {
        let looked_at = service("api", HealthStatus::Healthy, "");
        assert!(is_known(&looked_at));
        for outcome in [None, Some(CheckOutcome::Unknown)] {
            assert!(!is_known(&CheckView {
                outcome,
                ..looked_at.clone()
            }));
        }
    }
}
