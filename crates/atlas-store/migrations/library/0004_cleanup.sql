-- Cleanups of the library: what each is to do, what it did, and what undoes it. They lie here and not beside it, because
-- each row commits together with the change that it tells of: an interrupted cleanup knows where it stopped.
CREATE TABLE cleanup (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid         BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    user_id      INTEGER NOT NULL REFERENCES user (id),
    state        TEXT NOT NULL CHECK (state IN ('planned', 'applying', 'applied', 'undone', 'failed')),
    -- What was asked for, as JSON.
    wanted       TEXT NOT NULL CHECK (json_valid(wanted)),
    -- Items with content that there were when it was planned.
    items_total  INTEGER NOT NULL,
    gate_version INTEGER NOT NULL,
    message      TEXT NOT NULL DEFAULT '',
    planned_at   INTEGER NOT NULL,
    began_at     INTEGER,
    ended_at     INTEGER
) STRICT;
CREATE INDEX cleanup_by_user ON cleanup (user_id, id);

CREATE TABLE cleanup_item (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    cleanup_id    INTEGER NOT NULL REFERENCES cleanup (id) ON DELETE CASCADE,
    -- No references: a plan outlives what it is about.
    item_uuid     BLOB NOT NULL CHECK (length(item_uuid) = 16),
    survivor_uuid BLOB CHECK (length(survivor_uuid) = 16),
    -- What speaks against it, as the bits of the set.
    criteria      INTEGER NOT NULL,
    -- What the item was like when it was judged.
    stamp         BLOB NOT NULL CHECK (length(stamp) = 32),
    state         TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'done', 'skipped', 'undone', 'conflict')),
    message       TEXT NOT NULL DEFAULT '',
    -- What was changed, before and after, as JSON.
    image         TEXT CHECK (json_valid(image)),
    done_at       INTEGER,
    UNIQUE (cleanup_id, item_uuid)
) STRICT;
CREATE INDEX cleanup_item_by_state ON cleanup_item (cleanup_id, state, id);

-- What retention has deleted, whole: until it is forgotten it can be put back.
CREATE TABLE vault_item (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    item_uuid  BLOB NOT NULL UNIQUE CHECK (length(item_uuid) = 16),
    user_id    INTEGER NOT NULL REFERENCES user (id),
    url        TEXT NOT NULL,
    title      TEXT,
    deleted_at INTEGER NOT NULL,
    -- Its rows of every table, as JSON in zstd.
    rows       BLOB NOT NULL
) STRICT;
CREATE INDEX vault_item_by_age ON vault_item (deleted_at);

-- Bytes that it needs when it comes back: they are not collected meanwhile.
CREATE TABLE vault_blob (
    vault_id INTEGER NOT NULL REFERENCES vault_item (id) ON DELETE CASCADE,
    hash     BLOB NOT NULL REFERENCES blob (hash),
    PRIMARY KEY (vault_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX vault_blob_by_hash ON vault_blob (hash);
