//! The story of a file in one of the predecessor's shapes: its tables, its past, its rows with what follows them. Streams:
//! what is kept in memory does not grow with the file, but for eight bytes a good row.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::error::GenerateError;
use crate::fill::Filling;
use crate::generate::{Tell, number, pragma};
use crate::kind::{Kind, Label};
use crate::language::Language;
use crate::piece::Piece;
use crate::random::Random;
use crate::recipe::{Journal, Recipe, Shape, mixed_shares};
use crate::schema::{Field, Role, Schema};
use crate::stream::Stream;
use crate::truth::{Truth, Twist};
use crate::{draft, past, shapes};

/// Rows of a transaction.
const BATCH: u64 = 2_000;

/// A file in the making.
pub(crate) struct Making<'c> {
    recipe: &'c Recipe,
    connection: &'c Connection,
    fillings: Vec<Filling<'c>>,
    copies: u64,
    random: Random,
    /// Rows since the last commit.
    open_rows: u64,
}

impl<'c> Making<'c> {
    /// Makes the tables.
    pub(crate) fn new(recipe: &'c Recipe, connection: &'c Connection) -> Result<Self, GenerateError> {
        let schema: Schema = shapes::schema(recipe.shape).vary(recipe.variation);
        connection.execute_batch(&schema.creation(recipe.variation))?;
        let fillings: Result<Vec<Filling<'c>>, GenerateError> = schema
            .tables
            .iter()
            .map(|table| Filling::new(connection, table))
            .collect();
        Ok(Self {
            recipe,
            connection,
            fillings: fillings?,
            copies: schema.copies() as u64,
            random: Random::new(recipe.seed),
            open_rows: 0,
        })
    }

    /// Fills them; answers how many rows each has.
    pub(crate) fn run(mut self, tell: Tell<'_>) -> Result<BTreeMap<String, u64>, GenerateError> {
        past::live(self.recipe, self.connection, &mut self.random)?;
        self.connection.execute_batch("BEGIN")?;
        for index in 0..self.fillings.len() {
            if let Role::Catalogue(percent) = self.fillings[index].table.role {
                self.catalogue(index, percent, tell)?;
            }
        }
        let mains: Vec<(usize, u64)> = self
            .fillings
            .iter()
            .enumerate()
            .filter_map(|(index, filling)| match filling.table.role {
                Role::Main(percent) => Some((index, percent)),
                _ => None,
            })
            .collect();
        // The main table comes last, so that the last rows of the file are its.
        for (index, percent) in mains.into_iter().rev() {
            self.main(index, percent, tell)?;
        }
        self.connection.execute_batch("COMMIT")?;
        if self.recipe.journal != Journal::WalLeftBehind {
            past::forget(self.recipe, self.connection)?;
        }
        let rows = self.fillings.iter();
        Ok(rows
            .map(|filling| (filling.table.name.to_owned(), filling.rows))
            .collect())
    }

    /// Rows of a main table, each with its copies and children.
    fn main(&mut self, index: usize, percent: u64, tell: Tell<'_>) -> Result<(), GenerateError> {
        let rows = (self.recipe.rows * percent).div_ceil(100);
        let shares = match index {
            0 => self.recipe.shares.clone(),
            _ => transcription_shares(),
        };
        let mut stream = Stream::new(&shares, rows, self.recipe.twists_percent);
        let left_behind = (index == 0 && self.recipe.journal == Journal::WalLeftBehind)
            .then(|| rows.saturating_sub((rows / 50).max(1)));
        for row in 0..rows {
            if left_behind == Some(row) {
                self.go_on_in_a_log()?;
            }
            let bytes = self.wished_bytes(index, &stream)?;
            let Some(mut piece) = stream.next(bytes, &mut self.random) else {
                break;
            };
            self.adapt(index, &mut piece);
            let gap = if self.random.chance(10) { 2 } else { 0 };
            let rowid = self.fillings[index].next_rowid(gap);
            self.fillings[index].insert(rowid, rowid, &piece, &mut self.random)?;
            stream.remember(rowid, &piece, &mut self.random);
            tell(&truth_of(&self.fillings[index], rowid, &piece))?;
            if index == 0 {
                self.followers(rowid, &piece, tell)?;
            }
            self.commit_sometimes()?;
        }
        if index == 0 && self.recipe.variation != 0 {
            self.orphans(tell)?;
        }
        Ok(())
    }

    /// What a table has no column for did not happen to its rows.
    fn adapt(&self, index: usize, piece: &mut Piece) {
        let table = &self.fillings[index].table;
        if table.is_unique(Field::Url) && piece.url.as_deref() == Some("") {
            piece.url = None;
            piece.twists.retain(|twist| *twist != Twist::BlankUrl);
            piece.twists.push(Twist::NoUrl);
        }
        piece.twists.retain(|twist| match twist {
            Twist::NoUrl | Twist::BlankUrl => table.has(Field::Url),
            Twist::NoTitle => table.has(Field::Title),
            Twist::DamagedMetadata => table.has(Field::Metadata),
            Twist::InvalidUtf8 => true,
        });
    }

