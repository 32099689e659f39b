//! `CheckOutcome`, `HealthStatus`, `Severity`: what one look at something says, what many of them amount to, and how
//! loudly that is told.

use crate::words::words;

words! {
    /// What one run of a check says.
    pub enum CheckOutcome {
        /// As it should be.
        Ok = "ok",
        /// Worth knowing, and no failure.
        Warn = "warn",
        /// As it must not be.
        Crit = "crit",
        /// What was asked did not answer: it refused, took too long, or could not be locked.
        NoAnswer = "no_answer",
        /// We could not find out: the fault is ours. It neither resolves nor announces anything.
        Unknown = "unknown",
    }
}

words! {
    /// How something is, after enough looks to be sure. The first four are in the order of badness.
    pub enum HealthStatus {
        /// All is well.
        Healthy = "healthy",
        /// It works, worse than it should.
        Degraded = "degraded",
        /// It hardly works, or not for much longer.
        Critical = "critical",
        /// It does not work.
        Down = "down",
        /// Nobody has been able to look for too long.
        Unknown = "unknown",
    }
}

words! {
    /// How loudly something is told.
    pub enum Severity {
        /// In passing.
        Info = "info",
        /// Somebody should look today.
        Warning = "warning",
        /// Somebody should look now.
        Critical = "critical",
    }
}
