//! What Atlas says of itself: databases, library, queue, API, calls to others. It names and describes; whoever knows a
//! figure puts it into a `Sample`.

use crate::metrics::{Definition, Unit};

// SQLite, by database file.

/// Pages of the database file.
pub static DATABASE_PAGES: Definition =
    Definition::gauge("database_pages", Unit::Count, "Pages of the database file").by("database", 3);

/// Pages of the database file that hold nothing.
pub static DATABASE_PAGES_FREE: Definition = Definition::gauge(
    "database_pages_free",
    Unit::Count,
    "Pages of the database file that hold nothing",
)
.by("database", 3);

/// Share of the database file that holds nothing.
pub static DATABASE_FREE_SHARE: Definition = Definition::gauge(
    "database_free_share",
    Unit::Ratio,
    "Share of the database file that holds nothing",
)
.by("database", 3);

/// Size of the write-ahead log.
pub static DATABASE_WAL: Definition =
    Definition::gauge("database_wal", Unit::Bytes, "Size of the write-ahead log").by("database", 3);

/// Pages of the write-ahead log that no checkpoint has moved yet.
pub static DATABASE_WAL_LEFT: Definition = Definition::gauge(
    "database_wal_left",
    Unit::Count,
    "Pages of the write-ahead log that no checkpoint has moved yet",
)
.by("database", 3);

/// Calls that found the database locked.
pub static DATABASE_BUSY: Definition = Definition::counter(
    "database_busy",
    Unit::Count,
    "Calls that found the database locked",
)
.by("database", 3);

/// Age of the oldest read that is going on.
pub static DATABASE_LONGEST_READ: Definition = Definition::gauge(
    "database_longest_read",
    Unit::Seconds,
    "Age of the oldest read that is going on",
)
.by("database", 3);

/// Whether the last check of the database found damage: 1 if so, 0 if not.
pub static DATABASE_DAMAGED: Definition = Definition::gauge(
    "database_damaged",
    Unit::Count,
    "Whether the last check of the database found damage: 1 if so, 0 if not",
)
.by("database", 3);

// Library.

/// Time since the newest sound backup was made, against how often one is to be made.
pub static BACKUP_OVERDUE: Definition = Definition::gauge(
    "backup_overdue",
    Unit::Ratio,
    "Age of the newest sound backup, against the time after which another is due",
);

/// Age of the newest sound backup.
pub static BACKUP_AGE: Definition = Definition::gauge(
    "backup_age",
    Unit::Seconds,
    "Age of the newest backup that is not known to be damaged; without one, of the library",
);

/// Tries to make a backup that have failed since the last one was made.
pub static BACKUP_FAILURES: Definition = Definition::gauge(
    "backup_failures",
    Unit::Count,
    "Tries to make the backup that is due that have failed",
);

/// What all backups take up.
pub static BACKUP_SIZE: Definition = Definition::gauge(
    "backup_size",
    Unit::Bytes,
    "What all backups take up, stored pages included",
);

/// Age of the last audit of the library.
pub static AUDIT_AGE: Definition = Definition::gauge(
    "audit_age",
    Unit::Seconds,
    "Time since the last audit of the library",
);

/// Share of the library that its last audit took for junk.
pub static AUDIT_JUNK: Definition = Definition::gauge(
    "audit_junk",
    Unit::Ratio,
    "Share of the items with content that the last audit of the library took for junk",
);

/// How much the file of the library has grown from one audit to the next.
pub static AUDIT_GROWTH: Definition = Definition::gauge(
    "audit_growth",
    Unit::Ratio,
    "How much larger the file of the library was at its last audit than at the one before, where a day or more lay between",
);

/// Whether a cleanup of the library failed and nobody has taken note: 1 if so, 0 if not.
pub static CLEANUP_FAILED: Definition = Definition::gauge(
    "cleanup_failed",
    Unit::Count,
    "Whether a cleanup of the library failed and nobody has taken note: 1 if so, 0 if not",
);

