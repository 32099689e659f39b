-- Written and read back now and then, to see that the file takes what it is given.
CREATE TABLE heartbeat (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    beats   INTEGER NOT NULL CHECK (beats >= 0),
    beat_at INTEGER NOT NULL
) STRICT;
INSERT INTO heartbeat (id, beats, beat_at) VALUES (1, 0, 0);
