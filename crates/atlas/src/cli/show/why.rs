//! `atlas show --why`: every decision about an item with its reasons, how its page was fetched, and every try.

use atlas_app::size;
use atlas_app::views::ItemView;
use atlas_domain::{Attempt, Snapshot, StrategyStep};
use atlas_store::{AuditEntry, Judgement};

use crate::cli::items::name_of;
use crate::cli::table::{table, whole};
use crate::cli::text::{Look, duration, explained, facts, indented};

pub(super) fn render(view: &ItemView, look: Look) -> String {
    let (item, why) = (&view.item, &view.why);
    let state = facts(&[
        ("Address", item.url.clone()),
        (
            "State",
            explained(item.state.as_str(), &item.reason, &item.message),
        ),
        (
            "Kept",
            if item.keep_always {
                "the owner said to keep it".to_owned()
            } else {
                String::new()
            },
        ),
        (
            "Not before",
            why.not_before.map_or(String::new(), |at| at.to_string()),
        ),
        ("Id", item.id.to_string()),
    ]);
    let none = |nothing: &str| format!("{nothing}\n");
    let sections = [
        (
            "Verdict",
            why.judgement
                .as_ref()
                .map_or_else(|| none("not judged yet"), |judged| reasons(judged, look)),
        ),
        (
            "Fetch",
            why.snapshot
                .as_ref()
                .map_or_else(|| none("no page has arrived"), fetch),
        ),
        (
            "Tries",
            if why.attempts.is_empty() {
                none("none yet")
            } else {
                tries(&why.attempts, look)
            },
        ),
        (
            "Decisions",
            if why.audit.is_empty() {
                none("none yet")
            } else {
                decisions(&why.audit, look)
            },
        ),
    ];
    let head = format!("{}\n\n{state}", look.bold(&name_of(item)));
    let sections = sections.map(|(name, section)| format!("\n{}\n{}", look.bold(name), indented(&section)));
    head + &sections.concat()
}

/// A verdict with the reasons that led there and their weights.
pub(crate) fn reasons(judgement: &Judgement, look: Look) -> String {
    let verdict = &judgement.verdict;
    let head = facts(&[
        (
            "Decision",
            explained(
                verdict.decision.as_str(),
                verdict.class.map_or("", |class| class.as_str()),
                "",
            ),
        ),
        (
            "Gate",
            format!("version {}, {}", verdict.gate_version, judgement.judged_at),
        ),
    ]);
    if verdict.reasons.is_empty() {
        return format!("{head}nothing spoke for or against it\n");
    }
    let rows: Vec<_> = verdict
        .reasons
        .iter()
        .map(|reason| {
            let class = reason.class.map_or("content", |class| class.as_str());
            [
                format!("{:+.2}", reason.weight),
                class.to_owned(),
                reason.code.clone(),
                reason.evidence.clone(),
            ]
        })
        .collect();
    format!(
        "{head}{}",
        table(["WEIGHT", "FOR", "REASON", "EVIDENCE"].map(whole), &rows, look)
    )
}

/// Every try, the oldest first, and below them what each asked for.
pub(crate) fn tries(attempts: &[Attempt], look: Look) -> String {
    let rows: Vec<_> = (1..)
        .zip(attempts)
        .map(|(number, attempt): (usize, _)| {
            let next = attempt
                .next_try_at
                .map_or(String::new(), |at| format!("; next try at {at}"));
            [
                number.to_string(),
                attempt.started_at.to_string(),
                duration(attempt.duration_ms),
                attempt.stage.clone(),
                format!(
                    "{}{next}",
                    explained(attempt.end.as_str(), &attempt.reason, &attempt.message)
                ),
            ]
        })
        .collect();
    let requests: Vec<_> = (1..)
        .zip(attempts)
        .flat_map(|(number, attempt)| attempt.steps.iter().flat_map(move |step| requests(number, step)))
        .collect();
    let tries = table(["TRY", "STARTED", "TOOK", "STAGE", "END"].map(whole), &rows, look);
    if requests.is_empty() {
        return tries;
    }
    let heads = ["TRY", "STRATEGY", "TOOK", "WAITED", "RESULT", "FROM", "ADDRESS"].map(whole);
    let requests = table(heads, &requests, look);
    let remarks: Vec<_> = (1..)
        .zip(attempts)
        .flat_map(|(number, attempt)| remarks(number, attempt))
        .collect();
    if remarks.is_empty() {
        return format!("{tries}\n{requests}");
    }
    let remarks = table(["TRY", "STRATEGY", "REMARK"].map(whole), &remarks, look);
    format!("{tries}\n{requests}\n{remarks}")
}

/// What was wrong with what each strategy brought, unless the end of its try says so already.
fn remarks(number: usize, attempt: &Attempt) -> impl Iterator<Item = [String; 3]> {
    let untold = |step: &&StrategyStep| !step.message.is_empty() && step.message != attempt.message;
    let told = move |step: &StrategyStep| {
        [
            number.to_string(),
            step.strategy.to_string(),
            step.message.clone(),
        ]
    };
    attempt.steps.iter().filter(untold).map(told)
}

