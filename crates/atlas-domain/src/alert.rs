//! The words of alerting: how an incident goes, what a notice says of it, what keeps a notice back, and what became of
//! it. Store, API and messages use the same ones.

use crate::words::words;

words! {
    /// Where an incident stands. One that does not exist is inactive.
    pub enum IncidentState {
        /// Its condition holds, for too short a time to be told.
        Pending = "pending",
        /// It is there.
        Firing = "firing",
        /// Its condition has ended, for too short a time to be believed.
        Recovering = "recovering",
        /// It is over.
        Resolved = "resolved",
    }
}

words! {
    /// Why an incident is over.
    pub enum IncidentEnd {
        /// What was wrong is right again.
        Recovered = "recovered",
        /// It cleared before it was told.
        Cleared = "cleared",
        /// Nobody watches it any more: its rule, or the state it stood in, is gone.
        Removed = "removed",
        /// A person closed it.
        Closed = "closed",
    }
}

words! {
    /// What a notice says.
    pub enum NoticeKind {
        /// Something is wrong.
        Firing = "firing",
        /// It is worse than was told.
        Worse = "worse",
        /// It is still wrong.
        Reminder = "reminder",
        /// Nobody has taken it on, so others are asked.
        Escalated = "escalated",
        /// It is over.
        Resolved = "resolved",
        /// It was wrong and is over, told in one.
        FiredAndResolved = "fired_and_resolved",
    }
}

words! {
    /// What keeps a notice back, in the order in which it is asked.
    pub enum Suppression {
        /// Something that it depends on is known to be broken.
        Dependency = "dependency",
        /// Announced work.
        Maintenance = "maintenance",
        /// Hours in which only what is critical is told.
        QuietHours = "quiet_hours",
        /// A person asked not to be told.
        Silence = "silence",
        /// A person has taken it on.
        Acknowledged = "acknowledged",
        /// It comes and goes, which was told.
        Flapping = "flapping",
        /// The channel has carried as much as it may.
        RateLimit = "rate_limit",
    }
}

words! {
    /// What became of a notice.
    pub enum NoticeState {
        /// It waits for its message.
        Waiting = "waiting",
        /// Something keeps it back.
        Held = "held",
        /// It is part of a message that is under way.
        Delivering = "delivering",
        /// It was accepted by its channel.
        Sent = "sent",
        /// It may have arrived.
        UnknownFate = "unknown_fate",
        /// It did not arrive, and nobody tries any more.
        Dead = "dead",
        /// There was nothing left to tell.
        Withdrawn = "withdrawn",
        /// It was old when its state came back from a backup.
        ExpiredByRestore = "expired_by_restore",
    }
}

words! {
    /// What became of a message to a channel.
    pub enum DeliveryState {
        /// It waits for another attempt.
        Waiting = "waiting",
        /// An attempt is under way.
        Sending = "sending",
        /// Its channel accepted it.
        Sent = "sent",
        /// It was given up, and comes back with its channel's next success while it is young.
        Dead = "dead",
        /// Its channel is gone.
        Withdrawn = "withdrawn",
        /// It was old when its state came back from a backup.
        ExpiredByRestore = "expired_by_restore",
    }
}

words! {
    /// What a message to a channel is.
    pub enum DeliveryKind {
        /// News of one group.
        Alert = "alert",
        /// That something is still wrong.
        Reminder = "reminder",
        /// What gathered while the channel, or a person, wanted to hear nothing.
        Digest = "digest",
    }
}
