-- Since when there has been a library beside this file: one that is missing later is lost, and not yet to be made.
CREATE TABLE library_seen (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seen_at INTEGER NOT NULL
) STRICT;
