//! Puts pieces into tables: one prepared statement a table, and what each column says of a piece.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};

use crate::error::GenerateError;
use crate::language::Language;
use crate::piece::Piece;
use crate::random::Random;
use crate::schema::{Field, Table};
use crate::voice::Voice;

/// A table that is being filled.
pub(crate) struct Filling<'c> {
    pub(crate) table: Table,
    insertion: Statement<'c>,
    /// The rowid that was given out last.
    last: i64,
    pub(crate) rows: u64,
}

impl<'c> Filling<'c> {
    pub(crate) fn new(connection: &'c Connection, table: &Table) -> Result<Self, GenerateError> {
        Ok(Self {
            insertion: connection.prepare(&table.insertion())?,
            table: table.clone(),
            last: 0,
            rows: 0,
        })
    }

    /// The rowid that the next row will have. `gap` leaves some out, as rows that were deleted do.
    pub(crate) fn next_rowid(&mut self, gap: usize) -> i64 {
        self.last += 1 + gap as i64;
        self.last
    }

    /// Inserts the row that was announced by [`Filling::next_rowid`].
    pub(crate) fn insert(
        &mut self,
        rowid: i64,
        owner: i64,
        piece: &Piece,
        random: &mut Random,
    ) -> Result<(), GenerateError> {
        let mut values: Vec<Value> = self
            .table
            .columns
            .iter()
            .map(|(_, _, field)| value(*field, rowid, owner, piece, random))
            .collect();
        if !self.table.has(Field::Id) {
            values.push(Value::Integer(rowid));
        }
        self.insertion.execute(params_from_iter(values))?;
        self.rows += 1;
        Ok(())
    }
}

fn value(field: Field, rowid: i64, owner: i64, piece: &Piece, random: &mut Random) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let maybe = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    let body = &piece.draft.body;
    match field {
        Field::Id => Value::Integer(rowid),
        Field::Uid => Value::Text(uid(rowid)),
        Field::OwnerId => Value::Integer(owner),
        Field::OwnerUid => Value::Text(uid(owner)),
        Field::Title => maybe(piece.draft.title.as_deref()),
        Field::Url => maybe(piece.url.as_deref()),
        Field::AnyUrl => Value::Text(format!("https://{}/{}", crate::good::host(random), uid(rowid))),
        Field::Body => text(body),
        Field::Excerpt => Value::Text(body.chars().take(160).collect()),
        Field::ContentType => text(piece.draft.content_type),
        Field::Metadata => maybe(piece.metadata.as_deref()),
        Field::Created => Value::Text(moment(piece.created)),
        Field::Updated => Value::Text(moment(piece.created + random.below(500_000) as i64)),
        Field::WordCount => Value::Integer(body.split_whitespace().count() as i64),
        Field::Tags => Value::Text(format!("{},{}", tag(random), tag(random))),
        Field::TagList => Value::Text(format!("[\"{}\", \"{}\"]", tag(random), tag(random))),
        Field::Score => Value::Real(random.below(1_000) as f64 / 1_000.0),
        Field::Vector => Value::Blob((0..8).flat_map(|_| random.next().to_le_bytes()).collect()),
        Field::Number(most) => Value::Integer(random.between(1, most) as i64),
        Field::Path => Value::Text(format!("content/article/2024/05/17/{}/content.md", uid(rowid))),
        Field::Person => Value::Text(Voice::new(Language::En, random).say("Person")),
        Field::Word(words) => text(random.word(words)),
        Field::Null => Value::Null,
    }
}

fn uid(rowid: i64) -> String {
    format!("{:016x}", Random::new(rowid as u64).next())
}

fn tag(random: &mut Random) -> &'static str {
    random.word(&[
        "garden",
        "history",
        "rust",
        "city",
        "sleep",
        "bread",
        "river",
        "Straßenbahn",
        "jardin",
        "読書",
    ])
}

/// As Python's `isoformat` wrote it.
pub(crate) fn moment(seconds: i64) -> String {
    let text = Timestamp::from_second(seconds).unwrap_or_default().to_string();
    text.trim_end_matches('Z').to_owned()
}