/// Items outside the trash by state.
pub static LIBRARY_ITEMS: Definition =
    Definition::gauge("library_items", Unit::Count, "Items outside the trash by state").by("state", 10);

/// Share of the pages of the last day that the gate took for junk.
pub static LIBRARY_JUNK: Definition = Definition::gauge(
    "library_junk",
    Unit::Ratio,
    "Share of the pages of the last day that the gate took for junk",
);

/// Runs of ingestion that ended, by outcome.
pub static INGEST_ENDED: Definition = Definition::counter(
    "ingest_ended",
    Unit::Count,
    "Runs of ingestion that ended, by outcome",
)
.by("outcome", 12);

/// Runs that came to a stage.
pub static INGEST_STAGES: Definition =
    Definition::counter("ingest_stages", Unit::Count, "Runs that came to a stage").by("stage", 10);

/// Runs that ended badly in a stage.
pub static INGEST_STAGES_FAILED: Definition = Definition::counter(
    "ingest_stages_failed",
    Unit::Count,
    "Runs that ended badly in a stage",
)
.by("stage", 10);

/// Age of the oldest item that waits for its content.
pub static INGEST_OLDEST_PENDING: Definition = Definition::gauge(
    "ingest_oldest_pending",
    Unit::Seconds,
    "Age of the oldest item that waits for its content",
);

/// Time since a page was last stored.
pub static INGEST_SUCCESS_AGE: Definition = Definition::gauge(
    "ingest_success_age",
    Unit::Seconds,
    "Time since a page was last stored",
);

/// Changes that the search index has yet to follow.
pub static INDEX_LAG_CHANGES: Definition = Definition::gauge(
    "index_lag_changes",
    Unit::Count,
    "Changes that the search index has yet to follow",
);

// Queue.

/// Jobs by state.
pub static QUEUE_JOBS: Definition =
    Definition::gauge("queue_jobs", Unit::Count, "Jobs by state").by("state", 6);

/// Leases that ran out before their job ended.
pub static QUEUE_LEASES_EXPIRED: Definition = Definition::counter(
    "queue_leases_expired",
    Unit::Count,
    "Leases that ran out before their job ended",
);

/// Age of the oldest job that could run now.
pub static QUEUE_OLDEST_READY: Definition = Definition::gauge(
    "queue_oldest_ready",
    Unit::Seconds,
    "Age of the oldest job that could run now",
);

// API.

/// Requests answered, by class of status.
pub static API_REQUESTS: Definition = Definition::counter(
    "api_requests",
    Unit::Count,
    "Requests answered, by class of status",
)
.by("class", 5);

/// Time to answer within which that share of the requests stayed.
pub static API_LATENCY: Definition = Definition::rate(
    "api_latency",
    Unit::Seconds,
    "Time to answer within which that share of the requests stayed",
)
.by("quantile", 3);

/// How many times as often as they may requests have failed by our fault, over the time that the label names.
pub static API_ERROR_BURN: Definition = Definition::gauge("api_error_burn", Unit::Count, "How many times as often as they may requests have failed by our fault, over the time that the label names").by("over", 4);

// Outbound.

/// Calls made, by service.
pub static OUTBOUND_ATTEMPTS: Definition =
    Definition::counter("outbound_attempts", Unit::Count, "Calls made, by service").by("service", 12);

/// Calls made again, by service.
pub static OUTBOUND_RETRIES: Definition =
    Definition::counter("outbound_retries", Unit::Count, "Calls made again, by service").by("service", 12);

/// Calls that failed, by service.
pub static OUTBOUND_FAILED: Definition =
    Definition::counter("outbound_failed", Unit::Count, "Calls that failed, by service").by("service", 12);

/// Calls that a circuit breaker did not let through, by service.
pub static OUTBOUND_REJECTED: Definition = Definition::counter(
    "outbound_rejected",
    Unit::Count,
    "Calls that a circuit breaker did not let through, by service",
)
.by("service", 12);

