//! Stored bodies before the gate: what must be found in every form and in many languages, and what must be kept.
//! Every text is written for these tests.

mod bounds;
mod form_of_junk;
mod good;
mod junk;
mod languages;

use std::fmt::Write as _;

use atlas_domain::Verdict;

use super::{BodyForm, BodyInput, BodyKind, read_body};
use crate::{Assessment, Extracted, FetchSignals, assess, judge};

/// A body with what is known of its row.
#[derive(Clone, Copy)]
struct Row<'a> {
    title: Option<&'a str>,
    body: &'a str,
    kind: BodyKind,
}

impl<'a> Row<'a> {
    fn page(body: &'a str) -> Self {
        Self {
            title: None,
            body,
            kind: BodyKind::Page,
        }
    }

    fn short(body: &'a str) -> Self {
        Self {
            kind: BodyKind::Short,
            ..Self::page(body)
        }
    }

    fn titled(self, title: &'a str) -> Self {
        Self {
            title: Some(title),
            ..self
        }
    }

    fn read(self) -> Extracted {
        read_body(&BodyInput {
            body: self.body.as_bytes(),
            title: self.title,
            url: Some("https://marsh.example/2024/05/heron"),
            kind: self.kind,
        })
    }

    fn judged(self) -> (Verdict, Assessment) {
        let verdict = judge(
            &FetchSignals::given(Some("https://marsh.example/2024/05/heron")),
            &self.read(),
        );
        let assessment = assess(&verdict);
        (verdict, assessment)
    }
}

fn form_of(body: &str) -> BodyForm {
    let stored = Row::page(body).read().signals.stored;
    stored.expect("it is a stored body").form
}

/// What a failing test shows of a verdict.
fn shown(verdict: &Verdict) -> String {
    let mut shown = format!("{:?} {:?}:", verdict.decision, verdict.class);
    for reason in &verdict.reasons {
        write!(
            shown,
            "\n  {:+.1} {} ({})",
            reason.weight, reason.code, reason.evidence
        )
        .expect("a string takes it");
    }
    shown
}
