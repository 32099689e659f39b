//! The stored form of a row: compact, and with a version. `unpacked` reads it.
//!
//! ```text
//! row     = version (1 byte, 1), resolution (1 byte), number (signed), closed_at, series...
//! series  = distance of its id from the one before, counted from 1 for the next; then one cell for each slot of a row
//! cell    = head, values
//! head    = looks * 16 + kind * 4 + shape; 0 is a gap
//! kind    = 0 gauge (mean, min, max, last), 1 counter (increase, peak), 2 rate (mean, min, max)
//! shape   = 0 as in the slot before, 1 all values are zero, 2 all values are one, 3 each value by itself
//! value   = 4 bytes, IEEE 754 single precision, little endian: seven digits
//! numbers = LEB128; signed ones in zigzag
//! ```

use super::super::Kind;
use super::{Cell, Row};

pub(super) const VERSION: u8 = 1;

pub(super) const AS_BEFORE: u64 = 0;
pub(super) const ZERO: u64 = 1;
pub(super) const EVEN: u64 = 2;
const EACH: u64 = 3;

/// The stored form of a row.
pub fn pack(row: &Row) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + row.cells.len() * 16);
    bytes.extend([VERSION, row.resolution.code()]);
    write_number(&mut bytes, zigzag(row.number));
    write_number(&mut bytes, row.closed_at.millis());
    let mut next = 0;
    for (series, cells) in &row.cells {
        write_number(&mut bytes, u64::from(series.0) - next + 1);
        next = u64::from(series.0) + 1;
        let mut before = None;
        for index in 0..row.resolution.slots_per_row() {
            let cell = cells.get(index).copied().flatten().map(Packed::from);
            write_cell(&mut bytes, cell, before);
            before = cell.or(before);
        }
    }
    bytes
}

/// A cell in the precision in which it is stored.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Packed {
    pub(super) kind: Kind,
    pub(super) looks: u32,
    pub(super) values: [f32; 4],
}

impl Packed {
    fn values(&self) -> &[f32] {
        &self.values[..value_count(self.kind)]
    }
}

pub(super) const fn value_count(kind: Kind) -> usize {
    match kind {
        Kind::Gauge => 4,
        Kind::Counter => 2,
        Kind::Rate => 3,
    }
}

impl From<Cell> for Packed {
    fn from(cell: Cell) -> Self {
        let values = match cell {
            Cell::Gauge {
                mean, min, max, last, ..
            } => [mean, min, max, last],
            Cell::Counter { increase, peak, .. } => [increase, peak, 0.0, 0.0],
            Cell::Rate { mean, min, max, .. } => [mean, min, max, 0.0],
        };
        Self {
            kind: cell.kind(),
            looks: cell.looks().max(1),
            values: values.map(|value| (value as f32).clamp(f32::MIN, f32::MAX) + 0.0),
        }
    }
}

impl From<Packed> for Cell {
    fn from(packed: Packed) -> Self {
        let looks = packed.looks;
        let [first, second, third, fourth] = packed.values.map(f64::from);
        match packed.kind {
            Kind::Gauge => Self::Gauge {
                looks,
                mean: first,
                min: second,
                max: third,
                last: fourth,
            },
            Kind::Counter => Self::Counter {
                looks,
                increase: first,
                peak: second,
            },
            Kind::Rate => Self::Rate {
                looks,
                mean: first,
                min: second,
                max: third,
            },
        }
    }
}

fn write_cell(bytes: &mut Vec<u8>, cell: Option<Packed>, before: Option<Packed>) {
    let Some(cell) = cell else {
        bytes.push(0);
        return;
    };
    let values = cell.values();
    let first = values[0].to_bits();
    let shape = if before == Some(cell) {
        AS_BEFORE
    } else if values.iter().all(|value| value.to_bits() == 0) {
        ZERO
    } else if values.iter().all(|value| value.to_bits() == first) {
        EVEN
    } else {
        EACH
    };
    let kind = match cell.kind {
        Kind::Gauge => 0,
        Kind::Counter => 1,
        Kind::Rate => 2,
    };
    write_number(bytes, (u64::from(cell.looks) << 4) | (kind << 2) | shape);
    let written = match shape {
        EVEN => &values[..1],
        EACH => values,
        _ => &[],
    };
    for value in written {
        bytes.extend(value.to_le_bytes());
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}
