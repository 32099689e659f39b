//! What the demo shows: progress, searches with snippets, the quarantine with its reasons, and what to try next.

use std::io::{IsTerminal, Stdout, Write};
use std::path::Path;
use std::time::Duration;

use atlas_app::App;
use atlas_app::views::{ItemOutcome, QuarantineQuery, SearchQuery};
use tokio::time::Instant;

use super::services;
use super::site::SampleSite;
use crate::error::{CliError, Exit};
use crate::serve::Server;

/// Writes to standard output; bold only on a terminal.
pub(super) struct Report {
    out: Stdout,
    bold: bool,
    /// What came out otherwise than the manifest says.
    surprises: usize,
}

impl Report {
    pub(super) fn new() -> Self {
        let out = std::io::stdout();
        let bold = out.is_terminal();
        Self {
            out,
            bold,
            surprises: 0,
        }
    }

    pub(super) fn beginning(&mut self, site: &SampleSite, folder: &Path) -> Result<(), CliError> {
        let pages = site.saved_urls().len();
        self.heading(&format!(
            "Saving {pages} pages of the sample site at http://{}",
            site.address
        ))?;
        writeln!(self.out, "into {} (thrown away at the end)\n", folder.display())?;
        Ok(())
    }

    pub(super) fn outcome(&mut self, site: &SampleSite, saved: &ItemOutcome) -> Result<(), CliError> {
        let reason = if saved.reason.is_empty() {
            String::new()
        } else {
            format!(" ({})", saved.reason)
        };
        let outcome = format!("{}{reason}", saved.outcome);
        let page = site.page(&saved.url);
        writeln!(
            self.out,
            "  {outcome:<28} {}",
            page.map_or("", |page| page.about.as_str())
        )?;
        if let Some(expected) = page.and_then(|page| page.expected.as_ref())
            && !expected.is(saved.outcome.as_str(), &saved.reason)
        {
            self.surprise(&format!("expected {} ({})", expected.outcome, expected.reason))?;
        }
        Ok(())
    }

    /// Returns when the first result was there.
    pub(super) async fn searches(&mut self, app: &App, site: &SampleSite) -> Result<Instant, CliError> {
        let mut first = None;
        for search in &site.manifest.searches {
            let query = SearchQuery {
                q: search.query.clone(),
                limit: Some(2),
                fresh: true,
                ..SearchQuery::default()
            };
            let reply = app.search(query).await?;
            first.get_or_insert_with(Instant::now);
            self.heading(&format!("Search: {}   ({})", search.query, search.about))?;
            for hit in &reply.hits {
                let snippet = self.marked(&hit.snippet);
                writeln!(self.out, "  {}\n    {snippet}\n    {}", hit.title, hit.url)?;
            }
            if reply
                .hits
                .first()
                .is_none_or(|hit| hit.url != site.url(&search.first))
            {
                self.surprise(&format!("expected {} first", search.first))?;
            }
            writeln!(self.out, "  {} found in {} ms\n", reply.total, reply.took_ms)?;
        }
        Ok(first.unwrap_or_else(Instant::now))
    }

    pub(super) async fn quarantine(&mut self, app: &App) -> Result<(), CliError> {
        self.heading("Quarantine: kept, not searchable, waiting for your word")?;
        for entry in app.quarantine(QuarantineQuery::default()).await?.items {
            writeln!(self.out, "  {}  {}", entry.item.reason, entry.item.url)?;
            for reason in entry.judgement.verdict.reasons.iter().take(3) {
                writeln!(
                    self.out,
                    "    {:+.1}  {}: {}",
                    reason.weight, reason.code, reason.evidence
                )?;
            }
        }
        writeln!(self.out)?;
        Ok(())
    }

    pub(super) async fn summary(&mut self, app: &App, to_first_result: Duration) -> Result<(), CliError> {
        let status = app.status().await;
        let counts: Vec<String> = status
            .items
            .iter()
            .filter(|(_, n)| **n > 0)
            .map(|(state, n)| format!("{n} {state}"))
            .collect();
        writeln!(
            self.out,
            "{}; from start to the first search result {:.1} s\n",
            counts.join(", "),
            to_first_result.as_secs_f64()
        )?;
        Ok(())
    }

    /// How the server is that has just done all this.
    pub(super) async fn services(&mut self, app: &App, begun: Instant) -> Result<(), CliError> {
        let Some(health) = services::once_looked_at(app, begun).await else {
            return self.surprise("nobody looks after this server; the log says why");
        };
        self.heading(&services::heading(&health))?;
        for line in services::lines(&health) {
            writeln!(self.out, "{line}")?;
        }
        if !services::are_healthy(&health) {
            self.surprise("every service healthy was expected")?;
        }
        writeln!(self.out)?;
        Ok(())
    }

    pub(super) fn next_steps(&mut self, server: &Server, folder: &Path) -> Result<(), CliError> {
        let program = std::env::current_exe()?;
        self.heading(&format!(
            "Serving on http://{} until Ctrl-C. Try in another terminal:",
            server.address
        ))?;
        writeln!(
            self.out,
            "  {} --data-dir {} search sourdough",
            program.display(),
            folder.display()
        )?;
        writeln!(
            self.out,
            "  curl -H \"Authorization: Bearer $(cat {}/token)\" 'http://{}/api/v1/search?q=sourdough'",
            folder.display(),
            server.address
        )?;
        self.out.flush()?;
        Ok(())
    }

    /// The demo knows what must come out and how its server must be, and says so when it does not.
    pub(super) fn exit(&self) -> Exit {
        if self.surprises == 0 {
            Exit::Ok
        } else {
            Exit::Unhealthy
        }
    }

    fn surprise(&mut self, what: &str) -> Result<(), CliError> {
        self.surprises += 1;
        writeln!(self.out, "    UNEXPECTED: {what}")?;
        Ok(())
    }

    fn heading(&mut self, text: &str) -> Result<(), CliError> {
        if self.bold {
            writeln!(self.out, "\x1b[1m{text}\x1b[0m")?;
        } else {
            writeln!(self.out, "{text}")?;
        }
        Ok(())
    }

    /// Matches stand between `**`; on a terminal they are bold.
    fn marked(&self, snippet: &str) -> String {
        if !self.bold {
            return snippet.to_owned();
        }
        let parts = snippet.split("**").enumerate();
        parts
            .map(|(i, part)| {
                if i % 2 == 1 {
                    format!("\x1b[1m{part}\x1b[0m")
                } else {
                    part.to_owned()
                }
            })
            .collect()
    }
}
