//! What of a check's notices is held back, by what, and when it comes out: what it depends on first, then maintenance.

use super::super::dependencies::Parent;
use super::super::service::Service;
use super::super::telling::Release;
use super::super::transition::{HeldBy, Hold, Transition};
use super::{HealthEffect, HealthEngine};

impl HealthEngine {
    /// What was held back is told when nothing holds it any more and a look since then was still bad.
    pub(super) fn tell_what_was_held(&mut self, effects: &mut Vec<HealthEffect>) {
        let (now, wall) = self.at;
        let waits = |(_, service): &(&String, &Service)| {
            // What an earlier process found is told by this one only after it has looked for itself.
            service.restored.is_none() && service.state.hard() > Some(service.telling.told)
        };
        let waiting: Vec<(String, bool)> = self
            .services
            .iter()
            .filter(waits)
            .map(|(name, _)| (name.clone(), self.hold(name).is_some()))
            .collect();
        for (name, is_held) in waiting {
            let Some(service) = self.services.get_mut(&name) else {
                continue;
            };
            match service.telling.release(&service.state, is_held, now) {
                Release::Wait => {}
                Release::Look => service.schedule.hasten(now),
                Release::Tell => {
                    let told = service.told_late(service.flapping_word(), wall);
                    effects.push(HealthEffect::Told(self.with_blockers(told)));
                }
            }
        }
    }

    /// What holds back a notice of this check: what it depends on first, then maintenance.
    pub(super) fn hold(&self, name: &str) -> Option<Hold> {
        let (now, wall) = self.at;
        let child = &self.services.get(name)?.state;
        let holds: Vec<Hold> = self
            .parents(name)
            .filter_map(|parent| parent.hold(child, now))
            .collect();
        let is_certain = |hold: &&Hold| matches!(hold.by, HeldBy::Dependency(_));
        let of_parents = holds.iter().find(is_certain).or(holds.first());
        of_parents.cloned().or_else(|| {
            let maintenance = self.calendar.covering(name, now, wall)?;
            Some(Hold {
                by: HeldBy::Maintenance(maintenance.name.clone()),
                until: None,
            })
        })
    }

    fn parents(&self, name: &str) -> impl Iterator<Item = Parent<'_>> {
        let names = self.ancestors.get(name).into_iter().flatten();
        names.filter_map(|parent| {
            let service = self.services.get(parent)?;
            Some(Parent {
                settings: &service.settings,
                state: &service.state,
            })
        })
    }

    pub(super) fn blocked_by(&self, name: &str) -> Vec<String> {
        let blocking = self.parents(name).filter(|parent| parent.blocks());
        blocking.map(|parent| parent.settings.name.clone()).collect()
    }

    pub(super) fn with_blockers(&self, transition: Transition) -> Transition {
        Transition {
            blocked_by: self.blocked_by(&transition.check),
            ..transition
        }
    }
}
