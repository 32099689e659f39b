//! How extracted pages are printed: one JSON line a page, or one document with everything.

use std::io::Write;

use atlas_app::extraction::ExtractFailure;
use atlas_domain::{Reason, Verdict};
use atlas_extract::Extracted;
use serde::Serialize;

use super::inputs::{Page, Unread};
use crate::cli::output::{as_json, as_json_line, complain};
use crate::error::CliError;

/// One page of many.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    title: Option<&'a str>,
    author: Option<String>,
    date: Option<String>,
    language: Option<&'a str>,
    page_type: Option<&'static str>,
    text: &'a str,
    verdict: &'static str,
    reasons: &'a [Reason],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorLine>,
}

#[derive(Serialize)]
struct ErrorLine {
    code: &'static str,
    message: String,
}

/// One page with everything that was found.
#[derive(Serialize)]
struct Whole<'a> {
    id: &'a str,
    url: Option<&'a str>,
    #[serde(flatten)]
    extracted: &'a Extracted,
    verdict: Verdict,
}

/// Prints a page; returns 1 when it could not be extracted.
pub(super) fn print(
    page: &Page,
    extracted: &Result<Extracted, ExtractFailure>,
    verdict: Option<Verdict>,
    as_line: bool,
) -> Result<usize, CliError> {
    let mut out = std::io::stdout().lock();
    match (extracted, verdict) {
        (Ok(extracted), Some(verdict)) if as_line => {
            writeln!(out, "{}", as_json_line(&line(&page.id, extracted, &verdict))?)?;
            Ok(0)
        }
        (Ok(extracted), Some(verdict)) => {
            let whole = Whole {
                id: &page.id,
                url: page.url.as_deref(),
                extracted,
                verdict,
            };
            writeln!(out, "{}", as_json(&whole)?)?;
            Ok(0)
        }
        (Err(failure), _) => {
            let error = ErrorLine {
                code: failure.code(),
                message: failure.message.clone(),
            };
            writeln!(out, "{}", as_json_line(&failed_line(&page.id, &error))?)?;
            complain(&format!("{}: {}", page.id, failure.message));
            Ok(1)
        }
        (Ok(_), None) => Ok(0),
    }
}

/// Says why a page could not be read, as its line where every page has one; returns 1.
pub(super) fn print_unread(unread: &Unread, as_line: bool) -> Result<usize, CliError> {
    if as_line {
        let error = ErrorLine {
            code: unread.code,
            message: unread.error.message.clone(),
        };
        let line = as_json_line(&failed_line(&unread.id, &error))?;
        writeln!(std::io::stdout().lock(), "{line}")?;
    }
    complain(&unread.error.message);
    Ok(1)
}

fn line<'a>(id: &'a str, extracted: &'a Extracted, verdict: &'a Verdict) -> Line<'a> {
    let article = &extracted.article;
    Line {
        id,
        title: article.title.as_deref(),
        author: (!article.authors.is_empty()).then(|| article.authors.join(", ")),
        date: article.published.as_ref().map(|date| date.value.to_string()),
        language: article.language.as_deref(),
        page_type: Some(article.page_type.as_str()),
        text: &article.text,
        verdict: verdict.decision.as_str(),
        reasons: &verdict.reasons,
        error: None,
    }
}

fn failed_line<'a>(id: &'a str, error: &'a ErrorLine) -> Line<'a> {
    Line {
        id,
        title: None,
        author: None,
        date: None,
        language: None,
        page_type: None,
        text: "",
        verdict: "failed",
        reasons: &[],
        error: Some(error),
    }
}
