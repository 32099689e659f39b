//! `atlas health`: how every service is, for people and for scripts that only want an exit code.

use atlas_app::vitals::{CheckView, HealthView};
use atlas_domain::{CheckOutcome, HealthStatus};

use super::output::Output;
use super::routes;
use super::table::{spare, table, text, whole};
use super::text::{Look, one_line};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas health\n  \
    atlas health --json | jq -r '.services[] | select(.status != \"healthy\") | .name'\n  \
    atlas health --quiet >/dev/null || echo 'look at Atlas'\n\n\
    Exit code: 0 when the whole is healthy, 7 when it is degraded, critical, down or unknown, 8 when no server runs.";

pub(super) async fn run(client: &Client, output: &Output) -> Result<Exit, CliError> {
    let health: HealthView = client.get(routes::HEALTH).await?;
    output.answer(&health, |look| render(&health, look))?;
    Ok(exit_of(health.overall))
}

/// Whoever only asks for the code is to look at anything that is not as it should be.
fn exit_of(overall: HealthStatus) -> Exit {
    if overall == HealthStatus::Healthy {
        Exit::Ok
    } else {
        Exit::Unhealthy
    }
}

fn render(health: &HealthView, look: Look) -> String {
    let head = format!("Atlas is {}", health.overall);
    format!("{}\n\n{}", look.bold(&head), services(&health.services, look))
}

/// A row for each service: its status, since when, and why.
pub(super) fn services(services: &[CheckView], look: Look) -> String {
    if services.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = services
        .iter()
        .map(|service| {
            [
                service.name.clone(),
                status(service),
                service.since.to_string(),
                why(service),
            ]
        })
        .collect();
    let columns = [whole("SERVICE"), whole("STATUS"), spare("SINCE"), text("WHY")];
    table(columns, &rows, look)
}

fn status(service: &CheckView) -> String {
    let mut told = service.status.to_string();
    if service.flapping {
        told += ", flapping";
    }
    told
}

/// What explains it comes before what was seen.
fn why(service: &CheckView) -> String {
    let mut parts = Vec::new();
    if !service.blocked_by.is_empty() {
        parts.push(format!("blocked by {}", service.blocked_by.join(", ")));
    }
    if let Some(maintenance) = &service.maintenance {
        parts.push(format!("maintenance: {maintenance}"));
    }
    if service.restored {
        parts.push("not looked at since the start".to_owned());
    }
    let is_found_out = service
        .outcome
        .is_some_and(|outcome| outcome != CheckOutcome::Unknown);
    if service.status == HealthStatus::Unknown && is_found_out && !service.restored {
        parts.push("seen too seldom to be sure".to_owned());
    }
    parts.push(service.reason.clone());
    one_line(&parts.join("; "))
}

#[cfg(test)]
pub(super) mod tests {
    use rstest::rstest;

    use super::*;

    /// A service that answers.
    pub(in crate::cli) fn service(name: &str, status: &str, reason: &str) -> CheckView {
        serde_json::from_value(serde_json::json!({
            "name": name, "status": status, "soft_status": status, "since": "2026-01-01T00:00:00Z",
            "reason": reason, "observed": null, "outcome": "ok", "observed_at": "2026-01-01T00:00:00Z",
            "took_ms": 3, "blocked_by": [], "critical": true, "flapping": false, "restored": false,
            "maintenance": null, "uptime": [],
        }))
        .unwrap()
    }

    fn health() -> HealthView {
        let search = CheckView {
            blocked_by: vec!["database".to_owned()],
            flapping: true,
            ..service("search", "degraded", "the index did not answer")
        };
        let services = vec![service("database", "critical", "a write took 9,000 ms"), search];
        let mut health: HealthView =
            serde_json::from_value(serde_json::json!({ "overall": "critical", "services": [] })).unwrap();
        health.services = services;
        health
    }

    #[test]
    fn each_service_has_its_status_and_its_reason() {
        insta::assert_snapshot!(render(&health(), Look::PLAIN), @r"
        Atlas is critical

        SERVICE   STATUS              SINCE                 WHY
        database  critical            2026-01-01T00:00:00Z  a write took 9,000 ms
        search    degraded, flapping  2026-01-01T00:00:00Z  blocked by database; the index did not answer
        ");
    }

    #[test]
    fn on_a_narrow_terminal_the_reason_stays() {
        let narrow = Look {
            width: Some(60),
            ..Look::PLAIN
        };
        insta::assert_snapshot!(render(&health(), narrow), @r"
        Atlas is critical

        SERVICE   STATUS              WHY
        database  critical            a write took 9,000 ms
        search    degraded, flapping  blocked by database; the inde…
        ");
    }

    #[test]
    fn what_was_seen_once_is_not_told_as_known() {
        let mut disk = service("disk_space", "unknown", "/data: 8.4 % used, 115 MB free");
        disk.outcome = Some(CheckOutcome::Crit);
        assert_eq!(
            why(&disk),
            "seen too seldom to be sure; /data: 8.4 % used, 115 MB free"
        );
        disk.outcome = Some(CheckOutcome::Unknown);
        assert_eq!(why(&disk), "/data: 8.4 % used, 115 MB free");
    }

    #[rstest]
    #[case(HealthStatus::Healthy, Exit::Ok)]
    #[case(HealthStatus::Degraded, Exit::Unhealthy)]
    #[case(HealthStatus::Critical, Exit::Unhealthy)]
    #[case(HealthStatus::Down, Exit::Unhealthy)]
    #[case(HealthStatus::Unknown, Exit::Unhealthy)]
    fn only_a_healthy_whole_ends_with_zero(#[case] overall: HealthStatus, #[case] exit: Exit) {
        assert_eq!(exit_of(overall), exit);
    }
}