/// What one strategy asked for; one line even if it asked nobody.
fn requests(number: usize, step: &StrategyStep) -> Vec<[String; 7]> {
    let strategy = step.strategy.to_string();
    if step.hops.is_empty() {
        let none = String::new;
        let result = step.result.clone();
        return vec![[
            number.to_string(),
            strategy,
            none(),
            none(),
            result,
            none(),
            none(),
        ]];
    }
    let lines = step.hops.iter().map(|hop| {
        [
            number.to_string(),
            strategy.clone(),
            duration(hop.took_ms),
            duration(hop.waited_ms),
            hop.result.clone(),
            hop.address.map_or(String::new(), |address| address.to_string()),
            hop.url.clone(),
        ]
    });
    lines.collect()
}

fn fetch(snapshot: &Snapshot) -> String {
    let steps: Vec<_> = snapshot
        .steps
        .iter()
        .map(|step| format!("{}: {}", step.strategy, step.result))
        .collect();
    let moved = if snapshot.final_url == snapshot.url {
        String::new()
    } else {
        snapshot.final_url.clone()
    };
    facts(&[
        ("Status", snapshot.status.to_string()),
        ("Type", snapshot.content_type.clone().unwrap_or_default()),
        ("Size", kept_size(snapshot)),
        ("Moved to", moved),
        ("Steps", steps.join(", ")),
        ("Arrived", snapshot.fetched_at.to_string()),
    ])
}

fn kept_size(snapshot: &Snapshot) -> String {
    let size = size(snapshot.size_bytes);
    match snapshot.body_hash {
        Some(_) => size,
        None => format!("{size}, not kept any more"),
    }
}

fn decisions(audit: &[AuditEntry], look: Look) -> String {
    let rows: Vec<_> = audit
        .iter()
        .map(|entry| {
            let what = explained(&entry.action, &entry.reason, &entry.detail);
            [entry.at.to_string(), entry.actor.clone(), what]
        })
        .collect();
    table(["AT", "BY", "DECISION"].map(whole), &rows, look)
}

#[cfg(test)]
mod tests {
    use atlas_domain::Strategy;

    use super::*;
    use crate::cli::fixtures;

    const PLAIN: Look = Look::PLAIN;

    #[test]
    fn tells_verdict_fetch_tries_and_decisions() {
        insta::assert_snapshot!(render(&fixtures::quarantined_view(), PLAIN), @r#"
        https://example.com/2

        Address  https://example.com/2
        State    quarantined (soft_404): the page says that it does not exist
        Id       00000000-0000-0000-0000-000000000002

        Verdict
          Decision  quarantine (soft_404)
          Gate      version 1, 2026-01-01T00:00:05Z
          WEIGHT  FOR       REASON                EVIDENCE
          +1.10   soft_404  title_says_not_found  "Page not found"
          -0.25   content   many_words            312 words

        Fetch
          Status    200
          Type      text/html
          Size      4.2 kB
          Moved to  https://example.com/moved
          Steps     direct: ok
          Arrived   2026-01-01T00:00:04Z

        Tries
          TRY  STARTED               TOOK    STAGE  END
          1    2026-01-01T00:00:01Z  850 ms  fetch  retry (timeout): no answer in time; next try at 2026-01-01T00:00:03Z
          2    2026-01-01T00:00:03Z  2 s     judge  done

          TRY  STRATEGY   TOOK    WAITED  RESULT    FROM       ADDRESS
          1    direct     120 ms  0 ms    http_302  192.0.2.7  https://example.com/2
          1    direct     20 s    3 s     timeout              https://example.com/moved
          1    link_only                  timeout

        Decisions
          AT                    BY      DECISION
          2026-01-01T00:00:00Z  owner   saved
          2026-01-01T00:00:05Z  ingest  quarantined (soft_404): the page says that it does not exist
        "#);
    }

    #[test]
    fn an_item_that_was_put_off_with_others_says_when_it_comes() {
        let mut view = fixtures::quarantined_view();
        view.why = fixtures::no_why();
        view.why.not_before = Some(fixtures::quarantined_view().why.attempts[0].started_at);
        let shown = render(&view, PLAIN);
        assert!(shown.contains("Not before  2026-01-01T00:00:01Z"), "{shown}");
        assert!(shown.contains("none yet"), "{shown}");
    }

    #[test]
    fn each_strategy_is_told_with_what_was_wrong_with_what_it_brought() {
        let mut view = fixtures::quarantined_view();
        let step = |strategy, result: &str, message: &str| StrategyStep {
            message: message.to_owned(),
            ..StrategyStep::without_hops(strategy, result)
        };
        view.why.attempts[1].steps = vec![
            step(Strategy::Direct, "ok", "looks like a js stub page"),
            step(
                Strategy::Amp,
                "other_site",
                "https://elsewhere.example/ is no place of the page's site",
            ),
            step(Strategy::Archive, "ok", ""),
        ];
        let shown = render(&view, PLAIN);
        let remarks = "  TRY  STRATEGY  REMARK\n  \
                       2    direct    looks like a js stub page\n  \
                       2    amp       https://elsewhere.example/ is no place of the page's site\n";
        assert!(shown.contains(remarks), "{shown}");
    }

    #[test]
    fn an_item_that_waits_has_no_reasons_yet() {
        let mut view = fixtures::view();
        view.why = fixtures::no_why();
        let shown = render(&view, PLAIN);
        assert!(shown.contains("Verdict\n  not judged yet\n"), "{shown}");
        assert!(shown.contains("Fetch\n  no page has arrived\n"), "{shown}");
    }
}
