-- What has to outlive a process of health, alerts and measurements. Moments (at_ms and the like) are milliseconds on a
-- steady time line, which goes on over restarts; dates are milliseconds since the epoch. What is only read back as a
-- whole is one JSON text; what is looked for has a column.

-- How far the time line had come, and what both clocks of the machine said then.
CREATE TABLE timeline (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    at_ms     INTEGER NOT NULL CHECK (at_ms >= 0),
    wall      INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL CHECK (uptime_ms >= 0),
    boot_id   TEXT NOT NULL
) STRICT;

-- One row for each check, and one without a name for what belongs to none.
CREATE TABLE health (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT, WITHOUT ROWID;

CREATE TABLE incident (
    id       TEXT PRIMARY KEY,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'firing', 'recovering', 'resolved')),
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    began_at INTEGER NOT NULL,
    fired    INTEGER NOT NULL CHECK (fired IN (0, 1)),
    body     TEXT NOT NULL CHECK (json_valid(body))
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_by_time ON incident (began_at);
CREATE INDEX incident_open ON incident (id) WHERE state <> 'resolved';

CREATE TABLE notice (
    incident TEXT NOT NULL,
    channel  TEXT NOT NULL,
    ordinal  INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN
        ('waiting', 'held', 'delivering', 'sent', 'unknown_fate', 'dead', 'withdrawn', 'expired_by_restore')),
    made_at  INTEGER NOT NULL,
    delivery TEXT,
    body     TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (incident, channel, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_with_something_left ON notice (incident) WHERE state IN ('waiting', 'held', 'delivering', 'dead');
CREATE INDEX notice_by_time ON notice (made_at);

CREATE TABLE delivery (
    id      TEXT PRIMARY KEY,
    state   TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'dead', 'withdrawn', 'expired_by_restore')),
    made_at INTEGER NOT NULL,
    body    TEXT NOT NULL CHECK (json_valid(body))
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_with_something_left ON delivery (id) WHERE state IN ('waiting', 'sending', 'dead');
CREATE INDEX delivery_by_time ON delivery (made_at);

-- What else the alerts remember: groups, channels, silences, services, windows.
CREATE TABLE alert_memory (
    kind TEXT NOT NULL CHECK (kind IN ('group', 'channel', 'silence', 'service', 'windows')),
    key  TEXT NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- What is told on this machine itself.
CREATE TABLE inbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    incident      TEXT NOT NULL,
    ordinal       INTEGER NOT NULL,
    told_at       INTEGER NOT NULL,
    body          TEXT NOT NULL CHECK (json_valid(body)),
    read_at       INTEGER,
    UNIQUE (incident, ordinal)
) STRICT;
CREATE INDEX inbox_unread ON inbox (id) WHERE read_at IS NULL;

-- The history of measurements: rings of a fixed number of places, each with one packed row.
CREATE TABLE metric_series (
    number        INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    kind          TEXT NOT NULL,
    label         TEXT,
    last_seen_day INTEGER NOT NULL
) STRICT;
-- Processes that the kernel killed for want of memory: its total, of which start of the machine, and the last ones.
CREATE TABLE metric_kills (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    boot_id TEXT,
    total   INTEGER NOT NULL CHECK (total >= 0),
    recent  TEXT NOT NULL CHECK (json_valid(recent))
) STRICT;
CREATE TABLE metric_row (
    resolution TEXT NOT NULL CHECK (resolution IN ('10s', '1m', '1h')),
    place      INTEGER NOT NULL CHECK (place >= 0),
    packed     BLOB NOT NULL,
    PRIMARY KEY (resolution, place)
) STRICT;
