//! Decides whether a page is junk. This is the place: every verdict of Atlas on a page is made here.
//!
//! It must stay a pure function of what was observed: no I/O, no clock, no look at the library, no rule of its
//! own. Rules live in `rules/`, one file a class of junk; this file only weighs what they found.

use atlas_domain::{Decision, JunkClass, Verdict};

use super::case::{Case, Finding, Level};
use super::fetch_signals::FetchSignals;
use super::rules;
use crate::Extracted;

/// The version of the rules. Raise it with every change that can change a verdict, so that what an older
/// version judged can be judged again from stored bytes.
pub const GATE_VERSION: u32 = 6;

/// Junk that weighs this much, after what speaks for content is subtracted, is not indexed.
const QUARANTINE_FROM: f32 = 1.0;
/// Only junk that weighs this much is rejected without the owner ever seeing it...
const REJECT_FROM: f32 = 1.6;
/// ...and only if two independent levels each carry at least this much of it.
const LEVEL_COUNTS_FROM: f32 = 0.5;
/// Weights are tenths, which sums of binary fractions only approach.
const ROUNDING: f32 = 0.01;
/// A class weaker than this does not name a page that is, above all, too short.
const NAMES_PAGE_FROM: f32 = 0.4;

/// The verdict on a page, from how it was fetched and what was found in it.
pub fn judge(fetch: &FetchSignals, extracted: &Extracted) -> Verdict {
    let case = Case::new(fetch, extracted);
    let mut findings = rules::apply(&case);
    findings.sort_by(|a, b| b.reason.weight.total_cmp(&a.reason.weight));
    let class = leading_class(&findings);
    let decision = decide(class, &findings);
    Verdict {
        decision,
        class: class.filter(|_| matches!(decision, Decision::Quarantine | Decision::Reject)),
        reasons: findings.into_iter().map(|finding| finding.reason).collect(),
        gate_version: GATE_VERSION,
    }
}

/// Everything that speaks against the page is summed, whatever its class: an apology behind a login form is
/// no better than either. What speaks for content is subtracted.
fn decide(class: Option<JunkClass>, findings: &[Finding]) -> Decision {
    let junk: f32 = weights(findings, |finding| finding.reason.class.is_some());
    let content: f32 = weights(findings, |finding| finding.reason.class.is_none());
    let Some(class) = class.filter(|_| junk + content > QUARANTINE_FROM - ROUNDING) else {
        return if findings.iter().any(|finding| finding.beginning_only) {
            Decision::Partial
        } else {
            Decision::Accept
        };
    };
    let certain = junk + content > REJECT_FROM - ROUNDING && content > -LEVEL_COUNTS_FROM;
    // Too short is a matter of taste, and one measurement however many levels it is made on.
    if certain && class != JunkClass::Stub && levels_against(class, findings) >= 2 {
        Decision::Reject
    } else {
        Decision::Quarantine
    }
}

/// The class that weighs most. Shortness goes with almost every kind of junk, so it names a page only when
/// nothing more telling was found.
fn leading_class(findings: &[Finding]) -> Option<JunkClass> {
    // What only a program writes says best what it is.
    let by_program = |finding: &&Finding| finding.by_program && finding.reason.weight >= QUARANTINE_FROM;
    if let Some(finding) = findings.iter().find(by_program) {
        return finding.reason.class;
    }
    let weight = |class: JunkClass| weights(findings, |finding| finding.reason.class == Some(class));
    let telling = JunkClass::ALL
        .iter()
        .copied()
        .filter(|class| *class != JunkClass::Stub)
        .map(|class| (class, weight(class)))
        .filter(|(_, weight)| *weight >= NAMES_PAGE_FROM)
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match telling {
        Some((class, _)) => Some(class),
        None => findings.iter().find_map(|finding| finding.reason.class),
    }
}

fn levels_against(class: JunkClass, findings: &[Finding]) -> usize {
    [Level::Fetch, Level::Html, Level::Text]
        .into_iter()
        .filter(|level| {
            let of_level = |finding: &Finding| finding.level == *level && finding.reason.class == Some(class);
            weights(findings, of_level) > LEVEL_COUNTS_FROM - ROUNDING
        })
        .count()
}

fn weights(findings: &[Finding], of: impl Fn(&Finding) -> bool) -> f32 {
    findings
        .iter()
        .filter(|finding| of(finding))
        .map(|finding| finding.reason.weight)
        .sum()
}
