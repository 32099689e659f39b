-- Calls of those who say by themselves that they are well: one row for each check that waits for them. Moments are
-- milliseconds on the steady time line.
CREATE TABLE heartbeat (
    check_name    TEXT PRIMARY KEY,
    awaited_since INTEGER NOT NULL CHECK (awaited_since >= 0),
    beat_at       INTEGER CHECK (beat_at >= 0),
    failed        INTEGER NOT NULL DEFAULT 0 CHECK (failed IN (0, 1))
) STRICT, WITHOUT ROWID;
