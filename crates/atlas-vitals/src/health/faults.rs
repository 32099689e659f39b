//! What is wrong with the settings of all checks together: everything at once, each fault with the check and the
//! setting it is about. It changes nothing and decides nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::settings::CheckSettings;

/// Times beyond a month are typing errors.
const LONGEST_TIME: Duration = Duration::from_hours(30 * 24);

/// No rule looks back upon more results.
const LONGEST_WINDOW: u32 = 100;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("check `{check}`, {setting}: {problem}")]
pub struct CheckFault {
    /// The check.
    pub check: String,
    /// The setting, as the path of its fields.
    pub setting: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

/// Everything that is wrong. Nothing, when checks can work by them.
pub fn faults(checks: &[CheckSettings]) -> Vec<CheckFault> {
    let mut faults: Vec<CheckFault> = checks.iter().flat_map(of_one).collect();
    faults.extend(of_names(checks));
    faults.extend(of_dependencies(checks));
    faults
}

/// Collects what is wrong with one check.
struct Findings<'a> {
    check: &'a str,
    faults: Vec<CheckFault>,
}

impl Findings<'_> {
    fn require(&mut self, holds: bool, setting: &'static str, problem: &str) {
        if !holds {
            self.faults.push(CheckFault {
                check: self.check.to_owned(),
                setting,
                problem: problem.to_owned(),
            });
        }
    }
}

fn of_one(check: &CheckSettings) -> Vec<CheckFault> {
    let mut findings = Findings {
        check: &check.name,
        faults: Vec::new(),
    };
    of_times(check, &mut findings);
    of_counts(check, &mut findings);
    if let Some(thresholds) = &check.thresholds {
        for (setting, problem) in thresholds.faults() {
            findings.require(false, setting, &problem);
        }
    }
    findings.faults
}

fn of_times(check: &CheckSettings, findings: &mut Findings<'_>) {
    let reasonable = |time: Duration| !time.is_zero() && time <= LONGEST_TIME;
    findings.require(
        reasonable(check.every),
        "every",
        "must be more than zero and at most 30 days",
    );
    if let Some(deadline) = check.deadline {
        findings.require(!deadline.is_zero(), "deadline", "must be more than zero");
        findings.require(
            deadline <= check.every,
            "deadline",
            "must not be longer than `every`: only one run is under way at once",
        );
    }
    findings.require(check.grace <= LONGEST_TIME, "grace", "must be at most 30 days");
}

fn of_counts(check: &CheckSettings, findings: &mut Findings<'_>) {
    let countable = |count: u32| (1..=LONGEST_WINDOW).contains(&count);
    let within_hundred = "must be 1 to 100";
    for (setting, count) in [
        ("up.degraded", check.up.degraded),
        ("up.critical", check.up.critical),
        ("up.down", check.up.down),
        ("down.usual", check.down.usual),
        ("down.from_down", check.down.from_down),
        ("intermittent.within", check.intermittent.within),
    ] {
        findings.require(countable(count), setting, within_hundred);
    }
    let ladder = check.ladder;
    findings.require(ladder.degraded >= 1, "ladder.degraded", "must be at least 1");
    findings.require(
        ladder.degraded < ladder.critical && ladder.critical < ladder.down,
        "ladder",
        "must rise from degraded over critical to down",
    );
    let intermittent = check.intermittent;
    findings.require(
        (1..=intermittent.within).contains(&intermittent.failures),
        "intermittent.failures",
        "must be at least 1 and fit into `intermittent.within`",
    );
    findings.require(
        intermittent.until < intermittent.failures,
        "intermittent.until",
        "must be less than `intermittent.failures`, or it would end as it begins",
    );
    let flapping = check.flapping;
    findings.require(
        flapping.start_percent < 99,
        "flapping.start_percent",
        "must be less than 99, which is a change every time",
    );
    findings.require(
        flapping.stop_percent < flapping.start_percent,
        "flapping.stop_percent",
        "must be less than `flapping.start_percent`",
    );
}

fn of_names(checks: &[CheckSettings]) -> Vec<CheckFault> {
    let mut seen = BTreeSet::new();
    let fault = |check: &CheckSettings, problem: &str| CheckFault {
        check: check.name.clone(),
        setting: "name",
        problem: problem.to_owned(),
    };
    checks
        .iter()
        .filter_map(|check| {
            let is_new = seen.insert(&check.name);
            if check.name.trim().is_empty() {
                return Some(fault(check, "must not be empty"));
            }
            (!is_new).then(|| fault(check, "another check has this name; give each its own"))
        })
        .collect()
}

fn of_dependencies(checks: &[CheckSettings]) -> Vec<CheckFault> {
    let parents: BTreeMap<&str, &[String]> = checks
        .iter()
        .map(|check| (check.name.as_str(), check.depends_on.as_slice()))
        .collect();
    let mut faults = Vec::new();
    for check in checks {
        let mut fault = |problem: String| {
            faults.push(CheckFault {
                check: check.name.clone(),
                setting: "depends_on",
                problem,
            });
        };
        for parent in &check.depends_on {
            if !parents.contains_key(parent.as_str()) {
                fault(format!("there is no check `{parent}`"));
            }
        }
        if let Some(circle) = circle_through(&check.name, &parents) {
            fault(format!("depends on itself: {}", circle.join(" -> ")));
        }
    }
    faults
}

/// The shortest way from a check over what it depends on back to itself.
fn circle_through<'a>(start: &'a str, parents: &BTreeMap<&'a str, &'a [String]>) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        let here = way.last().copied().unwrap_or(start);
        for parent in parents.get(here).copied().unwrap_or_default() {
            let mut longer = way.clone();
            longer.push(parent);
            if parent == start {
                return Some(longer);
            }
            if seen.insert(parent.as_str()) {
                ways.push_back(longer);
            }
        }
    }
    None
}
