//! What `atlas db` does about the library itself: by routes, through whoever has it. Files of others are looked after beside
//! it, in `audit`, `cleanup` and `undo`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use atlas_app::audit::{AuditReport, html};
use atlas_app::views::upkeep::{
    ApplyRequest, AuditRequest, CleanupList, CleanupView, FindingView, FindingsPage, LibraryAudit,
    UndoRequest, UndoneCleanup, WantedCleanup,
};
use atlas_domain::{CleanupState, CleanupStep, Standing};
use clap::Args;
use tokio::time::sleep;

use super::audit::exit_of;
use super::shown::render;
use crate::cli::output::{Output, Progress};
use crate::cli::pages::{Page, PageArgs};
use crate::cli::routes;
use crate::cli::table::{spare, table, text, whole};
use crate::cli::text::{Look, counted, one_line};
use crate::cli::words::words;
use crate::client::Client;
use crate::error::{CliError, Exit};

/// Longer than anybody waits: whoever has enough interrupts it, and the work goes on or is gone on with.
const AS_LONG_AS_IT_TAKES: u64 = 24 * 60 * 60;
const LOOK_AGAIN: Duration = Duration::from_millis(300);
const LARGEST_PAGE: u32 = 500;

/// `atlas db findings`
#[derive(Debug, Clone, Args)]
pub(super) struct FindingsArgs {
    /// Those that are as bad at least
    #[arg(long, value_name = "VERDICT", default_value = "suspect", value_parser = words(Standing::ALL, Standing::as_str))]
    least: Standing,
    #[command(flatten)]
    page: PageArgs,
}

/// Has the library audited, and tells what was found.
pub(super) async fn audit(page: Option<&Path>, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let report = audited(client, output).await?;
    if let Some(path) = page {
        std::fs::write(path, html(&report)).map_err(|error| {
            CliError::new(
                Exit::Failure,
                format!("{} cannot be written: {error}", path.display()),
            )
        })?;
    }
    output.answer(&report, |look| render(&report, look))?;
    if !output.is_json() && report.totals.rows_junk + report.totals.rows_suspect > 0 {
        output.say("atlas db findings lists them; atlas db cleanup plans what is to leave");
    }
    Ok(exit_of(&report))
}

async fn audited(client: &Client, output: &Output) -> Result<AuditReport, CliError> {
    let request = AuditRequest {
        wait_secs: Some(AS_LONG_AS_IT_TAKES),
    };
    let progress = output.progress_in_rows();
    let audit: LibraryAudit = tokio::select! {
        audit = client.post_patiently(routes::AUDIT, &request) => audit?,
        () = show(&progress, client) => return Err(CliError::unexpected()), // never ends
    };
    audit.report.ok_or_else(CliError::unexpected)
}

/// Shows how far the audit is, for ever.
async fn show(progress: &Progress, client: &Client) {
    loop {
        sleep(LOOK_AGAIN).await;
        let audit: Result<LibraryAudit, CliError> = client.get(routes::AUDIT).await;
        if let Ok(Some(now)) = audit.map(|audit| audit.progress) {
            progress.tell(&now.what, now.items_done, now.items_total);
        }
    }
}

/// Lists what the last audit found.
pub(super) async fn findings(
    args: &FindingsArgs,
    client: &Client,
    output: &Output,
) -> Result<Exit, CliError> {
    let ask = async |limit: u32, after: Option<String>| {
        let parameters = [
            ("least", Some(args.least.to_string())),
            ("limit", Some(limit.to_string())),
            ("after", after),
        ];
        client
            .get(&routes::with_query(routes::FINDINGS, parameters))
            .await
    };
    let page: FindingsPage = args.page.read(LARGEST_PAGE, ask).await?;
    output.answer(&page, |look| render_findings(&page.findings, look))?;
    if !output.is_json() {
        output.say(&match &page.next {
            Some(next) => format!("there are more: --after {next}, or --all"),
            None if page.findings.is_empty() => "the last audit found nothing".to_owned(),
            None => format!("{} in all", counted(page.findings.len() as u64, "item")),
        });
    }
    Ok(Exit::Ok)
}

fn render_findings(findings: &[FindingView], look: Look) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = findings
        .iter()
        .map(|found| {
            [
                found.item.to_string(),
                found.verdict.to_string(),
                found.reasons.to_string(),
                one_line(found.title.as_deref().unwrap_or(&found.url)),
            ]
        })
        .collect();
    table(
        [whole("ID"), whole("VERDICT"), text("REASONS"), text("TITLE")],
        &rows,
        look,
    )
}

