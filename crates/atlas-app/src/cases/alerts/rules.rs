//! The rules in force, in words.

use std::sync::Arc;

use atlas_vitals::alerts::{Absent, Condition, Rule, RuleSet, When};

use super::App;
use crate::error::AppError;
use crate::views::alerts::{RuleList, RuleOrigin, RuleView};

impl App {
    /// Every rule in force: those of the server, or where nobody looks after this process those that one would begin
    /// with.
    pub async fn rules(&self) -> Result<RuleList, AppError> {
        let rules = match self.vitals() {
            Some(vitals) => vitals.rules().await.map_err(|_ending| AppError::NotLookedAfter)?,
            None => self.configured_rules(),
        };
        let builtin = RuleSet::builtin();
        let mut views: Vec<_> = rules.iter().map(|rule| rule_view(rule, &builtin)).collect();
        views.sort_by_key(|view| view.origin != RuleOrigin::BuiltIn);
        Ok(RuleList { rules: views })
    }

    fn configured_rules(&self) -> RuleSet {
        self.configured_rules
            .get()
            .cloned()
            .unwrap_or_else(RuleSet::builtin)
    }
}

fn rule_view(rule: &Rule, builtin: &RuleSet) -> RuleView {
    let origin = match builtin.get(&rule.name) {
        Some(known) if known == rule => RuleOrigin::BuiltIn,
        Some(_) => RuleOrigin::FileInPlaceOfBuiltIn,
        None => RuleOrigin::File,
    };
    let (services, severity, condition) = in_words(&rule.when);
    RuleView {
        name: rule.name.to_string(),
        origin,
        services,
        severity,
        condition,
        for_secs: rule.hold.as_secs(),
        keep_firing_for_secs: rule.keep_firing.as_secs(),
        summary: rule.summary.clone(),
        runbook: rule.runbook.clone(),
        command: rule.command.clone(),
        reason: rule.reason.clone(),
    }
}

/// Services, severity and condition.
fn in_words(when: &When) -> (Vec<String>, String, String) {
    match when {
        When::Metric {
            service,
            severity,
            all,
            absent,
        } => {
            let conditions: Vec<_> = all.iter().map(limit).collect();
            let ends = match absent {
                Absent::Holds => "",
                Absent::Ends => "; absent is well",
            };
            (
                vec![service.to_string()],
                severity.to_string(),
                format!("{}{ends}", conditions.join(" and ")),
            )
        }
        When::Status {
            services,
            except,
            severities,
        } => {
            let mut severities = severities.clone();
            severities.sort_by_key(|(status, _)| *status); // as they are in the file is as they fell
            let told: Vec<_> = severities
                .iter()
                .map(|(status, severity)| format!("{status}: {severity}"))
                .collect();
            let statuses: Vec<_> = severities.iter().map(|(status, _)| status.as_str()).collect();
            let but = match except.iter().map(String::as_str).collect::<Vec<_>>() {
                none if none.is_empty() => String::new(),
                except => format!(" (of every service but {})", except.join(", ")),
            };
            (
                services.iter().cloned().collect(),
                told.join(", "),
                format!("status is {}{but}", statuses.join(" or ")),
            )
        }
    }
}

/// `mount_used{mount="/data"} >= 0.95, until < 0.94`
fn limit(condition: &Condition) -> String {
    use atlas_vitals::alerts::Comparison::{Above, AtLeast, AtMost, Below};
    let labels: Vec<_> = condition
        .labels
        .iter()
        .map(|(name, value): &(Arc<str>, Arc<str>)| format!("{name}={value:?}"))
        .collect();
    let labels = if labels.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", labels.join(","))
    };
    let back = match condition.op {
        Above => "<=",
        AtLeast => "<",
        Below => ">=",
        AtMost => ">",
    };
    format!(
        "{}{labels} {} {}, until {back} {}",
        condition.series, condition.op, condition.threshold, condition.exit
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, rules: &RuleSet) -> RuleView {
        rule_view(rules.get(name).unwrap(), &RuleSet::builtin())
    }

    #[test]
    fn a_rule_about_measurements_tells_each_limit_and_when_it_ends() {
        let rule = view("disk_nearly_full", &RuleSet::builtin());
        assert_eq!(
            rule.condition,
            "mount_used >= 0.95, until < 0.94 and mount_available < 21474836480, until >= 26843545600"
        );
        assert_eq!(
            (&*rule.severity, rule.services),
            ("critical", vec!["disk_space".to_owned()])
        );
    }

    #[test]
    fn a_rule_says_that_it_ends_where_there_is_no_such_value() {
        let rule = view("breaker_open_long", &RuleSet::builtin());
        assert_eq!(
            rule.condition,
            "breaker_open_age >= 21600, until < 1; absent is well"
        );
    }

    #[test]
    fn a_rule_about_statuses_tells_how_loud_each_is() {
        let rule = view("service_status", &RuleSet::builtin());
        assert_eq!(rule.condition, "status is degraded or critical or down");
        assert_eq!(
            rule.severity,
            "degraded: warning, critical: critical, down: critical"
        );
        assert!(rule.services.is_empty());
    }

    #[test]
    fn a_rule_says_where_it_is_from() {
        let own = r#"
            [[status]]
            name = "service_status"
            severity = { down = "critical" }
            summary = "{service} is {status}"
            runbook = "service-status"
            reason = "Only what is down matters here."

            [[status]]
            name = "mine"
            severity = { down = "info" }
            summary = "{service} is {status}"
            runbook = "service-status"
            reason = "To see it."
        "#;
        let rules = RuleSet::with_builtin(own).unwrap();
        assert_eq!(
            view("service_status", &rules).origin,
            RuleOrigin::FileInPlaceOfBuiltIn
        );
        assert_eq!(view("mine", &rules).origin, RuleOrigin::File);
        assert_eq!(view("disk_filling", &rules).origin, RuleOrigin::BuiltIn);
    }
}
