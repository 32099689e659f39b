//! Tells alerts of the times in which less is to be told: maintenance, whoever announced or planned it, and quiet hours,
//! each as it lies on the time line. It decides nothing; health goes on checking meanwhile.

use atlas_domain::Timestamp;
use atlas_vitals::Moment;
use atlas_vitals::alerts::{Window, WindowKind};
use atlas_vitals::health::{HealthEngine, Maintenance, Scope, Span};

use super::QuietHours;

/// The two clocks never go quite alike: a time that lies otherwise by less than this is the one that was told.
const ALIKE_WITHIN_MS: u64 = 1_000;

/// Tells what is new.
#[derive(Default)]
pub(super) struct Windows {
    quiet_hours: Vec<QuietHours>,
    /// `None`: nothing was told by this process yet, and what an earlier one told may have to be taken back.
    told: Option<Vec<Window>>,
}

impl Windows {
    /// Takes the owner's quiet hours in place of those before.
    pub(super) fn keep_quiet(&mut self, quiet_hours: Vec<QuietHours>) {
        self.quiet_hours = quiet_hours;
    }

    /// Every time that is not over, as both clocks go now, if anything of that is other than what was told last. To be
    /// asked with every step: the clock on the wall may have been set.
    pub(super) fn news(
        &mut self,
        health: &HealthEngine,
        now: Moment,
        wall: Timestamp,
    ) -> Option<Vec<Window>> {
        let of_work = health
            .maintenance()
            .flat_map(|maintenance| windows_of(maintenance, now, wall));
        let quiet = self.quiet_hours.iter().flat_map(|hours| {
            let spans = hours.window.spans(now, wall).into_iter();
            spans.map(|span| window(&hours.name, WindowKind::QuietHours, Vec::new(), span))
        });
        let all: Vec<Window> = of_work.chain(quiet).collect();
        if self.told.as_deref().is_some_and(|told| are_alike(told, &all)) {
            return None;
        }
        self.told = Some(all.clone());
        Some(all)
    }
}

fn windows_of(maintenance: &Maintenance, now: Moment, wall: Timestamp) -> Vec<Window> {
    let services = match &maintenance.scope {
        Scope::Everything => Vec::new(),
        Scope::Checks(checks) => checks.iter().cloned().collect(),
    };
    let spans = maintenance.spans(now, wall).into_iter();
    spans
        .map(|span| window(&maintenance.name, WindowKind::Maintenance, services.clone(), span))
        .collect()
}

fn window(name: &str, kind: WindowKind, services: Vec<String>, span: Span) -> Window {
    Window {
        name: name.to_owned(),
        kind,
        services,
        from: span.from.millis(),
        until: span.until.millis(),
    }
}

fn are_alike(told: &[Window], now: &[Window]) -> bool {
    let is_like = |(told, now): (&Window, &Window)| {
        told.name == now.name
            && told.kind == now.kind
            && told.services == now.services
            && told.from.abs_diff(now.from) < ALIKE_WITHIN_MS
            && told.until.abs_diff(now.until) < ALIKE_WITHIN_MS
    };
    told.len() == now.len() && told.iter().zip(now).all(is_like)
}

#[cfg(test)]
mod tests;
