//! The files for searching: segments of transcripts, a second index, and the index of all content.

use super::{AUTO, INT, KEY, TEXT, certainly, perhaps};
use crate::schema::Field::{
    AnyUrl, Body, ContentType, Created, Excerpt, Id, Null, Number, OwnerId, OwnerUid, Path, Person, Score,
    TagList, Tags, Title, Uid, Updated, Url, Vector, Word, WordCount,
};
use crate::schema::{Role, Schema, table};

pub(super) fn segments() -> Schema {
    let segments = table(
        "transcript_segments",
        Role::Main(100),
        &[
            ("id", AUTO, Id),
            ("episode_id", INT, Number(40)),
            ("content_uid", TEXT, Uid),
            ("speaker", TEXT, Person),
            ("content", "TEXT NOT NULL", Body),
            ("segment_id", INT, Number(300)),
            ("start_line", INT, Number(900)),
            ("end_line", INT, Number(900)),
            (
                "start_timestamp",
                TEXT,
                Word(&["00:01:02", "00:14:40", "01:02:03", ""]),
            ),
            ("end_timestamp", TEXT, Null),
            ("word_count", INT, WordCount),
            (
                "segment_type",
                TEXT,
                Word(&["dialogue", "dialogue", "question", "intro"]),
            ),
            ("topic_tags", TEXT, TagList),
        ],
    );
    let clusters = table(
        "topic_clusters",
        Role::Catalogue(5),
        &[
            ("id", AUTO, Id),
            ("topic", TEXT, Tags),
            ("segment_count", INT, Number(50)),
            ("keywords", TEXT, TagList),
        ],
    );
    let speakers = table(
        "transcript_speakers",
        Role::Catalogue(8),
        &[
            ("id", AUTO, Id),
            ("name", TEXT, Person),
            ("episode_id", INT, Number(40)),
            ("total_words", INT, Number(9_000)),
        ],
    );
    Schema {
        tables: vec![segments, clusters, speakers],
        fts: vec![certainly(
            "transcript_fts",
            "transcript_segments",
            &["speaker", "content", "topic_tags"],
        )],
        indexes: vec![("idx_segments_episode", "transcript_segments", "episode_id")],
    }
}

pub(super) fn enhanced() -> Schema {
    let content = table(
        "enhanced_content_index",
        Role::Main(100),
        &[
            ("id", KEY, Id),
            ("title", TEXT, Title),
            ("content", TEXT, Body),
            ("content_type", TEXT, ContentType),
            ("url", TEXT, Url),
            ("tags", TEXT, TagList),
            ("keywords", TEXT, Tags),
            ("summary", TEXT, Excerpt),
            ("word_count", INT, WordCount),
            ("quality_score", "REAL", Score),
            ("relevance_score", "REAL", Score),
            ("semantic_vector", "BLOB", Vector),
            ("created_at", TEXT, Created),
            ("updated_at", TEXT, Updated),
        ],
    );
    let copy = table(
        "search_index",
        Role::Copy,
        &[
            ("id", KEY, Id),
            ("content_id", INT, OwnerId),
            ("title", TEXT, Title),
            ("content", TEXT, Body),
            ("url", TEXT, Url),
            ("created_at", TEXT, Created),
        ],
    );
    let relationships = table(
        "content_relationships",
        Role::Child(30),
        &[
            ("id", AUTO, Id),
            ("source_content_id", INT, OwnerId),
            ("target_content_id", INT, Number(500)),
            (
                "relationship_type",
                TEXT,
                Word(&["similar", "cites", "same_author"]),
            ),
            ("strength", "REAL", Score),
        ],
    );
    let tags = table(
        "tag_index",
        Role::Child(80),
        &[
            ("id", AUTO, Id),
            ("tag", TEXT, Tags),
            ("content_id", INT, OwnerId),
            ("weight", "REAL", Score),
        ],
    );
    let analytics = table(
        "search_analytics",
        Role::Catalogue(6),
        &[
            ("id", AUTO, Id),
            ("query", TEXT, Tags),
            ("results_count", INT, Number(80)),
            ("searched_at", TEXT, Created),
        ],
    );
    Schema {
        tables: vec![content, copy, relationships, tags, analytics],
        fts: vec![perhaps(
            "enhanced_fts",
            "enhanced_content_index",
            &["title", "content", "tags"],
        )],
        indexes: vec![("idx_tag", "tag_index", "tag")],
    }
}

pub(super) fn index() -> Schema {
    let content = table(
        "content_index",
        Role::Main(100),
        &[
            ("content_id", "TEXT PRIMARY KEY", Uid),
            ("content_type", TEXT, ContentType),
            ("source_type", TEXT, Word(&["instapaper", "rss", "manual"])),
            ("title", TEXT, Title),
            ("source_url", TEXT, Url),
            ("author", TEXT, Person),
            ("description", TEXT, Excerpt),
            ("podcast_name", TEXT, Null),
            ("episode_number", INT, Null),
            ("channel_name", TEXT, Null),
            ("video_id", TEXT, Null),
            ("created_at", TEXT, Created),
            ("updated_at", TEXT, Updated),
            ("published_at", TEXT, Created),
            ("ingested_at", TEXT, Updated),
            (
                "status",
                TEXT,
                Word(&["completed", "completed", "pending", "failed"]),
            ),
            ("file_path", TEXT, Path),
            ("search_text", TEXT, Body),
        ],
    );
    Schema {
        tables: vec![
            content,
            table(
                "url_index",
                Role::Child(90),
                &[("url", TEXT, AnyUrl), ("content_id", "TEXT NOT NULL", OwnerUid)],
            ),
            table(
                "tags",
                Role::Child(110),
                &[("content_id", TEXT, OwnerUid), ("tag", TEXT, Tags)],
            ),
            table(
                "relationships",
                Role::Child(10),
                &[
                    ("from_id", TEXT, OwnerUid),
                    ("to_id", TEXT, OwnerUid),
                    ("kind", TEXT, Word(&["cites", "reply"])),
                ],
            ),
        ],
        fts: vec![certainly(
            "content_fts",
            "content_index",
            &["title", "description", "search_text"],
        )],
        indexes: vec![("idx_index_url", "content_index", "source_url")],
    }
}