    /// How long the next long body should be for the file to become as large as is wished.
    fn wished_bytes(&self, index: usize, stream: &Stream) -> Result<Option<usize>, GenerateError> {
        let Some(target) = self.recipe.target_bytes.filter(|_| index == 0) else {
            return Ok(None);
        };
        let written = number(self.connection, "PRAGMA page_count")? * u64::from(self.recipe.page_size);
        let left = target.saturating_sub(written);
        Ok(Some(
            (left / stream.elastic_left().max(1) / (1 + self.copies)) as usize,
        ))
    }

    fn followers(&mut self, owner: i64, piece: &Piece, tell: Tell<'_>) -> Result<(), GenerateError> {
        for index in 0..self.fillings.len() {
            let (count, kind) = match self.fillings[index].table.role {
                Role::Copy => (1, piece.kind),
                Role::Child(percent) => {
                    let more = usize::from(self.random.chance(percent % 100));
                    (percent / 100 + more, Kind::Record)
                }
                Role::Main(_) | Role::Catalogue(_) => continue,
            };
            for _ in 0..count {
                let rowid = self.fillings[index].next_rowid(0);
                self.fillings[index].insert(rowid, owner, piece, &mut self.random)?;
                let own = truth_of(&self.fillings[index], rowid, piece);
                tell(&Truth {
                    kind,
                    duplicate_of: None,
                    derived: true,
                    follows: Some(owner),
                    twists: Vec::new(),
                    ..own
                })?;
            }
        }
        Ok(())
    }

    /// Copies whose owners are gone: a hundredth of the rows.
    fn orphans(&mut self, tell: Tell<'_>) -> Result<(), GenerateError> {
        for index in 0..self.fillings.len() {
            if self.fillings[index].table.role != Role::Copy {
                continue;
            }
            for number in 0..self.recipe.rows / 100 {
                let draft = draft::write(Kind::OrphanCopy, None, &mut self.random);
                let piece = Piece::new(Kind::OrphanCopy, draft, 9_000_000 + number, &mut self.random);
                let rowid = self.fillings[index].next_rowid(0);
                let nobody = 1_000_000_000 + number as i64;
                self.fillings[index].insert(rowid, nobody, &piece, &mut self.random)?;
                tell(&truth_of(&self.fillings[index], rowid, &piece))?;
                self.commit_sometimes()?;
            }
        }
        Ok(())
    }

    fn catalogue(&mut self, index: usize, percent: u64, tell: Tell<'_>) -> Result<(), GenerateError> {
        for number in 0..(self.recipe.rows * percent / 100).max(3) {
            let draft = draft::write(Kind::Record, None, &mut self.random);
            let piece = Piece::new(Kind::Record, draft, number, &mut self.random);
            let rowid = self.fillings[index].next_rowid(0);
            self.fillings[index].insert(rowid, rowid, &piece, &mut self.random)?;
            tell(&truth_of(&self.fillings[index], rowid, &piece))?;
            self.commit_sometimes()?;
        }
        Ok(())
    }

    fn commit_sometimes(&mut self) -> Result<(), GenerateError> {
        self.open_rows += 1;
        if self.open_rows >= BATCH {
            self.open_rows = 0;
            self.connection.execute_batch("COMMIT; BEGIN")?;
        }
        Ok(())
    }

    /// From here on, what is written stays in a log that nobody puts back into the file.
    fn go_on_in_a_log(&mut self) -> Result<(), GenerateError> {
        self.connection.execute_batch("COMMIT")?;
        past::forget(self.recipe, self.connection)?;
        pragma(self.connection, "PRAGMA journal_mode = WAL")?;
        pragma(self.connection, "PRAGMA wal_autocheckpoint = 0")?;
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        self.connection.execute_batch("BEGIN")?;
        Ok(())
    }
}

fn truth_of(filling: &Filling<'_>, rowid: i64, piece: &Piece) -> Truth {
    Truth {
        table: filling.table.name.to_owned(),
        rowid,
        key: None,
        label: piece.label,
        kind: piece.kind,
        duplicate_of: piece.duplicate_of,
        derived: false,
        follows: None,
        language: piece
            .draft
            .language
            .map(|language: Language| language.code().to_owned()),
        twists: piece.twists.clone(),
    }
}

/// What became of recordings: most were written down, the rest failed in the ways of its tools.
fn transcription_shares() -> Vec<(Kind, u32)> {
    let failures = [
        Kind::EmptyBody,
        Kind::Stub,
        Kind::Traceback,
        Kind::Placeholder,
        Kind::Error404,
    ];
    let suits = |(kind, _): &(Kind, u32)| kind.label() == Label::Junk && failures.contains(kind);
    let weights = mixed_shares(Shape::AtlasB, 30).into_iter().filter(suits);
    let junk: Vec<(Kind, u32)> = weights.map(|(kind, _)| (kind, 6)).collect();
    [vec![(Kind::Transcript, 70)], junk].concat()
}
