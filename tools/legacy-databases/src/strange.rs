//! A file as no program of the predecessor wrote it, with what SQLite allows and tools trip over: names that need quotes,
//! a table without rowids and one whose rowids cannot be named, generated columns, triggers, cascades, JSON, blobs, text
//! that is not UTF-8, views, and one huge row on demand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, Statement};

use crate::error::GenerateError;
use crate::fill::moment;
use crate::generate::Tell;
use crate::kind::{Kind, Label};
use crate::language::Language;
use crate::piece::Piece;
use crate::random::Random;
use crate::recipe::Recipe;
use crate::stream::Stream;
use crate::truth::{Truth, Twist};
use crate::voice::Voice;
use crate::{draft, past, prose};

const TABLES: &str = include_str!("strange.sql");

/// A table with texts: how a row gets in. Parameters: number, title, address, body, metadata, date.
struct Room {
    table: &'static str,
    insertion: &'static str,
    /// So many of a hundred rows.
    percent: u64,
    /// Whether rows are known by a key instead of a rowid.
    has_keys: bool,
}

const ROOMS: [Room; 6] = [
    Room {
        table: "Lesezeichen & Notizen",
        insertion: r#"INSERT INTO "Lesezeichen & Notizen" ("select", "Título", "Adresse (URL)", "中身", "a""b", "Datum")
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)"#,
        percent: 34,
        has_keys: false,
    },
    Room {
        table: "order",
        insertion: r#"INSERT INTO "order" ("key", place, title, url, content, metadata, "when")
                      VALUES (printf('k%07d', ?1), ?1, ?2, ?3, ?4, ?5, ?6)"#,
        percent: 14,
        has_keys: true,
    },
    Room {
        table: "generated",
        insertion: "INSERT INTO generated (id, heading, url, body, doc, saved) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        percent: 14,
        has_keys: false,
    },
    Room {
        table: "audited",
        insertion: "INSERT INTO audited (id, title, url, content, metadata, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        percent: 14,
        has_keys: false,
    },
    Room {
        table: "raw_pages",
        insertion: "INSERT INTO raw_pages (id, title, url, content, headers, fetched)
                    VALUES (?1, ?2, ?3, CAST(?4 AS TEXT), ?5, ?6)",
        percent: 14,
        has_keys: false,
    },
    Room {
        table: "shadowed",
        insertion: "INSERT INTO shadowed (rowid, _rowid_, oid, content, metadata, created)
                    VALUES (printf('s%07d', ?1), ?2, ?3, ?4, ?5, ?6)",
        percent: 10,
        has_keys: true,
    },
];

/// Makes the tables and fills them; answers how many rows each has.
pub(crate) fn make(
    recipe: &Recipe,
    connection: &Connection,
    tell: Tell<'_>,
) -> Result<BTreeMap<String, u64>, GenerateError> {
    let mut random = Random::new(recipe.seed);
    let mut rows = BTreeMap::new();
    connection.execute_batch(TABLES)?;
    past::live(recipe, connection, &mut random)?;
    connection.execute_batch("BEGIN")?;
    let mut left = recipe.rows;
    for (index, room) in ROOMS.iter().enumerate() {
        let share = if index + 1 == ROOMS.len() {
            left
        } else {
            left.min(recipe.rows * room.percent / 100)
        };
        left -= share;
        fill(room, share, recipe, connection, &mut random, tell)?;
        rows.insert(room.table.to_owned(), share);
    }
    let audited = rows.get("audited").copied().unwrap_or_default();
    for (table, count) in [
        ("attachments", attachments(recipe, connection, &mut random, tell)?),
        ("payloads", payloads(recipe, connection, &mut random, tell)?),
        ("replies", replies(audited, connection, &mut random, tell)?),
        ("huge", huge(recipe, connection, &mut random, tell)?),
    ] {
        rows.insert(table.to_owned(), count);
    }
    connection.execute_batch("COMMIT")?;
    past::forget(recipe, connection)?;
    Ok(rows)
}

fn fill(
    room: &Room,
    rows: u64,
    recipe: &Recipe,
    connection: &Connection,
    random: &mut Random,
    tell: Tell<'_>,
) -> Result<(), GenerateError> {
    let mut insertion = connection.prepare(room.insertion)?;
    let mut stream = Stream::new(&recipe.shares, rows, recipe.twists_percent);
    let mut rowid = 0;
    while let Some(mut piece) = stream.next(None, random) {
        rowid += 1;
        let body = if room.table == "raw_pages" {
            Value::Blob(as_latin_1(&mut piece))
        } else {
            Value::Text(piece.draft.body.clone())
        };
        insert(&mut insertion, rowid, &piece, body)?;
        stream.remember(rowid, &piece, random);
        let key = room
            .has_keys
            .then(|| format!("{}{rowid:07}", if room.table == "order" { 'k' } else { 's' }));
        let truth = Truth {
            table: room.table.to_owned(),
            rowid,
            key,
            label: piece.label,
            kind: piece.kind,
            duplicate_of: piece.duplicate_of,
            derived: false,
            follows: None,
            language: piece
                .draft
                .language
                .map(|language: Language| language.code().to_owned()),
            twists: piece.twists,
        };
        tell(&truth)?;
    }
    Ok(())
}

