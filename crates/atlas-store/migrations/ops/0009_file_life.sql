-- How this file is known again. life is a name that no other file of operational state has, but copies of it; born_ns is
-- when the file itself was made, as its file system says: a copy that is put back was made later. put_back is 1 from when
-- that was noticed until the next server has drawn its conclusions.
CREATE TABLE file_life (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    life     TEXT NOT NULL,
    born_ns  INTEGER,
    put_back INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO file_life (id, life) VALUES (1, lower(hex(randomblob(16))));
