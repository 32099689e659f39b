//! Hashes by which rows and tables are compared: with their copy in a backup or vault, and with themselves after a
//! change to others. They depend on what is stored only, not on the file, its encoding, or how a value was read.

use super::value::{Key, LongKind, Value};

/// Parts the hashes from all others; a change of the rules below is a new version.
const ROW: &str = "atlas 2026-12 row of a table, version 1";
const ROW_IN_TABLE: &str = "atlas 2026-12 row within its table, version 1";

/// Longer contents go in by their own hash, so that a value of which only the hash is known gives the same.
pub(super) const INLINE_BYTES: usize = 1024;

/// The hash of a row from the values of all its stored columns, in their order (generated ones are not stored).
///
/// BLAKE3 in key derivation mode over the number of values (8 bytes, little end first) and each value: a letter for its
/// type, then 8 bytes of an integer or of the bits of a real; of a text (as UTF-8) or blob its length in 8 bytes and
/// the content, or the BLAKE3 hash of the content if that has more than 1,024 bytes. So 1, 1.0, `'1'` and `x'31'`
/// differ, and no value runs into the next.
pub fn row_hash(values: &[Value]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(ROW);
    feed(&mut hasher, values);
    hasher.finalize().into()
}

fn feed(hasher: &mut blake3::Hasher, values: &[Value]) {
    hasher.update(&(values.len() as u64).to_le_bytes());
    for value in values {
        match value {
            Value::Null => drop(hasher.update(b"n")),
            Value::Integer(number) => drop(hasher.update(b"i").update(&number.to_le_bytes())),
            Value::Real(number) => drop(hasher.update(b"r").update(&number.to_bits().to_le_bytes())),
            Value::Text(bytes) => content(hasher, b't', bytes),
            Value::Blob(bytes) => content(hasher, b'b', bytes),
            Value::Long(long) => {
                let letter = match long.kind {
                    LongKind::Text => b't',
                    LongKind::Blob => b'b',
                };
                hasher
                    .update(&[letter])
                    .update(&long.length_bytes.to_le_bytes())
                    .update(&long.hash);
            }
        }
    }
}

fn content(hasher: &mut blake3::Hasher, letter: u8, bytes: &[u8]) {
    hasher
        .update(&[letter])
        .update(&(bytes.len() as u64).to_le_bytes());
    if bytes.len() > INLINE_BYTES {
        hasher.update(blake3::hash(bytes).as_bytes());
    } else {
        hasher.update(bytes);
    }
}

/// The hash of a set of rows with their keys: the number of rows, and the sum of their hashes as 256-bit numbers. It
/// does not depend on the order, can be kept and gone on with, and rows can be taken out again: what was there, less
/// what was removed, equals what is left. It guards against accidents, not against somebody who makes rows up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct TableHash {
    /// Rows in the set.
    pub rows: u64,
    /// The sum, as four words of 64 bits, the lowest first.
    pub sum: [u64; 4],
}

impl TableHash {
    /// Puts a row in, by its key and its [`row_hash`].
    pub fn add(&mut self, key: &Key, row: &[u8; 32]) {
        self.rows = self.rows.wrapping_add(1);
        let mut carry = false;
        for (sum, word) in self.sum.iter_mut().zip(words(key, row)) {
            let (partly, over) = sum.overflowing_add(word);
            let (whole, over_again) = partly.overflowing_add(u64::from(carry));
            (*sum, carry) = (whole, over || over_again);
        }
    }

    /// Takes a row out that was put in.
    pub fn remove(&mut self, key: &Key, row: &[u8; 32]) {
        self.rows = self.rows.wrapping_sub(1);
        let mut borrow = false;
        for (sum, word) in self.sum.iter_mut().zip(words(key, row)) {
            let (partly, under) = sum.overflowing_sub(word);
            let (whole, under_again) = partly.overflowing_sub(u64::from(borrow));
            (*sum, borrow) = (whole, under || under_again);
        }
    }
}

fn words(key: &Key, row: &[u8; 32]) -> [u64; 4] {
    let mut hasher = blake3::Hasher::new_derive_key(ROW_IN_TABLE);
    match key {
        Key::Rowid(rowid) => feed(&mut hasher, &[Value::Integer(*rowid)]),
        Key::Primary(values) => feed(&mut hasher, values),
    }
    hasher.update(row);
    let mut words = [0; 4];
    for (word, bytes) in words
        .iter_mut()
        .zip(hasher.finalize().as_bytes().as_chunks::<8>().0)
    {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

#[cfg(test)]
mod tests;