/// Audits, and plans what is to leave.
pub(super) async fn plan(wanted: WantedCleanup, client: &Client, output: &Output) -> Result<Exit, CliError> {
    audited(client, output).await?;
    let planned: CleanupView = client.post_patiently(routes::CLEANUPS, &wanted).await?;
    output.answer(&planned, |look| {
        render_cleanups(std::slice::from_ref(&planned), look)
    })?;
    if !output.is_json() {
        let allow = planned
            .allow_percent
            .map_or(String::new(), |percent| format!(" --allow {percent}%"));
        output.say(&match planned.run.items() {
            0 => "nothing is to leave".to_owned(),
            items => format!(
                "{} would leave the list and the index, and can come back; nothing was changed. To carry it out: \
                 atlas db cleanup --apply {}{allow}",
                counted(items, "item"),
                planned.run.id
            ),
        });
    }
    Ok(Exit::Ok)
}

/// Carries a plan out, or goes on with it.
pub(super) async fn apply(
    run: &str,
    allow_percent: Option<u64>,
    client: &Client,
    output: &Output,
) -> Result<Exit, CliError> {
    let request = ApplyRequest {
        allow_percent,
        wait_secs: Some(AS_LONG_AS_IT_TAKES),
    };
    let path = format!("{}/apply", routes::under(routes::CLEANUPS, run));
    let done: CleanupView = client.post_patiently(&path, &request).await?;
    output.answer(&done, |look| render_cleanups(std::slice::from_ref(&done), look))?;
    if !output.is_json() {
        output.say(&format!("to take it back: atlas db undo {}", done.run.id));
    }
    Ok(match done.run.state {
        CleanupState::Applied => Exit::Ok,
        CleanupState::Failed => Exit::Failure,
        _ => Exit::Partial,
    })
}

/// Undoes a cleanup, whole or in parts.
pub(super) async fn undo(
    run: &str,
    items: &[String],
    client: &Client,
    output: &Output,
) -> Result<Exit, CliError> {
    let request = UndoRequest {
        items: items.to_vec(),
    };
    let path = format!("{}/undo", routes::under(routes::CLEANUPS, run));
    let undone: UndoneCleanup = client.post_patiently(&path, &request).await?;
    output.answer(&undone, |_| render_undone(&undone))?;
    Ok(if undone.undone.conflicts.is_empty() {
        Exit::Ok
    } else {
        Exit::Partial
    })
}

fn render_undone(undone: &UndoneCleanup) -> String {
    let mut shown = format!("{} back where they were\n", counted(undone.undone.undone, "item"));
    for (item, why) in &undone.undone.conflicts {
        let _ = writeln!(shown, "{item}: {why}");
    }
    for item in &undone.undone.kept_merges {
        let _ = writeln!(
            shown,
            "{item}: it was changed since, and keeps what it took over from its copy"
        );
    }
    shown
}

/// Takes note that a cleanup failed.
pub(super) async fn acknowledge(run: &str, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let path = format!("{}/acknowledge", routes::under(routes::CLEANUPS, run));
    let noted: CleanupView = client.post(&path, &()).await?;
    output.answer(&noted, |look| render_cleanups(std::slice::from_ref(&noted), look))?;
    Ok(Exit::Ok)
}

/// Lists the cleanups of the library.
pub(super) async fn runs(client: &Client, output: &Output) -> Result<Exit, CliError> {
    let list: CleanupList = client.get(routes::CLEANUPS).await?;
    output.answer(&list, |look| render_cleanups(&list.cleanups, look))?;
    if list.cleanups.is_empty() && !output.is_json() {
        output.say("no cleanup of the library was planned yet: atlas db cleanup does it");
    }
    Ok(Exit::Ok)
}

fn render_cleanups(cleanups: &[CleanupView], look: Look) -> String {
    if cleanups.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = cleanups
        .iter()
        .map(|cleanup| {
            let run = &cleanup.run;
            let count = |step| run.count(step).to_string();
            [
                run.id.to_string(),
                run.state.to_string(),
                format!("{} ({} %)", run.items(), cleanup.percent),
                count(CleanupStep::Done),
                count(CleanupStep::Skipped),
                count(CleanupStep::Undone),
                one_line(&run.message),
            ]
        })
        .collect();
    table(
        [
            whole("CLEANUP"),
            whole("STATE"),
            whole("ITEMS"),
            spare("DONE"),
            spare("SKIPPED"),
            spare("UNDONE"),
            text("MESSAGE"),
        ],
        &rows,
        look,
    )
}

impl Page for FindingsPage {
    fn len(&self) -> usize {
        self.findings.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn append(&mut self, following: Self) {
        self.findings.extend(following.findings);
        self.next = following.next;
    }
}