fn insert(
    insertion: &mut Statement<'_>,
    rowid: i64,
    piece: &Piece,
    body: Value,
) -> Result<(), GenerateError> {
    insertion.execute((
        rowid,
        &piece.draft.title,
        &piece.url,
        body,
        &piece.metadata,
        moment(piece.created),
    ))?;
    Ok(())
}

/// A good text as a server sent it that never heard of UTF-8; others stay as they are.
fn as_latin_1(piece: &mut Piece) -> Vec<u8> {
    let body = &piece.draft.body;
    let latin: Option<Vec<u8>> = body
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).ok())
        .collect();
    match latin.filter(|bytes| piece.label == Label::Keep && std::str::from_utf8(bytes).is_err()) {
        Some(bytes) => {
            piece.twists.push(Twist::InvalidUtf8);
            bytes
        }
        None => body.clone().into_bytes(),
    }
}

fn record(table: &str, rowid: i64) -> Truth {
    Truth {
        table: table.to_owned(),
        rowid,
        key: None,
        label: Label::Keep,
        kind: Kind::Record,
        duplicate_of: None,
        derived: false,
        follows: None,
        language: None,
        twists: Vec::new(),
    }
}

/// Files as blobs, pages among them: they belong to whoever attached them.
fn attachments(
    recipe: &Recipe,
    connection: &Connection,
    random: &mut Random,
    tell: Tell<'_>,
) -> Result<u64, GenerateError> {
    let mut insertion =
        connection.prepare("INSERT INTO attachments (id, name, mime, data) VALUES (?, ?, ?, ?)")?;
    let count = recipe.rows / 20 + 2;
    for number in 1..=count as i64 {
        let (mime, data) = if random.chance(30) {
            (
                "text/html",
                draft::write(Kind::Error404, None, random).body.into_bytes(),
            )
        } else {
            let data = (0..random.between(20, 4_000))
                .map(|_| random.next() as u8)
                .collect();
            ("application/octet-stream", data)
        };
        insertion.execute((number, format!("файл {number}"), mime, data))?;
        tell(&record("attachments", number))?;
    }
    Ok(count)
}

/// JSON with a text inside, some of it damaged.
fn payloads(
    recipe: &Recipe,
    connection: &Connection,
    random: &mut Random,
    tell: Tell<'_>,
) -> Result<u64, GenerateError> {
    let mut insertion = connection.prepare("INSERT INTO payloads (id, payload) VALUES (?, ?)")?;
    let count = recipe.rows / 20 + 2;
    for number in 1..=count as i64 {
        let text = draft::write(Kind::ShortNews, None, random).body;
        let mut payload = serde_json::json!({ "id": number, "item": { "text": text } }).to_string();
        let is_damaged = random.chance(20);
        if is_damaged {
            payload.pop();
        }
        insertion.execute((number, payload))?;
        let mut truth = record("payloads", number);
        truth.twists.extend(is_damaged.then_some(Twist::DamagedMetadata));
        tell(&truth)?;
    }
    Ok(count)
}

/// Rows that go when the audited row goes that they answer.
fn replies(
    audited: u64,
    connection: &Connection,
    random: &mut Random,
    tell: Tell<'_>,
) -> Result<u64, GenerateError> {
    let mut insertion =
        connection.prepare("INSERT INTO replies (id, audited_id, content) VALUES (?, ?, ?)")?;
    for owner in 1..=audited as i64 {
        let text = prose::any_sentence(&mut Voice::new(Language::En, random));
        insertion.execute((owner, owner, text))?;
        let mut truth = record("replies", owner);
        // Whatever becomes of the owner.
        (truth.label, truth.derived, truth.follows) = (Label::Either, true, Some(owner));
        tell(&truth)?;
    }
    Ok(audited)
}

/// One good row, as large as is wished: a book of many chapters.
fn huge(
    recipe: &Recipe,
    connection: &Connection,
    random: &mut Random,
    tell: Tell<'_>,
) -> Result<u64, GenerateError> {
    let Some(bytes) = recipe.huge_row_bytes else {
        return Ok(0);
    };
    let chapter =
        prose::article(&mut Voice::new(Language::En, random), 400_000.min(bytes as usize)).plain(" ");
    let mut book = String::with_capacity(bytes as usize + chapter.len());
    let mut number = 0;
    while (book.len() as u64) < bytes {
        number += 1;
        let _ = write!(book, "\n\nChapter {number}\n\n{chapter}");
    }
    let end = book.floor_char_boundary(bytes as usize);
    book.truncate(end);
    connection.execute("INSERT INTO huge (id, content) VALUES (1, ?)", [book])?;
    let mut truth = record("huge", 1);
    (truth.kind, truth.language) = (Kind::Article, Some("en".to_owned()));
    tell(&truth)?;
    Ok(1)
}
