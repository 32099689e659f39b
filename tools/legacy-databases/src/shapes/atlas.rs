//! The four variants of `atlas.db`.

use super::{AUTO, INT, KEY, TEXT, perhaps};
use crate::schema::Field::{
    Body, ContentType, Created, Excerpt, Id, Metadata, Null, Number, OwnerId, Path, Person, TagList, Title,
    Uid, Updated, Url, Word,
};
use crate::schema::{Column, Role, Schema, table};

/// What models had written about a text, in versions that asked one.
const BY_MODELS: [Column; 6] = [
    ("ai_summary", TEXT, Excerpt),
    ("ai_tags", TEXT, TagList),
    ("ai_socratic", TEXT, Null),
    ("ai_patterns", TEXT, Null),
    ("ai_recommendations", TEXT, Null),
    (
        "ai_classification",
        TEXT,
        Word(&["reference", "news", "essay", "{}"]),
    ),
];

pub(super) fn variant_a() -> Schema {
    let content = table(
        "content",
        Role::Main(100),
        &[
            ("id", KEY, Id),
            ("title", TEXT, Title),
            ("content_type", TEXT, ContentType),
            ("source_url", TEXT, Url),
            ("created_at", "TIMESTAMP", Created),
            ("metadata", TEXT, Metadata),
            ("content", TEXT, Body),
        ],
    );
    let copy = table(
        "search_index",
        Role::Copy,
        &[
            ("id", KEY, Id),
            ("content_id", INT, OwnerId),
            ("content", TEXT, Body),
            ("title", TEXT, Title),
            ("created_at", "TIMESTAMP", Created),
        ],
    );
    Schema {
        tables: vec![content, copy],
        fts: vec![perhaps("content_fts", "content", &["title", "content"])],
        indexes: vec![
            ("idx_content_url", "content", "source_url"),
            ("idx_search_content", "search_index", "content_id"),
        ],
    }
}

fn content_with_url(url: &'static str) -> [Column; 8] {
    [
        ("id", AUTO, Id),
        ("title", TEXT, Title),
        ("url", url, Url),
        ("content", TEXT, Body),
        ("content_type", "TEXT DEFAULT 'article'", ContentType),
        ("metadata", "TEXT DEFAULT '{}'", Metadata),
        ("created_at", TEXT, Created),
        ("updated_at", TEXT, Updated),
    ]
}

pub(super) fn variant_b() -> Schema {
    let content = table("content", Role::Main(100), &content_with_url(TEXT)).with_optional(&BY_MODELS);
    let jobs = table(
        "worker_jobs",
        Role::Catalogue(20),
        &[
            ("id", "TEXT PRIMARY KEY", Uid),
            (
                "type",
                "TEXT NOT NULL",
                Word(&["url_processing", "transcribe", "podcast_sync"]),
            ),
            ("data", TEXT, Metadata),
            ("priority", INT, Number(100)),
            (
                "status",
                TEXT,
                Word(&["pending", "running", "completed", "failed"]),
            ),
            ("assigned_worker", TEXT, Null),
            ("created_at", TEXT, Created),
        ],
    );
    let workers = table(
        "workers",
        Role::Catalogue(1),
        &[
            ("worker_id", "TEXT PRIMARY KEY", Uid),
            ("hostname", TEXT, Word(&["mini", "pi", "server"])),
            ("last_heartbeat", TEXT, Updated),
            ("status", TEXT, Word(&["idle", "busy", "lost"])),
        ],
    );
    let transcriptions = table(
        "transcriptions",
        Role::Main(15),
        &[
            ("id", AUTO, Id),
            ("filename", TEXT, Path),
            ("transcript", TEXT, Body),
            ("source", TEXT, Word(&["mac_mini", "upload", "api"])),
            ("metadata", TEXT, Metadata),
            ("created_at", TEXT, Created),
            ("processed", "BOOLEAN DEFAULT 0", Number(1)),
        ],
    );
    Schema {
        tables: vec![content, jobs, workers, transcriptions],
        fts: vec![perhaps("content_fts", "content", &["title", "content"])],
        indexes: vec![
            ("idx_content_created", "content", "created_at"),
            ("idx_jobs_status", "worker_jobs", "status"),
        ],
    }
}

pub(super) fn variant_c() -> Schema {
    let content = table("content", Role::Main(100), &content_with_url("TEXT UNIQUE")).with_optional(&[
        BY_MODELS[0],
        BY_MODELS[1],
        ("stage", "INTEGER DEFAULT 0", Number(600)),
    ]);
    Schema {
        tables: vec![content],
        fts: vec![perhaps("articles_fts", "content", &["title", "content", "url"])],
        indexes: vec![("idx_content_type", "content", "content_type")],
    }
}

pub(super) fn variant_d() -> Schema {
    const STATUSES: &[&str] = &["pending", "processing", "completed", "failed", "needs_retry"];
    let mut columns = content_with_url(TEXT).to_vec();
    columns.push(("processing_status", TEXT, Word(STATUSES)));
    let metadata = table(
        "content_metadata",
        Role::Child(120),
        &[
            ("id", AUTO, Id),
            ("content_id", "INTEGER NOT NULL REFERENCES content(id)", OwnerId),
            (
                "key",
                "TEXT NOT NULL",
                Word(&["author", "language", "source", "reading_time"]),
            ),
            ("value", TEXT, Person),
        ],
    );
    let queue = table(
        "processing_queue",
        Role::Child(20),
        &[
            ("id", AUTO, Id),
            ("content_id", INT, OwnerId),
            ("stage", TEXT, Word(&["fetch", "extract", "summarize"])),
            ("attempts", INT, Number(7)),
            ("error", TEXT, Word(&["", "404 Client Error", "timed out"])),
            ("queued_at", TEXT, Updated),
        ],
    );
    let processed = table(
        "processed_content",
        Role::Copy,
        &[
            ("id", AUTO, Id),
            ("content_id", "INTEGER REFERENCES content(id)", OwnerId),
            ("processed_text", TEXT, Body),
            ("summary", TEXT, Excerpt),
            ("processed_at", TEXT, Updated),
        ],
    );
    Schema {
        tables: vec![
            table("content", Role::Main(100), &columns),
            metadata,
            queue,
            processed,
        ],
        fts: vec![perhaps("content_fts", "content", &["title", "content"])],
        indexes: vec![("idx_metadata_content", "content_metadata", "content_id")],
    }
}
