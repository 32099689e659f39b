-- The last look through the library's whole file: of which library and which life of it, when it ended, and what was
-- wrong, if something was.
CREATE TABLE file_check (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    library  BLOB NOT NULL,
    epoch    BLOB NOT NULL,
    ended_at INTEGER NOT NULL,
    damage   TEXT
) STRICT;
