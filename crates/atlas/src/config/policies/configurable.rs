//! `Configurable`: the services whose policies can be set, each with what of its policy that means. What is not listed
//! for a service follows from its policy as the code makes it: without retries there are no settings of retries.

use atlas_app::services::{
    API_CALLS, BACKGROUND_PROCESSING, LLM_OPERATIONS, NOTIFICATIONS, SEARCH_OPERATIONS, TIME_BESIDE_INDEX,
    api_calls, background_processing, llm_operations, notifications, plain_scope, search_operations,
};
use atlas_domain::JobKind;
use atlas_net::fetch::{ARTICLE_PROCESSING, FetchSettings, scope_of};
use atlas_resilience::PolicySettings;
use atlas_store::DatabaseServices;

use super::keys::{KEYS, Key};
use super::numbers::Numbers;

/// A service whose policy can be set.
#[derive(Debug)]
pub(crate) struct Configurable {
    pub(in crate::config) name: &'static str,
    /// Its policy without any configuration.
    pub(super) policy: fn() -> PolicySettings,
    /// Keys that it does not have, because its calls do not look at that, or because another setting says it.
    without: &'static [&'static str],
    /// Limits of its own, with the reason beside them.
    limits: &'static [(&'static str, u64, u64)],
    /// How single scopes are set apart; absent where there is but one.
    pub(in crate::config) apart: Option<Apart>,
}

/// The sections in which single scopes of a service have settings of their own.
#[derive(Debug)]
pub(crate) struct Apart {
    /// The last part of the section's name.
    pub(in crate::config) section: &'static str,
    /// What one of them is called.
    pub(in crate::config) one: &'static str,
    /// The scopes that are meant by a text, or what is wrong with it.
    pub(super) scopes: fn(&str) -> Result<Vec<String>, String>,
}

/// All of them, in the order in which they are shown.
pub(super) static CONFIGURABLE: &[Configurable] = &[
    Configurable {
        name: ARTICLE_PROCESSING,
        policy: || FetchSettings::default().policy(),
        // The section [fetch] says how long, `worker.slots` how many; a page always waits for its place.
        without: &[
            "attempt_timeout_ms",
            "overall_timeout_ms",
            "at_once",
            "per_scope",
            "queue",
        ],
        // The queue of jobs gives a host two at once.
        limits: &[("per_host", 1, 2)],
        apart: Some(Apart {
            section: "hosts",
            one: "host",
            scopes: scopes_of_host,
        }),
    },
    Configurable {
        name: API_CALLS,
        policy: api_calls,
        without: &["per_host"],
        limits: &[],
        apart: Some(BY_WORD),
    },
    Configurable {
        name: LLM_OPERATIONS,
        policy: llm_operations,
        without: &["per_host"],
        limits: &[],
        apart: Some(BY_WORD),
    },
    Configurable {
        name: NOTIFICATIONS,
        policy: notifications,
        without: &["per_host"],
        limits: &[],
        apart: Some(BY_WORD),
    },
    Configurable {
        name: SEARCH_OPERATIONS,
        policy: search_operations,
        // There is one index, and it never asks for a pause.
        without: &["per_host", "per_scope", "pause_secs"],
        // Whoever searches has an answer within this time, whatever the index does; before less the index would hardly
        // find anything. Between both lies `TIME_BESIDE_INDEX`.
        limits: &[("attempt_timeout_ms", 100, 340), ("overall_timeout_ms", 560, 800)],
        apart: None,
    },
    Configurable {
        name: BACKGROUND_PROCESSING,
        policy: background_processing,
        // A job takes as long as its steps do, and asks for no pause.
        without: &[
            "attempt_timeout_ms",
            "overall_timeout_ms",
            "slow_ms",
            "slow_percent",
            "pause_secs",
        ],
        limits: &[],
        apart: Some(Apart {
            section: "scopes",
            one: "kind of job",
            scopes: scopes_of_job,
        }),
    },
    Configurable {
        name: "database_operations",
        policy: database_operations,
        // A write that has begun is always awaited, and a file asks for no pause. A write has its permit before it
        // queues: behind an import all would be slow, and shut the file though it is well.
        without: &["overall_timeout_ms", "pause_secs", "slow_ms", "slow_percent"],
        // Sooner it would end reads that are as they should be.
        limits: &[("attempt_timeout_ms", 100, 3_600_000)],
        apart: Some(Apart {
            section: "scopes",
            one: "file",
            scopes: scopes_of_file,
        }),
    },
];

const BY_WORD: Apart = Apart {
    section: "scopes",
    one: "scope",
    scopes: |text| {
        let refused = "is no scope; it must be a word of letters, digits, dots, dashes and underscores";
        let word = plain_scope(text).map_err(|_| refused.to_owned());
        word.map(|scope| vec![scope])
    },
};

impl Configurable {
    /// The keys that it has.
    pub(in crate::config) fn keys(&self) -> impl Iterator<Item = &'static Key> {
        let mut numbers = Numbers::of(&(self.policy)());
        KEYS.iter()
            .filter(move |key| !self.without.contains(&key.name) && (key.place)(&mut numbers).is_some())
    }

    /// Those that can differ for single scopes.
    pub(in crate::config) fn keys_apart(&self) -> impl Iterator<Item = &'static Key> {
        self.keys().filter(|key| key.is_of_breaker())
    }

    /// What a value of that key may be.
    pub(super) fn limits(&self, key: &Key) -> (u64, u64) {
        let own = self.limits.iter().find(|(name, ..)| *name == key.name);
        own.map_or((key.least, key.most), |(_, least, most)| (*least, *most))
    }

    /// How much of a call's time its attempts must leave for what goes on beside them.
    pub(super) fn time_beside_attempt_ms(&self) -> u64 {
        if self.name == SEARCH_OPERATIONS {
            TIME_BESIDE_INDEX.as_millis() as u64
        } else {
            0
        }
    }
}

fn database_operations() -> PolicySettings {
    let [(_, operations), _] = DatabaseServices::policies();
    operations
}

/// The scopes that a host means: with its port that one, without it both of the web.
fn scopes_of_host(host: &str) -> Result<Vec<String>, String> {
    let refused = || "is no host; write it like \"example.com\" or \"example.com:8443\"".to_owned();
    if host.contains("://") {
        return Err(refused()); // an address, which names more than a host
    }
    scope_of(host).map(|scope| vec![scope]).or_else(|_| {
        let both = ["80", "443"].map(|port| scope_of(&format!("{host}:{port}")));
        both.into_iter().collect::<Result<_, _>>().map_err(|_| refused())
    })
}

fn scopes_of_job(kind: &str) -> Result<Vec<String>, String> {
    let kinds = JobKind::ALL.iter().map(|kind| kind.as_str());
    one_of(kind, kinds, "kind of job")
}

fn scopes_of_file(file: &str) -> Result<Vec<String>, String> {
    let [(_, files), _] = DatabaseServices::scopes();
    one_of(file, files.iter().copied(), "file with its direction")
}

fn one_of(
    text: &str,
    known: impl IntoIterator<Item = &'static str>,
    what: &str,
) -> Result<Vec<String>, String> {
    let known: Vec<_> = known.into_iter().collect();
    if known.contains(&text) {
        return Ok(vec![text.to_owned()]);
    }
    Err(format!("is no {what}; there are: {}", known.join(", ")))
}
