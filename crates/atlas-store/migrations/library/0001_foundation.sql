-- Rows have an integer inside (AUTOINCREMENT: a deleted top id is never given out again, so an undo cannot
-- collide) and a UUIDv7 outside. Times are UTC milliseconds.

CREATE TABLE library (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    uuid       BLOB NOT NULL CHECK (length(uuid) = 16),
    epoch      BLOB NOT NULL CHECK (length(epoch) = 16),
    created_at INTEGER NOT NULL
) STRICT;

-- The number of the last committed batch: how the writer finds out what a failed COMMIT did.
CREATE TABLE writer_mark (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    batch INTEGER NOT NULL
) STRICT;
INSERT INTO writer_mark (id, batch) VALUES (1, 0);

CREATE TABLE user (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

-- Bytes by content. Small ones lie here, large ones (data IS NULL) in a file of that name. The data comes last
-- and the collector looks through the index alone: it must not read every byte to find the unreferenced ones.
CREATE TABLE blob (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    size_bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    data       BLOB
) STRICT;
CREATE INDEX blob_by_age ON blob (created_at, hash);

CREATE TABLE item (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid          BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    user_id       INTEGER NOT NULL REFERENCES user (id),
    url           TEXT NOT NULL,
    canonical_url TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN
        ('queued', 'stored', 'partial', 'duplicate', 'quarantined', 'rejected', 'link_only', 'failed')),
    reason        TEXT NOT NULL DEFAULT '',
    message       TEXT NOT NULL DEFAULT '',
    title         TEXT,
    duplicate_of  INTEGER REFERENCES item (id) ON DELETE SET NULL,
    document_id   INTEGER REFERENCES document (id),
    keep_always   INTEGER NOT NULL DEFAULT 0 CHECK (keep_always IN (0, 1)),
    saved_at      INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    trashed_at    INTEGER
) STRICT;
CREATE INDEX item_by_user_and_state ON item (user_id, state, trashed_at);
CREATE INDEX item_by_duplicate_of ON item (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX item_by_document ON item (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX item_in_trash ON item (trashed_at) WHERE trashed_at IS NOT NULL;
-- The sweep lets go of the bytes of these.
CREATE INDEX item_without_content ON item (updated_at) WHERE state IN ('rejected', 'link_only');

-- Every canonical address an item is known by: its own, those it redirected to, the one it declares.
CREATE TABLE item_address (
    user_id       INTEGER NOT NULL REFERENCES user (id),
    canonical_url TEXT NOT NULL,
    item_id       INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, canonical_url)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_address_by_item ON item_address (item_id);

CREATE TABLE tag (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES user (id),
    name    TEXT NOT NULL,
    UNIQUE (user_id, name)
) STRICT;
CREATE TABLE item_tag (
    item_id INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    tag_id  INTEGER NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (item_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_tag_by_tag ON item_tag (tag_id);

-- HTML that came with a save and waits for its ingestion.
CREATE TABLE given_html (
    item_id   INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    body_hash BLOB NOT NULL REFERENCES blob (hash),
    given_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX given_html_by_blob ON given_html (body_hash);

-- body_hash becomes NULL when the retention table lets the bytes go; the rest of the row stays.
CREATE TABLE snapshot (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid         BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    item_id      INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    body_hash    BLOB REFERENCES blob (hash),
    size_bytes   INTEGER NOT NULL,
    url          TEXT NOT NULL,
    final_url    TEXT NOT NULL,
    status       INTEGER NOT NULL,
    content_type TEXT,
    headers      TEXT NOT NULL CHECK (json_valid(headers)),
    strategy     TEXT NOT NULL,
    steps        TEXT NOT NULL CHECK (json_valid(steps)),
    fetched_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshot_by_item ON snapshot (item_id, id);
CREATE INDEX snapshot_by_blob ON snapshot (body_hash) WHERE body_hash IS NOT NULL;
-- Error answers whose bytes are still here: the sweep lets go of them.
CREATE INDEX snapshot_of_error ON snapshot (fetched_at) WHERE body_hash IS NOT NULL AND status >= 400;

-- Versions of an item's content. markdown and html are zstd; text is plain, because SQL searches read it.
CREATE TABLE document (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid         BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    item_id      INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    version      INTEGER NOT NULL,
    snapshot_id  INTEGER NOT NULL REFERENCES snapshot (id),
    content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
    title        TEXT,
    language     TEXT,
    published    TEXT,
    word_count   INTEGER NOT NULL,
    metadata     TEXT NOT NULL CHECK (json_valid(metadata)),
    text         TEXT NOT NULL,
    markdown     BLOB NOT NULL,
    html         BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (item_id, version)
) STRICT;
CREATE INDEX document_by_content ON document (content_hash);
CREATE INDEX document_by_snapshot ON document (snapshot_id);

-- What the junk gate decided, each time it did.
CREATE TABLE judgement (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id      INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    snapshot_id  INTEGER NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE,
    decision     TEXT NOT NULL CHECK (decision IN ('accept', 'partial', 'quarantine', 'reject')),
    class        TEXT,
    reasons      TEXT NOT NULL CHECK (json_valid(reasons)),
    gate_version INTEGER NOT NULL,
    judged_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX judgement_by_item ON judgement (item_id, id);
CREATE INDEX judgement_by_snapshot ON judgement (snapshot_id);

-- Append-only: what the search index and other readers follow.
CREATE TABLE change_log (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    item_uuid BLOB NOT NULL CHECK (length(item_uuid) = 16),
    op        TEXT NOT NULL CHECK (op IN ('upsert', 'remove')),
    at        INTEGER NOT NULL
) STRICT;

-- Every decision, automatic or the owner's, with its reason. Outlives what it is about.
CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    user_id   INTEGER NOT NULL REFERENCES user (id),
    actor     TEXT NOT NULL CHECK (actor IN ('owner', 'ingest', 'retention', 'recovery')),
    action    TEXT NOT NULL,
    item_uuid BLOB,
    reason    TEXT NOT NULL DEFAULT '',
    detail    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_by_item ON audit (item_uuid, id);

CREATE TABLE job (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid          BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    -- Whose it is: the person's whose item it is about. NULL for work on the whole library, which is nobody's: no
    -- person takes it along, and no person may be missing for it to run. The library's owner sees to it.
    user_id       INTEGER REFERENCES user (id),
    kind          TEXT NOT NULL,
    payload       TEXT NOT NULL CHECK (json_valid(payload)),
    item_uuid     BLOB,
    priority      INTEGER NOT NULL DEFAULT 100,
    run_at        INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'done', 'dead', 'cancelled')),
    lease_until   INTEGER,
    lease_owner   TEXT,
    lease_token   INTEGER NOT NULL DEFAULT 0,
    attempts      INTEGER NOT NULL DEFAULT 0,
    max_attempts  INTEGER NOT NULL,
    deferrals     INTEGER NOT NULL DEFAULT 0,
    deferred_since INTEGER,
    unique_key    TEXT,
    group_key     TEXT,
    risky_stage   TEXT,
    suspect       INTEGER NOT NULL DEFAULT 0 CHECK (suspect IN (0, 1)),
    crashes       INTEGER NOT NULL DEFAULT 0,
    outcome       TEXT,
    reason        TEXT NOT NULL DEFAULT '',
    message       TEXT NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
-- Covers the claim: with ten thousand jobs for one busy host it passes over them without reading their rows.
CREATE INDEX job_ready ON job (priority, run_at, id, group_key, suspect) WHERE state = 'ready';
-- When the next one is due, of all or of one person, without going through all that wait.
CREATE INDEX job_due ON job (run_at, user_id) WHERE state = 'ready';
-- Hardly ever has an entry.
CREATE INDEX job_suspect ON job (id) WHERE state = 'ready' AND suspect = 1;
-- What runs now: hardly ever more than a few.
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased';
CREATE INDEX job_by_user ON job (user_id, state, kind, updated_at);
CREATE INDEX job_by_item ON job (item_uuid) WHERE item_uuid IS NOT NULL;
CREATE UNIQUE INDEX job_unique_while_live ON job (unique_key)
    WHERE unique_key IS NOT NULL AND state IN ('ready', 'leased');

CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id      INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    started_at  INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    stage       TEXT NOT NULL,
    ended       TEXT NOT NULL CHECK (ended IN
        ('done', 'retry', 'deferred', 'dead', 'lost', 'expired', 'cancelled')),
    reason      TEXT NOT NULL DEFAULT '',
    message     TEXT NOT NULL DEFAULT '',
    next_try_at INTEGER,
    steps       TEXT NOT NULL DEFAULT '[]' -- JSON: what each strategy of fetching did
) STRICT;
CREATE INDEX attempt_by_job ON attempt (job_id, id);
CREATE INDEX attempt_by_time ON attempt (started_at);
