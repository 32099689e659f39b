//! How breakers and policies look from outside: names, times on the calendar, sentences. Shapes only.

use std::collections::BTreeMap;

use atlas_domain::Timestamp;
use serde::{Deserialize, Serialize};

/// What a closed breaker is called whose scope asked for a pause that is not over.
pub const PAUSED: &str = "paused";

/// A circuit breaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerView {
    /// Which kind of call.
    pub service: String,
    /// Which part stands or falls by itself: a host with its port, a file.
    pub scope: String,
    /// `closed`, `open` or `half_open`.
    pub state: String,
    /// `auto`, or what a person decided: `forced_open`, `disabled`, `metrics_only`.
    pub overlay: String,
    /// How often it tripped without good times between.
    pub trips: u32,
    /// No call is let through before; absent when calls are, and when a person decides.
    pub until: Option<Timestamp>,
    /// What went wrong last; empty when nothing did.
    pub reason: String,
    /// The time of an open one is over: the next call is let through as a probe.
    pub probe_due: bool,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When a person decided.
    pub overlay_since: Option<Timestamp>,
    /// When that ends by itself.
    pub overlay_until: Option<Timestamp>,
    /// Why a person decided so.
    pub overlay_reason: String,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// Probes under way.
    pub probes: usize,
}

/// Several breakers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerList {
    /// By service and scope.
    pub breakers: Vec<BreakerView>,
    /// Where the next page begins; absent when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Until when no call gets out, because the network itself seems to be down.
    pub network_down_until: Option<Timestamp>,
    /// Why nothing is known of them; empty when it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

/// Which breakers to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerQuery {
    /// Also those that are closed, without an overlay and without failures.
    #[serde(default)]
    pub all: bool,
    /// Only of this service.
    #[serde(default)]
    pub service: Option<String>,
    /// Only those in this state, all of them: `closed`, `open`, `half_open`, or those `closed` that are `paused`.
    #[serde(default)]
    pub state: Option<String>,
    /// At most so many; 50 without it, 1,000 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default)]
    pub after: Option<String>,
}

/// What a person decides about a breaker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerDecision {
    /// For how many seconds; for good when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_secs: Option<u64>,
    /// Why, for whoever looks later.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// Which kind of call.
    pub name: String,
    /// The time for one attempt, in milliseconds.
    pub attempt_timeout_ms: u64,
    /// The time for a call with all its attempts and waits, in milliseconds.
    pub overall_timeout_ms: u64,
    /// How a call is tried again; absent: not at all.
    #[serde(default)]
    pub retry: Option<RetryView>,
    /// Calls at once, in all and for one scope; absent: any number.
    pub concurrent: Option<ConcurrentView>,
    /// How often one scope is called; absent: at any rate.
    pub rate: Option<RateView>,
    /// When and for how long a scope is not called; absent: it always is.
    pub breaker: Option<BreakerRules>,
    /// Every attempt of a call in the worst case.
    pub worst_case: Vec<AttemptView>,
    /// When a call is over in the worst case, in milliseconds.
    pub worst_case_ms: u64,
}

/// How a call is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryView {
    /// How often it is tried, the first time included. Not each of them may fit into the time of the call.
    pub attempts: u32,
    /// How the waits grow: `constant`, `linear`, `exponential`, `fibonacci`, or `schedule`.
    pub kind: String,
    /// The longest wait before the first repeat, in milliseconds.
    pub base_ms: u64,
    /// The longest wait before any of them, in milliseconds.
    pub cap_ms: u64,
}

/// Calls at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcurrentView {
    /// In all.
    pub total: u32,
    /// For one scope.
    pub per_scope: u32,
    /// Whether who finds no place waits for one; else they are turned away.
    #[serde(default)]
    pub queues: bool,
}

/// How often one scope is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateView {
    /// The time between calls.
    pub interval_ms: u64,
    /// How many may come at once after a pause.
    pub burst: u32,
}

/// A share of calls, which means nothing before there were enough of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareView {
    /// From this share on.
    pub percent: u32,
    /// Not with fewer calls.
    pub min_calls: u32,
}

/// When calls are slow, and how many may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowCallsView {
    /// Calls that take longer are slow.
    pub slower_than_ms: u64,
    /// How many of them open it.
    #[serde(flatten)]
    pub rate: ShareView,
}

/// When a breaker opens, and how it closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerRules {
    /// Failures in a row that open it.
    pub consecutive_failures: Option<u32>,
    /// The share of failed calls that opens it.
    pub failure_rate: Option<ShareView>,
    /// The share of slow calls that opens it.
    pub slow_calls: Option<SlowCallsView>,
    /// How long it stays open after the first trip, in milliseconds.
    pub open_ms: u64,
    /// How long it stays open at most, in milliseconds.
    pub open_cap_ms: u64,
    /// Probes at once.
    pub probes: u32,
    /// Probes that must succeed.
    pub successes_to_close: u32,
    /// How long a scope is left alone that asks for a pause and names no time, in milliseconds; 0 where none can ask.
    #[serde(default)]
    pub pause_ms: u64,
    /// Scopes with rules of their own.
    pub own_rules_for: Vec<String>,
    /// Those rules, by the scope.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own_rules: BTreeMap<String, BreakerRules>,
}

/// One attempt in the worst case, in milliseconds since the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// The longest wait before it.
    pub wait_ms: u64,
    /// When it begins.
    pub begins_ms: u64,
    /// When it is given up.
    pub ends_ms: u64,
}

/// Every policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyList {
    /// In the order of their names.
    pub policies: Vec<PolicyView>,
}
