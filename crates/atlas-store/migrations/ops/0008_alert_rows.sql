-- The rows of alerts, so that ten thousand of them are written in a second: in the order in which they came instead of
-- that of their ids, which are as good as random, so that those of one step share their pages; lists of known words
-- without `IN`, for which SQLite builds a table for each row that it checks; and no second look at texts that are
-- written by one serializer. `state` says what became of a notice; its text, what it was when it was made.

CREATE TABLE incident_by_arrival (
    id       TEXT PRIMARY KEY,
    state    TEXT NOT NULL CHECK (state = 'pending' OR state = 'firing' OR state = 'recovering' OR state = 'resolved'),
    severity TEXT NOT NULL CHECK (severity = 'info' OR severity = 'warning' OR severity = 'critical'),
    began_at INTEGER NOT NULL,
    fired    INTEGER NOT NULL CHECK (fired = 0 OR fired = 1),
    body     TEXT NOT NULL
) STRICT;
INSERT INTO incident_by_arrival (id, state, severity, began_at, fired, body)
    SELECT id, state, severity, began_at, fired, body FROM incident ORDER BY began_at, id;
DROP TABLE incident;
ALTER TABLE incident_by_arrival RENAME TO incident;
CREATE INDEX incident_by_time ON incident (began_at);
CREATE INDEX incident_open ON incident (began_at, id) WHERE state <> 'resolved';

CREATE TABLE notice_by_arrival (
    incident TEXT NOT NULL,
    channel  TEXT NOT NULL,
    ordinal  INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state = 'waiting' OR state = 'held' OR state = 'delivering' OR state = 'sent'
        OR state = 'unknown_fate' OR state = 'dead' OR state = 'withdrawn' OR state = 'expired_by_restore'),
    made_at  INTEGER NOT NULL,
    delivery TEXT,
    body     TEXT NOT NULL,
    PRIMARY KEY (incident, channel, ordinal)
) STRICT;
INSERT INTO notice_by_arrival (incident, channel, ordinal, state, made_at, delivery, body)
    SELECT incident, channel, ordinal, state, made_at, delivery, body FROM notice ORDER BY made_at, incident, channel, ordinal;
DROP TABLE notice;
ALTER TABLE notice_by_arrival RENAME TO notice;
CREATE INDEX notice_by_time ON notice (made_at);
CREATE INDEX notice_with_something_left ON notice (made_at, incident, channel, ordinal)
    WHERE state = 'waiting' OR state = 'held' OR state = 'delivering' OR state = 'dead';
