-- Operational state: what can be lost without losing anything a person saved.

CREATE TABLE writer_mark (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    batch INTEGER NOT NULL
) STRICT;
INSERT INTO writer_mark (id, batch) VALUES (1, 0);

-- One row for each life of a server. ended_at stays NULL when it was killed.
CREATE TABLE process_run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    pid        INTEGER NOT NULL,
    version    TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;

-- Deaths in a row while the search index was being opened: a bad sector under its memory map ends the process.
-- opening is 1 from before it is opened until it has followed the library once.
CREATE TABLE index_guard (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    opening INTEGER NOT NULL DEFAULT 0 CHECK (opening IN (0, 1)),
    deaths  INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO index_guard (id) VALUES (1);
