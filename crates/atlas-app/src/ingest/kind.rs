//! Step 4: leave alone what nothing here can read. The bytes stay for the day when something can.

use atlas_domain::{LinkReason, Outcome};

use super::Ingest;
use super::keep::Kept;
use super::run::{Exit, Run};

impl Ingest {
    #[expect(clippy::unused_self, reason = "a step of the story, like the others")]
    pub(super) fn require_readable(&self, run: &mut Run, kept: Kept) -> Result<Kept, Exit> {
        run.enter("kind");
        let Some(kind) = unsupported_kind(&kept) else {
            return Ok(kept);
        };
        let outcome = Outcome::LinkOnly {
            reason: LinkReason::Unsupported,
            message: format!("Atlas cannot read {kind} yet; the bytes are kept"),
        };
        Err(Exit::with_bytes(outcome, kept.snapshot.id))
    }
}

/// The media type of a page that is no HTML, XHTML or text.
fn unsupported_kind(kept: &Kept) -> Option<String> {
    // A PDF under the name of HTML is still a PDF.
    if kept.body.starts_with(b"%PDF-") {
        return Some("application/pdf".to_owned());
    }
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
    (!readable).then_some(kind)
}
