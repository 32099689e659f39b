//! The pieces of one table, one after the other: so many of each kind as the shares say, in an order that chance decides,
//! without two good rows that say the same. Remembers the hash of each good body and a few originals, no more.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::draft;
use crate::kind::{Kind, Label};
use crate::piece::Piece;
use crate::random::Random;

/// Originals that copies can still be made of.
const ORIGINALS: usize = 64;
/// Draws before a good body is told apart by a number.
const DRAWS: usize = 40;

/// What is still to come.
pub(crate) struct Stream {
    left: Vec<(Kind, u64)>,
    twists_percent: usize,
    originals: Vec<(i64, Piece)>,
    bodies: HashSet<u64>,
    number: u64,
}

impl Stream {
    pub(crate) fn new(shares: &[(Kind, u32)], rows: u64, twists_percent: u32) -> Self {
        Self {
            left: apportion(shares, rows),
            twists_percent: twists_percent as usize,
            originals: Vec::new(),
            bodies: HashSet::new(),
            number: 0,
        }
    }

    /// Rows still to come whose length can be chosen.
    pub(crate) fn elastic_left(&self) -> u64 {
        let elastic = self.left.iter().filter(|(kind, _)| kind.is_elastic());
        elastic.map(|(_, count)| count).sum()
    }

    /// The next piece; `None` after the last. Elastic bodies will be about as long as `bytes` says.
    pub(crate) fn next(&mut self, bytes: Option<usize>, random: &mut Random) -> Option<Piece> {
        let kind = self.draw_kind(random)?;
        self.number += 1;
        if kind.is_copy() {
            let copy = self.copy(kind, random);
            return Some(copy);
        }
        // Around what is wished, so that not all are of one length.
        let bytes = bytes.map(|bytes| bytes * random.between(60, 140) / 100);
        let mut draft = draft::write(kind, bytes, random);
        if kind.label() == Label::Keep && kind != Kind::Record {
            let mut draws = 0;
            while !self.bodies.insert(hash(&draft.body)) {
                draws += 1;
                draft = draft::write(kind, bytes, random);
                if draws > DRAWS {
                    let _ = write!(draft.body, " ({})", self.number);
                }
            }
        }
        let mut piece = Piece::new(kind, draft, self.number, random);
        if kind.label() == Label::Keep && kind != Kind::Record && random.chance(self.twists_percent) {
            piece.twist(random);
        }
        Some(piece)
    }

    /// Remembers a row as one that copies can be made of, if it is an article.
    pub(crate) fn remember(&mut self, rowid: i64, piece: &Piece, random: &mut Random) {
        let is_original = piece.kind.label() == Label::Keep && piece.kind.is_elastic();
        if !is_original || !self.left.iter().any(|(kind, count)| kind.is_copy() && *count > 0) {
            return;
        }
        if self.originals.len() < ORIGINALS {
            self.originals.push((rowid, piece.clone()));
        } else if let Some(place) = self.originals.get_mut(random.below(ORIGINALS)) {
            *place = (rowid, piece.clone());
        }
    }

    fn copy(&self, kind: Kind, random: &mut Random) -> Piece {
        let able: Vec<&(i64, Piece)> = match kind {
            Kind::NearDuplicateSameUrl => self
                .originals
                .iter()
                .filter(|(_, piece)| has_url(piece))
                .collect(),
            _ => self.originals.iter().collect(),
        };
        match random.pick(&able) {
            Some((rowid, original)) => original.copied(kind, *rowid, self.number, random),
            // Only where a recipe has nothing that could be copied: an article of its own.
            None => Piece::new(
                Kind::Article,
                draft::write(Kind::Article, None, random),
                self.number,
                random,
            ),
        }
    }

    fn draw_kind(&mut self, random: &mut Random) -> Option<Kind> {
        let has_originals = self.originals.iter().any(|(_, piece)| has_url(piece));
        let may_come = |kind: Kind| has_originals || !kind.is_copy();
        let able: u64 = self
            .left
            .iter()
            .filter(|(kind, _)| may_come(*kind))
            .map(|(_, count)| count)
            .sum();
        let all: u64 = self.left.iter().map(|(_, count)| count).sum();
        if all == 0 {
            return None;
        }
        let mut at = random.below(if able == 0 { all } else { able } as usize) as u64;
        for (kind, count) in &mut self.left {
            if able > 0 && !may_come(*kind) {
                continue;
            }
            if at < *count {
                *count -= 1;
                return Some(*kind);
            }
            at -= *count;
        }
        None
    }
}

fn has_url(piece: &Piece) -> bool {
    piece.url.as_deref().is_some_and(|url| !url.is_empty())
}

/// Shares out the rows: junk and the rest get theirs to the row, then each kind within them.
pub(crate) fn apportion(shares: &[(Kind, u32)], rows: u64) -> Vec<(Kind, u64)> {
    let is_junk = |(kind, _): &&(Kind, u32)| kind.label() == Label::Junk;
    let junk: Vec<(Kind, u32)> = shares.iter().filter(is_junk).copied().collect();
    let rest: Vec<(Kind, u32)> = shares.iter().filter(|share| !is_junk(share)).copied().collect();
    let weight = |shares: &[(Kind, u32)]| shares.iter().map(|(_, weight)| u64::from(*weight)).sum::<u64>();
    let (of_junk, of_all) = (weight(&junk), weight(shares).max(1));
    let junk_rows = (rows * of_junk + of_all / 2) / of_all;
    let mut counts = by_largest_remainder(&junk, junk_rows);
    counts.extend(by_largest_remainder(&rest, rows - junk_rows));
    counts
}

fn by_largest_remainder(shares: &[(Kind, u32)], rows: u64) -> Vec<(Kind, u64)> {
    let total: u64 = shares.iter().map(|(_, weight)| u64::from(*weight)).sum();
    if total == 0 {
        return Vec::new();
    }
    let mut counts: Vec<(Kind, u64, u64)> = shares
        .iter()
        .map(|(kind, weight)| {
            let exact = rows * u64::from(*weight);
            (*kind, exact / total, exact % total)
        })
        .collect();
    let given: u64 = counts.iter().map(|(_, count, _)| count).sum();
    // Stable: of equal remainders the earlier kind wins.
    counts.sort_by_key(|(_, _, remainder)| std::cmp::Reverse(*remainder));
    for (_, count, _) in counts.iter_mut().take((rows - given) as usize) {
        *count += 1;
    }
    counts.into_iter().map(|(kind, count, _)| (kind, count)).collect()
}

/// The same in every process: the keys of this hasher are fixed.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Shape, mixed_shares};

    #[test]
    fn shares_out_every_row_and_no_more() {
        let shares = mixed_shares(Shape::AtlasB, 30);
        for rows in [0, 1, 7, 100, 8_216] {
            let counts = apportion(&shares, rows);
            let junk = counts.iter().filter(|(kind, _)| kind.label() == Label::Junk);
            assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), rows);
            assert_eq!(junk.map(|(_, count)| count).sum::<u64>(), (rows * 30 + 50) / 100);
        }
    }

    #[test]
    fn good_rows_differ_even_where_there_is_little_to_say() {
        let mut random = Random::new(1);
        let mut stream = Stream::new(&[(Kind::Note, 1)], 3_000, 0);
        let mut bodies = HashSet::new();
        while let Some(piece) = stream.next(None, &mut random) {
            assert!(bodies.insert(piece.draft.body));
        }
        assert_eq!(bodies.len(), 3_000);
    }
}
