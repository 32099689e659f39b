//! Reads stored rows, without trust: another version, a damaged page or any other bytes give an error, never a panic
//! and never more memory than they have themselves.

use super::super::{Kind, SeriesId};
use super::packed::{AS_BEFORE, EVEN, Packed, VERSION, ZERO, value_count};
use super::{Cell, Resolution, Row};
use crate::Moment;

/// Why a stored row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Another version of Atlas has written it.
    #[error("a row of history has the form {0}, which this version of Atlas does not know")]
    UnknownVersion(u8),
    /// It ends too early.
    #[error("a row of history ends before it is complete")]
    Truncated,
    /// It is of a history that does not exist.
    #[error("a row of history is of the unknown resolution {0}")]
    UnknownResolution(u8),
    /// It is of another history than the ring that it lies in.
    #[error("a row of history lies in the ring of another resolution")]
    OtherResolution,
    /// It says what no row can say.
    #[error("a row of history is damaged: {0}")]
    Damaged(&'static str),
}

/// Reads a whole row.
pub fn unpack(bytes: &[u8]) -> Result<Row, RowError> {
    let (mut row, mut reader) = open(bytes)?;
    while let Some(series) = reader.series()? {
        let cells = reader.cells(row.resolution)?;
        row.cells.insert(series, cells);
    }
    Ok(row)
}

/// Reads one series of a row: the row without its cells, and the cells of that series, all gaps if it is not in it.
pub fn unpack_series(bytes: &[u8], wanted: SeriesId) -> Result<(Row, Vec<Option<Cell>>), RowError> {
    let (row, mut reader) = open(bytes)?;
    while let Some(series) = reader.series()? {
        if series > wanted {
            break;
        }
        if series == wanted {
            let cells = reader.cells(row.resolution)?;
            return Ok((row, cells));
        }
        reader.skip_cells(row.resolution)?;
    }
    let gaps = vec![None; row.resolution.slots_per_row()];
    Ok((row, gaps))
}

fn open(bytes: &[u8]) -> Result<(Row, Reader<'_>), RowError> {
    let mut reader = Reader {
        ahead: bytes,
        next: 0,
    };
    let version = reader.byte()?;
    if version != VERSION {
        return Err(RowError::UnknownVersion(version));
    }
    let code = reader.byte()?;
    let resolution = Resolution::from_code(code).ok_or(RowError::UnknownResolution(code))?;
    let mut row = Row::empty(resolution, unzigzag(reader.number()?));
    row.closed_at = Moment::from_millis(reader.number()?);
    Ok((row, reader))
}

struct Reader<'a> {
    ahead: &'a [u8],
    next: u64,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, RowError> {
        let (first, rest) = self.ahead.split_first().ok_or(RowError::Truncated)?;
        self.ahead = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, RowError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(RowError::Damaged("a number is too large"))
    }

    fn value(&mut self) -> Result<f32, RowError> {
        let (bytes, rest) = self.ahead.split_first_chunk().ok_or(RowError::Truncated)?;
        self.ahead = rest;
        Some(f32::from_le_bytes(*bytes))
            .filter(|value| value.is_finite())
            .ok_or(RowError::Damaged("a value is no number"))
    }

    /// The id of the next series, or nothing at the end.
    fn series(&mut self) -> Result<Option<SeriesId>, RowError> {
        if self.ahead.is_empty() {
            return Ok(None);
        }
        let distance = self.number()?;
        let id = distance
            .checked_sub(1)
            .and_then(|skipped| self.next.checked_add(skipped));
        let id = id.and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or(RowError::Damaged("series are out of order"))?;
        self.next = u64::from(id) + 1;
        Ok(Some(SeriesId(id)))
    }

    fn cells(&mut self, resolution: Resolution) -> Result<Vec<Option<Cell>>, RowError> {
        let mut before = None;
        (0..resolution.slots_per_row())
            .map(|_| {
                let cell = self.cell(before)?;
                before = cell.or(before);
                Ok(cell.map(Cell::from))
            })
            .collect()
    }

    fn skip_cells(&mut self, resolution: Resolution) -> Result<(), RowError> {
        let mut before = None;
        for _ in 0..resolution.slots_per_row() {
            before = self.cell(before)?.or(before);
        }
        Ok(())
    }

    fn cell(&mut self, before: Option<Packed>) -> Result<Option<Packed>, RowError> {
        let head = self.number()?;
        if head == 0 {
            return Ok(None);
        }
        let looks = u32::try_from(head >> 4).ok().filter(|looks| *looks > 0);
        let looks = looks.ok_or(RowError::Damaged("a cell comes from no look"))?;
        let kind = match (head >> 2) & 3 {
            0 => Kind::Gauge,
            1 => Kind::Counter,
            2 => Kind::Rate,
            _ => return Err(RowError::Damaged("a cell is of no kind")),
        };
        let mut values = [0.0; 4];
        match head & 3 {
            AS_BEFORE => {
                let same = before.filter(|before| before.kind == kind && before.looks == looks);
                return same.map(Some).ok_or(RowError::Damaged("a cell repeats nothing"));
            }
            ZERO => {}
            EVEN => values[..value_count(kind)].fill(self.value()?),
            _ => {
                for value in &mut values[..value_count(kind)] {
                    *value = self.value()?;
                }
            }
        }
        Ok(Some(Packed { kind, looks, values }))
    }
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
