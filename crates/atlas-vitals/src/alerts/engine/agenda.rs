//! When what wants to be looked at. An entry that is out of date costs one look and does no harm, so nothing is ever
//! taken out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Moment;
use crate::alerts::group::GroupKey;
use crate::alerts::{DeliveryId, IncidentId};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wake {
    /// A silence or a window begins or ends.
    Sweep,
    /// Its state changes by time, or nobody has taken it on.
    Incident(IncidentId),
    /// It is to be tried, its attempt counts as lost, or it is too old.
    Delivery(DeliveryId),
    /// It has something to say.
    Group(GroupKey),
    /// It may carry more.
    Channel(Arc<str>),
    /// It has been failing for a while.
    Look(Arc<str>),
}

#[derive(Debug, Default)]
pub(super) struct Agenda(BTreeSet<(Moment, Wake)>);

impl Agenda {
    pub(super) fn add(&mut self, at: Moment, wake: Wake) {
        self.0.insert((at, wake));
    }

    pub(super) fn pop(&mut self, now: Moment) -> Option<Wake> {
        if self.0.first()?.0 > now {
            return None;
        }
        self.0.pop_first().map(|(_, wake)| wake)
    }

    pub(super) fn next(&self) -> Option<Moment> {
        self.0.first().map(|(at, _)| *at)
    }
}
