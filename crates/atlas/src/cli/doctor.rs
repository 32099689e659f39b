//! `atlas doctor`: runs every check and says what to do about those that fail.

use atlas_app::views::DoctorReport;

use super::output::Output;
use super::routes;
use super::text::{Look, one_line};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas doctor\n  \
    atlas doctor --json | jq '.checks[] | select(.ok | not)'\n\n\
    Exit code: 0 when everything is in order, 7 when a check fails.";

pub(super) async fn run(client: &Client, output: &Output) -> Result<Exit, CliError> {
    let report: DoctorReport = client.get_patiently(routes::DOCTOR).await?;
    output.answer(&report, |look| render(&report, look))?;
    Ok(exit_of(&report))
}

fn render(report: &DoctorReport, look: Look) -> String {
    let width = report
        .checks
        .iter()
        .map(|check| check.name.chars().count())
        .max()
        .unwrap_or(0);
    let line = |check: &atlas_app::views::DoctorCheck| {
        let result = if check.ok {
            "ok    ".to_owned()
        } else {
            look.bold("FAILED")
        };
        format!(
            "{result}  {:<width$}  {}\n",
            one_line(&check.name),
            one_line(&check.message)
        )
    };
    report.checks.iter().map(line).collect()
}

fn exit_of(report: &DoctorReport) -> Exit {
    if report.checks.iter().all(|check| check.ok) {
        Exit::Ok
    } else {
        Exit::Unhealthy
    }
}

#[cfg(test)]
mod tests {
    use atlas_app::views::DoctorCheck;

    use super::*;

    fn check(name: &str, ok: bool, message: &str) -> DoctorCheck {
        DoctorCheck {
            name: name.to_owned(),
            ok,
            message: message.to_owned(),
        }
    }

    #[test]
    fn one_failed_check_makes_it_unhealthy() {
        let well = DoctorReport {
            checks: vec![check("disk", true, "40 GB free")],
        };
        assert_eq!(exit_of(&well), Exit::Ok);
        let mut ill = well;
        ill.checks
            .push(check("search index", false, "3 documents are missing"));
        assert_eq!(exit_of(&ill), Exit::Unhealthy);
        assert_eq!(
            render(&ill, Look::PLAIN),
            "ok      disk          40 GB free\nFAILED  search index  3 documents are missing\n"
        );
    }
}
