//! What differs for single scopes of a service: the values of a section, put on top of what holds for all.

use std::sync::Arc;

use super::configurable::{Apart, CONFIGURABLE, Configurable};
use super::keys::Key;
use super::{Chosen, Given, SettingOrigin};

/// A value for a single scope, not yet understood.
#[derive(Debug, Clone)]
pub(in crate::config) struct GivenApart {
    pub(in crate::config) service: &'static Configurable,
    /// As it is written.
    pub(in crate::config) scope: String,
    pub(in crate::config) key: &'static Key,
    pub(in crate::config) given: Given,
}

impl GivenApart {
    /// As it is shown among all settings.
    pub(in crate::config) fn shown(self) -> SettingOrigin {
        let section = self.service.apart.as_ref().map_or("", |apart| apart.section);
        let key = format!(
            "{}.{section}.\"{}\".{}",
            self.service.name, self.scope, self.key.name
        );
        SettingOrigin {
            key: key.into(),
            value: self.given.text,
            origin: self.given.origin,
        }
    }
}

/// The service that a section with single scopes belongs to.
pub(in crate::config) fn with_section(dotted: &str) -> Option<(&'static Configurable, &'static Apart)> {
    let (name, section) = dotted.split_once('.')?;
    let service = CONFIGURABLE.iter().find(|service| service.name == name)?;
    let apart = service.apart.as_ref()?;
    (apart.section == section).then_some((service, apart))
}

impl Chosen {
    /// Sets the breaker of one scope apart, or says what is wrong with its section.
    pub(super) fn set_scope(
        &mut self,
        scope: &str,
        values: &[&GivenApart],
        all_is_read: bool,
    ) -> Result<(), Vec<String>> {
        let (mut numbers, mut mistakes) = (self.numbers.clone(), Vec::new());
        for GivenApart { key, given, .. } in values {
            if let Err(mistake) = numbers.set(self.service, key, &given.text) {
                mistakes.push(format!("{}: {} {mistake}", given.origin, key.name));
            }
        }
        let section = values.first().map_or("", |value| &value.given.origin);
        let scopes = self.service.apart.as_ref().map(|apart| (apart.scopes)(scope));
        let scopes = scopes.transpose().unwrap_or_else(|mistake| {
            mistakes.push(format!("{section}: `{scope}` {mistake}"));
            None
        });
        if all_is_read && mistakes.is_empty() {
            let of_all = self.numbers.misfits(self.service);
            let is_told = |misfit: &(&Key, String)| of_all.iter().any(|(key, _)| key.name == misfit.0.name);
            for (key, problem) in numbers
                .misfits(self.service)
                .into_iter()
                .filter(|misfit| !is_told(misfit))
            {
                let own = values.iter().find(|value| value.key.name == key.name);
                let origin = own.map_or(section, |value| &value.given.origin);
                mistakes.push(format!("{origin}: {scope}: {} {problem}", key.name));
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        if let Some(rules) = numbers.rules(&(self.service.policy)()).map(Arc::new) {
            let scopes = scopes.into_iter().flatten();
            self.scopes
                .extend(scopes.map(|scope| (scope, Arc::clone(&rules))));
        }
        Ok(())
    }
}
