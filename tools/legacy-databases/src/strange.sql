-- Tables that no program of the predecessor made. `strange.rs` fills them.
CREATE TABLE "Lesezeichen & Notizen" (
    "select" INTEGER PRIMARY KEY,
    "Título" TEXT,
    "Adresse (URL)" TEXT,
    "中身" TEXT,
    "a""b" TEXT,
    "Datum" TEXT
);
CREATE TABLE "order" (
    "key" TEXT PRIMARY KEY,
    place INTEGER,
    title TEXT,
    url TEXT,
    content TEXT,
    metadata TEXT,
    "when" TEXT
) WITHOUT ROWID;
CREATE TABLE generated (
    id INTEGER PRIMARY KEY,
    doc TEXT,
    heading TEXT,
    url TEXT,
    body TEXT,
    saved TEXT,
    source TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(doc) THEN json_extract(doc, '$.source') END) VIRTUAL,
    letters INTEGER GENERATED ALWAYS AS (length(body)) STORED
);
CREATE INDEX generated_source ON generated(source) WHERE source IS NOT NULL;
CREATE INDEX generated_lower ON generated(lower(heading));
CREATE TABLE audited (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT COLLATE NOCASE,
    url TEXT,
    content TEXT,
    metadata TEXT,
    created TEXT
);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, event TEXT, row_id INTEGER, at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TRIGGER audited_goes AFTER DELETE ON audited BEGIN
    INSERT INTO audit_log (event, row_id) VALUES ('deleted', old.id);
END;
CREATE TRIGGER audited_changes AFTER UPDATE OF content ON audited BEGIN
    INSERT INTO audit_log (event, row_id) VALUES ('changed', new.id);
END;
CREATE TRIGGER "nothing pinned goes" BEFORE DELETE ON audited WHEN old.title = 'PINNED' BEGIN
    SELECT RAISE(ABORT, 'pinned rows stay');
END;
CREATE TABLE replies (
    id INTEGER PRIMARY KEY,
    audited_id INTEGER NOT NULL REFERENCES audited(id) ON DELETE CASCADE,
    content TEXT
) STRICT;
CREATE TABLE raw_pages (id INTEGER PRIMARY KEY, title TEXT, url TEXT, content TEXT, headers TEXT, fetched TEXT);
-- Every name of the rowid is taken.
CREATE TABLE shadowed (rowid TEXT, _rowid_ TEXT, oid TEXT, content TEXT, metadata TEXT, created TEXT);
CREATE TABLE attachments (id INTEGER PRIMARY KEY, name TEXT, mime TEXT, data BLOB);
CREATE TABLE payloads (id INTEGER PRIMARY KEY, payload JSON NOT NULL CHECK (length(payload) > 0));
CREATE TABLE huge (id INTEGER PRIMARY KEY, content TEXT);
CREATE TABLE "empty; DROP TABLE huge; --" (id INTEGER PRIMARY KEY, content TEXT);
CREATE VIEW "alle Texte" AS
    SELECT 'Lesezeichen' AS woher, "中身" AS content FROM "Lesezeichen & Notizen"
    UNION ALL SELECT 'order', content FROM "order";
CREATE VIEW latest AS SELECT id, title, content FROM audited WHERE id > 10;
CREATE TRIGGER latest_goes INSTEAD OF DELETE ON latest BEGIN
    DELETE FROM audited WHERE id = old.id;
END;
