//! Step 3: what the status says by itself. A server in trouble is asked again later; every other answer goes
//! on to the gate, because some sites answer an article with 403 or 404.

use atlas_domain::Outcome;

use super::Ingest;
use super::keep::Kept;
use super::retry::Trouble;
use super::run::{Exit, NoContent, Run};

impl Ingest {
    pub(super) fn answer(&self, run: &Run, kept: Kept) -> Result<Kept, Exit> {
        let status = kept.snapshot.status;
        let trouble = Trouble {
            reason: format!("http_{status}"),
            message: format!("the server answered {status}"),
        };
        match status {
            429 => return Err(self.throttled(run, kept.retry_after, trouble)),
            503 if kept.retry_after.is_some() => return Err(self.throttled(run, kept.retry_after, trouble)),
            408 | 425 | 500 | 502..=504 | 520..=529 => return Err(self.try_again(run, trouble)),
            _ => {}
        }
        if let Some(kind) = unsupported_kind(&kept) {
            return Err(Exit::NoContent(Box::new(NoContent {
                outcome: Outcome::LinkOnly {
                    reason: "unsupported".to_owned(),
                    message: format!("Atlas cannot read {kind} yet; the bytes are kept"),
                },
                snapshot_id: Some(kept.snapshot.id),
                verdict: None,
                addresses: Vec::new(),
            })));
        }
        Ok(kept)
    }
}

/// The media type of a page that is no HTML, XHTML or text.
fn unsupported_kind(kept: &Kept) -> Option<String> {
    let declared = kept.snapshot.content_type.as_deref()?;
    let kind = declared
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let readable = kind.is_empty()
        || kind.starts_with("text/")
        || matches!(
            kind.as_str(),
            "application/xhtml+xml" | "application/xml" | "application/octet-stream"
        );
    // A PDF under the name of HTML is still a PDF.
    let is_pdf = kept.body.starts_with(b"%PDF-");
    match (readable, is_pdf) {
        (_, true) => Some("application/pdf".to_owned()),
        (false, false) => Some(kind),
        (true, false) => None,
    }
}