/// Circuit breakers that are open, by service.
pub static OUTBOUND_BREAKERS_OPEN: Definition = Definition::gauge(
    "outbound_breakers_open",
    Unit::Count,
    "Circuit breakers that are open, by service",
)
.by("service", 12);

/// Circuit breakers that are closed, and pause because the other side asked for it, by service.
pub static OUTBOUND_BREAKERS_PAUSED: Definition = Definition::gauge(
    "outbound_breakers_paused",
    Unit::Count,
    "Circuit breakers that pause because the other side asked for it, by service",
)
.by("service", 12)
.without_history();

/// Circuit breakers that a person has opened, by service.
pub static OUTBOUND_BREAKERS_FORCED: Definition = Definition::gauge(
    "outbound_breakers_forced",
    Unit::Count,
    "Circuit breakers that a person has opened, by service",
)
.by("service", 12)
.without_history();

/// For how long a circuit breaker has been open, of those that are.
pub static BREAKER_OPEN_AGE: Definition = Definition::gauge(
    "breaker_open_age",
    Unit::Seconds,
    "For how long a circuit breaker has been open, of those that are",
)
.by("breaker", 20)
.without_history();

// Monitoring itself.

/// Time that the last look at the machine took.
pub static MONITORING_LOOK: Definition = Definition::gauge(
    "monitoring_look",
    Unit::Seconds,
    "Time that the last look at the machine took",
);

/// Whether the last sign of life arrived where it is waited for.
pub static SIGN_OF_LIFE: Definition = Definition::gauge(
    "sign_of_life",
    Unit::Count,
    "Whether the last sign of life arrived where it is waited for",
);

/// Values that were refused, because their label has too many.
pub static MONITORING_REFUSED: Definition = Definition::counter(
    "monitoring_refused",
    Unit::Count,
    "Values that were refused, because their label has too many",
);

/// Rows of history that could not be written for too long.
pub static MONITORING_ROWS_LOST: Definition = Definition::counter(
    "monitoring_rows_lost",
    Unit::Count,
    "Rows of history that could not be written for too long",
);

/// All of this file.
pub(super) static ALL: &[&Definition] = &[
    &DATABASE_PAGES,
    &DATABASE_PAGES_FREE,
    &DATABASE_FREE_SHARE,
    &DATABASE_WAL,
    &DATABASE_WAL_LEFT,
    &DATABASE_BUSY,
    &DATABASE_LONGEST_READ,
    &DATABASE_DAMAGED,
    &BACKUP_AGE,
    &BACKUP_OVERDUE,
    &BACKUP_FAILURES,
    &BACKUP_SIZE,
    &AUDIT_AGE,
    &AUDIT_JUNK,
    &AUDIT_GROWTH,
    &CLEANUP_FAILED,
    &LIBRARY_ITEMS,
    &LIBRARY_JUNK,
    &INGEST_ENDED,
    &INGEST_STAGES,
    &INGEST_STAGES_FAILED,
    &INGEST_OLDEST_PENDING,
    &INGEST_SUCCESS_AGE,
    &INDEX_LAG_CHANGES,
    &QUEUE_JOBS,
    &QUEUE_LEASES_EXPIRED,
    &QUEUE_OLDEST_READY,
    &API_REQUESTS,
    &API_LATENCY,
    &API_ERROR_BURN,
    &OUTBOUND_ATTEMPTS,
    &OUTBOUND_RETRIES,
    &OUTBOUND_FAILED,
    &OUTBOUND_REJECTED,
    &OUTBOUND_BREAKERS_OPEN,
    &OUTBOUND_BREAKERS_PAUSED,
    &OUTBOUND_BREAKERS_FORCED,
    &BREAKER_OPEN_AGE,
    &MONITORING_LOOK,
    &SIGN_OF_LIFE,
    &MONITORING_REFUSED,
    &MONITORING_ROWS_LOST,
];
