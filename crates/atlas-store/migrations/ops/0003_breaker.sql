-- What circuit breakers remember of services that fail, so that a restart does not begin by calling all of them.
-- number is that of the record in the journal of the process that wrote it: no row is replaced by an earlier one.
CREATE TABLE breaker (
    service        TEXT NOT NULL,
    scope          TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    since          INTEGER NOT NULL,
    open_for_ms    INTEGER NOT NULL CHECK (open_for_ms >= 0),
    not_before     INTEGER,
    trips          INTEGER NOT NULL CHECK (trips >= 0),
    generation     INTEGER NOT NULL CHECK (generation >= 0),
    overlay        TEXT NOT NULL CHECK (overlay IN ('auto', 'forced_open', 'disabled', 'metrics_only')),
    overlay_since  INTEGER NOT NULL,
    overlay_for_ms INTEGER CHECK (overlay_for_ms >= 0),
    overlay_reason TEXT NOT NULL,
    reason         TEXT NOT NULL,
    number         INTEGER NOT NULL CHECK (number >= 0),
    PRIMARY KEY (service, scope)
) STRICT, WITHOUT ROWID;

-- Rows of breakers that could not be read, as JSON, with what was wrong with them.
CREATE TABLE breaker_set_aside (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    service TEXT NOT NULL,
    scope   TEXT NOT NULL,
    problem TEXT NOT NULL,
    row     TEXT NOT NULL
) STRICT;
