//! What comes in: podcasts and their episodes, and the inbox.

use super::{AUTO, INT, TEXT};
use crate::schema::Field::{
    AnyUrl, Body, ContentType, Created, Id, Metadata, Null, Number, OwnerId, Path, Score, Tags, Title, Uid,
    Updated, Word,
};
use crate::schema::{Column, Role, Schema, table};

pub(super) fn podcasts() -> Schema {
    const STATUSES: &[&str] = &["unknown", "found", "fetched", "failed", "excluded", "local"];
    let episodes = table(
        "episodes",
        Role::Main(100),
        &[
            ("id", AUTO, Id),
            (
                "podcast_id",
                "INTEGER NOT NULL REFERENCES podcasts(id)",
                Number(2),
            ),
            ("guid", "TEXT NOT NULL", Uid),
            ("title", TEXT, Title),
            ("url", TEXT, AnyUrl),
            ("publish_date", TEXT, Created),
            ("transcript_url", TEXT, Null),
            ("transcript_status", TEXT, Word(STATUSES)),
            ("transcript_path", TEXT, Path),
            ("metadata", TEXT, Metadata),
            ("created_at", TEXT, Created),
            ("updated_at", TEXT, Updated),
        ],
    )
    .constrained(", UNIQUE(podcast_id, guid)");
    let shows = table(
        "podcasts",
        Role::Catalogue(3),
        &[
            ("id", AUTO, Id),
            ("name", TEXT, Title),
            ("slug", TEXT, Uid),
            ("rss_url", TEXT, AnyUrl),
            ("site_url", TEXT, Null),
            (
                "resolver",
                TEXT,
                Word(&["generic_html", "rss_transcript", "pattern"]),
            ),
            ("selectors", TEXT, Null),
            ("config", TEXT, Metadata),
            ("created_at", TEXT, Created),
        ],
    );
    let run: &[Column] = &[
        ("id", AUTO, Id),
        ("podcast_id", INT, Number(2)),
        ("status", TEXT, Word(&["ok", "error"])),
        ("note", TEXT, Word(&["", "HTTP 404", "3 new", "Read timed out"])),
        ("at", TEXT, Updated),
    ];
    Schema {
        tables: vec![
            episodes,
            shows,
            table(
                "transcript_sources",
                Role::Child(40),
                &[
                    ("id", AUTO, Id),
                    ("episode_id", "INTEGER REFERENCES episodes(id)", OwnerId),
                    ("url", TEXT, AnyUrl),
                    ("confidence", "REAL", Score),
                ],
            ),
            table("discovery_runs", Role::Catalogue(4), run),
            table(
                "capture_queue",
                Role::Child(20),
                &[
                    ("id", AUTO, Id),
                    ("episode_id", INT, OwnerId),
                    ("status", TEXT, Word(&["pending", "done", "failed"])),
                ],
            ),
            table("export_history", Role::Catalogue(2), run),
        ],
        fts: Vec::new(),
        indexes: vec![("idx_episodes_status", "episodes", "transcript_status")],
    }
}

pub(super) fn inbox() -> Schema {
    let inbox = table(
        "inbox",
        Role::Main(100),
        &[
            ("id", AUTO, Id),
            ("source_type", TEXT, ContentType),
            ("content", "TEXT NOT NULL", Body),
            ("status", TEXT, Word(&["new", "new", "processed", "error"])),
            ("tags", TEXT, Tags),
            ("notes", TEXT, Null),
            ("captured_at", TEXT, Created),
            ("processed_at", TEXT, Null),
            ("error_message", TEXT, Word(&["", "", "Read timed out"])),
            ("content_id", TEXT, Null),
        ],
    );
    Schema {
        tables: vec![inbox],
        fts: Vec::new(),
        indexes: vec![("idx_inbox_status", "inbox", "status")],
    }
}
